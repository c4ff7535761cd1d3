//! Sessions: a random name in the browser, the token in memory; they end with the process.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue};
use yuntu_terms::{ApiSecret, Entropy, Timestamp};

use crate::cookies::{self, Register};
use crate::problem::Problem;

/// The cookie of the session, as the statement declares it.
const NAME: &str = "__Host-session";

/// How long a session lasts at most.
const LIFE_S: u32 = 43_200;

/// How many sessions there may be at once.
const SESSIONS_MAX: usize = 10_000;

/// The open sessions.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    open: Mutex<BTreeMap<String, Session>>,
}

#[derive(Debug)]
struct Session {
    token: ApiSecret,
    ends: Timestamp,
}

impl Sessions {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Session>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a session and returns its name and how many seconds it lasts.
    pub(super) fn open(
        &self,
        token: ApiSecret,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<(String, u32), Problem> {
        let mut random = [0; 32];
        entropy
            .fill(&mut random)
            .map_err(|_failure| Problem::internal("no randomness for a session"))?;
        let mut id = String::with_capacity(64);
        for byte in random {
            // Writing to a string does not fail.
            let _written = write!(id, "{byte:02x}");
        }
        let ends = now.plus(Duration::from_secs(u64::from(LIFE_S)));
        let mut open = self.lock();
        open.retain(|_, session| now < session.ends);
        if open.len() >= SESSIONS_MAX {
            return Err(Problem::internal("too many sessions at once"));
        }
        open.insert(id.clone(), Session { token, ends });
        Ok((id, LIFE_S))
    }

    /// Returns the token of a session that has not ended.
    pub(super) fn token(&self, id: &str, now: Timestamp) -> Option<ApiSecret> {
        let open = self.lock();
        let session = open.get(id).filter(|session| now < session.ends)?;
        Some(session.token.clone())
    }

    /// Ends a session.
    pub(super) fn close(&self, id: &str) {
        self.lock().remove(id);
    }
}

/// Finds the name of the session in a request.
pub(super) fn cookie_of(headers: &HeaderMap) -> Option<&str> {
    cookies::find(headers, NAME)
}

/// Writes the cookie of a session.
pub(super) fn cookie(register: &Register, id: &str, life_s: u32) -> Result<HeaderValue, Problem> {
    register.write(NAME, id, life_s)
}

/// Writes what ends a session in the browser.
pub(super) fn no_cookie() -> Option<HeaderValue> {
    Register::removal(NAME)
}

#[cfg(test)]
mod tests {
    use yuntu_terms::SeededEntropy;

    use super::*;

    #[test]
    fn a_session_ends_with_its_time_or_when_it_is_closed() {
        let (sessions, entropy) = (Sessions::default(), SeededEntropy::new(7));
        let now = Timestamp::from_micros(1_000_000);
        let open = |sessions: &Sessions| {
            let token = ApiSecret::new(String::from("yuntu_t"));
            sessions.open(token, now, &entropy).unwrap().0
        };
        let (first, second) = (open(&sessions), open(&sessions));
        assert_ne!(first, second);
        assert!(sessions.token(&first, now).is_some());
        let late = now.plus(Duration::from_secs(u64::from(LIFE_S)));
        assert!(sessions.token(&first, late).is_none());
        sessions.close(&second);
        assert!(sessions.token(&second, now).is_none());
        assert!(sessions.token("", now).is_none());
    }
}
