use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use roaring::RoaringBitmap;
use yuntu_consent::{Funnel, FunnelBase, SubjectSet};
use yuntu_lake::DatasetKind;
use yuntu_policy::RecordedPermit;
use yuntu_terms::{ClauseId, ColumnClass, LegalBasis, clause};

use super::Engine;
use crate::error::EngineError;
use crate::guard::{Guard, GuardParts, Watch};
use crate::insight::Base;
use crate::query::{RunDataset, RunInput};
use crate::sql::{Bounds, SessionLimits};

/// What a run may see, worked out once from permit, consent and manifests.
pub(super) struct Admitted {
    pub(super) guards: Vec<Arc<Guard>>,
    pub(super) watch: Arc<Watch>,
    /// The admitted people with a row in some dataset; complements are taken inside it.
    pub(super) universe: RoaringBitmap,
    pub(super) base: Base,
    pub(super) funnels: BTreeMap<String, Funnel>,
    /// How many are admitted without a consent, where the ground is another.
    pub(super) beyond_consent: BTreeMap<String, u64>,
    pub(super) limits: SessionLimits,
    pub(super) bounds: Bounds,
}

impl Admitted {
    /// Holds input and permit against each other, then asks consent who is admitted.
    ///
    /// A run whose funnel does not add up, or counts others than the guard lets pass, does not happen.
    ///
    /// # Clause
    /// U2, U4
    pub(super) fn new(
        engine: &Engine,
        permit: &RecordedPermit,
        input: &RunInput,
    ) -> Result<Self, EngineError> {
        let now = engine.clock.now();
        let watch = Arc::new(Watch::new(
            Arc::clone(&engine.clock),
            permit.expires_at(),
            now.plus(engine.config.time_max),
            input.cancel.clone(),
        ));
        watch.check()?;
        check_consent(permit, input, &watch)?;
        let recorded = Arc::new(permit.clone());
        let mut names = BTreeSet::new();
        let mut guards = Vec::new();
        let mut funnels = BTreeMap::new();
        let mut beyond_consent = BTreeMap::new();
        let (mut universe, mut uploaded) = (RoaringBitmap::new(), RoaringBitmap::new());
        for dataset in &input.datasets {
            if !names.insert(&dataset.name) {
                return Err(EngineError::refused(
                    ClauseId::u(2),
                    "two datasets of the run have one name",
                ));
            }
            let guard = guard(engine, &recorded, input, dataset, &watch)?;
            if guard.is_about_persons() {
                let here = guard.admitted.bitmap() & dataset.uploaded.bitmap();
                uploaded |= dataset.uploaded.bitmap();
                if let Some(question) = permit.question(dataset.snapshot.dataset, input.population)
                {
                    let base = FunnelBase::active(&dataset.uploaded);
                    let funnel = input.consent.funnel(&question, base);
                    if !funnel.adds_up() || funnel.admitted != here.len() {
                        return Err(EngineError::Internal("counting who is left out"));
                    }
                    funnels.insert(dataset.name.clone(), funnel);
                    if permit.basis() != LegalBasis::Consent {
                        let consented = question.on_basis(LegalBasis::Consent);
                        let consented = input.consent.allowed(&consented);
                        let beyond = &here - consented.bitmap();
                        beyond_consent.insert(dataset.name.clone(), beyond.len());
                    }
                }
                universe |= here;
            }
            guards.push(Arc::new(guard));
        }
        Ok(Self {
            base: Base::new(universe.len(), uploaded.len()),
            guards,
            watch,
            universe,
            funnels,
            beyond_consent,
            limits: SessionLimits {
                memory_bytes: engine.config.memory_bytes,
                partitions: engine.config.partitions.max(1),
                batch_size: engine.config.batch_size.max(1),
            },
            bounds: Bounds {
                rows: input.rows_max.map_or(engine.config.rows_max, |own| {
                    own.min(engine.config.rows_max)
                }),
                bytes: input.bytes_max,
            },
        })
    }
}

/// Refuses consent of another enterprise, or older than the decision, or past a moment at which it changed.
///
/// # Clause
/// U4
fn check_consent(
    permit: &RecordedPermit,
    input: &RunInput,
    watch: &Watch,
) -> Result<(), EngineError> {
    let refused = |fact| Err(EngineError::refused(ClauseId::u(4), fact));
    let consent = &input.consent;
    if consent.enterprise() != permit.enterprise() {
        return refused("the consent is that of another enterprise");
    }
    if consent.version() < permit.consent_version() {
        return refused("the consent is older than the permit");
    }
    if consent.version() == permit.consent_version() && consent.root() != permit.consent_root() {
        return refused("the consent is not the one the permit cites");
    }
    if consent
        .next_change()
        .is_some_and(|change| change <= watch.now())
    {
        return refused("some consent has begun or ended since the snapshot was taken");
    }
    Ok(())
}

fn guard(
    engine: &Engine,
    permit: &Arc<RecordedPermit>,
    input: &RunInput,
    dataset: &RunDataset,
    watch: &Arc<Watch>,
) -> Result<Guard, EngineError> {
    clause::hit!(U4);
    let snapshot = &dataset.snapshot;
    let not_opened = || {
        EngineError::refused(
            ClauseId::u(2),
            "the permit does not open a dataset of the run",
        )
    };
    if snapshot.enterprise != permit.enterprise() {
        return Err(not_opened());
    }
    let opened = permit.dataset(snapshot.dataset).ok_or_else(not_opened)?;
    if opened.is_about_persons() != (snapshot.kind == DatasetKind::Persons) {
        return Err(EngineError::refused(
            ClauseId::r(8),
            "permit and data disagree on whether a dataset is about persons",
        ));
    }
    let (admitted, sensitive) = if opened.is_about_persons() {
        let question = permit
            .question(snapshot.dataset, input.population)
            .ok_or_else(not_opened)?;
        (
            input.consent.allowed(&question),
            input.consent.sensitive(&question),
        )
    } else {
        (Arc::new(SubjectSet::new()), Arc::new(SubjectSet::new()))
    };
    let parts = GuardParts {
        name: dataset.name.clone(),
        snapshot: Arc::clone(snapshot),
        lake: engine.lake.clone(),
        permit: Arc::clone(permit),
        admitted,
        sensitive,
        watch: Arc::clone(watch),
        consent_version: input.consent.version(),
        partitions: engine.config.partitions.max(1),
        batch_size: engine.config.batch_size.max(1),
    };
    // Where permit and manifest class a column differently, the stricter class counts.
    Ok(Guard::new(parts, |name, class| {
        let granted = opened.class_of(name)?;
        let class: ColumnClass = class.combine(granted);
        (class == granted || opened.admits_class(class)).then_some(class)
    }))
}
