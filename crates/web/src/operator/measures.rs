//! Measures against enterprises: taken, confirmed, lifted, and appeals answered.

mod take;

use axum::extract::State;
use axum::response::Response;
use yuntu_app::AppError;
use yuntu_app::measures::{MeasureWords, ShownMeasure};
use yuntu_app::policy::{MeasureKind, OperatorAction, operator_may};
use yuntu_app::store::MeasureMessageKind;
use yuntu_terms::{Lang, MeasureId, PaperId, Text, clause};

use self::take::taken;
use super::{Desk, OperatorIn};
use crate::either::measure_part;
use crate::files::attachment;
use crate::forms::{Fields, Sent};
use crate::input::InPath;
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView, Link, section};
use crate::state::Site;
use crate::view::{Asked, Wrong};

const PATH: &str = "/operator/measures";

#[derive(Default)]
pub(super) struct Topic;

pub(super) type View = Desk<Topic>;

pub(super) async fn page(view: View, asked: Asked) -> Result<Response, Problem> {
    let done = match asked.done.as_str() {
        "taken" => view.lang.pick(
            "措施已生效，企业成员已获通知。",
            "The measure is in force, and everybody who acts for the enterprise is told.",
        ),
        "confirmed" => view.lang.pick("已确认。", "It is confirmed."),
        "lifted" => view.lang.pick(
            "措施已结束，一切恢复如前；随关闭或收回作废的邀请除外。",
            "The measure has ended; everything is as it was, but for invitations that ended with a closing or taking back.",
        ),
        "replied" => view.lang.pick("申诉已答复。", "The appeal is answered."),
        _ => "",
    };
    view.show(done, None).await
}

pub(super) async fn sent(view: View, Sent(fields): Sent<Fields>) -> Result<Response, Problem> {
    clause::hit!(U5);
    let (platform, caller) = (&view.site.platform, &view.who.caller);
    let id = || fields.id("measure");
    let (done, outcome) = match fields.one("act") {
        "take" => match taken(&fields) {
            Ok(new) => ("taken", platform.take_measure(caller, new).await.map(drop)),
            Err(wrong) => return view.show("", Some((wrong, &fields))).await,
        },
        "confirm" => ("confirmed", platform.confirm_measure(caller, id()?).await),
        act @ ("lift" | "reply") => match MeasureWords::parse(fields.one("words")) {
            Err(error) => ("", Err(error)),
            Ok(words) if act == "lift" => {
                ("lifted", platform.lift_measure(caller, id()?, &words).await)
            }
            Ok(words) => (
                "replied",
                platform.reply_to_appeal(caller, id()?, &words).await,
            ),
        },
        _ => return Err(Problem::no_such_act()),
    };
    match outcome {
        Ok(()) => Ok(view.on_to(PATH, done)),
        Err(AppError::Missing {
            what: what @ ("enterprise" | "dataset"),
        }) => {
            let text = Text::new(
                "没有此对象，或已关闭",
                "There is no such thing, or it is closed.",
            );
            view.show("", Some((Wrong::field(what, text), &fields)))
                .await
        }
        Err(error) => view.show("", Some((Wrong::of(error)?, &fields))).await,
    }
}

/// Hands out a paper that came with an answer or an appeal; the look is recorded.
pub(super) async fn paper(
    State(site): State<Site>,
    operator: OperatorIn,
    InPath((measure, paper)): InPath<(MeasureId, PaperId)>,
) -> Result<Response, Problem> {
    let opened = site
        .platform
        .measure_paper(&operator.caller, measure, paper);
    attachment(opened.await?)
}

impl View {
    async fn show(&self, done: &str, typed: Option<(Wrong, &Fields)>) -> Result<Response, Problem> {
        let lang = self.lang;
        let found = self.site.platform.measures(&self.who.caller).await?;
        let status = typed
            .as_ref()
            .map_or_else(|| Wrong::default().status(), |(wrong, _)| wrong.status());
        let may = operator_may(self.who.caller.role, OperatorAction::TakeMeasure);
        let (mut standing, mut over) = (Vec::new(), Vec::new());
        let mut typed = typed;
        for it in &found {
            let part = Block::Part(measure_part(it, true, lang));
            let list = if it.stands { &mut standing } else { &mut over };
            list.push(part);
            let papers = papers(it, lang);
            if !papers.is_empty() {
                list.push(Block::Links(papers));
            }
            if it.stands && may {
                let id = it.measure.id.to_string();
                let own = typed.take_if(|(_, fields)| fields.one("measure") == id);
                standing.extend(self.acts(it, own));
            }
        }
        let none = || Block::Text(lang.pick("没有。", "None.").to_owned());
        for list in [&mut standing, &mut over] {
            if list.is_empty() {
                list.push(none());
            }
        }
        let mut sections = vec![section("standing", lang.pick("有效", "In force"), standing)];
        if may {
            sections.push(self.take_form(typed));
        }
        sections.push(section("over", lang.pick("已结束", "Over"), over));
        let title = lang.pick("对企业的措施", "Measures against enterprises");
        let frame = self.frame(title, PATH).saying(done);
        let lead = lang.pick(
            "任何措施都不删除数据；解除即恢复如前，只有关闭或收回时未接受的邀请作废后不再恢复。冻结须由第二名运营人员在 24 小时内确认，否则自动失效。",
            "No measure deletes data, and lifting restores everything but the invitations that were open when an enterprise was closed or its account taken back. A freeze is confirmed by a second operator within 24 hours, or ends by itself.",
        );
        self.shown(frame, lead, sections, status)
    }

    fn acts(&self, it: &ShownMeasure, typed: Option<(Wrong, &Fields)>) -> Vec<Block> {
        let (lang, own) = (self.lang, self.who.caller.operator);
        let hidden = || vec![("measure", it.measure.id.to_string())];
        let mut blocks = Vec::new();
        if it.measure.told.confirm_by.is_some() && it.measure.told.by != own {
            blocks.push(Block::Form(Box::new(FormView {
                hidden: hidden(),
                acts: vec![("confirm", lang.pick("确认", "Confirm").to_owned(), false)],
                ..self.form("confirm", PATH)
            })));
        }
        let words = typed.as_ref().map_or("", |(_, fields)| fields.one("words"));
        let mut input = InputView::lines(
            "words",
            lang.pick("理由（告知企业）", "Why (the enterprise is told)"),
        )
        .with(words)
        .needed();
        input.apart = it.measure.id.to_string();
        let lift = if it.measure.told.kind == MeasureKind::AskProof {
            lang.pick("认可证明并结束", "Accept the proof and end it")
        } else {
            lang.pick("解除", "Lift")
        };
        let mut acts = vec![("lift", lift.to_owned(), false)];
        if it.waits_for_reply() {
            let reply = lang.pick("答复申诉并维持", "Answer the appeal and leave it");
            acts.push(("reply", reply.to_owned(), true));
        }
        let form = FormView {
            hidden: hidden(),
            inputs: vec![input],
            acts,
            ..self.form("end", PATH)
        };
        blocks.push(Block::Form(Box::new(match typed {
            Some((wrong, _)) => wrong.into_form(form, lang),
            None => form,
        })));
        blocks
    }
}

/// Leads to the papers that came with answers and appeals.
fn papers(it: &ShownMeasure, lang: Lang) -> Vec<Link> {
    let found = it.messages.iter().filter_map(|(kind, _, paper, _)| {
        let paper = (*paper)?;
        let text = match kind {
            MeasureMessageKind::Appeal => lang.pick("申诉所附文件", "The paper of the appeal"),
            MeasureMessageKind::Answer
            | MeasureMessageKind::Reply
            | MeasureMessageKind::Lifting => lang.pick("证明文件", "The paper of the proof"),
        };
        Some(Link {
            address: format!("{PATH}/{}/papers/{paper}", it.measure.id),
            text: text.to_owned(),
            note: String::new(),
        })
    });
    found.collect()
}
