//! What operators do of themselves: they see what enterprises ask for, offer to help, and give it up. None of it is
//! business data.

use serde_json::json;
use yuntu_outbound::HelpNews;
use yuntu_policy::{HelpEnd, OperatorAction, Standing, decide_help_view, operator_may};
use yuntu_store::{AccountStanding, Help, HelpOffer, HelpRow, StoreError, Tx};
use yuntu_terms::{ClauseId, HelpId, HelpOfferId, Pii, Sink, clause};

use super::{ended_body, invalid, missing, put, told};
use crate::caller::entry;
use crate::error::AppError;
use crate::operators::OperatorCaller;
use crate::platform::Platform;

/// How many of the newest requests an operator's list shows.
const SHOWN_MAX: u64 = 200;

/// How often an offer is tried while others offer at the same moment.
const OFFER_TRIES: usize = 5;

/// The name under which an enterprise sees an operator: 2 to 40 characters in one line.
#[derive(Debug)]
pub struct HelpName(Pii<String>);

impl HelpName {
    /// Takes a name as a person types it.
    ///
    /// # Errors
    /// [`AppError::Invalid`].
    /// # Clause
    /// U2
    pub fn parse(typed: &str) -> Result<Self, AppError> {
        let text = typed.trim();
        if (2..=40).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
            return Ok(Self(Pii::new(text.to_owned())));
        }
        invalid(
            "name",
            "请填写企业看到的名字（2 至 40 个字符，一行）",
            "give the name under which the enterprise sees you: 2 to 40 characters in one line",
        )
    }
}

/// A request in an operator's list.
#[derive(Debug)]
pub struct OfferedHelp {
    /// The request, and whether she offers.
    pub row: HelpRow,
    /// The name of the enterprise.
    pub enterprise: String,
    /// How it stands.
    pub standing: Standing,
}

/// A request as one operator sees it.
#[derive(Debug)]
pub struct OperatorHelp {
    /// The request.
    pub help: Help,
    /// The name of the enterprise.
    pub enterprise: String,
    /// How it stands.
    pub standing: Standing,
    /// Why the enterprise asks, while it waits for somebody or she gives the help.
    pub words: Option<String>,
    /// Whether her offer stands.
    pub offered: bool,
    /// Whether it was approved for her.
    pub hers: bool,
}

impl Platform {
    /// Lists what waits for an operator, and the help that was approved for the caller.
    ///
    /// # Errors
    /// [`AppError::Refused`] when her role gives no help.
    /// # Clause
    /// U2, R23
    pub async fn helps_offered(
        &self,
        caller: &OperatorCaller,
    ) -> Result<Vec<OfferedHelp>, AppError> {
        self.authorise_operator(caller, OperatorAction::GiveHelp)
            .await?;
        let (read, now) = (self.store().read(), self.now());
        let mut listed = Vec::new();
        for row in read.helps_for(caller.operator, now, SHOWN_MAX).await? {
            listed.push(OfferedHelp {
                enterprise: self.enterprise_name(row.help.asked.enterprise).await?,
                standing: row.help.standing(now),
                row,
            });
        }
        Ok(listed)
    }

    /// Shows a request that waits, or that was approved for the caller; why it was asked opens after a recorded view.
    ///
    /// # Errors
    /// [`AppError::Refused`] when her role gives no help; [`AppError::Missing`] when there is none for her.
    /// # Clause
    /// U2, R23
    pub async fn help_offered(
        &self,
        caller: &OperatorCaller,
        id: HelpId,
    ) -> Result<OperatorHelp, AppError> {
        self.authorise_operator(caller, OperatorAction::GiveHelp)
            .await?;
        let help = self.help_for(caller, id).await?;
        let standing = help.standing(self.now());
        let hers = is_hers(&help, caller);
        let words = if standing == Standing::Ended {
            None
        } else {
            let role = self.role_of(caller).await?;
            let view = decide_help_view(role, help.asked.enterprise)?;
            let view = self.view_as_operator(caller, view).await?;
            let words = self.store().help_words(&help).await?;
            words.and_then(|words| words.open(&view, Sink::Page, Clone::clone))
        };
        let offers = self.store().help_offers(&help).await?;
        let own = |it: &HelpOffer| it.operator == caller.operator;
        Ok(OperatorHelp {
            enterprise: self.enterprise_name(help.asked.enterprise).await?,
            offered: offers.iter().any(|it| own(it) && it.withdrawn.is_none()),
            standing,
            words,
            hers,
            help,
        })
    }

    /// Offers to help with a request that waits; who may approve it is told.
    ///
    /// # Errors
    /// [`AppError::Refused`] when her role gives no help; [`AppError::Missing`] when the request does not wait any more;
    /// [`AppError::Invalid`] when she offered before, or somebody else did under this name.
    /// # Clause
    /// U2, R23
    pub async fn offer_help(
        &self,
        caller: &OperatorCaller,
        id: HelpId,
        name: &HelpName,
    ) -> Result<HelpOfferId, AppError> {
        clause::hit!(U2);
        self.authorise_operator(caller, OperatorAction::GiveHelp)
            .await?;
        let help = self.help_for(caller, id).await?;
        for _ in 0..OFFER_TRIES {
            let offers = self.store().help_offers(&help).await?;
            let taken = |it: &HelpOffer| it.operator != caller.operator && it.is_under(&name.0);
            if offers.iter().any(taken) {
                return invalid(
                    "name",
                    "已有他人以此名字对该申请表示过意愿；请填写能与其区分的名字",
                    "somebody else offered for this request under this name; give one that tells you apart",
                );
            }
            if let Some(offer) = self.offer_beside(caller, &help, (name, &offers)).await? {
                return Ok(offer);
            }
        }
        invalid(
            "offer",
            "同一时刻有他人表示意愿；请再试一次",
            "others offered at the same moment; try again",
        )
    }

    /// Offers under a name that none of these offers bears; nothing is done when there are others by now.
    async fn offer_beside(
        &self,
        caller: &OperatorCaller,
        help: &Help,
        (name, offers): (&HelpName, &[HelpOffer]),
    ) -> Result<Option<HelpOfferId>, AppError> {
        let (store, id) = (self.store(), help.id);
        let sealed = store.seal_help_offer(help, caller.operator, &name.0);
        let sealed = sealed.await?;
        let news = self.tell_approvers(help, HelpNews::Offered).await?;
        let actor = store.account_pseudonym(caller.account).await?;
        let news = news.as_slice();
        let offered = store
            .run_tx("help.offer", async |tx: Tx| {
                let now = tx.read().find_help(id).await?;
                let waits = now.is_some_and(|it| it.standing(tx.now()) == Standing::Pending);
                if !waits {
                    return Err(missing());
                }
                tx.offer_help(&sealed, offers.len() as u64).await?;
                let body = json!({
                    "help": id, "enterprise": help.asked.enterprise, "offer": sealed.id(),
                    "operator": caller.operator, "told": told(news),
                });
                let noted = entry(&tx, "help.offered", &[ClauseId::u(2)], actor, body)?;
                tx.append_own(caller, &noted).await?;
                put(&tx, news).await
            })
            .await;
        match offered {
            Ok(()) => Ok(Some(sealed.id())),
            Err(AppError::Store(StoreError::Invalid { .. })) => Ok(None),
            Err(AppError::Store(StoreError::Conflict { .. })) => invalid(
                "offer",
                "您已对此申请表示过意愿，不能再次表示",
                "you offered for this request before, and offer once",
            ),
            Err(error) => Err(error),
        }
    }

    /// Takes an offer back, or gives up the help that was approved: it ends at once, and what runs under it is stopped.
    ///
    /// # Errors
    /// [`AppError::Missing`] when she neither offers nor helps any more.
    /// # Clause
    /// U2
    pub async fn give_up_help(&self, caller: &OperatorCaller, id: HelpId) -> Result<(), AppError> {
        clause::hit!(U2);
        self.role_of(caller).await?;
        let help = self.help_for(caller, id).await?;
        let actor = self.store().account_pseudonym(caller.account).await?;
        let hers = self
            .store()
            .run_tx("help.give_up", async |tx: Tx| {
                // Read here, so that she gives up what is approved for her at the same moment.
                let now = tx.read().find_help(id).await?;
                let hers = now.is_some_and(|it| is_hers(&it, caller));
                let stood = if hers {
                    tx.end_help(id, HelpEnd::GivenUp).await?
                } else {
                    tx.withdraw_help_offer(id, caller.operator).await?
                };
                if !stood {
                    return Err(missing());
                }
                let clauses = [ClauseId::u(2)];
                let noted = if hers {
                    let body = ended_body(&help, HelpEnd::GivenUp);
                    entry(&tx, "help.ended", &clauses, actor, body)?
                } else {
                    let body = json!({ "help": id, "enterprise": help.asked.enterprise });
                    entry(&tx, "help.offer_withdrawn", &clauses, actor, body)?
                };
                tx.append_own(caller, &noted).await?;
                Ok(hers)
            })
            .await?;
        if hers {
            self.stop_helped(id);
            self.tell_ended(&help, HelpNews::Ended).await;
        }
        Ok(())
    }

    /// Finds a request that waits for anybody, or that was approved for the caller.
    pub(super) async fn help_for(
        &self,
        caller: &OperatorCaller,
        id: HelpId,
    ) -> Result<Help, AppError> {
        let found = self.store().read().find_help(id).await?;
        let shown =
            found.filter(|it| is_hers(it, caller) || it.standing(self.now()) == Standing::Pending);
        shown.ok_or_else(missing)
    }

    /// Says whether whoever offered can still give the help.
    pub(super) async fn check_offer(
        &self,
        help: &Help,
        offer: HelpOfferId,
    ) -> Result<(), AppError> {
        let offers = self.store().help_offers(help).await?;
        let offer = offers
            .into_iter()
            .find(|it| it.id == offer && it.withdrawn.is_none());
        let offer = offer.ok_or(AppError::Missing { what: "offer" })?;
        let read = self.store().read();
        let operator = read.find_operator(offer.operator).await?;
        if let Some(operator) = operator {
            let account = read.find_account(operator.account).await?;
            let active = account.is_some_and(|it| it.standing == AccountStanding::Active);
            if active && operator_may(operator.role, OperatorAction::GiveHelp) {
                return Ok(());
            }
        }
        invalid(
            "offer",
            "此运营人员已不能提供协助；请批准其他人",
            "this operator cannot help any more; approve another one",
        )
    }
}

/// Says whether help was approved for an operator.
pub(super) fn is_hers(help: &Help, caller: &OperatorCaller) -> bool {
    let approved = help.approved.as_ref();
    approved.is_some_and(|(_, operator, _)| *operator == caller.operator)
}
