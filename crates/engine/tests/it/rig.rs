//! A real lake with real keys in a temporary folder, permits from the real policy.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::sync::Arc;

use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use yuntu_consent::{
    ConsentIndex, ConsentRecord, ConsentSnapshot, ConsentSource, SubjectEvent, SubjectSet,
};
use yuntu_engine::{
    Cancel, Engine, EngineConfig, EngineError, Outcome, Query, QueryResult, RunDataset, RunInput,
    SqlQuery,
};
use yuntu_lake::{
    CancelToken, ColumnMapping, ColumnRole, ColumnType, DatasetKind, DatasetSnapshot, Encoding,
    IdentifierForm, IdentifierKind, ImportPlan, Lake, LakeConfig, Mapping, Source, SourceFormat,
    TimeFormat,
};
use yuntu_policy::{
    AcceptanceFacts, ActorFacts, ColumnFacts, ConsentFacts, DatasetFacts, DeclarationFacts,
    EnterpriseFacts, Facts, InstructionFacts, Period, PurposeFacts, RecordedPermit, Request, Role,
    Standing, StatementFacts, Wants, decide,
};
use yuntu_terms::{
    ClauseId, ColumnClass, ConsentKind, ConsentRecordId, ConsentStatus, DatasetId, Digest,
    EnterpriseId, Entropy, Id, Kind, LegalBasis, MockClock, Operation, Purpose, Recipient, Region,
    SeededEntropy, SubjectId, Timestamp,
};
use yuntu_vault::{
    Argon2Costs, FileProvider, FolderShelf, SecretText, Suite, Unlock, Vault, VaultParts,
};

pub(crate) const NOW: &str = "2026-03-01T00:00:00Z";
pub(crate) const PURPOSE: &str = "marketing.insight";

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A column of a test table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Col {
    pub(crate) name: &'static str,
    pub(crate) role: Part,
    pub(crate) class: ColumnClass,
    pub(crate) kind: ColumnType,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Part {
    Member,
    Attribute,
    Time,
}

pub(crate) const MEMBER: Col = Col {
    name: "member",
    role: Part::Member,
    class: ColumnClass::Identifier,
    kind: ColumnType::Text,
};

pub(crate) const fn col(name: &'static str, kind: ColumnType) -> Col {
    Col {
        name,
        role: Part::Attribute,
        class: ColumnClass::Personal,
        kind,
    }
}

pub(crate) const fn classed(name: &'static str, kind: ColumnType, class: ColumnClass) -> Col {
    Col {
        name,
        role: Part::Attribute,
        class,
        kind,
    }
}

pub(crate) const fn time(name: &'static str) -> Col {
    Col {
        name,
        role: Part::Time,
        class: ColumnClass::Personal,
        kind: ColumnType::Timestamp,
    }
}

/// A dataset in the lake.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    pub(crate) name: &'static str,
    pub(crate) snapshot: Arc<DatasetSnapshot>,
    pub(crate) uploaded: Arc<SubjectSet>,
}

pub(crate) struct Rig {
    _folder: tempfile::TempDir,
    pub(crate) lake: Lake,
    pub(crate) clock: MockClock,
    entropy: Arc<SeededEntropy>,
    pub(crate) enterprise: EnterpriseId,
    pub(crate) population: u32,
}

impl Rig {
    pub(crate) async fn new(chunk_rows: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = MockClock::new(at(NOW));
        let seeded = Arc::new(SeededEntropy::new(7));
        let entropy: Arc<dyn Entropy> = Arc::<SeededEntropy>::clone(&seeded);
        let unlock = Unlock::Passphrase(SecretText::new("a long passphrase for tests".into()));
        let provider = FileProvider::create(
            &folder.path().join("keys"),
            &unlock,
            Suite::default(),
            Argon2Costs::LEAST,
            &*entropy,
        )
        .unwrap();
        let shelf = FolderShelf::open(&folder.path().join("shelf"))
            .await
            .unwrap();
        let vault = Vault::open(VaultParts {
            provider: Arc::new(provider),
            shelf: Arc::new(shelf),
            clock: Arc::new(clock.clone()),
            entropy: Arc::clone(&entropy),
            suite: Suite::default(),
        })
        .await
        .unwrap();
        let mut config = LakeConfig::local(&folder.path().join("lake"), Region::CN).unwrap();
        config.chunk_rows = chunk_rows;
        config.row_group_rows = 16;
        let lake = Lake::open(config, Arc::new(vault), Arc::new(clock.clone()), entropy)
            .await
            .unwrap();
        let enterprise = EnterpriseId::generate(at(NOW), &*seeded).unwrap();
        Self {
            _folder: folder,
            lake,
            clock,
            entropy: seeded,
            enterprise,
            population: 0,
        }
    }

    pub(crate) fn id<K: Kind>(&self) -> Id<K> {
        Id::generate(at(NOW), &*self.entropy).unwrap()
    }

    /// Imports members `m0`, `m1`, … so that each gets the number in its name.
    pub(crate) async fn register(&mut self, people: u32) {
        let rows: Vec<Vec<String>> = (0..people)
            .map(|n| vec![format!("m{n}"), n.to_string()])
            .collect();
        self.population = people;
        let loaded = self
            .load("registry", &[MEMBER, col("n", ColumnType::Int)], &rows)
            .await;
        assert_eq!(loaded.snapshot.rows(), u64::from(people));
    }

    pub(crate) async fn load(
        &self,
        name: &'static str,
        columns: &[Col],
        rows: &[Vec<String>],
    ) -> Loaded {
        let dataset: DatasetId = self.id();
        let persons = columns.iter().any(|c| c.role == Part::Member);
        let mapping = Mapping {
            source: SourceFormat::Csv {
                delimiter: b',',
                header: true,
                encoding: Encoding::Utf8,
            },
            kind: if persons {
                DatasetKind::Persons
            } else {
                DatasetKind::Lookup
            },
            columns: columns.iter().map(mapping_of).collect(),
            time_zone: "UTC".into(),
            nulls: Vec::new(),
            consents: Vec::new(),
        };
        let header: Vec<_> = columns.iter().map(|c| c.name).collect();
        let mut text = header.join(",") + "\n";
        for row in rows {
            text += &(row.join(",") + "\n");
        }
        let source = Source::new(Box::new(Cursor::new(text.into_bytes()))).unwrap();
        let plan = ImportPlan {
            enterprise: self.enterprise,
            dataset,
            mapping,
        };
        let report = self
            .lake
            .import(&plan, source, &|_| (), &CancelToken::new())
            .await
            .unwrap();
        assert_eq!(
            (report.rows, report.quarantined),
            (rows.len() as u64, 0),
            "{name}"
        );
        let snapshot = self
            .lake
            .snapshot(self.enterprise, dataset)
            .await
            .unwrap()
            .unwrap();
        let member = columns.iter().position(|c| c.role == Part::Member);
        let uploaded = member.map(|m| {
            rows.iter()
                .map(|row| row[m].trim_start_matches('m').parse().unwrap())
                .collect()
        });
        Loaded {
            name,
            snapshot: Arc::new(snapshot),
            uploaded: Arc::new(uploaded.unwrap_or_default()),
        }
    }

    /// A consent snapshot: who said yes, and who said so separately.
    pub(crate) fn consent(
        &self,
        given: impl IntoIterator<Item = u32>,
        separate: impl IntoIterator<Item = u32>,
    ) -> Arc<ConsentSnapshot> {
        let mut index = ConsentIndex::new(self.enterprise);
        let given = given.into_iter().map(|s| (s, ConsentKind::Expressed));
        let separate = separate.into_iter().map(|s| (s, ConsentKind::Separate));
        for (seq, (subject, kind)) in (1..).zip(given.chain(separate)) {
            let record = ConsentRecord {
                id: self.id::<_>() as ConsentRecordId,
                subject: SubjectId::new(subject),
                purpose: "marketing".parse().unwrap(),
                operation: Operation::Process,
                recipient: Recipient::Enterprise,
                kind,
                status: ConsentStatus::Given,
                from: at("2025-01-01T00:00:00Z"),
                until: None,
                recorded: at("2025-01-01T00:00:00Z"),
                source: ConsentSource::Api,
                evidence: None,
            };
            index.apply(seq, &SubjectEvent::Consent(record)).unwrap();
        }
        index.snapshot(at(NOW))
    }

    pub(crate) fn permit(
        &self,
        datasets: &[Loaded],
        classes: &[ColumnClass],
        consent: &ConsentSnapshot,
    ) -> RecordedPermit {
        let (request, facts) = self.asking(datasets, classes, consent);
        RecordedPermit::recorded(decide(&request, &facts).unwrap(), 1)
    }

    #[expect(clippy::too_many_lines, reason = "one fact after another")]
    pub(crate) fn asking(
        &self,
        datasets: &[Loaded],
        classes: &[ColumnClass],
        consent: &ConsentSnapshot,
    ) -> (Request, Facts) {
        let purpose: Purpose = PURPOSE.parse().unwrap();
        let ids: Vec<_> = datasets.iter().map(|d| d.snapshot.dataset).collect();
        let period = Some(Period {
            from: at("2025-01-01T00:00:00Z"),
            until: at("2027-01-01T00:00:00Z"),
        });
        let request = Request {
            permit_id: self.id(),
            actor: self.id(),
            enterprise: self.enterprise,
            purpose: purpose.clone(),
            operation: Operation::Process,
            recipient: Recipient::Enterprise,
            datasets: ids.clone(),
            instruction: self.id(),
            basis: LegalBasis::Consent,
            exception: None,
            help: None,
            exception_use: None,
            wants: Wants {
                classes: classes.iter().copied().collect::<BTreeSet<_>>(),
                columns: BTreeMap::default(),
            },
        };
        let early = at("2025-01-01T00:00:00Z");
        let facts = Facts {
            now: at(NOW),
            statement: Some(StatementFacts {
                version: "1".into(),
                digest: Digest::new([1; 32]),
                effective: early,
                accepted: Some(AcceptanceFacts {
                    version: "1".into(),
                    at: early,
                }),
            }),
            purpose: Some(PurposeFacts {
                id: purpose.clone(),
                clause: ClauseId::u(4),
                bases: vec![LegalBasis::Consent],
                consent: None,
                classes: vec![
                    ColumnClass::NonPersonal,
                    ColumnClass::Personal,
                    ColumnClass::Sensitive,
                ],
                operations: vec![Operation::Process],
                refusable: true,
            }),
            enterprise: Some(EnterpriseFacts {
                measures: Some(Vec::new()),
                id: self.enterprise,
                standing: Some(Standing::Active),
                certified: period,
            }),
            actor: Some(ActorFacts {
                id: request.actor,
                enterprise: Some(self.enterprise),
                role: Some(Role::Analyst),
                standing: Some(Standing::Active),
                letter: period,
                scopes: None,
            }),
            instruction: Some(InstructionFacts {
                id: request.instruction,
                enterprise: self.enterprise,
                by: request.actor,
                purposes: vec![purpose],
                operations: vec![Operation::Process],
                recipients: vec![Recipient::Enterprise],
                datasets: ids,
                recorded: early,
                period,
                standing: Some(Standing::Active),
            }),
            datasets: datasets.iter().map(|d| self.facts_of(d, period)).collect(),
            partner: None,
            help: None,
            exception: None,
            consent: Some(ConsentFacts {
                version: consent.version(),
                root: consent.root(),
            }),
        };
        (request, facts)
    }

    fn facts_of(&self, loaded: &Loaded, period: Option<Period>) -> DatasetFacts {
        let columns = loaded.snapshot.columns.iter();
        DatasetFacts {
            measures: Some(Vec::new()),
            id: loaded.snapshot.dataset,
            enterprise: self.enterprise,
            standing: Some(Standing::Active),
            region: Some(Region::CN),
            about_persons: Some(loaded.snapshot.kind == DatasetKind::Persons),
            columns: Some(
                columns
                    .map(|c| ColumnFacts {
                        class: c.class,
                        name: c.name.clone(),
                    })
                    .collect(),
            ),
            declaration: Some(DeclarationFacts {
                id: self.id(),
                complete: true,
                proved: true,
                period,
                bases: vec![LegalBasis::Consent],
            }),
            scope: None,
            own_records: Some(1),
        }
    }

    pub(crate) fn input(&self, datasets: &[Loaded], consent: &Arc<ConsentSnapshot>) -> RunInput {
        let datasets = datasets.iter().map(|d| RunDataset {
            name: d.name.into(),
            snapshot: Arc::clone(&d.snapshot),
            uploaded: Arc::clone(&d.uploaded),
        });
        RunInput {
            consent: Arc::clone(consent),
            population: self.population,
            datasets: datasets.collect(),
            audiences: BTreeMap::default(),
            rules: BTreeMap::default(),
            as_of: at(NOW),
            rows_max: None,
            bytes_max: None,
            cancel: Cancel::new(),
        }
    }

    pub(crate) fn engine(&self, partitions: usize) -> Engine {
        let config = EngineConfig {
            partitions,
            batch_size: 64,
            memory_bytes: 64 << 20,
            ..EngineConfig::default()
        };
        Engine::new(self.lake.clone(), Arc::new(self.clock.clone()), config)
    }
}

fn mapping_of(column: &Col) -> ColumnMapping {
    ColumnMapping {
        source: column.name.into(),
        name: column.name.into(),
        role: match column.role {
            Part::Member => ColumnRole::Identifier {
                kind: IdentifierKind::MemberId,
                form: IdentifierForm::Plain,
                keep_original: false,
            },
            Part::Attribute => ColumnRole::Attribute,
            Part::Time => ColumnRole::EventTime,
        },
        class: column.class,
        column_type: column.kind,
        time_format: TimeFormat::Iso,
    }
}

pub(crate) fn sql(text: &str) -> Query {
    Query::Sql(SqlQuery { sql: text.into() })
}

/// The rows of an outcome as text, in their order.
pub(crate) fn rows(outcome: &Outcome) -> Vec<Vec<String>> {
    let QueryResult::Rows(rows) = &outcome.result else {
        panic!("expected rows");
    };
    let options = FormatOptions::default().with_null("∅");
    let mut all = Vec::new();
    for batch in &rows.batches {
        let columns: Vec<_> = batch
            .columns()
            .iter()
            .map(|c| ArrayFormatter::try_new(c, &options).unwrap())
            .collect();
        for row in 0..batch.num_rows() {
            all.push(columns.iter().map(|c| c.value(row).to_string()).collect());
        }
    }
    all
}

pub(crate) fn people(outcome: &Outcome) -> Vec<u32> {
    let QueryResult::People(people) = &outcome.result else {
        panic!("expected people");
    };
    people.iter().collect()
}

/// What a run shows of itself: columns and rows, or the error.
pub(crate) fn shown(
    result: &Result<Outcome, EngineError>,
) -> Result<(Vec<String>, Vec<Vec<String>>), String> {
    match result {
        Ok(outcome) => {
            let labels = outcome
                .labels
                .iter()
                .map(|l| format!("{} {}", l.column, l.class.code()));
            Ok((labels.collect(), rows(outcome)))
        }
        Err(error) => Err(format!("{:?} {error}", error.kind())),
    }
}
