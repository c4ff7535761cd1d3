use std::sync::Arc;

use yuntu_app::AppError;
use yuntu_app::accounts::LooksFrom;
use yuntu_app::outbound::{MailConfig, Outbound, OutboundConfig, Security, SmsConfig};
use yuntu_app::policy::OperatorRole;
use yuntu_terms::{Clock, Region, SystemEntropy, clause};
use yuntu_testkit::Backend;

use super::operator;
use crate::desk::Desk;

crate::on_both!(crate::operators::carried::Backed =>
    where_services_carry_everything_there_is_no_outbox,
);

/// A database to make desks on.
pub(crate) struct Backed(Backend);

impl Backed {
    #[expect(clippy::unused_async, reason = "made as the other worlds are")]
    pub(crate) async fn on(backend: Backend) -> Self {
        Self(backend)
    }
}

async fn where_services_carry_everything_there_is_no_outbox(backed: Backed) {
    let _mark = clause::check!(R23);
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "not-used").unwrap();
    let config = OutboundConfig {
        mail: Some(MailConfig {
            host: "127.0.0.1".to_owned(),
            port: Some(9),
            security: Security::Plain,
            ca_file: None,
            username: None,
            password_file: None,
            from: "no-reply@yuntu.example".to_owned(),
            region: Region::CN,
            time_limit_seconds: Some(20),
        }),
        sms: Some(SmsConfig {
            endpoint: Some("http://127.0.0.1:9".to_owned()),
            access_key_id: "id".to_owned(),
            access_key_secret_file: secret,
            sign_name: "云图".to_owned(),
            templates: std::collections::BTreeMap::new(),
            time_limit_seconds: None,
        }),
    };
    let clock: Arc<dyn Clock> = Arc::new(yuntu_terms::SystemClock);
    let outbound = Outbound::open(&config, clock, Arc::new(SystemEntropy)).unwrap();
    let desk = Desk::with(backed.0, || outbound).await;
    let ad = operator(&desk, "ad@operator.example", OperatorRole::Administrator).await;
    assert!(desk.platform.kept_here().is_empty());
    let none = desk.platform.local_messages_waiting(&ad.caller).await;
    assert!(matches!(none, Err(AppError::Missing { .. })));
    let none = desk
        .platform
        .local_messages(LooksFrom::Console(&ad.caller))
        .await;
    assert!(matches!(none, Err(AppError::Missing { .. })));
}
