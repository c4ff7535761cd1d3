use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, prelude::Uuid};
use yuntu_policy::Standing;
use yuntu_terms::{
    ApiTokenId, DatasetId, EnterpriseId, ExceptionUseId, HelpId, InstructionId, PartnerId,
    RepresentativeId, Timestamp,
};

use crate::enterprises::standing_of;
use crate::entity::{api_token, dataset, enterprise, exception_use, instruction};
use crate::error::StoreError;
use crate::exceptions;
use crate::measures::Measure;
use crate::read::Reader;
use crate::rows::moment;

/// On what work stands that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StandsOn {
    /// The enterprises for which it is done.
    pub enterprises: BTreeSet<EnterpriseId>,
    /// The datasets that it reads or fills.
    pub datasets: BTreeSet<DatasetId>,
    /// The instructions that it cites.
    pub instructions: BTreeSet<InstructionId>,
    /// The technical help under which operators look.
    pub helps: BTreeSet<HelpId>,
    /// The uses of exceptions that it claims.
    pub exceptions: BTreeSet<ExceptionUseId>,
    /// The tokens by which programs asked for it.
    pub tokens: BTreeSet<ApiTokenId>,
    /// The partners who are to receive.
    pub partners: BTreeSet<PartnerId>,
    /// Those who asked for it.
    pub seats: BTreeSet<(EnterpriseId, RepresentativeId)>,
}

/// How what work stands on stands now; what is not found here has ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standings {
    /// Of the enterprises.
    pub enterprises: BTreeMap<EnterpriseId, Standing>,
    /// Of the datasets.
    pub datasets: BTreeMap<DatasetId, Standing>,
    /// Of the instructions.
    pub instructions: BTreeMap<InstructionId, Standing>,
    /// Of the technical help, as far as whoever was approved can still act.
    pub helps: BTreeMap<HelpId, Standing>,
    /// Of the uses of exceptions.
    pub exceptions: BTreeMap<ExceptionUseId, Standing>,
    /// Of the tokens.
    pub tokens: BTreeMap<ApiTokenId, Standing>,
    /// Of the partners, as far as agreement, assessment and the ground across a border last.
    pub partners: BTreeMap<PartnerId, Standing>,
    /// What was taken against the enterprises and their datasets and not ended.
    pub measures: Vec<Measure>,
    /// Of the seats, as far as the accounts of those who have them let them act.
    pub seats: BTreeMap<RepresentativeId, Standing>,
}

impl Reader {
    /// Looks up how everything stands on which work stands, in a few statements and one or two for each person.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when a row cannot be read, or a fault of the database.
    ///
    /// # Clause
    /// U2, U5
    pub async fn standings(&self, on: &StandsOn, now: Timestamp) -> Result<Standings, StoreError> {
        let mut found = Standings::default();
        let ids = on.enterprises.iter().map(|id| id.uuid());
        let enterprises: Vec<(Uuid, String)> = enterprise::Entity::find()
            .select_only()
            .columns([enterprise::Column::Id, enterprise::Column::Standing])
            .filter(enterprise::Column::Id.is_in(ids))
            .into_tuple()
            .all(&self.link)
            .await?;
        for (id, code) in enterprises {
            let id = EnterpriseId::from_uuid(id);
            found
                .enterprises
                .insert(id, standing_of(&code, "enterprise")?);
        }
        let ids = on.datasets.iter().map(|id| id.uuid());
        let datasets: Vec<(Uuid, String)> = dataset::Entity::find()
            .select_only()
            .columns([dataset::Column::Id, dataset::Column::Standing])
            .filter(dataset::Column::Id.is_in(ids))
            .into_tuple()
            .all(&self.link)
            .await?;
        for (id, code) in datasets {
            let id = DatasetId::from_uuid(id);
            found.datasets.insert(id, standing_of(&code, "dataset")?);
        }
        let ids = on.instructions.iter().map(|id| id.uuid());
        let instructions: Vec<(Uuid, Option<i64>)> = instruction::Entity::find()
            .select_only()
            .columns([instruction::Column::Id, instruction::Column::RevokedAt])
            .filter(instruction::Column::Id.is_in(ids))
            .into_tuple()
            .all(&self.link)
            .await?;
        for (id, revoked) in instructions {
            let standing = match revoked {
                Some(_) => Standing::Ended,
                None => Standing::Active,
            };
            found
                .instructions
                .insert(InstructionId::from_uuid(id), standing);
        }
        found.partners = self.partner_standings(&on.partners, now).await?;
        found.exceptions = self.exception_standings(&on.exceptions).await?;
        found.tokens = self.token_standings(&on.tokens, now).await?;
        let ids: Vec<EnterpriseId> = on.enterprises.iter().copied().collect();
        found.measures = self.measures_standing(&ids).await?;
        let facts = self.facts();
        for help in &on.helps {
            if let Some(standing) = facts.help_standing(*help, now).await? {
                found.helps.insert(*help, standing);
            }
        }
        for (enterprise, seat) in &on.seats {
            let actor = facts.actor(*enterprise, *seat, now).await?;
            if let Some(standing) = actor.and_then(|actor| actor.standing) {
                found.seats.insert(*seat, standing);
            }
        }
        Ok(found)
    }

    async fn token_standings(
        &self,
        tokens: &BTreeSet<ApiTokenId>,
        now: Timestamp,
    ) -> Result<BTreeMap<ApiTokenId, Standing>, StoreError> {
        use api_token::Column;
        if tokens.is_empty() {
            return Ok(BTreeMap::new());
        }
        let found: Vec<(Uuid, i64, Option<i64>)> = api_token::Entity::find()
            .select_only()
            .columns([Column::Id, Column::ExpiresAt, Column::RevokedAt])
            .filter(Column::Id.is_in(tokens.iter().map(|id| id.uuid())))
            .into_tuple()
            .all(&self.link)
            .await?;
        let standings = found.into_iter().map(|(id, expires, revoked)| {
            let good = revoked.is_none() && now < moment(expires);
            let standing = if good {
                Standing::Active
            } else {
                Standing::Ended
            };
            (ApiTokenId::from_uuid(id), standing)
        });
        Ok(standings.collect())
    }

    async fn exception_standings(
        &self,
        uses: &BTreeSet<ExceptionUseId>,
    ) -> Result<BTreeMap<ExceptionUseId, Standing>, StoreError> {
        use exception_use::Column;
        let found: Vec<(Uuid, Option<i64>, Option<Uuid>)> = exception_use::Entity::find()
            .select_only()
            .columns([Column::Id, Column::EndedAt, Column::ConfirmedBy])
            .filter(Column::Id.is_in(uses.iter().map(|id| id.uuid())))
            .into_tuple()
            .all(&self.link)
            .await?;
        let standings = found.into_iter().map(|(id, ended, confirmed_by)| {
            let standing = exceptions::standing_of(ended, confirmed_by);
            (ExceptionUseId::from_uuid(id), standing)
        });
        Ok(standings.collect())
    }
}
