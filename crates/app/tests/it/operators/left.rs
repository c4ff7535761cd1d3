use yuntu_app::AppError;
use yuntu_app::policy::OperatorRole;
use yuntu_app::proposals::{ProposalReason, Proposed};
use yuntu_app::store::AccountStanding;
use yuntu_terms::{OperatorId, clause};

use super::{Desker, new, operator};
use crate::desk::Desk;

crate::on_both!(crate::desk::Desk =>
    two_who_can_let_somebody_in_again_are_always_left,
);

fn is_too_few(outcome: &Result<(), AppError>) -> bool {
    matches!(outcome, Err(AppError::Invalid { reason, .. })
        if reason.en.contains("fewer than two") && reason.zh.contains("两名"))
}

async fn two_who_can_let_somebody_in_again_are_always_left(desk: Desk) {
    let _mark = clause::check!(R23);
    let platform = &desk.platform;
    let suspend = async |by: &Desker, whom: OperatorId| {
        let outcome = platform.suspend_operator(&by.caller, whom).await;
        assert!(outcome.is_ok() || is_too_few(&outcome), "{outcome:?}");
        outcome.is_ok()
    };
    let chen = operator(&desk, "chen@operator.example", OperatorRole::Reviewer).await;
    let lin = operator(&desk, "lin@operator.example", OperatorRole::Support).await;
    // Who has not enrolled cannot decide anything.
    let late = new("late@operator.example", OperatorRole::Security);
    platform.add_operator(late).await.unwrap();
    let zhou = operator(&desk, "zhou@operator.example", OperatorRole::Security).await;
    // Who decides nothing about operators can be stopped at once, by one who is alone too.
    assert!(suspend(&zhou, chen.caller.operator).await);
    let wu = operator(&desk, "wu@operator.example", OperatorRole::Security).await;
    assert!(!suspend(&zhou, wu.caller.operator).await);
    platform.operator_session(&wu.cookie).await.unwrap();
    let ad = operator(&desk, "ad@operator.example", OperatorRole::Administrator).await;
    // Of three, two are not suspended at once.
    let (a, b) = tokio::join!(
        suspend(&ad, wu.caller.operator),
        suspend(&ad, zhou.caller.operator),
    );
    assert!(a != b, "{a} {b}");
    let (other, gone) = if a { (&zhou, &wu) } else { (&wu, &zhou) };
    assert!(!suspend(&ad, other.caller.operator).await);
    assert!(!suspend(other, ad.caller.operator).await);
    // Whoever decides nothing about operators may go, and who went comes back by the two.
    assert!(suspend(other, lin.caller.operator).await);
    let restore = Proposed::RestoreOperator(gone.caller.operator);
    let why = ProposalReason::parse("she is back from her leave").unwrap();
    let id = platform.propose(&ad.caller, restore, &why).await.unwrap();
    let read = desk.parts.store.read();
    let proposal = read.find_proposal(id).await.unwrap().unwrap();
    platform
        .approve_proposal(&other.caller, id, proposal.digest)
        .await
        .unwrap();
    let listed = platform.operators(&ad.caller).await.unwrap();
    let back = listed
        .iter()
        .find(|it| it.operator.id == gone.caller.operator);
    assert_eq!(back.unwrap().standing, AccountStanding::Active);
}
