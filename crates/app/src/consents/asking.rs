//! Whom another purpose would reach, and the list of those to ask for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use yuntu_consent::{Question, SubjectSet, WhatIf};
use yuntu_engine::{Audience, AudienceQuery, Everyone, Query, QueryResult};
use yuntu_lake::IdentifierKind;
use yuntu_policy::{Action, PermitDataset, Wants, consent_kind};
use yuntu_store::Tx;
use yuntu_terms::{
    ClauseId, ConsentKind, DatasetId, InstructionId, Operation, Purpose, ReceiptId, Recipient,
    clause,
};

use crate::caller::{Caller, entry};
use crate::error::{AppError, Said};
use crate::platform::Platform;
use crate::running::Entered;
use crate::runs::{Ask, Ground};

mod list;

use list::Listed;

pub use list::AskList;

/// The name under which the one dataset stands.
const PEOPLE: &str = "people";

/// A wish to use a dataset for more than its people agreed to.
///
/// # Clause
/// U4
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Widening {
    /// The dataset.
    pub dataset: DatasetId,
    /// The purpose to which those who are asked agreed already.
    pub agreed: Purpose,
    /// The instruction to work for that purpose.
    pub instruction: InstructionId,
    /// The purpose that is wanted.
    pub wanted: Purpose,
    /// What would be done for it.
    pub operation: Operation,
    /// Who would receive the result.
    pub recipient: Recipient,
}

/// How many people of a dataset another purpose would reach, how many are to be asked, and how many said no.
///
/// # Units
/// Distinct people; `people` is the sum of `reached`, `to_ask`, `declined` and `barred`.
/// # Clause
/// U4
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// Everybody with a row.
    pub people: u64,
    /// Those who agreed to the purpose of the instruction.
    pub agreed: u64,
    /// Those whom the wanted purpose reaches at once.
    pub reached: u64,
    /// Those who lack consent and have not said no.
    pub to_ask: u64,
    /// Those of them who agreed to the purpose of the instruction: they may be asked by a list.
    pub to_ask_listed: u64,
    /// Those who said no or took their consent back: they are not asked again.
    pub declined: u64,
    /// Those whom no consent would admit: erased, restricted, minors.
    pub barred: u64,
}

impl Platform {
    /// Says how many people of a dataset another purpose would reach.
    ///
    /// # Errors
    /// As [`Platform::run`]; a refusal comes as [`AppError::Refused`].
    /// # Clause
    /// U4
    pub async fn consent_reach(&self, caller: &Caller, wish: &Widening) -> Result<Reach, AppError> {
        clause::hit!(U4);
        let (ground, _ask, _entered) = self.ground_of(caller, wish).await?;
        let found = self.find_reach(caller, &ground, wish).await?;
        Ok(found.reach)
    }

    /// Exports the list of those to ask for another purpose, to the enterprise only: under a permit for the purpose they did
    /// agree to, with a receipt, in the ledger before the first identifier leaves.
    ///
    /// # Errors
    /// As [`Platform::run`]; [`AppError::Invalid`] when there is nobody to ask.
    /// # Clause
    /// U2, U4, R23
    pub async fn list_to_ask(
        &self,
        caller: &Caller,
        wish: &Widening,
        kind: IdentifierKind,
    ) -> Result<AskList, AppError> {
        clause::hit!(U4);
        self.authorise(caller, Action::RecordConsent).await?;
        let (ground, ask, entered) = self.ground_of(caller, wish).await?;
        let done = match Box::pin(self.run_on(caller, &ask, &ground, &entered)).await {
            Ok(done) => done,
            Err(AppError::Stopped(reason)) => {
                let permit = ground.permit.id();
                self.record_stop(caller, permit, reason).await?;
                return Err(AppError::Stopped(reason));
            }
            Err(error) => return Err(error),
        };
        let receipt = done.receipt;
        let QueryResult::People(admitted) = &done.outcome.result else {
            return Err(AppError::Internal {
                what: "result of an audience",
            });
        };
        let found = self.find_reach(caller, &ground, wish).await?;
        let left = found.what_if.to_ask.bitmap() & admitted.bitmap();
        if left.is_empty() {
            return Err(AppError::Invalid {
                what: "list",
                reason: Said::new(
                    "没有可以征询的人：其余的人已同意、已拒绝，或未同意本指示的目的",
                    "there is nobody to ask: the others agreed, said no, or did not agree to the purpose of the instruction",
                ),
            });
        }
        let lake = &self.inner.lake;
        let left = lake.with_originals(caller.enterprise, &left, &kind).await?;
        if left.is_empty() {
            return Err(AppError::Invalid {
                what: "list",
                reason: Said::new(
                    "应征询的人都没有加密保留的此类标识：请将其再次导入为新数据集，并为该标识字段选择“加密保留”",
                    "none of those to ask has such an identifier that is kept sealed: bring them in once more as a new dataset, and choose for its column that it is kept",
                ),
            });
        }
        let people = left.len();
        self.note_list(caller, wish, (people, receipt)).await?;
        let listed = Listed {
            agreed: agreed(&ground, wish)?,
            uploaded: Arc::clone(uploaded(&ground)?),
            found,
            kind,
            left,
            receipt,
        };
        let under = (ground, &entered);
        Ok(AskList::begin(self, caller, under, wish, listed))
    }

    async fn note_list(
        &self,
        caller: &Caller,
        wish: &Widening,
        (people, receipt): (u64, ReceiptId),
    ) -> Result<(), AppError> {
        let actor = self.pseudonym(caller).await?;
        self.store()
            .run_tx("consent.list", async |tx: Tx| {
                let body = json!({
                    "enterprise": caller.enterprise, "dataset": wish.dataset,
                    "instruction": wish.instruction, "agreed": wish.agreed,
                    "wanted": wish.wanted, "operation": wish.operation,
                    "recipient": wish.recipient, "people": people, "receipt": receipt,
                });
                let clauses = [ClauseId::u(2), ClauseId::u(4)];
                let exported = entry(&tx, "consent.list_exported", &clauses, actor, body)?;
                tx.append_own(caller, &exported).await?;
                Ok(())
            })
            .await
    }

    /// Asks for the permit: for the purpose that people did agree to, and never for the one that is wanted.
    async fn ground_of(
        &self,
        caller: &Caller,
        wish: &Widening,
    ) -> Result<(Ground, Ask, Entered), AppError> {
        if self.statement().purpose(&wish.wanted).is_none() {
            return Err(AppError::Invalid {
                what: "purpose",
                reason: Said::new("声明中没有此目的", "the statement has no such purpose"),
            });
        }
        let ask = Ask {
            purpose: wish.agreed.clone(),
            operation: Operation::Process,
            recipient: Recipient::Enterprise,
            instruction: wish.instruction,
            exception: None,
            datasets: BTreeMap::from([(PEOPLE.to_owned(), wish.dataset)]),
            wants: Wants::default(),
            query: Query::Audience(AudienceQuery {
                audience: Audience::Everyone(Everyone {}),
            }),
            rules: BTreeMap::new(),
            as_of: self.now(),
        };
        self.check_recipients(caller, [wish.recipient]).await?;
        let entered = self.enter_run(caller, &ask, None)?;
        let ground = self.ground(caller, &ask, &entered).await?;
        Ok((ground.map_err(AppError::Refused)?, ask, entered))
    }

    /// Returns the kind of consent that the wish takes; a recipient abroad takes separate consent.
    async fn kind_wanted(
        &self,
        caller: &Caller,
        ground: &Ground,
        wish: &Widening,
    ) -> Result<ConsentKind, AppError> {
        clause::hit!(R13);
        let rule = self.purpose_facts(&wish.wanted);
        let to = match wish.recipient {
            Recipient::Partner(id) => {
                let facts = self.store().facts();
                let partner = facts.partner(caller.enterprise, id).await?;
                partner.and_then(|it| it.region)
            }
            Recipient::Enterprise | Recipient::Public => None,
        };
        let from = ground
            .permit
            .dataset(wish.dataset)
            .map(PermitDataset::region);
        // A partner whose region nobody knows may be abroad.
        let abroad = matches!(wish.recipient, Recipient::Partner(_));
        let crosses = abroad && to.zip(from).is_none_or(|(to, from)| to != from);
        let purpose = rule.and_then(|it| it.consent);
        Ok(consent_kind(wish.operation, purpose, crosses))
    }

    async fn find_reach(
        &self,
        caller: &Caller,
        ground: &Ground,
        wish: &Widening,
    ) -> Result<Found, AppError> {
        let agreed = agreed(ground, wish)?;
        let kind = self.kind_wanted(caller, ground, wish).await?;
        let question = Question {
            purpose: wish.wanted.clone(),
            operation: wish.operation,
            recipient: wish.recipient,
            kind,
            ..agreed.clone()
        };
        let uploaded = uploaded(ground)?;
        let consent = &ground.input.consent;
        let what_if = consent.what_if(&question, uploaded);
        let allowed = consent.allowed(&agreed).and(uploaded);
        let reach = Reach {
            people: uploaded.len(),
            agreed: allowed.len(),
            reached: what_if.admitted.len(),
            to_ask: what_if.to_ask.len(),
            to_ask_listed: what_if.to_ask.and(&allowed).len(),
            declined: what_if.declined.len(),
            barred: what_if.barred.len(),
        };
        Ok(Found {
            question,
            what_if,
            reach,
        })
    }
}

/// Says what the permit asks of consent.
fn agreed(ground: &Ground, wish: &Widening) -> Result<Question, AppError> {
    let question = ground
        .permit
        .question(wish.dataset, ground.input.population);
    question.ok_or(AppError::Internal {
        what: "the dataset of a permit",
    })
}

/// Returns everybody with a row.
fn uploaded(ground: &Ground) -> Result<&Arc<SubjectSet>, AppError> {
    let datasets = &ground.input.datasets;
    let uploaded = datasets.first().map(|it| &it.uploaded);
    uploaded.ok_or(AppError::Internal {
        what: "the dataset of a permit",
    })
}

/// What was found of a wish.
struct Found {
    question: Question,
    what_if: WhatIf,
    reach: Reach,
}
