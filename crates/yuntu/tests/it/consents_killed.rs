//! The server killed at random moments while consents are written: nothing that it acknowledged is lost, nothing is doubled,
//! and no request is there by half.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use yuntu_app::lake::IdentifierKind;
use yuntu_app::policy::Action;
use yuntu_app::store::NewApiToken;
use yuntu_app::{Caller, Platform};
use yuntu_terms::{ConsentRecordId, Pii, SeededEntropy, SystemEntropy};
use yuntu_testkit::Backend;

use crate::killed::{Kept, enrol, kills, mapping, pass};
use crate::server::happens;

const MEMBERS: u64 = 40;
const WRITERS: u64 = 3;
/// The latest moment of a kill, from the moment on at which the server is at work.
const LONGEST: Duration = Duration::from_millis(200);

#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_at_any_moment_keeps_what_it_acknowledged_on_sqlite() {
    killed_on(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_at_any_moment_keeps_what_it_acknowledged_on_postgres() {
    killed_on(Backend::Postgres).await;
}

/// Requests by their number: the names of their records, and whether they were acknowledged.
type Sent = Arc<Mutex<BTreeMap<u64, (Vec<ConsentRecordId>, bool)>>>;

async fn killed_on(backend: Backend) {
    let kept = Kept::on(backend, "");
    let platform = kept.beside().await;
    let (caller, token) = furnish(&platform, &kept).await;
    drop(platform);
    let sent = Sent::default();
    let next = Arc::new(Mutex::new(0_u64));
    for kill in 0..kills() {
        let before = acknowledged(&sent);
        let server = kept.serve();
        let over = Arc::new(AtomicBool::new(false));
        let writers = (0..WRITERS).map(|_| {
            let (sent, next, over) = (Arc::clone(&sent), Arc::clone(&next), Arc::clone(&over));
            let (address, token) = (server.address(), token.clone());
            std::thread::spawn(move || write(address, &token, (&sent, &next), &over))
        });
        let writers: Vec<_> = writers.collect();
        if !kill.is_multiple_of(4) {
            // A server that is busy with its start is killed one time in four; else it is at work.
            happens(|| acknowledged(&sent) > before).await;
        }
        pass(&SystemEntropy, LONGEST).await;
        drop(server);
        over.store(true, Ordering::Relaxed);
        for writer in writers {
            writer.join().unwrap();
        }
    }
    // Whoever got no answer asks again, as a careful client does.
    let server = kept.serve();
    let open_ones: Vec<_> = sent
        .lock()
        .unwrap()
        .iter()
        .filter(|(_, (_, acknowledged))| !acknowledged)
        .map(|(number, (ids, _))| (*number, ids.clone()))
        .collect();
    for (number, ids) in open_ones {
        assert_eq!(
            post(server.address(), &token, &body(number, &ids)),
            Some(200)
        );
    }
    drop(server);
    let platform = kept.beside().await;
    check(&platform, &caller, &sent).await;
}

/// Counts the requests that were acknowledged.
fn acknowledged(sent: &Sent) -> u64 {
    let sent = sent.lock().unwrap();
    let count = sent.values().filter(|(_, acknowledged)| *acknowledged);
    u64::try_from(count.count()).unwrap()
}

/// Sends requests until the server goes; each is on the list before it is sent.
fn write(address: SocketAddr, token: &str, (sent, next): (&Sent, &Mutex<u64>), over: &AtomicBool) {
    while !over.load(Ordering::Relaxed) {
        let number = {
            let mut next = next.lock().unwrap();
            *next += 1;
            *next
        };
        let seeded = SeededEntropy::new(1_000_000 + number);
        let now = "2026-06-01T00:00:00Z".parse().unwrap();
        let ids: Vec<ConsentRecordId> = (0..=number % 3)
            .map(|_| ConsentRecordId::generate(now, &seeded).unwrap())
            .collect();
        let body = body(number, &ids);
        sent.lock().unwrap().insert(number, (ids, false));
        match post(address, token, &body) {
            Some(200) => sent.lock().unwrap().get_mut(&number).unwrap().1 = true,
            Some(status) => panic!("{status}"),
            None => return,
        }
    }
}

fn body(number: u64, ids: &[ConsentRecordId]) -> String {
    let record = |(place, id): (u64, &ConsentRecordId)| {
        let member = (number * 3 + place) % MEMBERS;
        let status = if number.is_multiple_of(4) {
            "withdrawn"
        } else {
            "given"
        };
        json!({
            "record_id": id, "identifier": "member_id", "value": format!("m{member}"),
            "purpose": "marketing.insight", "operation": "process", "recipient": "enterprise",
            "kind": "explicit", "status": status, "from": "2026-01-05T00:00:00Z",
            "proof": format!("request {number}"),
        })
    };
    let records: Vec<_> = (0..).zip(ids).map(record).collect();
    json!({"records": records}).to_string()
}

/// Sends a request; nothing when the server went before it answered.
fn post(address: SocketAddr, token: &str, body: &str) -> Option<u16> {
    let mut stream = TcpStream::connect(address).ok()?;
    let head = format!(
        "POST /api/v1/consents/records HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    // An answer that broke off is none.
    let (head, rest) = answer.split_once("\r\n\r\n")?;
    rest.ends_with('}').then_some(())?;
    head.split(' ').nth(1)?.parse().ok()
}

async fn check(platform: &Platform, caller: &Caller, sent: &Sent) {
    let mut found: BTreeMap<ConsentRecordId, u32> = BTreeMap::new();
    let mut seqs = BTreeSet::new();
    for member in 0..MEMBERS {
        let value = Pii::new(format!("m{member}"));
        let kind = IdentifierKind::MemberId;
        let mut before = None;
        loop {
            let shown = platform.person_consents(caller, &kind, &value, before);
            let shown = shown.await.unwrap();
            for record in shown.records {
                assert!(shown.proofs.contains_key(&record.record.evidence.unwrap()));
                *found.entry(record.record.id).or_default() += 1;
                assert!(seqs.insert(record.seq));
            }
            before = shown.more_before;
            if before.is_none() {
                break;
            }
        }
    }
    let sent = sent.lock().unwrap();
    let acknowledged = sent.values().filter(|(_, acknowledged)| *acknowledged);
    let acknowledged = u64::try_from(acknowledged.count()).unwrap();
    assert!(
        acknowledged > kills(),
        "the writers hardly wrote: {acknowledged}"
    );
    let all: Vec<_> = sent.values().flat_map(|(ids, _)| ids).collect();
    assert_eq!(found.len(), all.len(), "each is there, and nothing else");
    for id in all {
        assert_eq!(found.get(id), Some(&1), "{id}");
    }
    // The log has no gap.
    let last = u64::try_from(seqs.len()).unwrap();
    assert_eq!((seqs.first(), seqs.last()), (Some(&1), Some(&last)));
}

async fn furnish(platform: &Platform, kept: &Kept) -> (Caller, String) {
    let caller = enrol(platform).await;
    let mapping = mapping();
    let dataset = platform.create_dataset(&caller, "people", &mapping).await;
    let rows: Vec<String> = (0..MEMBERS).map(|m| format!("m{m},{m}\n")).collect();
    let file = kept.data().join("people.csv");
    std::fs::write(&file, format!("member_id,age\n{}", rows.concat())).unwrap();
    platform
        .import_file(&caller, dataset.unwrap(), &mapping, &file, &|_| {})
        .await
        .unwrap();
    let new = NewApiToken {
        label: String::from("test"),
        scopes: BTreeSet::from([Action::RecordConsent]),
        expires: platform.now().plus_days(30),
    };
    let token = platform.create_token(&caller, &new).await;
    (caller, token.unwrap().1.expose().to_owned())
}
