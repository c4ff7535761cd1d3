//! Consent and its withdrawal.

use std::io::Cursor;

use yuntu_app::consent::ConsentSource;
use yuntu_app::lake::IdentifierKind;
use yuntu_app::store::{ConsentProof, NoticeShown};
use yuntu_app::{AppError, ConsentInput, ConsentsRecorded};
use yuntu_terms::{
    ConsentKind, ConsentRecordId, ConsentStatus, Digest, ErrorKind, Operation, Pii, Recipient,
    Sink, clause,
};

use crate::world::{OTHER_PURPOSE, PURPOSE, World, mapping};

const HEAD: &str = "member_id,purpose,operation,recipient,kind,status,from,until,proof\n";

impl World {
    async fn file(&self, content: String) -> Result<ConsentsRecorded, AppError> {
        self.platform
            .record_consent_file(&self.caller, ConsentSource::Api, Cursor::new(content))
            .await
    }

    async fn version(&self) -> u64 {
        let read = self.parts.store.read();
        read.consent_version(self.caller.enterprise).await.unwrap()
    }
}

crate::on_both!(
    a_withdrawal_takes_exactly_one_person_out_of_the_next_run,
    minors_are_left_out_until_they_are_of_age,
    a_bad_consent_file_leaves_nothing_behind,
    a_long_file_is_taken_in_whole_and_the_same_file_again_changes_nothing,
    records_are_taken_in_whole_once_and_shown_with_what_they_rest_on,
    a_look_at_a_person_is_in_the_ledger_also_when_it_finds_nobody,
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
    let line = |member: u32, status: &str| {
        format!(
            "m{member},{PURPOSE},process,enterprise,explicit,{status},2026-01-05T00:00:00Z,,box 7\n"
        )
    };
    // More than fits one stretch, so that good lines were handed on before the bad ones come.
    let good: String = (1..=6_000).map(|_| line(7, "given")).collect();
    let file = format!("{HEAD}{good}{}{}", line(8, "perhaps"), line(8, "maybe"));
    let before = world.version().await;
    let error = world.file(file).await.unwrap_err();
    let AppError::ConsentLines { faults, total } = &error else {
        panic!("{error:?}")
    };
    let lines: Vec<u64> = faults.iter().map(|it| it.line).collect();
    assert_eq!((lines, *total), (vec![6_002, 6_003], 2));
    assert_eq!(world.version().await, before);
    assert_eq!(world.count(instruction, PURPOSE).await, 5);
}

async fn a_long_file_is_taken_in_whole_and_the_same_file_again_changes_nothing(world: World) {
    let line = |member: u32, purpose: &str| {
        format!(
            "m{member},{purpose},process,enterprise,explicit,given,2026-01-05T00:00:00Z,,box 7\n"
        )
    };
    let lines: String = (0..12_000_u32)
        .map(|place| line(1 + place % 8, PURPOSE))
        .collect();
    let file = format!("{HEAD}{lines}{}", line(99, PURPOSE));
    let first = world.file(file.clone()).await.unwrap();
    assert_eq!(
        (first.recorded, first.already, first.unknown_people),
        (12_000, 0, 1)
    );
    assert_eq!(first.version, 12_000);
    let again = world.file(file.clone()).await.unwrap();
    assert_eq!(
        (again.recorded, again.already, again.unknown_people),
        (0, 12_000, 1)
    );
    assert_eq!(world.version().await, 12_000);
    // Member 99 comes into the data: the same file brings her record, and nobody else's twice.
    let more = world.parts.folder().join("more.csv");
    std::fs::write(&more, "member_id,age\nm99,40\n").unwrap();
    let (platform, caller) = (&world.platform, &world.caller);
    platform
        .import_file(caller, world.people, &mapping(), &more, &|_| {})
        .await
        .unwrap();
    let third = world.file(file.clone()).await.unwrap();
    assert_eq!(
        (third.recorded, third.already, third.unknown_people),
        (1, 12_000, 0)
    );
    let fourth = world.file(file).await.unwrap();
    assert_eq!((fourth.recorded, fourth.already), (0, 12_001));
    assert_eq!(world.version().await, 12_001);
}

fn record(member_number: u32, status: ConsentStatus) -> ConsentInput {
    ConsentInput {
        id: None,
        identifier: IdentifierKind::MemberId,
        value: member(member_number),
        purpose: PURPOSE.parse().unwrap(),
        operation: Operation::Process,
        recipient: Recipient::Enterprise,
        kind: ConsentKind::Explicit,
        status,
        from: "2026-01-05T00:00:00Z".parse().unwrap(),
        until: None,
        recorded: None,
        proof: ConsentProof {
            method: Some(String::from("web form")),
            notice: Some(NoticeShown {
                version: String::from("2026-01"),
                digest: Some(Digest::new([4; 32])),
            }),
            language: Some(String::from("zh-CN")),
            reference: Some(Pii::new(String::from("contract 17"))),
            paper: None,
        },
        paper: None,
    }
}

async fn records_are_taken_in_whole_once_and_shown_with_what_they_rest_on(world: World) {
    let _mark = clause::check!(R22);
    let instruction = world.complete().await;
    let (platform, caller) = (&world.platform, &world.caller);
    let named: ConsentRecordId = "csr_0192f0c1000070008000000000000001".parse().unwrap();
    let inputs = || {
        vec![
            ConsentInput {
                id: Some(named),
                ..record(7, ConsentStatus::Given)
            },
            record(3, ConsentStatus::Withdrawn),
            record(99, ConsentStatus::Given),
        ]
    };
    let done = platform
        .record_consents(caller, ConsentSource::Api, inputs())
        .await
        .unwrap();
    assert_eq!(
        (done.recorded, done.already, done.unknown_people),
        (2, 0, 1)
    );
    assert_eq!(
        world.count(instruction, PURPOSE).await,
        5,
        "one came, one went"
    );
    // The record with a name of its own is there once; under its name nothing else is recorded.
    let again = platform
        .record_consents(caller, ConsentSource::Api, inputs())
        .await
        .unwrap();
    assert_eq!((again.recorded, again.already), (1, 1));
    let mut other = inputs();
    other[0].status = ConsentStatus::Refused;
    let before = world.version().await;
    let error = platform
        .record_consents(caller, ConsentSource::Api, other)
        .await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(world.version().await, before);
    let mut bad = inputs();
    bad[1].until = Some("2020-01-05T00:00:00Z".parse().unwrap());
    bad[2].purpose = "unheard.of".parse().unwrap();
    let error = platform
        .record_consents(caller, ConsentSource::Api, bad)
        .await
        .unwrap_err();
    let AppError::ConsentRecords { faults, total: 2 } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(faults.iter().map(|it| it.line).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(world.version().await, before);
    let kind = IdentifierKind::MemberId;
    let shown = platform
        .person_consents(caller, &kind, &member(7), None)
        .await
        .unwrap();
    assert_eq!(shown.records.len(), 1);
    let evidence = shown.records[0].record.evidence.unwrap();
    let proof = &shown.proofs[&evidence];
    assert_eq!(proof.method.as_deref(), Some("web form"));
    let read = |sink| {
        let reference = proof.reference.as_ref().unwrap();
        reference.open(&shown.view, sink, String::clone)
    };
    assert_eq!(read(Sink::Page).as_deref(), Some("contract 17"));
    assert_eq!(read(Sink::Json).as_deref(), Some("contract 17"));
    assert_eq!(read(Sink::Mail), None);
}

async fn a_look_at_a_person_is_in_the_ledger_also_when_it_finds_nobody(world: World) {
    world.complete().await;
    let (platform, caller) = (&world.platform, &world.caller);
    let kind = IdentifierKind::MemberId;
    let looks = async || {
        let now = platform.now();
        let read = world.parts.store.read();
        let counts = read
            .count_entries(now.plus_days(-1), now.plus_days(1))
            .await;
        let counts = counts.unwrap();
        let found = counts.iter().find(|it| it.kind == "values.opened");
        found.map_or(0, |it| it.count)
    };
    let before = looks().await;
    let shown = platform
        .person_consents(caller, &kind, &member(6), None)
        .await
        .unwrap();
    assert_eq!(shown.records.len(), 1);
    let nobody = platform
        .person_consents(caller, &kind, &member(99), None)
        .await;
    assert!(matches!(nobody, Err(AppError::Missing { .. })));
    assert_eq!(looks().await, before + 2);
}

async fn new_consent_widens_the_scope_from_then_on(world: World) {
    let instruction = world.complete().await;
    world.consent(7..=8, PURPOSE).await;
    assert_eq!(world.count(instruction, PURPOSE).await, 7);
}
