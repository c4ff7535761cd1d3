//! Whether whoever signs in shows one more proof that it is she: where a stranger may stand in her place.
//!
//! An account with a second factor asks for it always (R2). Of an account without one, a browser that it does not know is
//! doubted after failures of the last day, and asked for what was not shown yet:
//!
//! - a password alone does not do after [three failures](ADDRESS_FAILURES) at the account's addresses, from wherever: an
//!   owner mistypes twice and gets in, somebody who guesses does not stop at two. Nor does it after failures at
//!   [five other addresses](OTHERS_BY_PASSWORD) from the same network: whoever tries stolen passwords fails at each
//!   address once, so that the account itself has seen no failure when the right one comes. A code that is sent to the
//!   account's address is asked for;
//! - a code alone does not do after failures at [twenty other addresses](OTHERS_BY_CODE) from the same network. It shows
//!   more than a password, since the mailbox is hers, so more must have happened; many people may share a network. The
//!   password is asked for, where there is one; who has lost it recovers the account, and each address is told.
//!
//! A passkey that made sure of the person is both factors at once and is not doubted. The rule is asked once the first
//! proof was right, so that it says nothing of an address to whoever has none.

use yuntu_terms::clause;

use crate::role::coded;

/// How many failures at the addresses of an account, since its owner was last there, make a password from a strange
/// browser doubtful.
pub const ADDRESS_FAILURES: u64 = 3;
/// At how many other addresses there were failures from the network, when a password from a strange browser is doubtful.
pub const OTHERS_BY_PASSWORD: u64 = 5;
/// At how many other addresses there were failures from the network, when a code from a strange browser is doubtful.
pub const OTHERS_BY_CODE: u64 = 20;

coded! {
    /// What somebody who signs in has shown first.
    ///
    /// # Clause
    /// R9
    FirstProof {
        /// The password.
        Password = "password";
        /// A code that was sent, to sign in.
        Code = "code";
        /// A code that was sent, to get back into the account: the password is lost or known to others.
        Recovery = "recovery";
    }
}

coded! {
    /// What somebody who signs in has to show next.
    ///
    /// # Clause
    /// R9
    NextProof {
        /// A second factor of the account.
        Factor = "factor";
        /// A code that is sent to an address of the account.
        Code = "code";
        /// The password.
        Password = "password";
    }
}

/// Whether the account knows the browser in which somebody signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Browser {
    /// It brings a mark that the account knows.
    Known,
    /// It brings none, or one that the account does not know.
    Strange,
}

/// What is known of somebody who has shown a first proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArrivalFacts {
    /// What she has shown.
    pub shown: FirstProof,
    /// In which browser.
    pub browser: Browser,
    /// How many failures there were within a day at the addresses of the account, since its owner was last there.
    pub at_address: u64,
    /// At how many other addresses there were failures within a day from her network.
    pub other_addresses: u64,
    /// Whether the account has a second factor.
    pub has_factor: bool,
    /// Whether the account has a password.
    pub has_password: bool,
}

/// Whether what was shown opens the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrived {
    /// It does.
    Enough,
    /// One more proof is asked for.
    AskAnother(NextProof),
}

/// Returns what else an account could ask for, beside what was shown, if anything.
///
/// # Clause
/// R2, R9
#[must_use]
pub const fn other_proof(
    shown: FirstProof,
    has_factor: bool,
    has_password: bool,
) -> Option<NextProof> {
    match (has_factor, shown) {
        (true, _) => Some(NextProof::Factor),
        (false, FirstProof::Password) => Some(NextProof::Code),
        (false, FirstProof::Code) if has_password => Some(NextProof::Password),
        (false, FirstProof::Code | FirstProof::Recovery) => None,
    }
}

/// Decides whether whoever signs in shows one more proof.
///
/// # Clause
/// R2, R9
#[must_use]
pub fn decide_arrival(facts: &ArrivalFacts) -> Arrived {
    clause::hit!(R9);
    let Some(other) = other_proof(facts.shown, facts.has_factor, facts.has_password) else {
        return Arrived::Enough;
    };
    let doubtful = match other {
        // Asked always.
        NextProof::Factor => return Arrived::AskAnother(other),
        NextProof::Code => {
            facts.at_address >= ADDRESS_FAILURES || facts.other_addresses >= OTHERS_BY_PASSWORD
        }
        NextProof::Password => facts.other_addresses >= OTHERS_BY_CODE,
    };
    match facts.browser {
        Browser::Strange if doubtful => Arrived::AskAnother(other),
        Browser::Strange | Browser::Known => Arrived::Enough,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    /// What was shown, the second factor, the browser, the failures at the account's addresses, the other addresses with
    /// failures, the password; and what is asked.
    const TABLE: &str = "
        any      | factor | any     | any  | any  | any  | factor
        password | none   | known   | any  | any  | any  | enough
        password | none   | strange | 3-   | any  | any  | code
        password | none   | strange | 0-2  | 5-   | any  | code
        password | none   | strange | 0-2  | 0-4  | any  | enough
        code     | none   | known   | any  | any  | any  | enough
        code     | none   | strange | any  | 20-  | yes  | password
        code     | none   | strange | any  | 20-  | no   | enough
        code     | none   | strange | any  | 0-19 | any  | enough
        recovery | none   | any     | any  | any  | any  | enough
    ";

    fn within(cell: &str, count: u64) -> bool {
        let (from, to) = cell.split_once('-').unwrap();
        let to = if to.is_empty() {
            u64::MAX
        } else {
            to.parse().unwrap()
        };
        (from.parse().unwrap()..=to).contains(&count)
    }

    /// Reads the table: exactly one line speaks of each case.
    fn written(facts: &ArrivalFacts) -> &'static str {
        let is = |cell: &str, word: &str| cell == "any" || cell == word;
        let of = |cell: &str, count| cell == "any" || within(cell, count);
        let factor = if facts.has_factor { "factor" } else { "none" };
        let password = if facts.has_password { "yes" } else { "no" };
        let browser = match facts.browser {
            Browser::Known => "known",
            Browser::Strange => "strange",
        };
        let lines = TABLE.lines().filter(|line| !line.trim().is_empty());
        let mut found = lines.filter_map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let speaks = is(cells[0], facts.shown.code())
                && is(cells[1], factor)
                && is(cells[2], browser)
                && of(cells[3], facts.at_address)
                && of(cells[4], facts.other_addresses)
                && is(cells[5], password);
            speaks.then_some(cells[6])
        });
        let answer = found.next().unwrap();
        assert_eq!(found.next(), None, "two lines speak of {facts:?}");
        answer
    }

    /// Counts near the figures, and far beyond them.
    fn count() -> impl Strategy<Value = u64> {
        prop_oneof![0_u64..26, Just(u64::MAX)]
    }

    fn arrivals() -> impl Strategy<Value = ArrivalFacts> {
        let first = select(FirstProof::ALL);
        let browser = select(&[Browser::Known, Browser::Strange][..]);
        (
            first,
            browser,
            count(),
            count(),
            any::<bool>(),
            any::<bool>(),
        )
            .prop_map(
                |(shown, browser, at_address, other_addresses, has_factor, has_password)| {
                    ArrivalFacts {
                        shown,
                        browser,
                        at_address,
                        other_addresses,
                        has_factor,
                        has_password,
                    }
                },
            )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_096))]

        #[test]
        fn the_rule_of_arrivals_says_what_the_table_says(facts in arrivals()) {
            let _mark = clause::check!(R9);
            let found = match decide_arrival(&facts) {
                Arrived::Enough => "enough",
                Arrived::AskAnother(next) => next.code(),
            };
            prop_assert_eq!(found, written(&facts));
        }

        #[test]
        fn more_failures_never_ask_for_less_and_nothing_is_asked_twice(
            facts in arrivals(), more in 0_u64..40,
        ) {
            let worse = ArrivalFacts {
                at_address: facts.at_address.saturating_add(more),
                other_addresses: facts.other_addresses.saturating_add(more),
                ..facts
            };
            if let asked @ Arrived::AskAnother(next) = decide_arrival(&facts) {
                prop_assert_eq!(decide_arrival(&worse), asked);
                prop_assert_ne!(next.code(), facts.shown.code());
            }
        }
    }
}
