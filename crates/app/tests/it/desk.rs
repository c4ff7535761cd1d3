//! A desk at which people open accounts: a platform without enterprises, and the box in which its messages lie.

use std::time::Duration;

use serde_json::Value;
use yuntu_app::accounts::{
    Acceptance, Address, CodeAsked, CodeFor, SignInStep, SignUp, SignedIn, TypedIn, Visit,
};
use yuntu_app::outbound::{Kind, Letter, Message, Outbound};
use yuntu_app::policy::Role;
use yuntu_app::store::{Contact, Session, Store, StoreError, Tx};
use yuntu_app::vault::{Password, VerificationCode};
use yuntu_app::{AppError, Caller, Platform};
use yuntu_ledger::{Entry, EntryKind, Pseudonym};
use yuntu_terms::{
    AccountId, Digest, EnterpriseId, EnterpriseName, Lang, MockClock, Pii, Sink, Timestamp,
    UnifiedSocialCreditCode, Warrant,
};
use yuntu_testkit::{Backend, TestStore};

use crate::world;

pub(crate) const MINUTE: Duration = Duration::from_mins(1);
/// A password that may be chosen.
pub(crate) const PASSWORD: &str = "brindle ferry oxide lamp";

pub(crate) struct Desk {
    pub(crate) platform: Platform,
    pub(crate) clock: MockClock,
    pub(crate) parts: TestStore,
}

/// A message as the test reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) kind: Kind,
    pub(crate) to: String,
    pub(crate) text: String,
}

struct Page;

impl Warrant for Page {
    fn opens(&self, sink: Sink) -> bool {
        sink == Sink::Page
    }
}

impl Desk {
    pub(crate) async fn on(backend: Backend) -> Self {
        Self::with(backend, Outbound::local).await
    }

    pub(crate) async fn with(backend: Backend, outbound: impl FnOnce() -> Outbound) -> Self {
        let parts = TestStore::on(backend).await.unwrap();
        let platform = world::open(&parts, outbound()).await;
        let clock = parts.clock.clone();
        Self {
            platform,
            clock,
            parts,
        }
    }

    /// Takes out the messages that wait for the console; what goes to nobody is counted beside.
    pub(crate) async fn drain(&self) -> (Vec<Seen>, usize) {
        Self::drain_of(&self.parts.store).await
    }

    /// Takes out the messages of a store.
    pub(crate) async fn drain_of(store: &Store) -> (Vec<Seen>, usize) {
        let (mut seen, mut nobody) = (Vec::new(), 0);
        let lease = Duration::from_mins(1);
        while let Some(mut leased) = store
            .lease_message(&["local", "nobody"], lease)
            .await
            .unwrap()
        {
            store.finish_message(&leased).await.unwrap();
            let payload = std::mem::replace(&mut leased.payload, Pii::new(Vec::new()));
            if leased.channel == "nobody" {
                assert!(payload.digest(|bytes| bytes.iter().all(|byte| *byte == 0)));
                nobody += 1;
                continue;
            }
            let message = Message::from_payload(payload).unwrap();
            let read = |letter: &Letter| (letter.to.clone(), letter.text.clone());
            let (to, text) = message.open(&Page, Sink::Page, read).unwrap();
            seen.push(Seen {
                kind: message.kind(),
                to,
                text,
            });
        }
        (seen, nobody)
    }

    pub(crate) async fn ask(
        &self,
        code_for: CodeFor,
        address: &str,
    ) -> Result<CodeAsked, AppError> {
        let visit = visit(home(address));
        self.platform
            .ask_code(code_for, email(address), &visit)
            .await
    }

    /// Asks for a code and reads it from the message.
    pub(crate) async fn code(&self, code_for: CodeFor, address: &str) -> TypedIn {
        let asked = self.ask(code_for, address).await.unwrap();
        let (seen, _) = self.drain().await;
        let [message] = &seen[..] else {
            panic!("one message, not {}", seen.len());
        };
        assert_eq!((message.kind, message.to.as_str()), (Kind::Code, address));
        TypedIn {
            request: asked.request,
            code: code_in(&message.text),
        }
    }

    pub(crate) fn acceptance(&self) -> Acceptance {
        Acceptance {
            version: self.platform.statement().version(),
            lang: Lang::Zh,
        }
    }

    pub(crate) fn form(&self, typed: TypedIn, address: &str) -> SignUp {
        SignUp {
            typed,
            address: email(address),
            accepts: self.acceptance(),
            purposes: Vec::new(),
            nickname: None,
            password: None,
        }
    }

    /// Opens an account with nothing but an address.
    pub(crate) async fn sign_up(&self, address: &str) -> SignedIn {
        let typed = self.code(CodeFor::SignUp, address).await;
        let form = self.form(typed, address);
        self.platform.sign_up(form, visit(1)).await.unwrap()
    }

    /// Opens an account with a password.
    pub(crate) async fn sign_up_with_password(&self, address: &str) -> SignedIn {
        let typed = self.code(CodeFor::SignUp, address).await;
        let form = SignUp {
            password: Some(password(PASSWORD)),
            ..self.form(typed, address)
        };
        self.platform.sign_up(form, visit(1)).await.unwrap()
    }

    pub(crate) async fn session_of(&self, signed_in: &SignedIn) -> Session {
        let cookie = signed_in.secret.text();
        self.platform.session(&cookie).await.unwrap()
    }

    /// Gives an enterprise a name and a credit code, as its certification would.
    pub(crate) async fn identify(
        &self,
        enterprise: EnterpriseId,
        name: &EnterpriseName,
        code: &UnifiedSocialCreditCode,
    ) {
        let done = self
            .parts
            .store
            .run_tx("test.identify", async |tx: Tx| {
                tx.identify_enterprise(enterprise, name, code, "retail")
                    .await?;
                tx.append(&noted(tx.now())).await?;
                Ok::<_, StoreError>(())
            })
            .await;
        done.unwrap();
    }

    /// Lets somebody act for an enterprise who has no account.
    pub(crate) async fn seat(
        &self,
        enterprise: EnterpriseId,
        role: Role,
        contact: &Contact,
    ) -> Caller {
        let store = &self.parts.store;
        let sealed = store.seal_representative(contact).await.unwrap();
        let done = store
            .run_tx("test.seat", async |tx: Tx| {
                tx.create_representative(enterprise, role, &sealed).await?;
                tx.append(&noted(tx.now())).await?;
                Ok::<_, StoreError>(())
            })
            .await;
        done.unwrap();
        Caller::of(enterprise, sealed.id())
    }

    /// Gives a person a seat in an enterprise behind the back of every use-case.
    pub(crate) async fn seat_account(
        &self,
        enterprise: EnterpriseId,
        account: AccountId,
    ) -> Result<(), StoreError> {
        let seat = self
            .seat(enterprise, Role::Viewer, &yuntu_testkit::contact(77))
            .await;
        self.parts
            .store
            .run_tx("test.seat_account", async |tx: Tx| {
                tx.seat_account(enterprise, seat.representative, account)
                    .await?;
                tx.append(&noted(tx.now())).await?;
                Ok(())
            })
            .await
    }

    /// Counts the entries of the ledger so far.
    pub(crate) async fn entries(&self) -> u64 {
        self.parts.store.read().leaves_waiting().await.unwrap()
    }
}

pub(crate) fn noted(at: Timestamp) -> Entry {
    Entry {
        kind: EntryKind::known("test.noted"),
        at,
        clauses: Vec::new(),
        actor: Pseudonym::from_mac(Digest::new([0; 32])),
        body: Value::Null,
    }
}

pub(crate) fn email(text: &str) -> Address {
    Address::email(text).unwrap()
}

pub(crate) fn password(text: &str) -> Password {
    Password::new(text.to_owned()).unwrap()
}

/// The network of whoever has an address, so that many people do not use up one network's codes.
fn home(address: &str) -> u32 {
    address.bytes().map(u32::from).sum::<u32>() % 200
}

/// Somebody who comes from this network.
pub(crate) fn visit(network: u32) -> Visit {
    Visit {
        network: self::network(network),
        agent: Some(Pii::new(String::from("Firefox 150 on Linux"))),
        family: Some(String::from("Firefox · Linux")),
        mark: None,
        lang: Lang::En,
    }
}

pub(crate) fn network(number: u32) -> Pii<String> {
    Pii::new(format!("198.51.{number}.0/24"))
}

pub(crate) fn code_in(text: &str) -> VerificationCode {
    let digits = text
        .split(|sign: char| !sign.is_ascii_digit())
        .find(|word| word.len() == 6)
        .unwrap();
    VerificationCode::parse(digits).unwrap()
}

/// The code that is this one plus a number.
pub(crate) fn beside(code: &VerificationCode, number: u32) -> VerificationCode {
    let digits: u32 = code.expose().parse().unwrap();
    VerificationCode::parse(&format!("{:06}", (digits + number) % 1_000_000)).unwrap()
}

/// A sign-in that came to its end with the first factor.
pub(crate) fn done(step: Result<SignInStep, AppError>) -> SignedIn {
    match step.unwrap() {
        SignInStep::Done(signed_in) => signed_in,
        SignInStep::Second(_) => panic!("a second factor is asked for"),
    }
}

/// A sign-in that waits for the second factor: the text of its ticket.
pub(crate) fn ticket(step: Result<SignInStep, AppError>) -> String {
    match step.unwrap() {
        SignInStep::Done(_) => panic!("no second factor is asked for"),
        SignInStep::Second(step) => step.ticket.text().to_string(),
    }
}

/// What a person is told of her account.
pub(crate) fn told<T>(outcome: Result<T, AppError>) -> yuntu_app::accounts::AccountError {
    match outcome {
        Ok(_) => panic!("done"),
        Err(AppError::Account(error)) => error,
        Err(other) => panic!("another fault: {other:?}"),
    }
}
