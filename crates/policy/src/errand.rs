use yuntu_statement::{ProcessingRole, PurposeRule, Statement};
use yuntu_terms::{ClauseId, Purpose, Sink, Text, Warrant, clause};

/// What the platform has to tell a person, on its own account; there is no errand of advertising.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Errand {
    /// The answer to a wish for a code: the code, or that the address has an account already.
    Code,
    /// An address of the account changed.
    ContactChanged,
    /// The password changed.
    PasswordChanged,
    /// The second factors changed.
    FactorChanged,
    /// Somebody signed in from a device not seen before.
    NewSignIn,
    /// A sign-in was held until one more proof is shown.
    SignInHeld,
    /// Somebody is asked to act for an enterprise.
    Invitation,
    /// A certification has a new state.
    CertificationChanged,
    /// A paper ends on which somebody's right to act rests.
    PaperEnding,
    /// A duty of the platform is due soon or overdue.
    DutyDue,
    /// Somebody was made an operator.
    OperatorAdded,
    /// The statement has a new version.
    StatementChanged,
    /// The account was suspended for a report, or is open again.
    StandingChanged,
    /// A report was decided.
    ReportAnswered,
    /// A measure against the enterprise was taken, answered or lifted.
    MeasureNews,
    /// Somebody offers technical help that the enterprise asked for, or it ended.
    HelpNews,
}

impl Errand {
    /// Every errand.
    pub const ALL: [Self; 16] = [
        Self::Code,
        Self::ContactChanged,
        Self::PasswordChanged,
        Self::FactorChanged,
        Self::NewSignIn,
        Self::SignInHeld,
        Self::Invitation,
        Self::CertificationChanged,
        Self::PaperEnding,
        Self::DutyDue,
        Self::OperatorAdded,
        Self::StatementChanged,
        Self::StandingChanged,
        Self::ReportAnswered,
        Self::MeasureNews,
        Self::HelpNews,
    ];

    /// Returns the code of the ledger.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::ContactChanged => "contact_changed",
            Self::PasswordChanged => "password_changed",
            Self::FactorChanged => "factor_changed",
            Self::NewSignIn => "new_sign_in",
            Self::SignInHeld => "sign_in_held",
            Self::Invitation => "invitation",
            Self::CertificationChanged => "certification_changed",
            Self::PaperEnding => "paper_ending",
            Self::DutyDue => "duty_due",
            Self::OperatorAdded => "operator_added",
            Self::StatementChanged => "statement_changed",
            Self::StandingChanged => "standing_changed",
            Self::ReportAnswered => "report_answered",
            Self::MeasureNews => "measure_news",
            Self::HelpNews => "help_news",
        }
    }

    /// Returns the clause that the platform follows by telling it.
    ///
    /// # Clause
    /// U2, U5, R2, R3, R9, R22, R23, R29, R30
    #[must_use]
    pub const fn clause(self) -> ClauseId {
        match self {
            Self::Code | Self::ContactChanged | Self::PasswordChanged | Self::FactorChanged => {
                ClauseId::r(2)
            }
            Self::NewSignIn => ClauseId::r(22),
            Self::SignInHeld => ClauseId::r(9),
            Self::DutyDue | Self::OperatorAdded => ClauseId::r(23),
            Self::Invitation | Self::CertificationChanged | Self::PaperEnding => ClauseId::r(3),
            Self::StatementChanged => ClauseId::r(30),
            Self::MeasureNews => ClauseId::u(5),
            Self::HelpNews => ClauseId::u(2),
            Self::StandingChanged | Self::ReportAnswered => ClauseId::r(29),
        }
    }

    /// Returns the purpose of the statement that it serves.
    const fn purpose(self) -> &'static str {
        match self {
            Self::Code
            | Self::ContactChanged
            | Self::PasswordChanged
            | Self::FactorChanged
            | Self::Invitation
            | Self::MeasureNews
            | Self::HelpNews
            | Self::OperatorAdded => "account",
            Self::NewSignIn | Self::SignInHeld | Self::DutyDue => "security",
            Self::CertificationChanged | Self::PaperEnding => "certification",
            Self::StatementChanged => "notice",
            Self::StandingChanged | Self::ReportAnswered => "minor_report",
        }
    }
}

/// Why no message of the platform's own may leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoErrand {
    /// Messages leave by mail and by text message and nowhere else.
    #[error("a message of the platform leaves by mail or text message only")]
    NoWayOut,
    /// The statement has no purpose for it for which the platform decides and which is necessary.
    #[error("no necessary purpose of the statement stands behind this message ({0})")]
    NoPurpose(ClauseId),
}

impl NoErrand {
    /// Says why, in both languages.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::NoWayOut => Text::new(
                "平台的消息只能以邮件或短信发出",
                "a message of the platform leaves by mail or text message only",
            ),
            Self::NoPurpose(clause) => Text::new(
                format!("声明中没有支持此消息的必要目的（{clause}）"),
                format!(
                    "no necessary purpose of the statement stands behind this message ({clause})"
                ),
            ),
        }
    }
}

/// Opens the address and the words of one kind of message towards one way out, and nothing else.
///
/// It is made by [`decide_errand`] and [`decide_showing`] alone:
///
/// ```compile_fail,E0451
/// fn forge() -> yuntu_policy::MessageWarrant {
///     yuntu_policy::MessageWarrant { errand: yuntu_policy::Errand::Code, sink: yuntu_terms::Sink::Page }
/// }
/// ```
///
/// # Clause
/// R22, R23
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageWarrant {
    errand: Errand,
    sink: Sink,
}

impl MessageWarrant {
    /// Returns what it is for.
    #[must_use]
    pub const fn errand(&self) -> Errand {
        self.errand
    }
}

impl Warrant for MessageWarrant {
    fn opens(&self, sink: Sink) -> bool {
        sink == self.sink
    }
}

/// Decides whether the platform may write to a person about this on this way.
///
/// # Errors
/// [`NoErrand`] unless the way is mail or text message, and the statement in force has the purpose that the message
/// serves as a necessary one for which the platform itself decides.
///
/// # Clause
/// R0, R22, R23
pub fn decide_errand(
    errand: Errand,
    sink: Sink,
    statement: &Statement,
) -> Result<MessageWarrant, NoErrand> {
    clause::hit!(R23);
    let leaves = match sink {
        Sink::Mail | Sink::Sms => true,
        Sink::Row
        | Sink::Page
        | Sink::Json
        | Sink::Destination
        | Sink::OwnFile
        | Sink::RegulatorReport => false,
    };
    if !leaves {
        return Err(NoErrand::NoWayOut);
    }
    needs_purpose(errand, statement)?;
    Ok(MessageWarrant { errand, sink })
}

/// Decides whether a message that lies in the local outbox may be shown to who runs the platform, because nothing is
/// configured by which it could leave. It is shown and never sent.
///
/// # Errors
/// [`NoErrand::NoPurpose`] as [`decide_errand`].
///
/// # Clause
/// R22, R23
pub fn decide_showing(errand: Errand, statement: &Statement) -> Result<MessageWarrant, NoErrand> {
    clause::hit!(R23);
    needs_purpose(errand, statement)?;
    let sink = Sink::Page;
    Ok(MessageWarrant { errand, sink })
}

fn needs_purpose(errand: Errand, statement: &Statement) -> Result<(), NoErrand> {
    let missing = NoErrand::NoPurpose(errand.clause());
    let purpose: Purpose = errand.purpose().parse().map_err(|_word| missing)?;
    let rule = statement.purpose(&purpose).ok_or(missing)?;
    if bears_messages(rule) {
        Ok(())
    } else {
        Err(missing)
    }
}

/// Says whether the platform may write to people for this purpose unasked: it decides for itself, and must.
fn bears_messages(rule: &PurposeRule) -> bool {
    rule.necessary && rule.role == ProcessingRole::Controller
}

#[cfg(test)]
mod tests {
    use super::*;

    const SINKS: [Sink; 7] = [
        Sink::Row,
        Sink::Page,
        Sink::Json,
        Sink::Mail,
        Sink::Sms,
        Sink::Destination,
        Sink::RegulatorReport,
    ];

    #[test]
    fn a_message_opens_towards_its_own_way_out_and_nothing_else() {
        let _mark = clause::check!(R23);
        let statement = Statement::in_force().unwrap();
        for errand in Errand::ALL {
            for sink in SINKS {
                let warrant = decide_errand(errand, sink, statement);
                let leaves = sink == Sink::Mail || sink == Sink::Sms;
                assert_eq!(warrant.is_ok(), leaves, "{errand:?} {sink:?}");
                for other in SINKS {
                    let opens = warrant.is_ok_and(|warrant| warrant.opens(other));
                    assert_eq!(opens, leaves && other == sink);
                }
            }
        }
    }

    #[test]
    fn a_message_that_stays_here_opens_towards_the_page_alone() {
        let statement = Statement::in_force().unwrap();
        for errand in Errand::ALL {
            let warrant = decide_showing(errand, statement).unwrap();
            for sink in SINKS {
                assert_eq!(
                    warrant.opens(sink),
                    sink == Sink::Page,
                    "{errand:?} {sink:?}"
                );
            }
        }
    }

    #[test]
    fn a_message_for_a_purpose_that_is_not_necessary_does_not_leave() {
        let statement = Statement::in_force().unwrap();
        let rule = |id: &str| statement.purpose(&id.parse().unwrap()).unwrap().clone();
        for errand in Errand::ALL {
            let mut rule = rule(errand.purpose());
            assert!(bears_messages(&rule));
            rule.necessary = false;
            assert!(!bears_messages(&rule));
        }
        for other in [
            "marketing",
            "marketing.activation",
            "telemetry",
            "recommendation",
        ] {
            assert!(!bears_messages(&rule(other)), "{other}");
        }
        let refused = NoErrand::NoPurpose(ClauseId::r(2)).text();
        assert!(refused.zh.contains("R2") && refused.en.contains("R2"));
    }
}
