//! The list of those to ask over a real connection to a slow reader, on both databases: cut by a withdrawal and by a freeze
//! within five seconds, and whole once the freeze is lifted.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use yuntu_app::policy::OperatorRole;
use yuntu_terms::clause;
use yuntu_testkit::Backend;

use crate::measures::{enterprise, freeze};
use crate::site::{
    Answer, Made, PURPOSE, Site, dataset, declaration, form, id_of, instruction, mapping, wish,
};

/// How many people are on the list: more than lies on the way to a reader who does not read.
const CROWD: usize = 20_000;

/// What is promised.
const WITHIN: Duration = Duration::from_secs(5);

fn member(number: usize) -> String {
    format!("member-with-a-long-number-of-her-own-{number:08}")
}

/// A dataset of many people who agreed, with an instruction.
async fn crowd(site: &Site) -> Made {
    let mut new = dataset();
    new["name"] = json!("crowd");
    let made = site.post("/api/v1/datasets", new).await.expect(201);
    let dataset = id_of(&made);
    let path = format!("/api/v1/datasets/{dataset}");
    let rows: Vec<String> = (0..CROWD)
        .map(|n| format!("{},Beijing\n", member(n)))
        .collect();
    let rows = format!("member_id,city\n{}", rows.concat());
    let file = form(&[("mapping", &mapping().to_string()), ("file", &rows)]);
    let imports = format!("{path}/imports");
    let owner = Some(site.owner.as_str());
    site.call(owner, "POST", &imports, file).await.expect(201);
    let paper = site.prove(&path, "consent_form").await;
    let declarations = format!("{path}/declarations");
    let declared = site.post(&declarations, declaration(&paper)).await;
    declared.expect(201);
    let line = |n| {
        let member = member(n);
        format!(
            "{member},{PURPOSE},process,enterprise,explicit,given,2026-01-05T00:00:00Z,,a card\n"
        )
    };
    let lines: Vec<String> = (0..CROWD).map(line).collect();
    let head = "member_id,purpose,operation,recipient,kind,status,from,until,proof\n";
    let file = ("text/csv", [head, &lines.concat()].concat().into_bytes());
    site.call(owner, "POST", "/api/v1/consents", file)
        .await
        .expect(200);
    let given = site
        .post("/api/v1/instructions", instruction(&dataset))
        .await;
    Made {
        instruction: id_of(&given.expect(201)),
        dataset,
        ..Made::default()
    }
}

/// Somebody who asks for the list and reads slowly.
struct Reader {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Reader {
    /// Asks, and reads the first of what comes.
    async fn begin(site: &Site, at: SocketAddr, made: &Made) -> Self {
        let body = json!({"wish": wish(made), "identifier": "member_id"}).to_string();
        let head = format!(
            "POST /api/v1/consents/to-ask HTTP/1.1\r\nHost: {at}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            site.owner,
            body.len()
        );
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(64 << 10).unwrap();
        let mut stream = socket.connect(at).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body.as_bytes()).await.unwrap();
        let mut read = vec![0; 2 << 10];
        stream.read_exact(&mut read).await.unwrap();
        let text = String::from_utf8_lossy(&read);
        assert!(text.starts_with("HTTP/1.1 200"), "{text}");
        Self { stream, read }
    }

    /// Reads on until the connection ends.
    async fn finish(mut self) -> String {
        // How it ends, the words tell.
        drop(self.stream.read_to_end(&mut self.read).await);
        String::from_utf8(self.read).unwrap()
    }
}

/// How many people a text names, and whether it says that it is whole.
fn seen(text: &str) -> (usize, bool) {
    (
        text.matches(",requested,").count(),
        text.ends_with("\r\n0\r\n\r\n"),
    )
}

/// Lets something happen and reads on: the list has broken off by then, and most people on it were not named.
async fn breaks_off(reader: Reader, happens: impl Future<Output = Answer>) -> Answer {
    let until_its_end = async {
        let answer = happens.await;
        (answer, reader.finish().await)
    };
    let ended = timeout(WITHIN, until_its_end).await;
    let (answer, text) = ended.expect("it goes on");
    let (people, whole) = seen(&text);
    assert!(!whole, "it looks whole");
    assert!(people < CROWD / 2, "{people} people were named");
    answer
}

async fn a_slow_reader_is_cut_off(backend: Backend) {
    let _mark = clause::check!(U5);
    let site = Site::on(backend).await;
    let made = crowd(&site).await;
    let zhou = site
        .operator("zhou@operator.example", OperatorRole::Security)
        .await;
    let listener = yuntu_web::listen(([127, 0, 0, 1], 0).into()).unwrap();
    let at = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let platform = site.platform.clone();
    let serving = tokio::spawn(yuntu_web::serve(listener.into(), platform, async {
        stopped.await.ok();
    }));

    let reader = Reader::begin(&site, at, &made).await;
    let last = member(CROWD - 1);
    let gone = json!({"identifier": "member_id", "value": last, "purpose": PURPOSE});
    let withdrawal = site.post("/api/v1/consents/withdrawals", gone);
    breaks_off(reader, withdrawal).await.expect(204);

    let reader = Reader::begin(&site, at, &made).await;
    let take = freeze(enterprise(&site, &made).await, &made);
    let freezing = site.measure(&zhou, "en", &take);
    breaks_off(reader, freezing).await.expect(303);

    // Nothing is lost: lifted, all but her are named, and the list ends as what is whole ends.
    let listed = site.get("/api/v1/measures").await.expect(200).json();
    let id = listed["items"][0]["id"].as_str().unwrap();
    let lift = format!("act=lift&measure={id}&words=the+contract+says+it+all");
    site.measure(&zhou, "en", &lift).await.expect(303);
    let text = Reader::begin(&site, at, &made).await.finish().await;
    assert_eq!(seen(&text), (CROWD - 1, true));
    assert!(!text.contains(&last));
    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_is_cut_off_on_sqlite() {
    a_slow_reader_is_cut_off(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_is_cut_off_on_postgresql() {
    a_slow_reader_is_cut_off(Backend::Postgres).await;
}
