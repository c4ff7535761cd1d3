//! The form that drafts the use of an exception: what is chosen and how it is read.

use yuntu_app::exceptions::{EXCEPTION_DATASETS_MAX, ExceptionRow, ExceptionsView};
use yuntu_app::store::NewExceptionUse;
use yuntu_app::words::operation_text;
use yuntu_terms::{Operation, Text, Timestamp};

use super::{PATH, View};
use crate::console::choices::{period, recipient};
use crate::forms::Fields;
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView, Section, opened, section};
use crate::view::Wrong;

/// What stands in the form.
#[derive(Debug, Default)]
pub(super) struct Draft {
    clause: String,
    datasets: Vec<String>,
    aim: String,
    operation: String,
    recipient: String,
    from: String,
    until: String,
    why: String,
}

impl Draft {
    /// Takes what was typed.
    pub(super) fn typed(fields: &Fields) -> Self {
        let one = |name: &str| fields.one(name).to_owned();
        Self {
            clause: one("clause"),
            datasets: fields.all("datasets").map(str::to_owned).collect(),
            aim: one("aim"),
            operation: one("operation"),
            recipient: one("recipient"),
            from: one("from"),
            until: one("until"),
            why: one("why"),
        }
    }

    /// Reads the draft, or says everything that is wrong with it.
    pub(super) fn read(&self, now: Timestamp) -> Result<NewExceptionUse, Wrong> {
        let mut wrong = Wrong::default();
        let choose = || Text::new("请选择一项", "Choose one.");
        let clause = self.clause.parse();
        let purpose = self.aim.parse();
        let operation = self.operation.parse();
        let recipient = recipient(&self.recipient);
        let odd = [
            ("clause", clause.is_err()),
            ("aim", purpose.is_err()),
            ("operation", operation.is_err()),
            ("recipient", recipient.is_none()),
        ];
        for (name, is_odd) in odd {
            if is_odd {
                wrong.add(name, choose());
            }
        }
        let typed = &self.datasets;
        let datasets: Vec<_> = typed.iter().filter_map(|it| it.parse().ok()).collect();
        if !(1..=EXCEPTION_DATASETS_MAX).contains(&datasets.len()) || datasets.len() < typed.len() {
            let text = Text::new(
                "请选择 1 至 10 个数据集",
                "Choose between 1 and 10 datasets.",
            );
            wrong.add("datasets", text);
        }
        let period = period(&self.from, &self.until, now, &mut wrong);
        if self.why.trim().is_empty() {
            wrong.add("why", Text::new("请写明为何援引", "Say why it is invoked."));
        }
        match (clause, purpose, operation, recipient, period) {
            (Ok(clause), Ok(purpose), Ok(operation), Some(recipient), Some(period))
                if wrong.is_nothing() =>
            {
                Ok(NewExceptionUse {
                    clause,
                    datasets,
                    purpose,
                    operation,
                    recipient,
                    period,
                    why: self.why.trim().to_owned(),
                })
            }
            _ => Err(wrong),
        }
    }
}

impl View {
    pub(super) async fn invoke(
        &self,
        view: &ExceptionsView,
        draft: &Draft,
        wrong: Wrong,
    ) -> Result<Section, Problem> {
        let lang = self.lang;
        let from = InputView::day("from", self.t("第一天", "First day"))
            .with(draft.from.clone())
            .because(self.t(
                "选填。留空即从现在起。",
                "Optional. Empty means from now on.",
            ));
        let until = InputView::day("until", self.t("最后一天", "Last day"))
            .with(draft.until.clone())
            .needed()
            .because(self.t(
                "必填。不得超过该例外的单次最长天数；可以随时提前终止。",
                "Necessary. No longer than the exception allows at a time; it can be ended earlier at any time.",
            ));
        let why = InputView::lines("why", self.t("为何援引", "Why it is invoked"))
            .with(draft.why.clone())
            .needed()
            .because(self.t(
                "必填，供确认的人和日后查阅的人阅读；请勿写入个人信息。最多 2000 个字符。",
                "Necessary, for who confirms it and for whoever reads it later; no personal data belongs here. At most 2000 characters.",
            ));
        let form = FormView {
            inputs: vec![
                self.clauses(view, draft),
                self.aims(view, draft),
                self.operations(draft),
                self.recipients(draft).await?,
                self.datasets(draft).await?,
                from,
                until,
                why,
            ],
            acts: vec![(
                "draft",
                self.t("起草，下一步登记证明", "Draft it; the proofs come next"),
                false,
            )],
            ..self.form("invoke", PATH)
        };
        let form = wrong.into_form(form, lang);
        let title = lang.pick("援引例外", "Invoke one");
        Ok(section("invoke", title, vec![Block::Form(Box::new(form))]))
    }

    fn clauses(&self, view: &ExceptionsView, draft: &Draft) -> InputView {
        let able = view.rows.iter();
        let able = able.filter(|row| row.may_invoke && !row.purposes.is_empty());
        let option = |row: &ExceptionRow| {
            let it = row.exception;
            let text = format!("{} {}", it.clause, it.name.get(self.lang));
            (it.clause.to_string(), text)
        };
        let offered = able.map(option);
        self.pick("clause", self.t("哪一项", "Which one"), &draft.clause, offered).needed()
            .because(self.t(
                "必选。只列出您的职能可以援引、且目前开放某项目的的例外。",
                "Necessary. Only those are here that your functions may invoke and that open a purpose at present.",
            ))
    }

    fn aims(&self, view: &ExceptionsView, draft: &Draft) -> InputView {
        let rules = view.rows.iter().flat_map(|row| row.purposes.iter());
        let mut offered: Vec<(String, String)> = Vec::new();
        for rule in rules {
            let value = rule.id.to_string();
            if !offered.iter().any(|(known, _)| *known == value) {
                offered.push((value, rule.name.get(self.lang).to_owned()));
            }
        }
        self.pick("aim", self.t("目的", "Purpose"), &draft.aim, offered)
            .needed()
            .because(self.t(
                "必选。只开放这一目的，不包括其下各级。",
                "Necessary. It opens this purpose and none below it.",
            ))
    }

    fn operations(&self, draft: &Draft) -> InputView {
        let offered = Operation::ALL.iter().map(|operation| {
            let text = opened(operation_text(*operation).get(self.lang), self.lang);
            (operation.code().to_owned(), text)
        });
        self.pick(
            "operation",
            self.t("操作", "Operation"),
            &draft.operation,
            offered,
        )
        .needed()
        .because(self.t(
            "必选。R7 用于处理，R21 用于共享、转让与公开。",
            "Necessary. R7 is for processing, R21 for sharing, transferring and publishing.",
        ))
    }

    async fn recipients(&self, draft: &Draft) -> Result<InputView, Problem> {
        let offered = self.recipient_choices().await?.into_iter();
        let offered = offered.map(|(recipient, label)| (recipient.to_string(), label));
        let label = self.t("接收方", "Recipient");
        let input = self.pick("recipient", label, &draft.recipient, offered);
        Ok(input.needed().because(self.t("必选。", "Necessary.")))
    }

    async fn datasets(&self, draft: &Draft) -> Result<InputView, Problem> {
        let is_on = |value: &str| draft.datasets.iter().any(|typed| typed == value);
        let choices = self.dataset_choices(is_on).await?;
        let input = InputView::several("datasets", self.t("数据集", "Datasets"), choices);
        Ok(input.because(self.t(
            "必选，最多 10 个。其来源说明须声明同一依据。",
            "Necessary, at most 10. Their declarations of source must claim the same ground.",
        )))
    }
}
