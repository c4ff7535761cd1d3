//! A small world: one enterprise with eight members, their consents and an instruction.

use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use yuntu_app::consent::ConsentSource;
use yuntu_app::engine::{Audience, AudienceQuery, EngineConfig, Everyone, Query, SqlQuery};
use yuntu_app::imports::IntakeConfig;
use yuntu_app::lake::{
    ColumnMapping, ColumnRole, ColumnType, DatasetKind, DropArea, Encoding, IdentifierForm,
    IdentifierKind, LakeConfig, Mapping, SourceFormat, TimeFormat,
};
use yuntu_app::outbound::Outbound;
use yuntu_app::policy::{Collected, Confirms, EvidenceKind, Period, SourceKind, Wants};
use yuntu_app::store::{Contact, NewEnterprise, NewInstruction};
use yuntu_app::vault::{FileProvider, Suite, Unlock};
use yuntu_app::{
    Answer, AppError, Ask, Caller, Done, Enrolment, NewEvidence, Platform, PlatformConfig,
    TypedDeclaration,
};
use yuntu_terms::{
    ColumnClass, DatasetId, Digest, InstructionId, Lang, LegalBasis, Operation, PaperId, Pii,
    Recipient, Region, SystemEntropy,
};
use yuntu_testkit::{Backend, TestStore, pdf};

pub(crate) const PURPOSE: &str = "marketing.insight";
pub(crate) const OTHER_PURPOSE: &str = "marketing.measurement";
pub(crate) const MEMBERS: u64 = 8;
/// How large a file may be in these tests that does not wait for large ones.
pub(crate) const SMALL_BYTES_MAX: u64 = 64 << 10;
/// How long an import goes on in these tests while another enterprise waits: shorter than keys are lent, which a clock that
/// leaps would take away in the middle of a part.
pub(crate) const TURN: Duration = Duration::from_secs(20);
/// How large a file may be in these tests.
pub(crate) const FILE_BYTES_MAX: u64 = 4 << 20;

pub(crate) struct World {
    pub(crate) platform: Platform,
    pub(crate) caller: Caller,
    pub(crate) people: DatasetId,
    pub(crate) parts: TestStore,
}

impl World {
    /// Makes the world up to a declared dataset, without consents and without an instruction.
    pub(crate) async fn on(backend: Backend) -> Self {
        let parts = TestStore::on(backend).await.unwrap();
        let platform = open(&parts, Outbound::local()).await;
        let folder = parts.folder().to_owned();
        let caller = enrol(&platform, "First").await;
        let people = platform
            .create_dataset(&caller, "people", &mapping())
            .await
            .unwrap();
        let file = people_csv(folder.join("people.csv"));
        let done = platform
            .import_file(&caller, people, &mapping(), &file, &|_| {})
            .await
            .unwrap();
        assert_eq!(done.report.rows, MEMBERS);
        Self {
            platform,
            caller,
            people,
            parts,
        }
    }

    /// Adds the declaration, the consents of members 1 to 5 and an instruction.
    pub(crate) async fn complete(&self) -> InstructionId {
        self.declare().await;
        self.consent(1..=5, PURPOSE).await;
        self.consent(1..=6, OTHER_PURPOSE).await;
        self.instruct(0, 30).await
    }

    pub(crate) async fn declare(&self) {
        declare(&self.platform, &self.caller, self.people).await;
    }

    /// Adds a paper to the people's dataset and returns its digest.
    pub(crate) async fn proof(&self, content: &str) -> Digest {
        self.proof_of(self.people, content).await.1
    }

    /// Adds a paper to a dataset.
    pub(crate) async fn proof_of(&self, dataset: DatasetId, content: &str) -> (PaperId, Digest) {
        let (platform, caller) = (&self.platform, &self.caller);
        let new = NewEvidence {
            kind: EvidenceKind::ConsentForm,
            name: String::from("proof.pdf"),
            bytes: pdf(content),
        };
        let id = platform.add_evidence(caller, dataset, new).await.unwrap();
        let source = platform.source_standing(caller, dataset).await.unwrap();
        let papers = source.papers.iter();
        let mut papers = papers.filter(|it| it.paper.evidence.paper == id);
        (id, papers.next().unwrap().paper.evidence.digest)
    }

    pub(crate) async fn consent(&self, members: std::ops::RangeInclusive<u32>, purpose: &str) {
        let lines: Vec<String> = members
            .map(|m| {
                format!(
                    "m{m},{purpose},process,enterprise,explicit,given,2026-01-05T00:00:00Z,,box 7\n"
                )
            })
            .collect();
        let head = "member_id,purpose,operation,recipient,kind,status,from,until,proof\n";
        let file = format!("{head}{}", lines.concat());
        self.platform
            .record_consent_file(&self.caller, ConsentSource::Api, Cursor::new(file))
            .await
            .unwrap();
    }

    pub(crate) async fn instruct(&self, from_days: i32, until_days: i32) -> InstructionId {
        let now = self.platform.now();
        let period = Period {
            from: now.plus_days(from_days),
            until: now.plus_days(until_days),
        };
        instruct(&self.platform, &self.caller, self.people, period)
            .await
            .unwrap()
    }

    pub(crate) fn ask(&self, instruction: InstructionId, purpose: &str, query: Query) -> Ask {
        Ask {
            purpose: purpose.parse().unwrap(),
            operation: Operation::Process,
            recipient: Recipient::Enterprise,
            instruction,
            exception: None,
            datasets: BTreeMap::from([(String::from("people"), self.people)]),
            wants: Wants::default(),
            query,
            rules: BTreeMap::new(),
            as_of: self.platform.now(),
        }
    }

    pub(crate) async fn count(&self, instruction: InstructionId, purpose: &str) -> u64 {
        self.done(instruction, purpose)
            .await
            .audience_size()
            .unwrap()
            .people
    }

    pub(crate) async fn done(&self, instruction: InstructionId, purpose: &str) -> Done {
        let ask = self.ask(instruction, purpose, everyone());
        self.platform
            .run(&self.caller, &ask)
            .await
            .unwrap()
            .done()
            .unwrap()
    }

    /// Asks and expects a refusal; returns the codes of what is missing.
    pub(crate) async fn refused(&self, ask: &Ask) -> Vec<&'static str> {
        match self.platform.run(&self.caller, ask).await.unwrap() {
            Answer::Refused(refusal) => refusal.reasons().map(|it| it.fact().code()).collect(),
            Answer::Done(_) => panic!("done instead of refused"),
        }
    }
}

/// Returns the folder where enterprises put files by themselves.
pub(crate) fn drop_area(parts: &TestStore) -> PathBuf {
    let folder = parts.folder().join("drop");
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Opens a platform on the parts, at a moment at which the statement is in force.
pub(crate) async fn open(parts: &TestStore, outbound: Outbound) -> Platform {
    Platform::open(config(parts, outbound)).await.unwrap()
}

/// Opens a second platform on the same parts, as another process would have it.
pub(crate) async fn open_beside(parts: &TestStore) -> Platform {
    let config = config(parts, Outbound::local());
    Platform::open_beside(config).await.unwrap()
}

fn config(parts: &TestStore, outbound: Outbound) -> PlatformConfig {
    // The statement must be in force before anybody can accept it.
    let statement = yuntu_statement::Statement::in_force().unwrap();
    parts.clock.set(statement.meta().effective.plus_days(30));
    let folder = parts.folder().to_owned();
    fs::create_dir_all(folder.join("lake")).unwrap();
    let unlock = Unlock::Credential(folder.join("credential"));
    PlatformConfig {
        database: parts.config().clone(),
        lake: LakeConfig {
            chunk_rows: 10_000,
            ..LakeConfig::local(&folder.join("lake"), Region::CN).unwrap()
        },
        region: Region::CN,
        keys: Arc::new(FileProvider::open(&folder.join("keys"), &unlock).unwrap()),
        suite: Suite::International,
        ledger: folder.join("ledger"),
        ledger_name: String::from("test.example/ledger"),
        ledger_key: folder.join("ledger-key"),
        operator: yuntu_statement::render::Installation::default(),
        outbound,
        engine: EngineConfig::default(),
        intake: IntakeConfig {
            file_bytes_max: FILE_BYTES_MAX,
            small_bytes_max: SMALL_BYTES_MAX,
            turn: TURN,
            drop_area: Some(DropArea::folder(&drop_area(parts)).unwrap()),
        },
        clock: Arc::new(parts.clock.clone()),
        entropy: Arc::new(SystemEntropy),
    }
}

pub(crate) async fn instruct(
    platform: &Platform,
    caller: &Caller,
    dataset: DatasetId,
    period: Period,
) -> Result<InstructionId, AppError> {
    let new = NewInstruction {
        purposes: vec!["marketing".parse().unwrap(), "research".parse().unwrap()],
        operations: vec![Operation::Process],
        recipients: vec![Recipient::Enterprise],
        datasets: vec![dataset],
        period,
        note: None,
    };
    platform.instruct(caller, &new).await
}

pub(crate) async fn declare(platform: &Platform, caller: &Caller, dataset: DatasetId) {
    let paper = prove(platform, caller, dataset, EvidenceKind::ConsentForm).await;
    platform
        .declare_source(caller, dataset, declaration(platform, vec![paper]))
        .await
        .unwrap();
}

/// Adds a paper to a dataset.
pub(crate) async fn prove(
    platform: &Platform,
    caller: &Caller,
    dataset: DatasetId,
    kind: EvidenceKind,
) -> PaperId {
    let new = NewEvidence {
        kind,
        name: String::from("proof.pdf"),
        bytes: pdf(&format!("proof of {kind}")),
    };
    platform.add_evidence(caller, dataset, new).await.unwrap()
}

/// A declaration for a year that lacks nothing.
pub(crate) fn declaration(platform: &Platform, evidence: Vec<PaperId>) -> TypedDeclaration {
    let now = platform.now();
    TypedDeclaration {
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
        evidence,
        confirms: Confirms::ALL.to_vec(),
    }
}

pub(crate) async fn enrol(platform: &Platform, name: &str) -> Caller {
    let now = platform.now();
    let year = Period {
        from: now.plus_days(-1),
        until: now.plus_days(365),
    };
    let enrolment = Enrolment {
        enterprise: NewEnterprise {
            name: name.to_owned(),
            credit_code: None,
            industry: String::from("retail"),
            region: Region::CN,
        },
        owner: Contact {
            name: Pii::new(format!("{name} owner")),
            phone: None,
            email: Some(Pii::new(format!("{name}@example.com").to_lowercase())),
        },
        lang: Lang::En,
        certified: year,
        letter: Digest::new([9; 32]),
        letter_period: year,
    };
    let caller = platform.enrol(enrolment).await.unwrap();
    platform.accept_statement(&caller, Lang::En).await.unwrap();
    caller
}

pub(crate) fn everyone() -> Query {
    Query::Audience(AudienceQuery {
        audience: Audience::Everyone(Everyone {}),
    })
}

pub(crate) fn sql(text: &str) -> Query {
    Query::Sql(SqlQuery {
        sql: text.to_owned(),
    })
}

pub(crate) fn mapping() -> Mapping {
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

fn people_csv(path: PathBuf) -> PathBuf {
    let rows: Vec<String> = (1..=MEMBERS)
        .map(|m| format!("m{m},{}\n", 20 + m))
        .collect();
    fs::write(&path, format!("member_id,age\n{}", rows.concat())).unwrap();
    path
}
