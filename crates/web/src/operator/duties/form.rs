//! The form in which it is recorded that a duty was done.

use yuntu_app::duties::DutyReport;
use yuntu_app::policy::{DutyKind, DutyResult, operator_may};
use yuntu_terms::{Pii, Text, Timestamp};

use super::{PATH, View};
use crate::files::KINDS;
use crate::forms::{Fields, day};
use crate::report::{Block, FormView, InputView, Section, opened, section};
use crate::view::Wrong;

/// Reads what was typed of a duty that was done.
pub(super) fn read(fields: &Fields, name: String, bytes: Vec<u8>) -> Result<DutyReport, Wrong> {
    let mut wrong = Wrong::default();
    let kind = DutyKind::from_code(fields.one("kind"));
    if kind.is_none() {
        let text = Text::new("请选择事项", "Please choose what was done.");
        wrong.add("kind", text);
    }
    let done = wrong.day("done", fields.one("done"), false);
    let result = DutyResult::from_code(fields.one("result"));
    if result.is_none() {
        let text = Text::new("请选择结论", "Please choose what it came to.");
        wrong.add("result", text);
    }
    let findings = match findings(fields.one("findings")) {
        Ok(findings) => findings,
        Err(line) => {
            let text = Text::new(
                format!("第 {line} 行应为：整改期限、空格、发现项，如 2026-12-31 权限未及时收回"),
                format!(
                    "Line {line} should be the day until which it is mended, a space and what was found, such as 2026-12-31 a right was not taken back in time"
                ),
            );
            wrong.add("findings", text);
            Vec::new()
        }
    };
    match (kind, done, result) {
        (Some(kind), Some(done), Some(result)) if wrong.is_nothing() => Ok(DutyReport {
            kind,
            done,
            body: Pii::new(fields.one("body").trim().to_owned()),
            result,
            findings,
            name,
            bytes,
        }),
        _ => Err(wrong),
    }
}

/// Reads one finding of each line; says which line cannot be read.
fn findings(typed: &str) -> Result<Vec<(Pii<String>, Timestamp)>, usize> {
    let lines = typed
        .lines()
        .zip(1_usize..)
        .map(|(line, number)| (line.trim(), number));
    let lines = lines.filter(|(line, _)| !line.is_empty());
    lines
        .map(|(line, number)| {
            let (until, words) = line.split_once(char::is_whitespace).ok_or(number)?;
            let until = day(until, true).ok_or(number)?;
            Ok((Pii::new(words.trim().to_owned()), until))
        })
        .collect()
}

impl View {
    /// Draws the form for who may record something, with what she may record.
    pub(super) fn record_form(&self, typed: Option<&Fields>, wrong: Wrong) -> Option<Section> {
        let lang = self.lang;
        let role = self.who.caller.role;
        let may: Vec<DutyKind> = DutyKind::ALL
            .iter()
            .copied()
            .filter(|kind| operator_may(role, kind.recorded_by()))
            .collect();
        if may.is_empty() {
            return None;
        }
        let typed = |name: &str| typed.map_or("", |fields| fields.one(name));
        let choice = |code: &str, text: Text| (code.to_owned(), opened(text.get(lang), lang));
        let kinds = may.iter().map(|kind| choice(kind.code(), kind.text()));
        let results = DutyResult::ALL.iter();
        let results = results.map(|result| choice(result.code(), result.text()));
        let line = |name, label: String| InputView::line(name, label).with(typed(name));
        let found = self.t(
            "每行一项：整改期限、空格、内容，如 2026-12-31 权限未及时收回。全部符合时留空。",
            "One a line: the day until which it is mended, a space and what was found, such as 2026-12-31 a right was not taken back in time. Empty where everything was as it must be.",
        );
        let kept = self.t(
            "必填。加密保存六年。",
            "Necessary. Kept encrypted, for six years.",
        );
        let label = self.t(
            "报告或签到记录（PDF、PNG 或 JPEG，最大 5 MiB）",
            "The report, or who took part (PDF, PNG or JPEG, at most 5 MiB)",
        );
        let inputs = vec![
            self.pick(
                "kind",
                self.t("事项", "What was done"),
                typed("kind"),
                kinds,
            ),
            InputView::day("done", self.t("完成日期", "Done on"))
                .with(typed("done"))
                .needed(),
            line(
                "body",
                self.t("执行的机构或人员", "Which body did it, or who"),
            )
            .needed(),
            self.pick(
                "result",
                self.t("结论", "What it came to"),
                typed("result"),
                results,
            ),
            InputView::lines("findings", self.t("发现项", "What was found"))
                .with(typed("findings"))
                .because(found),
            InputView::file(label, KINDS).because(kept).needed(),
        ];
        let form = FormView {
            inputs,
            acts: vec![("record", self.t("登记", "Record it"), false)],
            ..self.form("duty", PATH)
        };
        let form = wrong.into_form(form, lang);
        let title = lang.pick("登记一次完成", "Record that it was done");
        Some(section("record", title, vec![Block::Form(Box::new(form))]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_a_finding_and_a_wrong_one_is_named() {
        let found = findings("\n 2026-12-31  rights\t left \n\n2027-01-02 中文\n").unwrap();
        let days: Vec<String> = found
            .iter()
            .map(|(_, until)| {
                until
                    .minus(std::time::Duration::from_secs(1))
                    .day_in_china()
            })
            .map(|day| day.to_string())
            .collect();
        assert_eq!(days, ["2026-12-31", "2027-01-02"]);
        assert!(findings("  \n").unwrap().is_empty());
        for (typed, line) in [
            ("2026-12-31", 1),
            ("soon rights", 1),
            ("2026-12-31 a\n2026-13-01 b", 2),
            ("\n\nwords", 3),
        ] {
            assert_eq!(findings(typed).unwrap_err(), line, "{typed}");
        }
    }
}
