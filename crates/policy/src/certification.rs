//! What an application for certification is made of, how its state may change, and what opens its values.

use yuntu_terms::{ColumnClass, Sink, Text, Warrant, clause};

use crate::role::coded;

coded! {
    /// Where an application for certification stands.
    ///
    /// # Clause
    /// U1, R3
    ApplicationState {
        /// Being filled in.
        Draft = "draft";
        /// Waits for a reviewer.
        Submitted = "submitted";
        /// A reviewer has asked something.
        Asked = "asked";
        /// The enterprise is certified by it.
        Approved = "approved";
        /// Refused, with reasons.
        Rejected = "rejected";
        /// Taken back by the enterprise.
        Withdrawn = "withdrawn";
    }
}

impl ApplicationState {
    /// Says whether the next state may follow this one.
    ///
    /// # Clause
    /// U1
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        clause::hit!(U1);
        match self {
            Self::Draft => matches!(next, Self::Submitted | Self::Withdrawn),
            Self::Submitted => matches!(
                next,
                Self::Asked | Self::Approved | Self::Rejected | Self::Withdrawn
            ),
            // Who is never answered must be able to come to an end.
            Self::Asked => matches!(next, Self::Submitted | Self::Rejected | Self::Withdrawn),
            Self::Approved | Self::Rejected | Self::Withdrawn => false,
        }
    }

    /// Says whether the enterprise can change what it told.
    #[must_use]
    pub const fn is_editable(self) -> bool {
        matches!(self, Self::Draft | Self::Asked)
    }

    /// Says whether more may happen.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Draft | Self::Submitted | Self::Asked)
    }

    /// Returns the name in both languages.
    #[must_use]
    pub fn name(self) -> Text {
        match self {
            Self::Draft => Text::new("草稿", "draft"),
            Self::Submitted => Text::new("审核中", "under review"),
            Self::Asked => Text::new("待补正", "waiting for your answer"),
            Self::Approved => Text::new("已通过", "approved"),
            Self::Rejected => Text::new("未通过", "rejected"),
            Self::Withdrawn => Text::new("已撤回", "withdrawn"),
        }
    }
}

coded! {
    /// What an application asks for.
    ///
    /// # Clause
    /// U1, R0
    ApplicationField {
        /// The registered name.
        EnterpriseName = "enterprise_name";
        /// The unified social credit code.
        CreditCode = "credit_code";
        /// The industry.
        Industry = "industry";
        /// The name of the legal representative.
        LegalRepresentative = "legal_representative";
        /// The name of the agent, where there is one.
        Agent = "agent";
        /// The address.
        Address = "address";
        /// The bank account of the enterprise.
        BankAccount = "bank_account";
        /// The identity-card number of the person who handles the application.
        IdNumber = "id_number";
        /// The last day of the letter of authorisation.
        LetterUntil = "letter_until";
        /// The letter of authorisation, a file.
        Letter = "letter";
        /// The last day of the licence, where it has one.
        LicenceUntil = "licence_until";
        /// The licence, a file or several.
        Licence = "licence";
    }
}

impl ApplicationField {
    /// Returns the category of the statement under which it is collected.
    #[must_use]
    pub const fn category(self) -> &'static str {
        match self {
            Self::Letter | Self::LetterUntil => "authorisation_letter",
            Self::Licence | Self::LicenceUntil => "licence",
            Self::EnterpriseName
            | Self::CreditCode
            | Self::Industry
            | Self::LegalRepresentative
            | Self::Agent
            | Self::Address
            | Self::BankAccount
            | Self::IdNumber => self.code(),
        }
    }

    /// Says whether nothing can be handed in without it.
    #[must_use]
    pub const fn is_necessary(self) -> bool {
        !matches!(self, Self::Agent | Self::LicenceUntil)
    }

    /// Says whether it is a file, or several.
    #[must_use]
    pub const fn is_file(self) -> bool {
        matches!(self, Self::Letter | Self::Licence)
    }

    /// Returns how closely it is tied to a person. A paper shows names and signatures, so it is personal.
    ///
    /// # Clause
    /// R8
    #[must_use]
    pub const fn class(self) -> ColumnClass {
        match self {
            Self::EnterpriseName
            | Self::CreditCode
            | Self::Industry
            | Self::LetterUntil
            | Self::LicenceUntil => ColumnClass::NonPersonal,
            Self::LegalRepresentative
            | Self::Agent
            | Self::Address
            | Self::Letter
            | Self::Licence => ColumnClass::Personal,
            Self::BankAccount => ColumnClass::Sensitive,
            Self::IdNumber => ColumnClass::Identifier,
        }
    }

    /// Says whether it takes the separate consent of the person and goes soon after the review.
    ///
    /// # Clause
    /// U1
    #[must_use]
    pub const fn is_sensitive(self) -> bool {
        matches!(self, Self::BankAccount | Self::IdNumber)
    }
}

coded! {
    /// Why a reviewer looks at what is masked.
    ///
    /// # Clause
    /// R23
    LookReason {
        /// To compare it with a paper.
        CompareWithPaper = "compare_with_paper";
        /// To verify it with the register.
        CompareWithRegister = "compare_with_register";
        /// To make the payment that shows whose account it is.
        VerifyAccount = "verify_account";
        /// To answer the enterprise.
        AnswerEnterprise = "answer_enterprise";
    }
}

impl LookReason {
    /// Returns the reason in words.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::CompareWithPaper => {
                Text::new("与证照或函件核对", "to compare it with the papers")
            }
            Self::CompareWithRegister => {
                Text::new("与登记信息核对", "to compare it with the public register")
            }
            Self::VerifyAccount => Text::new(
                "以小额打款核验账户",
                "to verify the account by a small payment",
            ),
            Self::AnswerEnterprise => {
                Text::new("答复企业的询问", "to answer what the enterprise asked")
            }
        }
    }
}

/// Opens a field that is not about a person towards the page of a reviewer; made by [`decide_review_view`] alone.
///
/// # Clause
/// R23
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReviewView(());

impl Warrant for ReviewView {
    fn opens(&self, sink: Sink) -> bool {
        sink == Sink::Page
    }
}

/// Decides whether a reviewer sees a field without a recorded look: only what is not about a person.
///
/// # Clause
/// R23
#[must_use]
pub fn decide_review_view(field: ApplicationField) -> Option<ReviewView> {
    clause::hit!(R23);
    match field.class() {
        ColumnClass::NonPersonal => Some(ReviewView(())),
        ColumnClass::Personal | ColumnClass::Sensitive | ColumnClass::Identifier => None,
    }
}

/// Decides that a reviewer reads what was written back and forth about an application: it is addressed to her.
///
/// # Clause
/// U1, R23
#[must_use]
pub const fn decide_review_words() -> ReviewView {
    ReviewView(())
}

#[cfg(test)]
mod tests;
