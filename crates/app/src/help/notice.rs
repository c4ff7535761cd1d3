use yuntu_outbound::{HelpNews, Line, Link, Message};
use yuntu_policy::{Action, Standing, may};
use yuntu_store::Help;

use crate::accounts::notice::Notice;
use crate::error::AppError;
use crate::platform::Platform;

impl Platform {
    /// Seals a notice to each address of everybody whose role may approve help for the enterprise.
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
            notices.extend(self.seal_to_all(account, message).await?);
        }
        Ok(notices)
    }
}
