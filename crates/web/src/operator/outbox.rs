//! The local outbox: what would leave by mail or text message, had the installation a service that carries it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use yuntu_app::accounts::{LocalMessage, LooksFrom};
use yuntu_app::outbound::{Letter, Medium};
use yuntu_app::policy::OperatorAction;
use yuntu_app::words::minute;
use yuntu_terms::{Lang, clause};

use super::OperatorIn;
use crate::account::told::{section, shown};
use crate::forms::{Fields, FormMark, Sent};
use crate::input::Language;
use crate::problem::Problem;
use crate::report::{Block, FormView, Part, Section};
use crate::state::Site;

const PATH: &str = "/operator/outbox";

pub(super) async fn page(
    State(site): State<Site>,
    operator: OperatorIn,
    Language(lang): Language,
    mark: FormMark,
) -> Result<Response, Problem> {
    if let Some(absent) = absent(&site, &operator, lang, &mark).await? {
        return Ok(absent);
    }
    let waiting = site
        .platform
        .local_messages_waiting(&operator.caller)
        .await?;
    let text = lang.pick(
        format!("最近的 {waiting} 条消息在此等待。内容尚未显示。"),
        format!("Newest messages that wait here: {waiting}. None of them is shown yet."),
    );
    let form = FormView {
        id: "look",
        action: format!("{PATH}?lang={}", lang.pick("zh", "en")),
        mark: mark.text(),
        acts: vec![(
            "look",
            lang.pick("查看（记入账本）", "Look (it goes into the ledger)")
                .to_owned(),
            false,
        )],
        ..FormView::default()
    };
    let blocks = vec![Block::Text(text), Block::Form(Box::new(form))];
    let heading = lang.pick("等待的消息", "What waits");
    let sections = vec![warning(&site, lang), section("waiting", heading, blocks)];
    show(&site, &operator, lang, &mark, sections)
}

pub(super) async fn sent(
    State(site): State<Site>,
    operator: OperatorIn,
    Language(lang): Language,
    mark: FormMark,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(R23);
    if let Some(absent) = absent(&site, &operator, lang, &mark).await? {
        return Ok(absent);
    }
    if fields.one("act") != "look" {
        return Err(Problem::invalid("没有此操作", "there is no such act"));
    }
    let from = LooksFrom::Console(&operator.caller);
    let messages = site.platform.local_messages(from).await?;
    let mut blocks = Vec::new();
    for message in &messages {
        let read = message.open(|letter| block(message, letter, lang));
        blocks.push(read.ok_or_else(|| Problem::internal("a message that cannot be opened"))?);
    }
    if blocks.is_empty() {
        let none = lang.pick("没有等待的消息。", "No message waits.");
        blocks.push(Block::Text(none.to_owned()));
    }
    let heading = lang.pick("消息，最新的在前", "The messages, newest first");
    let sections = vec![warning(&site, lang), section("messages", heading, blocks)];
    show(&site, &operator, lang, &mark, sections)
}

/// Says to an operator who might read it that there is no local outbox here, and why.
async fn absent(
    site: &Site,
    operator: &OperatorIn,
    lang: Lang,
    mark: &FormMark,
) -> Result<Option<Response>, Problem> {
    let platform = &site.platform;
    let action = OperatorAction::ReadOutbox;
    platform
        .authorise_operator(&operator.caller, action)
        .await?;
    if !platform.kept_here().is_empty() {
        return Ok(None);
    }
    let text = lang.pick(
        "邮件与短信都已配置服务，消息会发出，不在此保留，也无从查看。",
        "Services are configured for mail and for text messages: what is written leaves, is not kept here, and cannot be looked at.",
    );
    let heading = lang.pick("此处没有发件箱", "There is no outbox here");
    let sections = vec![section("none", heading, vec![Block::Text(text.to_owned())])];
    let title = lang.pick("本机发件箱", "Local outbox");
    let frame = operator.inside().frame(lang, title, PATH, mark);
    let page = shown(site, mark, frame, "", sections, StatusCode::NOT_FOUND)?;
    Ok(Some(page))
}

fn warning(site: &Site, lang: Lang) -> Section {
    let name = |medium: &Medium| match medium {
        Medium::Mail => lang.pick("邮件（[mail]）", "mail ([mail])"),
        Medium::Sms => lang.pick("短信（[sms]）", "text messages ([sms])"),
    };
    let names: Vec<_> = site.platform.kept_here().iter().map(name).collect();
    let names = names.join(lang.pick("和", " and "));
    let why = lang.pick(
        format!("这不是收件箱：{names}没有配置服务，下列消息没有发出，也不会再发出。配置完成后，此页自动消失。"),
        format!("This is not a mailbox: no service is configured for {names}, and what stands here was not sent and never will be. Once one is configured, this page is gone."),
    );
    let secret = lang.pick(
        "消息里的验证码和链接是有效的秘密：谁看到，谁就能在其有效期内以收件人的身份登录。只在收件人请您帮忙时查看，不要抄存或转发给他人。每次查看都会以您的名义记入账本和您的操作记录。",
        "Codes and links in these messages are live secrets: while they are good, whoever sees one can sign in as the person it is for. Look only when that person asks you to, and neither keep nor pass on what you see. Each look goes into the ledger and into your own log under your name.",
    );
    let blocks = vec![Block::Text(why), Block::Text(secret.to_owned())];
    section("warning", lang.pick("先读这里", "Read this first"), blocks)
}

fn block(message: &LocalMessage, letter: &Letter, lang: Lang) -> Block {
    let fact = |zh: &str, en: &str, value: String| (lang.pick(zh, en).to_owned(), value);
    let medium = match message.message.medium() {
        Medium::Mail => lang.pick("邮件，未发出", "mail, not sent"),
        Medium::Sms => lang.pick("短信，未发出", "text message, not sent"),
    };
    let mut facts = vec![
        fact("收件人", "To", letter.to.clone()),
        fact("写于", "Written", minute(message.created)),
    ];
    if let Some(until) = message.message.expires_at() {
        facts.push(fact("有效至", "Good until", minute(until)));
    }
    if let Some(subject) = &letter.subject {
        facts.push(fact("主题", "Subject", subject.clone()));
    }
    facts.push(fact("内容", "Text", letter.text.clone()));
    Block::Part(Part {
        title: format!("{medium} · {}", message.id),
        facts,
    })
}

fn show(
    site: &Site,
    operator: &OperatorIn,
    lang: Lang,
    mark: &FormMark,
    sections: Vec<Section>,
) -> Result<Response, Problem> {
    let title = lang.pick("本机发件箱（未发出）", "Local outbox (not sent)");
    let frame = operator.inside().frame(lang, title, PATH, mark);
    shown(site, mark, frame, "", sections, StatusCode::OK)
}
