use serde_json::json;
use yuntu_outbound::{HelpNews, Line, Link, Message};
use yuntu_policy::{Action, Standing, may};
use yuntu_store::{Help, Tx};
use yuntu_terms::ClauseId;

use super::{put, told};
use crate::accounts::notice::Notice;
use crate::caller::entry;
use crate::error::AppError;
use crate::platform::Platform;

impl Platform {
    /// Tells who may approve that help has ended. It has ended whatever comes of this, so that nothing here fails.
    pub(super) async fn tell_ended(&self, help: &Help, news: HelpNews) {
        if self.try_tell_ended(help, news).await.is_err() {
            tracing::error!(help = %help.id, "nobody could be told that technical help has ended");
        }
    }

    async fn try_tell_ended(&self, help: &Help, news: HelpNews) -> Result<(), AppError> {
        let notices = self.tell_approvers(help, news).await?;
        let notices = notices.as_slice();
        if notices.is_empty() {
            return Ok(());
        }
        let actor = self.store().platform_pseudonym().await?;
        self.store()
            .run_tx("help.tell", async |tx: Tx| {
                let body = json!({
                    "help": help.id, "enterprise": help.asked.enterprise, "told": told(notices),
                });
                let noted = entry(&tx, "help.told", &[ClauseId::u(2)], actor, body)?;
                tx.append(&noted).await?;
                put(&tx, notices).await
            })
            .await
    }

    /// Seals a notice to each address of everybody whose role may approve help for the enterprise; an address that cannot
    /// be opened keeps nobody else from being told.
    pub(super) async fn tell_approvers(
        &self,
        help: &Help,
        news: HelpNews,
    ) -> Result<Vec<Notice>, AppError> {
        let (read, now) = (self.store().read(), self.now());
        let name = self.enterprise_name(help.asked.enterprise).await?;
        let link = self
            .origin()
            .and_then(|origin| Link::try_from(format!("{origin}/console/help/{}", help.id)).ok());
        let mut notices = Vec::new();
        for member in read.list_members(help.asked.enterprise, now).await? {
            let approves = member.seat.standing == Standing::Active
                && may(member.seat.role, Action::ApproveHelp);
            let Some(account) = member.seat.account.filter(|_| approves) else {
                continue;
            };
            let Some(found) = read.find_account(account).await? else {
                continue;
            };
            let message = |to| {
                let name = Line::lossy(&name);
                Message::help_news(to, found.lang, name, news, now, link.clone())
            };
            match self.seal_to_all(account, message).await {
                Ok(sealed) => notices.extend(sealed),
                Err(_unopened) => {
                    tracing::error!(help = %help.id, "somebody could not be told of technical help");
                }
            }
        }
        Ok(notices)
    }
}
