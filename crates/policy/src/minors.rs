//! Reports of accounts that may be a minor's: where one stands, and what opens what was told in it.

use yuntu_terms::{MinorReportId, Sink, Text, Warrant, clause};

use crate::role::coded;
use crate::{OperatorAction, OperatorRole, Reason, Refusal, operator_may};

coded! {
    /// Where a report stands.
    ///
    /// # Clause
    /// R29
    MinorReportState {
        /// Waits for an operator.
        Received = "received";
        /// The account is suspended, and its erasure is near.
        Upheld = "upheld";
        /// The rows of the account are erased, and its keys go.
        Erasing = "erasing";
        /// Nothing personal of the account is left.
        Removed = "removed";
        /// No account is removed for it, with reasons.
        Dismissed = "dismissed";
    }
}

impl MinorReportState {
    /// Says whether the next state may follow this one: until the erasure begins, an objection can still be heard.
    ///
    /// # Clause
    /// R29
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        clause::hit!(R29);
        match self {
            Self::Received => matches!(next, Self::Upheld | Self::Dismissed),
            Self::Upheld => matches!(next, Self::Erasing | Self::Dismissed),
            Self::Erasing => matches!(next, Self::Removed),
            Self::Removed | Self::Dismissed => false,
        }
    }

    /// Says whether something is still to be done.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Received | Self::Upheld | Self::Erasing)
    }

    /// Returns the name in both languages.
    #[must_use]
    pub fn name(self) -> Text {
        match self {
            Self::Received => Text::new("待核实", "being looked into"),
            Self::Upheld => Text::new("属实，帐号已停用", "upheld, the account is suspended"),
            Self::Erasing => Text::new("正在删除", "being erased"),
            Self::Removed => Text::new("帐号已删除", "the account is erased"),
            Self::Dismissed => Text::new("未予支持", "not upheld"),
        }
    }
}

coded! {
    /// Why an operator opens what a report says.
    ///
    /// # Clause
    /// R29, R23
    ReportLookReason {
        /// To find the account.
        FindAccount = "find_account";
        /// To weigh what was told.
        WeighReasons = "weigh_reasons";
        /// To answer an objection.
        AnswerObjection = "answer_objection";
    }
}

impl ReportLookReason {
    /// Returns the reason in words.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::FindAccount => Text::new("查找被举报的帐号", "to find the account"),
            Self::WeighReasons => Text::new("核实举报理由", "to weigh what was told"),
            Self::AnswerObjection => Text::new("答复异议", "to answer an objection"),
        }
    }
}

/// A look at a report that was decided and is not recorded yet; it opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportLook {
    report: MinorReportId,
    reason: ReportLookReason,
}

impl ReportLook {
    /// Returns the report.
    #[must_use]
    pub const fn report(&self) -> MinorReportId {
        self.report
    }

    /// Returns why.
    #[must_use]
    pub const fn reason(&self) -> ReportLookReason {
        self.reason
    }
}

/// A look at a report whose ledger entry is durable; it opens what was told in that report, and by what the accounts are
/// known that it may be about, towards a page.
///
/// # Clause
/// R23, R29
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordedReportLook(ReportLook);

impl RecordedReportLook {
    /// Says that the entry of this look is durable; only the store may, which the house checks hold.
    #[must_use]
    pub const fn recorded(look: ReportLook) -> Self {
        Self(look)
    }

    /// Returns what was decided.
    #[must_use]
    pub const fn look(&self) -> &ReportLook {
        &self.0
    }
}

impl Warrant for RecordedReportLook {
    fn opens(&self, sink: Sink) -> bool {
        sink == Sink::Page
    }
}

/// Decides whether an operator may see what a report says.
///
/// # Errors
/// [`Refusal`] unless her role serves reports about minors.
/// # Clause
/// R23, R29
pub fn decide_report_look(
    role: OperatorRole,
    report: MinorReportId,
    reason: ReportLookReason,
) -> Result<ReportLook, Refusal> {
    clause::hit!(R29);
    if operator_may(role, OperatorAction::ReviewMinorReports) {
        Ok(ReportLook { report, reason })
    } else {
        Err(Refusal::one(Reason::of(crate::MissingFact::Role)))
    }
}

/// Opens the words of a decision towards the page of whom they are addressed to; made by [`decide_report_words`] alone.
///
/// # Clause
/// R29
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportWords(());

impl Warrant for ReportWords {
    fn opens(&self, sink: Sink) -> bool {
        sink == Sink::Page
    }
}

/// Decides that whoever holds the receipt of a report, or serves it, reads why it was decided so: it is addressed to her.
///
/// # Clause
/// R29
#[must_use]
pub const fn decide_report_words() -> ReportWords {
    ReportWords(())
}

#[cfg(test)]
mod tests {
    use yuntu_terms::{Id, SeededEntropy, Timestamp};

    use super::*;

    #[test]
    fn a_report_comes_to_an_end_and_goes_back_only_while_nothing_is_erased() {
        use MinorReportState::{Dismissed, Erasing, Received, Removed, Upheld};
        let _mark = clause::check!(R29);
        let all = MinorReportState::ALL.iter().copied();
        let follows: Vec<_> = all
            .clone()
            .flat_map(|from| all.clone().map(move |to| (from, to)))
            .filter(|(from, to)| from.may_become(*to))
            .collect();
        let expected = [
            (Received, Upheld),
            (Received, Dismissed),
            (Upheld, Erasing),
            (Upheld, Dismissed),
            (Erasing, Removed),
        ];
        assert_eq!(follows, expected);
        for state in all {
            let ended = !MinorReportState::ALL.iter().any(|to| state.may_become(*to));
            assert_eq!(state.is_open(), !ended, "{state}");
            let name = state.name();
            assert!(!name.zh.is_ascii() && name.en.is_ascii());
        }
    }

    #[test]
    fn only_who_serves_reports_looks_into_one() {
        let _mark = clause::check!(R29);
        let report = Id::generate(Timestamp::from_micros(1), &SeededEntropy::new(4)).unwrap();
        for &role in OperatorRole::ALL {
            for &reason in ReportLookReason::ALL {
                let may = matches!(role, OperatorRole::Privacy | OperatorRole::Administrator);
                assert_eq!(
                    decide_report_look(role, report, reason).is_ok(),
                    may,
                    "{role}"
                );
                let text = reason.text();
                assert!(!text.zh.is_ascii() && text.en.is_ascii());
            }
        }
    }
}
