//! The work that cites an instruction: permits with their receipts, and refusals.

use std::collections::BTreeMap;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, prelude::Uuid};
use serde_json::Value;
use yuntu_policy::{MissingFact, StopReason};
use yuntu_terms::{
    DatasetId, EnterpriseId, ExceptionUseId, HelpId, InstructionId, Operation, PartnerId, PermitId,
    Purpose, ReceiptId, Recipient, RepresentativeId, Timestamp,
};

use crate::entity::{permit, receipt, refusal};
use crate::error::StoreError;
use crate::read::Reader;
use crate::recipients::{recipient_code, recipient_of};
use crate::rows::{Place, moment};
use crate::tx::LeafId;

/// What a piece of work cites.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cited {
    /// The instruction on which it is done.
    Instruction(InstructionId),
    /// The use of an exception that it claims.
    Exception(ExceptionUseId),
    /// The partner who is to receive the result.
    Partner(PartnerId),
}

/// A piece of work that cites an instruction, and perhaps an exception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CitedWork {
    /// The permit that was asked for.
    pub permit: PermitId,
    /// Who asked.
    pub by: RepresentativeId,
    /// What for.
    pub purpose: Purpose,
    /// What is done.
    pub operation: Operation,
    /// To whom the result goes.
    pub recipient: Recipient,
    /// When it was decided.
    pub decided: Timestamp,
    /// What became of it.
    pub outcome: CitedOutcome,
    /// The first dataset for which consent was missing, where that alone refused it.
    pub unconsented: Option<DatasetId>,
    /// Under which technical help an operator looked, where one did.
    pub help: Option<HelpId>,
    /// The entry of the decision in the ledger.
    pub leaf: LeafId,
}

/// What became of a piece of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CitedOutcome {
    /// It was refused.
    Refused,
    /// It was permitted and has no receipt: it still runs, or did not come to its end.
    Permitted,
    /// It was stopped on its way.
    Stopped(StopReason),
    /// It was done.
    Done(ReceiptId),
}

impl Reader {
    /// Lists the newest work that cites an instruction or the use of an exception of this enterprise, or whose result a partner
    /// is to receive, newest first, in five statements; `before` is the entry of the last one of the page before.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when a row cannot be read, or a fault of the database.
    ///
    /// # Clause
    /// U2, R23
    pub async fn list_cited_work(
        &self,
        enterprise: EnterpriseId,
        cited: Cited,
        before: Option<LeafId>,
        limit: u64,
    ) -> Result<Vec<CitedWork>, StoreError> {
        let before = before.map_or(i64::MAX, |leaf| leaf.0);
        let (of_permit, of_refusal) = match cited {
            Cited::Instruction(id) => (
                permit::Column::InstructionId.eq(id.uuid()),
                refusal::Column::InstructionId.eq(id.uuid()),
            ),
            Cited::Exception(id) => (
                permit::Column::ExceptionId.eq(id.uuid()),
                refusal::Column::ExceptionId.eq(id.uuid()),
            ),
            Cited::Partner(id) => (
                permit::Column::Recipient.eq(recipient_code(Recipient::Partner(id))),
                refusal::Column::Recipient.eq(recipient_code(Recipient::Partner(id))),
            ),
        };
        let permits = permit::Entity::find()
            .filter(permit::Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(of_permit)
            .filter(permit::Column::LeafId.lt(before))
            .order_by_desc(permit::Column::LeafId)
            .limit(limit)
            .all(&self.link)
            .await?;
        let refusals = refusal::Entity::find()
            .filter(refusal::Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(of_refusal)
            .filter(refusal::Column::LeafId.lt(before))
            .order_by_desc(refusal::Column::LeafId)
            .limit(limit)
            .all(&self.link)
            .await?;
        let receipts = self.receipts_by_permit(&permits).await?;
        let ids: Vec<PermitId> = permits
            .iter()
            .map(|row| PermitId::from_uuid(row.id))
            .collect();
        let stops = self.stops_of(enterprise, &ids).await?;
        let stops: BTreeMap<Uuid, StopReason> = stops
            .into_iter()
            .map(|stop| (stop.permit.uuid(), stop.reason))
            .collect();
        let mut work = Vec::with_capacity(permits.len() + refusals.len());
        for row in permits {
            let outcome = match (receipts.get(&row.id), stops.get(&row.id)) {
                (Some(receipt), _) => CitedOutcome::Done(*receipt),
                (None, Some(reason)) => CitedOutcome::Stopped(*reason),
                (None, None) => CitedOutcome::Permitted,
            };
            work.push(permitted(&row, outcome)?);
        }
        for row in refusals {
            work.push(refused(&row)?);
        }
        work.sort_unstable_by_key(|it| std::cmp::Reverse(it.leaf));
        work.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let ids: Vec<PermitId> = work.iter().map(|it| it.permit).collect();
        let helps = self.helps_of(&ids).await?;
        for it in &mut work {
            it.help = helps.get(&it.permit).copied();
        }
        Ok(work)
    }

    async fn receipts_by_permit(
        &self,
        permits: &[permit::Model],
    ) -> Result<BTreeMap<Uuid, ReceiptId>, StoreError> {
        let found: Vec<(Uuid, Uuid)> = receipt::Entity::find()
            .select_only()
            .column(receipt::Column::PermitId)
            .column(receipt::Column::Id)
            .filter(receipt::Column::PermitId.is_in(permits.iter().map(|row| row.id)))
            .into_tuple()
            .all(&self.link)
            .await?;
        let found = found.into_iter();
        Ok(found
            .map(|(permit, id)| (permit, ReceiptId::from_uuid(id)))
            .collect())
    }
}

fn permitted(row: &permit::Model, outcome: CitedOutcome) -> Result<CitedWork, StoreError> {
    let place = |column| Place("permit", column);
    Ok(CitedWork {
        permit: PermitId::from_uuid(row.id),
        by: RepresentativeId::from_uuid(row.representative_id),
        purpose: place("purpose").parse(&row.purpose)?,
        operation: place("operation").parse(&row.operation)?,
        recipient: recipient_of(&row.recipient).ok_or(place("recipient").broken())?,
        decided: moment(row.decided_at),
        outcome,
        unconsented: None,
        help: None,
        leaf: LeafId(row.leaf_id),
    })
}

fn refused(row: &refusal::Model) -> Result<CitedWork, StoreError> {
    let place = |column| Place("refusal", column);
    Ok(CitedWork {
        permit: PermitId::from_uuid(row.permit_id),
        by: RepresentativeId::from_uuid(row.representative_id),
        purpose: place("purpose").parse(&row.purpose)?,
        operation: place("operation").parse(&row.operation)?,
        recipient: recipient_of(&row.recipient).ok_or(place("recipient").broken())?,
        decided: moment(row.decided_at),
        outcome: CitedOutcome::Refused,
        unconsented: unconsented(&place("reasons").json(&row.reasons)?),
        help: None,
        leaf: LeafId(row.leaf_id),
    })
}

/// Finds the first dataset that lacks consent among reasons as they were told, where nothing else was missing.
fn unconsented(told: &Value) -> Option<DatasetId> {
    let reasons = told.get("reasons").and_then(Value::as_array)?;
    let lacks = |reason: &Value| {
        let fact = reason.get("fact").and_then(Value::as_str);
        fact == Some(MissingFact::Consent.code())
    };
    let about = |reason: &Value| reason.get("about")?.get("dataset")?.as_str()?.parse().ok();
    reasons
        .iter()
        .all(lacks)
        .then(|| reasons.iter().find_map(about))
        .flatten()
}
