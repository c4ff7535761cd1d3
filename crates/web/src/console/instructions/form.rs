//! The form of an instruction: what is ticked, how it is read, and an earlier one as a template.

use yuntu_app::store::{Instruction, NewInstruction};
use yuntu_app::words::operation_text;
use yuntu_statement::{ProcessingRole, PurposeRule};
use yuntu_terms::{Operation, Recipient, Text, Timestamp};

use super::{PATH, View};
use crate::console::choices::{period, recipient};
use crate::forms::Fields;
use crate::problem::Problem;
use crate::report::{Block, ChoiceView, FormView, InputView, Section, opened, section};
use crate::view::Wrong;

/// How long an instruction holds whose template has no period.
const DAYS: i32 = 90;

/// What stands in the form.
#[derive(Debug, Default)]
pub(super) struct Draft {
    purposes: Vec<String>,
    operations: Vec<String>,
    recipients: Vec<String>,
    datasets: Vec<String>,
    from: String,
    until: String,
    note: String,
}

impl Draft {
    /// Takes an earlier instruction as a template; its period is counted anew from today, as long as it was.
    pub(super) fn like(earlier: &Instruction, now: Timestamp) -> Self {
        let facts = &earlier.facts;
        let days = facts.period.map_or(DAYS, |period| {
            let micros = period.until.as_micros() - period.from.as_micros();
            i32::try_from(micros / Timestamp::MICROS_PER_DAY)
                .unwrap_or(DAYS)
                .max(1)
        });
        Self {
            purposes: facts.purposes.iter().map(ToString::to_string).collect(),
            operations: facts
                .operations
                .iter()
                .map(|it| it.code().to_owned())
                .collect(),
            recipients: facts.recipients.iter().map(ToString::to_string).collect(),
            datasets: facts.datasets.iter().map(ToString::to_string).collect(),
            from: String::new(),
            until: now.plus_days(days).day_in_china().to_string(),
            note: earlier.note.clone().unwrap_or_default(),
        }
    }

    /// Takes what was typed.
    pub(super) fn typed(fields: &Fields) -> Self {
        let all = |name: &str| fields.all(name).map(str::to_owned).collect();
        Self {
            purposes: all("purposes"),
            operations: all("operations"),
            recipients: all("recipients"),
            datasets: all("datasets"),
            from: fields.one("from").to_owned(),
            until: fields.one("until").to_owned(),
            note: fields.one("note").to_owned(),
        }
    }

    /// Reads the draft, or says everything that is wrong with it.
    pub(super) fn read(&self, now: Timestamp) -> Result<NewInstruction, Wrong> {
        let mut wrong = Wrong::default();
        let purposes = each("purposes", &self.purposes, &mut wrong);
        let operations = each("operations", &self.operations, &mut wrong);
        let datasets = each("datasets", &self.datasets, &mut wrong);
        let recipients = recipients(&self.recipients, &mut wrong);
        let period = period(&self.from, &self.until, now, &mut wrong);
        let Some(period) = period.filter(|_| wrong.is_nothing()) else {
            return Err(wrong);
        };
        let note = self.note.trim();
        Ok(NewInstruction {
            purposes,
            operations,
            recipients,
            datasets,
            period,
            note: (!note.is_empty()).then(|| note.to_owned()),
        })
    }
}

fn choose(name: &'static str, wrong: &mut Wrong) {
    wrong.add(name, Text::new("请至少选择一项", "Choose at least one."));
}

fn each<T: std::str::FromStr>(name: &'static str, typed: &[String], wrong: &mut Wrong) -> Vec<T> {
    let read: Vec<T> = typed.iter().filter_map(|text| text.parse().ok()).collect();
    if read.is_empty() || read.len() < typed.len() {
        choose(name, wrong);
    }
    read
}

fn recipients(typed: &[String], wrong: &mut Wrong) -> Vec<Recipient> {
    let read: Vec<_> = typed.iter().filter_map(|text| recipient(text)).collect();
    if read.is_empty() || read.len() < typed.len() {
        choose("recipients", wrong);
    }
    read
}

impl View {
    pub(super) async fn instruct(&self, draft: &Draft, wrong: Wrong) -> Result<Section, Problem> {
        let lang = self.lang;
        let until = InputView::day("until", self.t("最后一天", "Last day"))
            .with(draft.until.clone())
            .needed()
            .because(self.t(
                "必填。过后引用此指示的工作会被拒绝；到期前可以随时撤销。",
                "Necessary. Work that cites the instruction is refused afterwards; it can be revoked at any time before.",
            ));
        let from = InputView::day("from", self.t("第一天", "First day"))
            .with(draft.from.clone())
            .because(self.t(
                "选填。留空即从现在起。",
                "Optional. Empty means from now on.",
            ));
        let note = InputView::lines("note", self.t("备注", "Note"))
            .with(draft.note.clone())
            .because(self.t(
                "选填，供以后阅读；请勿写入个人信息。",
                "Optional, for whoever reads it later; no personal data belongs here.",
            ));
        let form = FormView {
            inputs: vec![
                self.purposes(draft),
                self.operations(draft),
                self.recipients(draft).await?,
                self.datasets(draft).await?,
                from,
                until,
                note,
            ],
            acts: vec![(
                "instruct",
                self.t("下达指示", "Give the instruction"),
                false,
            )],
            ..self.form("instruct", PATH)
        };
        let form = wrong.into_form(form, lang);
        let title = lang.pick("下达新的指示", "Give an instruction");
        Ok(section(
            "instruct",
            title,
            vec![Block::Form(Box::new(form))],
        ))
    }

    fn purposes(&self, draft: &Draft) -> InputView {
        let rules = self.site.platform.statement().purposes().iter();
        let of_business = rules.filter(|rule| rule.role == ProcessingRole::Processor);
        let choice = |rule: &PurposeRule| {
            let value = rule.id.to_string();
            ChoiceView {
                on: draft.purposes.contains(&value),
                label: rule.name.get(self.lang).to_owned(),
                note: rule.description.get(self.lang).to_owned(),
                value,
            }
        };
        let choices = of_business.map(choice).collect();
        InputView::several("purposes", self.t("目的", "Purposes"), choices).because(self.t(
            "必选。上级目的包含其下各级；每个人仍须同意所用的目的。",
            "Necessary. A purpose covers those below it; each person must still have agreed to the one that is used.",
        ))
    }

    fn operations(&self, draft: &Draft) -> InputView {
        let choice = |operation: Operation| {
            let value = operation.code().to_owned();
            ChoiceView {
                on: draft.operations.contains(&value),
                label: opened(operation_text(operation).get(self.lang), self.lang),
                note: match operation {
                    Operation::Process => String::new(),
                    Operation::Share | Operation::Transfer | Operation::Publicise => {
                        self.t("须每个人单独同意", "needs separate consent of each person")
                    }
                },
                value,
            }
        };
        let choices = Operation::ALL.iter().copied().map(choice).collect();
        InputView::several("operations", self.t("操作", "Operations"), choices)
            .because(self.t("必选。", "Necessary."))
    }

    async fn recipients(&self, draft: &Draft) -> Result<InputView, Problem> {
        let offered = self.recipient_choices().await?;
        let choices = offered.into_iter().map(|(recipient, label)| {
            let value = recipient.to_string();
            ChoiceView {
                on: draft.recipients.contains(&value),
                label,
                note: String::new(),
                value,
            }
        });
        let label = self.t("接收方", "Recipients");
        let input = InputView::several("recipients", label, choices.collect());
        Ok(input.because(self.t(
            "必选。结果只能交给这些接收方。",
            "Necessary. Results go to nobody else.",
        )))
    }

    async fn datasets(&self, draft: &Draft) -> Result<InputView, Problem> {
        let is_on = |value: &str| draft.datasets.iter().any(|typed| typed == value);
        let choices = self.dataset_choices(is_on).await?;
        let input = InputView::several("datasets", self.t("数据集", "Datasets"), choices);
        Ok(input.because(self.t(
            "必选。只能使用这些数据集。",
            "Necessary. No other dataset can be used.",
        )))
    }
}
