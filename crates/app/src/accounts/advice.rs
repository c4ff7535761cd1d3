use std::time::Duration;

use yuntu_store::{Account, FactorsHeld, Session};
use yuntu_terms::{Timestamp, clause};

use super::AccountError;
use crate::error::AppError;
use crate::platform::Platform;

/// After how long a password is spoken of; it goes on opening the account, however old it is.
const PASSWORD_OLD_AFTER: Duration = Duration::from_hours(24 * 365);

/// What somebody could do for the safety of her account. Nothing follows for whoever leaves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// Her password opens the account by itself.
    PasswordAlone,
    /// Whoever reads a code at one of her addresses is in.
    CodeAlone,
    /// She set her password long ago.
    OldPassword {
        /// When.
        set: Timestamp,
    },
    /// She is signed in elsewhere too.
    OtherSessions {
        /// In how many places.
        open: usize,
    },
    /// More browsers are known than one.
    KnownBrowsers {
        /// How many.
        known: usize,
    },
}

impl Platform {
    /// Says what a person could do for the safety of her account, by its own state; the weightiest first.
    ///
    /// # Errors
    /// [`AccountError::SignedOut`] when the account is gone; [`AppError::Store`].
    /// # Clause
    /// R24
    pub async fn advice(&self, session: &Session) -> Result<Vec<Advice>, AppError> {
        let account = self.store().read().find_account(session.account).await?;
        let account = account.ok_or(AccountError::SignedOut)?;
        let held = self.factors_held(session).await?;
        let open = self.sessions(session).await?.len();
        let known = self.devices(session).await?.len();
        Ok(advice_of(&account, held, (open, known), self.now()))
    }
}

/// Reads the state of an account; `open` counts the session that asks too.
fn advice_of(
    account: &Account,
    held: FactorsHeld,
    (open, known): (usize, usize),
    now: Timestamp,
) -> Vec<Advice> {
    clause::hit!(R24);
    let set = account.password_changed;
    let alone = match set {
        Some(_) => Advice::PasswordAlone,
        None => Advice::CodeAlone,
    };
    let old = set.filter(|set| set.plus(PASSWORD_OLD_AFTER) < now);
    let elsewhere = open.saturating_sub(1);
    [
        (!held.any()).then_some(alone),
        old.map(|set| Advice::OldPassword { set }),
        (elsewhere > 0).then_some(Advice::OtherSessions { open: elsewhere }),
        (known > 1).then_some(Advice::KnownBrowsers { known }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use yuntu_store::{AccountStanding, Realm};
    use yuntu_terms::{AccountId, Lang, SeededEntropy};

    use super::*;

    fn account(password_changed: Option<Timestamp>) -> Account {
        let created = Timestamp::from_micros(0);
        Account {
            id: AccountId::generate(created, &SeededEntropy::new(1)).unwrap(),
            realm: Realm::Public,
            standing: AccountStanding::Active,
            lang: Lang::En,
            has_phone: false,
            has_email: true,
            password_changed,
            password_needs_factor: false,
            created,
        }
    }

    #[test]
    fn advice_is_given_by_the_state_of_the_account_and_none_when_all_is_well() {
        let _mark = clause::check!(R24);
        let now = Timestamp::from_micros(0).plus_days(1_000);
        let year_ago = now.plus_days(-365);
        let before = now.plus_days(-366);
        let none = FactorsHeld::default();
        let held = FactorsHeld {
            passkey: true,
            ..none
        };
        let codes = FactorsHeld {
            recovery_codes: 8,
            ..none
        };
        for (set, held, counts, expected) in [
            (Some(year_ago), held, (1, 1), vec![]),
            (None, held, (0, 0), vec![]),
            (None, none, (1, 1), vec![Advice::CodeAlone]),
            (Some(now), codes, (1, 1), vec![Advice::PasswordAlone]),
            (
                Some(before),
                held,
                (1, 1),
                vec![Advice::OldPassword { set: before }],
            ),
            (
                Some(before),
                none,
                (3, 2),
                vec![
                    Advice::PasswordAlone,
                    Advice::OldPassword { set: before },
                    Advice::OtherSessions { open: 2 },
                    Advice::KnownBrowsers { known: 2 },
                ],
            ),
        ] {
            assert_eq!(advice_of(&account(set), held, counts, now), expected);
        }
    }
}
