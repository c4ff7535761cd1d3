use std::sync::Arc;

use yuntu_consent::{ConsentIndex, ConsentRecord, ConsentSource, SubjectEvent};
use yuntu_store::{StoreError, Tx, Whose};
use yuntu_terms::{
    ConsentKind, ConsentRecordId, ConsentStatus, Digest, Id, ImportId, Operation, PartnerId,
    Recipient, SeededEntropy, SubjectId, Timestamp, clause,
};
use yuntu_testkit::{Party, TestStore};

use crate::contract;
use crate::steps::{beside, count, log, nobody, refused, restricted};

contract! {
    every_kind_of_event_reads_back_as_it_was_written,
    a_long_batch_keeps_its_order_and_leaves_one_ledger_entry,
    eight_writers_leave_no_gap_in_the_log,
    a_reader_that_asks_again_gets_what_came_meanwhile,
    an_empty_batch_and_an_unknown_enterprise_are_refused,
}

fn consent(
    now: Timestamp,
    subject: u32,
    recipient: Recipient,
    source: ConsentSource,
) -> SubjectEvent {
    SubjectEvent::Consent(ConsentRecord {
        id: ConsentRecordId::generate(now, &SeededEntropy::new(u64::from(subject))).unwrap(),
        subject: SubjectId::new(subject),
        purpose: "marketing.audience".parse().unwrap(),
        operation: Operation::Share,
        recipient,
        kind: ConsentKind::Separate,
        status: ConsentStatus::Given,
        from: now,
        until: subject.is_multiple_of(2).then(|| now.plus_days(30)),
        recorded: now,
        source,
        evidence: subject.is_multiple_of(3).then(|| Digest::new([9; 32])),
    })
}

fn one_of_each(now: Timestamp) -> Vec<SubjectEvent> {
    let subject = SubjectId::new(u32::MAX);
    let entropy = SeededEntropy::new(5);
    let partner: PartnerId = Id::generate(now, &entropy).unwrap();
    let import: ImportId = Id::generate(now, &entropy).unwrap();
    vec![
        consent(
            now,
            0,
            Recipient::Partner(partner),
            ConsentSource::Import(import),
        ),
        consent(now, 1, Recipient::Enterprise, ConsentSource::Api),
        consent(now, 2, Recipient::Public, ConsentSource::Platform),
        SubjectEvent::Restricted {
            subject,
            recorded: now,
        },
        SubjectEvent::Unrestricted {
            subject,
            recorded: now,
        },
        SubjectEvent::Erased {
            subject,
            recorded: now,
        },
        SubjectEvent::Minor {
            subject,
            until: now.plus_days(400),
            recorded: now,
        },
        SubjectEvent::Guardian {
            subject,
            status: ConsentStatus::Withdrawn,
            from: now,
            until: None,
            recorded: now,
        },
        SubjectEvent::Guardian {
            subject,
            status: ConsentStatus::Given,
            from: now,
            until: Some(now.plus_days(9)),
            recorded: Timestamp::from_micros(i64::MIN),
        },
        SubjectEvent::Joined {
            subject,
            with: SubjectId::new(u32::MAX - 1),
            recorded: now,
        },
    ]
}

async fn every_kind_of_event_reads_back_as_it_was_written(test: &TestStore) {
    let _mark = clause::check!(U4);
    let party = Party::enter(&test.store, 1).await.unwrap();
    let events = one_of_each(test.store.database().now());
    let batch = test
        .store
        .record_subject_events(
            party.enterprise,
            (
                party.representative,
                Whose::of_seat(party.representative, None),
            ),
            &events,
        )
        .await
        .unwrap();
    assert_eq!((batch.first, batch.last), (1, 10));
    let reader = test.store.read();
    let read = reader
        .subject_events(party.enterprise, 0)
        .next()
        .await
        .unwrap();
    let expected: Vec<_> = (1..).zip(events).collect();
    assert_eq!(read, expected);
    // What may take somebody out of a run: not a yes, and not the end of a suspension.
    let exits = reader.subject_exits(party.enterprise, 0).next().await;
    let exits: Vec<u64> = exits.unwrap().iter().map(|(seq, _)| *seq).collect();
    assert_eq!(exits, [4, 6, 7, 8, 10]);
    // One person's events under several numbers come at once, the latest first.
    let numbers = [u32::MAX, 1].map(SubjectId::new);
    let of_both = reader.events_of(party.enterprise, &numbers, None);
    let (of_both, more) = of_both.await.unwrap();
    assert_eq!(more, None);
    let mut wanted = expected.clone();
    wanted.retain(|(_, event)| numbers.contains(&event.subject()));
    wanted.reverse();
    assert_eq!(of_both, wanted);
    // What lies before one of them does not hold it.
    let newest = wanted.first().unwrap().0;
    let earlier = reader.events_of(party.enterprise, &numbers, Some(newest));
    assert_eq!(earlier.await.unwrap().0, wanted.split_off(1));
    assert_eq!(reader.consent_version(party.enterprise).await.unwrap(), 10);
    let mut index = ConsentIndex::new(party.enterprise);
    for (seq, event) in &read {
        index.apply(*seq, event).unwrap();
    }
    let facts = test
        .store
        .facts()
        .datasets(party.enterprise, &[party.dataset])
        .await
        .unwrap();
    assert_eq!(facts.first().unwrap().own_records, Some(3));
}

async fn a_long_batch_keeps_its_order_and_leaves_one_ledger_entry(test: &TestStore) {
    let party = Party::enter(&test.store, 1).await.unwrap();
    let now = test.store.database().now();
    let mut log = log(test);
    let before = test.store.sequence(&mut log).await.unwrap().size;
    let events: Vec<_> = (0..12_345)
        .map(|subject| restricted(subject, now))
        .collect();
    let batch = test
        .store
        .record_subject_events(
            party.enterprise,
            (
                party.representative,
                Whose::of_seat(party.representative, None),
            ),
            &events,
        )
        .await
        .unwrap();
    assert_eq!((batch.first, batch.last), (1, 12_345));
    assert_eq!(
        test.store.sequence(&mut log).await.unwrap().size,
        before + 1
    );
    let index = test
        .store
        .read()
        .leaf_index(batch.leaf)
        .await
        .unwrap()
        .unwrap();
    let entry = log.reader().leaf(index).unwrap().entry().unwrap();
    assert_eq!(entry.body["last"], 12_345);
    let mut pages = test.store.read().subject_events(party.enterprise, 0);
    let mut next = 1;
    loop {
        let page = pages.next().await.unwrap();
        if page.is_empty() {
            break;
        }
        for (seq, event) in page {
            assert_eq!(seq, next);
            assert_eq!(u64::from(event.subject().get()), seq - 1);
            next += 1;
        }
    }
    assert_eq!(next, 12_346);
}

async fn eight_writers_leave_no_gap_in_the_log(test: &TestStore) {
    let party = Party::enter(&test.store, 1).await.unwrap();
    let now = test.store.database().now();
    let store = Arc::new(test.store.clone());
    let writers = (0..8_u32).map(|writer| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for _ in 0..6 {
                let events = [restricted(writer, now), restricted(writer + 100, now)];
                store
                    .record_subject_events(
                        party.enterprise,
                        (
                            party.representative,
                            Whose::of_seat(party.representative, None),
                        ),
                        &events,
                    )
                    .await
                    .unwrap();
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let page = test
        .store
        .read()
        .subject_events(party.enterprise, 0)
        .next()
        .await
        .unwrap();
    let seqs: Vec<u64> = page.iter().map(|(seq, _)| *seq).collect();
    assert_eq!(seqs, (1..=96).collect::<Vec<_>>());
    // The two events of one batch lie side by side.
    for pair in page.chunks(2) {
        assert_eq!(pair[0].1.subject().get() + 100, pair[1].1.subject().get());
    }
}

async fn a_reader_that_asks_again_gets_what_came_meanwhile(test: &TestStore) {
    let party = Party::enter(&test.store, 1).await.unwrap();
    let now = test.store.database().now();
    let append = async |subject| {
        test.store
            .record_subject_events(
                party.enterprise,
                (
                    party.representative,
                    Whose::of_seat(party.representative, None),
                ),
                &[restricted(subject, now)],
            )
            .await
            .unwrap();
    };
    let mut pages = test.store.read().subject_events(party.enterprise, 0);
    assert!(pages.next().await.unwrap().is_empty());
    append(1).await;
    append(2).await;
    assert_eq!(pages.next().await.unwrap().len(), 2);
    append(3).await;
    assert_eq!(pages.next().await.unwrap(), [(3, restricted(3, now))]);
    let since = test
        .store
        .read()
        .subject_events(party.enterprise, 2)
        .next()
        .await
        .unwrap();
    assert_eq!(since, [(3, restricted(3, now))]);
}

async fn an_empty_batch_and_an_unknown_enterprise_are_refused(test: &TestStore) {
    let party = Party::enter(&test.store, 1).await.unwrap();
    let empty = test
        .store
        .record_subject_events(
            party.enterprise,
            (
                party.representative,
                Whose::of_seat(party.representative, None),
            ),
            &[],
        )
        .await;
    assert!(matches!(refused(empty), StoreError::Invalid { .. }));
    let now = test.store.database().now();
    let unknown = Id::generate(now, &SeededEntropy::new(1)).unwrap();
    let by = (nobody(), Whose::of_seat(party.representative, None));
    let lost = test
        .store
        .run_tx("test.unknown", async |tx: Tx| {
            tx.append_subject_events(unknown, by, &[restricted(1, now)])
                .await
        })
        .await;
    assert!(matches!(
        refused(lost),
        StoreError::Missing { what: "enterprise" }
    ));
    let db = beside(test).await;
    assert_eq!(count(&db, "SELECT COUNT(*) FROM subject_event").await, 0);
}
