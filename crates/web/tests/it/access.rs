//! Who gets in: nobody without a token, no enterprise into another, no role beyond its own.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use yuntu_app::policy::Role;
use yuntu_testkit::pdf;

use crate::site::{
    Answer, Made, PURPOSE, Site, as_json, audience, consent_records, consents, dataset,
    declaration, exception_use, in_beijing, instruction, nothing, run, upload, wish,
};

/// What another enterprise sees of what this one made.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Foreign {
    /// Nothing: as if it were not there.
    NotThere,
    /// A run that cites it is refused, as one that cites what does not exist.
    Refused,
    /// The operation names nothing of the other's.
    OnlyOwn,
}

/// An operation, with a request that is right for its owner.
struct Operation {
    method: &'static str,
    path: &'static str,
    foreign: Foreign,
    /// Whether a viewer may do it.
    viewer: bool,
    body: fn(&Made) -> (&'static str, Vec<u8>),
}

impl Operation {
    /// Asks for it as the holder of a token, about what there is of the owner's.
    async fn ask(&self, site: &Site, token: &str, made: &Made) -> (String, Answer) {
        let (path, body) = (path_of(self.path, made), (self.body)(made));
        let method = self.method.to_uppercase();
        let answer = site.call(Some(token), &method, &path, body).await;
        (path, answer)
    }
}

const fn operation(
    method: &'static str,
    path: &'static str,
    foreign: Foreign,
    viewer: bool,
    body: fn(&Made) -> (&'static str, Vec<u8>),
) -> Operation {
    Operation {
        method,
        path,
        foreign,
        viewer,
        body,
    }
}

fn none(_made: &Made) -> (&'static str, Vec<u8>) {
    nothing()
}

fn of_run(made: &Made, ask: &Value) -> (&'static str, Vec<u8>) {
    as_json(&run(made, ask))
}

const D: &str = "/api/v1/datasets/{dataset}";
const I: &str = "/api/v1/datasets/{dataset}/imports/{import}";
const A: &str = "/api/v1/audiences/{audience}";
const H: &str = "/api/v1/help/{help}";

const E: &str = "/api/v1/exception-uses/{use}";

const P: &str = "/api/v1/partners/{partner}";

const OPERATIONS: [Operation; 75] = [
    operation("post", "/api/v1/datasets", Foreign::OnlyOwn, false, |_| {
        as_json(&dataset())
    }),
    operation("get", "/api/v1/datasets", Foreign::OnlyOwn, true, none),
    operation("get", D, Foreign::NotThere, true, none),
    operation(
        "post",
        "/api/v1/datasets/{dataset}/imports",
        Foreign::NotThere,
        false,
        |_| upload(),
    ),
    operation(
        "get",
        "/api/v1/datasets/{dataset}/imports",
        Foreign::NotThere,
        true,
        none,
    ),
    operation("get", I, Foreign::NotThere, true, none),
    operation(
        "get",
        "/api/v1/datasets/{dataset}/imports/{import}/quarantine",
        Foreign::NotThere,
        true,
        none,
    ),
    operation(
        "post",
        "/api/v1/datasets/{dataset}/imports/{import}/cancellation",
        Foreign::NotThere,
        false,
        none,
    ),
    operation(
        "post",
        "/api/v1/datasets/{dataset}/events",
        Foreign::NotThere,
        false,
        |_| ("application/x-ndjson", b"{\"member_id\":\"m1\"}".to_vec()),
    ),
    operation("post", "/api/v1/deposits", Foreign::OnlyOwn, false, |_| {
        ("application/octet-stream", b"a,b\n1,2\n".to_vec())
    }),
    operation(
        "get",
        "/api/v1/deposits/{deposit}/proposal",
        Foreign::NotThere,
        false,
        none,
    ),
    operation(
        "post",
        "/api/v1/datasets/{dataset}/declarations",
        Foreign::NotThere,
        false,
        |made| as_json(&declaration(&made.paper)),
    ),
    operation(
        "get",
        "/api/v1/datasets/{dataset}/declarations",
        Foreign::NotThere,
        true,
        none,
    ),
    operation(
        "get",
        "/api/v1/datasets/{dataset}/declarations/{declaration}",
        Foreign::NotThere,
        true,
        none,
    ),
    operation(
        "post",
        "/api/v1/datasets/{dataset}/papers",
        Foreign::NotThere,
        false,
        |_| ("application/octet-stream", pdf("a paper")),
    ),
    operation(
        "get",
        "/api/v1/datasets/{dataset}/columns",
        Foreign::NotThere,
        true,
        none,
    ),
    operation(
        "put",
        "/api/v1/datasets/{dataset}/columns/{column}/class",
        Foreign::NotThere,
        false,
        |_| as_json(&json!({"class": "sensitive"})),
    ),
    operation("post", "/api/v1/labels", Foreign::NotThere, true, |made| {
        as_json(&json!({"datasets": {"people": made.dataset}, "sql": "SELECT 1 FROM people"}))
    }),
    operation(
        "get",
        "/api/v1/datasets/{dataset}/papers",
        Foreign::NotThere,
        true,
        none,
    ),
    operation(
        "get",
        "/api/v1/datasets/{dataset}/papers/{paper}",
        Foreign::NotThere,
        false,
        none,
    ),
    operation(
        "post",
        "/api/v1/datasets/{dataset}/papers/{paper}/revocation",
        Foreign::NotThere,
        false,
        |_| as_json(&json!({"reason": "replaced"})),
    ),
    operation(
        "put",
        "/api/v1/datasets/{dataset}/scope",
        Foreign::NotThere,
        false,
        |_| {
            as_json(&json!({
                "purposes": [PURPOSE], "operations": ["process"], "recipients": ["enterprise"],
                "kind": "explicit", "from": "2026-01-01T00:00:00Z", "until": null,
            }))
        },
    ),
    operation(
        "get",
        "/api/v1/datasets/{dataset}/scope",
        Foreign::NotThere,
        true,
        none,
    ),
    operation(
        "post",
        "/api/v1/proposals",
        Foreign::NotThere,
        false,
        |made| as_json(&json!({"deposit": made.deposit})),
    ),
    operation("post", "/api/v1/consents", Foreign::OnlyOwn, false, |_| {
        consents()
    }),
    operation(
        "post",
        "/api/v1/consents/records",
        Foreign::OnlyOwn,
        false,
        |_| as_json(&consent_records()),
    ),
    operation(
        "post",
        "/api/v1/consents/person",
        Foreign::NotThere,
        false,
        |_| as_json(&json!({"identifier": "member_id", "value": "m1"})),
    ),
    operation(
        "post",
        "/api/v1/consents/what-if",
        Foreign::Refused,
        false,
        |made| as_json(&wish(made)),
    ),
    operation(
        "post",
        "/api/v1/consents/to-ask",
        Foreign::Refused,
        false,
        |made| as_json(&json!({"wish": wish(made), "identifier": "member_id"})),
    ),
    operation(
        "post",
        "/api/v1/consents/counts",
        Foreign::NotThere,
        true,
        |made| as_json(&json!({"dataset": made.dataset, "purpose": PURPOSE})),
    ),
    operation(
        "post",
        "/api/v1/consents/withdrawals",
        Foreign::NotThere,
        false,
        |_| as_json(&json!({"identifier": "member_id", "value": "m1", "purpose": PURPOSE})),
    ),
    operation(
        "post",
        "/api/v1/instructions",
        Foreign::NotThere,
        false,
        |made| as_json(&instruction(&made.dataset)),
    ),
    operation("get", "/api/v1/instructions", Foreign::OnlyOwn, true, none),
    operation(
        "get",
        "/api/v1/instructions/{instruction}",
        Foreign::NotThere,
        true,
        none,
    ),
    operation(
        "get",
        "/api/v1/instructions/{instruction}/jobs",
        Foreign::NotThere,
        true,
        none,
    ),
    operation("get", "/api/v1/partners", Foreign::OnlyOwn, true, none),
    operation("post", "/api/v1/partners", Foreign::OnlyOwn, false, |_| {
        as_json(&said_of_partner())
    }),
    operation("get", P, Foreign::NotThere, true, none),
    operation(
        "post",
        "/api/v1/partners/{partner}/versions",
        Foreign::NotThere,
        false,
        |_| as_json(&said_of_partner()),
    ),
    operation(
        "post",
        "/api/v1/partners/{partner}/enforcement",
        Foreign::NotThere,
        false,
        |_| as_json(&json!({"version": 2})),
    ),
    operation(
        "post",
        "/api/v1/partners/{partner}/suspension",
        Foreign::NotThere,
        false,
        |_| as_json(&json!({"reason": "no"})),
    ),
    operation(
        "post",
        "/api/v1/partners/{partner}/resumption",
        Foreign::NotThere,
        false,
        |_| as_json(&json!({"reason": "no"})),
    ),
    operation(
        "post",
        "/api/v1/partners/{partner}/end",
        Foreign::NotThere,
        false,
        |_| as_json(&json!({"reason": "no"})),
    ),
    operation(
        "get",
        "/api/v1/partners/{partner}/jobs",
        Foreign::NotThere,
        true,
        none,
    ),
    operation(
        "post",
        "/api/v1/partners/{partner}/papers",
        Foreign::NotThere,
        false,
        |_| ("application/octet-stream", pdf("agreement")),
    ),
    operation(
        "get",
        "/api/v1/partners/{partner}/papers/{paper}",
        Foreign::NotThere,
        false,
        none,
    ),
    operation("get", "/api/v1/exceptions", Foreign::OnlyOwn, true, none),
    operation(
        "get",
        "/api/v1/exception-uses",
        Foreign::OnlyOwn,
        true,
        none,
    ),
    operation(
        "post",
        "/api/v1/exception-uses",
        Foreign::Refused,
        false,
        |made| {
            let moment = |text: &str| text.parse().unwrap();
            let (from, until) = (
                moment("2026-01-01T00:00:00Z"),
                moment("2026-12-31T00:00:00Z"),
            );
            as_json(&exception_use(&made.dataset, from, until))
        },
    ),
    operation("get", E, Foreign::NotThere, true, none),
    operation(
        "get",
        "/api/v1/exception-uses/{use}/jobs",
        Foreign::NotThere,
        true,
        none,
    ),
    operation(
        "post",
        "/api/v1/exception-uses/{use}/proofs",
        Foreign::NotThere,
        false,
        |_| as_json(&json!({"proof": "cited_law", "words": "Article 9"})),
    ),
    operation(
        "post",
        "/api/v1/exception-uses/{use}/papers",
        Foreign::NotThere,
        false,
        |_| ("application/octet-stream", pdf("notice")),
    ),
    operation(
        "get",
        "/api/v1/exception-uses/{use}/papers/{paper}",
        Foreign::NotThere,
        false,
        none,
    ),
    operation(
        "post",
        "/api/v1/exception-uses/{use}/invocation",
        Foreign::NotThere,
        false,
        none,
    ),
    operation(
        "post",
        "/api/v1/exception-uses/{use}/confirmation",
        Foreign::NotThere,
        false,
        |_| as_json(&json!({"digest": "0".repeat(64)})),
    ),
    operation(
        "post",
        "/api/v1/exception-uses/{use}/refusal",
        Foreign::NotThere,
        false,
        |_| as_json(&json!({"reason": "no"})),
    ),
    operation(
        "post",
        "/api/v1/exception-uses/{use}/end",
        Foreign::NotThere,
        false,
        |_| as_json(&json!({"reason": "no"})),
    ),
    operation(
        "post",
        "/api/v1/audiences",
        Foreign::NotThere,
        false,
        |made| as_json(&audience(&made.dataset)),
    ),
    operation("get", "/api/v1/audiences", Foreign::OnlyOwn, true, none),
    operation("get", A, Foreign::NotThere, true, none),
    operation(
        "post",
        "/api/v1/audiences/{audience}/evaluations",
        Foreign::NotThere,
        false,
        |made| as_json(&json!({"purpose": PURPOSE, "instruction": made.instruction})),
    ),
    operation(
        "post",
        "/api/v1/insight/stages",
        Foreign::Refused,
        false,
        |made| of_run(made, &json!({"rules": "city"})),
    ),
    operation(
        "post",
        "/api/v1/insight/flow",
        Foreign::Refused,
        false,
        |made| of_run(made, &json!({"rules": "city", "start": {"days_ago": 30}})),
    ),
    operation(
        "post",
        "/api/v1/insight/profile",
        Foreign::Refused,
        false,
        |made| {
            let city = json!({"dataset": "people", "column": "city"});
            of_run(
                made,
                &json!({"target": in_beijing(), "dimensions": [city], "group_min": 1}),
            )
        },
    ),
    operation(
        "post",
        "/api/v1/insight/overlap",
        Foreign::Refused,
        false,
        |made| {
            let both = json!({"all": {"kind": "everyone"}, "beijing": in_beijing()});
            of_run(made, &json!({"audiences": both, "group_min": 1}))
        },
    ),
    operation("post", "/api/v1/query", Foreign::Refused, false, |made| {
        of_run(made, &json!({"sql": "SELECT count(*) FROM people"}))
    }),
    operation(
        "get",
        "/api/v1/receipts/{receipt}",
        Foreign::NotThere,
        false,
        none,
    ),
    operation(
        "get",
        "/api/v1/ledger/checkpoint",
        Foreign::OnlyOwn,
        false,
        none,
    ),
    operation("post", "/api/v1/help", Foreign::NotThere, false, |made| {
        as_json(&json!({
            "datasets": [made.dataset], "instruction": made.instruction, "purpose": PURPOSE,
            "scope": ["structure"], "words": "please look why a row does not fit",
        }))
    }),
    operation("get", "/api/v1/help", Foreign::OnlyOwn, false, none),
    operation("get", H, Foreign::NotThere, false, none),
    operation(
        "get",
        "/api/v1/help/{help}/looks",
        Foreign::NotThere,
        false,
        none,
    ),
    operation(
        "post",
        "/api/v1/help/{help}/approval",
        Foreign::NotThere,
        false,
        |_| {
            as_json(&json!({
                "offer": "hof_0192f0c1000070008000000000000001",
                "until": "2026-02-01T00:00:00Z",
            }))
        },
    ),
    operation(
        "post",
        "/api/v1/help/{help}/end",
        Foreign::NotThere,
        false,
        none,
    ),
];

/// Operations beside the tables above: whoever has a token may do them, they end what the others need, or they are about
/// tokens and measures, which have tests of their own.
const OTHERS: [(&str, &str); 7] = [
    ("get", "/api/v1/ledger/key"),
    ("post", "/api/v1/instructions/{instruction}/revocation"),
    ("get", "/api/v1/tokens"),
    ("post", "/api/v1/tokens/{token}/revocation"),
    ("get", "/api/v1/measures"),
    ("post", "/api/v1/measures/{measure}/answers"),
    ("post", "/api/v1/measures/{measure}/appeals"),
];

fn said_of_partner() -> Value {
    json!({"name": "Somebody", "region": "CN"})
}

fn path_of(template: &str, made: &Made) -> String {
    made.fill(template).replace("{column}", "city")
}

fn described() -> BTreeSet<(String, String)> {
    let document = serde_json::to_value(yuntu_web::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().keys();
            methods.map(|method| (method.clone(), path.clone()))
        })
        .collect()
}

#[test]
fn every_operation_of_the_description_is_in_the_tables() {
    let own = OPERATIONS.iter().map(|it| (it.method, it.path));
    let own: BTreeSet<_> = own
        .chain(OTHERS)
        .map(|(method, path)| (method.to_owned(), path.to_owned()))
        .collect();
    assert_eq!(own, described());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_good_token_nothing_is_answered() {
    let site = Site::open().await;
    let nothing_such = || String::from("nothing");
    let made = Made {
        dataset: nothing_such(),
        instruction: nothing_such(),
        audience: nothing_such(),
        receipt: nothing_such(),
        declaration: nothing_such(),
        paper: nothing_such(),
        import: nothing_such(),
        deposit: nothing_such(),
        help: nothing_such(),
        exception: nothing_such(),
        proof: nothing_such(),
        partner: nothing_such(),
        partner_paper: nothing_such(),
    };
    for (method, path) in described() {
        let method = method.to_uppercase();
        for token in [None, Some("yuntu_wrong"), Some("")] {
            let path = path_of(&path, &made);
            let answer = site.call(token, &method, &path, nothing()).await;
            let answer = answer.expect(401);
            assert_eq!(answer.header("content-type"), "application/problem+json");
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_enterprise_sees_nothing_of_this_one() {
    let site = Site::open().await;
    let made = site.furnish().await;
    for it in &OPERATIONS {
        let (path, answer) = it.ask(&site, &site.foreign, &made).await;
        match it.foreign {
            Foreign::NotThere => {
                let answer = answer.expect(404);
                assert!(answer.json().get("clause").is_none(), "{path}");
            }
            Foreign::Refused => {
                let answer = answer.expect(403);
                assert!(answer.json()["clause"].is_string(), "{path}");
                let absent = "dst_0192f0c1000070008000000000000001";
                let unknown = Made {
                    dataset: absent.to_owned(),
                    instruction: String::from("ins_0192f0c1000070008000000000000001"),
                    ..made.clone()
                };
                let method = it.method.to_uppercase();
                let body = (it.body)(&unknown);
                let other = site.call(Some(&site.foreign), &method, &path, body).await;
                let other = other.text.replace(absent, &made.dataset);
                assert_eq!(answer.text, other, "what exists elsewhere must not show");
            }
            Foreign::OnlyOwn => {
                assert!(answer.status.is_success(), "{path}: {}", answer.text);
                for id in [&made.dataset, &made.instruction, &made.audience] {
                    assert!(!answer.text.contains(id.as_str()), "{path}");
                }
            }
        }
    }
    let path = path_of(OTHERS[1].1, &made);
    let foreign = Some(site.foreign.as_str());
    site.call(foreign, "POST", &path, nothing())
        .await
        .expect(404);
    // Nothing of this has changed what the owner sees.
    let shown = site.get(&path_of(D, &made)).await.expect(200);
    assert_eq!(shown.json()["standing"], "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_reads_reports_and_is_refused_the_rest_by_clause() {
    let site = Site::open().await;
    let made = site.furnish().await;
    for it in &OPERATIONS {
        let (path, answer) = it.ask(&site, &site.viewer, &made).await;
        if it.viewer {
            answer.expect(200);
            continue;
        }
        let problem = answer.expect(403).json();
        let clause = problem["clause"].as_str().unwrap_or_default();
        assert!(clause.starts_with(['U', 'R']), "{path}: {problem}");
        let reasons = problem["reasons"].as_array().unwrap();
        // Who may what with an exception goes by the function.
        let known = ["role", "exception_invoker", "exception_control"];
        let says = |it: &Value| known.iter().any(|fact| it["fact"] == *fact);
        assert!(reasons.iter().any(says), "{problem}");
        for text in ["what", "remedy"] {
            let both = &reasons[0][text];
            assert!(both["zh"].is_string() && both["en"].is_string());
        }
    }
    let path = path_of(OTHERS[1].1, &made);
    let viewer = Some(site.viewer.as_str());
    site.call(viewer, "POST", &path, nothing())
        .await
        .expect(403);
    assert_eq!(Role::Viewer.code(), "viewer");
}
