//! Importing a source: exactly once, and from where it stopped after a crash.

use std::collections::BTreeSet;

use object_store::UpdateVersion;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;
use yuntu_terms::{DatasetId, Digest, EnterpriseId, clause};
use yuntu_vault::{KeyScope, KeyedHash};

use crate::error::{LakeError, SourceFault};
use crate::flags::{FlagSink, NoFlags, flags_of};
use crate::identity::{Assign, Book, Mac, RETRIES};
use crate::intake::chunk::{Chunk, NONE, Names};
use crate::intake::{self, Reading, hashing};
use crate::lake::Lake;
use crate::manifest::{Column, ImportState, Manifest, Part, schema_of};
use crate::mapping::{DatasetKind, IdentifierKind, Mapping};
use crate::normalise;
use crate::part_write::{self, Sorted};
use crate::report::{CancelToken, ImportOutcome, ImportPlan, ImportReport, Progress};
use crate::source::Source;
use crate::storage::{Loaded, Replaced};

/// An import under way.
struct Session<'a> {
    plan: &'a ImportPlan,
    import: Digest,
    manifest: Manifest,
    version: Option<UpdateVersion>,
    state: ImportState,
}

impl Lake {
    /// Imports a source into a dataset: each row once, however often the import is begun.
    ///
    /// The import is known by the digest of its source, its mapping and its dataset. Parts become live chunk by chunk,
    /// together with the position they reach; an import that was cancelled or killed goes on from there, one that is
    /// done does nothing and says so. Rows that do not fit go to quarantine, without their values.
    ///
    /// # Errors
    /// [`LakeError::Mapping`], [`LakeError::Source`], [`LakeError::SchemaMismatch`] before anything is imported;
    /// [`LakeError::Cancelled`], [`LakeError::Storage`], [`LakeError::Vault`] and [`SourceFault::Changed`] leave what
    /// is committed.
    ///
    /// # Clause
    /// R13, R22
    pub async fn import(
        &self,
        plan: &ImportPlan,
        source: Source,
        progress: &(dyn Fn(Progress) + Send + Sync),
        cancel: &CancelToken,
    ) -> Result<ImportReport, LakeError> {
        let watch = (progress, cancel);
        self.import_with(plan, source, watch, &NoFlags).await
    }

    /// Imports as [`Lake::import`] does, and hands on what the columns of consent say before their rows become live.
    ///
    /// # Errors
    /// As [`Lake::import`], and [`LakeError::Flags`].
    ///
    /// # Clause
    /// U4, R22
    pub async fn import_with(
        &self,
        plan: &ImportPlan,
        source: Source,
        watch: (&(dyn Fn(Progress) + Send + Sync), &CancelToken),
        flags: &dyn FlagSink,
    ) -> Result<ImportReport, LakeError> {
        let digest = self.identify(&source, watch.1).await?;
        self.import_identified(plan, (source, digest), watch, flags)
            .await
    }

    /// Computes the digest of a source, by which it is known again.
    ///
    /// # Errors
    /// [`LakeError::Source`] when it cannot be read, [`LakeError::Cancelled`].
    pub async fn identify(
        &self,
        source: &Source,
        cancel: &CancelToken,
    ) -> Result<Digest, LakeError> {
        digest_of(source.clone(), cancel.clone()).await
    }

    /// Says how far an import is, whoever did it; nothing when nothing of it is live.
    ///
    /// # Errors
    /// [`LakeError::Damaged`], [`LakeError::Storage`].
    pub async fn import_standing(
        &self,
        plan: &ImportPlan,
        source: Digest,
    ) -> Result<Option<Progress>, LakeError> {
        let import = plan.identity(source)?;
        let loaded = self.manifest(plan.enterprise, plan.dataset).await?;
        let state = loaded.and_then(|loaded| loaded.value.imports.get(&import).cloned());
        Ok(state.map(|state| state.progress(0)))
    }

    /// Imports a source whose digest is known, as [`Lake::import_with`] does.
    ///
    /// # Errors
    /// As [`Lake::import_with`]; [`SourceFault::Changed`] at the end when the digest is another's.
    ///
    /// # Clause
    /// R13, R22
    pub async fn import_identified(
        &self,
        plan: &ImportPlan,
        (source, digest): (Source, Digest),
        (progress, cancel): (&(dyn Fn(Progress) + Send + Sync), &CancelToken),
        flags: &dyn FlagSink,
    ) -> Result<ImportReport, LakeError> {
        plan.mapping.check()?;
        Chunk::new(&plan.mapping)?;
        self.config().check_region()?;
        let import = plan.identity(digest)?;
        let lock = self.importing(import);
        let _once = lock.lock().await;
        let mut session = self.begin(plan, import).await?;
        let outcome = match (session.state.done, session.state.chunks) {
            (true, _) => return Ok(session.report(ImportOutcome::AlreadyImported)),
            (false, 0) => ImportOutcome::Imported,
            (false, _) => ImportOutcome::Resumed,
        };
        let total = source.len();
        let (sender, mut chunks) = mpsc::channel(1);
        let reading = Reading {
            source,
            mapping: plan.mapping.clone(),
            start: session.state.position,
            digest,
            chunk_rows: self.config().chunk_rows.max(1),
            cancel: cancel.clone(),
        };
        let reader = tokio::task::spawn_blocking(move || {
            if let Err(error) = intake::read(&reading, &sender) {
                // The import gave up already when nobody takes the error.
                drop(sender.blocking_send(Err(error)));
            }
        });
        while let Some(chunk) = chunks.recv().await {
            let chunk = chunk?;
            let bytes_done = chunk.bytes_done;
            {
                // Between two chunks others change the dataset, who would else wait for hours.
                let lock = self.writer(plan.dataset);
                let _alone = lock.lock().await;
                self.renew(&mut session).await?;
                Box::pin(self.commit_chunk(&mut session, chunk, flags)).await?;
            }
            progress(Progress {
                bytes_done,
                ..session.state.progress(total)
            });
        }
        reader.await.map_err(|_panicked| LakeError::Worker)?;
        if !session.state.done {
            return Err(LakeError::Worker);
        }
        let lock = self.writer(plan.dataset);
        let _alone = lock.lock().await;
        Box::pin(self.merge_parts(plan.enterprise, plan.dataset, cancel)).await?;
        Ok(session.report(outcome))
    }

    async fn begin<'a>(
        &self,
        plan: &'a ImportPlan,
        import: Digest,
    ) -> Result<Session<'a>, LakeError> {
        let columns = columns_of(&plan.mapping);
        let loaded = self.manifest(plan.enterprise, plan.dataset).await?;
        let (manifest, version) = if let Some(Loaded { value, version }) = loaded {
            (value, Some(version))
        } else {
            let (enterprise, dataset) = (plan.enterprise, plan.dataset);
            (
                Manifest::new(enterprise, dataset, plan.mapping.kind, columns.clone()),
                None,
            )
        };
        let snapshot = &manifest.snapshot;
        if snapshot.kind != plan.mapping.kind || !are_alike(&snapshot.columns, &columns) {
            return Err(LakeError::SchemaMismatch(plan.dataset));
        }
        let state = manifest.imports.get(&import).cloned().unwrap_or_default();
        Ok(Session {
            plan,
            import,
            manifest,
            version,
            state,
        })
    }

    /// Takes over what others did to the dataset since the last chunk; the import itself stands where this one left it, or
    /// another process goes on with it.
    async fn renew(&self, session: &mut Session<'_>) -> Result<(), LakeError> {
        let now = self.begin(session.plan, session.import).await?;
        if now.state != session.state {
            return Err(LakeError::Contended);
        }
        *session = now;
        Ok(())
    }

    /// Makes a chunk live: identities first, then what its people agreed to and who of them is one person, then the parts and
    /// the manifest that names them.
    async fn commit_chunk(
        &self,
        session: &mut Session<'_>,
        mut chunk: Chunk,
        flags: &dyn FlagSink,
    ) -> Result<(), LakeError> {
        let plan = session.plan;
        let mut state = session.state.clone();
        let people = self.resolve_chunk(plan.enterprise, &mut chunk).await?;
        let place = (session.import, state.rows);
        if let Some(said) = flags_of(&plan.mapping, &chunk, &people.subjects, place) {
            flags.note(said).await?;
        }
        if !people.joins.is_empty() {
            flags.join(people.joins.iter().copied().collect()).await?;
        }
        state.rows += count(chunk.rows());
        state.quarantined += count(chunk.quarantine.len());
        state.conflicts += people.conflicts;
        state.position = chunk.position;
        state.done = chunk.last;
        state.chunks += 1;
        if !chunk.quarantine.is_empty() {
            let file = format!("{}-{:06}.ndjson", session.import, state.chunks);
            self.write_quarantine(plan, &file, &chunk.quarantine)
                .await?;
            state.quarantine.push(file);
        }
        let mut parts = Vec::new();
        if chunk.rows() > 0 {
            let kind = plan.mapping.kind;
            let schema = schema_of(kind, &session.manifest.snapshot.columns);
            let sorted =
                blocking(move || sort_chunk(chunk, &schema, kind, people.subjects)).await?;
            for sorted in sorted {
                parts.push(
                    self.write_part(plan.enterprise, plan.dataset, kind, sorted)
                        .await?,
                );
            }
        }
        self.publish(session, parts, state).await
    }

    /// Replaces the manifest by one that has the new parts and the position they reach.
    async fn publish(
        &self,
        session: &mut Session<'_>,
        parts: Vec<Part>,
        state: ImportState,
    ) -> Result<(), LakeError> {
        let (enterprise, dataset) = (session.plan.enterprise, session.plan.dataset);
        for _ in 0..RETRIES {
            let mut next = session.manifest.clone();
            next.snapshot.parts.extend(parts.iter().cloned());
            next.imports.insert(session.import, state.clone());
            match self
                .replace_manifest(&mut next, session.version.clone())
                .await?
            {
                Replaced::Done(version) => {
                    session.manifest = next;
                    session.version = Some(version);
                    session.state = state;
                    return Ok(());
                }
                Replaced::Overtaken => {}
            }
            let loaded = self.manifest(enterprise, dataset).await?;
            let Loaded { value, version } = loaded.ok_or(LakeError::Contended)?;
            let found = value
                .imports
                .get(&session.import)
                .cloned()
                .unwrap_or_default();
            session.manifest = value;
            session.version = Some(version);
            if found == state {
                // The answer to our own write was lost: it counts all the same when it has our parts.
                let live = &session.manifest.snapshot.parts;
                if parts.iter().all(|part| live.contains(part)) {
                    session.state = state;
                    return Ok(());
                }
            }
            if found != session.state {
                return Err(LakeError::Contended);
            }
        }
        Err(LakeError::Contended)
    }

    /// Counts the manifest on and replaces the one in the store.
    pub(crate) async fn replace_manifest(
        &self,
        next: &mut Manifest,
        after: Option<UpdateVersion>,
    ) -> Result<Replaced, LakeError> {
        let snapshot = &mut next.snapshot;
        snapshot.version += 1;
        snapshot.digest = snapshot
            .compute_digest()
            .map_err(|error| LakeError::Columns(Box::new(error)))?;
        let (enterprise, dataset) = (snapshot.enterprise, snapshot.dataset);
        let path = self.manifest_path(enterprise, dataset);
        self.replace_document(enterprise, &path, next, after).await
    }

    /// Packs, encrypts and stores a part; it is not live before a manifest names it.
    pub(crate) async fn write_part(
        &self,
        enterprise: EnterpriseId,
        dataset: DatasetId,
        kind: DatasetKind,
        sorted: Sorted,
    ) -> Result<Part, LakeError> {
        clause::hit!(R22);
        let id = self.new_part_id()?;
        let key = self
            .vault()
            .data_key(&KeyScope::Part(enterprise, id))
            .await?;
        let rows = self.config().row_group_rows;
        let (part, bytes) =
            blocking(move || part_write::encode(&sorted, (dataset, kind), (id, &key), rows))
                .await?;
        self.create(&self.part_path(enterprise, dataset, id), bytes)
            .await?;
        Ok(part)
    }

    /// Turns the identifiers of a chunk into subjects.
    async fn resolve_chunk(
        &self,
        enterprise: EnterpriseId,
        chunk: &mut Chunk,
    ) -> Result<People, LakeError> {
        let mut hashers = Vec::with_capacity(chunk.names.len());
        for names in &chunk.names {
            let domain = normalise::domain(&names.kind, names.form);
            let scope = KeyScope::Enterprise(enterprise);
            hashers.push(self.vault().hasher(&scope, &domain).await?);
        }
        let names = std::mem::take(&mut chunk.names);
        let columns = blocking(move || {
            names
                .into_iter()
                .zip(hashers)
                .map(|(names, hasher)| Hashed::new(names, &hasher))
                .collect()
        })
        .await?;
        let mut people = People {
            columns,
            subjects: Vec::new(),
            conflicts: 0,
            joins: BTreeSet::new(),
            rows: chunk.rows(),
        };
        if !people.columns.is_empty() {
            self.assign_subjects(enterprise, &mut people).await?;
        }
        Ok(people)
    }
}

impl Session<'_> {
    fn report(&self, outcome: ImportOutcome) -> ImportReport {
        ImportReport {
            import: self.import,
            outcome,
            rows: self.state.rows,
            quarantined: self.state.quarantined,
            conflicts: self.state.conflicts,
            version: self.manifest.snapshot.version,
        }
    }
}

/// One identifier column of a chunk, hashed.
struct Hashed {
    names: Names,
    macs: Vec<Mac>,
}

impl Hashed {
    fn new(names: Names, hasher: &KeyedHash) -> Result<Self, LakeError> {
        let macs = names
            .canonical
            .iter()
            .map(|canonical| Ok(Mac::new(&hasher.digest(canonical.as_slice())?)))
            .collect::<Result<_, LakeError>>()?;
        Ok(Self { names, macs })
    }

    fn link(&self, number: u32, subject: u32, book: &mut Book<'_>) {
        let Some(mac) = get(&self.macs, number) else {
            return;
        };
        book.link(*mac, subject, self.original(number));
    }

    /// Returns the identifier as it was, where it is wanted.
    fn original(&self, number: u32) -> Option<(&IdentifierKind, &str)> {
        let original = get(&self.names.originals, number);
        original.map(|text| (&self.names.kind, text.as_str()))
    }
}

/// The persons of a chunk.
struct People {
    columns: Vec<Hashed>,
    subjects: Vec<u32>,
    conflicts: u64,
    /// The numbers of different people whom one row names.
    joins: BTreeSet<(u32, u32)>,
    rows: usize,
}

impl Assign for People {
    fn wanted(&self) -> Vec<Mac> {
        let macs = self.columns.iter().flat_map(|column| &column.macs);
        macs.copied().collect()
    }

    fn assign(&mut self, book: &mut Book<'_>) -> Result<(), LakeError> {
        self.conflicts = 0;
        self.joins.clear();
        let mut subjects = Vec::with_capacity(self.rows);
        // What each identifier was found to lead to, so that it is looked up once.
        let mut known: Vec<Vec<u32>> = self
            .columns
            .iter()
            .map(|column| vec![NONE; column.macs.len()])
            .collect();
        for row in 0..self.rows {
            let mut subject = NONE;
            let mut first = 0;
            for (column, known) in self.columns.iter().zip(&mut known) {
                let found = look_up((column, first), known, row, book);
                first += column.macs.len();
                if found == NONE {
                    continue;
                }
                if subject == NONE {
                    subject = found;
                } else if subject != found {
                    self.conflicts += 1;
                    self.joins.insert((subject, found));
                }
            }
            if subject == NONE {
                subject = book.give()?;
            }
            for (column, known) in self.columns.iter().zip(&mut known) {
                let number = column.names.rows.get(row).copied().unwrap_or(NONE);
                if let Some(slot) = get_mut(known, number)
                    && *slot == NONE
                {
                    *slot = subject;
                    column.link(number, subject, book);
                }
            }
            subjects.push(subject);
        }
        self.subjects = subjects;
        Ok(())
    }

    fn keeps_originals(&self) -> bool {
        self.columns.iter().any(|it| it.names.keep_original)
    }
}

/// Finds whom a row's identifier names; the column's hashes stand from `first` on among all that were asked for.
fn look_up(
    (column, first): (&Hashed, usize),
    known: &mut [u32],
    row: usize,
    book: &mut Book<'_>,
) -> u32 {
    let number = column.names.rows.get(row).copied().unwrap_or(NONE);
    let Some(slot) = get_mut(known, number) else {
        return NONE;
    };
    if *slot == NONE
        && let Ok(place) = usize::try_from(number)
        && let Some(mac) = column.macs.get(place)
        && let Some(found) = book.find(first + place, *mac)
    {
        *slot = found;
        if let Some(original) = column.original(number) {
            book.keep(first + place, found, original);
        }
    }
    *slot
}

fn get<T>(all: &[T], number: u32) -> Option<&T> {
    usize::try_from(number)
        .ok()
        .and_then(|number| all.get(number))
}

fn get_mut<T>(all: &mut [T], number: u32) -> Option<&mut T> {
    usize::try_from(number)
        .ok()
        .and_then(|number| all.get_mut(number))
}

fn sort_chunk(
    chunk: Chunk,
    schema: &arrow::datatypes::SchemaRef,
    kind: DatasetKind,
    subjects: Vec<u32>,
) -> Result<Vec<Sorted>, LakeError> {
    let times = chunk
        .event_time()
        .and_then(|place| chunk.columns.get(place))
        .and_then(crate::intake::cells::Sink::order_keys);
    let columns = chunk
        .columns
        .into_iter()
        .map(crate::intake::cells::Sink::finish)
        .collect::<Result<Vec<_>, _>>()?;
    match kind {
        DatasetKind::Persons => part_write::sort(schema, subjects, times.as_deref(), &columns),
        DatasetKind::Lookup => Ok(vec![Sorted::unsorted(schema, columns)?]),
    }
}

/// Says whether columns are the same but for their class, which may have changed since the mapping was made.
fn are_alike(kept: &[Column], made: &[Column]) -> bool {
    let alike = |(one, other): (&Column, &Column)| {
        one.name == other.name && one.column_type == other.column_type && one.role == other.role
    };
    kept.len() == made.len() && kept.iter().zip(made).all(alike)
}

/// Returns the columns that a mapping makes.
fn columns_of(mapping: &Mapping) -> Vec<Column> {
    mapping
        .kept()
        .map(|column| Column {
            name: column.name.clone(),
            column_type: column.column_type,
            class: column.class,
            role: column.role.clone(),
        })
        .collect()
}

impl ImportPlan {
    /// Returns the identity of the import of a source under this plan.
    ///
    /// # Errors
    /// [`LakeError::Columns`] when the plan cannot be written, which does not happen.
    pub fn identity(&self, source: Digest) -> Result<Digest, LakeError> {
        let body = serde_json::to_vec(&("yuntu/lake/import/1", self, source))
            .map_err(|error| LakeError::Columns(Box::new(error)))?;
        Ok(Digest::new(Sha256::digest(&body).into()))
    }
}

async fn digest_of(source: Source, cancel: CancelToken) -> Result<Digest, LakeError> {
    let digest = blocking(move || {
        Ok(hashing::digest(&source, || !cancel.is_cancelled()).map_err(SourceFault::Read)?)
    });
    digest.await?.ok_or(LakeError::Cancelled)
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// Runs what takes the processor for long on a thread for that.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, LakeError> + Send + 'static,
) -> Result<T, LakeError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_panicked| LakeError::Worker)?
}
