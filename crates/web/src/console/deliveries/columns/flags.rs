//! What a flag of a consent speaks of: a column of yes and no means nothing until somebody says to what.

use yuntu_app::lake::{ColumnRole, FlagMeaning, Mapping};
use yuntu_app::words::{consent_kind_text, operation_text};
use yuntu_terms::{ConsentKind, Operation, Purpose, Text, clause};

use super::View;
use super::words::code_of;
use crate::console::choices::recipient;
use crate::console::consents::business;
use crate::forms::{Fields, day};
use crate::report::{InputView, opened};
use crate::view::Wrong;

/// Names the columns whose meaning is asked, in their order.
pub(super) const COLUMN: &str = "flag";

const PURPOSE: &str = "flag_purpose";
const OPERATION: &str = "flag_operation";
const RECIPIENT: &str = "flag_recipient";
const KIND: &str = "flag_kind";
const FROM: &str = "flag_from";
const UNTIL: &str = "flag_until";

const KINDS: [ConsentKind; 3] = [
    ConsentKind::Expressed,
    ConsentKind::Explicit,
    ConsentKind::Separate,
];

/// What was sent about one flag.
struct Sent<'a> {
    purpose: &'a str,
    operation: &'a str,
    recipient: &'a str,
    kind: &'a str,
    from: &'a str,
    until: &'a str,
}

impl Default for Sent<'_> {
    /// What stands in the fields before anybody was asked: the narrowest, and nothing where it is a person's to say.
    fn default() -> Self {
        Self {
            purpose: "",
            operation: "process",
            recipient: "enterprise",
            kind: "",
            from: "",
            until: "",
        }
    }
}

impl<'a> Sent<'a> {
    fn of(fields: &'a Fields, column: usize) -> Self {
        let column = column.to_string();
        let Some(place) = fields.all(COLUMN).position(|it| it == column) else {
            return Self::default();
        };
        let at = |name: &'static str| fields.all(name).nth(place).unwrap_or_default().trim();
        Self {
            purpose: at(PURPOSE),
            operation: at(OPERATION),
            recipient: at(RECIPIENT),
            kind: at(KIND),
            from: at(FROM),
            until: at(UNTIL),
        }
    }

    /// Reads what the flag means, or says what is wrong with which field.
    fn meaning(&self, column: &str) -> Result<FlagMeaning, Vec<(&'static str, Text)>> {
        let mut wrong = Vec::new();
        let mut odd = |field, zh: &'static str, en: &'static str| {
            wrong.push((field, Text::new(zh, en)));
        };
        let purpose = self.purpose.parse::<Purpose>().ok();
        if purpose.is_none() {
            odd(PURPOSE, "请选择目的。", "Choose the purpose.");
        }
        let operation = self.operation.parse::<Operation>().ok();
        if operation.is_none() {
            odd(OPERATION, "请选择操作。", "Choose the operation.");
        }
        let recipient = recipient(self.recipient);
        if recipient.is_none() {
            odd(RECIPIENT, "请选择接收方。", "Choose the recipient.");
        }
        let kind = KINDS.into_iter().find(|it| code(*it) == self.kind);
        if kind.is_none() {
            odd(KIND, "请选择同意的方式。", "Choose how it was said.");
        }
        let from = day(self.from, false);
        if from.is_none() {
            odd(
                FROM,
                "应为日期，如 2026-12-31。",
                "This is a date such as 2026-12-31.",
            );
        }
        let until = day(self.until, true);
        let unread = !self.until.is_empty() && until.is_none();
        if unread || until.is_some_and(|until| from.is_some_and(|from| until <= from)) {
            odd(
                UNTIL,
                "应为晚于起始日的日期，或留空。",
                "This is a date after the first day, or empty.",
            );
        }
        let found = (purpose, operation, recipient, kind, from);
        let (Some(purpose), Some(operation), Some(recipient), Some(kind), Some(from)) = found
        else {
            return Err(wrong);
        };
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Ok(FlagMeaning {
            column: column.to_owned(),
            purpose,
            operation,
            recipient,
            kind,
            from,
            until,
        })
    }
}

/// Reads what each column means that was chosen as a flag of a consent.
pub(super) fn read(fields: &Fields, mapping: &Mapping, wrong: &mut Wrong) -> Vec<FlagMeaning> {
    clause::hit!(U4);
    let mut meanings = Vec::new();
    let flags = mapping.columns.iter().enumerate();
    for (place, column) in flags.filter(|(_, it)| it.role == ColumnRole::ConsentFlag) {
        match Sent::of(fields, place).meaning(&column.name) {
            Ok(meaning) => meanings.push(meaning),
            Err(_told_at_its_fields) => {
                let name = &column.source;
                let text = Text::new(
                    format!("“{name}”是同意标志：请在其下说明是对什么的同意"),
                    format!("{name} is a flag of a consent: say below it what it speaks of."),
                );
                wrong.add(COLUMN, text);
            }
        }
    }
    meanings
}

/// Returns the stable code of a kind of consent.
fn code(kind: ConsentKind) -> &'static str {
    match kind {
        ConsentKind::Expressed => "expressed",
        ConsentKind::Explicit => "explicit",
        ConsentKind::Separate => "separate",
    }
}

impl View {
    /// The fields that ask what a column speaks of, where it is a flag of a consent.
    pub(super) fn flag(&self, place: usize, typed: Option<&Fields>) -> Vec<InputView> {
        let column = self.about.proposal.mapping.columns.get(place);
        let is_flag = self.role(place, typed) == code_of(&ColumnRole::ConsentFlag);
        let Some(column) = column.filter(|_| is_flag) else {
            return Vec::new();
        };
        let sent = typed.map_or_else(Sent::default, |fields| Sent::of(fields, place));
        let wrong = match typed {
            Some(_) => sent.meaning(&column.name).err().unwrap_or_default(),
            None => Vec::new(),
        };
        let inputs = self.meaning(&column.source, &sent);
        let inputs = inputs.into_iter().map(|input| {
            let found = wrong.iter().find(|(field, _)| *field == input.name);
            InputView {
                apart: format!("-{}", place + 1),
                wrong: found.map(|(_, text)| text.get(self.lang).to_owned()),
                ..input
            }
        });
        inputs.collect()
    }

    fn meaning(&self, name: &str, sent: &Sent<'_>) -> Vec<InputView> {
        let lang = self.lang;
        let label =
            |zh: &str, en: &str| lang.pick(format!("{name}：{zh}"), format!("{name}: {en}"));
        let choice = |value: String, text: String, chosen: &str| {
            let on = value == chosen;
            (value, text, on)
        };
        let unchosen = || (String::new(), self.t("请选择", "choose"), false);
        let statement = self.site.platform.statement();
        let purposes =
            business(statement).map(|it| choice(it.to_string(), self.purpose(it), sent.purpose));
        let operations = Operation::ALL.map(|it| {
            let text = opened(operation_text(it).get(lang), lang);
            choice(it.code().to_owned(), text, sent.operation)
        });
        let recipients = self.about.recipients.iter();
        let recipients =
            recipients.map(|(it, name)| choice(it.to_string(), name.clone(), sent.recipient));
        let kinds = KINDS.map(|it| {
            let text = opened(consent_kind_text(it).get(lang), lang);
            choice(code(it).to_owned(), text, sent.kind)
        });
        vec![
            InputView::one(
                PURPOSE,
                label("同意的目的", "purpose that is agreed to"),
                [unchosen()].into_iter().chain(purposes).collect(),
            )
            .because(self.t(
                "必填。“是”即同意此目的及其下的目的，“否”即拒绝；空值什么也没说。",
                "Necessary. Yes agrees to it and to those below it, no refuses it, and an empty cell says nothing.",
            )),
            InputView::one(
                OPERATION,
                label("同意的操作", "operation that is agreed to"),
                operations.to_vec(),
            )
            .because(self.t("必填。", "Necessary.")),
            InputView::one(
                RECIPIENT,
                label("接收方", "recipient"),
                recipients.collect(),
            )
            .because(self.t("必填。同意由谁接收。", "Necessary. Who may receive it.")),
            InputView::one(
                KIND,
                label("个人如何表示同意", "how people said it"),
                [unchosen()].into_iter().chain(kinds).collect(),
            )
            .because(self.t(
                "必填。共享、转让、公开披露以及敏感个人信息须有单独同意。",
                "Necessary. To share, transfer or publicise, and sensitive values, take separate consent.",
            )),
            InputView::day(FROM, label("自（含当日）", "from (that day included)"))
                .with(sent.from)
                .because(self.t(
                    "必填，不晚于文件形成之日。没有时间的行自此日起算；此后登记的拒绝或撤回不会被文件推翻。",
                    "Necessary, and not later than the file was made. It counts for rows that bear no time; a refusal or withdrawal that was recorded after it is not undone by the file.",
                )),
            InputView::day(UNTIL, label("至（含当日），可不填", "until (that day included), if it ends"))
                .with(sent.until)
                .because(self.t(
                    "选填。“是”到期即止，“否”没有终期。",
                    "Optional. A yes ends with it; a no has no end.",
                )),
        ]
    }
}
