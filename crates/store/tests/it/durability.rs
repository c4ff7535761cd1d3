use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use sea_orm::{ConnectionTrait, Statement};
use yuntu_consent::{ConsentRecord, ConsentSource, SubjectEvent};
use yuntu_store::{Store, Whose};
use yuntu_terms::{
    ConsentKind, ConsentRecordId, ConsentStatus, Operation, Recipient, SubjectId, SystemEntropy,
    Timestamp,
};
use yuntu_testkit::{Party, TestStore};

use crate::contract;
use crate::steps::{beside, log};

contract! {
    no_acknowledged_consent_is_lost_or_doubled_when_the_writer_is_killed,
}

/// How often the writer is killed on each of the two databases.
const ROUNDS: u32 = 50;
const FOLDER: &str = "YUNTU_TEST_WRITER_FOLDER";

#[expect(
    clippy::disallowed_methods,
    reason = "tells this process that it is the one to be killed"
)]
fn folder_to_write_in() -> Option<String> {
    std::env::var(FOLDER).ok()
}

/// A consent, every second one withdrawn; the person's number is that of the event.
fn consent(number: u32, at: Timestamp) -> SubjectEvent {
    let status = if number.is_multiple_of(2) {
        ConsentStatus::Withdrawn
    } else {
        ConsentStatus::Given
    };
    SubjectEvent::Consent(ConsentRecord {
        id: ConsentRecordId::generate(at, &SystemEntropy).unwrap(),
        subject: SubjectId::new(number),
        purpose: "marketing.insight".parse().unwrap(),
        operation: Operation::Process,
        recipient: Recipient::Enterprise,
        kind: ConsentKind::Explicit,
        status,
        from: at,
        until: None,
        recorded: at,
        source: ConsentSource::Api,
        evidence: None,
    })
}

/// Commits one event after another and tells of each once it is committed.
async fn write(store: &Store, party: &Party, times: u32) {
    let now = store.database().now();
    let mut out = std::io::stdout();
    let read = store.read();
    let begun = read.consent_version(party.enterprise).await.unwrap();
    for number in (begun + 1..).take(usize::try_from(times).unwrap()) {
        let events = [consent(u32::try_from(number).unwrap(), now)];
        let batch = store
            .record_subject_events(
                party.enterprise,
                (
                    party.representative,
                    Whose::of_seat(party.representative, None),
                ),
                &events,
            )
            .await;
        // One short write: a line that the kill tears has no line end and counts as unknown.
        out.write_all(format!("\nack {:010} end\n", batch.unwrap().last).as_bytes())
            .unwrap();
        out.flush().unwrap();
    }
}

/// Run by itself, writes a few events; run by the test below, writes until it is killed.
#[tokio::test(flavor = "multi_thread")]
async fn a_writer_tells_of_each_commit() {
    let Some(folder) = folder_to_write_in() else {
        let test = TestStore::sqlite().await.unwrap();
        let party = Party::enter(&test.store, 1).await.unwrap();
        write(&test.store, &party, 3).await;
        assert_eq!(
            test.store
                .read()
                .consent_version(party.enterprise)
                .await
                .unwrap(),
            3
        );
        return;
    };
    let folder = Path::new(&folder);
    let party = std::fs::read_to_string(folder.join("party")).unwrap();
    let mut ids = party.lines();
    let party = Party {
        enterprise: ids.next().unwrap().parse().unwrap(),
        representative: ids.next().unwrap().parse().unwrap(),
        dataset: ids.next().unwrap().parse().unwrap(),
        instruction: ids.next().unwrap().parse().unwrap(),
    };
    let store = TestStore::open_other(ids.next().unwrap(), folder)
        .await
        .unwrap();
    write(&store, &party, u32::MAX).await;
}

/// Kills a writer after this many acknowledged commits and returns the last one it told of.
fn kill_after(folder: &Path, acks: u32) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "durability::a_writer_tells_of_each_commit",
            "--nocapture",
        ])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut last = 0;
    let mut seen = 0;
    let ack = |line: &str| {
        let number = line.strip_prefix("ack ")?.strip_suffix(" end")?;
        number.parse::<u64>().ok()
    };
    while seen < acks {
        let line = lines
            .next()
            .expect("the writer goes on until it is killed")
            .unwrap();
        if let Some(number) = ack(&line) {
            last = number;
            seen += 1;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // What it told before the kill and nobody had read yet counts too.
    for line in lines.map_while(Result::ok) {
        last = ack(&line).unwrap_or(last);
    }
    last
}

async fn no_acknowledged_consent_is_lost_or_doubled_when_the_writer_is_killed(test: &TestStore) {
    let party = Party::enter(&test.store, 1).await.unwrap();
    let ids = format!(
        "{}\n{}\n{}\n{}\n{}\n",
        party.enterprise,
        party.representative,
        party.dataset,
        party.instruction,
        test.url()
    );
    std::fs::write(test.folder().join("party"), ids).unwrap();
    let mut told = 0;
    for round in 0..ROUNDS {
        let folder = test.folder().to_path_buf();
        // From the first commit to the middle of a run.
        let last =
            tokio::task::spawn_blocking(move || kill_after(&folder, 1 + round * 7 % 23)).await;
        let last = last.unwrap();
        assert!(last > told, "round {round}");
        let store = test.reopen().await.unwrap();
        let version = store
            .read()
            .consent_version(party.enterprise)
            .await
            .unwrap();
        // What was under way at the kill may be there or not; it is never there twice.
        assert!(
            version == last || version == last + 1,
            "round {round}: told of {last}, kept {version}"
        );
        told = version;
    }
    let mut pages = test.store.read().subject_events(party.enterprise, 0);
    let mut next = 1;
    loop {
        let page = pages.next().await.unwrap();
        if page.is_empty() {
            break;
        }
        for (seq, event) in page {
            assert_eq!(seq, next);
            let SubjectEvent::Consent(record) = event else {
                panic!("an event that nobody wrote");
            };
            assert_eq!(u64::from(record.subject.get()), seq);
            next += 1;
        }
    }
    assert_eq!(next - 1, told);
    // Each event came with its leaf: neither without the other.
    let setting_up = 2;
    assert_eq!(
        test.store.sequence(&mut log(test)).await.unwrap().size,
        told + setting_up
    );
    if test.url().starts_with("sqlite") {
        let db = beside(test).await;
        let check = Statement::from_string(db.get_database_backend(), "PRAGMA integrity_check");
        let row = db.query_one_raw(check).await.unwrap().unwrap();
        let verdict: String = row.try_get_by_index(0).unwrap();
        assert_eq!(verdict, "ok");
    }
}
