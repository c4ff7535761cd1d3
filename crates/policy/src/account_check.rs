//! The small payment that shows whose a bank account is, and how it came out.

use yuntu_terms::{Text, Timestamp, clause};

use crate::role::coded;

coded! {
    /// How the small payment came out.
    ///
    /// # Clause
    /// U1
    AccountCheckResult {
        /// The account is the enterprise's.
        Verified = "verified";
        /// It could not be shown that it is.
        Failed = "failed";
    }
}

coded! {
    /// Why a payment did not show whose the account is.
    ///
    /// # Clause
    /// U1
    AccountCheckReason {
        /// The account bears another name.
        OtherName = "other_name";
        /// The bank knows no such account.
        NoSuchAccount = "no_such_account";
        /// The bank sent it back for another reason.
        Returned = "returned";
        /// The enterprise did not name the amount, or another one.
        NotConfirmed = "not_confirmed";
    }
}

impl AccountCheckResult {
    /// Returns the name in both languages.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::Verified => Text::new("已核验", "verified"),
            Self::Failed => Text::new("未通过", "failed"),
        }
    }
}

impl AccountCheckReason {
    /// Returns the reason in both languages.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::OtherName => Text::new(
                "账户户名与企业名称不符",
                "the account bears another name than the enterprise",
            ),
            Self::NoSuchAccount => {
                Text::new("银行查无此账户", "the bank knows no account of this number")
            }
            Self::Returned => Text::new("款项被银行退回", "the bank sent the payment back"),
            Self::NotConfirmed => Text::new(
                "企业未能确认收到的金额",
                "the enterprise did not confirm the amount received",
            ),
        }
    }
}

/// What is known of the last payment for an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountCheckFacts {
    /// How it came out.
    pub result: AccountCheckResult,
    /// When it was recorded.
    pub recorded: Timestamp,
}

/// Says whether the account of an application is verified: by the last payment, recorded after the number was given.
///
/// # Clause
/// U1
#[must_use]
pub fn is_account_verified(last: Option<&AccountCheckFacts>, number_given: Timestamp) -> bool {
    clause::hit!(U1);
    last.is_some_and(|check| {
        let verified = match check.result {
            AccountCheckResult::Verified => true,
            AccountCheckResult::Failed => false,
        };
        verified && number_given <= check.recorded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_number_takes_the_finding_away() {
        let _mark = clause::check!(U1);
        let at = Timestamp::from_micros;
        let verified = AccountCheckFacts {
            result: AccountCheckResult::Verified,
            recorded: at(10),
        };
        let failed = AccountCheckFacts {
            result: AccountCheckResult::Failed,
            ..verified
        };
        assert!(!is_account_verified(None, at(5)));
        assert!(is_account_verified(Some(&verified), at(5)));
        assert!(!is_account_verified(Some(&verified), at(11)));
        assert!(!is_account_verified(Some(&failed), at(5)));
    }

    #[test]
    fn everything_is_told_in_both_languages() {
        let reasons = AccountCheckReason::ALL.iter().map(|it| it.text());
        let results = AccountCheckResult::ALL.iter().map(|it| it.text());
        for text in reasons.chain(results) {
            assert!(!text.zh.is_ascii() && text.en.is_ascii());
        }
    }
}
