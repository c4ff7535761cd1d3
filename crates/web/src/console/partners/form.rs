//! The form of a partner: what is asked, why, and how it is read.

use yuntu_app::partners::TypedPartner;
use yuntu_app::policy::{
    AssessmentResult, BorderGround, Mechanism, PartnerAgreement, PartnerAssessment, PartnerGap,
    PartnerPart, PartnerRole, Period, SubProcessing,
};
use yuntu_app::words::{class_text, operation_text};
use yuntu_terms::{ColumnClass, Operation, Pii, Region, Text, Timestamp};

use crate::console::Console;
use crate::console::consents::business;
use crate::forms::Fields;
use crate::report::{ChoiceView, FormView, InputView, opened};
use crate::view::Wrong;

/// The classes of data, each with the code that the form sends.
const CLASSES: [(&str, ColumnClass); 4] = [
    ("non_personal", ColumnClass::NonPersonal),
    ("personal", ColumnClass::Personal),
    ("sensitive", ColumnClass::Sensitive),
    ("identifier", ColumnClass::Identifier),
];

/// What stands in the form: what was typed, or else what is kept.
pub(super) struct Filled<'a> {
    pub(super) typed: Option<&'a Fields>,
    pub(super) kept: Option<(&'a PartnerAgreement, Option<&'a str>)>,
}

impl Filled<'_> {
    fn text(&self, name: &str, kept: impl FnOnce(&PartnerAgreement) -> Option<String>) -> String {
        match self.typed {
            Some(fields) => fields.one(name).to_owned(),
            None => self.kept.and_then(|(it, _)| kept(it)).unwrap_or_default(),
        }
    }

    fn is_ticked(
        &self,
        name: &str,
        value: &str,
        kept: impl FnOnce(&PartnerAgreement) -> bool,
    ) -> bool {
        match self.typed {
            Some(fields) => fields.all(name).any(|it| it == value),
            None => self.kept.is_some_and(|(it, _)| kept(it)),
        }
    }
}

fn first_day(moment: Timestamp) -> String {
    moment.day_in_china().to_string()
}

/// Returns the last day before a moment at which a period ends.
pub(super) fn last_day(moment: Timestamp) -> String {
    moment.plus_days(-1).day_in_china().to_string()
}

/// Names the field of the form that something missing is told at.
pub(super) const fn field_of(gap: PartnerGap) -> &'static str {
    match gap.part() {
        PartnerPart::Period => "until",
        PartnerPart::Assessment => "review",
        PartnerPart::CrossBorder => "mechanism",
        PartnerPart::Papers => "",
        part @ (PartnerPart::CreditCode
        | PartnerPart::Role
        | PartnerPart::Contact
        | PartnerPart::Purposes
        | PartnerPart::Operations
        | PartnerPart::Classes
        | PartnerPart::Manner
        | PartnerPart::Obligations
        | PartnerPart::SubProcessing) => part.code(),
    }
}

/// Reads several days that belong together: all of them, or none.
fn together<const N: usize>(
    fields: &Fields,
    names: [(&'static str, bool); N],
    wrong: &mut Wrong,
) -> Option<[Timestamp; N]> {
    if names
        .iter()
        .all(|(name, _)| fields.one(name).trim().is_empty())
    {
        return None;
    }
    let mut days = [Timestamp::from_micros(0); N];
    let mut whole = true;
    for (day, (name, end)) in days.iter_mut().zip(names) {
        match wrong.day(name, fields.one(name), end) {
            Some(found) => *day = found,
            None => whole = false,
        }
    }
    whole.then_some(days)
}

/// Reads what was typed, or says what is wrong with which field.
pub(super) fn read(fields: &Fields) -> Result<TypedPartner, Wrong> {
    let mut wrong = Wrong::default();
    let region = region("region", fields, &mut wrong);
    let period = together(fields, [("from", false), ("until", true)], &mut wrong);
    let assessment = assessment(fields, &mut wrong);
    let cross_border = border(fields, &mut wrong);
    let Some(region) = region.filter(|_| wrong.is_nothing()) else {
        return Err(wrong);
    };
    let class = |code: &str| {
        let found = CLASSES.iter().find(|(known, _)| *known == code);
        found.map(|(_, class)| *class)
    };
    let terms = PartnerAgreement {
        name: fields.one("name").to_owned(),
        credit_code: Some(fields.one("credit_code").to_owned()),
        role: PartnerRole::from_code(fields.one("role")),
        region,
        purposes: fields
            .all("purposes")
            .filter_map(|it| it.parse().ok())
            .collect(),
        operations: fields
            .all("operations")
            .filter_map(|it| it.parse().ok())
            .collect(),
        classes: fields.all("classes").filter_map(class).collect(),
        manner: fields.one("manner").to_owned(),
        obligations: fields.one("obligations").to_owned(),
        sub_processing: SubProcessing::from_code(fields.one("sub_processing")),
        period: period.map(|[from, until]| Period { from, until }),
        assessment,
        cross_border,
    };
    Ok(TypedPartner {
        terms,
        contact: Some(Pii::new(fields.one("contact").to_owned())),
    })
}

fn region(name: &'static str, fields: &Fields, wrong: &mut Wrong) -> Option<Region> {
    let found = fields.one(name).trim().to_ascii_uppercase().parse().ok();
    if found.is_none() {
        let text = Text::new(
            "请填写两个字母的国家或地区代码，如 CN、SG",
            "Give the code of the country or region in two letters, such as CN or SG.",
        );
        wrong.add(name, text);
    }
    found
}

fn chosen(name: &'static str, wrong: &mut Wrong) {
    wrong.add(name, Text::new("请从列表中选择", "Choose from the list."));
}

fn assessment(fields: &Fields, wrong: &mut Wrong) -> Option<PartnerAssessment> {
    let result = AssessmentResult::from_code(fields.one("result"));
    let days = together(fields, [("assessed", false), ("review", true)], wrong);
    match (days, result) {
        (Some([made, review]), Some(result)) => Some(PartnerAssessment {
            made,
            review,
            result,
        }),
        (Some(_), None) => {
            chosen("result", wrong);
            None
        }
        (None, Some(_)) if wrong.is_nothing() => {
            let text = Text::new(
                "请同时填写评估日期与复核日期",
                "Give the day of the assessment and that of its review too.",
            );
            wrong.add("assessed", text);
            None
        }
        (None, _) => None,
    }
}

fn border(fields: &Fields, wrong: &mut Wrong) -> Option<BorderGround> {
    let typed = ["mechanism", "filing", "border_since", "border_until"];
    if typed.iter().all(|name| fields.one(name).trim().is_empty()) {
        return None;
    }
    let mechanism = Mechanism::from_code(fields.one("mechanism"));
    if mechanism.is_none() {
        chosen("mechanism", wrong);
    }
    let from = region("border_from", fields, wrong);
    let days = together(
        fields,
        [("border_since", false), ("border_until", true)],
        wrong,
    );
    if days.is_none() && wrong.is_nothing() {
        let text = Text::new("请填写有效期", "Give its first and its last day.");
        wrong.add("border_until", text);
    }
    let [since, until] = days?;
    Some(BorderGround {
        mechanism: mechanism?,
        filing: fields.one("filing").to_owned(),
        from: from?,
        period: Period { from: since, until },
    })
}

impl<P: Sync> Console<P> {
    /// Makes the form of a partner, filled in.
    pub(super) fn partner_form(
        &self,
        path: &str,
        filled: &Filled<'_>,
        (act, label): (&'static str, String),
    ) -> FormView {
        let mut inputs = self.who_it_is(filled);
        inputs.extend(self.what_it_gets(filled));
        inputs.extend(self.what_it_owes(filled));
        inputs.extend(self.assessed(filled));
        inputs.extend(self.way_abroad(filled));
        FormView {
            inputs,
            acts: vec![(act, label, false)],
            ..self.form(act, path)
        }
    }

    fn who_it_is(&self, filled: &Filled<'_>) -> Vec<InputView> {
        let lang = self.lang;
        let role = filled.text("role", |it| it.role.map(|it| it.code().to_owned()));
        let roles = PartnerRole::ALL.iter().map(|it| {
            let text = it.text();
            (it.code().to_owned(), opened(text.get(lang), lang))
        });
        let contact = match filled.typed {
            Some(fields) => fields.one("contact").to_owned(),
            None => filled
                .kept
                .and_then(|(_, contact)| contact)
                .unwrap_or_default()
                .to_owned(),
        };
        vec![
            InputView::line("name", self.t("名称", "Name"))
                .with(filled.text("name", |it| Some(it.name.clone())))
                .needed()
                .because(self.t(
                    "必填。与协议上的名称一致；向个人告知接收方时用此名称。",
                    "Necessary. As the agreement has it; people are told of the recipient by this name.",
                )),
            InputView::line("region", self.t("所在国家或地区的代码", "Code of the country or region where it works"))
                .with(filled.text("region", |it| Some(it.region.to_string())))
                .needed()
                .because(self.t(
                    "必填。两个字母，如 CN、SG；境外的合作方须有出境依据。",
                    "Necessary. Two letters, such as CN or SG; a partner abroad needs a ground for sending data there.",
                )),
            self.pick("role", self.t("身份", "What it is"), &role, roles).because(self.t(
                "生效前必填。受托方按企业的要求处理；独立的接收方被共享或受让数据，须有每个人的单独同意。",
                "Needed before it is put in force. An entrusted processor works as the enterprise asks; with an independent recipient data is shared or transferred, which takes the separate consent of each person.",
            )),
            InputView::line("credit_code", self.t("统一社会信用代码", "Unified social credit code"))
                .with(filled.text("credit_code", |it| it.credit_code.clone()))
                .because(self.t("境内的合作方生效前必填，18 位。", "Needed of a partner in China: 18 characters.")),
            InputView::line("contact", self.t("联系方式（邮箱或电话）", "How it is reached (email or phone)"))
                .with(contact)
                .because(self.t(
                    "生效前必填，加密保存。个人行使权利、发生事件时按此联系对方。",
                    "Needed before it is put in force, and kept encrypted. By it the partner is reached about the rights of people and about incidents.",
                )),
        ]
    }

    fn what_it_gets(&self, filled: &Filled<'_>) -> Vec<InputView> {
        let lang = self.lang;
        let statement = self.site.platform.statement();
        let purposes = business(statement).map(|purpose| ChoiceView {
            on: filled.is_ticked("purposes", purpose.as_str(), |it| {
                it.purposes.contains(purpose)
            }),
            value: purpose.to_string(),
            label: self.purpose(purpose),
            note: String::new(),
        });
        let operations = [Operation::Process, Operation::Share, Operation::Transfer];
        let operations = operations.iter().map(|operation| ChoiceView {
            on: filled.is_ticked("operations", operation.code(), |it| {
                it.operations.contains(operation)
            }),
            value: operation.code().to_owned(),
            label: opened(operation_text(*operation).get(lang), lang),
            note: match operation {
                Operation::Process => self.t("受托方", "an entrusted processor"),
                Operation::Share | Operation::Transfer | Operation::Publicise => {
                    self.t("独立的接收方", "an independent recipient")
                }
            },
        });
        let classes = CLASSES.iter().map(|(code, class)| ChoiceView {
            on: filled.is_ticked("classes", code, |it| it.classes.contains(class)),
            value: (*code).to_owned(),
            label: opened(class_text(*class).get(lang), lang),
            note: String::new(),
        });
        vec![
            InputView::several("purposes", self.t("目的", "Purposes"), purposes.collect())
                .because(self.t(
                    "生效前必填。协议约定的目的；一个目的包含其下的目的。",
                    "Needed before it is put in force. What the agreement is for; a purpose covers those below it.",
                )),
            InputView::several("operations", self.t("操作", "Operations"), operations.collect())
                .because(self.t(
                    "生效前必填，须与身份相符。",
                    "Needed before it is put in force, and it fits what the partner is.",
                )),
            InputView::several("classes", self.t("数据类别", "Classes of data"), classes.collect())
                .because(self.t(
                    "生效前必填。只选所必需的；未选的类别一律拒绝。",
                    "Needed before it is put in force. No more than the partner needs: whatever is not ticked is refused.",
                )),
            InputView::lines("manner", self.t("处理方式", "In which way"))
                .with(filled.text("manner", |it| Some(it.manner.clone())))
                .because(self.t(
                    "生效前必填。对方如何取得、使用和保存数据；勿写入个人信息。",
                    "Needed before it is put in force: how the partner gets, uses and keeps the data. No personal data belongs here.",
                )),
        ]
    }

    fn what_it_owes(&self, filled: &Filled<'_>) -> Vec<InputView> {
        let lang = self.lang;
        let sub = filled.text("sub_processing", |it| {
            it.sub_processing.map(|it| it.code().to_owned())
        });
        let subs = SubProcessing::ALL.iter().map(|it| {
            let text = it.text();
            (it.code().to_owned(), opened(text.get(lang), lang))
        });
        let from = filled.text("from", |it| it.period.map(|it| first_day(it.from)));
        let until = filled.text("until", |it| it.period.map(|it| last_day(it.until)));
        vec![
            InputView::lines("obligations", self.t("对方的义务", "What it owes"))
                .with(filled.text("obligations", |it| Some(it.obligations.clone())))
                .because(self.t(
                    "生效前必填。保护措施、双方的权利义务、监督方式，以及终止后返还或删除。",
                    "Needed before it is put in force: how it protects the data, rights and duties of both, how it is supervised, and that it returns or deletes the data at the end.",
                )),
            self.pick("sub_processing", self.t("转委托", "Entrusting others"), &sub, subs)
                .because(self.t("受托方生效前必填。", "Needed of an entrusted processor.")),
            InputView::day("from", self.t("协议的第一天", "First day of the agreement"))
                .with(from)
                .because(self.t("生效前必填。", "Needed before it is put in force.")),
            InputView::day("until", self.t("协议的最后一天", "Last day of the agreement"))
                .with(until)
                .because(self.t(
                    "生效前必填，三年以内。过后任何提供与委托处理都被拒绝。",
                    "Needed before it is put in force, within three years. Afterwards whatever is to go to the partner is refused.",
                )),
        ]
    }

    fn assessed(&self, filled: &Filled<'_>) -> Vec<InputView> {
        let lang = self.lang;
        let result = filled.text("result", |it| {
            it.assessment.map(|it| it.result.code().to_owned())
        });
        let results = AssessmentResult::ALL.iter().map(|it| {
            let text = it.text();
            (it.code().to_owned(), opened(text.get(lang), lang))
        });
        let made = filled.text("assessed", |it| it.assessment.map(|it| first_day(it.made)));
        let review = filled.text("review", |it| it.assessment.map(|it| last_day(it.review)));
        vec![
            InputView::day("assessed", self.t("影响评估的日期", "Day of the impact assessment"))
                .with(made)
                .because(self.t(
                    "生效前必填。委托处理或提供个人信息之前须先评估（个保法第五十五条）。",
                    "Needed before it is put in force: personal data is entrusted or provided only after an assessment (PIPL 55).",
                )),
            self.pick("result", self.t("评估结论", "What it came to"), &result, results)
                .because(self.t("生效前必填。", "Needed before it is put in force.")),
            InputView::day("review", self.t("评估的有效期至（含当日）", "The assessment stands until (that day included)"))
                .with(review)
                .because(self.t(
                    "生效前必填，三年以内。过后未复核的，一律停止。",
                    "Needed before it is put in force, within three years. If it was not looked at again by then, everything stops.",
                )),
        ]
    }

    fn way_abroad(&self, filled: &Filled<'_>) -> Vec<InputView> {
        let lang = self.lang;
        let border = |pick: fn(&BorderGround) -> String| {
            move |it: &PartnerAgreement| it.cross_border.as_ref().map(pick)
        };
        let mechanism = filled.text("mechanism", border(|it| it.mechanism.code().to_owned()));
        let ways = Mechanism::ALL.iter().map(|it| {
            let text = it.text();
            (it.code().to_owned(), opened(text.get(lang), lang))
        });
        let filing = filled.text("filing", border(|it| it.filing.clone()));
        let home = filled.text("border_from", border(|it| it.from.to_string()));
        let home = if home.is_empty() {
            Region::CN.to_string()
        } else {
            home
        };
        let since = filled.text("border_since", border(|it| first_day(it.period.from)));
        let until = filled.text("border_until", border(|it| last_day(it.period.until)));
        vec![
            self.pick(
                "mechanism",
                self.t("出境机制", "The way abroad"),
                &mechanism,
                ways,
            )
            .because(self.t(
                "对方在境外时生效前必填（个保法第三十八条）；还须有每个人的单独同意。",
                "Needed of a partner abroad (PIPL 38), beside the separate consent of each person.",
            )),
            InputView::line(
                "filing",
                self.t(
                    "备案、批准或认证编号",
                    "Number under which it was filed, approved or certified",
                ),
            )
            .with(filing)
            .because(self.t("有出境机制时必填。", "Needed with a way abroad.")),
            InputView::line(
                "border_from",
                self.t("数据的出发地", "The region that the data leaves"),
            )
            .with(home)
            .because(self.t(
                "有出境机制时必填，如 CN。",
                "Needed with a way abroad, such as CN.",
            )),
            InputView::day(
                "border_since",
                self.t("出境机制的第一天", "First day of the way abroad"),
            )
            .with(since)
            .because(self.t("有出境机制时必填。", "Needed with a way abroad.")),
            InputView::day(
                "border_until",
                self.t("出境机制的最后一天", "Last day of the way abroad"),
            )
            .with(until)
            .because(self.t("有出境机制时必填。", "Needed with a way abroad.")),
        ]
    }
}
