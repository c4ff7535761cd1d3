//! The small payment that shows whose the bank account is: how it came out, and the form that records it.

use yuntu_app::certification::{CertificationError, PAYMENT_FEN_MAX, Review, TypedPayment};
use yuntu_app::policy::{AccountCheckReason, AccountCheckResult};
use yuntu_app::store::AccountCheck;
use yuntu_app::words::minute;
use yuntu_terms::{Lang, Text, Timestamp};

use super::Again;
use super::view::View;
use crate::either::account_standing;
use crate::forms::Fields;
use crate::report::{Block, InputKind, InputView, Section, Table, opened, section};
use crate::view::Wrong;

/// Reads a payment as a reviewer typed it.
pub(super) fn typed(fields: &Fields) -> TypedPayment {
    TypedPayment {
        amount_fen: fen(fields.one("amount")),
        paid: moment(fields.one("paid")),
        result: AccountCheckResult::from_code(fields.one("result")),
        reason: AccountCheckReason::from_code(fields.one("why")),
    }
}

/// Reads yuan with at most two places after the point as fen.
fn fen(typed: &str) -> Option<u32> {
    let (yuan, rest) = typed.trim().split_once('.').unwrap_or((typed.trim(), ""));
    let digits = |text: &str| text.bytes().all(|it| it.is_ascii_digit());
    if yuan.is_empty() || yuan.len() > 6 || rest.len() > 2 || !digits(yuan) || !digits(rest) {
        return None;
    }
    let rest = format!("{rest:0<2}");
    let (yuan, rest): (u32, u32) = (yuan.parse().ok()?, rest.parse().ok()?);
    Some(yuan * 100 + rest)
}

/// Reads day and minute in China.
fn moment(typed: &str) -> Option<Timestamp> {
    let typed = typed.trim();
    let form = typed.len() == 16 && typed.as_bytes().get(10) == Some(&b'T');
    format!("{typed}:00+08:00").parse().ok().filter(|_| form)
}

impl View {
    pub(super) fn payment(&self, found: &Review, again: &Again<'_>, may: bool) -> Section {
        let lang = self.lang;
        let payments = &found.view.payments;
        let state = account_standing(payments, found.view.account_verified, lang);
        let mut blocks = vec![
            Block::Text(self.t(
                "以一元以内的小额打款核验企业的银行账户；最近一次结果为“已核验”后，申请才能通过。查看完整账号须先由另一人同意。",
                "A payment of one yuan at most shows whose the bank account is; only when the last one verified it can the application be approved. To see the whole number takes a second person first.",
            )),
            Block::Facts(vec![(self.t("账户核验", "The account"), opened(&state, lang))]),
        ];
        if !payments.is_empty() {
            blocks.push(Block::Table(self.payments(payments)));
        }
        if may {
            blocks.push(Block::Form(Box::new(self.payment_form(found, again))));
        }
        section("payment", lang.pick("账户核验", "The bank account"), blocks)
    }

    fn payments(&self, payments: &[AccountCheck]) -> Table {
        let lang = self.lang;
        let row = |check: &AccountCheck| {
            let payment = &check.payment;
            let result = payment.result.text();
            let why = payment.reason.map(AccountCheckReason::text);
            vec![
                minute(payment.paid),
                format!(
                    "{}.{:02}",
                    payment.amount_fen / 100,
                    payment.amount_fen % 100
                ),
                opened(result.get(lang), lang),
                why.map_or_else(String::new, |why| opened(why.get(lang), lang)),
            ]
        };
        self.table(
            self.t("每次打款，最近的在前", "Each payment, the latest first"),
            &[
                ("打款时间", "Paid at"),
                ("金额（元）", "Yuan"),
                ("结果", "Result"),
                ("原因", "Why"),
            ],
            payments.iter().map(row),
        )
    }

    fn payment_form(&self, found: &Review, again: &Again<'_>) -> crate::report::FormView {
        let lang = self.lang;
        let own = again.typed.filter(|fields| fields.one("act") == "payment");
        let typed = |name: &str| own.map_or("", |fields| fields.one(name));
        // Nothing is chosen beforehand: what is recorded here certifies.
        let blank = self.t("请选择", "Please choose");
        let results = AccountCheckResult::ALL.iter();
        let results = results.map(|result| (result.code(), result.text()));
        let results = options(blank, results, typed("result"), lang);
        let none = self.t("（已核验时不选）", "(none: it is verified)");
        let reasons = AccountCheckReason::ALL.iter();
        let reasons = reasons.map(|reason| (reason.code(), reason.text()));
        let reasons = options(none, reasons, typed("why"), lang);
        let most = f64::from(PAYMENT_FEN_MAX) / 100.0;
        let form = crate::report::FormView {
            inputs: vec![
                InputView {
                    keys: "decimal",
                    ..InputView::line("amount", self.t("金额（元）", "Amount (yuan)"))
                        .with(typed("amount"))
                        .because(lang.pick(
                            format!("0.01 至 {most:.2}。"),
                            format!("0.01 to {most:.2}."),
                        ))
                        .needed()
                },
                InputView {
                    kind: InputKind::Line("datetime-local"),
                    ..InputView::line(
                        "paid",
                        self.t("打款时间（北京时间）", "Paid at (Beijing time)"),
                    )
                    .with(typed("paid"))
                    .needed()
                },
                InputView::one("result", self.t("结果", "Result"), results),
                InputView::one("why", self.t("未通过的原因", "Why it failed"), reasons),
            ],
            acts: vec![(
                "payment",
                self.t("记录打款结果", "Record the payment"),
                false,
            )],
            ..self.of("payment", found.view.application.id)
        };
        match &again.error {
            Some(CertificationError::Payment(fault)) => {
                Wrong::field(fault.field(), fault.text()).into_form(form, lang)
            }
            _ => form,
        }
    }
}

/// Makes the options of a list that begins with one that says nothing.
fn options(
    blank: String,
    all: impl Iterator<Item = (&'static str, Text)>,
    chosen: &str,
    lang: Lang,
) -> Vec<(String, String, bool)> {
    let all = all.map(|(code, text)| {
        let shown = opened(text.get(lang), lang);
        (code.to_owned(), shown, code == chosen)
    });
    std::iter::once((String::new(), blank, false))
        .chain(all)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yuan_are_read_as_fen() {
        for (typed, fen_read) in [
            ("0.37", Some(37)),
            ("1", Some(100)),
            (" 1.5 ", Some(150)),
            ("0.375", None),
            ("", None),
            (".5", None),
            ("-1", None),
            ("1e2", None),
            ("１", None),
        ] {
            assert_eq!(fen(typed), fen_read, "{typed}");
        }
    }

    #[test]
    fn a_minute_is_read_in_china() {
        let at = |typed| moment(typed).map(|it| it.to_string());
        assert_eq!(
            at("2026-03-21T08:05").as_deref(),
            Some("2026-03-21T00:05:00Z")
        );
        for odd in ["", "2026-03-21", "2026-03-21T25:00", "2026-03-21 08:05"] {
            assert_eq!(at(odd), None, "{odd}");
        }
    }
}
