use serde::{Deserialize, Serialize};
use yuntu_terms::Timestamp;
use zeroize::Zeroize;

use crate::recipient::Medium;
use crate::words::{Code, Line, Link};

/// What a message is about; never personal, so a log may hold it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A verification code.
    Code,
    /// The mail address or phone number of an account changed.
    ContactChanged,
    /// The password of an account changed.
    PasswordChanged,
    /// An account was signed in to from a device not seen before.
    NewSignIn,
    /// A sign-in to an account was held until one more proof is shown.
    SignInHeld,
    /// Somebody is invited to act for an enterprise.
    Invitation,
    /// The certification of an enterprise changed its state.
    CertificationChanged,
    /// A new version of the statement was published.
    StatementChanged,
    /// Somebody wanted to sign up with an address, or make it her contact, and it has an account already.
    AccountExists,
    /// A second factor of an account was added, removed or replaced.
    FactorChanged,
    /// An account was suspended because it may be a minor's, or is open again.
    StandingChanged,
    /// A report of a minor's account was decided.
    ReportAnswered,
    /// A paper ends soon or has ended.
    PaperEnding,
    /// Something that the platform has to do again and again is due soon or overdue.
    DutyDue,
    /// Somebody was made an operator and can enrol.
    OperatorAdded,
    /// A measure against an enterprise was taken, answered or lifted.
    MeasureNews,
    /// Somebody offers technical help that an enterprise asked for, or it ended.
    HelpNews,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 17] = [
        Self::Code,
        Self::ContactChanged,
        Self::PasswordChanged,
        Self::NewSignIn,
        Self::SignInHeld,
        Self::Invitation,
        Self::CertificationChanged,
        Self::StatementChanged,
        Self::AccountExists,
        Self::FactorChanged,
        Self::StandingChanged,
        Self::ReportAnswered,
        Self::PaperEnding,
        Self::DutyDue,
        Self::OperatorAdded,
        Self::MeasureNews,
        Self::HelpNews,
    ];

    /// Returns the name of the kind, as in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::ContactChanged => "contact_changed",
            Self::PasswordChanged => "password_changed",
            Self::NewSignIn => "new_sign_in",
            Self::SignInHeld => "sign_in_held",
            Self::Invitation => "invitation",
            Self::CertificationChanged => "certification_changed",
            Self::StatementChanged => "statement_changed",
            Self::AccountExists => "account_exists",
            Self::FactorChanged => "factor_changed",
            Self::StandingChanged => "standing_changed",
            Self::ReportAnswered => "report_answered",
            Self::PaperEnding => "paper_ending",
            Self::DutyDue => "duty_due",
            Self::OperatorAdded => "operator_added",
            Self::MeasureNews => "measure_news",
            Self::HelpNews => "help_news",
        }
    }
}

/// What a code is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeUse {
    /// To open an account.
    SignUp,
    /// To sign in.
    SignIn,
    /// To get back into an account.
    Recover,
    /// To make an address the contact of an account.
    NewContact,
}

/// Which of two addresses is told of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// The one that was replaced.
    Old,
    /// The one that took its place.
    New,
}

/// What happened to the second factors of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactorNews {
    /// One was added.
    Added,
    /// One was removed.
    Removed,
    /// The recovery codes were made anew.
    CodesReplaced,
    /// A recovery code was used.
    CodeUsed,
}

/// What somebody showed whose sign-in is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShownFirst {
    /// The password.
    Password,
    /// A code that was sent to an address of the account.
    Code,
}

/// What became of the account of a person who may be a minor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields, tag = "became")]
pub enum StandingNews {
    /// It is suspended, and erased at this moment.
    Suspended {
        /// When.
        erased_at: Timestamp,
    },
    /// It is open again.
    Restored,
}

/// What a measure does, as members are told it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TakenMeasure {
    /// Proof is asked for.
    Ask,
    /// Features are limited.
    Limit,
    /// A dataset is frozen.
    Dataset,
    /// The enterprise is frozen.
    Freeze,
    /// The enterprise is closed.
    Close,
    /// The account is taken back.
    Reclaim,
}

/// What became of a measure against an enterprise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeasureNews {
    /// It was taken.
    Taken(TakenMeasure),
    /// It was lifted.
    Lifted,
    /// It was lifted, but invitations that were open when it was taken ended with it.
    LiftedWithoutInvitations,
    /// It ended by itself, because no second person confirmed it.
    Lapsed,
    /// The proof that was given was accepted.
    Satisfied,
    /// An appeal was answered, and it stays.
    Replied,
}

/// What became of the technical help that an enterprise asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HelpNews {
    /// Somebody offers it, and waits for the approval.
    Offered,
    /// It ended.
    Ended,
    /// Nobody approved it in time.
    Lapsed,
}

/// What happened to a certification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificationNews {
    /// It was handed in.
    Submitted,
    /// The reviewer asks something.
    Question,
    /// It was approved.
    Approved,
    /// It was rejected.
    Rejected,
    /// The enterprise took it back.
    Withdrawn,
    /// Nobody went on with it for so long that it came to an end.
    Lapsed,
}

/// Which paper ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndingPaper {
    /// The letter of authorisation of whoever reads it.
    OwnLetter,
    /// The letter of authorisation of somebody whom the reader manages.
    MembersLetter,
    /// The certification of the enterprise.
    Certification,
    /// The declaration of the source of a dataset.
    Declaration,
    /// The impact assessment of the platform itself.
    Assessment,
    /// What entitles a partner of the enterprise to receive data.
    Partner,
    /// The time within which people are told that a lawful exception opened their data.
    OwedNotice,
}

/// What the platform has to do again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DueDuty {
    /// An audit of compliance.
    ComplianceAudit,
    /// An audit of what concerns minors.
    MinorsAudit,
    /// A training.
    Training,
    /// An exercise of the emergency plan.
    EmergencyDrill,
}

/// How near the end is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndingNews {
    /// Ninety days or fewer are left.
    Quarter,
    /// Thirty days or fewer are left.
    Month,
    /// Seven days or fewer are left.
    Week,
    /// It is over.
    Over,
}

/// What a new version of the statement asks of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asks {
    /// Nothing: no right is reduced.
    Nothing,
    /// Express consent, without which the earlier rules go on (R30).
    Consent,
}

#[derive(Serialize, Deserialize, Zeroize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Notice {
    Code {
        #[zeroize(skip)]
        usage: CodeUse,
        code: Code,
        #[zeroize(skip)]
        expires_at: Timestamp,
    },
    AccountExists {
        #[zeroize(skip)]
        at: Timestamp,
    },
    ContactChanged {
        #[zeroize(skip)]
        contact: Medium,
        #[zeroize(skip)]
        told: Told,
        #[zeroize(skip)]
        at: Timestamp,
    },
    PasswordChanged {
        #[zeroize(skip)]
        at: Timestamp,
    },
    FactorChanged {
        #[zeroize(skip)]
        news: FactorNews,
        #[zeroize(skip)]
        at: Timestamp,
    },
    NewSignIn {
        device: Line,
        #[zeroize(skip)]
        at: Timestamp,
    },
    SignInHeld {
        #[zeroize(skip)]
        shown: ShownFirst,
        device: Line,
        #[zeroize(skip)]
        at: Timestamp,
    },
    Invitation {
        enterprise: Line,
        inviter: Line,
        link: Link,
        #[zeroize(skip)]
        expires_at: Timestamp,
    },
    CertificationChanged {
        enterprise: Line,
        #[zeroize(skip)]
        news: CertificationNews,
        link: Link,
    },
    StandingChanged {
        #[zeroize(skip)]
        news: StandingNews,
        contact: Line,
        link: Link,
        #[zeroize(skip)]
        at: Timestamp,
    },
    ReportAnswered {
        link: Link,
        #[zeroize(skip)]
        at: Timestamp,
    },
    PaperEnding {
        enterprise: Line,
        #[zeroize(skip)]
        paper: EndingPaper,
        #[zeroize(skip)]
        news: EndingNews,
        #[zeroize(skip)]
        ends_at: Timestamp,
        link: Option<Link>,
    },
    DutyDue {
        #[zeroize(skip)]
        duty: DueDuty,
        #[zeroize(skip)]
        news: EndingNews,
        #[zeroize(skip)]
        due_at: Timestamp,
        link: Option<Link>,
    },
    OperatorAdded {
        link: Link,
        #[zeroize(skip)]
        expires_at: Timestamp,
    },
    MeasureNews {
        enterprise: Line,
        #[zeroize(skip)]
        news: MeasureNews,
        #[zeroize(skip)]
        at: Timestamp,
        link: Option<Link>,
    },
    HelpNews {
        enterprise: Line,
        #[zeroize(skip)]
        news: HelpNews,
        #[zeroize(skip)]
        at: Timestamp,
        link: Option<Link>,
    },
    StatementChanged {
        version: Line,
        #[zeroize(skip)]
        asks: Asks,
        #[zeroize(skip)]
        effective_at: Timestamp,
        link: Link,
    },
}

impl Notice {
    pub(crate) const fn kind(&self) -> Kind {
        match self {
            Self::Code { .. } => Kind::Code,
            Self::AccountExists { .. } => Kind::AccountExists,
            Self::ContactChanged { .. } => Kind::ContactChanged,
            Self::PasswordChanged { .. } => Kind::PasswordChanged,
            Self::FactorChanged { .. } => Kind::FactorChanged,
            Self::NewSignIn { .. } => Kind::NewSignIn,
            Self::SignInHeld { .. } => Kind::SignInHeld,
            Self::Invitation { .. } => Kind::Invitation,
            Self::CertificationChanged { .. } => Kind::CertificationChanged,
            Self::PaperEnding { .. } => Kind::PaperEnding,
            Self::DutyDue { .. } => Kind::DutyDue,
            Self::OperatorAdded { .. } => Kind::OperatorAdded,
            Self::MeasureNews { .. } => Kind::MeasureNews,
            Self::HelpNews { .. } => Kind::HelpNews,
            Self::StatementChanged { .. } => Kind::StatementChanged,
            Self::StandingChanged { .. } => Kind::StandingChanged,
            Self::ReportAnswered { .. } => Kind::ReportAnswered,
        }
    }

    /// Returns when the message becomes worthless.
    pub(crate) const fn expires_at(&self) -> Option<Timestamp> {
        match self {
            Self::Code { expires_at, .. }
            | Self::Invitation { expires_at, .. }
            | Self::OperatorAdded { expires_at, .. } => Some(*expires_at),
            Self::AccountExists { .. }
            | Self::ContactChanged { .. }
            | Self::PasswordChanged { .. }
            | Self::FactorChanged { .. }
            | Self::NewSignIn { .. }
            | Self::SignInHeld { .. }
            | Self::CertificationChanged { .. }
            | Self::StandingChanged { .. }
            | Self::ReportAnswered { .. }
            | Self::PaperEnding { .. }
            | Self::DutyDue { .. }
            | Self::MeasureNews { .. }
            | Self::HelpNews { .. }
            | Self::StatementChanged { .. } => None,
        }
    }

    /// Returns the variable of the text message's template with its value, if the template has one.
    pub(crate) fn sms_variable(&self, moment: impl Fn(Timestamp) -> String) -> Option<Variable> {
        match self {
            Self::Code { code, .. } => Some(Variable("code", code.as_str().to_owned())),
            Self::AccountExists { at }
            | Self::ContactChanged { at, .. }
            | Self::PasswordChanged { at }
            | Self::FactorChanged { at, .. }
            | Self::StandingChanged { at, .. }
            | Self::ReportAnswered { at, .. }
            | Self::NewSignIn { at, .. }
            | Self::SignInHeld { at, .. }
            | Self::MeasureNews { at, .. }
            | Self::HelpNews { at, .. }
            | Self::PaperEnding { ends_at: at, .. }
            | Self::DutyDue { due_at: at, .. } => Some(Variable("time", moment(*at))),
            Self::Invitation { .. }
            | Self::CertificationChanged { .. }
            | Self::OperatorAdded { .. }
            | Self::StatementChanged { .. } => None,
        }
    }
}

/// A variable of a text message's template: its name and its value.
pub(crate) struct Variable(pub(crate) &'static str, pub(crate) String);

impl Drop for Variable {
    fn drop(&mut self) {
        self.1.zeroize();
    }
}
