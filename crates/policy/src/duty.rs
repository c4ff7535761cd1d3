//! What the operator of the platform has to do again and again, how often, and when it is due next.
//!
//! An audit of compliance is asked for by PIPL 54 and the measures on compliance audits: at least every two years of
//! whoever processes data of more than ten million persons, every three from one million on, every five below; what the
//! statement promises counts where it is more. What concerns minors is audited every year. Training and exercises of the
//! emergency plan are asked for without a figure (PIPL 51); a year is the figure of this house.

use yuntu_terms::{ClauseId, Sink, Text, Timestamp, Warrant, clause};

use crate::ending::EndingStep;
use crate::operator::{OperatorAction, OperatorRole, decide_operator_act};
use crate::refusal::Refusal;
use crate::role::coded;

/// From how many persons on the law asks for an audit more often than every five years.
pub const PERSONS_MANY: u64 = 1_000_000;
/// Above how many persons it asks for one every two years.
pub const PERSONS_MOST: u64 = 10_000_000;
/// How often people are trained and the emergency plan is exercised, in months.
const YEARLY_MONTHS: u32 = 12;
/// How many days before it is due who answers for a duty is told first.
const QUARTER_DAYS: i32 = 90;

coded! {
    /// What has to be done again and again.
    ///
    /// # Clause
    /// R23, R25
    DutyKind {
        /// An audit of compliance.
        ComplianceAudit = "compliance_audit";
        /// An audit of what concerns minors.
        MinorsAudit = "minors_audit";
        /// Training of who handles personal information.
        Training = "training";
        /// An exercise of the emergency plan.
        EmergencyDrill = "emergency_drill";
    }
}

coded! {
    /// What a duty that was done came to.
    ///
    /// # Clause
    /// R23
    DutyResult {
        /// Everything was as it must be.
        Conforms = "conforms";
        /// Some things were not.
        PartlyConforms = "partly_conforms";
        /// It was not as it must be.
        DoesNotConform = "does_not_conform";
    }
}

/// How often the statement promises audits, in months.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PromisedAudits {
    /// Of compliance.
    pub audit_months_max: u32,
    /// Of what concerns minors.
    pub minors_audit_months_max: u32,
}

impl DutyKind {
    /// Says after how many months at most it is done again.
    ///
    /// # Clause
    /// R23
    #[must_use]
    pub fn months_max(self, persons: u64, promised: PromisedAudits) -> u32 {
        clause::hit!(R23);
        match self {
            Self::ComplianceAudit => {
                let by_law = if persons > PERSONS_MOST {
                    24
                } else if persons >= PERSONS_MANY {
                    // Three years or four; the shorter is right in any case.
                    36
                } else {
                    60
                };
                by_law.min(promised.audit_months_max)
            }
            Self::MinorsAudit => promised.minors_audit_months_max.min(YEARLY_MONTHS),
            Self::Training | Self::EmergencyDrill => YEARLY_MONTHS,
        }
    }

    /// Returns what an operator may who records that it was done.
    #[must_use]
    pub const fn recorded_by(self) -> OperatorAction {
        match self {
            Self::ComplianceAudit | Self::MinorsAudit => OperatorAction::RecordAudit,
            Self::Training | Self::EmergencyDrill => OperatorAction::RecordTraining,
        }
    }

    /// Returns the clause that asks for it.
    #[must_use]
    pub const fn clause(self) -> ClauseId {
        match self {
            Self::ComplianceAudit | Self::MinorsAudit | Self::Training => ClauseId::r(23),
            Self::EmergencyDrill => ClauseId::r(25),
        }
    }

    /// Returns the name in both languages.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::ComplianceAudit => Text::new("个人信息保护合规审计", "compliance audit"),
            Self::MinorsAudit => {
                Text::new("未成年人个人信息合规审计", "audit of what concerns minors")
            }
            Self::Training => Text::new("个人信息保护培训", "training in data protection"),
            Self::EmergencyDrill => Text::new("应急预案演练", "exercise of the emergency plan"),
        }
    }
}

impl DutyResult {
    /// Returns the name in both languages.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::Conforms => Text::new("符合要求", "as it must be"),
            Self::PartlyConforms => Text::new("部分不符合要求", "not in every part as it must be"),
            Self::DoesNotConform => Text::new("不符合要求", "not as it must be"),
        }
    }

    /// Says whether there must be findings with a deadline.
    #[must_use]
    pub const fn asks_for_findings(self) -> bool {
        match self {
            Self::Conforms => false,
            Self::PartlyConforms | Self::DoesNotConform => true,
        }
    }
}

/// Opens the report of a duty that was done towards the page of an operator who may see it.
///
/// It is made by [`decide_duty_report`] alone.
///
/// # Clause
/// R23
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DutyReportView(());

impl Warrant for DutyReportView {
    fn opens(&self, sink: Sink) -> bool {
        sink == Sink::Page
    }
}

/// Decides whether an operator opens the reports of duties that were done.
///
/// # Errors
/// [`Refusal`] with clause, fact and remedy.
/// # Clause
/// R23
pub fn decide_duty_report(role: OperatorRole) -> Result<DutyReportView, Refusal> {
    decide_operator_act(role, OperatorAction::ViewDuties).map(|()| DutyReportView(()))
}

/// Finds which reminder of something that is due is to be told at this moment, if any: ninety, thirty and seven days
/// before, and once it is overdue, however long.
///
/// # Clause
/// R23
#[must_use]
pub fn reminder_at(due: Timestamp, now: Timestamp) -> Option<EndingStep> {
    clause::hit!(R23);
    if due <= now {
        Some(EndingStep::Over)
    } else {
        let near = EndingStep::at(due, now);
        near.or_else(|| (due <= now.plus_days(QUARTER_DAYS)).then_some(EndingStep::Quarter))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STATEMENT: PromisedAudits = PromisedAudits {
        audit_months_max: 24,
        minors_audit_months_max: 12,
    };

    #[test]
    fn a_duty_comes_as_often_as_the_law_asks_or_the_statement_promises() {
        let _mark = clause::check!(R23);
        let weak = PromisedAudits {
            audit_months_max: 600,
            minors_audit_months_max: 600,
        };
        for (persons, by_law) in [
            (0, 60),
            (999_999, 60),
            (1_000_000, 36),
            (10_000_000, 36),
            (10_000_001, 24),
            (u64::MAX, 24),
        ] {
            let audit = DutyKind::ComplianceAudit;
            assert_eq!(audit.months_max(persons, weak), by_law, "{persons}");
            assert_eq!(audit.months_max(persons, STATEMENT), 24, "{persons}");
            for yearly in [
                DutyKind::MinorsAudit,
                DutyKind::Training,
                DutyKind::EmergencyDrill,
            ] {
                assert_eq!(yearly.months_max(persons, weak), 12, "{yearly}");
            }
        }
        let strict = PromisedAudits {
            audit_months_max: 6,
            minors_audit_months_max: 3,
        };
        assert_eq!(DutyKind::ComplianceAudit.months_max(0, strict), 6);
        assert_eq!(DutyKind::MinorsAudit.months_max(0, strict), 3);
    }

    #[test]
    fn each_reminder_has_its_days_and_the_last_one_stays() {
        let _mark = clause::check!(R23);
        let day = |number: i32| Timestamp::from_micros(0).plus_days(number);
        for (now, step) in [
            (0, None),
            (109, None),
            (110, Some(EndingStep::Quarter)),
            (169, Some(EndingStep::Quarter)),
            (170, Some(EndingStep::Month)),
            (192, Some(EndingStep::Month)),
            (193, Some(EndingStep::Week)),
            (199, Some(EndingStep::Week)),
            (200, Some(EndingStep::Over)),
            (5_000, Some(EndingStep::Over)),
        ] {
            assert_eq!(reminder_at(day(200), day(now)), step, "{now}");
        }
    }

    #[test]
    fn every_duty_and_result_has_a_name_in_both_languages() {
        let texts = DutyKind::ALL.iter().map(|it| it.text());
        for text in texts.chain(DutyResult::ALL.iter().map(|it| it.text())) {
            assert!(!text.zh.is_ascii() && text.en.is_ascii());
        }
    }

    proptest! {
        #[test]
        fn more_persons_never_give_more_time(
            few in any::<u64>(), more in any::<u64>(), months in 1_u32..120,
        ) {
            let promised = PromisedAudits { audit_months_max: months, minors_audit_months_max: months };
            let (few, more) = (few.min(more), few.max(more));
            for kind in DutyKind::ALL {
                prop_assert!(kind.months_max(more, promised) <= kind.months_max(few, promised));
                prop_assert!(kind.months_max(more, promised) <= 24.max(months).max(60));
            }
        }
    }
}
