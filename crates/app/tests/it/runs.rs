//! What a run needs, and what happens when it lacks it.

use yuntu_app::consent::ConsentSource;
use yuntu_app::engine::QueryResult;
use yuntu_app::lake::IdentifierKind;
use yuntu_app::policy::{Action, MeasureKind, Period, Role, WouldReach};
use yuntu_app::store::{Contact, NewApiToken};
use yuntu_app::{Answer, AppError, Caller};
use yuntu_terms::{ConsentKind, Digest, InstructionId, Lang, Pii, clause};

use crate::measures::{staffed, take};
use crate::world::{
    MEMBERS, OTHER_PURPOSE, PURPOSE, World, declare, enrol, everyone, instruct, mapping, sql,
};

crate::on_both!(
    only_those_who_consented_are_counted_and_the_funnel_adds_up,
    without_an_instruction_nothing_runs,
    without_a_declaration_nothing_runs,
    what_nobody_consented_to_is_refused_by_name,
    a_foreign_enterprise_finds_no_dataset,
    an_expired_letter_takes_away_the_right_to_instruct,
    the_same_file_twice_changes_nothing,
    sql_sees_admitted_rows_only_and_cannot_step_aside,
    what_is_asked_by_the_api_stands_in_the_own_log_of_whose_token_it_is,
);

async fn only_those_who_consented_are_counted_and_the_funnel_adds_up(world: World) {
    let _marks = (clause::check!(U1), clause::check!(U2), clause::check!(R3));
    let instruction = world.complete().await;
    assert_eq!(world.count(instruction, PURPOSE).await, 5);
    assert_eq!(world.count(instruction, OTHER_PURPOSE).await, 6);
    let size = world
        .done(instruction, PURPOSE)
        .await
        .audience_size()
        .unwrap();
    let funnel = size.funnels["people"];
    assert!(funnel.adds_up());
    assert_eq!(
        (funnel.uploaded, funnel.admitted, funnel.purpose),
        (MEMBERS, 5, 3)
    );
}

async fn without_an_instruction_nothing_runs(world: World) {
    world.complete().await;
    let nowhere: InstructionId = "ins_00000000000070008000000000000001".parse().unwrap();
    let missing = world
        .refused(&world.ask(nowhere, PURPOSE, everyone()))
        .await;
    assert_eq!(missing, ["instruction"]);
    let over = world.instruct(-30, -1).await;
    let missing = world.refused(&world.ask(over, PURPOSE, everyone())).await;
    assert_eq!(missing, ["instruction_period"]);
    let revoked = world.instruct(0, 30).await;
    world
        .platform
        .revoke_instruction(&world.caller, revoked)
        .await
        .unwrap();
    let missing = world
        .refused(&world.ask(revoked, PURPOSE, everyone()))
        .await;
    assert_eq!(missing, ["instruction_standing"]);
}

async fn without_a_declaration_nothing_runs(world: World) {
    let _mark = clause::check!(U3);
    world.consent(1..=5, PURPOSE).await;
    let instruction = world.instruct(0, 30).await;
    let ask = world.ask(instruction, PURPOSE, everyone());
    assert_eq!(
        world.refused(&ask).await,
        ["dataset_standing", "declaration"]
    );
    world.declare().await;
    assert_eq!(world.count(instruction, PURPOSE).await, 5);
}

async fn what_nobody_consented_to_is_refused_by_name(world: World) {
    let instruction = world.complete().await;
    let ask = world.ask(instruction, "research.industry", everyone());
    assert_eq!(world.refused(&ask).await, ["consent"]);
    // It says whom it would reach, and two of the eight are out of that: one said no, one is a minor.
    let refused = "member_id,purpose,operation,recipient,kind,status,from,until\nm7,research.industry,process,enterprise,explicit,refused,2026-01-05T00:00:00Z,\n";
    let file = std::io::Cursor::new(refused);
    let recorded = world
        .platform
        .record_consent_file(&world.caller, ConsentSource::Api, file)
        .await;
    assert_eq!(recorded.unwrap().recorded, 1);
    let minor = [(
        Pii::new(String::from("m8")),
        world.platform.now().plus_days(90),
    )];
    let kind = IdentifierKind::MemberId;
    let (platform, caller) = (&world.platform, &world.caller);
    platform.record_minors(caller, &kind, &minor).await.unwrap();
    let answer = platform.run(caller, &ask).await.unwrap();
    let Answer::Refused(refusal) = answer else {
        panic!("done instead of refused");
    };
    let expected = WouldReach {
        people: 8,
        to_ask: 6,
        declined: 1,
        barred: 1,
        kind: ConsentKind::Separate,
    };
    assert_eq!(refusal.first().reach(), Some(expected));
    for (lang, words) in [(Lang::Zh, "有 8 人，其中 6 人"), (Lang::En, "of 8 people")] {
        assert!(refusal.text(lang).contains(words), "{}", refusal.text(lang));
    }
    // Where something else is missing too, nobody is counted.
    let (world, two) = staffed(world).await;
    take(&world, &two, MeasureKind::FreezeDataset).await;
    let answer = world.platform.run(&world.caller, &ask).await.unwrap();
    let answer = answer.done();
    let refused = answer.unwrap_err();
    let mut reasons = refused.refusal().unwrap().reasons();
    assert!(reasons.all(|it| it.reach().is_none()));
}

async fn a_foreign_enterprise_finds_no_dataset(world: World) {
    world.complete().await;
    let other = enrol(&world.platform, "Second").await;
    let own = world
        .platform
        .create_dataset(&other, "own", &mapping())
        .await
        .unwrap();
    declare(&world.platform, &other, own).await;
    let now = world.platform.now();
    let period = Period {
        from: now,
        until: now.plus_days(30),
    };
    let instruction = instruct(&world.platform, &other, own, period)
        .await
        .unwrap();
    let ask = world.ask(instruction, PURPOSE, everyone());
    let answer = world
        .platform
        .run(&other, &ask)
        .await
        .unwrap()
        .done()
        .unwrap_err();
    let refusal = answer.refusal().unwrap();
    assert!(refusal.reasons().any(|it| it.fact().code() == "dataset"));
    assert!(!refusal.to_string().contains("people"));
    let seen = world.platform.own_dataset(&other, world.people).await;
    assert!(matches!(seen, Err(AppError::Missing { .. })));
    let foreign = instruct(&world.platform, &other, world.people, period).await;
    assert!(foreign.is_err(), "an instruction names a foreign dataset");
}

async fn an_expired_letter_takes_away_the_right_to_instruct(world: World) {
    let now = world.platform.now();
    let contact = Contact {
        name: Pii::new(String::from("Admin")),
        phone: None,
        email: None,
    };
    let period = Period {
        from: now.plus_days(-1),
        until: now.plus_days(10),
    };
    let letter = (Digest::new([3; 32]), period);
    let platform = &world.platform;
    let admin = platform
        .add_representative(&world.caller, Role::Admin, contact, Lang::En, letter)
        .await
        .unwrap();
    let caller = Caller::of(world.caller.enterprise, admin);
    let period = Period {
        from: now,
        until: now.plus_days(30),
    };
    instruct(platform, &caller, world.people, period)
        .await
        .unwrap();
    world.parts.clock.set(now.plus_days(10));
    let error = instruct(platform, &caller, world.people, period)
        .await
        .unwrap_err();
    let refusal = error.refusal().unwrap();
    assert_eq!(refusal.first().fact().code(), "letter");
}

async fn the_same_file_twice_changes_nothing(world: World) {
    let instruction = world.complete().await;
    let file = world.parts.folder().join("people.csv");
    let (platform, caller) = (&world.platform, &world.caller);
    platform
        .import_file(caller, world.people, &mapping(), &file, &|_| {})
        .await
        .unwrap();
    let size = world.done(instruction, PURPOSE).await;
    let Some(size) = size.audience_size() else {
        panic!("no audience")
    };
    assert_eq!(size.funnels["people"].uploaded, MEMBERS);
    let rows = world.ask(instruction, PURPOSE, sql("SELECT age FROM people"));
    let done = platform.run(caller, &rows).await.unwrap().done().unwrap();
    assert_eq!(done.outcome.receipt.rows_out, 5);
}

async fn sql_sees_admitted_rows_only_and_cannot_step_aside(world: World) {
    let instruction = world.complete().await;
    let run = async |text: &str| {
        let ask = world.ask(instruction, PURPOSE, sql(text));
        world.platform.run(&world.caller, &ask).await
    };
    let done = run("SELECT age FROM people WHERE age >= '21'")
        .await
        .unwrap()
        .done()
        .unwrap();
    let QueryResult::Rows(rows) = done.outcome.result else {
        panic!("no rows")
    };
    assert_eq!(rows.len(), 5);
    for hostile in [
        "SET x = 1",
        "SELECT * FROM information_schema.tables",
        "COPY people TO 'x'",
        "SELECT 1; SELECT 2",
    ] {
        assert!(
            matches!(run(hostile).await, Err(AppError::Engine(_))),
            "{hostile}"
        );
    }
}

async fn what_is_asked_by_the_api_stands_in_the_own_log_of_whose_token_it_is(world: World) {
    let _mark = clause::check!(R1);
    let instruction = world.complete().await;
    let (platform, store) = (&world.platform, &world.parts.store);
    let until = platform.now().plus_days(30);
    let new = NewApiToken {
        label: String::from("test"),
        scopes: [Action::Process].into(),
        expires: until,
    };
    let made = platform.create_token(&world.caller, &new).await;
    let (_, secret) = made.unwrap();
    let there = crate::desk::visit(7);
    let caller = platform.caller_of_token(&secret, &there).await;
    let caller = caller.unwrap().unwrap();
    let question = world.ask(instruction, PURPOSE, everyone());
    let answer = platform.run(&caller, &question).await.unwrap();
    assert!(matches!(answer, Answer::Done(_)));
    let unknown = world.ask(instruction, "service", everyone());
    let answer = platform.run(&caller, &unknown).await.unwrap();
    assert!(matches!(answer, Answer::Refused(_)));
    let read = store.read();
    let seat = read.find_representative(caller.enterprise, caller.representative);
    let account = seat.await.unwrap().unwrap().account.unwrap();
    let own = store.list_own_acts(account, None, 3).await.unwrap();
    let lines: Vec<_> = own
        .iter()
        .map(|act| (act.entry.kind.as_str(), act.network.is_some()))
        .collect();
    assert_eq!(
        lines,
        [
            ("permit.refused", true),
            ("permit.recorded", true),
            ("token.created", false),
        ]
    );
}
