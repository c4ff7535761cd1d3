//! A site of its own for each test: two enterprises, a viewer, and a small file of members.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use yuntu_app::engine::EngineConfig;
use yuntu_app::imports::{IntakeConfig, Lane, Turn};
use yuntu_app::lake::{DropArea, LakeConfig};
use yuntu_app::policy::{Action, Period, Role};
use yuntu_app::store::{Contact, NewApiToken, NewEnterprise};
use yuntu_app::vault::{FileProvider, PasskeySite, Suite, Unlock};
use yuntu_app::{Caller, Enrolment, Platform, PlatformConfig};
use yuntu_statement::render::Installation;
use yuntu_statement::{ContactSlot, Invoker, Statement};
use yuntu_terms::{ApiSecret, Digest, Lang, Pii, Region, SystemEntropy, Timestamp};
use yuntu_testkit::{Backend, TestStore, pdf};

pub(crate) const PURPOSE: &str = "marketing.insight";

/// Where people reach the site.
pub(crate) const ORIGIN: &str = "https://yuntu.example";

/// The script of passkeys, as a page has it.
const SCRIPT: &str = "<script src=\"/assets/passkey.js\" defer></script>";
/// The script of large files; where files of datasets come in, and nowhere else, it may stand.
const UPLOAD: &str = "<script src=\"/assets/upload.js\" defer></script>";
/// The pages that may have the script of passkeys.
const SCRIPTED: [&str; 9] = [
    "/account/factors",
    "/account/proof",
    "/account/recover",
    "/account/second",
    "/account/sign-in",
    "/operator/enrol",
    "/operator/factors",
    "/operator/proof",
    "/operator/sign-in",
];

/// A mark of forms, as the browser of a test keeps it.
pub(crate) const MARK: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
pub(crate) const MARK_COOKIE: &str =
    "__Host-csrf=00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// What a browser says of a form of the same site.
pub(crate) const OWN: (&str, &str) = ("sec-fetch-site", "same-origin");

/// A site with its tokens.
pub(crate) struct Site {
    pub(crate) platform: Platform,
    router: Router,
    pub(crate) owner: String,
    pub(crate) viewer: String,
    pub(crate) foreign: String,
    pub(crate) owner_seat: Caller,
    pub(crate) viewer_seat: Caller,
    pub(crate) parts: TestStore,
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }
}

/// How large a file may be in these tests.
pub(crate) const FILE_BYTES_MAX: u64 = 3 << 20;

/// Returns the folder where enterprises put files by themselves.
pub(crate) fn drop_area(parts: &TestStore) -> std::path::PathBuf {
    let folder = parts.folder().join("drop");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// What the story made, by id.
#[derive(Debug, Clone, Default)]
pub(crate) struct Made {
    pub(crate) dataset: String,
    pub(crate) instruction: String,
    pub(crate) audience: String,
    pub(crate) receipt: String,
    pub(crate) declaration: String,
    pub(crate) paper: String,
    pub(crate) import: String,
    pub(crate) deposit: String,
    pub(crate) help: String,
    /// A draft of the use of an exception, and its one paper.
    pub(crate) exception: String,
    pub(crate) proof: String,
    /// A partner that is in force, and its newest paper.
    pub(crate) partner: String,
    pub(crate) partner_paper: String,
}

impl Made {
    /// Fills a route with the ids of what there is.
    pub(crate) fn fill(&self, route: &str) -> String {
        route
            .replace("{audience}", &self.audience)
            .replace("{dataset}", &self.dataset)
            .replace("{declaration}", &self.declaration)
            .replace("{paper}", &self.paper)
            .replace("{instruction}", &self.instruction)
            .replace("{use}", &self.exception)
            .replace("{partner}", &self.partner)
            .replace("{receipt}", &self.receipt)
            .replace("{import}", &self.import)
            .replace("{deposit}", &self.deposit)
            .replace("{help}", &self.help)
    }
}

impl Site {
    pub(crate) async fn open() -> Self {
        let values = ContactSlot::ALL
            .iter()
            .map(|slot| (*slot, format!("the {slot} of the tests")));
        Self::run_by(Installation::new(values)).await
    }

    /// Opens a site whose statement names this operator.
    pub(crate) async fn run_by(operator: Installation) -> Self {
        let parts = TestStore::sqlite().await.unwrap();
        Self::made_of(parts, operator, yuntu_web::router).await
    }

    /// Opens a site on a database of this kind.
    pub(crate) async fn on(backend: Backend) -> Self {
        let parts = TestStore::on(backend).await.unwrap();
        Self::made_of(parts, Installation::default(), yuntu_web::router).await
    }

    /// Opens a site that shows these versions of the statement and has more routes.
    pub(crate) async fn with(versions: Vec<&'static Statement>, more: Router) -> Self {
        let make = |platform| yuntu_web::router_of(platform, versions, more);
        let parts = TestStore::sqlite().await.unwrap();
        Self::made_of(parts, Installation::default(), make).await
    }

    async fn made_of(
        parts: TestStore,
        operator: Installation,
        make: impl FnOnce(Platform) -> Router,
    ) -> Self {
        // The statement must be in force before anybody can accept it.
        let effective = Statement::in_force().unwrap().meta().effective;
        parts.clock.set(effective.plus_days(30));
        let file = |name: &str| parts.folder().join(name);
        std::fs::create_dir_all(file("lake")).unwrap();
        let unlock = Unlock::Credential(file("credential"));
        let config = PlatformConfig {
            database: parts.config().clone(),
            lake: LakeConfig::local(&file("lake"), Region::CN).unwrap(),
            region: Region::CN,
            keys: Arc::new(FileProvider::open(&file("keys"), &unlock).unwrap()),
            suite: Suite::International,
            ledger: file("ledger"),
            ledger_name: String::from("web.yuntu.example/ledger"),
            ledger_key: file("ledger-key"),
            operator,
            outbound: yuntu_app::outbound::Outbound::local(),
            engine: EngineConfig::default(),
            intake: IntakeConfig {
                file_bytes_max: FILE_BYTES_MAX,
                drop_area: Some(DropArea::folder(&drop_area(&parts)).unwrap()),
                ..IntakeConfig::default()
            },
            clock: Arc::new(parts.clock.clone()),
            entropy: Arc::new(SystemEntropy),
        };
        let platform = Platform::open(config).await.unwrap();
        let platform = platform.at_origin(PasskeySite::new(ORIGIN).unwrap());
        let owner = enrol(&platform, "North Store").await;
        let foreign = enrol(&platform, "Other Store").await;
        let letter = (Digest::new([4; 32]), year(&platform));
        let viewer = platform
            .add_representative(&owner, Role::Viewer, contact("viewer"), Lang::En, letter)
            .await
            .unwrap();
        let viewer = Caller::of(owner.enterprise, viewer);
        Self {
            router: make(platform.clone()),
            owner: token(&platform, &owner).await,
            viewer: token(&platform, &viewer).await,
            foreign: token(&platform, &foreign).await,
            platform,
            parts,
            owner_seat: owner,
            viewer_seat: viewer,
        }
    }

    /// Sends a request; whatever comes back keeps the rules that hold for every response.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let path = request.uri().path().to_owned();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 64 << 20).await.unwrap();
        let answer = Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        };
        assert_house_rules(&path, &answer);
        answer
    }

    /// Lists the paths that the router itself knows, as it shows them.
    pub(crate) fn routes(&self) -> Vec<String> {
        let shown = format!("{:?}", self.router);
        let (_, paths) = shown.split_once("paths: {").unwrap();
        let (paths, _) = paths.split_once("} }").unwrap();
        let quoted = paths.split('"').skip(1).step_by(2);
        quoted.map(str::to_owned).collect()
    }

    /// Sends a request to the API.
    pub(crate) async fn call(
        &self,
        token: Option<&str>,
        method: &str,
        path: &str,
        body: (&str, Vec<u8>),
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if !body.0.is_empty() {
            request = request.header("content-type", body.0);
        }
        self.send(request.body(Body::from(body.1)).unwrap()).await
    }

    /// Fetches what is no text.
    pub(crate) async fn bytes(&self, path: &str) -> Vec<u8> {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let body = to_bytes(response.into_body(), 64 << 20).await.unwrap();
        body.to_vec()
    }

    /// Opens a page as a browser with these cookies.
    pub(crate) async fn page(&self, path: &str, cookie: &str) -> Answer {
        let request = Request::get(path).header("cookie", cookie);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// Sends a form with these headers and nothing else that a browser would add.
    pub(crate) async fn post_form(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Answer {
        let mut request =
            Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// Sends a form from a page of the site, with the mark that this page had; `cookie` is what else the browser keeps.
    pub(crate) async fn submit(&self, path: &str, cookie: &str, body: &str) -> Answer {
        let cookie = format!("{MARK_COOKIE}; {cookie}");
        let headers = [OWN, ("cookie", cookie.as_str())];
        self.post_form(path, &headers, format!("mark={MARK}&{body}"))
            .await
    }

    /// Sends JSON with these headers; null is no body.
    pub(crate) async fn post_json(
        &self,
        path: &str,
        headers: &[(&str, String)],
        body: &Value,
    ) -> Answer {
        let mut request = Request::post(path);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let body = if body.is_null() {
            Body::empty()
        } else {
            request = request.header("content-type", "application/json");
            Body::from(body.to_string())
        };
        self.send(request.body(body).unwrap()).await
    }

    /// Lets the worker of imports work until nothing is due.
    pub(crate) async fn work(&self) {
        let stop = yuntu_app::lake::CancelToken::new();
        for lane in Lane::ALL {
            while self.platform.run_next_import(lane, &stop).await.unwrap() == Turn::Worked {}
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Some(&self.owner), "GET", path, nothing()).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Some(&self.owner), "POST", path, as_json(&body))
            .await
    }

    /// Makes a dataset with members and consents, an instruction, an audience and its first evaluation.
    pub(crate) async fn furnish(&self) -> Made {
        let dataset = self.post("/api/v1/datasets", dataset()).await.expect(201);
        let dataset = id_of(&dataset);
        let path = format!("/api/v1/datasets/{dataset}");
        let imports = format!("{path}/imports");
        let imported = self.call(Some(&self.owner), "POST", &imports, upload());
        let import = id_of(&imported.await.expect(201));
        let file = ("application/octet-stream", b"sku,price\n1,2\n".to_vec());
        let path_of_file = "/api/v1/deposits?name=prices.csv";
        let laid = self.call(Some(&self.owner), "POST", path_of_file, file);
        let deposit = id_of(&laid.await.expect(201));
        let paper = self.prove(&path, "consent_form").await;
        let declared = self
            .post(&format!("{path}/declarations"), declaration(&paper))
            .await;
        self.call(Some(&self.owner), "POST", "/api/v1/consents", consents())
            .await
            .expect(200);
        let instruction = instruction(&dataset);
        let made = self.post("/api/v1/instructions", instruction).await;
        let instruction = id_of(&made.expect(201));
        let made = self.post("/api/v1/audiences", audience(&dataset)).await;
        let audience = id_of(&made.expect(201));
        let evaluated = self
            .post(
                &format!("/api/v1/audiences/{audience}/evaluations"),
                json!({"purpose": PURPOSE, "instruction": instruction}),
            )
            .await
            .expect(201);
        let asked = json!({
            "datasets": [dataset], "instruction": instruction, "purpose": PURPOSE,
            "scope": ["structure", "rows"], "words": "one row does not fit, canary of a request",
        });
        let asked = self.post("/api/v1/help", asked).await;
        let (exception, proof) = self.draft_exception(&dataset).await;
        let (partner, partner_paper) = self.register_partner().await;
        Made {
            help: id_of(&asked.expect(201)),
            exception,
            proof,
            partner,
            partner_paper,
            dataset,
            instruction,
            audience,
            receipt: evaluated.json()["receipt"].as_str().unwrap().to_owned(),
            declaration: id_of(&declared.expect(201)),
            paper,
            import,
            deposit,
        }
    }

    /// Drafts the use of an exception with one of its proofs, by the owner as the legal counsel.
    async fn draft_exception(&self, dataset: &str) -> (String, String) {
        let secret = ApiSecret::new(self.owner.clone());
        let token = self.parts.store.read().find_api_token(&secret).await;
        let token = token.unwrap().unwrap();
        let owner = Caller::of(token.enterprise, token.representative);
        let (seat, counsel) = (owner.representative, Invoker::LegalCounsel);
        let given = self.platform.set_function(&owner, seat, counsel, true);
        given.await.unwrap();
        let now = self.platform.now();
        let new = exception_use(dataset, now, now.plus_days(30));
        let drafted = self.post("/api/v1/exception-uses", new).await;
        let id = id_of(&drafted.expect(201));
        let path = format!("/api/v1/exception-uses/{id}");
        let papers = format!("{path}/papers?proof=contract&name=contract.pdf");
        let file = ("application/octet-stream", pdf("canary of a proof"));
        let added = self.call(Some(&self.owner), "POST", &papers, file).await;
        added.expect(204);
        let shown = self.get(&path).await.expect(200).json();
        let paper = shown["proofs"][0]["paper"].as_str().unwrap().to_owned();
        (id, paper)
    }

    /// Registers a partner with its papers and puts it in force.
    pub(crate) async fn register_partner(&self) -> (String, String) {
        let made = self.post("/api/v1/partners", partner(self)).await;
        let id = id_of(&made.expect(201));
        let mut paper = String::new();
        for kind in ["agreement", "assessment"] {
            let path = format!("/api/v1/partners/{id}/papers?kind={kind}&name=paper.pdf");
            let file = ("application/octet-stream", pdf("canary of a proof"));
            let added = self.call(Some(&self.owner), "POST", &path, file).await;
            paper = id_of(&added.expect(201));
        }
        let path = format!("/api/v1/partners/{id}/enforcement");
        self.post(&path, json!({"version": 1})).await.expect(200);
        (id, paper)
    }

    /// Adds a paper to the dataset of a path.
    pub(crate) async fn prove(&self, path: &str, kind: &str) -> String {
        let path = format!("{path}/papers?kind={kind}&name=proof.pdf");
        let file = ("application/octet-stream", pdf("canary of a proof"));
        let added = self.call(Some(&self.owner), "POST", &path, file).await;
        id_of(&added.expect(201))
    }
}

/// What holds for every response, whatever was asked.
fn assert_house_rules(path: &str, answer: &Answer) {
    let policy = answer.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"));
    assert!(policy.contains("frame-ancestors 'none'"));
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("referrer-policy"), "same-origin");
    assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
    assert!(
        answer
            .header("strict-transport-security")
            .starts_with("max-age=63072000")
    );
    assert!(!answer.header("cache-control").is_empty());
    assert_scripts(path, policy, answer);
    assert_links(path, answer);
    assert_fields(path, answer);
    let statement = Statement::in_force().unwrap();
    for cookie in answer.headers.get_all("set-cookie") {
        let text = cookie.to_str().unwrap();
        let (name, rest) = text.split_once('=').unwrap();
        if rest.starts_with("; Path=/; Max-Age=0;") {
            continue; // It carries nothing and makes the browser forget.
        }
        let declared = statement.cookie(name).expect("an undeclared cookie");
        assert_eq!(text.contains("Secure"), declared.secure, "{text}");
        assert_eq!(text.contains("HttpOnly"), declared.http_only, "{text}");
    }
}

/// No page has a script but the one of passkeys; it stands where a form asks for one, and there alone may scripts run.
fn assert_scripts(path: &str, policy: &str, answer: &Answer) {
    let is_page = answer.header("content-type").starts_with("text/html");
    let asks = is_page && answer.text.contains(" data-passkey=");
    let sends = is_page && answer.text.contains(" data-sent=");
    let found = answer.text.matches("<script").count();
    let wanted = usize::from(asks) + usize::from(sends);
    assert_eq!(found, wanted, "{path}: {}", answer.text);
    assert_eq!(answer.text.contains(SCRIPT), asks, "{path}");
    assert_eq!(answer.text.contains(UPLOAD), sends, "{path}");
    for (source, wanted) in [("script-src", asks || sends), ("connect-src", sends)] {
        let own = format!("{source} 'self';");
        assert_eq!(policy.contains(&own), wanted, "{path}");
        assert_eq!(policy.contains(source), wanted, "{path}");
    }
    assert!(!asks || SCRIPTED.contains(&path), "{path}");
    assert!(!sends || path.starts_with("/console/datasets/"), "{path}");
}

/// Nobody is led to another site by itself, and by a link only from the page before one leaves, which has one such link.
fn assert_links(path: &str, answer: &Answer) {
    let inside = |to: &str| {
        let own = to.starts_with('/') && !to.starts_with("//") && !to.contains('\\');
        own || to.starts_with('#') || to.starts_with(&format!("{ORIGIN}/"))
    };
    let location = answer.header("location");
    assert!(
        location.is_empty() || inside(location),
        "{path}: {location}"
    );
    if !answer.header("content-type").starts_with("text/html") {
        return;
    }
    assert!(!answer.text.contains("http-equiv=\"refresh\""), "{path}");
    let mut away = Vec::new();
    for attribute in [" href=", " action=", " formaction=", " src="] {
        for rest in answer.text.split(attribute).skip(1) {
            let value = rest.strip_prefix('"').and_then(|it| it.split('"').next());
            let to = value.unwrap_or_else(|| panic!("{path}: {attribute} without quotes"));
            if !inside(to) && to != "data:," {
                away.push(to);
            }
        }
    }
    let may = usize::from(path == "/leave" && answer.status == StatusCode::OK);
    assert_eq!(away.len(), may, "{path}: {away:?}");
}

/// Beside every field of those who act for enterprises stands why it is asked.
fn assert_fields(path: &str, answer: &Answer) {
    if path.starts_with("/operator") {
        return;
    }
    let opened = |mark: &str| -> Vec<String> {
        let fields = answer.text.split(mark).skip(1);
        fields.map(str::to_owned).collect()
    };
    let fields = [
        opened("<div class=\"field\">"),
        opened("<fieldset class=\"field\""),
    ]
    .concat();
    for field in fields {
        let field = field.split("</div>").next().unwrap();
        let field = field.split("</fieldset>").next().unwrap();
        // A box that erases what is kept asks for nothing.
        let erases = field.contains(" name=\"remove\"");
        assert!(
            erases || field.contains("class=\"note\" id="),
            "{path}: {field}"
        );
    }
}

pub(crate) fn nothing() -> (&'static str, Vec<u8>) {
    ("", Vec::new())
}

pub(crate) fn as_json(value: &Value) -> (&'static str, Vec<u8>) {
    ("application/json", value.to_string().into_bytes())
}

pub(crate) fn id_of(answer: &Answer) -> String {
    answer.json()["id"].as_str().unwrap().to_owned()
}

async fn enrol(platform: &Platform, name: &str) -> Caller {
    let enrolment = Enrolment {
        enterprise: NewEnterprise {
            name: name.to_owned(),
            credit_code: None,
            industry: String::from("retail"),
            region: Region::CN,
        },
        owner: contact(&name.to_lowercase().replace(' ', "-")),
        lang: Lang::En,
        certified: year(platform),
        letter: Digest::new([3; 32]),
        letter_period: year(platform),
    };
    let caller = platform.enrol(enrolment).await.unwrap();
    platform.accept_statement(&caller, Lang::En).await.unwrap();
    caller
}

fn year(platform: &Platform) -> Period {
    let now = platform.now();
    Period {
        from: now.plus_days(-1),
        until: now.plus_days(365),
    }
}

fn contact(name: &str) -> Contact {
    Contact {
        name: Pii::new(name.to_owned()),
        phone: None,
        email: Some(Pii::new(format!("{name}@store.example"))),
    }
}

/// Makes a token that is good for everything its person may do.
pub(crate) async fn token(platform: &Platform, caller: &Caller) -> String {
    let every = Action::OF_TOKENS.iter().copied();
    let new = NewApiToken {
        label: String::from("test"),
        scopes: platform.able(caller, every).await.unwrap(),
        expires: platform.now().plus_days(30),
    };
    let made = platform.create_token(caller, &new).await.unwrap();
    made.1.expose().to_owned()
}

/// Where the others live: nowhere but in the rows.
pub(crate) const CANARY_CITY: &str = "Canary Bay";

/// Members 1 to 60, the even ones in Beijing, and one line with a field too many.
fn members() -> String {
    let mut text = String::from("member_id,city\n");
    for number in 1..=60 {
        let city = if number % 2 == 0 {
            "Beijing"
        } else {
            CANARY_CITY
        };
        text += &["m", &number.to_string(), ",", city, "\n"].concat();
    }
    text.push_str("m61,Beijing,too many\n");
    text
}

/// Members 1 to 40 agreed; one record names nobody.
pub(crate) fn consents() -> (&'static str, Vec<u8>) {
    let mut text =
        String::from("member_id,purpose,operation,recipient,kind,status,from,until,proof\n");
    for number in (1..=40).chain([999]) {
        let line = format!(
            "m{number},{PURPOSE},process,enterprise,explicit,given,2026-01-05T00:00:00Z,,box 7\n"
        );
        text += &line;
    }
    ("text/csv", text.into_bytes())
}

pub(crate) fn consent_records() -> Value {
    json!({"records": [{
        "identifier": "member_id", "value": "m1", "purpose": PURPOSE, "operation": "process",
        "recipient": "enterprise", "kind": "explicit", "status": "renewed",
        "from": "2026-01-05T00:00:00Z", "method": "web form",
        "notice": {"version": "3", "digest": "07".repeat(32)}, "proof": "contract 17",
    }]})
}

pub(crate) fn wish(made: &Made) -> Value {
    json!({
        "dataset": made.dataset, "agreed": PURPOSE, "instruction": made.instruction,
        "wanted": "marketing.measurement",
    })
}

pub(crate) fn mapping() -> Value {
    let column = |name: &str, class: &str| json!({"source": name, "name": name, "class": class, "column_type": "text", "time_format": "iso"});
    let mut member = column("member_id", "identifier");
    member["role"] = json!("identifier");
    member["kind"] = json!("member_id");
    member["form"] = json!("plain");
    member["keep_original"] = json!(true);
    let mut city = column("city", "personal");
    city["role"] = json!("attribute");
    json!({
        "source": {"format": "csv", "delimiter": 44, "header": true, "encoding": "utf8"},
        "kind": "persons", "columns": [member, city], "time_zone": "UTC", "nulls": [],
    })
}

pub(crate) fn dataset() -> Value {
    json!({"name": "people", "mapping": mapping()})
}

pub(crate) fn upload() -> (&'static str, Vec<u8>) {
    form(&[("mapping", &mapping().to_string()), ("file", &members())])
}

pub(crate) fn form(parts: &[(&str, &str)]) -> (&'static str, Vec<u8>) {
    let mut body = String::new();
    for (name, content) in parts {
        let part = format!(
            "--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{content}\r\n"
        );
        body += &part;
    }
    body.push_str("--edge--\r\n");
    ("multipart/form-data; boundary=edge", body.into_bytes())
}

pub(crate) fn declaration(paper: &str) -> Value {
    json!({
        "source_kind": "direct", "collected_how": "loyalty programme", "bases": ["consent"],
        "collected_from": "2020-01-01T00:00:00Z", "notice": "terms of the programme",
        "from": "2026-01-01T00:00:00Z", "until": "2027-06-01T00:00:00Z",
        "contact": "privacy@store.example", "evidence": [paper],
        "confirms": ["source_lawful", "consent_covers", "may_bind"],
    })
}

/// What somebody who has a contract with these people may invoke.
pub(crate) fn exception_use(dataset: &str, from: Timestamp, until: Timestamp) -> Value {
    json!({
        "clause": "R7g", "datasets": [dataset], "purpose": PURPOSE, "operation": "process",
        "recipient": "enterprise", "from": from, "until": until, "why": "the loyalty contract",
    })
}

pub(crate) fn instruction(dataset: &str) -> Value {
    json!({
        "purposes": ["marketing"], "operations": ["process"], "recipients": ["enterprise"],
        "datasets": [dataset], "from": "2026-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z",
    })
}

/// What is said of a partner that lacks nothing but its papers.
pub(crate) fn partner(site: &Site) -> Value {
    let now = site.platform.now();
    json!({
        "name": "Canary Partner", "credit_code": "91350100M000100Y43", "role": "independent",
        "region": "CN", "contact": "canary-contact@partner.example",
        "purposes": ["marketing"], "operations": ["share"], "classes": ["personal"],
        "manner": "by file", "obligations": "deletes it",
        "from": now, "until": now.plus_days(20),
        "assessment": {"made": now, "review": now.plus_days(10), "result": "acceptable"},
    })
}

pub(crate) fn in_beijing() -> Value {
    json!({
        "kind": "trait", "dataset": "people",
        "where": {"test": {"column": "city", "is": {"equals": "Beijing"}}},
    })
}

pub(crate) fn audience(dataset: &str) -> Value {
    json!({
        "name": "In Beijing", "purpose": PURPOSE,
        "spec": {"audience": in_beijing(), "datasets": {"people": dataset}},
    })
}

/// A run over the dataset under the instruction.
pub(crate) fn run(made: &Made, ask: &Value) -> Value {
    let stage = json!({
        "stage": "aware",
        "behaviours": [{"name": {"zh": "在北京", "en": "in Beijing"}, "when": in_beijing()}],
    });
    json!({
        "purpose": PURPOSE, "instruction": made.instruction, "datasets": {"people": made.dataset},
        "rules": {"city": {"version": 1, "name": {"zh": "城市", "en": "City"}, "stages": [stage]}},
        "ask": ask,
    })
}
