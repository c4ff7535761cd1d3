use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use yuntu_outbound::{
    AliyunSms, Channel, Code, CodeUse, Kind, Medium, Message, Outbound, OutboundConfig, Recipient,
    SendError, SmsConfig, SmsTemplates,
};
use yuntu_terms::{ClauseId, Lang, MockClock, Pii, SeededEntropy, Sink};
use yuntu_testkit::SmsProvider;

use crate::rig::{Only, clock, id, now};

const SECRET: &str = SmsProvider::SECRET;
/// How long a request may take to come.
const WITHIN: Duration = Duration::from_secs(30);

fn config(folder: &Path, endpoint: Option<String>, secret: &str) -> SmsConfig {
    let file = folder.join("secret");
    std::fs::write(&file, secret).unwrap();
    let templates = SmsTemplates {
        zh: "SMS_100000001".to_owned(),
        en: "SMS_100000002".to_owned(),
    };
    SmsConfig {
        endpoint,
        access_key_id: "a-key".to_owned(),
        access_key_secret_file: file,
        sign_name: "云图".to_owned(),
        templates: BTreeMap::from([(Kind::Code, templates)]),
        time_limit_seconds: Some(2),
    }
}

fn phone() -> Recipient {
    Recipient::sms(Pii::new("+8613800000000".to_owned())).unwrap()
}

fn code(lang: Lang) -> Message {
    let until = "2026-03-21T08:05:00Z".parse().unwrap();
    let code = Code::try_from("004217").unwrap();
    Message::code(phone(), lang, CodeUse::SignIn, code, until)
}

fn outbound(config: SmsConfig) -> Outbound {
    let config = OutboundConfig {
        mail: None,
        sms: Some(config),
    };
    Outbound::open(&config, clock(), Arc::new(SeededEntropy::new(1))).unwrap()
}

async fn send(answer: &Value, message: &Message) -> (Result<(), SendError>, Value) {
    let folder = tempfile::tempdir().unwrap();
    let provider = SmsProvider::start(answer).unwrap();
    let outbound = outbound(config(folder.path(), Some(provider.endpoint()), SECRET));
    assert_eq!(outbound.channel(Medium::Sms), Channel::Sms);
    let sent = outbound.send(&Only(Sink::Sms), id(), message).await;
    (sent, provider.request(WITHIN).unwrap())
}

#[tokio::test]
async fn a_code_reaches_the_provider_with_a_signature_that_it_computes_itself() {
    for (lang, template) in [(Lang::Zh, "SMS_100000001"), (Lang::En, "SMS_100000002")] {
        let (sent, seen) = send(&json!([200, "OK"]), &code(lang)).await;
        sent.unwrap();
        assert_eq!(seen["signed"], true, "{seen}");
        assert_eq!(seen["key"], "a-key");
        let expected = json!({
            "PhoneNumbers": "13800000000",
            "SignName": "云图",
            "TemplateCode": template,
            "TemplateParam": "{\"code\":\"004217\"}",
            "OutId": id().to_string(),
        });
        assert_eq!(seen["query"], expected);
        assert_eq!(seen["headers"]["x-acs-action"], "SendSms");
        assert_eq!(seen["headers"]["x-acs-version"], "2017-05-25");
        assert_eq!(seen["headers"]["x-acs-date"], "2026-03-21T08:00:00Z");
    }
}

#[tokio::test]
async fn no_two_requests_share_a_nonce() {
    let folder = tempfile::tempdir().unwrap();
    let provider = SmsProvider::start(&json!([200, "OK"])).unwrap();
    let outbound = outbound(config(folder.path(), Some(provider.endpoint()), SECRET));
    let mut nonces = Vec::new();
    for _ in 0..2 {
        let message = code(Lang::Zh);
        outbound
            .send(&Only(Sink::Sms), id(), &message)
            .await
            .unwrap();
        nonces.push(provider.request(WITHIN).unwrap()["headers"]["x-acs-signature-nonce"].clone());
    }
    assert_ne!(nonces[0], nonces[1]);
}

#[tokio::test]
async fn a_wrong_secret_is_a_matter_of_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let provider = SmsProvider::start(&json!([200, "OK"])).unwrap();
    let outbound = outbound(config(folder.path(), Some(provider.endpoint()), "wrong"));
    let sent = outbound.send(&Only(Sink::Sms), id(), &code(Lang::Zh)).await;
    let error = sent.unwrap_err();
    assert_eq!(provider.request(WITHIN).unwrap()["signed"], false);
    assert!(matches!(error, SendError::Configuration(_)), "{error}");
    assert_eq!(error.code(), "login.SignatureDoesNotMatch");
}

#[tokio::test]
async fn the_providers_answer_decides_whether_to_try_again() {
    let temporary: fn(&SendError) -> bool = |e| matches!(e, SendError::Temporary(_));
    let permanent: fn(&SendError) -> bool = |e| matches!(e, SendError::Permanent(_));
    let configuration: fn(&SendError) -> bool = |e| matches!(e, SendError::Configuration(_));
    for (answer, code_of_error, class) in [
        (
            json!([200, "isv.BUSINESS_LIMIT_CONTROL"]),
            "busy.isv.BUSINESS_LIMIT_CONTROL",
            temporary,
        ),
        (
            json!([200, "isv.MOBILE_NUMBER_ILLEGAL"]),
            "refused.isv.MOBILE_NUMBER_ILLEGAL",
            permanent,
        ),
        (
            json!([200, "isv.AMOUNT_NOT_ENOUGH"]),
            "refused.isv.AMOUNT_NOT_ENOUGH",
            configuration,
        ),
        (
            json!([404, "InvalidAccessKeyId.NotFound"]),
            "login.InvalidAccessKeyId.NotFound",
            configuration,
        ),
        (
            json!([429, "Throttling.User"]),
            "busy.Throttling.User",
            temporary,
        ),
        (json!([503, "page"]), "busy.http.503", temporary),
        (json!([403, "page"]), "refused.http.403", configuration),
        (json!([200, "flood"]), "interrupted", temporary),
        (json!("hang"), "timed_out", temporary),
        (json!("drop"), "interrupted", temporary),
        (json!("redirect"), "busy.http.307", temporary),
    ] {
        let (sent, _) = send(&answer, &code(Lang::Zh)).await;
        let error = sent.unwrap_err();
        assert_eq!(error.code(), code_of_error);
        assert!(class(&error), "{error}");
        assert!(!format!("{error:?}{error}").contains("13800000000"));
    }
}

#[tokio::test]
async fn what_has_ended_has_no_template_or_no_warrant_does_not_leave() {
    let folder = tempfile::tempdir().unwrap();
    let provider = SmsProvider::start(&json!([200, "OK"])).unwrap();
    let endpoint = Some(provider.endpoint());
    let clock = MockClock::new(now());
    let config = OutboundConfig {
        mail: None,
        sms: Some(config(folder.path(), endpoint, SECRET)),
    };
    let entropy = Arc::new(SeededEntropy::new(1));
    let outbound = Outbound::open(&config, Arc::new(clock.clone()), entropy).unwrap();
    let message = code(Lang::Zh);
    let error = outbound.send(&Only(Sink::Mail), id(), &message).await;
    assert_eq!(error.unwrap_err().code(), "not_warranted");
    let other = Message::password_changed(phone(), Lang::Zh, now());
    let error = outbound
        .send(&Only(Sink::Sms), id(), &other)
        .await
        .unwrap_err();
    assert!(matches!(error, SendError::Configuration(_)), "{error}");
    assert_eq!(error.code(), "no_template");
    clock.set(message.expires_at().unwrap());
    let error = outbound.send(&Only(Sink::Sms), id(), &message).await;
    assert_eq!(error.unwrap_err().code(), "expired");
    drop(provider);
    clock.set(now());
    let error = outbound
        .send(&Only(Sink::Sms), id(), &message)
        .await
        .unwrap_err();
    assert!(matches!(error, SendError::Temporary(_)), "{error}");
    assert_eq!(error.code(), "unreachable");
}

#[test]
fn an_endpoint_abroad_is_refused_when_configured() {
    let folder = tempfile::tempdir().unwrap();
    let abroad = "dysmsapi.ap-southeast-1.aliyuncs.com".to_owned();
    let config = config(folder.path(), Some(abroad), SECRET);
    let entropy = Arc::new(SeededEntropy::new(1));
    let error = AliyunSms::open(&config, clock(), entropy).unwrap_err();
    assert_eq!(error.field(), "sms.endpoint");
    assert_eq!(error.clause(), Some(ClauseId::r(13)));
    assert!(error.text().zh.contains("境内"));
}

#[test]
fn a_secret_is_not_printed() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), None, SECRET);
    let sender = AliyunSms::open(&config, clock(), Arc::new(SeededEntropy::new(1))).unwrap();
    assert!(!format!("{config:?} {sender:?}").contains(SECRET));
}
