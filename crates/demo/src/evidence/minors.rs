//! An account that is reported, upheld and erased, from its first code to the code that nobody gets any more.

use std::path::Path;
use std::sync::Arc;

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use yuntu_app::Platform;
use yuntu_app::accounts::{Address, CodeFor, LooksFrom, Visit};
use yuntu_app::factors::Second;
use yuntu_app::minors::{EraseWhen, ReportLinks, ReportText, TypedReport, Uphold};
use yuntu_app::operators::FirstFactor;
use yuntu_app::operators::{NewOperator, OperatorCaller};
use yuntu_app::outbound::{Kind, Link};
use yuntu_app::policy::{MinorReportState, OperatorRole};
use yuntu_app::vault::{Password, VerificationCode};
use yuntu_terms::{Clock, Entropy, Lang, Pii, Timestamp};

use crate::error::DemoError;
use crate::install;

const MINOR: &str = "minor@store.example";
const OPERATOR: &str = "privacy@demo.yuntu.example";
const PASSWORD: &str = "seven brass kettles hum";
/// The seconds of one code of an authenticator.
const STEP_S: i64 = 30;

/// Says whether a report removes an account: its owner gets codes before, and nobody does after.
pub(super) async fn a_report_removes_the_account(
    folder: &Path,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<bool, DemoError> {
    std::fs::create_dir_all(folder).map_err(|e| DemoError::file(folder, e))?;
    let platform = install::open(folder, clock, entropy).await?;
    install::enrol(&platform, "Hillside Grocers", MINOR, Lang::En).await?;
    let before = codes_after_asking(&platform).await?;
    let report = TypedReport {
        account: Some(address(MINOR)?),
        enterprise: None,
        person: None,
        why: ReportText::parse("why", "made up for this check")?,
        contact: None,
    };
    let taken = platform.report_minor(&report, &visit()).await?;
    let caller = operator(&platform, OPERATOR, OperatorRole::Privacy).await?;
    let found = platform.review_minor_report(&caller, taken.id).await?;
    let account = found
        .candidates
        .first()
        .ok_or(DemoError::Broken("no account fits the report"))?
        .account;
    let how = Uphold {
        account,
        words: ReportText::parse("words", "made up for this check")?,
        erase: EraseWhen::AtOnce,
    };
    platform
        .uphold_minor_report(&caller, taken.id, how, &links()?)
        .await?;
    let removed = platform.erase_reported_accounts().await? == 1;
    let answer = platform.follow_report(taken.id, &taken.code).await?;
    let told = answer.is_some_and(|answer| answer.state == MinorReportState::Removed);
    let after = codes_after_asking(&platform).await?;
    Ok(before == 1 && removed && told && after == before)
}

fn address(text: &str) -> Result<Address, DemoError> {
    Address::email(text).map_err(|_form| DemoError::Broken("an address of the check is none"))
}

fn visit() -> Visit {
    Visit {
        network: Pii::new(String::from("198.51.100.0/24")),
        agent: None,
        family: None,
        mark: None,
        lang: Lang::En,
    }
}

fn links() -> Result<ReportLinks, DemoError> {
    let link = |path: &str| {
        Link::try_from(format!("https://demo.yuntu.example{path}").as_str())
            .map_err(|_form| DemoError::Broken("a link of the check is none"))
    };
    Ok(ReportLinks {
        objection: link("/report-minor")?,
        outcome: link("/report-minor/outcome")?,
    })
}

/// Asks for a code to sign in and counts those that wait here.
async fn codes_after_asking(platform: &Platform) -> Result<usize, DemoError> {
    platform
        .ask_code(CodeFor::SignIn, address(MINOR)?, &visit())
        .await?;
    let messages = platform.local_messages(LooksFrom::CommandLine).await?;
    let codes = messages.iter().filter(|it| it.message.kind() == Kind::Code);
    Ok(codes.count())
}

/// Enrols an operator and signs her in with both factors.
pub(super) async fn operator(
    platform: &Platform,
    email: &str,
    role: OperatorRole,
) -> Result<OperatorCaller, DemoError> {
    let password = || {
        Password::new(PASSWORD.to_owned())
            .map_err(|_fault| DemoError::Broken("a password of the check is none"))
    };
    let new = NewOperator {
        address: address(email)?,
        role,
        lang: Lang::En,
    };
    let added = platform.add_operator(new).await?;
    let key = added.secret.text();
    let enrolling = platform.enrolment(&key).await?;
    let secret = enrolling
        .factor
        .read(|_address, secret| BASE32_NOPAD.decode(secret.as_bytes()));
    let secret =
        secret.map_err(|_form| DemoError::Broken("the secret of an authenticator is none"))?;
    let now = platform.now();
    platform
        .enrol_operator(
            &key,
            password()?,
            &FirstFactor::Totp(code(&secret, now, 0)?),
        )
        .await?;
    let step = platform
        .sign_in_operator(&address(email)?, password()?, visit())
        .await?;
    // The code of the enrolment was used; the next one is good already.
    let second = Second::Totp(code(&secret, now, 1)?);
    let entered = platform
        .finish_operator_sign_in(&step.ticket.text(), second, visit())
        .await?;
    let (_session, caller) = platform.operator_session(&entered.secret.text()).await?;
    Ok(caller)
}

/// Computes what the operator's phone shows so many steps after this moment (RFC 6238).
fn code(secret: &[u8], now: Timestamp, steps: i64) -> Result<VerificationCode, DemoError> {
    let broken = DemoError::Broken("a code of the check is none");
    let step = now.as_micros() / 1_000_000 / STEP_S + steps;
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(secret) else {
        return Err(broken);
    };
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let start = usize::from(hash.last().map_or(0, |byte| byte & 15));
    let four = hash.get(start..).and_then(|rest| rest.first_chunk::<4>());
    let Some(four) = four else {
        return Err(broken);
    };
    let number = u32::from_be_bytes(*four) & 0x7fff_ffff;
    VerificationCode::parse(&format!("{:06}", number % 1_000_000)).map_err(|_form| broken)
}
