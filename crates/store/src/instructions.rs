use std::collections::BTreeSet;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use yuntu_policy::{InstructionFacts, Period, Standing};
use yuntu_terms::{
    DatasetId, EnterpriseId, InstructionId, Operation, PartnerId, Purpose, Recipient,
    RepresentativeId, Timestamp, clause,
};

use crate::entity::instruction;
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::{Place, insert, moment, moment_if, one_row, to_json};
use crate::tx::Tx;

const TABLE: &str = "instruction";

/// An instruction as a representative gives it (U2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInstruction {
    /// The purposes; each covers the purposes below it. One to import has none.
    pub purposes: Vec<Purpose>,
    /// The operations.
    pub operations: Vec<Operation>,
    /// The recipients.
    pub recipients: Vec<Recipient>,
    /// The datasets.
    pub datasets: Vec<DatasetId>,
    /// Its period.
    pub period: Period,
    /// A note for the reader, without personal data.
    pub note: Option<String>,
}

/// An instruction as it stands on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// What the policy knows of it.
    pub facts: InstructionFacts,
    /// The note for the reader.
    pub note: Option<String>,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
}

impl Instruction {
    /// Says whether it is one to import: it names no purpose, and nothing else can be done on it.
    #[must_use]
    pub fn is_to_import(&self) -> bool {
        self.facts.purposes.is_empty()
    }
}

impl Tx {
    /// Records an instruction of the enterprise.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such representative or one of the datasets.
    ///
    /// # Clause
    /// U2
    pub async fn record_instruction(
        &self,
        enterprise: EnterpriseId,
        by: RepresentativeId,
        new: &NewInstruction,
    ) -> Result<InstructionId, StoreError> {
        clause::hit!(U2);
        let known = self.read().find_representative(enterprise, by).await?;
        known.ok_or(StoreError::Missing {
            what: "representative",
        })?;
        let wanted: BTreeSet<DatasetId> = new.datasets.iter().copied().collect();
        let owned = self.read().count_datasets(enterprise, &wanted).await?;
        if owned != wanted.len() {
            return Err(StoreError::Missing { what: "dataset" });
        }
        let id: InstructionId = self.new_id()?;
        let row = instruction::Model {
            id: id.uuid(),
            enterprise_id: enterprise.uuid(),
            representative_id: by.uuid(),
            purposes: to_json(&new.purposes, "purposes")?,
            operations: to_json(&new.operations, "operations")?,
            recipients: to_json(&new.recipients, "recipients")?,
            datasets: to_json(&new.datasets, "datasets")?,
            note: new.note.clone(),
            period_from: new.period.from.as_micros(),
            period_until: new.period.until.as_micros(),
            recorded_at: self.now().as_micros(),
            revoked_at: None,
        };
        insert(&self.link, row).await?;
        Ok(id)
    }

    /// Revokes an instruction of this enterprise.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such instruction that is not revoked.
    ///
    /// # Clause
    /// U2
    pub async fn revoke_instruction(
        &self,
        enterprise: EnterpriseId,
        id: InstructionId,
    ) -> Result<(), StoreError> {
        let done = instruction::Entity::update_many()
            .col_expr(
                instruction::Column::RevokedAt,
                self.now().as_micros().into(),
            )
            .filter(instruction::Column::Id.eq(id.uuid()))
            .filter(instruction::Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(instruction::Column::RevokedAt.is_null())
            .exec(&self.link)
            .await?;
        one_row(done.rows_affected, TABLE)
    }
}

impl Reader {
    /// Finds an instruction of this enterprise.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when the row cannot be read, or a fault of the database.
    pub async fn find_instruction(
        &self,
        enterprise: EnterpriseId,
        id: InstructionId,
    ) -> Result<Option<Instruction>, StoreError> {
        let row = instruction::Entity::find_by_id(id.uuid())
            .filter(instruction::Column::EnterpriseId.eq(enterprise.uuid()))
            .one(&self.link)
            .await?;
        row.map(instruction_of).transpose()
    }

    /// Finds the instruction in force by which somebody has files brought into a dataset: it names no purpose, so that nothing
    /// else can be done on it.
    ///
    /// # Errors
    /// As [`Reader::find_instruction`].
    ///
    /// # Clause
    /// U2, U3
    pub async fn instruction_to_import(
        &self,
        (enterprise, by): (EnterpriseId, RepresentativeId),
        dataset: DatasetId,
        now: Timestamp,
    ) -> Result<Option<InstructionId>, StoreError> {
        use instruction::Column;
        let none: [Purpose; 0] = [];
        let row = instruction::Entity::find()
            .filter(Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(Column::RepresentativeId.eq(by.uuid()))
            .filter(Column::Purposes.eq(to_json(&none, "purposes")?))
            .filter(Column::Datasets.eq(to_json(&[dataset], "datasets")?))
            .filter(Column::RevokedAt.is_null())
            .filter(Column::PeriodUntil.gt(now.as_micros()))
            .order_by_desc(Column::Id)
            .limit(1)
            .one(&self.link)
            .await?;
        Ok(row.map(|row| InstructionId::from_uuid(row.id)))
    }

    /// Lists a page of the instructions of an enterprise, newest first; `before` is the last of the page before.
    ///
    /// # Errors
    /// As [`Reader::find_instruction`].
    pub async fn list_instructions(
        &self,
        enterprise: EnterpriseId,
        before: Option<InstructionId>,
        limit: u64,
    ) -> Result<Vec<Instruction>, StoreError> {
        let mut query = instruction::Entity::find()
            .filter(instruction::Column::EnterpriseId.eq(enterprise.uuid()))
            // An id begins with its moment.
            .order_by_desc(instruction::Column::Id)
            .limit(limit);
        if let Some(before) = before {
            query = query.filter(instruction::Column::Id.lt(before.uuid()));
        }
        let rows = query.all(&self.link).await?;
        rows.into_iter().map(instruction_of).collect()
    }
}

impl Reader {
    /// Lists the newest instructions of an enterprise that name a partner as recipient, newest first.
    ///
    /// # Errors
    /// As [`Reader::find_instruction`].
    ///
    /// # Clause
    /// U2, R15
    pub async fn list_instructions_to(
        &self,
        enterprise: EnterpriseId,
        partner: PartnerId,
        limit: u64,
    ) -> Result<Vec<Instruction>, StoreError> {
        let rows = instruction::Entity::find()
            .filter(instruction::Column::EnterpriseId.eq(enterprise.uuid()))
            // No id is a part of another.
            .filter(instruction::Column::Recipients.contains(partner.to_string()))
            .order_by_desc(instruction::Column::Id)
            .limit(limit)
            .all(&self.link)
            .await?;
        rows.into_iter().map(instruction_of).collect()
    }
}

fn instruction_of(row: instruction::Model) -> Result<Instruction, StoreError> {
    let place = |column| Place(TABLE, column);
    let facts = InstructionFacts {
        id: InstructionId::from_uuid(row.id),
        enterprise: EnterpriseId::from_uuid(row.enterprise_id),
        by: RepresentativeId::from_uuid(row.representative_id),
        purposes: place("purposes").json(&row.purposes)?,
        operations: place("operations").json(&row.operations)?,
        recipients: place("recipients").json(&row.recipients)?,
        datasets: place("datasets").json(&row.datasets)?,
        recorded: moment(row.recorded_at),
        period: Some(Period {
            from: moment(row.period_from),
            until: moment(row.period_until),
        }),
        standing: Some(match row.revoked_at {
            Some(_) => Standing::Ended,
            None => Standing::Active,
        }),
    };
    Ok(Instruction {
        facts,
        note: row.note,
        revoked: moment_if(row.revoked_at),
    })
}
