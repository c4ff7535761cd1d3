//! The two-person rule: what one proposes, another decides.

use std::time::Duration;

use yuntu_app::AppError;
use yuntu_app::accounts::{AccountError, ActResult};
use yuntu_app::operators::OperatorCaller;
use yuntu_app::outbound::Kind;
use yuntu_app::policy::{OperatorRole, Standing};
use yuntu_app::proposals::{Approved, ProposalReason, Proposed};
use yuntu_app::store::{AccountStanding, Proposal, ProposalStanding};
use yuntu_terms::{
    ApplicationId, Clock as _, Digest, EmailAddress, EnterpriseId, Id, ProposalId, SeededEntropy,
    Timestamp, clause,
};
use yuntu_testkit::Party;

use crate::desk::{Desk, MINUTE, email, password, told, visit};
use crate::factors::named;
use crate::operators::{Desker, SHORT, enrol, operator};

crate::on_both!(crate::desk::Desk =>
    an_enterprise_closes_when_a_second_person_approves,
    nobody_decides_her_own_and_no_role_beyond_its_own,
    a_proposal_ends_once_and_by_itself,
    an_operator_is_added_and_changed_by_two,
    a_bank_account_opens_for_its_proposer_and_a_day,
    of_two_who_approve_at_once_one_does,
    a_suspended_operator_is_let_in_again_by_two,
    what_was_proposed_goes_three_years_after_its_end,
);

fn why() -> ProposalReason {
    ProposalReason::parse("the enterprise asked for it in writing").unwrap()
}

async fn find(desk: &Desk, id: ProposalId) -> Proposal {
    let read = desk.parts.store.read();
    read.find_proposal(id).await.unwrap().unwrap()
}

async fn approve(
    desk: &Desk,
    caller: &OperatorCaller,
    id: ProposalId,
) -> Result<Approved, AppError> {
    let digest = find(desk, id).await.digest;
    desk.platform.approve_proposal(caller, id, digest).await
}

fn is_refused<T>(outcome: &Result<T, AppError>) -> bool {
    matches!(outcome, Err(AppError::Refused(_)))
}

/// An administrator and somebody of security, who may decide about each other's proposals.
async fn two(desk: &Desk) -> (Desker, Desker) {
    let zhou = operator(desk, "zhou@operator.example", OperatorRole::Security).await;
    let ad = operator(desk, "ad@operator.example", OperatorRole::Administrator).await;
    (ad, zhou)
}

/// Closes an enterprise by the two-person rule.
pub(crate) async fn close(desk: &Desk, enterprise: EnterpriseId) {
    let (ad, zhou) = two(desk).await;
    let closing = Proposed::CloseEnterprise(enterprise);
    let id = desk.platform.propose(&ad.caller, closing, &why()).await;
    approve(desk, &zhou.caller, id.unwrap()).await.unwrap();
}

/// Lets a second person approve a new operator, and reads the link that goes to her.
async fn added(desk: &Desk, decider: &OperatorCaller, id: ProposalId, address: &str) -> Desker {
    desk.drain().await;
    let outcome = approve(desk, decider, id).await.unwrap();
    let Approved::Added { until, .. } = outcome else {
        panic!("nobody was added: {outcome:?}");
    };
    assert_eq!(until, desk.clock.now().plus(Duration::from_hours(24)));
    let (seen, _) = desk.drain().await;
    let [mail] = &seen[..] else {
        panic!("one message, not {seen:?}");
    };
    assert_eq!(
        (mail.kind, mail.to.as_str()),
        (Kind::OperatorAdded, address)
    );
    let (_, key) = mail.text.split_once("/operator/enrol?key=").unwrap();
    let key = key.get(..64).unwrap();
    // Whoever approved is told nothing from which the link could be made.
    assert!(!format!("{outcome:?}").contains(key));
    enrol(desk, key, address).await
}

async fn an_enterprise_closes_when_a_second_person_approves(desk: Desk) {
    let _mark = clause::check!(R23);
    let platform = &desk.platform;
    let store = &desk.parts.store;
    let party = Party::enter(store, 1).await.unwrap();
    let (ad, zhou) = two(&desk).await;
    let close = Proposed::CloseEnterprise(party.enterprise);
    let id = platform.propose(&ad.caller, close, &why()).await.unwrap();
    let standing = async || {
        let found = store.read().find_enterprise(party.enterprise).await;
        found.unwrap().unwrap().standing
    };
    assert_eq!(standing().await, Standing::Active);
    // What she approves is what she read.
    let other = Digest::new([7; 32]);
    let unread = platform.approve_proposal(&zhou.caller, id, other).await;
    assert!(matches!(unread, Err(AppError::Invalid { .. })));
    let before = desk.entries().await;
    approve(&desk, &zhou.caller, id).await.unwrap();
    assert_eq!(desk.entries().await - before, 1);
    assert_eq!(standing().await, Standing::Ended);
    let proposal = find(&desk, id).await;
    assert_eq!(proposal.standing, ProposalStanding::Approved);
    assert_eq!(proposal.decider, Some(zhou.caller.operator));
    let shown = platform.proposals(&zhou.caller).await.unwrap();
    assert_eq!(shown[0].reason, "the enterprise asked for it in writing");
    let named = platform.enterprise_name(party.enterprise).await.unwrap();
    assert_eq!(shown[0].enterprise.as_deref(), Some(named.as_str()));
    // Once closed there is nothing to propose.
    let again = Proposed::CloseEnterprise(party.enterprise);
    let again = platform.propose(&ad.caller, again, &why()).await;
    assert!(matches!(again, Err(AppError::Missing { .. })));
}

async fn nobody_decides_her_own_and_no_role_beyond_its_own(desk: Desk) {
    let _mark = clause::check!(R23);
    let platform = &desk.platform;
    let party = Party::enter(&desk.parts.store, 1).await.unwrap();
    let close = || Proposed::CloseEnterprise(party.enterprise);
    let chen = operator(&desk, "chen@operator.example", OperatorRole::Reviewer).await;
    // Without a third nobody of the two could be suspended.
    operator(&desk, "third@operator.example", OperatorRole::Security).await;
    let (ad, zhou) = two(&desk).await;
    assert!(is_refused(
        &platform.propose(&chen.caller, close(), &why()).await
    ));
    let own = platform.own_acts(&chen.session, None).await.unwrap();
    let tried = &own.acts[0];
    assert_eq!(
        (tried.result, tried.text.en.as_str()),
        (ActResult::Refused, "Tried to close an enterprise")
    );
    let id = platform
        .propose(&zhou.caller, close(), &why())
        .await
        .unwrap();
    assert!(is_refused(&approve(&desk, &zhou.caller, id).await));
    assert!(is_refused(&approve(&desk, &chen.caller, id).await));
    assert!(is_refused(
        &platform.decline_proposal(&zhou.caller, id).await
    ));
    // What is about her she neither proposes nor decides.
    let raise = |operator| Proposed::ChangeOperatorRole {
        operator,
        role: OperatorRole::Auditor,
    };
    let herself = raise(ad.caller.operator);
    assert!(is_refused(
        &platform.propose(&ad.caller, herself, &why()).await
    ));
    let about = raise(zhou.caller.operator);
    let about = platform.propose(&ad.caller, about, &why()).await.unwrap();
    assert!(is_refused(&approve(&desk, &zhou.caller, about).await));
    // A suspended proposer's proposal is not done any more, and a suspended decider decides nothing.
    platform
        .suspend_operator(&ad.caller, zhou.caller.operator)
        .await
        .unwrap();
    assert!(is_refused(&approve(&desk, &ad.caller, id).await));
    let gone = approve(&desk, &zhou.caller, about).await;
    assert_eq!(told(gone), AccountError::Suspended);
    assert_eq!(find(&desk, id).await.standing, ProposalStanding::Open);
}

async fn a_proposal_ends_once_and_by_itself(desk: Desk) {
    let platform = &desk.platform;
    let party = Party::enter(&desk.parts.store, 1).await.unwrap();
    let (ad, zhou) = two(&desk).await;
    let propose = async || {
        let close = Proposed::CloseEnterprise(party.enterprise);
        platform.propose(&ad.caller, close, &why()).await.unwrap()
    };
    let missing = |outcome: Result<Approved, AppError>| {
        assert!(matches!(outcome, Err(AppError::Missing { .. })));
    };
    let declined = propose().await;
    platform
        .decline_proposal(&zhou.caller, declined)
        .await
        .unwrap();
    missing(approve(&desk, &zhou.caller, declined).await);
    let withdrawn = propose().await;
    let foreign = platform.withdraw_proposal(&zhou.caller, withdrawn).await;
    assert!(matches!(foreign, Err(AppError::Missing { .. })));
    platform
        .withdraw_proposal(&ad.caller, withdrawn)
        .await
        .unwrap();
    missing(approve(&desk, &zhou.caller, withdrawn).await);
    let late = propose().await;
    desk.clock.advance(Duration::from_hours(72));
    missing(approve(&desk, &zhou.caller, late).await);
    for bad in [
        "",
        "too short",
        "a\u{7}bell in the reason",
        &"x".repeat(1_001),
    ] {
        assert!(ProposalReason::parse(bad).is_err(), "{bad}");
    }
}

async fn an_operator_is_added_and_changed_by_two(desk: Desk) {
    let _mark = clause::check!(R23);
    let desk = named(desk);
    let platform = &desk.platform;
    let (ad, zhou) = two(&desk).await;
    let add = || Proposed::AddOperator {
        address: EmailAddress::parse("Chen@operator.example").unwrap(),
        role: OperatorRole::Reviewer,
    };
    let id = platform.propose(&ad.caller, add(), &why()).await.unwrap();
    let shown = platform.proposals(&zhou.caller).await.unwrap();
    assert_eq!(shown[0].address.as_deref(), Some("chen@operator.example"));
    // The address stands nowhere in the clear.
    let raw = desk.parts.raw_bytes().unwrap();
    let holds = |text: &[u8]| raw.windows(text.len()).any(|window| window == text);
    assert!(!holds(b"chen@operator.example") && !holds(b"asked for it in writing"));
    let chen = added(&desk, &zhou.caller, id, "chen@operator.example").await;
    assert_eq!(chen.caller.role, OperatorRole::Reviewer);
    let taken = platform.propose(&ad.caller, add(), &why()).await;
    assert!(matches!(taken, Err(AppError::Invalid { .. })));
    // Her role changes by two as well, and ends her sessions.
    let change = Proposed::ChangeOperatorRole {
        operator: chen.caller.operator,
        role: OperatorRole::Privacy,
    };
    let id = platform.propose(&ad.caller, change, &why()).await.unwrap();
    approve(&desk, &zhou.caller, id).await.unwrap();
    let gone = platform.operator_session(&chen.cookie).await;
    assert_eq!(told(gone), AccountError::SignedOut);
}

async fn a_bank_account_opens_for_its_proposer_and_a_day(desk: Desk) {
    let _mark = clause::check!(R23);
    let platform = &desk.platform;
    let chen = operator(&desk, "chen@operator.example", OperatorRole::Reviewer).await;
    let zhou = operator(&desk, "zhou@operator.example", OperatorRole::Security).await;
    let id = |seed| -> ApplicationId {
        Id::generate(Timestamp::from_micros(0), &SeededEntropy::new(seed)).unwrap()
    };
    let (one, other) = (id(1), id(2));
    let unmask = Proposed::UnmaskBankAccount(one);
    let proposal = platform
        .propose(&chen.caller, unmask, &why())
        .await
        .unwrap();
    assert!(is_refused(&platform.may_unmask(&chen.caller, one).await));
    approve(&desk, &zhou.caller, proposal).await.unwrap();
    platform.may_unmask(&chen.caller, one).await.unwrap();
    assert!(is_refused(&platform.may_unmask(&chen.caller, other).await));
    assert!(is_refused(&platform.may_unmask(&zhou.caller, one).await));
    desk.clock.advance(MINUTE * 60 * 24);
    assert!(is_refused(&platform.may_unmask(&chen.caller, one).await));
}

async fn of_two_who_approve_at_once_one_does(desk: Desk) {
    let desk = named(desk);
    let platform = &desk.platform;
    let (ad, zhou) = two(&desk).await;
    let add = |address: &str, role| Proposed::AddOperator {
        address: EmailAddress::parse(address).unwrap(),
        role,
    };
    let third = add("third@operator.example", OperatorRole::Security);
    let id = platform.propose(&ad.caller, third, &why()).await.unwrap();
    let third = added(&desk, &zhou.caller, id, "third@operator.example").await;
    let fourth = add("fourth@operator.example", OperatorRole::Support);
    let id = platform.propose(&ad.caller, fourth, &why()).await.unwrap();
    let (a, b) = tokio::join!(
        approve(&desk, &zhou.caller, id),
        approve(&desk, &third.caller, id)
    );
    assert_eq!(usize::from(a.is_ok()) + usize::from(b.is_ok()), 1);
    // One letter leaves, with the one link that is good.
    assert_eq!(desk.drain().await.0.len(), 1);
    assert_eq!(platform.operators(&ad.caller).await.unwrap().len(), 4);
}

async fn a_suspended_operator_is_let_in_again_by_two(desk: Desk) {
    let _mark = clause::check!(R23);
    let platform = &desk.platform;
    let chen = operator(&desk, "chen@operator.example", OperatorRole::Reviewer).await;
    let (ad, zhou) = two(&desk).await;
    let restore = || Proposed::RestoreOperator(chen.caller.operator);
    // Who is not suspended is not let in again.
    let early = platform.propose(&zhou.caller, restore(), &why()).await;
    assert!(matches!(early, Err(AppError::Invalid { .. })));
    platform
        .suspend_operator(&zhou.caller, chen.caller.operator)
        .await
        .unwrap();
    let gone = platform.operator_session(&chen.cookie).await;
    assert_eq!(told(gone), AccountError::SignedOut);
    let own = platform.propose(&chen.caller, restore(), &why()).await;
    assert_eq!(told(own), AccountError::Suspended);
    let id = platform
        .propose(&zhou.caller, restore(), &why())
        .await
        .unwrap();
    assert!(is_refused(&approve(&desk, &zhou.caller, id).await));
    approve(&desk, &ad.caller, id).await.unwrap();
    let listed = platform.operators(&ad.caller).await.unwrap();
    assert!(
        listed
            .iter()
            .all(|it| it.standing == AccountStanding::Active)
    );
    // The session that ended stays ended; she signs in anew.
    let gone = platform.operator_session(&chen.cookie).await;
    assert_eq!(told(gone), AccountError::SignedOut);
    desk.clock.advance(MINUTE);
    platform
        .sign_in_operator(&email("chen@operator.example"), password(SHORT), visit(1))
        .await
        .unwrap();
}

async fn what_was_proposed_goes_three_years_after_its_end(desk: Desk) {
    let _mark = clause::check!(R14);
    let (platform, store) = (&desk.platform, &desk.parts.store);
    let party = Party::enter(store, 1).await.unwrap();
    let (ad, _) = two(&desk).await;
    let close = Proposed::CloseEnterprise(party.enterprise);
    let id = platform.propose(&ad.caller, close, &why()).await.unwrap();
    let texts = async || store.proposal_texts(id).await.unwrap();
    let end = find(&desk, id).await.expires.plus_days(3 * 366);
    desk.clock.set(end);
    platform.upkeep().await.unwrap();
    assert!(texts().await.is_some());
    desk.clock.advance(Duration::from_micros(1));
    let done = platform.upkeep().await.unwrap();
    assert_eq!(done.rows.get("proposal"), Some(&1));
    assert!(texts().await.is_none());
}
