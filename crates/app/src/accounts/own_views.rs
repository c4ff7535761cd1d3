use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use yuntu_policy::{PageView, RecordedView};
use yuntu_store::{OWN_VIEW, Session};
use yuntu_terms::{SessionId, Timestamp};

use crate::error::AppError;
use crate::platform::Platform;

/// How many sessions are remembered before those are forgotten whose view is over.
const SESSIONS_MAX: usize = 10_000;

/// The views of one's own values that are in the ledger and not over yet, by session.
#[derive(Debug, Default)]
pub(crate) struct OwnViews(Mutex<HashMap<SessionId, (RecordedView, Timestamp)>>);

impl OwnViews {
    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, (RecordedView, Timestamp)>> {
        // What is in there is whole at every moment.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, session: SessionId, now: Timestamp) -> Option<RecordedView> {
        let known = self.lock().get(&session).copied();
        known
            .filter(|(_, since)| *since <= now && now < since.plus(OWN_VIEW))
            .map(|(view, _)| view)
    }

    fn keep(&self, session: SessionId, view: RecordedView, since: Timestamp) {
        let mut known = self.lock();
        if known.len() >= SESSIONS_MAX {
            known.retain(|_, (_, began)| since < began.plus(OWN_VIEW));
        }
        known.insert(session, (view, since));
    }
}

impl Platform {
    /// Makes it durable that a session shows values of its person; one entry stands for a minute of hers.
    pub(super) async fn view_own(
        &self,
        session: &Session,
        view: PageView,
    ) -> Result<RecordedView, AppError> {
        let (now, known) = (self.now(), &self.inner.own_views);
        if let Some(recorded) = known.find(session.id, now) {
            return Ok(recorded);
        }
        let actor = self.store().account_pseudonym(session.account).await?;
        let recorded = self.store().record_view(view, (actor, session.into()));
        let recorded = recorded.await?;
        known.keep(session.id, recorded, now);
        Ok(recorded)
    }
}
