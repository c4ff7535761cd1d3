//! Second factors: what they open, how often, and for whom.

mod authenticator;
mod passkeys;
mod steps;

use yuntu_app::Platform;
use yuntu_app::accounts::SignedIn;
use yuntu_app::store::Session;
use yuntu_app::vault::{RecoveryCode, VerificationCode};
use yuntu_terms::{Clock as _, Timestamp};
use yuntu_testkit::Authenticator;

pub(crate) use passkeys::named;

use crate::desk::{Desk, PASSWORD, email, password, visit};

/// The app on a person's phone.
pub(crate) struct Phone(Authenticator);

impl Phone {
    pub(crate) fn read(typed: &str) -> Self {
        Self(Authenticator::read(typed).unwrap())
    }

    pub(crate) fn code(&self, now: Timestamp) -> VerificationCode {
        VerificationCode::parse(&self.0.code(now).unwrap()).unwrap()
    }

    pub(crate) fn secret(&self) -> &[u8] {
        self.0.secret()
    }
}

/// A person with an authenticator and recovery codes, signed in.
pub(crate) struct Holder {
    pub(crate) app: Phone,
    pub(crate) codes: Vec<RecoveryCode>,
    pub(crate) session: Session,
}

pub(crate) async fn set_up(platform: &Platform, session: &Session) -> Phone {
    let new = platform.begin_totp(session).await.unwrap();
    new.read(|uri, secret| {
        assert!(uri.starts_with("otpauth://totp/") && uri.contains(secret));
        Phone::read(secret)
    })
}

/// Opens an account with a password and an authenticator.
pub(crate) async fn holder(desk: &Desk, address: &str) -> Holder {
    let here = desk.sign_up_with_password(address).await;
    protect(desk, &here).await
}

pub(crate) async fn protect(desk: &Desk, here: &SignedIn) -> Holder {
    let platform = &desk.platform;
    let session = desk.session_of(here).await;
    let app = set_up(platform, &session).await;
    let code = app.code(desk.clock.now());
    let added = platform.confirm_totp(&session, &code).await.unwrap();
    let session = platform.session(&added.secret.text()).await.unwrap();
    desk.drain().await;
    desk.clock.advance(crate::desk::MINUTE);
    Holder {
        app,
        codes: added.codes,
        session,
    }
}

/// Shows the first factor, and returns the ticket to the second.
pub(crate) async fn first(desk: &Desk, address: &str) -> String {
    let platform = &desk.platform;
    let step = platform
        .sign_in_by_password(&email(address), password(PASSWORD), visit(1))
        .await;
    crate::desk::ticket(step)
}
