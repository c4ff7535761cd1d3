//! A lake in a temporary folder, mappings, sources and permits.

use std::fmt::Write as _;
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::UInt32Type;
use futures::TryStreamExt;
use tempfile::TempDir;
use yuntu_lake::{
    CancelToken, ColumnMapping, ColumnRole, ColumnType, DatasetKind, DatasetSnapshot, Encoding,
    IdentifierForm, IdentifierKind, ImportPlan, ImportReport, Lake, LakeConfig, LakeError, Mapping,
    PartScan, Source, SourceFormat, TimeFormat,
};
use yuntu_policy::{
    AcceptanceFacts, ActorFacts, ColumnFacts, ConsentFacts, DatasetFacts, DeclarationFacts,
    EnterpriseFacts, Facts, InstructionFacts, Period, PurposeFacts, RecordedPermit, Request, Role,
    Standing, StatementFacts, Wants, decide,
};
use yuntu_terms::{
    ClauseId, ColumnClass, DatasetId, Digest, EnterpriseId, Id, Kind, LegalBasis, MockClock,
    Operation, Recipient, Region, SeededEntropy, SystemEntropy, Timestamp,
};
use yuntu_vault::{Argon2Costs, FileProvider, FolderShelf, Suite, Unlock, Vault, VaultParts};

/// A moment of the tests, well after the time stamps of the files they make.
pub(crate) fn now() -> Timestamp {
    "2030-03-21T08:00:00Z".parse().unwrap()
}

pub(crate) fn id<K: Kind>(seed: u64) -> Id<K> {
    Id::generate(Timestamp::from_micros(0), &SeededEntropy::new(seed)).unwrap()
}

pub(crate) fn enterprise() -> EnterpriseId {
    id(1)
}

pub(crate) fn dataset() -> DatasetId {
    id(2)
}

/// Opens the vault whose key file and shelf lie in a folder, making them the first time.
pub(crate) async fn vault(folder: &Path, clock: &MockClock) -> Arc<Vault> {
    std::fs::create_dir_all(folder).unwrap();
    let credential = folder.join("credential");
    if !credential.exists() {
        std::fs::write(&credential, [7; 32]).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&credential, mode).unwrap();
    }
    let unlock = Unlock::Credential(credential);
    let file = folder.join("keys");
    let provider = if file.exists() {
        FileProvider::open(&file, &unlock)
    } else {
        let (suite, costs) = (Suite::International, Argon2Costs::LEAST);
        FileProvider::create(&file, &unlock, suite, costs, &SystemEntropy)
    };
    let shelf = FolderShelf::open(&folder.join("shelf")).await.unwrap();
    let parts = VaultParts {
        provider: Arc::new(provider.unwrap()),
        shelf: Arc::new(shelf),
        clock: Arc::new(clock.clone()),
        entropy: Arc::new(SystemEntropy),
        suite: Suite::International,
    };
    Arc::new(Vault::open(parts).await.unwrap())
}

/// A lake and what it stands on.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) dir: TempDir,
    pub(crate) clock: MockClock,
    pub(crate) vault: Arc<Vault>,
    pub(crate) lake: Lake,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|config| config).await
    }

    /// Makes a lake with another configuration.
    pub(crate) async fn with(change: impl FnOnce(LakeConfig) -> LakeConfig) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = MockClock::new(now());
        let vault = vault(&dir.path().join("vault"), &clock).await;
        let lake = open(&dir.path().join("lake"), &vault, &clock, change).await;
        Self {
            dir,
            clock,
            vault,
            lake,
        }
    }

    /// Opens the same lake again, as another process would.
    pub(crate) async fn reopened(&self, change: impl FnOnce(LakeConfig) -> LakeConfig) -> Lake {
        let vault = vault(&self.dir.path().join("vault"), &self.clock).await;
        open(&self.dir.path().join("lake"), &vault, &self.clock, change).await
    }

    pub(crate) async fn import(
        &self,
        mapping: &Mapping,
        text: impl AsRef<[u8]>,
    ) -> Result<ImportReport, LakeError> {
        import(&self.lake, dataset(), mapping, text).await
    }

    pub(crate) async fn rows(&self) -> RecordBatch {
        rows(&self.lake, dataset()).await
    }
}

pub(crate) async fn open(
    folder: &Path,
    vault: &Arc<Vault>,
    clock: &MockClock,
    change: impl FnOnce(LakeConfig) -> LakeConfig,
) -> Lake {
    let config = change(LakeConfig::local(folder, Region::CN).unwrap());
    let clock = Arc::new(clock.clone());
    Lake::open(config, Arc::clone(vault), clock, Arc::new(SystemEntropy))
        .await
        .unwrap()
}

pub(crate) fn source(bytes: impl AsRef<[u8]>) -> Source {
    Source::new(Box::new(Cursor::new(bytes.as_ref().to_vec()))).unwrap()
}

pub(crate) async fn import(
    lake: &Lake,
    dataset: DatasetId,
    mapping: &Mapping,
    bytes: impl AsRef<[u8]>,
) -> Result<ImportReport, LakeError> {
    let plan = ImportPlan {
        enterprise: enterprise(),
        dataset,
        mapping: mapping.clone(),
    };
    lake.import(&plan, source(bytes), &|_progress| {}, &CancelToken::new())
        .await
}

/// Reads every row of a dataset through the permit door.
pub(crate) async fn rows(lake: &Lake, dataset: DatasetId) -> RecordBatch {
    try_rows(lake, dataset).await.unwrap()
}

pub(crate) async fn try_rows(lake: &Lake, dataset: DatasetId) -> Result<RecordBatch, LakeError> {
    let snapshot = lake.snapshot(enterprise(), dataset).await?.unwrap();
    let permit = permit(&snapshot);
    let schema = snapshot.schema();
    let mut batches = Vec::new();
    for part in &snapshot.parts {
        let scan = PartScan::columns((0..schema.fields().len()).collect());
        let reader = lake.open_part(&permit, &snapshot, part, scan).await?;
        batches.extend(reader.try_collect::<Vec<_>>().await?);
    }
    Ok(concat_batches(&schema, &batches).unwrap())
}

/// Returns the rows as text, sorted, without the subject: what a naive reading of the source gives as well.
pub(crate) fn texts(batch: &RecordBatch, first: usize) -> Vec<Vec<Option<String>>> {
    let options = arrow::util::display::FormatOptions::default();
    let columns: Vec<_> = batch.columns()[first..]
        .iter()
        .map(|column| {
            let shown = arrow::util::display::ArrayFormatter::try_new(column, &options).unwrap();
            (0..column.len())
                .map(|row| column.is_valid(row).then(|| shown.value(row).to_string()))
                .collect::<Vec<_>>()
        })
        .collect();
    let mut rows: Vec<Vec<_>> = (0..batch.num_rows())
        .map(|row| columns.iter().map(|column| column[row].clone()).collect())
        .collect();
    rows.sort();
    rows
}

pub(crate) fn subjects_of(batch: &RecordBatch) -> Vec<u32> {
    batch
        .column(0)
        .as_primitive::<UInt32Type>()
        .values()
        .to_vec()
}

pub(crate) fn column(source: &str, role: ColumnRole, column_type: ColumnType) -> ColumnMapping {
    ColumnMapping {
        source: source.to_owned(),
        name: source.to_owned(),
        role,
        class: ColumnClass::Personal,
        column_type,
        time_format: TimeFormat::Iso,
    }
}

pub(crate) fn identifier(source: &str, kind: IdentifierKind) -> ColumnMapping {
    let role = ColumnRole::Identifier {
        kind,
        form: IdentifierForm::Plain,
        keep_original: false,
    };
    ColumnMapping {
        class: ColumnClass::Identifier,
        ..column(source, role, ColumnType::Text)
    }
}

pub(crate) fn csv(columns: Vec<ColumnMapping>) -> Mapping {
    Mapping {
        source: SourceFormat::Csv {
            delimiter: b',',
            header: true,
            encoding: Encoding::Utf8,
        },
        kind: DatasetKind::Persons,
        columns,
        time_zone: "UTC".to_owned(),
        nulls: Vec::new(),
        consents: Vec::new(),
    }
}

/// A mapping of purchases: who, when, what, how much.
pub(crate) fn purchases() -> Mapping {
    csv(vec![
        identifier("member", IdentifierKind::MemberId),
        column("at", ColumnRole::EventTime, ColumnType::Timestamp),
        column("product", ColumnRole::Property, ColumnType::Text),
        column("amount", ColumnRole::Property, ColumnType::Int),
    ])
}

/// Rows for [`purchases`]: `rows` purchases of `people` members, in no order.
pub(crate) fn purchases_csv(rows: usize, people: usize) -> String {
    let random = SeededEntropy::new(42);
    let mut text = "member,at,product,amount\n".to_owned();
    for row in 0..rows {
        let member = random.next_u64() % people as u64;
        let day = 1 + random.next_u64() % 28;
        let second = random.next_u64() % 60;
        let product = row % 97;
        writeln!(
            text,
            "m{member},2026-02-{day:02} 08:00:{second:02},p{product},{row}"
        )
        .unwrap();
    }
    text
}

/// A permit for every column of a snapshot.
pub(crate) fn permit(snapshot: &DatasetSnapshot) -> RecordedPermit {
    let columns = snapshot.columns.iter().map(|c| (c.name.as_str(), c.class));
    permit_of(enterprise(), snapshot.dataset, columns.collect())
}

pub(crate) fn permit_of(
    enterprise: EnterpriseId,
    dataset: DatasetId,
    columns: Vec<(&str, ColumnClass)>,
) -> RecordedPermit {
    let purpose: yuntu_terms::Purpose = "service.care".parse().unwrap();
    let columns: Vec<_> = columns
        .into_iter()
        .map(|(name, class)| ColumnFacts {
            class,
            name: name.to_owned(),
        })
        .collect();
    let classes: std::collections::BTreeSet<_> = columns
        .iter()
        .map(|column| column.class)
        .chain([ColumnClass::NonPersonal])
        .collect();
    let request = Request {
        permit_id: id(10),
        actor: id(11),
        enterprise,
        purpose: purpose.clone(),
        operation: Operation::Process,
        recipient: Recipient::Enterprise,
        datasets: vec![dataset],
        instruction: id(12),
        basis: LegalBasis::Consent,
        exception: None,
        help: None,
        exception_use: None,
        wants: Wants {
            classes,
            ..Wants::default()
        },
    };
    let facts = facts(&request, columns);
    RecordedPermit::recorded(decide(&request, &facts).unwrap(), 1)
}

/// What makes the policy say yes to a request.
#[expect(clippy::too_many_lines, reason = "one fact after another")]
fn facts(request: &Request, columns: Vec<ColumnFacts>) -> Facts {
    let (enterprise, purpose) = (request.enterprise, request.purpose.clone());
    let period = Period {
        from: Timestamp::from_micros(0),
        until: now().plus_days(1),
    };
    let active = Some(Standing::Active);
    let mut facts = Facts::nothing(now());
    facts.statement = Some(StatementFacts {
        version: "1".to_owned(),
        digest: Digest::new([1; 32]),
        effective: period.from,
        accepted: Some(AcceptanceFacts {
            version: "1".to_owned(),
            at: period.from,
        }),
    });
    facts.purpose = Some(PurposeFacts {
        id: purpose.clone(),
        clause: ClauseId::r(6),
        bases: vec![LegalBasis::Consent, LegalBasis::Contract],
        consent: None,
        classes: request.wants.classes.iter().copied().collect(),
        operations: vec![Operation::Process],
        refusable: false,
    });
    facts.enterprise = Some(EnterpriseFacts {
        measures: Some(Vec::new()),
        id: enterprise,
        standing: active,
        certified: Some(period),
    });
    facts.actor = Some(ActorFacts {
        id: id(11),
        enterprise: Some(enterprise),
        role: Some(Role::Owner),
        standing: active,
        letter: Some(period),
        scopes: None,
    });
    facts.instruction = Some(InstructionFacts {
        id: id(12),
        enterprise,
        by: id(11),
        purposes: vec![purpose.clone()],
        operations: vec![Operation::Process],
        recipients: vec![Recipient::Enterprise],
        datasets: request.datasets.clone(),
        recorded: period.from,
        period: Some(period),
        standing: active,
    });
    facts.datasets = vec![DatasetFacts {
        measures: Some(Vec::new()),
        id: request.datasets[0],
        enterprise,
        standing: active,
        region: Some(Region::CN),
        about_persons: Some(true),
        columns: Some(columns),
        declaration: Some(DeclarationFacts {
            id: id(13),
            complete: true,
            proved: true,
            period: Some(period),
            bases: vec![LegalBasis::Consent, LegalBasis::Contract],
        }),
        scope: None,
        own_records: Some(1),
    }];
    facts.consent = Some(ConsentFacts {
        version: 1,
        root: Digest::new([2; 32]),
    });
    facts
}
