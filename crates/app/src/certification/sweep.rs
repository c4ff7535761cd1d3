use serde_json::json;
use yuntu_outbound::{CertificationNews, Link};
use yuntu_policy::ApplicationState;
use yuntu_store::{Application, NoteAuthor, Tx};
use yuntu_terms::{ClauseId, LookId, clause};

use crate::accounts::notice::Notice;
use crate::caller::entry;
use crate::error::AppError;
use crate::platform::Platform;

/// After how many days the sensitive numbers of an ended application go: a day less than the statement allows, so that a
/// worker that pauses keeps the promise.
const SENSITIVE_DAYS: i32 = 29;
/// After how many days everything else goes: a day less than the statement allows, likewise.
const KEPT_DAYS: i32 = 1_095;
/// After how many days an application that waits for its enterprise ends by itself.
const LEFT_DAYS: i32 = 180;
/// How many applications or papers one transaction takes, so that it stays short.
const BATCH: u64 = 50;

/// What a sweep of certifications took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SweptCertifications {
    /// Applications of which the sensitive numbers went.
    pub numbers: u64,
    /// Applications with which nobody went on, so that they ended.
    pub left: u64,
    /// Applications of which everything went.
    pub applications: u64,
    /// Signed letters of members.
    pub letters: u64,
    /// Addresses of invitations that nobody answered, and hashes of those that are over and count no more.
    pub invitations: u64,
}

impl SweptCertifications {
    /// Says whether there may be more.
    #[must_use]
    pub const fn more(self) -> bool {
        self.numbers > 0
            || self.left >= BATCH
            || self.applications >= BATCH
            || self.letters >= BATCH
            || self.invitations >= BATCH
    }
}

impl Platform {
    /// Erases what the statement says is kept no longer of applications, letters and invitations, a batch of each.
    ///
    /// # Errors
    /// [`AppError::Store`]; what was erased by then stays so.
    /// # Clause
    /// U1, R3, R14
    pub async fn sweep_certifications(&self) -> Result<SweptCertifications, AppError> {
        clause::hit!(R14);
        // Nobody in particular does it: a name of its own for each turn ties nothing together.
        let turn: LookId = self.new_id()?;
        let actor = self.store().stranger_pseudonym(turn).await?;
        let before = self.now().plus_days(-SENSITIVE_DAYS);
        let numbers = self
            .store()
            .erase_sensitive_values_before(before, actor)
            .await?;
        Ok(SweptCertifications {
            numbers,
            left: self.end_left_applications().await?,
            applications: self.erase_over_applications().await?,
            letters: self.erase_over_letters().await?,
            invitations: self.forget_invitations().await?,
        })
    }

    /// Ends applications with which their enterprises did not go on, so that what was told in them goes in its time.
    async fn end_left_applications(&self) -> Result<u64, AppError> {
        let since = self.now().plus_days(-LEFT_DAYS);
        let read = self.store().read();
        let left = read.list_applications_left(since, BATCH).await?;
        for application in &left {
            self.end_left(application).await?;
        }
        Ok(left.len() as u64)
    }

    async fn end_left(&self, application: &Application) -> Result<(), AppError> {
        let (enterprise, id) = (application.enterprise, application.id);
        let about = (NoteAuthor::Operator, None);
        let note = self.store().seal_note(enterprise, id, about, None).await?;
        let link = self.origin();
        let link = link.map(|origin| format!("{origin}/console/certification"));
        let notices = match link.and_then(|link| Link::try_from(link).ok()) {
            Some(link) => {
                let news = CertificationNews::Lapsed;
                self.tell_applicant(application, news, &link).await?
            }
            None => Vec::new(),
        };
        let actor = self.store().platform_pseudonym().await?;
        let (notes, notices) = (&[note], notices.as_slice());
        self.store()
            .run_tx("certification.lapse", async |tx: Tx| {
                let next = (ApplicationState::Withdrawn, None);
                tx.move_application(enterprise, id, next, notes).await?;
                let body = json!({
                    "enterprise": enterprise, "application": id, "untouched_days": LEFT_DAYS,
                    "told": notices.iter().map(Notice::noted).collect::<Vec<_>>(),
                });
                let clauses = [ClauseId::u(1), ClauseId::r(14)];
                let kind = "certification.lapsed";
                tx.append(&entry(&tx, kind, &clauses, actor, body)?).await?;
                for notice in notices {
                    notice.put(&tx).await?;
                }
                Ok(())
            })
            .await
    }

    async fn erase_over_applications(&self) -> Result<u64, AppError> {
        let before = self.now().plus_days(-KEPT_DAYS);
        let actor = self.store().platform_pseudonym().await?;
        self.store()
            .run_tx("certification.erase", async |tx: Tx| {
                let ids = tx.read().list_applications_over(before, BATCH).await?;
                if !ids.is_empty() {
                    tx.erase_applications(&ids).await?;
                    let body = json!({ "applications": ids, "kept_days": KEPT_DAYS });
                    let clauses = [ClauseId::u(1), ClauseId::r(14)];
                    let kind = "certification.erased";
                    tx.append(&entry(&tx, kind, &clauses, actor, body)?).await?;
                }
                Ok::<_, AppError>(ids.len() as u64)
            })
            .await
    }

    async fn erase_over_letters(&self) -> Result<u64, AppError> {
        let before = self.now().plus_days(-KEPT_DAYS);
        let actor = self.store().platform_pseudonym().await?;
        self.store()
            .run_tx("letter.erase", async |tx: Tx| {
                let papers = tx.erase_letter_papers(before, BATCH).await?;
                if papers > 0 {
                    let body = json!({ "papers": papers, "kept_days": KEPT_DAYS });
                    let clauses = [ClauseId::r(3), ClauseId::r(14)];
                    let erased = entry(&tx, "letter.erased", &clauses, actor, body)?;
                    tx.append(&erased).await?;
                }
                Ok::<_, AppError>(papers)
            })
            .await
    }

    async fn forget_invitations(&self) -> Result<u64, AppError> {
        let actor = self.store().platform_pseudonym().await?;
        self.store()
            .run_tx("invitation.forget", async |tx: Tx| {
                let rows = tx.forget_over_invitations(BATCH).await?;
                if rows > 0 {
                    let body = json!({ "table": "invitation", "forgotten": rows });
                    let clauses = [ClauseId::r(14)];
                    let forgotten = entry(&tx, "invitation.forgotten", &clauses, actor, body)?;
                    tx.append(&forgotten).await?;
                }
                Ok::<_, AppError>(rows)
            })
            .await
    }
}
