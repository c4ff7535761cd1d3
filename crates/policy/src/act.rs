use yuntu_terms::{EnterpriseId, RepresentativeId, Timestamp, clause};

use crate::{
    Action, EnterpriseFacts, Facts, Grounds, MissingFact, Reason, Refusal, Role, Standing, may,
    may_on,
};

/// Decides whether a representative may do something that moves no data: declare, instruct, record consent, read a report.
///
/// Of the facts it looks at the actor and the enterprise. Which acts go before the certification of the enterprise, and
/// which without a letter of authorisation, is written in the rules of who may what.
///
/// # Errors
/// [`Refusal`] with every reason at once.
/// # Clause
/// U5, R3, R23
pub fn decide_act(
    action: Action,
    enterprise: EnterpriseId,
    representative: RepresentativeId,
    facts: &Facts,
) -> Result<Role, Refusal> {
    clause::hit!(R23);
    let actor = facts.actor.as_ref().filter(|it| it.id == representative);
    let actor = actor.filter(|it| it.enterprise == Some(enterprise));
    let home = facts.enterprise.as_ref().filter(|it| it.id == enterprise);
    let (Some(actor), Some(home)) = (actor, home) else {
        return Err(Refusal::one(Reason::of(MissingFact::Enterprise)));
    };
    let now = facts.now;
    let role = actor.role.filter(|role| may(*role, action));
    let certified = home.certified.is_some_and(|period| period.holds(now));
    let letter = actor.letter.is_some_and(|period| period.holds(now));
    let on = |certified, letter| {
        let grounds = Grounds { certified, letter };
        role.is_some_and(|role| may_on(role, action, grounds))
    };
    // Who has not been certified yet is pending.
    let pending = home.standing == Some(Standing::Pending) && on(false, true);
    // Whoever was frozen or closed is heard about that.
    let heard = action == Action::AnswerMeasure;
    let checks = [
        (
            MissingFact::ActorStanding,
            actor.standing == Some(Standing::Active),
        ),
        (MissingFact::Letter, letter || on(true, false)),
        (MissingFact::Role, role.is_some()),
        (MissingFact::TokenScope, actor.token_covers(action)),
        (
            MissingFact::EnterpriseStanding,
            home.standing == Some(Standing::Active) || pending || heard,
        ),
        (MissingFact::Certification, certified || on(false, true)),
    ];
    let stopped = measure_stops(action, home, now);
    let mut missing = checks
        .into_iter()
        .filter(|(_, holds)| !holds)
        .map(|(fact, _)| Reason::of(fact))
        .chain(stopped);
    match (missing.next(), role) {
        (None, Some(role)) => Ok(role),
        (Some(first), _) => Err(Refusal::new(first, missing.collect())),
        (None, None) => Err(Refusal::one(Reason::of(MissingFact::Role))),
    }
}

/// Objects with the measure against the enterprise that stops the act; what is unknown stops it.
fn measure_stops(action: Action, home: &EnterpriseFacts, now: Timestamp) -> Option<Reason> {
    clause::hit!(U5);
    match &home.measures {
        None => Some(Reason::of(MissingFact::Measure)),
        Some(measures) => measures
            .iter()
            .find(|it| it.stops(action, now))
            .map(Reason::of_measure),
    }
}

#[cfg(test)]
mod tests {
    use yuntu_terms::SeededEntropy;

    use super::*;
    use crate::{ActorFacts, Period};

    type Spoil = fn(&mut Facts);

    fn facts() -> Facts {
        let entropy = SeededEntropy::new(3);
        let now = Timestamp::from_micros(1_000);
        let period = Period {
            from: Timestamp::from_micros(0),
            until: Timestamp::from_micros(2_000),
        };
        let enterprise = EnterpriseId::generate(now, &entropy).unwrap();
        let mut facts = Facts::nothing(now);
        facts.enterprise = Some(EnterpriseFacts {
            id: enterprise,
            standing: Some(Standing::Active),
            certified: Some(period),
            measures: Some(Vec::new()),
        });
        facts.actor = Some(ActorFacts {
            id: RepresentativeId::generate(now, &entropy).unwrap(),
            enterprise: Some(enterprise),
            role: Some(Role::Admin),
            standing: Some(Standing::Active),
            letter: Some(period),
            scopes: None,
        });
        facts
    }

    fn ask(facts: &Facts, action: Action) -> Result<Role, Refusal> {
        let (enterprise, actor) = (facts.enterprise.as_ref(), facts.actor.as_ref());
        let (Some(enterprise), Some(actor)) = (enterprise, actor) else {
            let now = facts.now;
            let entropy = SeededEntropy::new(4);
            return decide_act(
                action,
                EnterpriseId::generate(now, &entropy).unwrap(),
                RepresentativeId::generate(now, &entropy).unwrap(),
                facts,
            );
        };
        decide_act(action, enterprise.id, actor.id, facts)
    }

    #[test]
    fn an_act_is_allowed_only_when_every_fact_is_there() {
        let _mark = clause::check!(R23);
        assert_eq!(ask(&facts(), Action::DeclareSource).ok(), Some(Role::Admin));
        let spoils: [(MissingFact, Spoil); 7] = [
            (MissingFact::Enterprise, |f| {
                f.actor = None;
            }),
            (MissingFact::Enterprise, |f| {
                f.enterprise = None;
            }),
            (MissingFact::ActorStanding, |f| {
                f.actor.as_mut().unwrap().standing = None;
            }),
            (MissingFact::Letter, |f| {
                f.actor.as_mut().unwrap().letter = None;
            }),
            (MissingFact::Role, |f| {
                f.actor.as_mut().unwrap().role = None;
            }),
            (MissingFact::EnterpriseStanding, |f| {
                f.enterprise.as_mut().unwrap().standing = None;
            }),
            (MissingFact::Certification, |f| {
                f.enterprise.as_mut().unwrap().certified = None;
            }),
        ];
        for (fact, spoil) in spoils {
            let mut facts = facts();
            spoil(&mut facts);
            let refusal = ask(&facts, Action::DeclareSource).unwrap_err();
            assert!(refusal.lacks(fact), "{fact:?}");
        }
    }

    #[test]
    fn an_enterprise_that_waits_for_its_certification_can_only_make_itself_ready() {
        let mut facts = facts();
        let home = facts.enterprise.as_mut().unwrap();
        (home.standing, home.certified) = (Some(Standing::Pending), None);
        facts.actor.as_mut().unwrap().letter = None;
        for action in [Action::ManageMembers, Action::ApplyForCertification] {
            assert_eq!(ask(&facts, action).ok(), Some(Role::Admin));
        }
        let refusal = ask(&facts, Action::Instruct).unwrap_err();
        for fact in [
            MissingFact::Letter,
            MissingFact::EnterpriseStanding,
            MissingFact::Certification,
        ] {
            assert!(refusal.lacks(fact), "{fact:?}");
        }
        for standing in [Standing::Frozen, Standing::Ended] {
            facts.enterprise.as_mut().unwrap().standing = Some(standing);
            let refusal = ask(&facts, Action::ManageMembers).unwrap_err();
            assert!(refusal.lacks(MissingFact::EnterpriseStanding), "{standing}");
        }
    }

    #[test]
    fn an_expired_letter_takes_the_right_away_the_same_moment() {
        let mut facts = facts();
        facts.now = Timestamp::from_micros(2_000);
        assert!(
            ask(&facts, Action::Instruct)
                .unwrap_err()
                .lacks(MissingFact::Letter)
        );
    }
}
