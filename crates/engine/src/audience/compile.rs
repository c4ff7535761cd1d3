use std::collections::BTreeMap;
use std::sync::Arc;

use roaring::RoaringBitmap;
use yuntu_lake::ColumnRole;
use yuntu_terms::{AudienceId, RelationStage, Timestamp};

use super::filter::RowFilter;
use super::measure::{Measuring, ScalarTest};
use super::{
    Audience, Condition, EventRule, Measure, Occurrence, Sample, SampleSize, SequenceRule, Split,
    StageChange, StageMembership, Window,
};
use crate::error::{EngineError, Problem};
use crate::guard::Guard;
use crate::query::SavedAudience;
use crate::stage::StageRules;

/// How deep audiences, saved audiences and stage rules may refer to each other.
const DEPTH_MAX: usize = 24;
const STEPS_MAX: usize = 8;
/// How many parts a run may have once what is referred to is put in: references double with each step of depth.
const PARTS_MAX: usize = 10_000;

/// An audience made ready: set algebra over numbered leaves.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    Everyone,
    Leaf(usize),
    Statement(usize),
    Fixed(Arc<RoaringBitmap>),
    All(Vec<Node>),
    Any(Vec<Node>),
    Minus(Box<Node>, Box<Node>),
    Not(Box<Node>),
    Stage(Stages, Vec<RelationStage>),
    Draw(Box<Node>, Draw),
}

/// Who shows the behaviours of each stage at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Stages {
    pub(crate) at: Timestamp,
    pub(crate) shown: BTreeMap<RelationStage, Node>,
}

/// A repeatable choice among the members of a set.
#[derive(Debug, Clone)]
pub(crate) enum Draw {
    Percent {
        seed: String,
        percent: f64,
    },
    People {
        seed: String,
        people: u64,
    },
    Share {
        seed: String,
        from: u64,
        until: u64,
        of: u64,
    },
}

/// A question about one person's rows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Leaf {
    Events(Box<EventLeaf>),
    Sequence(SequenceLeaf),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct EventLeaf {
    pub(crate) rows: RowChoice,
    pub(crate) measuring: Measuring,
    pub(crate) test: ScalarTest,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SequenceLeaf {
    pub(crate) steps: Vec<StepLeaf>,
    pub(crate) last_is_absent: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StepLeaf {
    pub(crate) rows: RowChoice,
    pub(crate) max_gap_micros: Option<i64>,
}

/// Microseconds: the first inside and the first after.
type Span = (i64, i64);

/// Which rows of a dataset count.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RowChoice {
    /// The place of the guard.
    pub(crate) guard: usize,
    pub(crate) filter: Option<RowFilter>,
    /// The place of the time column, where a time is looked at.
    pub(crate) time: Option<usize>,
    pub(crate) span: Option<Span>,
}

/// A guarded statement that names people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StatementLeaf {
    pub(crate) sql: String,
    pub(crate) as_of: Timestamp,
}

/// Makes audiences ready; what occurs twice is asked once.
pub(crate) struct Compiler<'a> {
    pub(crate) guards: &'a [Arc<Guard>],
    pub(crate) audiences: &'a BTreeMap<AudienceId, SavedAudience>,
    pub(crate) rules: &'a BTreeMap<String, StageRules>,
    pub(crate) leaves: Vec<Leaf>,
    pub(crate) statements: Vec<StatementLeaf>,
    depth: usize,
    parts: usize,
}

impl<'a> Compiler<'a> {
    pub(crate) fn new(
        guards: &'a [Arc<Guard>],
        audiences: &'a BTreeMap<AudienceId, SavedAudience>,
        rules: &'a BTreeMap<String, StageRules>,
    ) -> Self {
        Self {
            guards,
            audiences,
            rules,
            leaves: Vec::new(),
            statements: Vec::new(),
            depth: 0,
            parts: 0,
        }
    }

    pub(crate) fn audience(
        &mut self,
        audience: &Audience,
        as_of: Timestamp,
        place: &str,
    ) -> Result<Node, EngineError> {
        if self.depth >= DEPTH_MAX {
            return Err(EngineError::invalid(place, Problem::TooDeep));
        }
        self.parts += 1;
        if self.parts > PARTS_MAX {
            return Err(EngineError::invalid(place, Problem::TooManyParts));
        }
        self.depth += 1;
        let node = self.node(audience, as_of, place);
        self.depth -= 1;
        node
    }

    fn node(
        &mut self,
        audience: &Audience,
        as_of: Timestamp,
        place: &str,
    ) -> Result<Node, EngineError> {
        match audience {
            Audience::Everyone(_) => Ok(Node::Everyone),
            Audience::Trait(rule) => self.having(&rule.dataset, &rule.r#where, as_of, place),
            Audience::Event(rule) => self.event(rule, as_of, place),
            Audience::Sequence(rule) => self.sequence(rule, as_of, place),
            Audience::Saved(rule) => match self.audiences.get(&rule.audience) {
                Some(SavedAudience::Dynamic(audience)) => {
                    self.audience(audience, as_of, &format!("{place}.audience"))
                }
                Some(SavedAudience::Fixed(people)) => {
                    Ok(Node::Fixed(Arc::new(people.bitmap().clone())))
                }
                None => Err(EngineError::invalid(place, Problem::UnknownAudience)),
            },
            Audience::Stage(rule) => self.stage(rule, as_of, place),
            Audience::StageChanged(rule) => self.stage_changed(rule, as_of, place),
            Audience::Subjects(rule) => {
                let leaf = StatementLeaf {
                    sql: rule.sql.clone(),
                    as_of,
                };
                Ok(Node::Statement(number_of(&mut self.statements, leaf)))
            }
            Audience::All(parts) => Ok(Node::All(self.parts(&parts.of, as_of, place)?)),
            Audience::Any(parts) => Ok(Node::Any(self.parts(&parts.of, as_of, place)?)),
            Audience::Minus(difference) => Ok(Node::Minus(
                Box::new(self.audience(&difference.from, as_of, &format!("{place}.from"))?),
                Box::new(self.audience(&difference.exclude, as_of, &format!("{place}.exclude"))?),
            )),
            Audience::Not(complement) => {
                let of = self.audience(&complement.of, as_of, &format!("{place}.of"))?;
                Ok(Node::Not(Box::new(of)))
            }
            Audience::Sample(sample) => self.sample(sample, as_of, place),
            Audience::Split(split) => self.split(split, as_of, place),
        }
    }

    fn parts(
        &mut self,
        of: &[Audience],
        as_of: Timestamp,
        place: &str,
    ) -> Result<Vec<Node>, EngineError> {
        if of.is_empty() {
            return Err(EngineError::invalid(place, Problem::NoParts));
        }
        of.iter()
            .enumerate()
            .map(|(i, part)| self.audience(part, as_of, &format!("{place}.of[{i}]")))
            .collect()
    }

    fn having(
        &mut self,
        dataset: &str,
        condition: &Condition,
        as_of: Timestamp,
        place: &str,
    ) -> Result<Node, EngineError> {
        let guard = self.guard(dataset, place)?;
        let rows = RowChoice {
            guard,
            filter: Some(self.filter(guard, condition, as_of, place)?),
            time: None,
            span: None,
        };
        Ok(self.events(EventLeaf {
            rows,
            measuring: Measuring::Count,
            test: ScalarTest::at_least_one(),
        }))
    }

    fn event(
        &mut self,
        rule: &EventRule,
        as_of: Timestamp,
        place: &str,
    ) -> Result<Node, EngineError> {
        let guard = self.guard(&rule.dataset, place)?;
        let filter = rule
            .r#where
            .as_ref()
            .map(|c| self.filter(guard, c, as_of, place))
            .transpose()?;
        let looks_at_time = matches!(rule.measure, Measure::FirstTime | Measure::LastTime);
        let (time, span) = self.time(guard, &rule.window, as_of, looks_at_time, place)?;
        let here = self.guard_at(guard)?;
        let leaf = EventLeaf {
            rows: RowChoice {
                guard,
                filter,
                time,
                span,
            },
            measuring: Measuring::compile(&rule.measure, here, &format!("{place}.measure"))?,
            test: ScalarTest::compile(&rule.is, looks_at_time, as_of, &format!("{place}.is"))?,
        };
        let node = self.events(leaf);
        Ok(match rule.occurrence {
            Occurrence::Did => node,
            Occurrence::DidNot => Node::Not(Box::new(node)),
        })
    }

    /// Numbers a leaf; where a person without any row passes, it is asked who fails instead.
    fn events(&mut self, mut leaf: EventLeaf) -> Node {
        let nothing_passes = leaf.measuring.is_zero_without_rows() && leaf.test.passes(0.0);
        leaf.test.inverted = nothing_passes;
        let node = Node::Leaf(number_of(&mut self.leaves, Leaf::Events(Box::new(leaf))));
        if nothing_passes {
            Node::Not(Box::new(node))
        } else {
            node
        }
    }

    fn sequence(
        &mut self,
        rule: &SequenceRule,
        as_of: Timestamp,
        place: &str,
    ) -> Result<Node, EngineError> {
        let bad = || EngineError::invalid(place, Problem::BadSteps);
        let (last, before) = rule.steps.split_last().ok_or_else(bad)?;
        if before.is_empty()
            || rule.steps.len() > STEPS_MAX
            || before
                .iter()
                .any(|step| step.occurrence == Occurrence::DidNot)
        {
            return Err(bad());
        }
        let mut steps = Vec::new();
        for (i, step) in rule.steps.iter().enumerate() {
            let place = format!("{place}.steps[{i}]");
            let guard = self.guard(&step.dataset, &place)?;
            let filter = step
                .r#where
                .as_ref()
                .map(|c| self.filter(guard, c, as_of, &place))
                .transpose()?;
            let (time, span) = self.time(guard, &rule.window, as_of, true, &place)?;
            steps.push(StepLeaf {
                rows: RowChoice {
                    guard,
                    filter,
                    time,
                    span,
                },
                max_gap_micros: step.max_gap_s.map(|s| i64::from(s) * 1_000_000),
            });
        }
        let leaf = SequenceLeaf {
            steps,
            last_is_absent: last.occurrence == Occurrence::DidNot,
        };
        Ok(Node::Leaf(number_of(
            &mut self.leaves,
            Leaf::Sequence(leaf),
        )))
    }

    fn stage(
        &mut self,
        rule: &StageMembership,
        as_of: Timestamp,
        place: &str,
    ) -> Result<Node, EngineError> {
        let stages = self.stages(&rule.rules, rule.at.seen_from(as_of), place)?;
        Ok(Node::Stage(stages, rule.stages.iter().copied().collect()))
    }

    fn stage_changed(
        &mut self,
        rule: &StageChange,
        as_of: Timestamp,
        place: &str,
    ) -> Result<Node, EngineError> {
        let start = self.stages(&rule.rules, rule.start.seen_from(as_of), place)?;
        let end = self.stages(&rule.rules, rule.end.seen_from(as_of), place)?;
        Ok(Node::All(vec![
            Node::Stage(start, rule.from.iter().copied().collect()),
            Node::Stage(end, rule.to.iter().copied().collect()),
        ]))
    }

    pub(crate) fn stages(
        &mut self,
        rules: &str,
        at: Timestamp,
        place: &str,
    ) -> Result<Stages, EngineError> {
        let found = self
            .rules
            .get(rules)
            .ok_or_else(|| EngineError::invalid(place, Problem::UnknownRules))?;
        found.validate()?;
        let mut shown = BTreeMap::new();
        for stage in RelationStage::ALL {
            if let Some(audience) = found.audience_of(stage) {
                let place = format!("{place}.{}", stage.code());
                shown.insert(stage, self.audience(&audience, at, &place)?);
            }
        }
        Ok(Stages { at, shown })
    }

    fn sample(
        &mut self,
        sample: &Sample,
        as_of: Timestamp,
        place: &str,
    ) -> Result<Node, EngineError> {
        let of = self.audience(&sample.of, as_of, &format!("{place}.of"))?;
        let seed = sample.seed.clone();
        let draw = match sample.size {
            SampleSize::Percent(percent) if (0.0..=100.0).contains(&percent) => {
                Draw::Percent { seed, percent }
            }
            SampleSize::Percent(_) => return Err(EngineError::invalid(place, Problem::BadShare)),
            SampleSize::People(people) => Draw::People {
                seed,
                people: people.into(),
            },
        };
        Ok(Node::Draw(Box::new(of), draw))
    }

    fn split(&mut self, split: &Split, as_of: Timestamp, place: &str) -> Result<Node, EngineError> {
        let of = self.audience(&split.of, as_of, &format!("{place}.of"))?;
        let total: u64 = split.weights.iter().map(|w| u64::from(*w)).sum();
        let before: u64 = split
            .weights
            .iter()
            .take(split.take)
            .map(|w| u64::from(*w))
            .sum();
        let mine = split.weights.get(split.take).map(|w| u64::from(*w));
        match mine {
            Some(mine) if total > 0 => Ok(Node::Draw(
                Box::new(of),
                Draw::Share {
                    seed: split.seed.clone(),
                    from: before,
                    until: before + mine,
                    of: total,
                },
            )),
            _ => Err(EngineError::invalid(place, Problem::BadShare)),
        }
    }

    fn guard(&self, dataset: &str, place: &str) -> Result<usize, EngineError> {
        let place = || format!("{place}.dataset");
        let found = self
            .guards
            .iter()
            .position(|guard| guard.name == dataset)
            .ok_or_else(|| EngineError::invalid(place(), Problem::UnknownDataset))?;
        if self.guard_at(found)?.is_about_persons() {
            Ok(found)
        } else {
            Err(EngineError::invalid(place(), Problem::NotAboutPersons))
        }
    }

    fn guard_at(&self, place: usize) -> Result<&'a Arc<Guard>, EngineError> {
        self.guards
            .get(place)
            .ok_or_else(|| EngineError::internal("audience"))
    }

    fn filter(
        &self,
        guard: usize,
        condition: &Condition,
        as_of: Timestamp,
        place: &str,
    ) -> Result<RowFilter, EngineError> {
        RowFilter::compile(
            condition,
            &self.guard_at(guard)?.schema,
            as_of,
            &format!("{place}.where"),
        )
    }

    /// Finds the time column and the span of a window; a window that is open on both sides needs no time.
    fn time(
        &self,
        guard: usize,
        window: &Window,
        as_of: Timestamp,
        needed: bool,
        place: &str,
    ) -> Result<(Option<usize>, Option<Span>), EngineError> {
        let guard = self.guard_at(guard)?;
        let column = guard
            .snapshot
            .columns
            .iter()
            .find(|c| c.role == ColumnRole::EventTime);
        let time = column.and_then(|c| guard.schema.index_of(&c.name).ok());
        let days = |days: u32| {
            as_of
                .plus_days(i32::try_from(days).map_or(i32::MIN, |d| -d))
                .as_micros()
        };
        let now = as_of.as_micros();
        let span = match window {
            // Without a time nothing says that a row lies after the moment.
            Window::Ever => time.map(|_| (i64::MIN, now)),
            Window::WithinLastDays(n) => Some((days(*n), now)),
            Window::BetweenDaysAgo {
                from_days,
                until_days,
            } => Some((days(*from_days), days(*until_days))),
            Window::Between { from, until } => Some((from.as_micros(), until.as_micros())),
        };
        if span.is_some_and(|(from, until)| from > until) {
            return Err(EngineError::invalid(
                format!("{place}.window"),
                Problem::EmptyWindow,
            ));
        }
        if time.is_none() && (needed || span.is_some()) {
            return Err(EngineError::invalid(place, Problem::NoEventTime));
        }
        Ok((time, span))
    }
}

fn number_of<T: PartialEq>(all: &mut Vec<T>, one: T) -> usize {
    if let Some(known) = all.iter().position(|other| *other == one) {
        return known;
    }
    all.push(one);
    all.len() - 1
}
