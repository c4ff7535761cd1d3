//! Every look under technical help, as the enterprise reads it: durable before anything is shown.

use std::collections::BTreeMap;
use std::time::Duration;

use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, prelude::Uuid};
use serde_json::{Value, json};
use yuntu_ledger::{Entry, EntryKind, Pseudonym};
use yuntu_policy::{HelpGrant, HelpRequest, HelpScope, Reason, RecordedHelp, Refusal, StopReason};
use yuntu_terms::{
    ClauseId, Digest, EnterpriseId, HelpId, HelpLookId, Id, OperatorId, PermitId, Pii, ReceiptId,
    Timestamp, clause,
};
use yuntu_vault::KeyScope;

use super::{Help, open, seal};
use crate::acts::Whose;
use crate::entity::{help_look, receipt};
use crate::error::StoreError;
use crate::limits::{Limit, Limited, Quota, used_up};
use crate::read::Reader;
use crate::rows::{Place, insert, moment, to_json};
use crate::store::Store;
use crate::tx::{LeafId, Tx};

/// How many looks of one operator may be refused, whosever help she names: each adds a line to an enterprise's log.
pub const HELP_REFUSALS_QUOTA: Quota = Quota::new(20, Duration::from_hours(1));

const TABLE: &str = "help_look";
const STATEMENT: &str = "statement_sealed";

/// A look that is to be recorded, with its statement sealed; made by [`Store::seal_help_look`].
#[derive(Debug, Clone)]
pub struct SealedHelpLook {
    id: HelpLookId,
    request: HelpRequest,
    statement: Option<(Vec<u8>, Digest)>,
}

/// A look that is to be recorded, and who looks.
#[derive(Debug)]
pub struct NewLook<'a> {
    /// The look.
    pub sealed: SealedHelpLook,
    /// The operator.
    pub who: (Pseudonym, Whose<'a>),
}

/// A look as the enterprise reads it.
#[derive(Debug)]
pub struct HelpLook {
    /// The id.
    pub id: HelpLookId,
    /// Who looked.
    pub operator: OperatorId,
    /// What was looked at.
    pub scope: HelpScope,
    /// The statement, where rows were.
    pub statement: Option<Pii<String>>,
    /// The permit that was asked for, where rows were.
    pub permit: Option<PermitId>,
    /// What became of it.
    pub outcome: HelpLookOutcome,
    /// When.
    pub at: Timestamp,
    /// The entry in the ledger.
    pub leaf: LeafId,
}

/// What became of a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HelpLookOutcome {
    /// It was refused; the refusal as it was told.
    Refused(Value),
    /// The structure was opened to her; whether the reading came to its end is not kept.
    Opened,
    /// Rows were permitted and there is no receipt: it still runs, or did not come to its end.
    Permitted,
    /// It was stopped on its way, and nothing was shown.
    Stopped(StopReason),
    /// Rows were shown.
    Done(ReceiptId),
}

impl Store {
    /// Seals a look with its statement, which may name people; the ledger has a keyed hash of it.
    ///
    /// # Errors
    /// [`StoreError::Vault`] or [`StoreError::Entropy`].
    ///
    /// # Clause
    /// U2, R22
    pub async fn seal_help_look(
        &self,
        request: &HelpRequest,
        statement: Option<&Pii<String>>,
    ) -> Result<SealedHelpLook, StoreError> {
        let id: HelpLookId = Id::generate(self.now(), &*self.database.entropy)?;
        let scope = KeyScope::Enterprise(request.enterprise);
        let statement = match statement {
            None => None,
            Some(text) => {
                let keys = self.vault.sealer(&scope).await?;
                let hasher = self.vault.hasher(&scope, "help_look.statement").await?;
                let sealed = seal(&keys, (TABLE, id.uuid().as_bytes(), STATEMENT), text)?;
                Some((sealed, text.digest(|text| hasher.digest(text.as_bytes()))?))
            }
        };
        Ok(SealedHelpLook {
            id,
            request: request.clone(),
            statement,
        })
    }

    /// Makes a decided look durable in the ledger, in the enterprise's log and in the operator's own, before anything is
    /// shown.
    ///
    /// # Errors
    /// A fault of the database; then nothing may be shown.
    ///
    /// # Clause
    /// U2, R23
    pub async fn record_help_look(
        &self,
        grant: HelpGrant,
        look: &NewLook<'_>,
    ) -> Result<RecordedHelp, StoreError> {
        clause::hit!(U2);
        self.run_tx("help.look", async |tx: Tx| {
            tx.write_look(Some(look), None, None).await
        })
        .await?;
        Ok(RecordedHelp::recorded(grant, look.sealed.id))
    }

    /// Records that a look was refused before rows were asked for.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// U2, R23
    pub async fn record_help_refusal(
        &self,
        look: &NewLook<'_>,
        refusal: &Refusal,
    ) -> Result<(), StoreError> {
        self.run_tx("help.refuse", async |tx: Tx| {
            tx.write_look(Some(look), None, Some(refusal)).await
        })
        .await
    }

    /// Lists a page of the looks under one help, newest first; `before` is the entry of the last one of the page before.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when a row cannot be read, [`StoreError::Vault`], or a fault of the database.
    ///
    /// # Clause
    /// U2
    pub async fn help_looks(
        &self,
        help: &Help,
        before: Option<LeafId>,
        limit: u64,
    ) -> Result<Vec<HelpLook>, StoreError> {
        let read = self.read();
        let rows = help_look::Entity::find()
            .filter(help_look::Column::HelpId.eq(help.id.uuid()))
            .filter(help_look::Column::LeafId.lt(before.map_or(i64::MAX, |leaf| leaf.0)))
            .order_by_desc(help_look::Column::LeafId)
            .limit(limit)
            .all(&read.link)
            .await?;
        let permits: Vec<Uuid> = rows.iter().filter_map(|row| row.permit_id).collect();
        let known = read.outcomes_of(help.asked.enterprise, &permits).await?;
        let scope = KeyScope::Enterprise(help.asked.enterprise);
        let keys = self.vault.unsealer(&scope).await?;
        rows.into_iter()
            .map(|row| {
                let place = |column| Place(TABLE, column);
                let outcome = match (&row.reasons, row.permit_id) {
                    (Some(refusal), _) => HelpLookOutcome::Refused(place("reasons").json(refusal)?),
                    (None, None) => HelpLookOutcome::Opened,
                    (None, Some(permit)) => known
                        .get(&permit)
                        .cloned()
                        .unwrap_or(HelpLookOutcome::Permitted),
                };
                let statement = row.statement_sealed;
                let statement = statement
                    .map(|bytes| open(&keys, (TABLE, row.id.as_bytes(), STATEMENT), bytes));
                Ok(HelpLook {
                    id: HelpLookId::from_uuid(row.id),
                    operator: OperatorId::from_uuid(row.operator_id),
                    scope: HelpScope::from_code(&row.scope).ok_or(place("scope").broken())?,
                    statement: statement.transpose()?,
                    permit: row.permit_id.map(PermitId::from_uuid),
                    outcome,
                    at: moment(row.looked_at),
                    leaf: LeafId(row.leaf_id),
                })
            })
            .collect()
    }
}

impl Reader {
    /// Finds what became of these permits of an enterprise, where something did.
    async fn outcomes_of(
        &self,
        enterprise: EnterpriseId,
        permits: &[Uuid],
    ) -> Result<BTreeMap<Uuid, HelpLookOutcome>, StoreError> {
        let ids: Vec<PermitId> = permits.iter().map(|id| PermitId::from_uuid(*id)).collect();
        let stops = self.stops_of(enterprise, &ids).await?.into_iter();
        let mut known: BTreeMap<Uuid, HelpLookOutcome> = stops
            .map(|stop| (stop.permit.uuid(), HelpLookOutcome::Stopped(stop.reason)))
            .collect();
        let receipts: Vec<(Uuid, Uuid)> = receipt::Entity::find()
            .select_only()
            .columns([receipt::Column::PermitId, receipt::Column::Id])
            .filter(receipt::Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(receipt::Column::PermitId.is_in(permits.iter().copied()))
            .into_tuple()
            .all(&self.link)
            .await?;
        known.extend(
            receipts
                .into_iter()
                .map(|(permit, id)| (permit, HelpLookOutcome::Done(ReceiptId::from_uuid(id)))),
        );
        Ok(known)
    }

    /// Says until when an operator looks at nothing, because too many of her looks were refused of late.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// U2
    pub async fn help_refusal_limit(
        &self,
        operator: OperatorId,
        now: Timestamp,
    ) -> Result<Option<Limit>, StoreError> {
        clause::hit!(U2);
        let hers = Condition::all()
            .add(help_look::Column::OperatorId.eq(operator.uuid()))
            .add(help_look::Column::Reasons.is_not_null());
        used_up::<help_look::Entity>(
            &self.link,
            (Limited::Operator, hers),
            help_look::Column::LookedAt,
            &[HELP_REFUSALS_QUOTA],
            now,
        )
        .await
    }

    /// Says under which technical help these permits were asked for, where they were.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// U2
    pub async fn helps_of(
        &self,
        permits: &[PermitId],
    ) -> Result<BTreeMap<PermitId, HelpId>, StoreError> {
        let found: Vec<(Option<Uuid>, Uuid)> = help_look::Entity::find()
            .select_only()
            .columns([help_look::Column::PermitId, help_look::Column::HelpId])
            .filter(help_look::Column::PermitId.is_in(permits.iter().map(|id| id.uuid())))
            .into_tuple()
            .all(&self.link)
            .await?;
        let found = found.into_iter();
        Ok(found
            .filter_map(|(permit, help)| {
                Some((PermitId::from_uuid(permit?), HelpId::from_uuid(help)))
            })
            .collect())
    }
}

impl Tx {
    /// Writes a look into the enterprise's log and into the operator's own, if there is one.
    pub(crate) async fn write_look(
        &self,
        look: Option<&NewLook<'_>>,
        permit: Option<PermitId>,
        refusal: Option<&Refusal>,
    ) -> Result<(), StoreError> {
        let Some(NewLook { sealed, who }) = look else {
            return Ok(());
        };
        clause::hit!(U2);
        let (actor, whose) = *who;
        let HelpRequest {
            claim,
            enterprise,
            scope,
        } = &sealed.request;
        let missing = refusal.map(|refusal| {
            let facts = refusal.reasons().map(|reason| reason.fact().code());
            facts.collect::<Vec<_>>()
        });
        let kind = match refusal {
            None => "help.looked",
            Some(_) => "help.look_refused",
        };
        let mut clauses: Vec<ClauseId> = refusal
            .map(|refusal| refusal.reasons().map(Reason::clause).collect())
            .unwrap_or_default();
        clauses.push(ClauseId::u(2));
        clauses.sort_unstable();
        clauses.dedup();
        let statement = sealed.statement.as_ref();
        let entry = Entry {
            kind: EntryKind::known(kind),
            at: self.now(),
            clauses,
            actor,
            body: json!({
                "look": sealed.id, "help": claim.help, "enterprise": enterprise, "scope": scope,
                "statement": statement.map(|(_, digest)| digest), "permit": permit,
                "missing": missing,
            }),
        };
        let leaf = self.append_own(whose, &entry).await?;
        let row = help_look::Model {
            id: sealed.id.uuid(),
            help_id: claim.help.uuid(),
            operator_id: claim.operator.uuid(),
            scope: scope.code().to_owned(),
            statement_sealed: statement.map(|(bytes, _)| bytes.clone()),
            permit_id: permit.map(PermitId::uuid),
            reasons: refusal.map(|it| to_json(it, "refusal")).transpose()?,
            leaf_id: leaf.0,
            looked_at: self.now().as_micros(),
        };
        insert(&self.link, row).await
    }
}
