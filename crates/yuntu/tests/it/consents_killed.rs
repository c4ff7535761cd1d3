//! The server killed at random moments while consents are written: nothing that it acknowledged is lost, nothing is doubled,
//! and no request is there by half.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use yuntu_app::engine::EngineConfig;
use yuntu_app::lake::{
    ColumnMapping, ColumnRole, ColumnType, DatasetKind, Encoding, IdentifierForm, IdentifierKind,
    LakeConfig, Mapping, SourceFormat, TimeFormat,
};
use yuntu_app::outbound::Outbound;
use yuntu_app::policy::{Action, Period};
use yuntu_app::store::{Contact, DatabaseConfig, NewApiToken, NewEnterprise};
use yuntu_app::vault::{FileProvider, Suite, Unlock};
use yuntu_app::{Caller, Enrolment, Platform, PlatformConfig};
use yuntu_terms::{
    ColumnClass, ConsentRecordId, Digest, Lang, Pii, Region, SeededEntropy, SystemClock,
    SystemEntropy,
};
use yuntu_testkit::{Backend, Postgres};

use crate::command::install;
use crate::server::{Server, happens};

/// How often the server is killed on each database; `YUNTU_KILLS` asks for another number.
const KILLS: u64 = 50;
const MEMBERS: u64 = 40;
const WRITERS: u64 = 3;
const LEDGER: &str = "test.example/ledger";

fn kills() -> u64 {
    let asked = std::env::var_os("YUNTU_KILLS").and_then(|text| text.into_string().ok());
    asked.and_then(|text| text.parse().ok()).unwrap_or(KILLS)
}

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
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let database = match backend {
        Backend::Sqlite => None,
        Backend::Postgres => Some(Postgres::shared().unwrap().empty_database().unwrap()),
    };
    let url = database.as_ref().map_or_else(
        || format!("sqlite://{}?mode=rwc", data.join("yuntu.db").display()),
        |database| database.url().to_owned(),
    );
    let config = format!("[ledger]\nname = \"{LEDGER}\"\n\n[database]\nurl = \"{url}\"\n");
    std::fs::write(data.join("yuntu.toml"), config).unwrap();
    install(data);
    let platform = open(data, &url).await;
    let (caller, token) = furnish(&platform, data).await;
    drop(platform);

    let random = SeededEntropy::new(17);
    let sent = Sent::default();
    let next = Arc::new(Mutex::new(0_u64));
    for kill in 0..kills() {
        let before = acknowledged(&sent);
        let server = Server::start(data);
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
        // Not a wait for something to be so: the moment of the kill is what is drawn.
        let moment = Duration::from_millis(random.next_u64() % 200);
        tokio::time::sleep(moment).await;
        drop(server);
        over.store(true, Ordering::Relaxed);
        for writer in writers {
            writer.join().unwrap();
        }
    }
    // Whoever got no answer asks again, as a careful client does.
    let server = Server::start(data);
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
    let platform = open(data, &url).await;
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
        let shown = platform
            .person_consents(caller, &kind, &value)
            .await
            .unwrap();
        assert!(
            shown.records.len() < 2_000,
            "more than a page: raise MEMBERS"
        );
        for record in shown.records {
            assert!(shown.proofs.contains_key(&record.record.evidence.unwrap()));
            *found.entry(record.record.id).or_default() += 1;
            assert!(seqs.insert(record.seq));
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

async fn open(data: &Path, url: &str) -> Platform {
    let unlock = Unlock::Credential(data.join("keys/credential"));
    let config = PlatformConfig {
        database: DatabaseConfig::new(url),
        lake: LakeConfig::local(&data.join("lake"), Region::CN).unwrap(),
        region: Region::CN,
        keys: Arc::new(FileProvider::open(&data.join("keys/kek"), &unlock).unwrap()),
        suite: Suite::International,
        ledger: data.join("ledger"),
        ledger_name: LEDGER.to_owned(),
        ledger_key: data.join("keys/ledger"),
        operator: yuntu_statement::render::Installation::default(),
        outbound: Outbound::local(),
        engine: EngineConfig::default(),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
    };
    Platform::open_beside(config).await.unwrap()
}

async fn furnish(platform: &Platform, data: &Path) -> (Caller, String) {
    let now = platform.now();
    let year = Period {
        from: now.plus_days(-1),
        until: now.plus_days(365),
    };
    let enrolment = Enrolment {
        enterprise: NewEnterprise {
            name: String::from("Plain Store"),
            credit_code: None,
            industry: String::from("retail"),
            region: Region::CN,
        },
        owner: Contact {
            name: Pii::new(String::from("Owner")),
            phone: None,
            email: Some(Pii::new(String::from("owner@example.com"))),
        },
        lang: Lang::En,
        certified: year,
        letter: Digest::new([9; 32]),
        letter_period: year,
    };
    let caller = platform.enrol(enrolment).await.unwrap();
    platform.accept_statement(&caller, Lang::En).await.unwrap();
    let mapping = mapping();
    let dataset = platform.create_dataset(&caller, "people", &mapping).await;
    let rows: Vec<String> = (0..MEMBERS).map(|m| format!("m{m},{m}\n")).collect();
    let file = data.join("people.csv");
    std::fs::write(&file, format!("member_id,age\n{}", rows.concat())).unwrap();
    platform
        .import_file(&caller, dataset.unwrap(), &mapping, &file, &|_| {})
        .await
        .unwrap();
    let new = NewApiToken {
        label: String::from("test"),
        scopes: BTreeSet::from([Action::RecordConsent]),
        expires: now.plus_days(30),
    };
    let token = platform.create_token(&caller, &new).await;
    (caller, token.unwrap().1.expose().to_owned())
}

fn mapping() -> Mapping {
    let column = |source: &str, role, class| ColumnMapping {
        source: source.to_owned(),
        name: source.to_owned(),
        role,
        class,
        column_type: ColumnType::Text,
        time_format: TimeFormat::Iso,
    };
    let member = ColumnRole::Identifier {
        kind: IdentifierKind::MemberId,
        form: IdentifierForm::Plain,
        keep_original: false,
    };
    Mapping {
        source: SourceFormat::Csv {
            delimiter: b',',
            header: true,
            encoding: Encoding::Utf8,
        },
        kind: DatasetKind::Persons,
        columns: vec![
            column("member_id", member, ColumnClass::Identifier),
            column("age", ColumnRole::Attribute, ColumnClass::Personal),
        ],
        time_zone: String::from("UTC"),
        nulls: Vec::new(),
        consents: Vec::new(),
    }
}
