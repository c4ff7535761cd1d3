//! People who work for the platform of a check, who enrol and sign in as everybody there does.

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use yuntu_app::Platform;
use yuntu_app::accounts::{Address, Visit};
use yuntu_app::factors::Second;
use yuntu_app::operators::{FirstFactor, NewOperator, OperatorCaller};
use yuntu_app::policy::OperatorRole;
use yuntu_app::vault::{Password, VerificationCode};
use yuntu_terms::{Lang, Pii, Timestamp};

use crate::error::DemoError;

const PASSWORD: &str = "seven brass kettles hum";
/// The seconds of one code of an authenticator.
const STEP_S: i64 = 30;

/// Enrols an operator, and signs her in with both factors.
pub(super) async fn operator(
    platform: &Platform,
    mail: &str,
    role: OperatorRole,
) -> Result<OperatorCaller, DemoError> {
    let password = || {
        Password::new(PASSWORD.to_owned())
            .map_err(|_fault| DemoError::Broken("a password of the check is none"))
    };
    let new = NewOperator {
        address: address(mail)?,
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
        .sign_in_operator(&address(mail)?, password()?, visit())
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

/// Reads an address of the check.
pub(super) fn address(text: &str) -> Result<Address, DemoError> {
    Address::email(text).map_err(|_form| DemoError::Broken("an address of the check is none"))
}

/// A visit from somewhere.
pub(super) fn visit() -> Visit {
    Visit {
        network: Pii::new(String::from("198.51.100.0/24")),
        agent: None,
        family: None,
        mark: None,
        lang: Lang::En,
    }
}
