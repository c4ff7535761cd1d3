//! Consents through the API of a whole installation: given one by one, read, and withdrawn until the next run obeys.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use yuntu_app::consent::ConsentSource;
use yuntu_app::engine::{Audience, AudienceQuery, Everyone, Query};
use yuntu_app::lake::{
    ColumnMapping, ColumnRole, ColumnType, DatasetKind, Encoding, IdentifierForm, IdentifierKind,
    Mapping, SourceFormat, TimeFormat,
};
use yuntu_app::policy::{Action, Period, Wants};
use yuntu_app::store::NewApiToken;
use yuntu_app::{Ask, Caller, Platform};
use yuntu_demo::install;
use yuntu_terms::{
    ApiSecret, ColumnClass, DatasetId, InstructionId, Lang, Operation, Recipient, SystemClock,
    SystemEntropy,
};

/// What people agree to.
const PURPOSE: &str = "marketing.insight";

/// An installation with one enterprise, its people, and a program that speaks with its API.
pub(crate) struct Consents {
    platform: Platform,
    router: Router,
    caller: Caller,
    token: ApiSecret,
    dataset: DatasetId,
    instruction: InstructionId,
    members: Vec<String>,
    /// How many withdrew already.
    withdrawn: usize,
}

impl Consents {
    /// Builds the installation: everybody in the file is a person of its dataset and has consented.
    pub(crate) async fn build(work: &Path, file: &Path) -> Result<Self> {
        if work.exists() {
            fs::remove_dir_all(work)?;
        }
        fs::create_dir_all(work)?;
        let text = fs::read_to_string(file)?;
        let members: Vec<_> = text.lines().skip(1).map(str::to_owned).collect();
        let platform = install::open(work, Arc::new(SystemClock), Arc::new(SystemEntropy)).await?;
        let caller = install::enrol(&platform, "Bench", "owner@bench.example", Lang::En).await?;
        let mapping = mapping();
        let dataset = platform.create_dataset(&caller, "people", &mapping).await?;
        platform
            .import_file(&caller, dataset, &mapping, file, &|_| {})
            .await?;
        install::declare(&platform, &caller, dataset).await?;
        let now = platform.now();
        let period = Period {
            from: now.plus_days(-1),
            until: now.plus_days(30),
        };
        let instruction =
            install::instruct(&platform, &caller, &["marketing"], vec![dataset], period).await?;
        let lines = members.iter().map(|member| {
            format!("{member},{PURPOSE},process,enterprise,explicit,given,2026-01-05T00:00:00Z,\n")
        });
        let head = "member_id,purpose,operation,recipient,kind,status,from,until\n";
        let consents = work.join("consents.csv");
        fs::write(&consents, format!("{head}{}", lines.collect::<String>()))?;
        platform
            .record_consent_file(&caller, ConsentSource::Api, File::open(consents)?)
            .await?;
        let scopes = [Action::RecordConsent, Action::ServeRights];
        let new = NewApiToken {
            label: String::from("bench"),
            scopes: BTreeSet::from(scopes),
            expires: now.plus_days(30),
        };
        let (_id, token) = platform.create_token(&caller, &new).await?;
        Ok(Self {
            router: yuntu_web::router(platform.clone()),
            platform,
            caller,
            token,
            dataset,
            instruction,
            members,
            withdrawn: 0,
        })
    }

    /// Says how many people there are.
    pub(crate) fn people(&self) -> String {
        self.members.len().to_string()
    }

    /// Renews the consent of so many people, each in a request of its own, so many requests at a time.
    pub(crate) async fn give(&self, count: usize, clients: usize) -> Result<String> {
        let one = async |member: &String| {
            let record = json!({
                "identifier": "member_id", "value": member, "purpose": PURPOSE, "operation": "process",
                "recipient": "enterprise", "kind": "explicit", "status": "renewed",
                "from": "2026-02-01T00:00:00Z",
            });
            let begun = now();
            let body = json!({"records": [record]});
            let done = self.post("/api/v1/consents/records", &body).await?;
            ensure!(
                done.get("recorded") == Some(&json!(1)),
                "a consent was not recorded"
            );
            Ok(begun.elapsed())
        };
        let members = self.members.iter().rev().take(count);
        let times: Vec<Result<Duration>> = stream::iter(members.map(one))
            .buffer_unordered(clients)
            .collect()
            .await;
        let times: Vec<_> = times.into_iter().collect::<Result<_>>()?;
        Ok(format!("{} # {}", times.len(), percentiles(times)))
    }

    /// Shows the records of so many people, each in a request of its own.
    pub(crate) async fn read(&self, count: usize) -> Result<String> {
        let mut times = Vec::with_capacity(count);
        for member in self.members.iter().rev().take(count) {
            let begun = now();
            let whom = json!({"identifier": "member_id", "value": member});
            let shown = self.post("/api/v1/consents/person", &whom).await?;
            let records = shown.get("records").and_then(Value::as_array);
            ensure!(
                records.is_some_and(|it| !it.is_empty()),
                "a person has no record"
            );
            times.push(begun.elapsed());
        }
        Ok(format!("{} # {}", times.len(), percentiles(times)))
    }

    /// Withdraws the consent of so many people, and after each asks how many are left: one less.
    pub(crate) async fn withdraw(&mut self, count: usize) -> Result<String> {
        let (mut acknowledged, mut in_effect) = (Vec::new(), Vec::new());
        let mut left = self.admitted().await?;
        let whom: Vec<_> = self
            .members
            .iter()
            .skip(self.withdrawn)
            .take(count)
            .collect();
        for member in &whom {
            let begun = now();
            let body = json!({"identifier": "member_id", "value": member, "purpose": PURPOSE});
            self.post("/api/v1/consents/withdrawals", &body).await?;
            acknowledged.push(begun.elapsed());
            let admitted = self.admitted().await?;
            in_effect.push(begun.elapsed());
            ensure!(admitted + 1 == left, "{admitted} after {left}");
            left = admitted;
        }
        let count = whom.len();
        self.withdrawn += count;
        let (acknowledged, in_effect) = (percentiles(acknowledged), percentiles(in_effect));
        Ok(format!(
            "{count} # durable {acknowledged}; with the next run {in_effect}"
        ))
    }

    /// Counts whom a run admits.
    async fn admitted(&self) -> Result<u64> {
        let ask = Ask {
            purpose: PURPOSE.parse()?,
            operation: Operation::Process,
            recipient: Recipient::Enterprise,
            instruction: self.instruction,
            datasets: BTreeMap::from([(String::from("people"), self.dataset)]),
            wants: Wants::default(),
            query: Query::Audience(AudienceQuery {
                audience: Audience::Everyone(Everyone {}),
            }),
            rules: BTreeMap::new(),
            as_of: self.platform.now(),
        };
        let done = Box::pin(self.platform.run(&self.caller, &ask))
            .await?
            .done()?;
        Ok(done
            .audience_size()
            .context("an audience has a size")?
            .people)
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let request = Request::post(path)
            .header("authorization", format!("Bearer {}", self.token.expose()))
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))?;
        let response = self.router.clone().oneshot(request).await?;
        let status = response.status();
        let bytes = axum::body::to_bytes(response.into_body(), 16 << 20).await?;
        if !status.is_success() {
            bail!("{path}: {status}: {}", String::from_utf8_lossy(&bytes));
        }
        Ok(serde_json::from_slice(&bytes).unwrap_or_default())
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long somebody waits is what is measured"
)]
fn now() -> Instant {
    Instant::now()
}

/// Says how long the middle one took, and the slowest of a hundred.
fn percentiles(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |share: usize| {
        let time = times.get((times.len() * share / 100).min(times.len().saturating_sub(1)));
        time.copied().unwrap_or_default().as_secs_f64() * 1e3
    };
    format!("p50 {:.1} ms, p99 {:.1} ms", at(50), at(99))
}

fn mapping() -> Mapping {
    Mapping {
        source: SourceFormat::Csv {
            delimiter: b',',
            header: true,
            encoding: Encoding::Utf8,
        },
        kind: DatasetKind::Persons,
        columns: vec![ColumnMapping {
            source: String::from("member"),
            name: String::from("member"),
            role: ColumnRole::Identifier {
                kind: IdentifierKind::MemberId,
                form: IdentifierForm::Plain,
                keep_original: false,
            },
            class: ColumnClass::Identifier,
            column_type: ColumnType::Text,
            time_format: TimeFormat::Iso,
        }],
        time_zone: String::from("UTC"),
        nulls: Vec::new(),
        consents: Vec::new(),
    }
}
