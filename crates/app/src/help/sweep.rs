use yuntu_outbound::HelpNews;
use yuntu_policy::HelpEnd;
use yuntu_store::{Help, Tx};
use yuntu_terms::{ClauseId, clause};

use super::ended_body;
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
        let actor = self.store().platform_pseudonym().await?;
        let ended = self
            .store()
            .run_tx("help.over", async |tx: Tx| {
                if !tx.end_help(help.id, end).await? {
                    return Ok(false);
                }
                let body = ended_body(help, end);
                let noted = entry(&tx, "help.ended", &[ClauseId::u(2)], actor, body)?;
                tx.append(&noted).await?;
                Ok::<_, AppError>(true)
            })
            .await?;
        if ended {
            self.tell_ended(help, news).await;
        }
        Ok(ended.into())
    }
}
