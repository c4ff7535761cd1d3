use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Result, bail};
use arrow::array::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use yuntu_engine::{
    Audience, AudienceQuery, Cancel, Engine, EngineConfig, Outcome, Query, QueryResult, RunDataset,
    RunInput, SqlQuery,
};
use yuntu_terms::SystemEntropy;

use crate::house::{EVENTS, House};
use crate::permits::permit;

const GROUP: &str = "SELECT event_type, count(*), sum(amount) FROM events \
    GROUP BY event_type ORDER BY event_type";

const DISTINCT: &str = "SELECT count(DISTINCT subject) FROM events \
    WHERE event_type = 'purchase' AND happened >= TIMESTAMP '2025-10-03T00:00:00Z'";

const AUDIENCE: &str = r#"{"kind": "all", "of": [
    {"kind": "event", "dataset": "events", "is": {"at_least": 2},
     "where": {"test": {"column": "event_type", "is": {"equals": "purchase"}}}},
    {"kind": "event", "dataset": "events", "window": {"within_last_days": 90},
     "where": {"test": {"column": "event_type", "is": {"equals": "cart"}}}},
    {"kind": "event", "dataset": "events", "window": {"within_last_days": 30}, "occurrence": "did_not",
     "where": {"test": {"column": "channel", "is": {"equals": "mail"}}}}
]}"#;

/// Whose rows a query may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Everybody,
    Consented,
}

/// Runs the queries of the benchmark, each under a permit of its own.
pub(crate) struct Queries {
    house: House,
    engine: Engine,
}

impl Queries {
    pub(crate) fn new(house: House) -> Self {
        let clock = Arc::new(house.clock.clone());
        let engine = Engine::new(house.lake.clone(), clock, EngineConfig::default());
        Self { house, engine }
    }

    pub(crate) async fn group(&self, scope: Scope) -> Result<String> {
        Ok(lines(&self.run(scope, sql(GROUP)).await?)?.join(";"))
    }

    pub(crate) async fn distinct(&self, scope: Scope) -> Result<String> {
        Ok(lines(&self.run(scope, sql(DISTINCT)).await?)?.join(";"))
    }

    pub(crate) async fn audience(&self, scope: Scope) -> Result<String> {
        let audience: Audience = serde_json::from_str(AUDIENCE)?;
        let outcome = self.run(scope, Query::Audience(AudienceQuery { audience }));
        let QueryResult::People(people) = outcome.await?.result else {
            bail!("an audience has people");
        };
        Ok(people.len().to_string())
    }

    /// Looks up so many people, one after the other, by their member numbers.
    pub(crate) async fn point(&self, scope: Scope, count: u64) -> Result<String> {
        let (mut rows, mut amount) = (0_i64, 0_i64);
        for turn in 0..count {
            let number = (10_000_000 + turn * 7_919 % 100_000).to_string();
            let Some(subject) = self.house.member(&number).await? else {
                continue;
            };
            let text = format!(
                "SELECT count(*), coalesce(sum(amount), 0) FROM events WHERE subject = {}",
                subject.get()
            );
            let found = lines(&self.run(scope, sql(&text)).await?)?.join(";");
            if let Some((one_rows, one_amount)) = found.split_once(':') {
                rows += one_rows.parse::<i64>()?;
                amount += one_amount.parse::<i64>()?;
            }
        }
        Ok(format!("{rows}:{amount}"))
    }

    async fn run(&self, scope: Scope, query: Query) -> Result<Outcome> {
        let house = &self.house;
        let consent = match scope {
            Scope::Everybody => &house.everybody,
            Scope::Consented => &house.consented,
        };
        let permit = permit(&house.events, consent, house.now, &SystemEntropy)?;
        let input = RunInput {
            consent: Arc::clone(consent),
            population: house.population,
            datasets: vec![RunDataset {
                name: EVENTS.to_owned(),
                snapshot: Arc::clone(&house.events),
                uploaded: Arc::clone(&house.uploaded),
            }],
            audiences: BTreeMap::new(),
            rules: BTreeMap::new(),
            as_of: house.now,
            rows_max: None,
            bytes_max: None,
            cancel: Cancel::new(),
        };
        Ok(Box::pin(self.engine.run(&permit, &input, &query)).await?)
    }
}

fn sql(text: &str) -> Query {
    Query::Sql(SqlQuery {
        sql: text.to_owned(),
    })
}

/// Writes each row as `a:b:c`.
fn lines(outcome: &Outcome) -> Result<Vec<String>> {
    let QueryResult::Rows(rows) = &outcome.result else {
        bail!("a statement has rows");
    };
    let mut all = Vec::new();
    for batch in &rows.batches {
        all.extend(lines_of(batch)?);
    }
    Ok(all)
}

fn lines_of(batch: &RecordBatch) -> Result<Vec<String>> {
    let options = FormatOptions::default();
    let columns: Vec<_> = batch
        .columns()
        .iter()
        .map(|column| ArrayFormatter::try_new(column, &options))
        .collect::<Result<_, _>>()?;
    let line = |row| {
        let cells: Vec<_> = columns.iter().map(|c| c.value(row).to_string()).collect();
        cells.join(":")
    };
    Ok((0..batch.num_rows()).map(line).collect())
}
