use yuntu_policy::{Action, HelpEnd, OperatorRole, RecordedView, Standing, decide_own_help};
use yuntu_store::{Help, HelpLook, HelpOffer, LeafId};
use yuntu_terms::{HelpId, HelpOfferId, OperatorId, PermitId, Sink, Timestamp, clause};

use crate::caller::Caller;
use crate::error::AppError;
use crate::platform::Platform;

/// How many requests one page lists.
pub const HELPS_PAGE: u64 = 50;
/// How many looks one page lists.
pub const HELP_LOOKS_PAGE: u64 = 50;

/// A request as the enterprise sees it.
#[derive(Debug)]
pub struct HelpView {
    /// The request.
    pub help: Help,
    /// How it stands.
    pub standing: Standing,
    /// How it ended.
    pub end: Option<HelpEnd>,
    /// Why it was asked.
    pub words: String,
    /// Who offers, the first first.
    pub offers: Vec<OfferView>,
    /// Whether the caller may approve an offer.
    pub may_approve: bool,
}

/// An offer as the enterprise sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferView {
    /// The offer.
    pub id: HelpOfferId,
    /// Who offers.
    pub operator: OperatorId,
    /// Under which name.
    pub name: String,
    /// What she is.
    pub role: Option<OperatorRole>,
    /// When.
    pub offered: Timestamp,
    /// Whether she took it back.
    pub withdrawn: bool,
    /// Whether it was approved.
    pub approved: bool,
}

/// A look as the enterprise sees it.
#[derive(Debug)]
pub struct ShownLook {
    /// What was recorded of it.
    pub look: HelpLook,
    /// The statement, where rows were looked at.
    pub statement: Option<String>,
    /// The name of who looked, where she ever offered.
    pub name: Option<String>,
    /// What she is, where she ever offered.
    pub role: Option<OperatorRole>,
}

impl Platform {
    /// Lists a page of the requests of the caller's enterprise, newest first; `before` is the last of the page before.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not ask for help.
    /// # Clause
    /// U2
    pub async fn list_helps(
        &self,
        caller: &Caller,
        before: Option<HelpId>,
    ) -> Result<Vec<Help>, AppError> {
        self.authorise(caller, Action::AskHelp).await?;
        let read = self.store().read();
        Ok(read
            .list_helps(caller.enterprise, before, HELPS_PAGE)
            .await?)
    }

    /// Shows a request of the caller's enterprise with who offers and a page of the looks, newest first, towards a page or
    /// the API; `before` is the entry of the last look of the page before.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not ask for help; [`AppError::Missing`] when there is no such request.
    /// # Clause
    /// U2, R23
    pub async fn view_help(
        &self,
        caller: &Caller,
        id: HelpId,
        (before, sink): (Option<LeafId>, Sink),
    ) -> Result<(HelpView, Vec<ShownLook>), AppError> {
        clause::hit!(U2);
        self.authorise(caller, Action::AskHelp).await?;
        let help = self.own_help(caller, id).await?;
        let facts = self.facts_of(caller).await?;
        let view = decide_own_help(caller.enterprise, caller.representative, &facts)?;
        let view = self.view_as(caller, view).await?;
        let store = self.store();
        let words = store.help_words(&help).await?;
        let words = words.and_then(|words| words.open(&view, sink, Clone::clone));
        let offers = store.help_offers(&help).await?;
        let offers = self.shown_offers(&help, offers, (&view, sink)).await?;
        let looks = store.help_looks(&help, before, HELP_LOOKS_PAGE).await?;
        let looks = looks
            .into_iter()
            .map(|look| {
                let statement = look.statement.as_ref();
                let named = offers.iter().find(|it| it.operator == look.operator);
                ShownLook {
                    statement: statement.and_then(|text| text.open(&view, sink, Clone::clone)),
                    name: named.map(|it| it.name.clone()),
                    role: named.and_then(|it| it.role),
                    look,
                }
            })
            .collect();
        let now = self.now();
        let shown = HelpView {
            standing: help.standing(now),
            end: help.end(now),
            words: words.unwrap_or_default(),
            offers,
            may_approve: self.can(caller, Action::ApproveHelp).await?,
            help,
        };
        Ok((shown, looks))
    }

    /// Says under which technical help a run of the caller's enterprise took place, where it was an operator's look.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not read reports.
    /// # Clause
    /// U2
    pub async fn help_of_run(
        &self,
        caller: &Caller,
        permit: PermitId,
    ) -> Result<Option<HelpId>, AppError> {
        self.authorise(caller, Action::ViewReport).await?;
        let read = self.store().read();
        if read.find_permit(caller.enterprise, permit).await?.is_none() {
            return Ok(None);
        }
        Ok(read.helps_of(&[permit]).await?.remove(&permit))
    }

    async fn shown_offers(
        &self,
        help: &Help,
        offers: Vec<HelpOffer>,
        (view, sink): (&RecordedView, Sink),
    ) -> Result<Vec<OfferView>, AppError> {
        let read = self.store().read();
        let approved = help.approved.as_ref().map(|(_, operator, _)| *operator);
        let mut shown = Vec::with_capacity(offers.len());
        for offer in offers {
            let operator = read.find_operator(offer.operator).await?;
            let name = offer.name.open(view, sink, Clone::clone);
            shown.push(OfferView {
                id: offer.id,
                operator: offer.operator,
                name: name.unwrap_or_default(),
                role: operator.map(|it| it.role),
                offered: offer.offered,
                withdrawn: offer.withdrawn.is_some(),
                approved: approved == Some(offer.operator),
            });
        }
        Ok(shown)
    }
}
