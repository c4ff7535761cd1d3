//! People with a browser: they register and sign in through the pages and read their codes where they come.

use std::time::Duration;

use yuntu_app::outbound::{Kind, Letter, Message};
use yuntu_terms::{Pii, Sink, Warrant};

use crate::site::{Answer, Site};

pub(crate) const OWNER: &str = "north-store@store.example";
pub(crate) const VIEWER: &str = "viewer@store.example";
pub(crate) const FOREIGN: &str = "other-store@store.example";
/// A password that may be chosen.
pub(crate) const PASSWORD: &str = "brindle ferry oxide lamp";
pub(crate) const MINUTE: Duration = Duration::from_mins(1);

/// A message as its reader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) kind: Kind,
    pub(crate) to: String,
    pub(crate) text: String,
}

struct Reader;

impl Warrant for Reader {
    fn opens(&self, sink: Sink) -> bool {
        sink == Sink::Page
    }
}

/// Finds the value of a hidden field.
pub(crate) fn hidden<'a>(page: &'a Answer, name: &str) -> &'a str {
    let start = format!("name=\"{name}\" value=\"");
    let (_, rest) = page
        .text
        .split_once(&start)
        .unwrap_or_else(|| panic!("no {name}: {}", page.text));
    rest.split('"').next().unwrap()
}

/// Finds the session that an answer lets the browser keep.
pub(crate) fn session(answer: &Answer) -> Option<String> {
    let all = answer.headers.get_all("set-cookie").iter();
    let mut texts = all.map(|it| it.to_str().unwrap());
    let set = texts.find(|it| it.starts_with("__Host-session=") && !it.contains("Max-Age=0"))?;
    for attribute in ["Secure", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(set.contains(attribute), "{set}");
    }
    Some(set.split(';').next().unwrap().to_owned())
}

/// Puts fields in the place of those that a form has by itself.
pub(crate) fn instead<'a>(fields: &mut Vec<(&'a str, &'a str)>, more: &[(&'a str, &'a str)]) {
    fields.retain(|(field, _)| !more.iter().any(|(other, _)| other == field));
    fields.extend(more);
}

impl Site {
    /// Takes out the messages that wait.
    pub(crate) async fn messages(&self) -> Vec<Seen> {
        let store = &self.parts.store;
        let mut seen = Vec::new();
        let channels = ["local", "nobody"];
        while let Some(mut leased) = store.lease_message(&channels, MINUTE).await.unwrap() {
            store.finish_message(&leased).await.unwrap();
            if leased.channel == "nobody" {
                continue;
            }
            let payload = std::mem::replace(&mut leased.payload, Pii::new(Vec::new()));
            let message = Message::from_payload(payload).unwrap();
            let read = |letter: &Letter| (letter.to.clone(), letter.text.clone());
            let (to, text) = message.open(&Reader, Sink::Page, read).unwrap();
            let kind = message.kind();
            seen.push(Seen { kind, to, text });
        }
        seen
    }

    /// Asks for a code on a page and reads it where it comes: the fields that go along, and the code.
    pub(crate) async fn code(&self, path: &str, cookie: &str, address: &str) -> (String, String) {
        self.parts.clock.advance(MINUTE);
        let body = format!("act=ask&address={address}");
        let page = self.submit(path, cookie, &body).await.expect(200);
        let request = hidden(&page, "request").to_owned();
        let messages = self.messages().await;
        let [message] = &messages[..] else {
            panic!("one message, not {messages:?}");
        };
        assert_eq!((message.kind, message.to.as_str()), (Kind::Code, address));
        let digits = message.text.split(|sign: char| !sign.is_ascii_digit());
        let code = digits.into_iter().find(|it| it.len() == 6).unwrap();
        let along = format!("address={address}&request={request}");
        (along, code.to_owned())
    }

    /// Signs in by a code and accepts the statement if that is asked; returns the cookie.
    pub(crate) async fn sign_in(&self, address: &str) -> String {
        let (along, code) = self.code("/account/sign-in", "", address).await;
        let body = format!("act=code&{along}&code={code}");
        let entered = self.submit("/account/sign-in", "", &body).await.expect(303);
        let cookie = session(&entered).unwrap();
        let accept = "act=accept&version=1.0&accept=yes";
        self.submit("/account/accept", &cookie, accept)
            .await
            .expect(303);
        // Every browser is new here, and its owner is told.
        let told = self.messages().await;
        assert_eq!(told.last().unwrap().kind, Kind::NewSignIn);
        cookie
    }

    /// Opens an account with nothing but an address; returns the cookie.
    pub(crate) async fn register(&self, address: &str, more: &str) -> String {
        let (along, code) = self.code("/account/register", "", address).await;
        let body = format!("act=open&{along}&code={code}&version=1.0&accept=yes{more}");
        let entered = self
            .submit("/account/register", "", &body)
            .await
            .expect(303);
        session(&entered).unwrap()
    }
}
