//! Imports in the running server, which is killed again and again: nothing acknowledged is lost, nothing comes in twice, and
//! no row is live whose word about consent is not.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use futures::stream;
use yuntu_app::consent::DatasetScope;
use yuntu_app::engine::{Audience, AudienceQuery, Everyone, Query};
use yuntu_app::imports::{ImportFrom, ImportView};
use yuntu_app::lake::{
    ColumnMapping, ColumnRole, ColumnType, FlagMeaning, IdentifierForm, IdentifierKind, Mapping,
};
use yuntu_app::policy::{Collected, Confirms, EvidenceKind, Period, SourceKind, Wants};
use yuntu_app::store::{ImportStatus, NewInstruction};
use yuntu_app::{Ask, Caller, ConsentQuestion, NewEvidence, Platform, TypedDeclaration};
use yuntu_terms::{
    ColumnClass, ConsentKind, DatasetId, ImportId, InstructionId, LegalBasis, Operation, Pii,
    Purpose, Recipient, SystemEntropy,
};
use yuntu_testkit::{Backend, pdf};

use crate::killed::{Kept, column, enrol, kills, mapping, pass};

/// How many rows a file has, and how many of them a part: there are many commits to be killed between.
const ROWS: u64 = 3_000;
const CHUNK_ROWS: usize = 75;
/// The latest moment of a kill; a server needs some of it to start.
const LONGEST: Duration = Duration::from_millis(2_500);
const PURPOSE: &str = "marketing.insight";
/// What the rows say in turns: a "yes", a "no", nothing.
const SAID: [&str; 3] = ["1", "0", ""];
/// The last of so many rows names two people before it, the one who said "yes" and the one who said "no".
const STRIDE: u64 = 30;

/// What a test does beside the server that is killed.
struct Beside {
    platform: Platform,
    caller: Caller,
    dataset: DatasetId,
    instruction: InstructionId,
}

impl Beside {
    async fn open(kept: &Kept) -> Self {
        let platform = kept.beside().await;
        let caller = enrol(&platform).await;
        let mapping = with_consent();
        let made = platform.create_dataset(&caller, "members", &mapping);
        let dataset = made.await.unwrap();
        declare(&platform, &caller, dataset).await;
        let now = platform.now();
        let new = NewInstruction {
            purposes: vec![purpose()],
            operations: vec![Operation::Process],
            recipients: vec![Recipient::Enterprise],
            datasets: vec![dataset],
            period: Period {
                from: now,
                until: now.plus_days(30),
            },
            note: None,
        };
        let instruction = platform.instruct(&caller, &new).await.unwrap();
        Self {
            platform,
            caller,
            dataset,
            instruction,
        }
    }

    /// Lays a file down and asks for its import; from then on both are acknowledged.
    async fn ask(&self, file: u64) -> ImportId {
        let rows = (0..ROWS).zip(SAID.iter().cycle());
        let rows = rows.map(|(row, said)| {
            let first = row - row % STRIDE;
            let (member, mail) = match row % STRIDE {
                1 => (row, format!("f{file}r{row}@example.cn")),
                place if place == STRIDE - 1 => {
                    (first, format!("f{file}r{}@example.cn", first + 1))
                }
                _ => (row, String::new()),
            };
            format!("f{file}r{member},{mail},{},{said}\n", row % 90)
        });
        let rows: Vec<String> = rows.collect();
        let text = format!("member_id,email,age,ads\n{}", rows.concat());
        let content = stream::iter([Ok(Bytes::from(text))]);
        let laid = self.platform.lay_deposit(&self.caller, "a.csv", content);
        let from = ImportFrom::Deposit(laid.await.unwrap().id);
        let begun = self
            .platform
            .begin_import(&self.caller, self.dataset, &from, None);
        begun.await.unwrap()[0]
    }

    async fn view(&self, id: ImportId) -> ImportView {
        let shown = self.platform.view_import(&self.caller, self.dataset, id);
        shown.await.unwrap()
    }

    /// Waits for the end of an import.
    async fn ended(&self, id: ImportId) -> ImportView {
        let ended = async {
            loop {
                let view = self.view(id).await;
                if view.import.status.is_final() {
                    return view;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::time::timeout(Duration::from_mins(2), ended)
            .await
            .unwrap()
    }

    async fn rows(&self) -> u64 {
        let overview = self.platform.dataset_overview(&self.caller, self.dataset);
        overview.await.unwrap().rows
    }

    /// Counts whom a run admits: the dataset declares that everybody agreed, so that only a "no" of the rows themselves takes
    /// anybody out.
    async fn admitted(&self) -> u64 {
        let ask = Ask {
            purpose: purpose(),
            operation: Operation::Process,
            recipient: Recipient::Enterprise,
            exception: None,
            instruction: self.instruction,
            datasets: BTreeMap::from([(String::from("members"), self.dataset)]),
            wants: Wants::default(),
            query: Query::Audience(AudienceQuery {
                audience: Audience::Everyone(Everyone {}),
            }),
            rules: BTreeMap::new(),
            as_of: self.platform.now(),
        };
        let done = self.platform.run(&self.caller, &ask).await.unwrap();
        done.done().unwrap().audience_size().unwrap().people
    }

    /// Asks that no row is live without its word: whoever said "no" is out of a run from the first moment of the row, and who
    /// is one with her. Who is one is known before the row that shows it is live, but no further than a part of the file.
    async fn no_row_is_live_without_its_word(&self) {
        let rows = self.rows().await;
        if rows > 0 {
            let admitted = self.admitted().await;
            let without = |joined| rows - rows / STRIDE - said_no(rows) - joined;
            let ahead = (rows + CHUNK_ROWS as u64) / STRIDE;
            let known = without(ahead)..=without(rows / STRIDE);
            assert!(known.contains(&admitted), "{admitted} of {rows}");
        }
    }

    /// Asks that each word was taken in exactly once.
    async fn each_word_is_there_once(&self, rows: u64) {
        let asked = ConsentQuestion {
            dataset: Some(self.dataset),
            purpose: purpose(),
            operation: Operation::Process,
            recipient: Recipient::Enterprise,
        };
        let counts = self.platform.consent_counts(&self.caller, &asked);
        let counts = counts.await.unwrap();
        let now = counts.now();
        let (third, joined) = (rows / 3, rows / STRIDE);
        assert_eq!(
            (now.given, now.refused, now.unknown),
            (third - joined, third + joined, third - joined)
        );
        let events = 2 * third + joined;
        assert_eq!(counts.version, events, "as many as words and joins");
        assert_eq!(self.admitted().await, rows - third - 2 * joined);
    }
}

/// Counts the "no" among the first rows.
fn said_no(rows: u64) -> u64 {
    (rows + 1) / 3
}

fn purpose() -> Purpose {
    PURPOSE.parse().unwrap()
}

fn with_consent() -> Mapping {
    let mut mapping = mapping();
    let mail = ColumnRole::Identifier {
        kind: IdentifierKind::Email,
        form: IdentifierForm::Plain,
        keep_original: false,
    };
    let mail = column("email", mail, ColumnClass::Identifier);
    mapping.columns.insert(1, mail);
    mapping.columns.push(ColumnMapping {
        column_type: ColumnType::Bool,
        ..column("ads", ColumnRole::ConsentFlag, ColumnClass::Personal)
    });
    mapping.consents.push(FlagMeaning {
        column: String::from("ads"),
        purpose: purpose(),
        operation: Operation::Process,
        recipient: Recipient::Enterprise,
        kind: ConsentKind::Explicit,
        from: "2026-02-01T00:00:00Z".parse().unwrap(),
        until: None,
    });
    mapping
}

/// Declares where the dataset comes from, and that everybody agreed who has not said otherwise.
async fn declare(platform: &Platform, caller: &Caller, dataset: DatasetId) {
    let now = platform.now();
    let form = NewEvidence {
        kind: EvidenceKind::ConsentForm,
        name: String::from("form.pdf"),
        bytes: pdf("the form"),
    };
    let paper = platform.add_evidence(caller, dataset, form).await.unwrap();
    let declaration = TypedDeclaration {
        kind: Some(SourceKind::Direct),
        collected_how: String::from("loyalty programme"),
        collected: Some(Collected {
            from: now.plus_days(-100),
            until: None,
        }),
        bases: vec![LegalBasis::Consent],
        notice: Some(String::from("the terms of the loyalty programme")),
        period: Some(Period {
            from: now.plus_days(-1),
            until: now.plus_days(365),
        }),
        contact: Some(Pii::new(String::from("privacy@store.example"))),
        evidence: vec![paper],
        confirms: Confirms::ALL.to_vec(),
    };
    let declared = platform.declare_source(caller, dataset, declaration);
    declared.await.unwrap();
    let scope = DatasetScope {
        purposes: BTreeSet::from([purpose()]),
        operations: BTreeSet::from([Operation::Process]),
        recipients: BTreeSet::from([Recipient::Enterprise]),
        kind: ConsentKind::Explicit,
        from: now.plus_days(-1),
        until: None,
    };
    let source = platform.source_standing(caller, dataset).await.unwrap();
    let proof = [source.papers[0].paper.evidence.digest];
    let declared = platform.declare_scope(caller, dataset, (&scope, &proof));
    declared.await.unwrap();
}

async fn a_server_killed_at_any_moment_loses_and_doubles_nothing(backend: Backend) {
    let kept = Kept::on(backend, &format!("[intake]\nchunk_rows = {CHUNK_ROWS}\n"));
    let beside = Beside::open(&kept).await;
    let mut asked = vec![beside.ask(0).await];
    let (mut killed, mut begun, mut resumed) = (0, 0, 0);
    while killed < kills() {
        let server = kept.serve();
        pass(&SystemEntropy, LONGEST).await;
        drop(server);
        killed += 1;
        beside.no_row_is_live_without_its_word().await;
        let newest = beside.view(*asked.last().unwrap()).await;
        begun += usize::from(newest.import.status == ImportStatus::Running);
        resumed += usize::from(newest.resumed);
        if newest.import.status.is_final() {
            asked.push(beside.ask(asked.len() as u64).await);
        }
    }
    assert!(
        begun > 3 && resumed > 0,
        "{killed} kills: {begun} under way, {resumed} resumed"
    );
    let server = kept.serve();
    let mut done = 0;
    for id in &asked {
        let import = beside.ended(*id).await.import;
        assert_eq!(import.status, ImportStatus::Done, "{:?}", import.failure);
        assert_eq!((import.progress.rows_loaded, import.same_as), (ROWS, None));
        done += ROWS;
    }
    // What is live is exactly what was acknowledged.
    assert_eq!(beside.rows().await, done, "after {killed} kills");
    beside.no_row_is_live_without_its_word().await;
    beside.each_word_is_there_once(done).await;
    let again = beside.ended(beside.ask(0).await).await;
    assert_eq!(again.import.same_as, asked.first().copied());
    assert_eq!(beside.rows().await, done);
    beside.each_word_is_there_once(done).await;
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn over_sqlite_a_server_killed_at_any_moment_loses_and_doubles_nothing() {
    a_server_killed_at_any_moment_loses_and_doubles_nothing(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_postgres_a_server_killed_at_any_moment_loses_and_doubles_nothing() {
    a_server_killed_at_any_moment_loses_and_doubles_nothing(Backend::Postgres).await;
}
