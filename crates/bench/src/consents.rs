//! Consents through the API of a whole installation: given one by one, read, and withdrawn until the next run obeys.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tokio::net::TcpListener;
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

use crate::client::Client;

/// What people agree to.
const PURPOSE: &str = "marketing.insight";

/// An installation with one enterprise, its people, and a server with which a program speaks.
pub(crate) struct Consents {
    platform: Platform,
    /// Where its server listens.
    port: u16,
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
            format!(
                "{member},{PURPOSE},process,enterprise,explicit,given,2026-01-05T00:00:00Z,,box 7\n"
            )
        });
        let head = "member_id,purpose,operation,recipient,kind,status,from,until,proof\n";
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
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        // It runs until the process ends.
        let serving = yuntu_web::serve(listener.into(), platform.clone(), std::future::pending());
        tokio::spawn(serving);
        Ok(Self {
            port,
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

    /// Renews the consent of so many people, each in a request of its own, over so many connections.
    pub(crate) async fn give(&self, count: usize, clients: usize) -> Result<String> {
        let members: Vec<_> = self.members.iter().rev().take(count).collect();
        let each = members.len().div_ceil(clients.max(1)).max(1);
        let clients = members.chunks(each).map(async |members| {
            let mut client = self.client().await?;
            let mut times = Vec::with_capacity(members.len());
            for member in members {
                let record = json!({
                    "identifier": "member_id", "value": member, "purpose": PURPOSE,
                    "operation": "process", "recipient": "enterprise", "kind": "explicit",
                    "status": "renewed", "from": "2026-02-01T00:00:00Z", "proof": "box 7",
                });
                let begun = now();
                let body = json!({"records": [record]});
                let done = client.post("/api/v1/consents/records", &body).await?;
                let recorded = done.get("recorded") == Some(&json!(1));
                ensure!(recorded, "a consent was not recorded");
                times.push(begun.elapsed());
            }
            Ok(times)
        });
        let times = futures::future::try_join_all(clients).await?.concat();
        Ok(format!("{} # {}", times.len(), percentiles(times)))
    }

    /// Shows the records of so many people, each in a request of its own.
    pub(crate) async fn read(&self, count: usize) -> Result<String> {
        let mut client = self.client().await?;
        let mut times = Vec::with_capacity(count);
        for member in self.members.iter().rev().take(count) {
            let begun = now();
            let whom = json!({"identifier": "member_id", "value": member});
            let shown = client.post("/api/v1/consents/person", &whom).await?;
            let records = shown.get("records").and_then(Value::as_array);
            let some = records.is_some_and(|records| !records.is_empty());
            ensure!(some, "a person has no record");
            times.push(begun.elapsed());
        }
        Ok(format!("{} # {}", times.len(), percentiles(times)))
    }

    /// Withdraws the consent of so many people, and after each asks how many are left: one less.
    pub(crate) async fn withdraw(&mut self, count: usize) -> Result<String> {
        let mut client = self.client().await?;
        let (mut acknowledged, mut in_effect) = (Vec::new(), Vec::new());
        let mut left = self.admitted().await?;
        let whom = self.members.iter().skip(self.withdrawn).take(count);
        for member in whom {
            let begun = now();
            let body = json!({"identifier": "member_id", "value": member, "purpose": PURPOSE});
            client.post("/api/v1/consents/withdrawals", &body).await?;
            acknowledged.push(begun.elapsed());
            let admitted = self.admitted().await?;
            in_effect.push(begun.elapsed());
            ensure!(admitted + 1 == left, "{admitted} after {left}");
            left = admitted;
        }
        let count = acknowledged.len();
        self.withdrawn += count;
        let (acknowledged, in_effect) = (percentiles(acknowledged), percentiles(in_effect));
        Ok(format!(
            "{count} # durable {acknowledged}; with the next run {in_effect}"
        ))
    }

    async fn client(&self) -> Result<Client> {
        Client::connect(self.port, &self.token).await
    }

    /// Counts whom a run admits.
    async fn admitted(&self) -> Result<u64> {
        let ask = Ask {
            purpose: PURPOSE.parse()?,
            operation: Operation::Process,
            recipient: Recipient::Enterprise,
            exception: None,
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
