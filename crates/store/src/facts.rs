use yuntu_policy::{
    AcceptanceFacts, ActorFacts, ColumnFacts, DatasetFacts, EnterpriseFacts, ExceptionFacts, Facts,
    InstructionFacts, MeasureFacts, PartnerFacts, Request, Standing,
};
use yuntu_terms::{
    AccountId, DatasetId, EnterpriseId, ExceptionUseId, InstructionId, PartnerId, Recipient,
    RepresentativeId, Timestamp, clause,
};

use crate::accounts::AccountStanding;
use crate::datasets::{About, Dataset};
use crate::entity::consent_head;
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::Place;
use crate::store::Store;

/// One of the two doors to rows: what the policy needs to know, and no personal data.
#[derive(Debug)]
pub struct FactReader {
    reader: Reader,
}

impl Store {
    /// Opens the door to facts, as of what is committed.
    pub fn facts(&self) -> FactReader {
        self.read().facts()
    }
}

impl Reader {
    /// Opens the door to facts, as this reader sees the rows.
    pub fn facts(&self) -> FactReader {
        FactReader {
            reader: self.clone(),
        }
    }
}

impl FactReader {
    pub(crate) const fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Gathers what the rows tell about a request; statement, purpose, consent index and what the statement asks of an
    /// exception are not rows and are left unknown.
    ///
    /// What belongs to another enterprise is not found.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when a row cannot be read, or a fault of the database.
    ///
    /// # Clause
    /// U2, U3, U4
    pub async fn gather(&self, request: &Request, now: Timestamp) -> Result<Facts, StoreError> {
        let enterprise = request.enterprise;
        let partner = match request.recipient {
            Recipient::Partner(id) => self.partner(enterprise, id).await?,
            Recipient::Enterprise | Recipient::Public => None,
        };
        let help = match &request.help {
            Some(claim) => self.help(claim.help, now).await?,
            None => None,
        };
        let exception = match request.exception_use {
            Some(id) => self.exception(enterprise, id).await?,
            None => None,
        };
        Ok(Facts {
            help,
            exception,
            enterprise: self.enterprise(enterprise).await?,
            actor: self.actor(enterprise, request.actor, now).await?,
            instruction: self.instruction(enterprise, request.instruction).await?,
            datasets: self.datasets(enterprise, &request.datasets).await?,
            partner,
            ..Facts::nothing(now)
        })
    }

    /// Tells of an enterprise.
    ///
    /// # Errors
    /// As [`FactReader::gather`].
    pub async fn enterprise(
        &self,
        id: EnterpriseId,
    ) -> Result<Option<EnterpriseFacts>, StoreError> {
        let Some(found) = self.reader.find_enterprise(id).await? else {
            return Ok(None);
        };
        let measures = self.measures(id).await?.into_iter();
        let own = measures.filter(|(dataset, _)| dataset.is_none());
        Ok(Some(EnterpriseFacts {
            id,
            standing: Some(found.standing),
            certified: found.certified,
            measures: Some(own.map(|(_, facts)| facts).collect()),
        }))
    }

    /// Tells what stands against an enterprise and its datasets at this moment.
    async fn measures(
        &self,
        id: EnterpriseId,
    ) -> Result<Vec<(Option<DatasetId>, MeasureFacts)>, StoreError> {
        let standing = self.reader.measures_standing(&[id]).await?;
        let facts = standing.iter().map(|it| (it.told.dataset, it.facts()));
        Ok(facts.collect())
    }

    /// Tells which version of the statement an enterprise accepted last.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// U1
    pub async fn acceptance(
        &self,
        id: EnterpriseId,
    ) -> Result<Option<AcceptanceFacts>, StoreError> {
        self.reader.acceptance_of(id).await
    }

    /// Tells of a representative of this enterprise, with the letters that count at this moment.
    ///
    /// # Errors
    /// As [`FactReader::gather`].
    pub async fn actor(
        &self,
        enterprise: EnterpriseId,
        id: RepresentativeId,
        now: Timestamp,
    ) -> Result<Option<ActorFacts>, StoreError> {
        let Some(found) = self.reader.find_representative(enterprise, id).await? else {
            return Ok(None);
        };
        // Whoever may not sign in acts for nobody either, not by a token and not in what runs already.
        let standing = match found.account {
            Some(account) => self.standing_under(account, found.standing).await?,
            None => found.standing,
        };
        Ok(Some(ActorFacts {
            id,
            enterprise: Some(found.enterprise),
            role: Some(found.role),
            standing: Some(standing),
            letter: self.reader.authority_of(enterprise, id, now).await?,
            scopes: None,
        }))
    }

    /// Returns the standing of a seat as far as the person's own account lets her act.
    async fn standing_under(
        &self,
        account: AccountId,
        seat: Standing,
    ) -> Result<Standing, StoreError> {
        let account = self.reader.find_account(account).await?;
        let stopped = match account.map(|account| account.standing) {
            Some(AccountStanding::Active) => return Ok(seat),
            Some(AccountStanding::Suspended) => Standing::Frozen,
            Some(AccountStanding::Closed) | None => Standing::Ended,
        };
        clause::hit!(R29);
        // A seat that has ended stays ended, whatever the account may do again.
        Ok(if seat == Standing::Ended {
            seat
        } else {
            stopped
        })
    }

    /// Tells of an instruction of this enterprise.
    ///
    /// # Errors
    /// As [`FactReader::gather`].
    pub async fn instruction(
        &self,
        enterprise: EnterpriseId,
        id: InstructionId,
    ) -> Result<Option<InstructionFacts>, StoreError> {
        let found = self.reader.find_instruction(enterprise, id).await?;
        Ok(found.map(|instruction| instruction.facts))
    }

    /// Tells of the use of an exception by this enterprise.
    ///
    /// # Errors
    /// As [`FactReader::gather`].
    ///
    /// # Clause
    /// R7, R21
    pub async fn exception(
        &self,
        enterprise: EnterpriseId,
        id: ExceptionUseId,
    ) -> Result<Option<ExceptionFacts>, StoreError> {
        let found = self.reader.find_exception_use(enterprise, id).await?;
        Ok(found.map(|exception| exception.facts))
    }

    /// Tells of a partner in this enterprise's register.
    ///
    /// # Errors
    /// As [`FactReader::gather`].
    pub async fn partner(
        &self,
        enterprise: EnterpriseId,
        id: PartnerId,
    ) -> Result<Option<PartnerFacts>, StoreError> {
        Ok(self
            .reader
            .find_partner(enterprise, id)
            .await?
            .map(|partner| partner.facts))
    }

    /// Tells of those of the datasets that are the enterprise's, in a fixed number of statements.
    ///
    /// # Errors
    /// As [`FactReader::gather`].
    pub async fn datasets(
        &self,
        enterprise: EnterpriseId,
        ids: &[DatasetId],
    ) -> Result<Vec<DatasetFacts>, StoreError> {
        use sea_orm::EntityTrait;
        let datasets = self.reader.datasets(enterprise, Some(ids)).await?;
        let own: Vec<DatasetId> = datasets.iter().map(|dataset| dataset.id).collect();
        let about: Vec<(DatasetId, About)> = datasets.iter().map(|it| (it.id, it.about)).collect();
        let mut declarations = self.reader.declarations_of(&about).await?;
        let mut scopes = self.reader.scopes_of(&own).await?;
        let head = consent_head::Entity::find_by_id(enterprise.uuid());
        let head = head.one(&self.reader.link).await?;
        let records = head.map_or(Ok(0), |head| {
            Place("consent_head", "records").count(head.records)
        })?;
        let measures = self.measures(enterprise).await?;
        let facts = datasets.into_iter().map(|dataset| {
            let id = dataset.id.uuid();
            let against = measures.iter().filter(|it| it.0 == Some(dataset.id));
            DatasetFacts {
                measures: Some(against.map(|(_, facts)| facts.clone()).collect()),
                declaration: declarations.remove(&id),
                scope: scopes.remove(&id),
                own_records: Some(records),
                ..facts_of(dataset)
            }
        });
        Ok(facts.collect())
    }
}

fn facts_of(dataset: Dataset) -> DatasetFacts {
    let columns = dataset.columns.into_iter().map(|column| ColumnFacts {
        class: column.class,
        name: column.name,
    });
    DatasetFacts {
        id: dataset.id,
        enterprise: dataset.enterprise,
        standing: Some(dataset.standing),
        measures: None,
        region: Some(dataset.region),
        about_persons: Some(dataset.about == About::Persons),
        // Classes that nobody confirmed are only proposed, which is unknown to the policy.
        columns: dataset.confirmed.then(|| columns.collect()),
        declaration: None,
        scope: None,
        own_records: None,
    }
}
