use std::collections::BTreeMap;

use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, UInt32Type};
use datafusion::execution::SessionState;
use datafusion::prelude::SessionContext;
use roaring::RoaringBitmap;
use yuntu_consent::SubjectSet;
use yuntu_terms::{ColumnClass, RelationStage, Timestamp};

use super::admission::Admitted;
use super::profile;
use crate::audience::{self, Answers, Audience, Compiler, Node};
use crate::error::{EngineError, Problem};
use crate::insight::{Base, overlap, ratio};
use crate::labels::Label;
use crate::outcome::{FlowResult, OverlapPair, QueryResult, StageDistribution, StageSize};
use crate::query::{FlowQuery, OverlapQuery, ProfileQuery, Query, RunInput, StagesQuery};
use crate::sql::{self, Classes};
use crate::stage::Flow;

const SUBJECT: &str = "subject";

/// An answer and how closely its columns are tied to persons.
pub(super) struct Answered {
    pub(super) result: QueryResult,
    pub(super) labels: Vec<Label>,
}

pub(super) async fn answer(
    admitted: &Admitted,
    input: &RunInput,
    query: &Query,
) -> Result<Answered, EngineError> {
    let state = sql::session(&admitted.guards, admitted.limits)?;
    let asking = Asking {
        admitted,
        input,
        state,
    };
    match query {
        Query::Sql(statement) => {
            asking.offer_audiences().await?;
            let planned = sql::plan(
                asking.state.clone(),
                &Classes(&admitted.guards),
                &statement.sql,
                input.as_of,
            )
            .await?;
            let labels = planned.labels.clone();
            let rows = planned.rows(&admitted.watch, admitted.bounds).await?;
            Ok(Answered {
                result: QueryResult::Rows(rows),
                labels,
            })
        }
        Query::Audience(query) => {
            let (answers, nodes) = asking.audiences(&[("audience", &query.audience)]).await?;
            let people = nodes
                .first()
                .map(|node| answers.people(node))
                .unwrap_or_default();
            Ok(Answered {
                result: QueryResult::People(SubjectSet::from_bitmap(people)),
                labels: labels(&[(SUBJECT, ColumnClass::Identifier)]),
            })
        }
        Query::Stages(query) => asking.stages(query).await,
        Query::Flow(query) => asking.flow(query).await,
        Query::Profile(query) => asking.profile(query).await,
        Query::Overlap(query) => asking.overlap(query).await,
    }
}

fn labels(columns: &[(&str, ColumnClass)]) -> Vec<Label> {
    columns
        .iter()
        .map(|(column, class)| Label::plain(*column, *class))
        .collect()
}

struct Asking<'a> {
    admitted: &'a Admitted,
    input: &'a RunInput,
    state: SessionState,
}

impl Asking<'_> {
    fn compiler(&self) -> Compiler<'_> {
        Compiler::new(
            &self.admitted.guards,
            &self.input.audiences,
            &self.input.rules,
        )
    }

    /// Makes each saved audience of the run a table of its id: its admitted members in one column, `subject`.
    async fn offer_audiences(&self) -> Result<(), EngineError> {
        let saved: Vec<_> = self.input.audiences.keys().copied().collect();
        let rules: Vec<_> = saved
            .iter()
            .map(|id| Audience::Saved(audience::SavedRule { audience: *id }))
            .collect();
        let places: Vec<_> = rules.iter().map(|rule| ("audience", rule)).collect();
        let (answers, nodes) = self.audiences(&places).await?;
        for (id, node) in saved.iter().zip(&nodes) {
            sql::offer_people(&self.state, &id.to_string(), &answers.people(node))?;
        }
        Ok(())
    }

    /// Compiles audiences together, so that what they share is read once, and answers their leaves.
    async fn audiences(
        &self,
        audiences: &[(&str, &Audience)],
    ) -> Result<(Answers, Vec<Node>), EngineError> {
        let mut compiler = self.compiler();
        let nodes = audiences
            .iter()
            .map(|(place, audience)| compiler.audience(audience, self.input.as_of, place))
            .collect::<Result<_, _>>()?;
        Ok((self.answers(compiler).await?, nodes))
    }

    async fn answers(&self, compiler: Compiler<'_>) -> Result<Answers, EngineError> {
        let context = SessionContext::new_with_state(self.state.clone());
        let leaves = audience::answer(&self.admitted.guards, &compiler.leaves, &context).await?;
        let mut statements = Vec::new();
        for statement in &compiler.statements {
            statements.push(Box::pin(self.people_of(&statement.sql, statement.as_of)).await?);
        }
        Ok(Answers {
            universe: self.admitted.universe.clone(),
            leaves,
            statements,
        })
    }

    /// Runs a statement for the people in its first column; a number that is nobody's is left out.
    async fn people_of(&self, sql: &str, as_of: Timestamp) -> Result<RoaringBitmap, EngineError> {
        let no_subject = || EngineError::invalid("sql", Problem::NoSubject);
        let planned = sql::plan(
            self.state.clone(),
            &Classes(&self.admitted.guards),
            sql,
            as_of,
        )
        .await?;
        if planned
            .labels
            .first()
            .is_none_or(|label| label.column != SUBJECT)
        {
            return Err(no_subject());
        }
        let mut people = RoaringBitmap::new();
        let take = |batch: RecordBatch| {
            let first = batch.columns().first().ok_or_else(no_subject)?;
            if !first.data_type().is_integer() {
                return Err(no_subject());
            }
            let numbers = cast(first, &DataType::UInt32).map_err(|_detail| no_subject())?;
            let numbers = numbers
                .as_primitive_opt::<UInt32Type>()
                .ok_or_else(no_subject)?;
            people.extend(numbers.iter().flatten());
            Ok(())
        };
        planned.for_each(&self.admitted.watch, take).await?;
        Ok(people)
    }

    /// Finds the people asked about, and what a count of them stands on.
    fn among(&self, answers: &Answers, within: Option<&Node>) -> (RoaringBitmap, Base) {
        let people = within.map_or_else(|| answers.universe.clone(), |node| answers.people(node));
        (people, self.admitted.base)
    }

    async fn stages(&self, query: &StagesQuery) -> Result<Answered, EngineError> {
        let as_of = self.input.as_of;
        let mut compiler = self.compiler();
        let stages = compiler.stages(&query.rules, query.at.seen_from(as_of), "stages")?;
        let within = query
            .within
            .as_ref()
            .map(|audience| compiler.audience(audience, as_of, "within"))
            .transpose()?;
        let answers = self.answers(compiler).await?;
        let (among, base) = self.among(&answers, within.as_ref());
        let assignment = answers.assign(&stages, &among);
        let sizes = RelationStage::ALL.map(|stage| StageSize {
            stage,
            people: assignment.people(stage).len(),
            share: ratio(assignment.people(stage).len(), among.len()),
        });
        let people = RelationStage::ALL.map(|stage| {
            (
                stage,
                SubjectSet::from_bitmap(assignment.people(stage).clone()),
            )
        });
        let distribution = StageDistribution {
            as_of: assignment.as_of,
            stages: sizes.into(),
            assets: assignment.assets(),
            conversion_coefficient: assignment.conversion_coefficient(),
            base,
            people: BTreeMap::from(people),
        };
        Ok(Answered {
            result: QueryResult::Stages(distribution),
            labels: labels(&[
                ("stage", ColumnClass::Personal),
                ("people", ColumnClass::Personal),
            ]),
        })
    }

    async fn flow(&self, query: &FlowQuery) -> Result<Answered, EngineError> {
        let as_of = self.input.as_of;
        let mut compiler = self.compiler();
        let end = query.end.seen_from(as_of);
        let first = compiler.stages(&query.rules, query.start.seen_from(as_of), "start")?;
        let second = compiler.stages(&query.rules, end, "end")?;
        let mut optional = |audience: &Option<Audience>, at, place| {
            audience
                .as_ref()
                .map(|audience| compiler.audience(audience, at, place))
                .transpose()
        };
        let within = optional(&query.within, as_of, "within")?;
        let reordered = optional(&query.reordered, end, "reordered")?;
        let answers = self.answers(compiler).await?;
        let (among, base) = self.among(&answers, within.as_ref());
        let reordered = reordered.map(|node| answers.people(&node));
        let flow = Flow::between(
            &answers.assign(&first, &among),
            &answers.assign(&second, &among),
            reordered.as_ref(),
        );
        Ok(Answered {
            result: QueryResult::Flow(Box::new(FlowResult { flow, base })),
            labels: labels(&[
                ("from", ColumnClass::Personal),
                ("to", ColumnClass::Personal),
                ("people", ColumnClass::Personal),
            ]),
        })
    }

    async fn profile(&self, query: &ProfileQuery) -> Result<Answered, EngineError> {
        let everyone = Audience::Everyone(audience::Everyone {});
        let base = query.base.as_ref().unwrap_or(&everyone);
        let (answers, nodes) = self
            .audiences(&[("target", &query.target), ("base", base)])
            .await?;
        let (target, base) = match nodes.as_slice() {
            [target, base] => (answers.people(target), answers.people(base)),
            _ => return Err(EngineError::internal("profile")),
        };
        // The target is looked at inside the base: whoever is outside cannot be over-represented in it.
        let target = target & &base;
        let (profile, classes) = profile::profile(self.admitted, query, &target, &base).await?;
        let mut labels = labels(&[("people", ColumnClass::Personal)]);
        labels.extend(classes);
        Ok(Answered {
            result: QueryResult::Profile(profile),
            labels,
        })
    }

    async fn overlap(&self, query: &OverlapQuery) -> Result<Answered, EngineError> {
        let named: Vec<_> = query
            .audiences
            .iter()
            .map(|(name, a)| (name.as_str(), a))
            .collect();
        let (answers, nodes) = self.audiences(&named).await?;
        let sets: Vec<_> = named
            .iter()
            .zip(&nodes)
            .map(|((name, _), node)| (*name, answers.people(node)))
            .collect();
        let mut pairs = Vec::new();
        for (i, (x_name, x)) in sets.iter().enumerate() {
            for (y_name, y) in sets.iter().skip(i + 1) {
                let both = x.intersection_len(y);
                pairs.push(OverlapPair {
                    x: (*x_name).to_owned(),
                    y: (*y_name).to_owned(),
                    overlap: overlap(
                        x.len(),
                        y.len(),
                        both,
                        answers.universe.len(),
                        query.group_min,
                    ),
                    base: self.admitted.base,
                });
            }
        }
        Ok(Answered {
            result: QueryResult::Overlap(pairs),
            labels: labels(&[("people", ColumnClass::Personal)]),
        })
    }
}
