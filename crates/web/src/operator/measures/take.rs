//! The form in which a measure is taken: what is asked and how it is read.

use yuntu_app::measures::{MeasureToTake, MeasureWords};
use yuntu_app::policy::{Action, MeasureGround, MeasureKind, ProposalKind, limitable};
use yuntu_terms::{EnterpriseId, Text};

use super::{PATH, View};
use crate::forms::Fields;
use crate::operator::proposals;
use crate::report::{Block, ChoiceView, FormView, InputView, Section, opened, section};
use crate::view::Wrong;

/// Reads the form of a new measure.
pub(super) fn taken(fields: &Fields) -> Result<MeasureToTake, Wrong> {
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

    pub(super) fn take_form(&self, typed: Option<(Wrong, &Fields)>) -> Section {
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
