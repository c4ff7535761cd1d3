//! Business data under instruction by `/api/v1`, told on the real tables over both databases, from the first upload to the
//! last receipt: a program of the enterprise acts by a token of its owner, another by one of its counsel, and operators work
//! at their desk.

mod consents;
mod exceptions;
mod help;
mod imports;
mod instructions;
mod labels;
mod measures;
mod sources;

use std::collections::BTreeMap;
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};
use yuntu_terms::{Clock as _, SystemClock, Timestamp};
use yuntu_testkit::Browser;

use crate::api::{Answer, Api};
use crate::browser::exceptions::{joins, makes_a_token, makes_her_the_counsel};
use crate::browser::house::House;
use crate::real::{HOUSEHOLDS, MINORS, OWNER};

const INSIGHT: &str = "marketing.insight";
const MEASUREMENT: &str = "marketing.measurement";
/// The purpose that nobody in the demo was asked about.
const UNASKED: &str = "research.industry";
/// Whom the fictional consents of the demo admit for the two purposes, after the one withdrawal of its own story.
const FOR_INSIGHT: u64 = 1_462;
const FOR_MEASUREMENT: u64 = 1_451;
/// What is begun ends, even where the machine is busy with other things.
const PATIENCE: Duration = Duration::from_mins(5);

/// Who acts, and what there is.
struct Story {
    house: House,
    owner: Api,
    counsel: Api,
    /// Datasets by name; the story adds its own.
    datasets: BTreeMap<String, String>,
    /// The instruction over what the main job loaded.
    instruction: String,
}

impl Story {
    async fn open(lang: &str) -> Self {
        let house = House::of_demo(lang);
        let (owner, counsel) = (house.browser().await, house.browser().await);
        house.sign_in_by_code(&owner, OWNER).await;
        joins(&house, &owner, &counsel).await;
        makes_her_the_counsel(&house, &owner).await;
        let token = async |who: &Browser| house.api(&makes_a_token(&house, who).await);
        let (owner, counsel) = (token(&owner).await, token(&counsel).await);
        let named = owner.get("/api/v1/datasets").expect(200).items();
        let named = named.iter().map(|it| (text(it, "name"), text(it, "id")));
        let datasets = named.collect();
        // Of the three that the main job gave it is the one for research too.
        let given = owner.get("/api/v1/instructions").expect(200).items();
        let of_all = |it: &&Value| it["purposes"].as_array().unwrap().len() == 3;
        let instruction = text(given.iter().find(of_all).unwrap(), "id");
        Self {
            house,
            owner,
            counsel,
            datasets,
            instruction,
        }
    }

    /// Returns the id of a dataset.
    fn dataset(&self, name: &str) -> &str {
        &self.datasets[name]
    }

    /// Asks a statement over datasets that it calls by their names.
    fn ask(&self, (purpose, instruction): (&str, &str), datasets: &[&str], sql: &str) -> Answer {
        let asked = self.question((purpose, instruction), datasets, sql);
        self.owner.post("/api/v1/query", &asked)
    }

    fn question(&self, on: (&str, &str), datasets: &[&str], sql: &str) -> Value {
        let named = datasets.iter().map(|name| (*name, self.dataset(name)));
        let named: BTreeMap<_, _> = named.collect();
        json!({
            "purpose": on.0, "instruction": on.1, "datasets": named, "ask": {"sql": sql},
        })
    }

    /// Asks a statement on the instruction over what the main job loaded.
    fn asks(&self, purpose: &str, datasets: &[&str], sql: &str) -> Answer {
        self.ask((purpose, &self.instruction), datasets, sql)
    }

    /// Instructs the platform on datasets for the two purposes and research; returns the instruction.
    fn instruct(&self, datasets: &[&str]) -> String {
        let datasets: Vec<_> = datasets.iter().map(|name| self.dataset(name)).collect();
        let body = json!({
            "purposes": ["marketing", "research"], "operations": ["process"],
            "recipients": ["enterprise"], "datasets": datasets,
            "from": now(), "until": now().plus_days(30),
        });
        let made = self.owner.post("/api/v1/instructions", &body);
        made.expect(201).id()
    }

    /// Puts a paper of a dataset on record; returns it.
    fn prove(&self, dataset: &str, kind: &str) -> String {
        let path = format!("/api/v1/datasets/{dataset}/papers?kind={kind}&name=proof.pdf");
        let paper = yuntu_testkit::pdf(kind);
        let added = self.owner.send("POST", &path, (crate::api::OCTETS, &paper));
        added.expect(201).id()
    }

    /// Begins a statement that takes hours on datasets of the main job, and waits until it is at work.
    async fn begin(&self, dataset: &str, instruction: &str) -> JoinHandle<Answer> {
        let crossed: Vec<_> = (0..16).map(|n| format!("t a{n}")).collect();
        let sql = format!("SELECT count(*) AS n FROM {}", crossed.join(" CROSS JOIN "));
        let asked = json!({
            "purpose": INSIGHT, "instruction": instruction,
            "datasets": {"t": self.dataset(dataset)}, "ask": {"sql": sql},
        });
        let path = format!("/api/v1/instructions/{instruction}/jobs");
        let jobs = || self.owner.get(&path).expect(200).items();
        let before = jobs().len();
        let api = self.owner.clone();
        let run = std::thread::spawn(move || api.post("/api/v1/query", &asked));
        happens("the run begins", || {
            jobs().len() > before || run.is_finished()
        })
        .await;
        run
    }
}

/// Waits for a run to be stopped within the promised five seconds; asserts by what.
async fn stopped(run: JoinHandle<Answer>, by: &str) {
    let within = tokio::time::timeout(Duration::from_secs(5), async {
        while !run.is_finished() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    within.await.expect("it runs on");
    let answer = run.join().unwrap().expect(409);
    assert_eq!(answer.facts(), [by]);
}

/// Waits until something is so, as a program does that asks again and again.
async fn happens(what: &str, so: impl Fn() -> bool + Send + Sync) {
    let waiting = async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, waiting).await;
    waited.unwrap_or_else(|_late| panic!("it does not come to this: {what}"));
}

/// Returns how many people a run admitted, once the funnel is seen to add up to everybody.
#[track_caller]
fn admitted(answer: &Answer, table: &str) -> u64 {
    let answer = answer.json();
    let funnel = answer["funnels"][table].as_object().unwrap();
    let count = |name: &str| funnel[name].as_u64().unwrap();
    let all: u64 = funnel.values().map(|it| it.as_u64().unwrap()).sum();
    assert_eq!(all - count("uploaded"), HOUSEHOLDS, "{answer}");
    assert_eq!((count("uploaded"), count("minor")), (HOUSEHOLDS, MINORS));
    count("admitted")
}

/// Returns the only number that a run answered.
#[track_caller]
fn number(answer: &Answer) -> u64 {
    answer.json()["result"]["rows"][0][0].as_u64().unwrap()
}

#[track_caller]
fn text(of: &Value, name: &str) -> String {
    of[name].as_str().unwrap().to_owned()
}

fn now() -> Timestamp {
    SystemClock.now()
}

async fn is_told(lang: &str) {
    let mut story = Story::open(lang).await;
    imports::are_brought_in(&mut story).await;
    sources::are_declared(&story).await;
    consents::decide(&story).await;
    instructions::are_given_and_revoked(&story).await;
    labels::say_how_they_came_about(&story);
    exceptions::take_two(&story);
    help::is_given_as_long_as_it_is_approved(&story).await;
    measures::stop_and_lose_nothing(&mut story).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite() {
    is_told("zh").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres() {
    is_told("en").await;
}
