use std::collections::BTreeSet;

use serde_json::{Value, json};
use yuntu_ledger::{Entry, EntryKind, Pseudonym};
use yuntu_policy::{
    Action, ActorFacts, Facts, HelpGrant, PageView, Reason, RecordedView, Refusal, Role, decide_act,
};
use yuntu_store::{SealedOrigin, Tx, Whose};
use yuntu_terms::{ApiTokenId, ClauseId, EnterpriseId, RepresentativeId};

use crate::error::AppError;
use crate::platform::Platform;
use crate::repeats::Once;

/// On whose behalf a use-case runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The enterprise.
    pub enterprise: EnterpriseId,
    /// The representative who acts for it.
    pub representative: RepresentativeId,
    /// From where the person acts, for her own log.
    pub(crate) origin: Option<SealedOrigin>,
    /// What the token is good for by which a program acts for her.
    pub(crate) scopes: Option<BTreeSet<Action>>,
    /// The token by which a program acts for her: what runs ends with it.
    pub(crate) token: Option<ApiTokenId>,
    /// The request with which something is asked that is to be done once.
    pub(crate) once: Option<Once>,
}

impl Caller {
    /// Names who acts in a seat, from a place that is not known, as at the command line.
    #[must_use]
    pub const fn of(enterprise: EnterpriseId, representative: RepresentativeId) -> Self {
        Self {
            enterprise,
            representative,
            origin: None,
            scopes: None,
            token: None,
            once: None,
        }
    }

    /// Names in whose seat an operator's look is decided: that of who approved the help. Nothing but a decided look leads from
    /// somebody who works for the platform into an enterprise.
    ///
    /// # Clause
    /// U2
    pub(crate) const fn helped(grant: &HelpGrant) -> Self {
        Self::of(grant.request().enterprise, grant.by())
    }

    /// Adds the key of the request: what the caller does with it is done once.
    #[must_use]
    pub fn once(self, once: Option<Once>) -> Self {
        Self { once, ..self }
    }

    /// Names the caller where nothing is done, so that no key is used up.
    fn only_noted(&self) -> Whose<'_> {
        Whose::of_seat(self.representative, self.origin.as_ref())
    }

    /// Adds to what is known of the person what her token is good for.
    pub(crate) fn limited(&self, mut actor: ActorFacts) -> ActorFacts {
        actor.scopes.clone_from(&self.scopes);
        actor
    }

    /// Says whether a program acts, by a token.
    #[must_use]
    pub const fn is_program(&self) -> bool {
        self.scopes.is_some()
    }
}

impl<'a> From<&'a Caller> for Whose<'a> {
    fn from(caller: &'a Caller) -> Self {
        let once = caller.once.as_ref();
        caller.only_noted().claiming(once.map(|once| &once.claim))
    }
}

impl Platform {
    /// Asks the policy whether the caller may do something that moves no data. A refusal is in the ledger and in the caller's
    /// own log before it is told.
    ///
    /// # Errors
    /// [`AppError::Refused`] with clause, fact and remedy.
    /// # Clause
    /// R1, R3, R23
    pub async fn authorise(&self, caller: &Caller, action: Action) -> Result<Role, AppError> {
        let facts = self.facts_of(caller).await?;
        match decide_act(action, caller.enterprise, caller.representative, &facts) {
            Ok(role) => {
                if let Some(once) = &caller.once {
                    once.needs(action);
                }
                Ok(role)
            }
            Err(refusal) => Err(self.refuse(caller, action, refusal).await?),
        }
    }

    /// Says whether the caller may do something, for a page that offers it or does not; nothing is noted.
    ///
    /// # Errors
    /// [`AppError::Store`] when the facts cannot be read.
    /// # Clause
    /// R23
    pub async fn can(&self, caller: &Caller, action: Action) -> Result<bool, AppError> {
        let facts = self.facts_of(caller).await?;
        Ok(decide_act(action, caller.enterprise, caller.representative, &facts).is_ok())
    }

    /// Picks of several acts those that the caller may do.
    ///
    /// # Errors
    /// As [`Platform::can`].
    /// # Clause
    /// R23
    pub async fn able(
        &self,
        caller: &Caller,
        actions: impl Iterator<Item = Action> + Send,
    ) -> Result<BTreeSet<Action>, AppError> {
        let facts = self.facts_of(caller).await?;
        let may = |action: &Action| {
            decide_act(*action, caller.enterprise, caller.representative, &facts).is_ok()
        };
        Ok(actions.filter(may).collect())
    }

    /// Tells what the policy looks at of a caller who does something that moves no data.
    pub(crate) async fn facts_of(&self, caller: &Caller) -> Result<Facts, AppError> {
        let (reader, now) = (self.store().facts(), self.now());
        let actor = reader
            .actor(caller.enterprise, caller.representative, now)
            .await?;
        Ok(Facts {
            enterprise: reader.enterprise(caller.enterprise).await?,
            actor: actor.map(|actor| caller.limited(actor)),
            ..Facts::nothing(now)
        })
    }

    /// Notes in the ledger and in the person's own log that an act is refused to her; returns what she is told.
    pub(crate) async fn refuse(
        &self,
        caller: &Caller,
        action: Action,
        refusal: Refusal,
    ) -> Result<AppError, AppError> {
        let read = self.store().read();
        let seat = read.find_representative(caller.enterprise, caller.representative);
        if seat.await?.is_none() {
            // An id that names nobody, as somebody may type it at the command line.
            return Ok(refusal.into());
        }
        let actor = self.pseudonym(caller).await?;
        let body = json!({
            "enterprise": caller.enterprise, "action": action, "missing": missing_of(&refusal),
        });
        self.note_refused((actor, caller.only_noted()), &clauses_of(&refusal), body)
            .await?;
        Ok(refusal.into())
    }

    /// Makes it durable that the caller looks at a page of what is kept sealed, before it is opened.
    pub(crate) async fn view_as(
        &self,
        caller: &Caller,
        view: PageView,
    ) -> Result<RecordedView, AppError> {
        let who = (self.pseudonym(caller).await?, caller.only_noted());
        Ok(self.store().record_view(view, who).await?)
    }

    pub(crate) async fn note_refused(
        &self,
        (actor, whose): (Pseudonym, Whose<'_>),
        clauses: &[ClauseId],
        body: Value,
    ) -> Result<(), AppError> {
        self.store()
            .run_tx("act.refuse", async |tx: Tx| {
                let refused = entry(&tx, "act.refused", clauses, actor, body.clone())?;
                tx.append_own(whose, &refused).await?;
                Ok(())
            })
            .await
    }

    pub(crate) async fn pseudonym(&self, caller: &Caller) -> Result<Pseudonym, AppError> {
        Ok(self.store().pseudonym(caller.representative).await?)
    }
}

/// Lists the clauses that refuse something.
pub(crate) fn clauses_of(refusal: &Refusal) -> Vec<ClauseId> {
    let mut clauses: Vec<ClauseId> = refusal.reasons().map(Reason::clause).collect();
    clauses.sort_unstable();
    clauses.dedup();
    clauses
}

/// Lists the facts for want of which something was refused, by their codes.
pub(crate) fn missing_of(refusal: &Refusal) -> Vec<&'static str> {
    refusal
        .reasons()
        .map(|reason| reason.fact().code())
        .collect()
}

/// Makes the ledger entry of an act that a transaction does.
pub(crate) fn entry(
    tx: &Tx,
    kind: &'static str,
    clauses: &[ClauseId],
    actor: Pseudonym,
    body: Value,
) -> Result<Entry, AppError> {
    let kind = kind.parse().map_err(|_kind| AppError::Internal {
        what: "kind of entry",
    })?;
    Ok(Entry {
        kind: EntryKind::clone(&kind),
        at: tx.now(),
        clauses: clauses.to_vec(),
        actor,
        body,
    })
}
