use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use yuntu_consent::SubjectSet;
use yuntu_consent::{ConsentIndex, ConsentRecord, ConsentSnapshot, ConsentSource, SubjectEvent};
use yuntu_lake::{
    CancelToken, ColumnMapping, ColumnRole, ColumnType, DatasetKind, DatasetSnapshot, Encoding,
    IdentifierForm, IdentifierKind, ImportPlan, Lake, LakeConfig, Mapping, Source, SourceFormat,
    TimeFormat,
};
use yuntu_terms::{
    ColumnClass, ConsentKind, ConsentStatus, EnterpriseId, MockClock, Operation, Pii, Recipient,
    Region, SubjectId, SystemEntropy, Timestamp,
};
use yuntu_vault::{
    Argon2Costs, FileProvider, FolderShelf, SecretText, Suite, Unlock, Vault, VaultParts,
};

use crate::permits::{id, permit};

/// The name of the dataset in queries.
pub(crate) const EVENTS: &str = "events";

/// 2026-01-01T00:00:00Z, the end of the year that the events fill.
const NOW_MICROS: i64 = 1_767_225_600_000_000;

/// A lake with real keys, before anything is in it.
pub(crate) struct Site {
    lake: Lake,
    clock: MockClock,
    enterprise: EnterpriseId,
}

impl Site {
    /// Makes keys and lake in an empty folder.
    pub(crate) async fn open(work: &Path) -> Result<Self> {
        if work.exists() {
            fs::remove_dir_all(work)?;
        }
        fs::create_dir_all(work)?;
        let now = Timestamp::from_micros(NOW_MICROS);
        let clock = MockClock::new(now);
        let vault = vault(work, &clock).await?;
        let config = LakeConfig::local(&work.join("lake"), Region::CN)?;
        let lake = Lake::open(
            config,
            Arc::new(vault),
            Arc::new(clock.clone()),
            Arc::new(SystemEntropy),
        )
        .await?;
        Ok(Self {
            lake,
            clock,
            enterprise: id(now, &SystemEntropy)?,
        })
    }

    /// Imports the events.
    pub(crate) async fn import(&self, events: &Path) -> Result<DatasetSnapshot> {
        let plan = ImportPlan {
            enterprise: self.enterprise,
            dataset: id(Timestamp::from_micros(NOW_MICROS), &SystemEntropy)?,
            mapping: mapping(),
        };
        self.lake
            .import(&plan, Source::open(events)?, &|_| (), &CancelToken::new())
            .await?;
        self.lake
            .snapshot(plan.enterprise, plan.dataset)
            .await?
            .context("nothing was imported")
    }
}

/// One enterprise with its events and the consent of its people, in a lake with real keys.
pub(crate) struct House {
    pub(crate) lake: Lake,
    pub(crate) clock: MockClock,
    pub(crate) now: Timestamp,
    pub(crate) enterprise: EnterpriseId,
    pub(crate) events: Arc<DatasetSnapshot>,
    pub(crate) uploaded: Arc<SubjectSet>,
    pub(crate) population: u32,
    /// Everybody agreed: the same scan with nobody to leave out.
    pub(crate) everybody: Arc<ConsentSnapshot>,
    /// Those agreed whom the consent file lists.
    pub(crate) consented: Arc<ConsentSnapshot>,
}

impl House {
    /// Takes in who consents, and indexes it.
    pub(crate) async fn build(
        site: &Site,
        events: DatasetSnapshot,
        consent: &Path,
    ) -> Result<Self> {
        let (lake, clock, enterprise) = (site.lake.clone(), site.clock.clone(), site.enterprise);
        let (now, entropy) = (Timestamp::from_micros(NOW_MICROS), SystemEntropy);
        let population = lake
            .identities(enterprise)
            .await?
            .numbers_given
            .try_into()?;
        let everybody = snapshot(enterprise, now, 0..population)?;
        let listed = members(&lake, enterprise, consent).await?;
        let consented = snapshot(enterprise, now, listed)?;
        let permit = permit(&events, &consented, now, &entropy)?;
        let uploaded = SubjectSet::from_bitmap(lake.subjects(&permit, &events).await?);
        Ok(Self {
            lake,
            clock,
            now,
            enterprise,
            events: Arc::new(events),
            uploaded: Arc::new(uploaded),
            population,
            everybody,
            consented,
        })
    }

    /// Finds the number of a member, as a look-up by an operator or an interface does.
    pub(crate) async fn member(&self, number: &str) -> Result<Option<SubjectId>> {
        let value = Pii::new(number.to_owned());
        Ok(self
            .lake
            .resolve(self.enterprise, &IdentifierKind::MemberId, &value)
            .await?)
    }
}

async fn vault(work: &Path, clock: &MockClock) -> Result<Vault> {
    let unlock = Unlock::Passphrase(SecretText::new("a passphrase for measuring".to_owned()));
    let provider = FileProvider::create(
        &work.join("keys"),
        &unlock,
        Suite::default(),
        Argon2Costs::LEAST,
        &SystemEntropy,
    )?;
    let shelf = FolderShelf::open(&work.join("shelf")).await?;
    Ok(Vault::open(VaultParts {
        provider: Arc::new(provider),
        shelf: Arc::new(shelf),
        clock: Arc::new(clock.clone()),
        entropy: Arc::new(SystemEntropy),
        suite: Suite::default(),
    })
    .await?)
}

fn mapping() -> Mapping {
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
            column("member", member, ColumnClass::Identifier, ColumnType::Text),
            personal("event_type", ColumnRole::EventType, ColumnType::Text),
            personal("channel", ColumnRole::Property, ColumnType::Text),
            personal("amount", ColumnRole::Property, ColumnType::Int),
            personal("happened", ColumnRole::EventTime, ColumnType::Timestamp),
        ],
        time_zone: "UTC".to_owned(),
        nulls: Vec::new(),
        consents: Vec::new(),
    }
}

fn personal(name: &str, role: ColumnRole, column_type: ColumnType) -> ColumnMapping {
    column(name, role, ColumnClass::Personal, column_type)
}

fn column(
    name: &str,
    role: ColumnRole,
    class: ColumnClass,
    column_type: ColumnType,
) -> ColumnMapping {
    ColumnMapping {
        source: name.to_owned(),
        name: name.to_owned(),
        role,
        class,
        column_type,
        time_format: TimeFormat::UnixSeconds,
    }
}

async fn members(lake: &Lake, enterprise: EnterpriseId, file: &Path) -> Result<Vec<u32>> {
    let mut found = Vec::new();
    for line in fs::read_to_string(file)?.lines().skip(1) {
        let value = Pii::new(line.to_owned());
        let subject = lake.resolve(enterprise, &IdentifierKind::MemberId, &value);
        // A member without an event has no number, and no row to leave out.
        found.extend(subject.await?.map(SubjectId::get));
    }
    Ok(found)
}

/// Records that these people agreed to marketing, one by one, and takes the snapshot.
fn snapshot(
    enterprise: EnterpriseId,
    now: Timestamp,
    people: impl IntoIterator<Item = u32>,
) -> Result<Arc<ConsentSnapshot>> {
    let early = now.plus_days(-400);
    let mut index = ConsentIndex::new(enterprise);
    for (seq, subject) in (1..).zip(people) {
        let record = ConsentRecord {
            id: id(now, &SystemEntropy)?,
            subject: SubjectId::new(subject),
            purpose: "marketing".parse()?,
            operation: Operation::Process,
            recipient: Recipient::Enterprise,
            kind: ConsentKind::Expressed,
            status: ConsentStatus::Given,
            from: early,
            until: None,
            recorded: early,
            source: ConsentSource::Api,
            evidence: None,
        };
        index.apply(seq, &SubjectEvent::Consent(record))?;
    }
    Ok(index.snapshot(now))
}
