use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use yuntu_policy::{
    HelpApproval, HelpEnd, HelpFacts, OperatorAction, Period, Standing, operator_may,
};
use yuntu_terms::{
    DatasetId, EnterpriseId, HelpId, HelpOfferId, InstructionId, OperatorId, Pii, RepresentativeId,
    Timestamp,
};
use yuntu_vault::KeyScope;

use super::{Help, HelpOffer, NAME, NewHelp, OFFERS, TABLE, WORDS, open};
use crate::accounts::AccountStanding;
use crate::entity::{help_offer, help_request};
use crate::error::StoreError;
use crate::facts::FactReader;
use crate::read::Reader;
use crate::rows::{Place, moment, moment_if};
use crate::store::Store;

/// How many offers of a request are read; far more than there are operators.
const OFFERS_MAX: u64 = 200;

/// A request for help as it stands in a list of an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpRow {
    /// The request.
    pub help: Help,
    /// Whether she offers.
    pub offered: bool,
}

impl Store {
    /// Opens why an enterprise asks for help.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when the value was moved or changed, or a fault of the database.
    ///
    /// # Clause
    /// U2
    pub async fn help_words(&self, help: &Help) -> Result<Option<Pii<String>>, StoreError> {
        let row = help_request::Entity::find_by_id(help.id.uuid());
        let Some(row) = row.one(&self.read().link).await? else {
            return Ok(None);
        };
        let scope = KeyScope::Enterprise(EnterpriseId::from_uuid(row.enterprise_id));
        let keys = self.vault.unsealer(&scope).await?;
        open(&keys, (TABLE, row.id.as_bytes(), WORDS), row.words_sealed).map(Some)
    }

    /// Lists who offers to help, the first first, with the names under which the enterprise sees them.
    ///
    /// # Errors
    /// As [`Store::help_words`].
    ///
    /// # Clause
    /// U2
    pub async fn help_offers(&self, help: &Help) -> Result<Vec<HelpOffer>, StoreError> {
        let rows = help_offer::Entity::find()
            .filter(help_offer::Column::HelpId.eq(help.id.uuid()))
            .order_by_asc(help_offer::Column::OfferedAt)
            .limit(OFFERS_MAX)
            .all(&self.read().link)
            .await?;
        let scope = KeyScope::Enterprise(help.asked.enterprise);
        let keys = self.vault.unsealer(&scope).await?;
        rows.into_iter()
            .map(|row| {
                Ok(HelpOffer {
                    id: HelpOfferId::from_uuid(row.id),
                    operator: OperatorId::from_uuid(row.operator_id),
                    name: open(&keys, (OFFERS, row.id.as_bytes(), NAME), row.name_sealed)?,
                    offered: moment(row.offered_at),
                    withdrawn: moment_if(row.withdrawn_at),
                })
            })
            .collect()
    }
}

impl Reader {
    /// Finds a request for help, whoever asked.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when the row cannot be read, or a fault of the database.
    pub async fn find_help(&self, id: HelpId) -> Result<Option<Help>, StoreError> {
        let row = help_request::Entity::find_by_id(id.uuid());
        let row = row.one(&self.link).await?;
        row.as_ref().map(help_of).transpose()
    }

    /// Lists a page of an enterprise's requests for help, newest first; `before` is the last of the page before.
    ///
    /// # Errors
    /// As [`Reader::find_help`].
    pub async fn list_helps(
        &self,
        enterprise: EnterpriseId,
        before: Option<HelpId>,
        limit: u64,
    ) -> Result<Vec<Help>, StoreError> {
        let mut query = help_request::Entity::find()
            .filter(help_request::Column::EnterpriseId.eq(enterprise.uuid()))
            // An id begins with its moment.
            .order_by_desc(help_request::Column::Id)
            .limit(limit);
        if let Some(before) = before {
            query = query.filter(help_request::Column::Id.lt(before.uuid()));
        }
        let rows = query.all(&self.link).await?;
        rows.iter().map(help_of).collect()
    }

    /// Lists the requests that wait for an operator, and those that one was approved for, newest first.
    ///
    /// # Errors
    /// As [`Reader::find_help`].
    pub async fn helps_for(
        &self,
        operator: OperatorId,
        now: Timestamp,
        limit: u64,
    ) -> Result<Vec<HelpRow>, StoreError> {
        use help_request::Column;
        let waits = Condition::all()
            .add(Column::ApprovedAt.is_null())
            .add(Column::EndedAt.is_null())
            .add(Column::WaitsUntil.gt(now.as_micros()));
        let rows = help_request::Entity::find()
            .filter(
                Condition::any()
                    .add(waits)
                    .add(Column::OperatorId.eq(operator.uuid())),
            )
            .order_by_desc(Column::Id)
            .limit(limit)
            .all(&self.link)
            .await?;
        let offered = help_offer::Entity::find()
            .filter(help_offer::Column::OperatorId.eq(operator.uuid()))
            .filter(help_offer::Column::HelpId.is_in(rows.iter().map(|row| row.id)))
            .filter(help_offer::Column::WithdrawnAt.is_null())
            .all(&self.link)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(HelpRow {
                    help: help_of(row)?,
                    offered: offered.iter().any(|offer| offer.help_id == row.id),
                })
            })
            .collect()
    }

    /// Lists help that is over by time and was not noted as ended yet.
    ///
    /// # Errors
    /// As [`Reader::find_help`].
    ///
    /// # Clause
    /// U2
    pub async fn helps_over(&self, now: Timestamp) -> Result<Vec<Help>, StoreError> {
        use help_request::Column;
        let now = now.as_micros();
        let lapsed = Condition::all()
            .add(Column::ApprovedAt.is_null())
            .add(Column::WaitsUntil.lte(now));
        let over = Condition::any()
            .add(lapsed)
            .add(Column::ApprovedUntil.lte(now));
        let rows = help_request::Entity::find()
            .filter(Column::EndedAt.is_null())
            .filter(over)
            .order_by_asc(Column::Id)
            .limit(100)
            .all(&self.link)
            .await?;
        rows.iter().map(help_of).collect()
    }
}

impl FactReader {
    /// Tells of a request for help at this moment, and of the operator who was approved.
    ///
    /// # Errors
    /// As [`FactReader::gather`].
    ///
    /// # Clause
    /// U2
    pub async fn help(&self, id: HelpId, now: Timestamp) -> Result<Option<HelpFacts>, StoreError> {
        let Some(help) = self.reader().find_help(id).await? else {
            return Ok(None);
        };
        let standing = help.standing(now);
        let approval = match help.approved {
            Some(approved) => Some(self.approval(approved).await?),
            None => None,
        };
        Ok(Some(HelpFacts {
            id,
            enterprise: help.asked.enterprise,
            datasets: help.asked.datasets,
            instruction: help.asked.instruction,
            purpose: help.asked.purpose,
            scopes: help.asked.scopes.into_iter().collect(),
            standing: Some(standing),
            approval,
        }))
    }

    /// Tells how help stands at this moment, as far as the operator who was approved can still act and her role gives help.
    pub(crate) async fn help_standing(
        &self,
        id: HelpId,
        now: Timestamp,
    ) -> Result<Option<Standing>, StoreError> {
        let facts = self.help(id, now).await?;
        Ok(facts.and_then(|facts| match facts.standing {
            Some(Standing::Active) => {
                let approval = facts.approval?;
                let helps = |role| operator_may(role, OperatorAction::GiveHelp);
                if approval.role.is_some_and(helps) {
                    approval.operator_standing
                } else {
                    Some(Standing::Ended)
                }
            }
            standing => standing,
        }))
    }

    async fn approval(
        &self,
        (by, operator, period): (RepresentativeId, OperatorId, Period),
    ) -> Result<HelpApproval, StoreError> {
        let found = self.reader().find_operator(operator).await?;
        let account = match &found {
            Some(found) => self.reader().find_account(found.account).await?,
            None => None,
        };
        // Whoever may not sign in looks at nothing either, nor does what she asked for run on.
        let operator_standing = account.map(|account| match account.standing {
            AccountStanding::Active => Standing::Active,
            AccountStanding::Suspended => Standing::Frozen,
            AccountStanding::Closed => Standing::Ended,
        });
        Ok(HelpApproval {
            by,
            period,
            operator,
            role: found.map(|found| found.role),
            operator_standing,
        })
    }
}

fn help_of(row: &help_request::Model) -> Result<Help, StoreError> {
    let place = |column| Place(TABLE, column);
    let period = moment_if(row.approved_at).zip(moment_if(row.approved_until));
    let approved = row.approved_by.zip(row.operator_id).zip(period);
    let ended_as = row.ended_as.as_deref();
    let ended_as = ended_as
        .map(|code| HelpEnd::from_code(code).ok_or(place("ended_as").broken()))
        .transpose()?;
    let datasets: Vec<DatasetId> = place("datasets").json(&row.datasets)?;
    Ok(Help {
        id: HelpId::from_uuid(row.id),
        asked: NewHelp {
            enterprise: EnterpriseId::from_uuid(row.enterprise_id),
            by: RepresentativeId::from_uuid(row.representative_id),
            datasets,
            instruction: InstructionId::from_uuid(row.instruction_id),
            purpose: place("purpose").parse(&row.purpose)?,
            scopes: place("scopes").json(&row.scopes)?,
        },
        asked_at: moment(row.asked_at),
        waits_until: moment(row.waits_until),
        approved: approved.map(|((by, operator), (from, until))| {
            (
                RepresentativeId::from_uuid(by),
                OperatorId::from_uuid(operator),
                Period { from, until },
            )
        }),
        ended: ended_as.zip(moment_if(row.ended_at)),
    })
}
