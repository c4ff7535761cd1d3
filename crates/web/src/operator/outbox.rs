//! The local outbox: what would leave by mail or text message, had the installation a service that carries it.

use axum::http::StatusCode;
use axum::response::Response;
use yuntu_app::accounts::{LocalMessage, LooksFrom};
use yuntu_app::outbound::{Letter, Medium};
use yuntu_app::policy::OperatorAction;
use yuntu_app::words::minute;
use yuntu_terms::{Lang, clause};

use super::Desk;
use crate::forms::{Fields, Sent};
use crate::problem::Problem;
use crate::report::{Block, FormView, Part, Section, section};

const PATH: &str = "/operator/outbox";

pub(super) async fn page(desk: Desk) -> Result<Response, Problem> {
    if let Some(absent) = absent(&desk).await? {
        return Ok(absent);
    }
    let (lang, platform) = (desk.lang, &desk.site.platform);
    let waiting = platform.local_messages_waiting(&desk.who.caller).await?;
    let text = lang.pick(
        format!("最近的 {waiting} 条消息在此等待。内容尚未显示。"),
        format!("Newest messages that wait here: {waiting}. None of them is shown yet."),
    );
    let label = desk.t("查看（记入账本）", "Look (it goes into the ledger)");
    let form = FormView {
        acts: vec![("look", label, false)],
        ..desk.form("look", PATH)
    };
    let blocks = vec![Block::Text(text), Block::Form(Box::new(form))];
    let heading = lang.pick("等待的消息", "What waits");
    show(&desk, section("waiting", heading, blocks))
}

pub(super) async fn sent(desk: Desk, Sent(fields): Sent<Fields>) -> Result<Response, Problem> {
    clause::hit!(R23);
    if let Some(absent) = absent(&desk).await? {
        return Ok(absent);
    }
    if fields.one("act") != "look" {
        return Err(Problem::no_such_act());
    }
    let lang = desk.lang;
    let from = LooksFrom::Console(&desk.who.caller);
    let messages = desk.site.platform.local_messages(from).await?;
    let mut blocks = Vec::new();
    for message in &messages {
        let read = message.open(|letter| block(message, letter, lang));
        blocks.push(read.ok_or_else(|| Problem::internal("a message that cannot be opened"))?);
    }
    if blocks.is_empty() {
        blocks.push(Block::Text(desk.t("没有等待的消息。", "No message waits.")));
    }
    let heading = lang.pick("消息，最新的在前", "The messages, newest first");
    show(&desk, section("messages", heading, blocks))
}

/// Says to an operator who might read it that there is no local outbox here, and why.
async fn absent(desk: &Desk) -> Result<Option<Response>, Problem> {
    let (lang, platform) = (desk.lang, &desk.site.platform);
    let may = platform.authorise_operator(&desk.who.caller, OperatorAction::ReadOutbox);
    may.await?;
    if !platform.kept_here().is_empty() {
        return Ok(None);
    }
    let text = lang.pick(
        "邮件与短信都已配置服务，消息会发出，不在此保留，也无从查看。",
        "Services are configured for mail and for text messages: what is written leaves, is not kept here, and cannot be looked at.",
    );
    let heading = lang.pick("此处没有发件箱", "There is no outbox here");
    let sections = vec![section("none", heading, vec![Block::Text(text.to_owned())])];
    let frame = desk.frame(lang.pick("本机发件箱", "Local outbox"), PATH);
    let page = desk.shown(frame, "", sections, StatusCode::NOT_FOUND)?;
    Ok(Some(page))
}

fn warning(desk: &Desk) -> Section {
    let lang = desk.lang;
    let name = |medium: &Medium| match medium {
        Medium::Mail => lang.pick("邮件（[mail]）", "mail ([mail])"),
        Medium::Sms => lang.pick("短信（[sms]）", "text messages ([sms])"),
    };
    let names: Vec<_> = desk.site.platform.kept_here().iter().map(name).collect();
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

fn show(desk: &Desk, messages: Section) -> Result<Response, Problem> {
    let title = desk.t("本机发件箱（未发出）", "Local outbox (not sent)");
    let sections = vec![warning(desk), messages];
    desk.shown(desk.frame(title, PATH), "", sections, StatusCode::OK)
}
