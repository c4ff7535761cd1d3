//! Looks of the operator's people at what is masked: decided here, durable before the value leaves.

use yuntu_terms::{ApplicationId, DocumentId, EnterpriseId, Sink, Text, Warrant, clause};

use crate::{ApplicationField, ApplicationState, LookReason};

/// What somebody who reviews wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookRequest {
    /// Whose it is.
    pub enterprise: EnterpriseId,
    /// The application.
    pub application: ApplicationId,
    /// The field.
    pub field: ApplicationField,
    /// The file, where the field is one.
    pub document: Option<DocumentId>,
    /// Why.
    pub reason: LookReason,
}

/// What the decision needs to know; an absent fact is unknown and refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookFacts {
    /// Whether the role of who looks may review.
    pub may_review: bool,
    /// Whether who looks is concerned in the application; unknown is concerned.
    pub is_concerned: Option<bool>,
    /// Where the application stands.
    pub state: Option<ApplicationState>,
    /// Whether a second person has agreed to this look.
    pub is_seconded: bool,
}

/// Why nobody may look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoLook {
    /// The role does not review.
    #[error("the role does not review applications")]
    Role,
    /// Who looks is concerned.
    #[error("who looks is concerned in the application")]
    Concerned,
    /// There is nothing to review.
    #[error("the application is not under review")]
    NotInReview,
    /// Nobody else has agreed yet.
    #[error("a second person must agree first")]
    SecondPerson,
}

impl NoLook {
    /// Says why, in both languages.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::Role => Text::new(
                "您的角色不审核企业认证",
                "Your role does not review certifications.",
            ),
            Self::Concerned => Text::new(
                "此申请与您有关，须由他人审核",
                "You are concerned in this application; somebody else must review it.",
            ),
            Self::NotInReview => Text::new(
                "此申请不在审核中，不能查看原值",
                "This application is not under review; its values cannot be looked at.",
            ),
            Self::SecondPerson => Text::new(
                "查看银行账户须先由另一人同意",
                "A second person must agree before the bank account is looked at.",
            ),
        }
    }
}

/// A look that was decided and is not recorded yet; it opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look(LookRequest);

impl Look {
    /// Returns what was asked.
    #[must_use]
    pub const fn request(&self) -> &LookRequest {
        &self.0
    }
}

/// A look whose ledger entry is durable; it opens the one value that it names, towards a page.
///
/// Only what has made the entry durable calls it so, which the house checks hold:
///
/// ```compile_fail,E0423
/// fn forge(look: yuntu_policy::Look) -> yuntu_policy::RecordedLook {
///     yuntu_policy::RecordedLook(look)
/// }
/// ```
///
/// # Clause
/// R23
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordedLook(Look);

impl RecordedLook {
    /// Says that the entry of this look is durable.
    #[must_use]
    pub const fn recorded(look: Look) -> Self {
        Self(look)
    }

    /// Returns what was asked.
    #[must_use]
    pub const fn request(&self) -> &LookRequest {
        self.0.request()
    }
}

impl Warrant for RecordedLook {
    fn opens(&self, sink: Sink) -> bool {
        sink == Sink::Page
    }
}

/// Decides whether somebody who reviews may see a masked value.
///
/// # Errors
/// [`NoLook`] unless the role reviews, the person is known not to be concerned, the application is under review, and for
/// the bank account a second person has agreed.
/// # Clause
/// R23
pub fn decide_look(request: LookRequest, facts: &LookFacts) -> Result<Look, NoLook> {
    clause::hit!(R23);
    if !facts.may_review {
        return Err(NoLook::Role);
    }
    if facts.is_concerned != Some(false) {
        return Err(NoLook::Concerned);
    }
    let in_review = [ApplicationState::Submitted, ApplicationState::Asked];
    if !facts.state.is_some_and(|state| in_review.contains(&state)) {
        return Err(NoLook::NotInReview);
    }
    if request.field == ApplicationField::BankAccount && !facts.is_seconded {
        return Err(NoLook::SecondPerson);
    }
    Ok(Look(request))
}

#[cfg(test)]
mod tests {
    use yuntu_terms::{Id, SeededEntropy, Timestamp};

    use super::*;

    fn request(field: ApplicationField) -> LookRequest {
        let (now, entropy) = (Timestamp::from_micros(1), SeededEntropy::new(5));
        LookRequest {
            enterprise: Id::generate(now, &entropy).unwrap(),
            application: Id::generate(now, &entropy).unwrap(),
            field,
            document: None,
            reason: LookReason::CompareWithPaper,
        }
    }

    const GOOD: LookFacts = LookFacts {
        may_review: true,
        is_concerned: Some(false),
        state: Some(ApplicationState::Submitted),
        is_seconded: false,
    };

    #[test]
    fn a_look_needs_every_fact_and_the_bank_account_a_second_person() {
        let _mark = clause::check!(R23);
        let ask = |field, facts: &LookFacts| decide_look(request(field), facts).map(|_look| ());
        let id = ApplicationField::IdNumber;
        assert_eq!(ask(id, &GOOD), Ok(()));
        let spoilt = [
            (
                LookFacts {
                    may_review: false,
                    ..GOOD
                },
                NoLook::Role,
            ),
            (
                LookFacts {
                    is_concerned: Some(true),
                    ..GOOD
                },
                NoLook::Concerned,
            ),
            (
                LookFacts {
                    is_concerned: None,
                    ..GOOD
                },
                NoLook::Concerned,
            ),
            (
                LookFacts {
                    state: None,
                    ..GOOD
                },
                NoLook::NotInReview,
            ),
        ];
        for (facts, why) in spoilt {
            assert_eq!(ask(id, &facts), Err(why));
        }
        for &state in ApplicationState::ALL {
            let facts = LookFacts {
                state: Some(state),
                ..GOOD
            };
            let open = matches!(state, ApplicationState::Submitted | ApplicationState::Asked);
            assert_eq!(ask(id, &facts).is_ok(), open, "{state}");
        }
        let bank = ApplicationField::BankAccount;
        assert_eq!(ask(bank, &GOOD), Err(NoLook::SecondPerson));
        let seconded = LookFacts {
            is_seconded: true,
            ..GOOD
        };
        assert_eq!(ask(bank, &seconded), Ok(()));
    }

    #[test]
    fn every_refusal_is_told_in_both_languages() {
        for why in [
            NoLook::Role,
            NoLook::Concerned,
            NoLook::NotInReview,
            NoLook::SecondPerson,
        ] {
            let text = why.text();
            assert!(!text.zh.is_ascii() && text.en.is_ascii(), "{text:?}");
        }
    }
}
