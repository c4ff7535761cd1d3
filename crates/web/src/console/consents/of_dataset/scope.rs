//! The form that declares the next version of a scope: what is ticked and how it is read.

use std::collections::BTreeSet;

use yuntu_app::EvidenceView;
use yuntu_app::consent::DatasetScope;
use yuntu_app::store::ScopeVersion;
use yuntu_app::words::{consent_kind_text, operation_text};
use yuntu_terms::{ConsentKind, DatasetId, Digest, Operation, Purpose, Text, Timestamp};

use super::{View, path, stands};
use crate::console::choices::recipient;
use crate::console::consents::business;
use crate::console::source;
use crate::forms::Fields;
use crate::problem::Problem;
use crate::report::{Block, ChoiceView, FormView, InputView, Section, opened, section};
use crate::view::Wrong;

impl View {
    pub(super) async fn scope_form(
        &self,
        (id, versions): (DatasetId, &[ScopeVersion]),
        (typed, papers): (&Fields, &[EvidenceView]),
        wrong: Wrong,
    ) -> Result<Section, Problem> {
        let lang = self.lang;
        let newest = versions.first().map(|it| &it.scope);
        let mut inputs = self.choices(newest, typed).await?;
        inputs.extend(self.terms(typed));
        inputs.push(self.proofs(typed, papers));
        let form = FormView {
            inputs,
            acts: vec![(
                "scope",
                self.t("声明新版本", "Declare a new version"),
                false,
            )],
            ..self.form("scope", &path(id))
        };
        let form = wrong.into_form(form, lang);
        let title = lang.pick("声明默认范围", "Declare the default");
        Ok(section("scope", title, vec![Block::Form(Box::new(form))]))
    }

    /// What may be ticked: purposes, operations, recipients; as the newest version has it, or as it was sent.
    async fn choices(
        &self,
        newest: Option<&DatasetScope>,
        typed: &Fields,
    ) -> Result<Vec<InputView>, Problem> {
        let lang = self.lang;
        let sent = typed.one("act") == "scope";
        let ticked = |name: &'static str, value: &str, before: bool| {
            if sent {
                typed.all(name).any(|it| it == value)
            } else {
                before
            }
        };
        let statement = self.site.platform.statement();
        let purposes = business(statement).map(|purpose| {
            let before = newest.is_some_and(|it| it.purposes.contains(purpose));
            ChoiceView {
                on: ticked("purposes", purpose.as_str(), before),
                value: purpose.to_string(),
                label: self.purpose(purpose),
                note: String::new(),
            }
        });
        let operations = Operation::ALL.map(|operation| {
            let before = newest.is_some_and(|it| it.operations.contains(&operation));
            ChoiceView {
                on: ticked("operations", operation.code(), before),
                value: operation.code().to_owned(),
                label: opened(operation_text(operation).get(lang), lang),
                note: self.takes(operation),
            }
        });
        let recipients = self.recipient_choices().await?;
        let recipients = recipients.into_iter().map(|(recipient, label)| {
            let before = newest.is_some_and(|it| it.recipients.contains(&recipient));
            let value = recipient.to_string();
            ChoiceView {
                on: ticked("recipients", &value, before),
                value,
                label: opened(&label, lang),
                note: String::new(),
            }
        });
        Ok(vec![
            InputView::several("purposes", self.t("目的", "Purposes"), purposes.collect()).because(
                self.t(
                    "必填。数据集中的人同意了哪些目的。",
                    "Necessary. What the people of the dataset agreed to be used for.",
                ),
            ),
            InputView::several(
                "operations",
                self.t("操作", "Operations"),
                operations.to_vec(),
            )
            .because(self.t(
                "必填。他们同意了哪些操作。",
                "Necessary. What they agreed may be done.",
            )),
            InputView::several(
                "recipients",
                self.t("接收方", "Recipients"),
                recipients.collect(),
            )
            .because(self.t(
                "必填。他们同意由谁接收。",
                "Necessary. Whom they agreed may receive it.",
            )),
        ])
    }

    /// Says which operations take more than any consent.
    fn takes(&self, operation: Operation) -> String {
        match operation {
            Operation::Process => String::new(),
            Operation::Share | Operation::Transfer | Operation::Publicise => {
                self.t("须有单独同意", "takes separate consent")
            }
        }
    }

    /// How people said it, and for how long.
    fn terms(&self, typed: &Fields) -> Vec<InputView> {
        let lang = self.lang;
        let sent = typed.one("act") == "scope";
        let mut inputs = Vec::new();
        let kind = if sent { typed.one("kind") } else { "explicit" };
        let kinds = [
            ("expressed", ConsentKind::Expressed),
            ("explicit", ConsentKind::Explicit),
            ("separate", ConsentKind::Separate),
        ];
        let kinds = kinds.map(|(code, of)| {
            let text = consent_kind_text(of).get(lang).to_owned();
            (code.to_owned(), text, code == kind)
        });
        inputs.push(
            InputView::one("kind", self.t("个人如何表示同意", "How people said it"), kinds.to_vec())
                .because(self.t(
                    "共享、转让、公开披露以及敏感个人信息须有单独同意；声明其他方式时，敏感字段不会被读取。",
                    "To share, transfer or publicise, and sensitive values, take separate consent; with any other kind no sensitive column is read.",
                )),
        );
        let date =
            |name, zh: &str, en: &str| InputView::day(name, self.t(zh, en)).with(typed.one(name));
        inputs.push(
            date("from", "自（含当日）", "From (that day included)")
                .needed()
                .because(self.t(
                    "必填。以告知书或书面证明所载为准。",
                    "Necessary. As the notice or the proof says.",
                )),
        );
        inputs.push(
            date(
                "until",
                "至（含当日），可不填",
                "Until (that day included), if it ends",
            )
            .because(self.t(
                "选填。留空即没有终期。",
                "Optional. Empty means that it has no end.",
            )),
        );
        inputs
    }

    /// The papers of the dataset that stand, of which the version names those it rests on.
    fn proofs(&self, typed: &Fields, papers: &[EvidenceView]) -> InputView {
        let standing = papers
            .iter()
            .filter(|it| stands(it, it.paper.evidence.digest));
        let choices = standing.map(|it| {
            let value = it.paper.evidence.digest.to_string();
            let short: String = value.chars().take(12).collect();
            ChoiceView {
                on: typed.all("evidence").any(|typed| typed == value),
                label: source::paper_title(it, self.lang),
                note: format!("{short}…"),
                value,
            }
        });
        InputView::several("evidence", self.t("证明", "Proofs"), choices.collect()).because(self.t(
            "第一个版本及超出上一版的范围必填：书面的明示同意证明，先在下方上传。不超出上一版的，可不选，沿用上一版的证明。",
            "Necessary for the first version and for what goes beyond the version before: written proof of express consent, which is uploaded below first. A version that adds nothing may leave it empty and rests on the proofs of the one before.",
        ))
    }
}

/// Reads a scope with its proofs, or says what is wrong with which field.
pub(super) fn scope_of(fields: &Fields) -> Result<(DatasetScope, Vec<Digest>), Wrong> {
    let mut wrong = Wrong::default();
    let from = wrong.day("from", fields.one("from"), false);
    let until = match fields.one("until").trim() {
        "" => None,
        typed => wrong.day("until", typed, true),
    };
    let evidence: Result<Vec<Digest>, _> = fields.all("evidence").map(str::parse).collect();
    let evidence = evidence.unwrap_or_else(|_form| {
        let text = Text::new("请从列表中选择", "Choose from the list.");
        wrong.add("evidence", text);
        Vec::new()
    });
    let kind = match fields.one("kind") {
        "expressed" => ConsentKind::Expressed,
        "separate" => ConsentKind::Separate,
        _ => ConsentKind::Explicit,
    };
    if !wrong.is_nothing() {
        return Err(wrong);
    }
    let purposes: BTreeSet<Purpose> = fields
        .all("purposes")
        .filter_map(|it| it.parse().ok())
        .collect();
    let operations = fields
        .all("operations")
        .filter_map(|it| it.parse().ok())
        .collect();
    let recipients = fields.all("recipients").filter_map(recipient).collect();
    let scope = DatasetScope {
        purposes,
        operations,
        recipients,
        kind,
        from: from.unwrap_or(Timestamp::from_micros(0)),
        until,
    };
    Ok((scope, evidence))
}
