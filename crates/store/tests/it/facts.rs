use std::collections::BTreeSet;

use yuntu_policy::{
    ConsentFacts, Facts, MissingFact, PurposeFacts, Request, Standing, StatementFacts, Wants,
    decide,
};
use yuntu_store::{AcceptedStatement, Cited, CitedOutcome, Decided, NewReceipt, StoreError, Tx};
use yuntu_terms::{
    ClauseId, ColumnClass, Digest, InstructionId, Lang, LegalBasis, Operation, PermitId, Purpose,
    ReceiptId, Recipient, Region, SystemEntropy, clause,
};
use yuntu_testkit::{Party, TestStore, period, scope};

use crate::contract;
use crate::steps::{beside, count, entry, log, refused};

contract! {
    what_is_recorded_comes_back_as_facts,
    unconfirmed_columns_and_missing_rows_are_unknown,
    a_permit_is_recorded_with_its_ledger_entry,
    a_refusal_is_in_the_ledger_too,
    a_freeze_between_facts_and_permit_cannot_slip_in,
    the_work_that_cited_an_instruction_is_listed_with_what_became_of_it,
    a_receipt_is_found_by_the_dataset_it_used,
}

fn marketing() -> Purpose {
    "marketing".parse().unwrap()
}

fn request(test: &TestStore, party: &Party) -> Request {
    Request {
        permit_id: PermitId::generate(test.store.database().now(), &SystemEntropy).unwrap(),
        actor: party.representative,
        enterprise: party.enterprise,
        purpose: "marketing.audience".parse().unwrap(),
        operation: Operation::Process,
        recipient: Recipient::Enterprise,
        datasets: vec![party.dataset],
        instruction: party.instruction,
        basis: LegalBasis::Consent,
        exception: None,
        help: None,
        exception_use: None,
        wants: Wants::default(),
    }
}

/// Adds what is not in rows.
fn complete(facts: Facts) -> Facts {
    let at = facts.now;
    Facts {
        statement: Some(StatementFacts {
            version: "1.0".to_owned(),
            digest: Digest::new([1; 32]),
            effective: at.plus_days(-10),
            accepted: Some(yuntu_policy::AcceptanceFacts {
                version: "1.0".to_owned(),
                at,
            }),
        }),
        purpose: Some(PurposeFacts {
            id: "marketing.audience".parse().unwrap(),
            clause: ClauseId::u(4),
            bases: vec![LegalBasis::Consent],
            consent: None,
            classes: vec![ColumnClass::NonPersonal, ColumnClass::Personal],
            operations: vec![Operation::Process],
            refusable: true,
        }),
        consent: Some(ConsentFacts {
            version: 0,
            root: Digest::new([2; 32]),
        }),
        ..facts
    }
}

async fn what_is_recorded_comes_back_as_facts(test: &TestStore) {
    let party = Party::enter(&test.store, 1).await.unwrap();
    let now = test.store.database().now();
    let facts = test
        .store
        .facts()
        .gather(&request(test, &party), now)
        .await
        .unwrap();
    let enterprise = facts.enterprise.unwrap();
    assert_eq!(enterprise.standing, Some(Standing::Active));
    assert_eq!(enterprise.certified, Some(period(now, 365)));
    let actor = facts.actor.unwrap();
    assert_eq!(
        (actor.id, actor.enterprise),
        (party.representative, Some(party.enterprise))
    );
    assert_eq!(actor.letter, Some(period(now, 365)));
    let instruction = facts.instruction.unwrap();
    assert_eq!(instruction.purposes, [marketing()]);
    assert_eq!(instruction.datasets, [party.dataset]);
    assert_eq!(instruction.period, Some(period(now, 30)));
    let [dataset] = facts.datasets.as_slice() else {
        panic!("one dataset")
    };
    assert_eq!(dataset.region, Some(Region::CN));
    assert_eq!(dataset.about_persons, Some(true));
    let columns = dataset.columns.clone().unwrap();
    assert_eq!(columns.len(), 4);
    assert_eq!(
        (columns[0].name.as_str(), columns[0].class),
        ("phone", ColumnClass::Identifier)
    );
    let declaration = dataset.declaration.clone().unwrap();
    assert!(declaration.complete);
    assert_eq!(declaration.bases, [LegalBasis::Consent]);
    assert_eq!(dataset.scope, Some(scope(now).unwrap()));
    assert_eq!(dataset.own_records, Some(0));
    assert_eq!(
        test.store
            .facts()
            .acceptance(party.enterprise)
            .await
            .unwrap(),
        None
    );
    let _mark = clause::check!(U1);
    let accepted = AcceptedStatement {
        version: "1.0".to_owned(),
        digest: Digest::new([1; 32]),
        lang: Lang::Zh,
    };
    test.store
        .run_tx("test.accept", async |tx: Tx| {
            tx.accept_statement(party.enterprise, party.representative, &accepted)
                .await?;
            tx.append(&entry(tx.now(), 1)).await
        })
        .await
        .unwrap();
    let acceptance = test
        .store
        .facts()
        .acceptance(party.enterprise)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((acceptance.version.as_str(), acceptance.at), ("1.0", now));
}

async fn unconfirmed_columns_and_missing_rows_are_unknown(test: &TestStore) {
    let party = Party::enter(&test.store, 1).await.unwrap();
    let db = beside(test).await;
    let now = test.store.database().now();
    crate::steps::run(
        &db,
        "UPDATE dataset_column SET confirmed_at = NULL WHERE position = 2",
    )
    .await;
    let facts = test
        .store
        .facts()
        .datasets(party.enterprise, &[party.dataset])
        .await
        .unwrap();
    assert_eq!(facts[0].columns, None);
    let mut request = request(test, &party);
    request.instruction = InstructionId::generate(now, &SystemEntropy).unwrap();
    let facts = test.store.facts().gather(&request, now).await.unwrap();
    assert_eq!(facts.instruction, None);
}

async fn a_permit_is_recorded_with_its_ledger_entry(test: &TestStore) {
    let _mark = clause::check!(U2);
    let party = Party::enter(&test.store, 1).await.unwrap();
    let asked = request(test, &party);
    let now = test.store.database().now();
    let facts = complete(test.store.facts().gather(&asked, now).await.unwrap());
    let permit = decide(&asked, &facts).unwrap();
    let recorded = test.store.record_permit(permit.clone()).await.unwrap();
    assert_eq!(recorded.permit(), &permit);
    let found = test
        .store
        .read()
        .find_permit(party.enterprise, asked.permit_id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.body["id"], asked.permit_id.to_string());
    let mut log = log(test);
    test.store.sequence(&mut log).await.unwrap();
    let index = test
        .store
        .read()
        .leaf_index(found.leaf)
        .await
        .unwrap()
        .unwrap();
    let leaf = log.reader().leaf(index).unwrap().entry().unwrap();
    assert_eq!(leaf.kind.as_str(), "permit.recorded");
    assert_eq!(leaf.body["digest"], permit.digest().to_string());
    assert_eq!(
        leaf.actor,
        test.store.pseudonym(party.representative).await.unwrap()
    );
    let written = String::from_utf8(log.reader().leaf(index).unwrap().into_bytes()).unwrap();
    assert!(!written.contains(&party.representative.to_string()));
    assert!(!written.contains(&party.representative.uuid().simple().to_string()));
    let twice = test.store.record_permit(permit).await;
    assert!(matches!(
        refused(twice),
        StoreError::Conflict { what: "permit" }
    ));
}

async fn a_refusal_is_in_the_ledger_too(test: &TestStore) {
    let _mark = clause::check!(U4);
    let party = Party::enter(&test.store, 1).await.unwrap();
    test.clock.advance(std::time::Duration::from_hours(24 * 40));
    let asked = request(test, &party);
    let decided = test
        .store
        .decide(&asked, (None, None), |facts| {
            decide(&asked, &complete(facts))
        })
        .await
        .unwrap();
    let Decided::Refused(refusal, leaf) = decided else {
        panic!("the instruction has ended")
    };
    assert!(refusal.lacks(MissingFact::InstructionPeriod));
    let listed = test
        .store
        .read()
        .list_refusals(party.enterprise, 10)
        .await
        .unwrap();
    assert_eq!((listed.len(), listed[0].leaf), (1, leaf));
    let mut log = log(test);
    test.store.sequence(&mut log).await.unwrap();
    let index = test.store.read().leaf_index(leaf).await.unwrap().unwrap();
    let entry = log.reader().leaf(index).unwrap().entry().unwrap();
    assert_eq!(entry.kind.as_str(), "permit.refused");
    assert_eq!(
        entry.body["missing"],
        serde_json::json!(["instruction_period"])
    );
    assert!(
        test.store
            .read()
            .find_permit(party.enterprise, asked.permit_id)
            .await
            .unwrap()
            .is_none()
    );
}

/// Whatever the order of the two, a permit is never dated behind the freeze it ignored.
async fn a_freeze_between_facts_and_permit_cannot_slip_in(test: &TestStore) {
    let party = Party::enter(&test.store, 1).await.unwrap();
    let asked = request(test, &party);
    let freezing = test.store.run_tx("test.freeze", async |tx: Tx| {
        let frozen = Standing::Frozen;
        tx.set_dataset_standing(party.enterprise, party.dataset, frozen, Some("proof asked"))
            .await?;
        tx.append(&entry(tx.now(), 1)).await
    });
    let _mark = clause::check!(U5);
    let deciding = test.store.decide(&asked, (None, None), |facts| {
        decide(&asked, &complete(facts))
    });
    let (frozen, decided) = tokio::join!(freezing, deciding);
    let (frozen, decided) = (frozen.unwrap(), decided.unwrap());
    match decided {
        Decided::Permitted(permit) => {
            let mut log = log(test);
            test.store.sequence(&mut log).await.unwrap();
            let found = test
                .store
                .read()
                .find_permit(party.enterprise, permit.id())
                .await
                .unwrap()
                .unwrap();
            let reader = test.store.read();
            assert!(
                reader.leaf_index(found.leaf).await.unwrap()
                    != reader.leaf_index(frozen).await.unwrap()
            );
        }
        Decided::Refused(refusal, _) => assert!(refusal.lacks(MissingFact::DatasetStanding)),
    }
    let again = Request {
        permit_id: request(test, &party).permit_id,
        ..asked.clone()
    };
    let decided = test
        .store
        .decide(&again, (None, None), |facts| {
            decide(&again, &complete(facts))
        })
        .await
        .unwrap();
    let Decided::Refused(refusal, _) = decided else {
        panic!("the dataset is frozen")
    };
    assert!(refusal.lacks(MissingFact::DatasetStanding));
}

async fn the_work_that_cited_an_instruction_is_listed_with_what_became_of_it(test: &TestStore) {
    let party = Party::enter(&test.store, 1).await.unwrap();
    let other = Party::enter(&test.store, 2).await.unwrap();
    let mut expected = Vec::new();
    for round in 0..3 {
        let asked = request(test, &party);
        let decided = test
            .store
            .decide(&asked, (None, None), |facts| {
                // Without the facts that rows do not tell, the second is refused.
                let facts = if round == 1 { facts } else { complete(facts) };
                decide(&asked, &facts)
            })
            .await
            .unwrap();
        let outcome = match decided {
            Decided::Refused(..) => CitedOutcome::Refused,
            Decided::Permitted(permit) if round == 0 => {
                let now = test.store.database().now();
                let receipt = NewReceipt {
                    id: ReceiptId::generate(now, &SystemEntropy).unwrap(),
                    permit: permit.id(),
                    datasets: vec![party.dataset],
                    body: b"{}".to_vec(),
                    digest: Digest::new([6; 32]),
                };
                let actor = test.store.pseudonym(party.representative).await.unwrap();
                test.store
                    .run_tx("test.receipt", async |tx: Tx| {
                        tx.record_receipt(party.enterprise, actor, &receipt).await
                    })
                    .await
                    .unwrap();
                CitedOutcome::Done(receipt.id)
            }
            Decided::Permitted(_) => CitedOutcome::Permitted,
        };
        expected.insert(0, (asked.permit_id, outcome));
    }
    let reader = test.store.read();
    let list = async |enterprise, before, limit| {
        reader
            .list_cited_work(
                enterprise,
                Cited::Instruction(party.instruction),
                before,
                limit,
            )
            .await
            .unwrap()
    };
    let all = list(party.enterprise, None, 10).await;
    let found: Vec<_> = all.iter().map(|it| (it.permit, it.outcome)).collect();
    assert_eq!(found, expected);
    assert!(all.iter().all(|it| it.by == party.representative));
    assert_eq!(list(party.enterprise, None, 2).await, all[..2]);
    assert_eq!(list(party.enterprise, Some(all[1].leaf), 2).await, all[2..]);
    assert_eq!(list(other.enterprise, None, 10).await, []);
}

async fn a_receipt_is_found_by_the_dataset_it_used(test: &TestStore) {
    let party = Party::enter(&test.store, 1).await.unwrap();
    let other = Party::enter(&test.store, 2).await.unwrap();
    let asked = request(test, &party);
    let decided = test
        .store
        .decide(&asked, (None, None), |facts| {
            decide(&asked, &complete(facts))
        })
        .await
        .unwrap();
    let Decided::Permitted(permit) = decided else {
        panic!("everything is in place")
    };
    let now = test.store.database().now();
    let receipt = NewReceipt {
        id: ReceiptId::generate(now, &SystemEntropy).unwrap(),
        permit: permit.id(),
        datasets: vec![party.dataset],
        body: b"{}".to_vec(),
        digest: Digest::new([6; 32]),
    };
    let actor = test.store.pseudonym(party.representative).await.unwrap();
    let record = async |enterprise| {
        test.store
            .run_tx("test.receipt", async |tx: Tx| {
                tx.record_receipt(enterprise, actor, &receipt).await
            })
            .await
    };
    assert!(matches!(
        refused(record(other.enterprise).await),
        StoreError::Missing { what: "permit" }
    ));
    record(party.enterprise).await.unwrap();
    let reader = test.store.read();
    let runs = reader
        .list_receipts_of(party.enterprise, party.dataset, 5)
        .await
        .unwrap();
    assert_eq!(
        runs.iter().map(|run| run.id).collect::<BTreeSet<_>>(),
        BTreeSet::from([receipt.id])
    );
    assert!(
        reader
            .list_receipts_of(other.enterprise, party.dataset, 5)
            .await
            .unwrap()
            .is_empty()
    );
    let db = beside(test).await;
    assert_eq!(count(&db, "SELECT COUNT(*) FROM receipt").await, 1);
}
