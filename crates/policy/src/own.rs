use yuntu_terms::{AccountId, Sink, Warrant, clause};

use crate::{Action, Role, may};

/// Opens what is kept of a person towards a page that she alone sees, and nothing else.
///
/// It is made by [`decide_own`] alone:
///
/// ```compile_fail,E0451
/// fn forge() -> yuntu_policy::OwnWarrant {
///     yuntu_policy::OwnWarrant { sealed: () }
/// }
/// ```
///
/// # Clause
/// R22, R26
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnWarrant {
    sealed: (),
}

impl Warrant for OwnWarrant {
    fn opens(&self, sink: Sink) -> bool {
        let Self { sealed: () } = self;
        sink == Sink::Page
    }
}

/// Decides whether somebody who is signed in may look at what is kept of a person: only at what is kept of herself.
///
/// # Clause
/// R22, R26
#[must_use]
pub fn decide_own(signed_in: AccountId, about: AccountId) -> Option<OwnWarrant> {
    clause::hit!(R26);
    (signed_in == about).then_some(OwnWarrant { sealed: () })
}

/// Opens names and addresses of colleagues towards a page of whoever manages the members of their enterprise.
///
/// It is made by [`decide_colleagues`] alone.
///
/// # Clause
/// R3, R22
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColleagueWarrant {
    sealed: (),
}

impl Warrant for ColleagueWarrant {
    fn opens(&self, sink: Sink) -> bool {
        let Self { sealed: () } = self;
        sink == Sink::Page
    }
}

/// Decides whether a role may see who else acts for the enterprise.
///
/// # Clause
/// R3, R22
#[must_use]
pub fn decide_colleagues(role: Role) -> Option<ColleagueWarrant> {
    may(role, Action::ManageMembers).then_some(ColleagueWarrant { sealed: () })
}

#[cfg(test)]
mod tests {
    use yuntu_terms::{Pii, SeededEntropy, Timestamp};

    use super::*;

    #[test]
    fn a_person_sees_her_own_values_on_a_page_and_nobody_elses() {
        let _mark = clause::check!(R26);
        let entropy = SeededEntropy::new(5);
        let now = Timestamp::from_micros(0);
        let account = || AccountId::generate(now, &entropy).unwrap();
        let (own, other) = (account(), account());
        assert_eq!(decide_own(own, other), None);
        let warrant = decide_own(own, own).unwrap();
        let nickname = Pii::new(String::from("小李"));
        let opened = |sink| nickname.open(&warrant, sink, String::len);
        assert_eq!(opened(Sink::Page), Some(6));
        assert_eq!(opened(Sink::Mail), None);
        assert_eq!(opened(Sink::Json), None);
    }

    #[test]
    fn only_who_manages_members_sees_who_they_are() {
        for &role in Role::ALL {
            let sees = decide_colleagues(role).is_some();
            assert_eq!(sees, matches!(role, Role::Owner | Role::Admin), "{role}");
        }
        let warrant = decide_colleagues(Role::Owner).unwrap();
        assert!(warrant.opens(Sink::Page) && !warrant.opens(Sink::Sms));
    }
}
