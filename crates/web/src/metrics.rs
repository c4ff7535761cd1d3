//! Counts and durations of requests for Prometheus: by route template, never by id or person.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tokio::time::Instant;
use yuntu_app::accounts::Deliveries;
use yuntu_app::minors::MinorWatch;

use crate::state::Site;

/// The upper bounds of the classes of duration.
///
/// # Units
/// Seconds.
const BOUNDS_S: [f64; 8] = [0.005, 0.025, 0.1, 0.25, 1.0, 2.5, 10.0, 60.0];

/// What was counted since the start.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    requests: BTreeMap<(String, String, u16), u64>,
    durations: BTreeMap<(String, String), Durations>,
    refusals: BTreeMap<String, u64>,
    cookies_dropped: BTreeMap<&'static str, u64>,
    /// By worker and outcome.
    turns: BTreeMap<(&'static str, &'static str), u64>,
    /// Whether the last turn of a worker failed.
    failing: BTreeMap<&'static str, bool>,
    /// Whether something waits for a person, by what.
    alarms: BTreeMap<&'static str, bool>,
    /// By what became of them.
    messages: BTreeMap<&'static str, u64>,
    /// Open reports of minors' accounts, by how they stand to their deadline.
    minors: MinorWatch,
}

#[derive(Debug, Default)]
struct Durations {
    classes: [u64; BOUNDS_S.len()],
    count: u64,
    sum_s: f64,
}

impl Metrics {
    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a refusal by its clause.
    pub(crate) fn refused(&self, clause: &str) {
        *self.lock().refusals.entry(clause.to_owned()).or_default() += 1;
    }

    /// Counts a cookie that was not sent, by what is wrong with it.
    pub(crate) fn dropped(&self, fault: &'static str) {
        *self.lock().cookies_dropped.entry(fault).or_default() += 1;
    }

    /// Counts a turn of a worker.
    pub(crate) fn turned(&self, worker: &'static str, done: bool) {
        let mut counts = self.lock();
        let outcome = if done { "done" } else { "failed" };
        *counts.turns.entry((worker, outcome)).or_default() += 1;
        counts.failing.insert(worker, !done);
    }

    /// Notes whether something waits for a person.
    pub(crate) fn alarm(&self, about: &'static str, waits: bool) {
        self.lock().alarms.insert(about, waits);
    }

    /// Counts messages by what became of them.
    pub(crate) fn delivered(&self, done: &Deliveries) {
        let mut counts = self.lock();
        for (fate, count) in [
            ("sent", done.sent),
            ("retried", done.retried),
            ("dead", done.dead),
            ("kept", done.kept),
        ] {
            *counts.messages.entry(fate).or_default() += u64::from(count);
        }
    }

    /// Notes how the reports of minors' accounts stand to their deadline; says whether more are near it or past it than
    /// before.
    pub(crate) fn watched(&self, watch: MinorWatch) -> bool {
        let mut counts = self.lock();
        let before = std::mem::replace(&mut counts.minors, watch);
        watch.late > before.late || watch.near > before.near
    }

    fn answered(&self, method: &str, route: &str, status: u16, took: Duration) {
        let key = (method.to_owned(), route.to_owned());
        let mut counts = self.lock();
        let request = (key.0.clone(), key.1.clone(), status);
        *counts.requests.entry(request).or_default() += 1;
        let durations = counts.durations.entry(key).or_default();
        let seconds = took.as_secs_f64();
        for (class, bound) in durations.classes.iter_mut().zip(BOUNDS_S) {
            *class += u64::from(seconds <= bound);
        }
        durations.count += 1;
        durations.sum_s += seconds;
    }

    /// Writes everything in the text form of Prometheus, with the number of statements that the database was asked.
    pub(crate) fn text(&self, statements: u64) -> String {
        let counts = self.lock();
        let mut out = format!(
            "# HELP yuntu_database_statements_total Statements sent to the database.\n# TYPE yuntu_database_statements_total counter\nyuntu_database_statements_total {statements}\n"
        );
        out.push_str(
            "# HELP yuntu_http_requests_total Requests answered.\n# TYPE yuntu_http_requests_total counter\n",
        );
        // Writing to a string does not fail.
        for ((method, route, status), count) in &counts.requests {
            let _written = writeln!(
                out,
                "yuntu_http_requests_total{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}} {count}"
            );
        }
        out.push_str(
            "# HELP yuntu_http_request_duration_seconds Time until the response began.\n# TYPE yuntu_http_request_duration_seconds histogram\n",
        );
        for ((method, route), durations) in &counts.durations {
            let labels = format!("method=\"{method}\",route=\"{route}\"");
            let name = "yuntu_http_request_duration_seconds";
            for (class, bound) in durations.classes.iter().zip(BOUNDS_S) {
                let _written = writeln!(out, "{name}_bucket{{{labels},le=\"{bound}\"}} {class}");
            }
            let (count, sum) = (durations.count, durations.sum_s);
            let _written = writeln!(
                out,
                "{name}_bucket{{{labels},le=\"+Inf\"}} {count}\n{name}_sum{{{labels}}} {sum}\n{name}_count{{{labels}}} {count}"
            );
        }
        out.push_str(
            "# HELP yuntu_refusals_total Requests refused, by clause of the statement.\n# TYPE yuntu_refusals_total counter\n",
        );
        for (clause, count) in &counts.refusals {
            let _written = writeln!(out, "yuntu_refusals_total{{clause=\"{clause}\"}} {count}");
        }
        out.push_str(
            "# HELP yuntu_cookies_dropped_total Cookies not sent, by fault.\n# TYPE yuntu_cookies_dropped_total counter\n",
        );
        for (fault, count) in &counts.cookies_dropped {
            let _written = writeln!(
                out,
                "yuntu_cookies_dropped_total{{fault=\"{fault}\"}} {count}"
            );
        }
        write_work(&counts, &mut out);
        out
    }
}

/// Writes what the workers did.
fn write_work(counts: &Counts, out: &mut String) {
    out.push_str(
        "# HELP yuntu_worker_turns_total Turns of what runs beside the server.\n# TYPE yuntu_worker_turns_total counter\n",
    );
    for ((worker, outcome), count) in &counts.turns {
        let _written = writeln!(
            out,
            "yuntu_worker_turns_total{{worker=\"{worker}\",outcome=\"{outcome}\"}} {count}"
        );
    }
    out.push_str(
        "# HELP yuntu_worker_failing Whether the last turn failed.\n# TYPE yuntu_worker_failing gauge\n",
    );
    for (worker, failing) in &counts.failing {
        let failing = u8::from(*failing);
        let _written = writeln!(out, "yuntu_worker_failing{{worker=\"{worker}\"}} {failing}");
    }
    out.push_str(
        "# HELP yuntu_alarm Whether something waits for a person.\n# TYPE yuntu_alarm gauge\n",
    );
    for (about, waits) in &counts.alarms {
        let waits = u8::from(*waits);
        let _written = writeln!(out, "yuntu_alarm{{about=\"{about}\"}} {waits}");
    }
    out.push_str(
        "# HELP yuntu_messages_total Mails and text messages, by what became of them.\n# TYPE yuntu_messages_total counter\n",
    );
    for (fate, count) in &counts.messages {
        let _written = writeln!(out, "yuntu_messages_total{{fate=\"{fate}\"}} {count}");
    }
    out.push_str(
        "# HELP yuntu_minor_reports Open reports of minors' accounts, by their deadline.\n# TYPE yuntu_minor_reports gauge\n",
    );
    let MinorWatch { open, near, late } = counts.minors;
    for (deadline, count) in [("ahead", open), ("near", near), ("past", late)] {
        let _written = writeln!(
            out,
            "yuntu_minor_reports{{deadline=\"{deadline}\"}} {count}"
        );
    }
}

/// Returns the template of the route, which holds no id.
pub(crate) fn route_of(request: &Request) -> String {
    let matched = request.extensions().get::<MatchedPath>();
    matched.map_or_else(
        || String::from("unmatched"),
        |path| path.as_str().to_owned(),
    )
}

/// Counts each request and how long it took.
pub(crate) async fn count(State(site): State<Site>, request: Request, next: Next) -> Response {
    let route = route_of(&request);
    let method = if request.method().as_str().len() <= 7 {
        request.method().as_str().to_owned()
    } else {
        String::from("other")
    };
    let began = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    site.metrics
        .answered(&method, &route, status, began.elapsed());
    response
}
