//! What there is to know about a dataset at a glance: what it waits for, what came in, who used it.

use yuntu_engine::ReceiptBody;
use yuntu_policy::{Action, DatasetFacts, MeasureFacts, Standing};
use yuntu_store::{Dataset, Import, ImportStatus};
use yuntu_terms::{DatasetId, PermitId, Purpose, ReceiptId, Timestamp, clause};

use crate::caller::Caller;
use crate::error::AppError;
use crate::platform::Platform;

/// How many of the newest imports and of the newest runs are shown.
const SHOWN: u64 = 20;

/// What a dataset waits for before it can be used.
///
/// # Clause
/// U3, U4, U5
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waiting {
    /// Somebody must confirm the class of every column.
    Columns,
    /// A column is about persons, and its rows name nobody.
    Subject,
    /// Nothing was imported.
    Import,
    /// Its source is not declared.
    Declaration,
    /// Its declaration is not complete.
    Completion,
    /// A paper on which its declaration rests was taken back.
    Proof,
    /// The period of its declaration has not begun.
    Beginning,
    /// The period of its declaration has ended.
    Renewal,
    /// A measure of the platform against it or against its enterprise, which stops its use.
    Measure(MeasureFacts),
    /// Somebody froze it.
    Lifting,
    /// It has ended for good.
    Ended,
}

impl Waiting {
    /// Returns the stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Columns => "columns",
            Self::Subject => "subject",
            Self::Import => "import",
            Self::Declaration => "declaration",
            Self::Completion => "declaration_complete",
            Self::Proof => "declaration_proof",
            Self::Beginning => "declaration_beginning",
            Self::Renewal => "declaration_renewal",
            Self::Measure(_) => "measure",
            Self::Lifting => "lifting",
            Self::Ended => "ended",
        }
    }
}

/// A run that read a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatasetUse {
    /// Its receipt.
    pub receipt: ReceiptId,
    /// The permit under which it took place.
    pub permit: PermitId,
    /// What for.
    pub purpose: Purpose,
    /// When it was recorded.
    pub recorded: Timestamp,
}

/// A dataset at a glance.
#[derive(Debug, Clone, PartialEq)]
pub struct Overview {
    /// The dataset with its columns.
    pub dataset: Dataset,
    /// What the policy knows of it: declaration and scope among it.
    pub facts: DatasetFacts,
    /// What it waits for; nothing when it can be used.
    pub waiting: Vec<Waiting>,
    /// How many rows are live.
    pub rows: u64,
    /// The newest imports, newest first.
    pub imports: Vec<Import>,
    /// The newest runs that read it, newest first.
    pub uses: Vec<DatasetUse>,
}

impl Platform {
    /// Shows what there is to know about a dataset of the caller's enterprise.
    ///
    /// # Errors
    /// [`AppError::Missing`] when there is none, or it is another enterprise's.
    /// # Clause
    /// U3, R23
    pub async fn dataset_overview(
        &self,
        caller: &Caller,
        id: DatasetId,
    ) -> Result<Overview, AppError> {
        clause::hit!(U3);
        let dataset = self.view_dataset(caller, id).await?;
        let read = self.store().read();
        let facts = read.facts().datasets(caller.enterprise, &[id]).await?;
        let facts = facts
            .into_iter()
            .next()
            .ok_or(AppError::Missing { what: "dataset" })?;
        let stopping = self.stopping(caller).await?;
        let imports = read.list_imports(caller.enterprise, id, SHOWN).await?;
        let receipts = read.list_receipts_of(caller.enterprise, id, SHOWN).await?;
        let uses = receipts.into_iter().map(|receipt| {
            let body: ReceiptBody =
                serde_json::from_slice(&receipt.body).map_err(|_detail| AppError::Internal {
                    what: "body of a receipt",
                })?;
            Ok(DatasetUse {
                receipt: receipt.id,
                permit: receipt.permit,
                purpose: body.purpose,
                recorded: receipt.recorded,
            })
        });
        let uses = uses.collect::<Result<_, AppError>>()?;
        let snapshot = self.snapshot(caller, id).await?;
        let rows = snapshot.map_or(0, |it| it.parts.iter().map(|part| part.rows).sum());
        Ok(Overview {
            waiting: waiting(&facts, !imports.iter().any(is_in), (&stopping, self.now())),
            dataset,
            facts,
            rows,
            imports,
            uses,
        })
    }

    /// Lists the datasets of the caller's enterprise with what each waits for, by name.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not read reports.
    /// # Clause
    /// U3
    pub async fn datasets_at_a_glance(
        &self,
        caller: &Caller,
    ) -> Result<Vec<(Dataset, Vec<Waiting>)>, AppError> {
        let datasets = self.list_datasets(caller).await?;
        let ids: Vec<DatasetId> = datasets.iter().map(|it| it.id).collect();
        let read = self.store().read();
        let facts = read.facts().datasets(caller.enterprise, &ids).await?;
        let loaded = read.datasets_with_rows(caller.enterprise).await?;
        let (stopping, now) = (self.stopping(caller).await?, self.now());
        let with_waiting = datasets.into_iter().map(|dataset| {
            let found = facts.iter().find(|it| it.id == dataset.id);
            let waiting = found.map_or_else(Vec::new, |facts| {
                waiting(facts, !loaded.contains(&dataset.id), (&stopping, now))
            });
            (dataset, waiting)
        });
        Ok(with_waiting.collect())
    }

    /// Lists what stands against the caller's enterprise as a whole.
    async fn stopping(&self, caller: &Caller) -> Result<Vec<MeasureFacts>, AppError> {
        let standing = self.standing_measures(caller).await?.into_iter();
        let whole = standing.filter(|it| it.told.dataset.is_none());
        Ok(whole.map(|it| it.facts()).collect())
    }
}

/// Says whether an import brought something in.
const fn is_in(import: &Import) -> bool {
    matches!(import.status, ImportStatus::Done)
}

fn waiting(
    facts: &DatasetFacts,
    empty: bool,
    (of_enterprise, now): (&[MeasureFacts], Timestamp),
) -> Vec<Waiting> {
    let declaration = match &facts.declaration {
        None => Some(Waiting::Declaration),
        Some(declaration) if !declaration.complete => Some(Waiting::Completion),
        Some(declaration) if !declaration.proved => Some(Waiting::Proof),
        Some(declaration) => declaration.period.and_then(|period| {
            if period.until <= now {
                Some(Waiting::Renewal)
            } else {
                (now < period.from).then_some(Waiting::Beginning)
            }
        }),
    };
    let standing = match facts.standing {
        Some(Standing::Frozen) => Some(Waiting::Lifting),
        Some(Standing::Ended) => Some(Waiting::Ended),
        Some(Standing::Active | Standing::Pending) | None => None,
    };
    let columns = facts.columns.is_none().then_some(Waiting::Columns);
    let subject = facts.lacks_subject().then_some(Waiting::Subject);
    let import = empty.then_some(Waiting::Import);
    let measures = facts.measures.iter().flatten().chain(of_enterprise);
    let measures = measures.filter(|it| it.stops(Action::Process, now));
    let measures = measures.map(|it| Waiting::Measure(it.clone()));
    let others = [columns, subject, import, declaration, standing];
    others.into_iter().flatten().chain(measures).collect()
}

#[cfg(test)]
mod tests {
    use yuntu_policy::{ColumnFacts, DeclarationFacts, MeasureGround, MeasureKind, Period};
    use yuntu_terms::{ColumnClass, Id, SeededEntropy};

    use super::*;

    fn facts(standing: Standing, complete: Option<(bool, i32, i32)>) -> DatasetFacts {
        let random = SeededEntropy::new(1);
        let at = |day| Timestamp::from_micros(0).plus_days(day);
        DatasetFacts {
            measures: Some(Vec::new()),
            id: Id::generate(at(0), &random).unwrap(),
            enterprise: Id::generate(at(0), &random).unwrap(),
            standing: Some(standing),
            region: None,
            about_persons: Some(true),
            columns: Some(Vec::new()),
            declaration: complete.map(|(complete, from, until)| DeclarationFacts {
                id: Id::generate(at(0), &random).unwrap(),
                complete,
                proved: true,
                period: Some(Period {
                    from: at(from),
                    until: at(until),
                }),
                bases: Vec::new(),
            }),
            scope: None,
            own_records: None,
        }
    }

    #[test]
    fn a_dataset_says_everything_it_waits_for() {
        let now = Timestamp::from_micros(0).plus_days(10);
        for (facts, empty, expected) in [
            (facts(Standing::Active, Some((true, 0, 20))), false, vec![]),
            (
                facts(Standing::Pending, None),
                true,
                vec![Waiting::Import, Waiting::Declaration],
            ),
            (
                facts(Standing::Pending, Some((false, 0, 20))),
                false,
                vec![Waiting::Completion],
            ),
            (
                facts(Standing::Active, Some((true, 11, 20))),
                false,
                vec![Waiting::Beginning],
            ),
            (
                facts(Standing::Frozen, Some((true, 0, 10))),
                false,
                vec![Waiting::Renewal, Waiting::Lifting],
            ),
            (
                facts(Standing::Ended, Some((true, 0, 20))),
                false,
                vec![Waiting::Ended],
            ),
        ] {
            assert_eq!(waiting(&facts, empty, (&[], now)), expected);
        }
        let mut unproved = facts(Standing::Active, Some((true, 0, 20)));
        unproved.declaration.as_mut().unwrap().proved = false;
        assert_eq!(waiting(&unproved, false, (&[], now)), [Waiting::Proof]);
        let mut unconfirmed = facts(Standing::Active, Some((true, 0, 20)));
        unconfirmed.columns = None;
        assert_eq!(waiting(&unconfirmed, false, (&[], now)), [Waiting::Columns]);
        let mut raised = facts(Standing::Active, Some((true, 0, 20)));
        raised.about_persons = Some(false);
        assert_eq!(waiting(&raised, false, (&[], now)), []);
        raised.columns = Some(vec![ColumnFacts {
            class: ColumnClass::Personal,
            name: String::from("manager"),
        }]);
        assert_eq!(waiting(&raised, false, (&[], now)), [Waiting::Subject]);
    }
    #[test]
    fn a_dataset_waits_for_the_measures_that_stop_it_and_for_no_other() {
        let _mark = clause::check!(U5);
        let now = Timestamp::from_micros(0).plus_days(10);
        let measure = |kind, until: Option<i32>| MeasureFacts {
            id: Id::generate(now, &SeededEntropy::new(3)).unwrap(),
            kind,
            since: now,
            until: until.map(|day| Timestamp::from_micros(0).plus_days(day)),
            ground: MeasureGround::Source,
            actions: vec![Action::Instruct],
        };
        let frozen = measure(MeasureKind::FreezeDataset, Some(11));
        let closed = measure(MeasureKind::CloseEnterprise, None);
        let mut dataset = facts(Standing::Active, Some((true, 0, 20)));
        dataset.measures = Some(vec![
            measure(MeasureKind::AskProof, None),
            frozen.clone(),
            measure(MeasureKind::FreezeDataset, Some(10)),
        ]);
        let whole = [measure(MeasureKind::LimitFeatures, None), closed.clone()];
        let expected = [Waiting::Measure(frozen), Waiting::Measure(closed)];
        assert_eq!(waiting(&dataset, false, (&whole, now)), expected);
    }
}
