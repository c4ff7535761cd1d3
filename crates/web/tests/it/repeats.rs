//! A writing request that carries a key is done once, however often it comes.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use yuntu_app::policy::{Action, OperatorRole};
use yuntu_app::store::NewApiToken;
use yuntu_statement::Invoker;
use yuntu_terms::clause;
use yuntu_testkit::pdf;

use crate::help::opened;
use crate::measures::{enterprise, freeze};
use crate::site::{
    Answer, Made, PURPOSE, Site, as_json, audience, consent_records, consents, dataset,
    declaration, exception_use, id_of, instruction, nothing, partner, upload, wish,
};

async fn post(site: &Site, token: &str, path: &str, key: &str, body: &Value) -> Answer {
    let headers = [
        ("authorization", format!("Bearer {token}")),
        ("idempotency-key", key.to_owned()),
    ];
    site.post_json(path, &headers, body).await
}

async fn instructions(site: &Site) -> usize {
    let listed = site.get("/api/v1/instructions").await.expect(200).json();
    listed["items"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_with_the_same_key_is_done_once_and_answered_alike() {
    let _mark = clause::check!(U2);
    let site = Site::open().await;
    let made = site.furnish().await;
    let body = instruction(&made.dataset);
    let path = "/api/v1/instructions";
    let before = instructions(&site).await;
    let first = post(&site, &site.owner, path, "k-1", &body)
        .await
        .expect(201);
    let again = post(&site, &site.owner, path, "k-1", &body)
        .await
        .expect(201);
    assert_eq!(first.text, again.text);
    assert_eq!(
        (
            first.header("idempotent-replayed"),
            again.header("idempotent-replayed")
        ),
        ("", "true")
    );
    assert_eq!(instructions(&site).await, before + 1);
    // Another key is another wish, and another request is not the same wish.
    let other = post(&site, &site.owner, path, "k-2", &body)
        .await
        .expect(201);
    assert_ne!(first.text, other.text);
    let mut changed = body.clone();
    changed["note"] = json!("changed");
    let refused = post(&site, &site.owner, path, "k-1", &changed)
        .await
        .expect(422);
    assert!(refused.text.contains("key-reused"), "{}", refused.text);
    // The key of one person is not another's.
    post(&site, &site.foreign, path, "k-1", &body)
        .await
        .expect(404);
    assert_eq!(instructions(&site).await, before + 2);
    // A day later the key is free again.
    site.parts
        .clock
        .advance(std::time::Duration::from_hours(25));
    let later = post(&site, &site.owner, path, "k-1", &body)
        .await
        .expect(201);
    assert_ne!(first.text, later.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_with_one_key_do_it_once() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let body = instruction(&made.dataset);
    let before = instructions(&site).await;
    let asked = (0..8).map(|_| post(&site, &site.owner, "/api/v1/instructions", "one", &body));
    let answers = futures_of(asked).await;
    let done: std::collections::BTreeSet<_> = answers
        .iter()
        .filter(|it| it.status == 201)
        .map(|it| it.text.clone())
        .collect();
    assert_eq!(done.len(), 1, "{done:?}");
    assert!(
        answers
            .iter()
            .all(|it| matches!(it.status.as_u16(), 201 | 409))
    );
    assert_eq!(instructions(&site).await, before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_used_up_no_key_and_an_answer_without_a_body_comes_again() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let path = format!("/api/v1/instructions/{}/revocation", made.instruction);
    // Refused to a viewer: nothing was done, and the key is still hers when she may.
    post(&site, &site.viewer, &path, "r-1", &Value::Null)
        .await
        .expect(403);
    post(&site, &site.viewer, &path, "r-1", &Value::Null)
        .await
        .expect(403);
    post(&site, &site.owner, &path, "r-1", &Value::Null)
        .await
        .expect(204);
    let again = post(&site, &site.owner, &path, "r-1", &Value::Null)
        .await
        .expect(204);
    assert_eq!(
        (again.header("idempotent-replayed"), again.text.as_str()),
        ("true", "")
    );
    post(&site, &site.owner, &path, "r-2", &Value::Null)
        .await
        .expect(404);
    for bad in ["", "with blank", &"x".repeat(256)] {
        post(&site, &site.owner, &path, bad, &Value::Null)
            .await
            .expect(400);
    }
    post(&site, "yuntu_nobody", &path, "r-1", &Value::Null)
        .await
        .expect(401);
}

/// Waits for several answers at once.
async fn futures_of<F: Future<Output = Answer>>(asked: impl Iterator<Item = F>) -> Vec<Answer> {
    let mut waiting: Vec<_> = asked.map(Box::pin).collect();
    let mut answers: Vec<Option<Answer>> = waiting.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (place, future) in answers.iter_mut().zip(&mut waiting) {
            if place.is_none()
                && let std::task::Poll::Ready(answer) = future.as_mut().poll(context)
            {
                *place = Some(answer);
            }
        }
        if answers.iter().all(Option::is_some) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    answers.into_iter().flatten().collect()
}

/// The operations of the description that write or ask in a body, each with whether it takes a key.
fn with_bodies() -> Vec<(String, String, bool)> {
    let document = serde_json::to_value(yuntu_web::openapi()).unwrap();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let named = |it: &Value| it["name"] == "Idempotency-Key";
            let parameters = operation["parameters"].as_array();
            let takes = parameters.is_some_and(|all| all.iter().any(named));
            if method == "get" {
                assert!(!takes, "{path}");
                continue;
            }
            let words = operation["description"].as_str().unwrap_or_default();
            let says = words.contains("takes no `Idempotency-Key`");
            assert_eq!(says, !takes, "{method} {path}: {words}");
            found.push((method.to_uppercase(), path.clone(), takes));
        }
    }
    found
}

/// Requests that are sent twice with a key, and which operations were so.
struct Twice<'a> {
    site: &'a Site,
    made: &'a Made,
    keys: u32,
    done: BTreeSet<(String, String)>,
}

impl Twice<'_> {
    async fn keyed(&self, token: &str, asked: (&str, &str), body: &(&str, Vec<u8>)) -> Answer {
        let (method, path) = asked;
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {token}"))
            .header("idempotency-key", format!("key-{}", self.keys));
        if !body.0.is_empty() {
            request = request.header("content-type", body.0);
        }
        self.site
            .send(request.body(Body::from(body.1.clone())).unwrap())
            .await
    }

    /// Sends it twice: it is answered alike, and nothing is in the ledger of the second time.
    async fn send(
        &mut self,
        token: &str,
        (method, route): (&str, &str),
        (path, body): (&str, (&str, Vec<u8>)),
    ) -> Answer {
        let path = self.made.fill(path);
        self.keys += 1;
        let first = self.keyed(token, (method, &path), &body).await;
        assert!(first.status.is_success(), "{method} {path}: {}", first.text);
        let size = self.site.platform.sequence().await.unwrap();
        let again = self.keyed(token, (method, &path), &body).await;
        assert_eq!(
            (again.status, again.text.as_str()),
            (first.status, first.text.as_str()),
            "{method} {path}"
        );
        assert_eq!(
            again.header("idempotent-replayed"),
            "true",
            "{method} {path}"
        );
        let after = self.site.platform.sequence().await.unwrap();
        assert_eq!(size, after, "{method} {path} was done twice");
        self.done.insert((method.to_owned(), route.to_owned()));
        first
    }

    async fn own(&mut self, method: &str, route: &str, body: (&str, Vec<u8>)) -> Answer {
        let token = self.site.owner.clone();
        self.send(&token, (method, route), (route, body)).await
    }

    /// The same of one thing that was made on the way.
    async fn of(&mut self, route: &str, id: (&str, &str), body: (&str, Vec<u8>)) -> Answer {
        let (token, path) = (self.site.owner.clone(), route.replace(id.0, id.1));
        self.send(&token, ("POST", route), (&path, body)).await
    }

    async fn datasets(&mut self) {
        let dataset_path = "/api/v1/datasets/{dataset}";
        let under = |rest: &str| format!("{dataset_path}/{rest}");
        let mut another = dataset();
        another["name"] = json!("another");
        self.own("POST", "/api/v1/datasets", as_json(&another))
            .await;
        let papers = self.made.fill(&under("papers"));
        let papers = self.site.get(&papers).await.expect(200).json();
        let scope = json!({
            "purposes": [PURPOSE], "operations": ["process"], "recipients": ["enterprise"],
            "kind": "explicit", "from": "2026-01-01T00:00:00Z",
            "evidence": [papers["items"][0]["digest"]],
        });
        self.own("PUT", &under("scope"), as_json(&scope)).await;
        let (class, token) = (under("columns/{column}/class"), self.site.owner.clone());
        let raised = as_json(&json!({"class": "sensitive"}));
        let city = class.replace("{column}", "city");
        self.send(&token, ("PUT", &class), (&city, raised)).await;
        let papers = under("papers");
        let path = format!("{papers}?kind=consent_form&name=a.pdf");
        let file = ("application/octet-stream", pdf("a paper sent twice"));
        let paper = self.send(&token, ("POST", &papers), (&path, file)).await;
        let declared = as_json(&declaration(&self.made.paper));
        self.own("POST", &under("declarations"), declared).await;
        let reason = as_json(&json!({"reason": "replaced"}));
        let revocation = under("papers/{paper}/revocation");
        self.of(&revocation, ("{paper}", &id_of(&paper)), reason)
            .await;
        let from = as_json(&json!({"deposit": self.made.deposit}));
        let begun = self.own("POST", &under("imports"), from).await.json();
        let import = begun["items"][0]["id"].as_str().unwrap();
        let cancellation = under("imports/{import}/cancellation");
        self.of(&cancellation, ("{import}", import), nothing())
            .await;
        let rows = (
            "application/x-ndjson",
            b"{\"member_id\":\"m1\",\"city\":\"x\"}".to_vec(),
        );
        self.own("POST", &under("events"), rows).await;
    }

    async fn people(&mut self) {
        let withdrawal = json!({"identifier": "member_id", "value": "m1", "purpose": PURPOSE});
        let withdrawals = "/api/v1/consents/withdrawals";
        self.own("POST", withdrawals, as_json(&withdrawal)).await;
        let records = "/api/v1/consents/records";
        self.own("POST", records, as_json(&consent_records())).await;
        let mut saved = audience(&self.made.dataset);
        saved["name"] = json!("In Beijing too");
        self.own("POST", "/api/v1/audiences", as_json(&saved)).await;
        let new = as_json(&instruction(&self.made.dataset));
        let given = self.own("POST", "/api/v1/instructions", new).await;
        let revocation = "/api/v1/instructions/{instruction}/revocation";
        self.of(revocation, ("{instruction}", &id_of(&given)), nothing())
            .await;
        let viewers = self.site.viewer.clone();
        let listed = self
            .site
            .call(Some(&viewers), "GET", "/api/v1/tokens", nothing());
        let listed = listed.await.expect(200).json();
        // Another than the one she calls with.
        let items = listed["items"].as_array().unwrap();
        let another = items.iter().find(|it| it["label"] == "another");
        let token = another.unwrap()["id"].as_str().unwrap();
        let route = "/api/v1/tokens/{token}/revocation";
        let path = route.replace("{token}", token);
        self.send(&viewers, ("POST", route), (&path, nothing()))
            .await;
    }

    /// A partner from its draft to its end.
    async fn partners(&mut self) {
        let (said, token) = (as_json(&partner(self.site)), self.site.owner.clone());
        let made = self.own("POST", "/api/v1/partners", said.clone()).await;
        let id = id_of(&made);
        let route = |rest: &str| format!("/api/v1/partners/{{partner}}/{rest}");
        let of = ("{partner}", id.as_str());
        self.of(&route("versions"), of, said).await;
        for kind in ["agreement", "assessment"] {
            let path = format!("/api/v1/partners/{id}/papers?kind={kind}&name=paper.pdf");
            let file = ("application/octet-stream", pdf(kind));
            self.send(&token, ("POST", &route("papers")), (&path, file))
                .await;
        }
        let shown = as_json(&json!({"version": 2}));
        self.of(&route("enforcement"), of, shown).await;
        for step in ["suspension", "resumption", "end"] {
            let why = as_json(&json!({"reason": "for the test"}));
            self.of(&route(step), of, why).await;
        }
    }

    async fn help(&mut self) {
        let asked = json!({
            "datasets": [self.made.dataset], "instruction": self.made.instruction,
            "purpose": PURPOSE, "scope": ["structure"], "words": "please look at it once more",
        });
        self.own("POST", "/api/v1/help", as_json(&asked)).await;
        let help = opened(self.site, self.made).await;
        help.look("act=offer&name=Lin").await.expect(303);
        let path = format!("/api/v1/help/{}", self.made.help);
        let shown = self.site.get(&path).await.expect(200).json();
        let until = yuntu_app::help::help_until(self.site.platform.now(), 2);
        let approval = json!({"offer": shown["offers"][0]["id"], "until": until});
        let route = "/api/v1/help/{help}/approval";
        self.own("POST", route, as_json(&approval)).await;
        self.own("POST", "/api/v1/help/{help}/end", nothing()).await;
    }

    /// An emergency that the security officer invokes and the owner confirms; another draft is declined.
    async fn exceptions(&mut self) {
        let officer = self.site.viewer_seat.representative;
        let function = Invoker::SecurityOfficer;
        let platform = &self.site.platform;
        let given = platform.set_function(&self.site.owner_seat, officer, function, true);
        given.await.unwrap();
        let hers = token_of(self.site, &self.site.viewer_seat, Action::OF_TOKENS).await;
        let uses = "/api/v1/exception-uses";
        for accepted in [true, false] {
            let now = self
                .site
                .platform
                .now()
                .plus(std::time::Duration::from_secs(1));
            self.site.parts.clock.set(now);
            let mut new = exception_use(&self.made.dataset, now, now.plus_days(1));
            new["clause"] = json!("R7e");
            new["purpose"] = json!("service");
            let drafted = self
                .send(&hers, ("POST", uses), (uses, as_json(&new)))
                .await;
            let one = format!("{uses}/{}", id_of(&drafted));
            let route = |rest: &str| format!("{uses}/{{use}}/{rest}");
            let path = format!("{one}/papers?proof=emergency_record&name=record.pdf");
            let file = ("application/octet-stream", pdf("the emergency"));
            self.send(&hers, ("POST", &route("papers")), (&path, file))
                .await;
            let notice = json!({"proof": "later_notice", "until": now.plus_days(2)});
            let path = format!("{one}/proofs");
            let told = (path.as_str(), as_json(&notice));
            self.send(&hers, ("POST", &route("proofs")), told).await;
            let path = format!("{one}/invocation");
            let invoked = (path.as_str(), nothing());
            let invocation = route("invocation");
            let digest = self.send(&hers, ("POST", &invocation), invoked).await;
            let digest = digest.json();
            let id = id_of(&drafted);
            let reason = || as_json(&json!({"reason": "it is over"}));
            if accepted {
                let confirmation = route("confirmation");
                self.of(&confirmation, ("{use}", &id), as_json(&digest))
                    .await;
                self.of(&route("end"), ("{use}", &id), reason()).await;
            } else {
                self.of(&route("refusal"), ("{use}", &id), reason()).await;
            }
        }
    }

    async fn measures(&mut self) {
        let role = OperatorRole::Security;
        let zhou = self.site.operator("zhou@operator.example", role).await;
        let enterprise = enterprise(self.site, self.made).await;
        let due = self.site.platform.now().plus_days(10).to_string();
        let due = due.split('T').next().unwrap();
        let ask = freeze(enterprise, self.made)
            .replace("kind=freeze_dataset", "kind=ask_proof")
            .replace("due=&then=", &format!("due={due}&then=freeze_dataset"));
        self.site.measure(&zhou, "en", &ask).await.expect(303);
        let listed = self.site.get("/api/v1/measures").await.expect(200).json();
        let id = listed["items"][0]["id"].as_str().unwrap();
        let words = || as_json(&json!({"words": "the contract says where from"}));
        for act in ["appeals", "answers"] {
            let route = format!("/api/v1/measures/{{measure}}/{act}");
            self.of(&route, ("{measure}", id), words()).await;
        }
    }
}

/// Makes another token of somebody, good for these acts as far as she may.
async fn token_of(site: &Site, seat: &yuntu_app::Caller, acts: &[Action]) -> String {
    let able = site.platform.able(seat, acts.iter().copied()).await;
    let new = NewApiToken {
        label: String::from("another"),
        scopes: able.unwrap(),
        expires: site.platform.now().plus_days(30),
    };
    let made = site.platform.create_token(seat, &new).await.unwrap();
    made.1.expose().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_writing_request_is_done_once_or_refuses_its_key() {
    let _mark = clause::check!(U2);
    let site = Site::open().await;
    let made = site.furnish().await;
    let mut twice = Twice {
        site: &site,
        made: &made,
        keys: 0,
        done: BTreeSet::new(),
    };
    twice.datasets().await;
    twice.exceptions().await;
    twice.people().await;
    twice.partners().await;
    twice.help().await;
    twice.measures().await;
    let mut taking = BTreeSet::new();
    for (method, path, takes) in with_bodies() {
        if takes {
            taking.insert((method, path));
            continue;
        }
        let asked = made.fill(&path);
        let body = match path.as_str() {
            "/api/v1/consents" => consents(),
            "/api/v1/deposits" => ("application/octet-stream", b"a,b\n1,2\n".to_vec()),
            _ => as_json(&json!({})),
        };
        let before = site.platform.sequence().await.unwrap();
        let refused = twice.keyed(&site.owner, (&method, &asked), &body).await;
        let refused = refused.expect(400);
        assert!(
            refused.text.contains("Idempotency-Key"),
            "{path}: {}",
            refused.text
        );
        assert_eq!(site.platform.sequence().await.unwrap(), before, "{path}");
    }
    assert_eq!(twice.done, taking);
    // One route takes both; with a form the key is refused too.
    let imports = made.fill("/api/v1/datasets/{dataset}/imports");
    let refused = twice
        .keyed(&site.owner, ("POST", &imports), &upload())
        .await;
    assert!(refused.expect(400).text.contains("Idempotency-Key"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_hands_a_list_out_again() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let path = "/api/v1/consents/to-ask";
    let body = json!({"wish": wish(&made), "identifier": "member_id"});
    let headers = |key: &str| {
        [
            ("authorization", format!("Bearer {}", site.owner)),
            ("idempotency-key", key.to_owned()),
            (
                "accept-language",
                String::from(if key == "zh" { "zh" } else { "en" }),
            ),
        ]
    };
    let withdraw = json!({"identifier": "member_id", "value": "m7", "purpose": PURPOSE});
    for (key, words) in [
        ("zh", "不接受 Idempotency-Key"),
        ("en", "takes no `Idempotency-Key`"),
    ] {
        let refused = site.post_json(path, &headers(key), &body).await.expect(400);
        assert!(refused.text.contains(words), "{}", refused.text);
        assert!(!refused.text.contains("m7"), "{}", refused.text);
    }
    let whole = site.post(path, body.clone()).await.expect(200);
    assert!(whole.text.contains("\nm7,"), "{}", whole.text);
    site.post("/api/v1/consents/withdrawals", withdraw)
        .await
        .expect(204);
    let refused = site
        .post_json(path, &headers("en"), &body)
        .await
        .expect(400);
    assert!(!refused.text.contains("m7"), "{}", refused.text);
    let less = site.post(path, body).await.expect(200);
    assert!(!less.text.contains("\nm7,") && less.text.contains("\nm8,"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_given_again_only_to_whoever_may_still_do_it() {
    let _marks = (clause::check!(U2), clause::check!(U5));
    let site = Site::open().await;
    let made = site.furnish().await;
    let (path, body) = ("/api/v1/instructions", instruction(&made.dataset));
    let first = post(&site, &site.owner, path, "k-1", &body)
        .await
        .expect(201);
    // Another token of the same person, which is not good for it.
    let narrow = token_of(&site, &site.owner_seat, &[Action::ViewReport]).await;
    let refused = post(&site, &narrow, path, "k-1", &body).await.expect(403);
    assert!(!refused.text.contains(&id_of(&first)), "{}", refused.text);
    let good = token_of(&site, &site.owner_seat, Action::OF_TOKENS).await;
    let again = post(&site, &good, path, "k-1", &body).await.expect(201);
    assert_eq!(again.text, first.text);
    // While the enterprise is frozen nothing is given again, and afterwards it is.
    let role = OperatorRole::Security;
    let zhou = site.operator("zhou@operator.example", role).await;
    let take = freeze(enterprise(&site, &made).await, &made)
        .replace("kind=freeze_dataset", "kind=freeze_enterprise")
        .replace(&format!("&dataset={}", made.dataset), "&dataset=");
    site.measure(&zhou, "en", &take).await.expect(303);
    let refused = post(&site, &site.owner, path, "k-1", &body)
        .await
        .expect(403);
    assert_eq!(refused.json()["clause"], "U5");
    let listed = site.get("/api/v1/measures").await.expect(200).json();
    let id = listed["items"][0]["id"].as_str().unwrap();
    let lift = format!("act=lift&measure={id}&words=the+contract+says+it+all");
    site.measure(&zhou, "en", &lift).await.expect(303);
    let again = post(&site, &site.owner, path, "k-1", &body)
        .await
        .expect(201);
    assert_eq!(again.text, first.text);
}
