use std::sync::Arc;
use std::time::Duration;

use yuntu_app::accounts::{CodeFor, Deliveries, TypedIn};
use yuntu_app::outbound::{MailConfig, Outbound, OutboundConfig, Security};
use yuntu_terms::{Clock, MockClock, Region, SystemEntropy};
use yuntu_testkit::{Backend, SmtpSecurity, SmtpServer};

use crate::desk::{Desk, code_in, email, visit};
use crate::world;

crate::on_both!(crate::accounts::messages::Backed =>
    the_code_in_the_mail_that_a_server_receives_opens_an_account,
    a_message_is_sent_retried_or_given_up_by_what_went_wrong,
);

/// A database to make desks on.
pub(crate) struct Backed(Backend);

impl Backed {
    #[expect(clippy::unused_async, reason = "made as the other worlds are")]
    pub(crate) async fn on(backend: Backend) -> Self {
        Self(backend)
    }

    /// Makes a desk whose mail goes to a server on this port.
    async fn desk(&self, port: u16) -> Desk {
        let parts = yuntu_testkit::TestStore::on(self.0).await.unwrap();
        let clock: MockClock = parts.clock.clone();
        let mail = MailConfig {
            host: "127.0.0.1".to_owned(),
            port: Some(port),
            security: Security::Plain,
            ca_file: None,
            username: None,
            password_file: None,
            from: "no-reply@yuntu.example".to_owned(),
            region: Region::CN,
            time_limit_seconds: Some(20),
        };
        let config = OutboundConfig {
            mail: Some(mail),
            sms: None,
        };
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let outbound = Outbound::open(&config, shared, Arc::new(SystemEntropy)).unwrap();
        let platform = world::open(&parts, outbound).await;
        Desk {
            platform,
            clock,
            parts,
        }
    }
}

async fn the_code_in_the_mail_that_a_server_receives_opens_an_account(backed: Backed) {
    let server = SmtpServer::start(SmtpSecurity::Plain, None).unwrap();
    let desk = backed.desk(server.port()).await;
    let asked = desk.ask(CodeFor::SignUp, "li@example.cn").await.unwrap();
    assert!(server.mails().unwrap().is_empty());
    let done = desk.platform.deliver_messages().await.unwrap();
    assert_eq!(
        (done.sent, done.retried, done.dead, done.kept),
        (1, 0, 0, 0)
    );
    let mails = server.mails().unwrap();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0]["to"][0], "li@example.cn");
    let typed = TypedIn {
        request: asked.request,
        code: code_in(mails[0]["text"].as_str().unwrap()),
    };
    let form = desk.form(typed, "li@example.cn");
    let here = desk.platform.sign_up(form, visit(1)).await.unwrap();
    desk.session_of(&here).await;
    // What has left does not leave again, and nothing leaves for an address without an account.
    desk.ask(CodeFor::SignIn, "nobody@example.cn")
        .await
        .unwrap();
    let done = desk.platform.deliver_messages().await.unwrap();
    assert_eq!(done, Deliveries::default());
    assert_eq!(server.mails().unwrap().len(), 1);
}

async fn a_message_is_sent_retried_or_given_up_by_what_went_wrong(backed: Backed) {
    let server = SmtpServer::start(SmtpSecurity::Plain, None).unwrap();
    let desk = backed.desk(server.port()).await;
    for address in ["refused@example.cn", "later@example.cn", "li@example.cn"] {
        let visit = visit(1);
        desk.platform
            .ask_code(CodeFor::SignUp, email(address), &visit)
            .await
            .unwrap();
    }
    let done = desk.platform.deliver_messages().await.unwrap();
    assert_eq!(
        (done.sent, done.retried, done.dead, done.kept),
        (1, 1, 1, 0)
    );
    // The one that was told to come later comes again, until its code is worthless.
    desk.clock.advance(Duration::from_secs(30));
    let done = desk.platform.deliver_messages().await.unwrap();
    assert_eq!(
        (done.sent, done.retried, done.dead, done.kept),
        (0, 1, 0, 0)
    );
    desk.clock.advance(Duration::from_mins(5));
    let done = desk.platform.deliver_messages().await.unwrap();
    assert_eq!(
        (done.sent, done.retried, done.dead, done.kept),
        (0, 0, 1, 0)
    );
    assert_eq!(server.mails().unwrap().len(), 1);
}
