//! Consent and its withdrawal.

use yuntu_app::AppError;
use yuntu_app::lake::IdentifierKind;
use yuntu_terms::{Pii, clause};

use crate::world::{OTHER_PURPOSE, PURPOSE, World};

crate::on_both!(
    a_withdrawal_takes_exactly_one_person_out_of_the_next_run,
    minors_are_left_out_until_they_are_of_age,
    a_bad_consent_file_leaves_nothing_behind,
    new_consent_widens_the_scope_from_then_on,
);

fn member(number: u32) -> Pii<String> {
    Pii::new(format!("m{number}"))
}

async fn a_withdrawal_takes_exactly_one_person_out_of_the_next_run(world: World) {
    let _marks = (clause::check!(R26), clause::check!(U4));
    let instruction = world.complete().await;
    assert_eq!(world.count(instruction, PURPOSE).await, 5);
    let purpose = PURPOSE.parse().unwrap();
    let (platform, caller) = (&world.platform, &world.caller);
    let kind = IdentifierKind::MemberId;
    platform
        .withdraw(caller, &kind, &member(3), &purpose)
        .await
        .unwrap();
    assert_eq!(world.count(instruction, PURPOSE).await, 4);
    assert_eq!(world.count(instruction, OTHER_PURPOSE).await, 6);
    let nobody = platform
        .withdraw(caller, &kind, &member(99), &purpose)
        .await;
    assert!(matches!(nobody, Err(AppError::Missing { .. })));
}

async fn minors_are_left_out_until_they_are_of_age(world: World) {
    let instruction = world.complete().await;
    let until = world.platform.now().plus_days(10);
    let minors = [(member(1), until), (member(2), until), (member(99), until)];
    let kind = IdentifierKind::MemberId;
    let found = world
        .platform
        .record_minors(&world.caller, &kind, &minors)
        .await
        .unwrap();
    assert_eq!(found, 2);
    assert_eq!(world.count(instruction, PURPOSE).await, 3);
    world.parts.clock.set(until);
    assert_eq!(world.count(instruction, PURPOSE).await, 5);
}

async fn a_bad_consent_file_leaves_nothing_behind(world: World) {
    let instruction = world.complete().await;
    let file = "member_id,purpose,operation,recipient,kind,status,from,until\n\
                m7,marketing.insight,process,enterprise,explicit,given,2026-01-05T00:00:00Z,\n\
                m8,marketing.insight,process,enterprise,explicit,perhaps,2026-01-05T00:00:00Z,\n";
    let done = world
        .platform
        .record_consent_file(&world.caller, file.as_bytes())
        .await;
    assert!(matches!(done, Err(AppError::ConsentLine { line: 3, .. })));
    assert_eq!(world.count(instruction, PURPOSE).await, 5);
}

async fn new_consent_widens_the_scope_from_then_on(world: World) {
    let instruction = world.complete().await;
    world.consent(7..=8, PURPOSE).await;
    assert_eq!(world.count(instruction, PURPOSE).await, 7);
}
