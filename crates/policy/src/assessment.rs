//! The impact assessment that stands before sensitive numbers are asked for.

use yuntu_terms::{Sink, Text, Timestamp, Warrant, clause};

use crate::role::coded;
use crate::{OperatorAction, OperatorRole, Refusal, decide_operator_act};

coded! {
    /// What a personal information protection impact assessment came to.
    ///
    /// # Clause
    /// U1, R23
    AssessmentResult {
        /// The risk is acceptable as things are.
        Acceptable = "acceptable";
        /// It is acceptable with the measures that the report names, and they are taken.
        WithMeasures = "with_measures";
        /// It is not acceptable.
        NotAcceptable = "not_acceptable";
    }
}

impl AssessmentResult {
    /// Returns the name in both languages.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::Acceptable => Text::new("风险可接受", "the risk is acceptable"),
            Self::WithMeasures => Text::new(
                "采取报告所列措施后可接受（措施已落实）",
                "acceptable with the measures of the report, which are taken",
            ),
            Self::NotAcceptable => Text::new("风险不可接受", "the risk is not acceptable"),
        }
    }
}

/// Opens the report of an impact assessment towards the page of an operator who may see it.
///
/// It is made by [`decide_assessment_view`] alone.
///
/// # Clause
/// R23
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AssessmentView(());

impl Warrant for AssessmentView {
    fn opens(&self, sink: Sink) -> bool {
        sink == Sink::Page
    }
}

/// Decides whether an operator sees the impact assessments and their reports.
///
/// # Errors
/// [`Refusal`] with clause, fact and remedy.
///
/// # Clause
/// R23
pub fn decide_assessment_view(role: OperatorRole) -> Result<AssessmentView, Refusal> {
    decide_operator_act(role, OperatorAction::ViewAssessments).map(|()| AssessmentView(()))
}

/// What is known of an impact assessment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AssessmentFacts {
    /// What it came to.
    pub result: AssessmentResult,
    /// Since when it is in force: a second person has agreed.
    pub enforced: Option<Timestamp>,
    /// When it has to be looked at again; from then on it stands for nothing.
    pub review: Timestamp,
}

/// Says whether identity-card numbers and bank accounts may be asked for: only under an assessment that is in force, came
/// to an acceptable end and is not due for its review.
///
/// # Clause
/// U1, R23
#[must_use]
pub fn may_ask_sensitive(assessment: Option<&AssessmentFacts>, now: Timestamp) -> bool {
    clause::hit!(U1);
    assessment.is_some_and(|found| {
        let enforced = found.enforced.is_some_and(|since| since <= now);
        let accepted = match found.result {
            AssessmentResult::Acceptable | AssessmentResult::WithMeasures => true,
            AssessmentResult::NotAcceptable => false,
        };
        enforced && accepted && now < found.review
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_accepted_assessment_in_force_before_its_review_opens_the_numbers() {
        let _mark = clause::check!(U1);
        let at = Timestamp::from_micros;
        let good = AssessmentFacts {
            result: AssessmentResult::WithMeasures,
            enforced: Some(at(10)),
            review: at(100),
        };
        assert!(!may_ask_sensitive(None, at(50)));
        for (now, may) in [(9, false), (10, true), (99, true), (100, false)] {
            assert_eq!(may_ask_sensitive(Some(&good), at(now)), may, "{now}");
        }
        let waiting = AssessmentFacts {
            enforced: None,
            ..good
        };
        let bad = AssessmentFacts {
            result: AssessmentResult::NotAcceptable,
            ..good
        };
        assert!(!may_ask_sensitive(Some(&waiting), at(50)));
        assert!(!may_ask_sensitive(Some(&bad), at(50)));
        for &result in AssessmentResult::ALL {
            let text = result.text();
            assert!(!text.zh.is_ascii() && text.en.is_ascii());
        }
    }
}
