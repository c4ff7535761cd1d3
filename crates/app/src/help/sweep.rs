use yuntu_outbound::HelpNews;
use yuntu_policy::HelpEnd;
use yuntu_store::{Help, Tx};
use yuntu_terms::{ClauseId, clause};

use super::{ended_body, put};
use crate::caller::entry;
use crate::error::AppError;
use crate::platform::Platform;

impl Platform {
    /// Notes help as ended whose time is over, and requests that nobody approved in time; who may approve is told. From that
    /// moment on nothing could be looked at, whether it was noted or not. Returns how many it noted.
    ///
    /// # Errors
    /// [`AppError::Store`]; what was done by then stays done.
    /// # Clause
    /// U2
    pub async fn sweep_helps(&self) -> Result<u64, AppError> {
        clause::hit!(U2);
        let over = self.store().read().helps_over(self.now()).await?;
        let mut ended = 0;
        for help in over {
            ended += self.note_over(&help).await?;
        }
        Ok(ended)
    }

    async fn note_over(&self, help: &Help) -> Result<u64, AppError> {
        let (end, news) = if help.approved.is_some() {
            (HelpEnd::Time, HelpNews::Ended)
        } else {
            (HelpEnd::Lapsed, HelpNews::Lapsed)
        };
        let notices = self.tell_approvers(help, news).await?;
        let actor = self.store().platform_pseudonym().await?;
        let told = notices.as_slice();
        self.store()
            .run_tx("help.over", async |tx: Tx| {
                if !tx.end_help(help.id, end).await? {
                    return Ok(0);
                }
                let body = ended_body(help, end, told);
                let noted = entry(&tx, "help.ended", &[ClauseId::u(2)], actor, body)?;
                tx.append(&noted).await?;
                put(&tx, told).await?;
                Ok(1)
            })
            .await
    }
}
