//! Answers leaves: one pass over each dataset and bucket, person by person, whatever the number of leaves.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion::arrow::array::{Int64Array, RecordBatch};
use datafusion::prelude::SessionContext;
use futures::stream::{BoxStream, StreamExt, TryStreamExt};
use roaring::RoaringBitmap;

use super::compile::{Leaf, RowChoice};
use super::measure::Measuring;
use super::rows::{Columns, Seen, View};
use super::state::Tally;
use crate::error::{Budget, EngineError};
use crate::guard::{Guard, Wanted};

/// How many matching events of sequences may be held at once; 16 bytes each.
const EVENTS_MAX: usize = 8_000_000;

/// Events of one person that matter to a sequence: subject, microseconds, step.
type Events = Vec<(u32, i64, u8)>;

/// Answers leaves; the answer holds admitted people with rows only.
pub(crate) async fn answer(
    guards: &[Arc<Guard>],
    leaves: &[Leaf],
    context: &SessionContext,
) -> Result<Vec<RoaringBitmap>, EngineError> {
    let passes = passes(guards, leaves, context)?;
    let buckets: BTreeSet<u32> = passes
        .iter()
        .flat_map(|pass| pass.guard.snapshot.parts.iter().map(|part| part.bucket))
        .collect();
    let mut answers = vec![RoaringBitmap::new(); leaves.len()];
    for bucket in buckets {
        let mut events: BTreeMap<usize, Events> = BTreeMap::new();
        for pass in &passes {
            pass.run(bucket, leaves, &mut answers, &mut events).await?;
        }
        for (leaf, mut events) in events {
            events.sort_unstable();
            if let (Some(Leaf::Sequence(sequence)), Some(answer)) =
                (leaves.get(leaf), answers.get_mut(leaf))
            {
                for person in events.chunk_by(|a, b| a.0 == b.0) {
                    let mut own: Vec<_> = person
                        .iter()
                        .map(|(_, time, step)| (*time, *step))
                        .collect();
                    if let Some((subject, ..)) = person.first()
                        && sequence.holds(&mut own)
                    {
                        answer.insert(*subject);
                    }
                }
            }
        }
    }
    Ok(answers)
}

/// One pass over a dataset, for all leaves that look at it.
struct Pass {
    guard: Arc<Guard>,
    columns: Columns,
    views: Vec<View>,
    /// For each view, whose it is.
    whose: Vec<Whose>,
}

enum Whose {
    Events { leaf: usize, measuring: Measuring },
    Step { leaf: usize, step: u8 },
}

fn passes(
    guards: &[Arc<Guard>],
    leaves: &[Leaf],
    context: &SessionContext,
) -> Result<Vec<Pass>, EngineError> {
    let mut passes = Vec::new();
    for (place, guard) in guards.iter().enumerate() {
        let mut looks: Vec<(&RowChoice, Option<&Measuring>)> = Vec::new();
        let mut whose = Vec::new();
        for (leaf, what) in leaves.iter().enumerate() {
            match what {
                Leaf::Events(events) if events.rows.guard == place => {
                    looks.push((&events.rows, Some(&events.measuring)));
                    whose.push(Whose::Events {
                        leaf,
                        measuring: events.measuring.clone(),
                    });
                }
                Leaf::Events(_) => {}
                Leaf::Sequence(sequence) => {
                    for (step, number) in sequence.steps.iter().zip(0_u8..) {
                        if step.rows.guard == place {
                            looks.push((&step.rows, None));
                            whose.push(Whose::Step { leaf, step: number });
                        }
                    }
                }
            }
        }
        if looks.is_empty() {
            continue;
        }
        let columns = Columns::of(looks.iter().copied());
        let seen = columns.schema(guard)?;
        let views = looks
            .iter()
            .map(|(rows, measuring)| columns.view(rows, *measuring, &seen, context))
            .collect::<Result<_, _>>()?;
        passes.push(Pass {
            guard: Arc::clone(guard),
            columns,
            views,
            whose,
        });
    }
    Ok(passes)
}

impl Pass {
    /// Walks the people of one bucket in order of their numbers, through all parts at once.
    async fn run(
        &self,
        bucket: u32,
        leaves: &[Leaf],
        answers: &mut [RoaringBitmap],
        events: &mut BTreeMap<usize, Events>,
    ) -> Result<(), EngineError> {
        let wanted = Wanted {
            projection: self.columns.places().to_vec(),
            ..Wanted::default()
        };
        let mut cursors = Vec::new();
        for part in self
            .guard
            .snapshot
            .parts
            .iter()
            .filter(|part| part.bucket == bucket)
        {
            let mut cursor = Cursor::new(self.guard.stream_part(part, &wanted));
            cursor.refill(&self.views).await?;
            cursors.push(cursor);
        }
        let mut tallies: Vec<Tally> = self.whose.iter().map(|_| Tally::default()).collect();
        while let Some(subject) = cursors.iter().filter_map(Cursor::subject).min() {
            for cursor in &mut cursors {
                while cursor.subject() == Some(subject) {
                    if let Some((seen, rows)) = cursor.run_of(subject) {
                        self.take_in(subject, seen, rows, &mut tallies, events)?;
                    }
                    cursor.refill(&self.views).await?;
                }
            }
            for (whose, tally) in self.whose.iter().zip(&mut tallies) {
                if let Whose::Events { leaf, .. } = whose
                    && let Some(Leaf::Events(events)) = leaves.get(*leaf)
                    && events.has(tally)
                    && let Some(answer) = answers.get_mut(*leaf)
                {
                    answer.insert(subject);
                }
            }
        }
        Ok(())
    }

    fn take_in(
        &self,
        subject: u32,
        seen: &Seen,
        rows: std::ops::Range<usize>,
        tallies: &mut [Tally],
        events: &mut BTreeMap<usize, Events>,
    ) -> Result<(), EngineError> {
        for ((view, whose), tally) in seen.views.iter().zip(&self.whose).zip(tallies) {
            let counting = rows.clone().filter(|row| view.counts.value(*row));
            match whose {
                Whose::Events { measuring, .. } => {
                    counting.for_each(|row| tally.add(view, row, measuring));
                }
                Whose::Step { leaf, step } => {
                    let found = events.entry(*leaf).or_default();
                    let times = view.times.as_ref().map(Int64Array::values);
                    found.extend(
                        counting.filter_map(|row| Some((subject, *times?.get(row)?, *step))),
                    );
                    if found.len() > EVENTS_MAX {
                        return Err(EngineError::Budget(Budget::Memory));
                    }
                }
            }
        }
        Ok(())
    }
}

/// Where a pass stands in one part, whose rows are sorted by subject.
struct Cursor {
    batches: BoxStream<'static, Result<RecordBatch, EngineError>>,
    seen: Option<Seen>,
    row: usize,
}

impl Cursor {
    fn new(batches: BoxStream<'static, Result<RecordBatch, EngineError>>) -> Self {
        Self {
            batches,
            seen: None,
            row: 0,
        }
    }

    /// Returns whose rows come next; nobody's at the end.
    fn subject(&self) -> Option<u32> {
        self.seen.as_ref()?.subject(self.row)
    }

    /// Goes on to the next batch once this one is read.
    async fn refill(&mut self, views: &[View]) -> Result<(), EngineError> {
        while self.subject().is_none() {
            let Some(batch) = self.batches.try_next().await? else {
                // A stream that has ended is not asked again.
                self.batches = futures::stream::empty().boxed();
                self.seen = None;
                return Ok(());
            };
            self.seen = Some(Seen::of(&batch, views)?);
            self.row = 0;
        }
        Ok(())
    }

    /// Takes the rows of a subject that lie in this batch.
    fn run_of(&mut self, subject: u32) -> Option<(&Seen, std::ops::Range<usize>)> {
        let seen = self.seen.as_ref()?;
        let from = self.row;
        let rest = seen.subjects.values().get(from..)?;
        let until = from + rest.iter().take_while(|s| **s == subject).count();
        self.row = until;
        Some((seen, from..until))
    }
}
