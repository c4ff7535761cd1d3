//! What a refusal counts is what a run admits once all who can be asked have agreed: at home and across a border.

use std::collections::BTreeSet;
use std::io::Cursor;

use yuntu_app::consent::{ConsentSource, DatasetScope};
use yuntu_app::lake::IdentifierKind;
use yuntu_app::policy::{PartnerRole, Period, WouldReach};
use yuntu_app::store::NewInstruction;
use yuntu_app::{Answer, AppError, Ask, Widening};
use yuntu_terms::{ConsentKind, InstructionId, Operation, Pii, Recipient, Region, clause};

use crate::partners::register;
use crate::world::{MEMBERS, PURPOSE, World, everyone};

crate::on_both!(
    at_home_and_abroad_a_refusal_counts_whom_a_run_then_admits,
    a_declared_scope_that_is_too_weak_for_abroad_reaches_nobody_by_itself,
    a_scope_weaker_than_its_purpose_asks_is_refused_before_it_covers_nobody,
    the_list_for_abroad_asks_for_separate_consent,
);

const SHARED: &str = "marketing.activation";

/// What is asked, and how a consent has to be given for it.
struct Case {
    purpose: &'static str,
    operation: Operation,
    recipient: Recipient,
    kind: ConsentKind,
}

async fn abroad(world: &World, role: PartnerRole) -> Recipient {
    register(world, role, "SG".parse().unwrap()).await
}

async fn home(world: &World) -> Recipient {
    register(world, PartnerRole::Entrusted, Region::CN).await
}

async fn instruct(world: &World, recipients: &[Recipient]) -> InstructionId {
    let now = world.platform.now();
    let new = NewInstruction {
        purposes: vec!["marketing".parse().unwrap()],
        operations: vec![Operation::Process, Operation::Share],
        recipients: recipients.to_vec(),
        datasets: vec![world.people],
        period: Period {
            from: now,
            until: now.plus_days(30),
        },
        note: None,
    };
    world.platform.instruct(&world.caller, &new).await.unwrap()
}

/// Records what members say of a case.
async fn say(
    world: &World,
    case: &Case,
    members: std::ops::RangeInclusive<u64>,
    (kind, status): (&str, &str),
) {
    let head = "member_id,purpose,operation,recipient,kind,status,from,until,proof\n";
    let (operation, recipient) = (case.operation.code(), case.recipient);
    let purpose = case.purpose;
    let lines = members.map(|m| {
        format!(
            "m{m},{purpose},{operation},{recipient},{kind},{status},2026-01-05T00:00:00Z,,box 7\n"
        )
    });
    let lines: Vec<String> = lines.collect();
    let file = Cursor::new(format!("{head}{}", lines.concat()));
    let recorded = world
        .platform
        .record_consent_file(&world.caller, ConsentSource::Api, file);
    recorded.await.unwrap();
}

fn ask(world: &World, instruction: InstructionId, case: &Case) -> Ask {
    Ask {
        operation: case.operation,
        recipient: case.recipient,
        ..world.ask(instruction, case.purpose, everyone())
    }
}

/// Asks and expects a refusal for nothing but want of consent.
async fn reach(world: &World, ask: &Ask) -> WouldReach {
    let answer = world.platform.run(&world.caller, ask).await.unwrap();
    let Answer::Refused(refusal) = answer else {
        panic!("done instead of refused");
    };
    let codes: Vec<_> = refusal.reasons().map(|it| it.fact().code()).collect();
    assert_eq!(codes, ["consent"]);
    let reach = refusal.first().reach().unwrap();
    assert_eq!(reach.people, reach.to_ask + reach.declined + reach.barred);
    reach
}

async fn at_home_and_abroad_a_refusal_counts_whom_a_run_then_admits(world: World) {
    let _marks = (clause::check!(U4), clause::check!(R13));
    world.declare().await;
    let (home, abroad) = (
        home(&world).await,
        abroad(&world, PartnerRole::Entrusted).await,
    );
    let provided = self::abroad(&world, PartnerRole::Independent).await;
    let instruction = instruct(&world, &[home, abroad, provided]).await;
    let (platform, caller) = (&world.platform, &world.caller);
    let minor = [(Pii::new(String::from("m1")), platform.now().plus_days(90))];
    let kind = IdentifierKind::MemberId;
    platform.record_minors(caller, &kind, &minor).await.unwrap();
    let case = |purpose, operation, recipient, kind| Case {
        purpose,
        operation,
        recipient,
        kind,
    };
    for case in [
        case(PURPOSE, Operation::Process, home, ConsentKind::Explicit),
        case(PURPOSE, Operation::Process, abroad, ConsentKind::Separate),
        case(SHARED, Operation::Share, provided, ConsentKind::Separate),
    ] {
        let ask = ask(&world, instruction, &case);
        say(&world, &case, 2..=3, ("explicit", "refused")).await;
        let expected = WouldReach {
            people: MEMBERS,
            to_ask: MEMBERS - 3,
            declined: 2,
            barred: 1,
            kind: case.kind,
        };
        assert_eq!(reach(&world, &ask).await, expected);
        // Whoever agreed in a weaker way is still to be asked, and opens nothing to a run.
        let weaker = match case.kind {
            ConsentKind::Expressed | ConsentKind::Explicit => "expressed",
            ConsentKind::Separate => "explicit",
        };
        say(&world, &case, 1..=MEMBERS, (weaker, "requested")).await;
        say(&world, &case, 4..=6, (weaker, "given")).await;
        assert_eq!(reach(&world, &ask).await, expected);
        let enough = match case.kind {
            ConsentKind::Separate => "separate",
            ConsentKind::Expressed | ConsentKind::Explicit => "explicit",
        };
        say(&world, &case, 4..=MEMBERS, (enough, "given")).await;
        let done = platform.run(caller, &ask).await.unwrap().done().unwrap();
        let funnel = done.outcome.funnels["people"];
        assert!(funnel.adds_up());
        assert_eq!(funnel.admitted, expected.to_ask);
    }
}

async fn a_declared_scope_that_is_too_weak_for_abroad_reaches_nobody_by_itself(world: World) {
    let _marks = (clause::check!(U4), clause::check!(R13));
    world.declare().await;
    let (home, abroad) = (
        home(&world).await,
        abroad(&world, PartnerRole::Entrusted).await,
    );
    let instruction = instruct(&world, &[home, abroad]).await;
    let (platform, caller) = (&world.platform, &world.caller);
    let scope = DatasetScope {
        purposes: BTreeSet::from([PURPOSE.parse().unwrap()]),
        operations: BTreeSet::from([Operation::Process]),
        recipients: BTreeSet::from([home, abroad]),
        kind: ConsentKind::Explicit,
        from: platform.now(),
        until: None,
    };
    let proof = [world.proof("express consent").await];
    let declared = platform.declare_scope(caller, world.people, (&scope, &proof));
    declared.await.unwrap();
    let case = |recipient, kind| Case {
        purpose: PURPOSE,
        operation: Operation::Process,
        recipient,
        kind,
    };
    let near = ask(&world, instruction, &case(home, ConsentKind::Explicit));
    let done = platform.run(caller, &near).await.unwrap().done().unwrap();
    assert_eq!(done.outcome.funnels["people"].admitted, MEMBERS);
    let far = case(abroad, ConsentKind::Separate);
    let ask = ask(&world, instruction, &far);
    assert_eq!(reach(&world, &ask).await.to_ask, MEMBERS);
    say(&world, &far, 1..=MEMBERS, ("separate", "given")).await;
    let done = platform.run(caller, &ask).await.unwrap().done().unwrap();
    assert_eq!(done.outcome.funnels["people"].admitted, MEMBERS);
}

async fn a_scope_weaker_than_its_purpose_asks_is_refused_before_it_covers_nobody(world: World) {
    let _mark = clause::check!(U4);
    world.declare().await;
    let (platform, caller) = (&world.platform, &world.caller);
    let declare = async |purpose: &str, kind| {
        let scope = DatasetScope {
            purposes: BTreeSet::from([purpose.parse().unwrap()]),
            operations: BTreeSet::from([Operation::Process]),
            recipients: BTreeSet::from([Recipient::Enterprise]),
            kind,
            from: platform.now(),
            until: None,
        };
        let proof = [world.proof("express consent").await];
        let declared = platform.declare_scope(caller, world.people, (&scope, &proof));
        declared.await
    };
    let weak = declare("research", ConsentKind::Explicit).await;
    let what = |it: &AppError| matches!(it, AppError::Invalid { what: "kind", .. });
    assert!(weak.as_ref().is_err_and(what), "{weak:?}");
    // Separate consent is asked for marketing itself, and explicit for some of what lies below it.
    declare("marketing", ConsentKind::Explicit).await.unwrap();
    declare("research", ConsentKind::Separate).await.unwrap();
}

async fn the_list_for_abroad_asks_for_separate_consent(world: World) {
    let _mark = clause::check!(R13);
    world.declare().await;
    let (home, abroad) = (
        home(&world).await,
        abroad(&world, PartnerRole::Entrusted).await,
    );
    let instruction = instruct(&world, &[Recipient::Enterprise, home, abroad]).await;
    world.consent(1..=8, PURPOSE).await;
    for (recipient, to_ask) in [(home, MEMBERS - 2), (abroad, MEMBERS)] {
        let case = Case {
            purpose: PURPOSE,
            operation: Operation::Process,
            recipient,
            kind: ConsentKind::Explicit,
        };
        say(&world, &case, 1..=2, ("explicit", "given")).await;
        let wish = Widening {
            dataset: world.people,
            agreed: PURPOSE.parse().unwrap(),
            instruction,
            wanted: PURPOSE.parse().unwrap(),
            operation: Operation::Process,
            recipient,
        };
        let found = world.platform.consent_reach(&world.caller, &wish).await;
        let found = found.unwrap();
        assert_eq!(found.to_ask, to_ask, "{recipient}");
        let sum = found.reached + found.to_ask + found.declined + found.barred;
        assert_eq!(found.people, sum);
    }
}
