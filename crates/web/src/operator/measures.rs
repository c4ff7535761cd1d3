//! Measures against enterprises: taken, confirmed, lifted, and appeals answered.

use axum::extract::State;
use axum::response::Response;
use yuntu_app::AppError;
use yuntu_app::measures::{MeasureToTake, MeasureWords, ShownMeasure};
use yuntu_app::policy::{
    Action, MeasureGround, MeasureKind, OperatorAction, ProposalKind, limitable, operator_may,
};
use yuntu_app::store::MeasureMessageKind;
use yuntu_terms::{EnterpriseId, Lang, MeasureId, PaperId, Text, clause};

use super::{Desk, OperatorIn, proposals};
use crate::console::measure_part;
use crate::files::attachment;
use crate::forms::{Fields, Sent};
use crate::input::InPath;
use crate::problem::Problem;
use crate::report::{Block, ChoiceView, FormView, InputView, Link, Section, opened, section};
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
            "措施已结束，一切恢复如前。",
            "The measure has ended; everything is as it was.",
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

/// Reads the form of a new measure.
fn taken(fields: &Fields) -> Result<MeasureToTake, Wrong> {
    let mut wrong = Wrong::default();
    let no_id = || {
        Text::new(
            "编号有误：应为完整编号",
            "This is no such id; give it whole.",
        )
    };
    let enterprise = fields.one("enterprise").trim().parse::<EnterpriseId>();
    if enterprise.is_err() {
        wrong.add("enterprise", no_id());
    }
    let dataset = fields.one("dataset").trim();
    let dataset = if dataset.is_empty() {
        None
    } else {
        let read = dataset.parse().ok();
        if read.is_none() {
            wrong.add("dataset", no_id());
        }
        read
    };
    let chosen = || Text::new("请选择一项", "Please choose one.");
    let kind = MeasureKind::from_code(fields.one("kind"));
    if kind.is_none() {
        wrong.add("kind", chosen());
    }
    let ground = MeasureGround::from_code(fields.one("ground"));
    if ground.is_none() {
        wrong.add("ground", chosen());
    }
    let words = MeasureWords::parse(fields.one("words"));
    if words.is_err() {
        let text = Text::new("请写明 10 至 2000 个字符", "Write 10 to 2000 characters.");
        wrong.add("words", text);
    }
    let then = MeasureKind::from_code(fields.one("then"));
    let due = match (fields.one("due"), then) {
        ("", _) | (_, None) => None,
        (day, Some(then)) => wrong.day("due", day, true).map(|due| (due, then)),
    };
    let actions = fields
        .all("actions")
        .filter_map(Action::from_code)
        .collect();
    match (enterprise, kind, ground, words) {
        (Ok(enterprise), Some(kind), Some(ground), Ok(words)) if wrong.is_nothing() => {
            Ok(MeasureToTake {
                enterprise,
                dataset,
                kind,
                ground,
                actions,
                due,
                words,
            })
        }
        _ => Err(wrong),
    }
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
        let mut frame = self.frame(title, PATH);
        done.clone_into(&mut frame.done);
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

    #[expect(clippy::too_many_lines, reason = "one field after another")]
    fn take_inputs(&self, typed: Option<&Fields>) -> Vec<InputView> {
        let lang = self.lang;
        let was = |name: &str| typed.map_or("", |fields| fields.one(name));
        let kinds = |name: &str, only: &dyn Fn(MeasureKind) -> bool| {
            let all = MeasureKind::ALL.iter().filter(|kind| only(**kind));
            all.map(|kind| {
                let label = opened(kind.name(lang), lang);
                (kind.code().to_owned(), label, kind.code() == was(name))
            })
            .collect()
        };
        let grounds = MeasureGround::ALL.iter().map(|ground| {
            let label = opened(ground.why(lang), lang);
            (
                ground.code().to_owned(),
                label,
                ground.code() == was("ground"),
            )
        });
        let ticked = |action: &Action| {
            let all = typed.map(|fields| fields.all("actions"));
            all.is_some_and(|mut all| all.any(|code| code == action.code()))
        };
        let actions = limitable().into_iter().map(|action| ChoiceView {
            value: action.code().to_owned(),
            label: opened(action.name(lang), lang),
            note: String::new(),
            on: ticked(&action),
        });
        let takes = |kind: MeasureKind| kind.is_taken_by_one();
        let follows = |kind: MeasureKind| takes(kind) && kind != MeasureKind::AskProof;
        let mut then: Vec<_> = vec![(
            String::new(),
            lang.pick("（仅用于要求证明）", "(for asks only)")
                .to_owned(),
            was("then").is_empty(),
        )];
        let mut more: Vec<_> = kinds("then", &follows);
        then.append(&mut more);
        vec![
            InputView::line("enterprise", lang.pick("企业编号", "Id of the enterprise"))
                .with(was("enterprise"))
                .needed(),
            InputView::one("kind", lang.pick("措施", "Measure"), kinds("kind", &takes)),
            InputView::line("dataset", lang.pick("数据集编号", "Id of the dataset"))
                .with(was("dataset"))
                .because(lang.pick("仅冻结数据集时填写。", "Only where a dataset is frozen.")),
            InputView::several(
                "actions",
                lang.pick(
                    "受限功能（仅限制功能时选择）",
                    "Limited features (only where features are limited)",
                ),
                actions.collect(),
            ),
            InputView::one("ground", lang.pick("依据", "Ground"), grounds.collect()).because(
                lang.pick(
                    "写入通知与拒绝理由。",
                    "Stands in the notice and in refusals.",
                ),
            ),
            InputView::day("due", lang.pick("证明期限", "Proof until"))
                .with(was("due"))
                .because(lang.pick(
                    "仅用于要求证明；至当日结束。",
                    "For asks only; until the end of the day.",
                )),
            InputView::one("then", lang.pick("逾期未答复时", "Without an answer"), then),
            InputView::lines(
                "words",
                lang.pick("告知企业的说明", "What the enterprise reads"),
            )
            .with(was("words"))
            .because(lang.pick(
                "必填，10 至 2000 个字符；加密保存，账本中不出现。",
                "Necessary, 10 to 2000 characters; kept encrypted, and not in the ledger.",
            ))
            .needed(),
        ]
    }

    fn take_form(&self, typed: Option<(Wrong, &Fields)>) -> Section {
        let lang = self.lang;
        let inputs = self.take_inputs(typed.as_ref().map(|(_, fields)| *fields));
        let form = FormView {
            inputs,
            acts: vec![(
                "take",
                lang.pick("采取措施", "Take the measure").to_owned(),
                false,
            )],
            ..self.form("take", PATH)
        };
        let form = match typed {
            Some((wrong, _)) => wrong.into_form(form, lang),
            None => form,
        };
        let propose = |kind: ProposalKind, zh: &str, en: &str| {
            proposals::link_to(kind, "", lang.pick(zh, en).to_owned(), lang)
        };
        let heading = lang.pick("采取措施", "Take a measure");
        let links = Block::Links(vec![
            propose(
                ProposalKind::CloseEnterprise,
                "提出关闭企业（双人核准）",
                "Propose to close an enterprise (two people)",
            ),
            propose(
                ProposalKind::ReclaimEnterprise,
                "提出收回企业帐户（双人核准）",
                "Propose to take an account back (two people)",
            ),
        ]);
        section("take", heading, vec![Block::Form(Box::new(form)), links])
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
