//! Who relies on consent can show it: scopes rest on papers of their dataset, records that permit on a proof.

use std::collections::BTreeSet;
use std::io::Cursor;

use yuntu_app::consent::{ConsentSource, DatasetScope};
use yuntu_app::lake::IdentifierKind;
use yuntu_app::store::ConsentProof;
use yuntu_app::{AppError, ConsentInput, ConsentsRecorded};
use yuntu_terms::{ConsentKind, ConsentStatus, Digest, Operation, Pii, Purpose, Recipient, clause};

use crate::world::{MEMBERS, PURPOSE, World, everyone, mapping};

const HEAD: &str =
    "member_id,purpose,operation,recipient,kind,status,from,until,language,proof,paper\n";

crate::on_both!(
    a_scope_rests_on_papers_of_its_own_dataset_that_stand,
    a_scope_whose_papers_were_taken_back_speaks_for_nobody,
    a_record_that_permits_names_its_proof,
    a_line_that_permits_names_its_proof,
    every_record_of_a_person_is_reached_page_by_page,
);

fn scope(world: &World, purposes: &[&str]) -> DatasetScope {
    let purposes = purposes.iter().map(|it| it.parse::<Purpose>().unwrap());
    DatasetScope {
        purposes: purposes.collect(),
        operations: BTreeSet::from([Operation::Process]),
        recipients: BTreeSet::from([Recipient::Enterprise]),
        kind: ConsentKind::Explicit,
        from: world.parts.store.database().now().plus_days(-1),
        until: None,
    }
}

/// Declares a scope of the people's dataset, from the same day whenever it is declared.
async fn declare(world: &World, purposes: &[&str], proof: &[Digest]) -> Result<u64, AppError> {
    let scope = scope(world, purposes);
    let declared = (&scope, proof);
    let (platform, caller) = (&world.platform, &world.caller);
    platform.declare_scope(caller, world.people, declared).await
}

#[track_caller]
fn lacks_proof(declared: Result<u64, AppError>, word: &str) {
    match declared {
        Err(AppError::Invalid {
            what: "evidence",
            reason,
        }) => assert!(reason.en.contains(word), "{reason:?}"),
        other => panic!("{other:?}"),
    }
}

async fn a_scope_rests_on_papers_of_its_own_dataset_that_stand(world: World) {
    let _mark = clause::check!(U4);
    world.declare().await;
    let instruction = world.instruct(0, 30).await;
    let ask = world.ask(instruction, PURPOSE, everyone());
    assert_eq!(world.refused(&ask).await, ["consent"]);
    let (platform, caller) = (&world.platform, &world.caller);
    lacks_proof(declare(&world, &[PURPOSE], &[]).await, "first version");
    let unknown = [Digest::new([7; 32])];
    lacks_proof(declare(&world, &[PURPOSE], &unknown).await, "no paper of");
    let other = platform.create_dataset(caller, "others", &mapping()).await;
    let (_, elsewhere) = world.proof_of(other.unwrap(), "of others").await;
    let elsewhere = [elsewhere];
    lacks_proof(declare(&world, &[PURPOSE], &elsewhere).await, "no paper of");
    assert_eq!(world.refused(&ask).await, ["consent"], "nothing was opened");
    let form = world.proof("express consent").await;
    assert_eq!(declare(&world, &["marketing"], &[form]).await.unwrap(), 1);
    assert_eq!(world.count(instruction, PURPOSE).await, MEMBERS);
    // What adds nothing rests on the papers of the version before; what adds names its own.
    assert_eq!(declare(&world, &[PURPOSE], &[]).await.unwrap(), 2);
    let versions = platform.scopes(caller, world.people).await.unwrap();
    assert_eq!(versions[0].evidence, [form]);
    lacks_proof(declare(&world, &["marketing"], &[]).await, "goes beyond");
    assert_eq!(declare(&world, &["marketing"], &[form]).await.unwrap(), 3);
}

async fn a_scope_whose_papers_were_taken_back_speaks_for_nobody(world: World) {
    world.declare().await;
    let instruction = world.instruct(0, 30).await;
    let (platform, caller, people) = (&world.platform, &world.caller, world.people);
    let (first, form) = world.proof_of(people, "form").await;
    let (second, addition) = world.proof_of(people, "addition").await;
    let proof = [form, addition];
    declare(&world, &[PURPOSE], &proof).await.unwrap();
    let revoke = async |paper| {
        let reason = "signed by nobody";
        let done = platform.revoke_evidence(caller, people, paper, reason);
        done.await.unwrap();
    };
    revoke(first).await;
    assert_eq!(world.count(instruction, PURPOSE).await, MEMBERS);
    revoke(second).await;
    let ask = world.ask(instruction, PURPOSE, everyone());
    assert_eq!(world.refused(&ask).await, ["consent"]);
    lacks_proof(declare(&world, &[PURPOSE], &[]).await, "nothing is left");
    lacks_proof(declare(&world, &[PURPOSE], &[form]).await, "taken back");
    let anew = [world.proof("form, signed").await];
    declare(&world, &[PURPOSE], &anew).await.unwrap();
    assert_eq!(world.count(instruction, PURPOSE).await, MEMBERS);
}

fn input(status: ConsentStatus, paper: Option<Digest>, reference: Option<&str>) -> ConsentInput {
    ConsentInput {
        id: None,
        identifier: IdentifierKind::MemberId,
        value: Pii::new(String::from("m1")),
        purpose: PURPOSE.parse().unwrap(),
        operation: Operation::Process,
        recipient: Recipient::Enterprise,
        kind: ConsentKind::Explicit,
        status,
        from: "2026-01-05T00:00:00Z".parse().unwrap(),
        until: None,
        recorded: None,
        proof: ConsentProof {
            reference: reference.map(|it| Pii::new(it.to_owned())),
            language: Some(String::from("zh-CN")),
            ..ConsentProof::default()
        },
        paper,
    }
}

async fn a_record_that_permits_names_its_proof(world: World) {
    let _mark = clause::check!(U4);
    let instruction = world.complete().await;
    let (platform, caller) = (&world.platform, &world.caller);
    let record = async |input| {
        let done = platform.record_consents(caller, ConsentSource::Api, vec![input]);
        done.await
    };
    let unproved = async |input, word: &str| match record(input).await {
        Err(AppError::ConsentRecords { faults, total: 1 }) => {
            assert!(faults[0].reason.en.contains(word), "{faults:?}");
        }
        other => panic!("{other:?}"),
    };
    let (given, renewed) = (ConsentStatus::Given, ConsentStatus::Renewed);
    for status in [given, renewed] {
        unproved(input(status, None, None), "written proof").await;
        unproved(input(status, None, Some("  ")), "written proof").await;
    }
    let unknown = Some(Digest::new([7; 32]));
    unproved(input(given, unknown, Some("box 7")), "no paper of").await;
    let mut tongue = input(given, None, Some("box 7"));
    tongue.proof.language = Some(String::from("the language of the form"));
    unproved(tongue, "tag of a language").await;
    // A "no" needs nothing.
    record(input(ConsentStatus::Refused, None, None))
        .await
        .unwrap();
    assert_eq!(world.count(instruction, PURPOSE).await, 4);
    let (paper, form) = world.proof_of(world.people, "form of m1").await;
    record(input(renewed, Some(form), None)).await.unwrap();
    assert_eq!(world.count(instruction, PURPOSE).await, 5);
    let shown = async || {
        let (kind, who) = (IdentifierKind::MemberId, Pii::new(String::from("m1")));
        let shown = platform.person_consents(caller, &kind, &who, None).await;
        let shown = shown.unwrap();
        let proof = shown.records.iter().find(|it| it.record.status == renewed);
        let proof = &shown.proofs[&proof.unwrap().record.evidence.unwrap()];
        assert_eq!(proof.language.as_deref(), Some("zh-CN"));
        assert_eq!(proof.paper, Some((paper, form)));
        shown.papers.contains(&form)
    };
    assert!(shown().await);
    let revoked = platform.revoke_evidence(caller, world.people, paper, "not hers");
    revoked.await.unwrap();
    assert!(!shown().await, "the paper that she names was taken back");
    unproved(input(given, Some(form), None), "taken back").await;
}

async fn send(world: &World, lines: &str) -> Result<ConsentsRecorded, AppError> {
    let file = Cursor::new(format!("{HEAD}{lines}"));
    let (platform, caller) = (&world.platform, &world.caller);
    platform
        .record_consent_file(caller, ConsentSource::Api, file)
        .await
}

fn line(status: &str, rest: &str) -> String {
    format!("m1,{PURPOSE},process,enterprise,explicit,{status},2026-01-05T00:00:00Z,,{rest}\n")
}

async fn a_line_that_permits_names_its_proof(world: World) {
    world.declare().await;
    let form = world.proof("form").await;
    let unknown = "07".repeat(32);
    let bad = [
        line("given", "zh,,"),
        line("renewed", ",  ,"),
        line("given", &format!(",box 7,{unknown}")),
        line("given", ",box 7,the paper"),
        line("given", "中文,box 7,"),
    ];
    match send(&world, &bad.concat()).await {
        Err(AppError::ConsentLines { faults, total: 5 }) => {
            let lines: Vec<u64> = faults.iter().map(|it| it.line).collect();
            assert_eq!(lines, [2, 3, 4, 5, 6]);
        }
        other => panic!("{other:?}"),
    }
    let good = [
        line("refused", ",,"),
        line("requested", ",,"),
        line("given", "zh-Hans,box 7,"),
        line("given", &format!("en,,{form}")),
    ];
    let done = send(&world, &good.concat()).await.unwrap();
    assert_eq!(done.recorded, 4);
}

async fn every_record_of_a_person_is_reached_page_by_page(world: World) {
    let many = 1_234;
    let lines: String = (0..many)
        .map(|at| line("given", &format!(",box {at},")))
        .collect();
    assert_eq!(send(&world, &lines).await.unwrap().recorded, many);
    let minor = world.platform.now().plus_days(90);
    let named = || Pii::new(String::from("m1"));
    let (kind, who) = (IdentifierKind::MemberId, named());
    let (platform, caller) = (&world.platform, &world.caller);
    let minors = [(named(), minor)];
    platform
        .record_minors(caller, &kind, &minors)
        .await
        .unwrap();
    let (mut found, mut pages, mut before) = (Vec::new(), 0, None);
    while pages < 10 {
        let shown = platform.person_consents(caller, &kind, &who, before);
        let shown = shown.await.unwrap();
        assert_eq!(shown.minor_until, Some(minor), "whatever page it is");
        found.extend(shown.records.iter().map(|it| it.seq));
        pages += 1;
        before = shown.more_before;
        if before.is_none() {
            break;
        }
    }
    let expected: Vec<u64> = (1..=many).rev().collect();
    assert_eq!((found, pages), (expected, 3));
}
