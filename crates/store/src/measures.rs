//! Measures of the platform against an enterprise or a dataset (U5), and what was written of them.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    prelude::Uuid,
};
use yuntu_policy::{Action, MeasureEnd, MeasureFacts, MeasureGround, MeasureKind, Standing};
use yuntu_terms::{
    DatasetId, EnterpriseId, Id, MeasureId, MeasureMessageId, OperatorId, PaperId, Pii, Timestamp,
    clause,
};
use yuntu_vault::{KeyScope, SealContext, Sealed, Sealer};

use crate::enterprises::standing_of;
use crate::entity::{enterprise, measure, measure_message};
use crate::error::StoreError;
use crate::papers::SealedPaper;
use crate::read::Reader;
use crate::rows::{Place, insert, moment, moment_if, number, to_json};
use crate::store::Store;
use crate::tx::Tx;

const TABLE: &str = "measure";
const MESSAGES: &str = "measure_message";
const WORDS: &str = "words_sealed";

/// A measure to take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMeasure {
    /// Against which enterprise.
    pub enterprise: EnterpriseId,
    /// Against which of its datasets, where it is against one.
    pub dataset: Option<DatasetId>,
    /// What is done.
    pub kind: MeasureKind,
    /// Why.
    pub ground: MeasureGround,
    /// What is limited, where features are.
    pub actions: Vec<Action>,
    /// Until when proof is given, and what happens then without an answer.
    pub due: Option<(Timestamp, MeasureKind)>,
    /// The ask that it follows.
    pub follows: Option<MeasureId>,
    /// By whom.
    pub by: OperatorId,
    /// Until when a second person has to confirm it.
    pub confirm_by: Option<Timestamp>,
}

/// The words to an enterprise, sealed for a measure; made by [`Store::seal_measure`].
#[derive(Debug, Clone)]
pub struct SealedMeasure {
    id: MeasureId,
    words: Vec<u8>,
}

impl SealedMeasure {
    /// Returns the id that the measure will have.
    #[must_use]
    pub const fn id(&self) -> MeasureId {
        self.id
    }
}

/// A measure, without what was written of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// The id.
    pub id: MeasureId,
    /// What was taken.
    pub told: NewMeasure,
    /// When.
    pub taken: Timestamp,
    /// When the enterprise answered an ask for proof first.
    pub answered: Option<Timestamp>,
    /// Who confirmed it.
    pub confirmed_by: Option<OperatorId>,
    /// How it ended, when, and by which operator, where it has.
    pub ended: Option<(MeasureEnd, Timestamp, Option<OperatorId>)>,
}

impl Measure {
    /// Says whether it stands at this moment: not ended, and confirmed or still to be confirmed.
    #[must_use]
    pub fn stands(&self, now: Timestamp) -> bool {
        self.ended.is_none() && self.told.confirm_by.is_none_or(|end| now < end)
    }

    /// Returns what the policy sees of it.
    #[must_use]
    pub fn facts(&self) -> MeasureFacts {
        MeasureFacts {
            id: self.id,
            kind: self.told.kind,
            since: self.taken,
            until: self.told.confirm_by,
            ground: self.told.ground,
            actions: self.told.actions.clone(),
        }
    }
}

/// What somebody wrote of a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeasureMessageKind {
    /// The enterprise answers an ask for proof.
    Answer,
    /// The enterprise appeals.
    Appeal,
    /// An operator answers an appeal and leaves the measure.
    Reply,
    /// An operator says why it ends.
    Lifting,
}

/// A message about a measure, sealed; made by [`Store::seal_measure_message`].
#[derive(Debug, Clone)]
pub struct SealedMeasureMessage {
    id: MeasureMessageId,
    measure: MeasureId,
    kind: MeasureMessageKind,
    author: Uuid,
    words: Vec<u8>,
    paper: Option<PaperId>,
}

/// A message about a measure.
#[derive(Debug)]
pub struct MeasureMessage {
    /// What it is.
    pub kind: MeasureMessageKind,
    /// The words.
    pub words: Pii<String>,
    /// A paper with it.
    pub paper: Option<PaperId>,
    /// When it was sent.
    pub sent: Timestamp,
}

/// What was written of a measure.
#[derive(Debug)]
pub struct MeasureTexts {
    /// The words to the enterprise.
    pub words: Pii<String>,
    /// The messages, in their order.
    pub messages: Vec<MeasureMessage>,
}

fn seal(
    sealer: &Sealer,
    table: &'static str,
    id: Uuid,
    value: &Pii<String>,
) -> Result<Vec<u8>, StoreError> {
    let context = SealContext {
        table,
        row: id.as_bytes(),
        column: WORDS,
    };
    let bytes = value.digest(|text| sealer.seal(&context, text.as_bytes()))?;
    Ok(bytes.into_bytes())
}

fn open(
    sealer: &Sealer,
    table: &'static str,
    id: Uuid,
    bytes: Vec<u8>,
) -> Result<Pii<String>, StoreError> {
    let context = SealContext {
        table,
        row: id.as_bytes(),
        column: WORDS,
    };
    let plain = sealer.unseal(&context, &Sealed::from_bytes(bytes)?)?;
    plain.into_pii_text().ok_or(Place(table, WORDS).broken())
}

impl Store {
    /// Seals the words of a measure to its enterprise.
    ///
    /// # Errors
    /// [`StoreError::Vault`] or [`StoreError::Entropy`].
    ///
    /// # Clause
    /// U5, R22
    pub async fn seal_measure(
        &self,
        enterprise: EnterpriseId,
        words: &Pii<String>,
    ) -> Result<SealedMeasure, StoreError> {
        let id: MeasureId = Id::generate(self.now(), &*self.database.entropy)?;
        let sealer = self.vault.sealer(&KeyScope::Enterprise(enterprise)).await?;
        let words = seal(&sealer, TABLE, id.uuid(), words)?;
        Ok(SealedMeasure { id, words })
    }

    /// Seals what somebody writes of a measure; the author is a representative or an operator.
    ///
    /// # Errors
    /// [`StoreError::Vault`] or [`StoreError::Entropy`].
    ///
    /// # Clause
    /// U5, R22
    pub async fn seal_measure_message(
        &self,
        measure: &Measure,
        kind: MeasureMessageKind,
        author: Uuid,
        (words, paper): (&Pii<String>, Option<PaperId>),
    ) -> Result<SealedMeasureMessage, StoreError> {
        let id: MeasureMessageId = Id::generate(self.now(), &*self.database.entropy)?;
        let scope = KeyScope::Enterprise(measure.told.enterprise);
        let sealer = self.vault.sealer(&scope).await?;
        Ok(SealedMeasureMessage {
            id,
            measure: measure.id,
            kind,
            author,
            words: seal(&sealer, MESSAGES, id.uuid(), words)?,
            paper,
        })
    }

    /// Opens what was written of a measure.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when a value was moved or changed, or a fault of the database.
    ///
    /// # Clause
    /// U5
    pub async fn measure_texts(&self, id: MeasureId) -> Result<Option<MeasureTexts>, StoreError> {
        let link = self.read().link;
        let row = measure::Entity::find_by_id(id.uuid()).one(&link).await?;
        let Some(row) = row else { return Ok(None) };
        let rows = measure_message::Entity::find()
            .filter(measure_message::Column::MeasureId.eq(id.uuid()))
            .order_by_asc(measure_message::Column::Place)
            .all(&link)
            .await?;
        let scope = KeyScope::Enterprise(EnterpriseId::from_uuid(row.enterprise_id));
        let keys = self.vault.unsealer(&scope).await?;
        let messages = rows.into_iter().map(|row| {
            Ok(MeasureMessage {
                kind: Place(MESSAGES, "kind").code(&row.kind)?,
                words: open(&keys, MESSAGES, row.id, row.words_sealed)?,
                paper: row.paper_id.map(PaperId::from_uuid),
                sent: moment(row.sent_at),
            })
        });
        Ok(Some(MeasureTexts {
            words: open(&keys, TABLE, row.id, row.words_sealed)?,
            messages: messages.collect::<Result<_, StoreError>>()?,
        }))
    }
}

impl Tx {
    /// Takes a measure; one that ends the enterprise keeps how it stood, so that lifting restores it.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such enterprise, or it has no such dataset.
    ///
    /// # Clause
    /// U5
    pub async fn take_measure(
        &self,
        sealed: &SealedMeasure,
        new: &NewMeasure,
    ) -> Result<(), StoreError> {
        clause::hit!(U5);
        let found = enterprise::Entity::find_by_id(new.enterprise.uuid());
        let found = found.one(&self.link).await?;
        let found = found.ok_or(StoreError::Missing { what: "enterprise" })?;
        if let Some(dataset) = new.dataset {
            self.own_dataset(new.enterprise, dataset).await?;
        }
        let ends = !new.kind.is_taken_by_one();
        let row = measure::Model {
            id: sealed.id.uuid(),
            enterprise_id: new.enterprise.uuid(),
            dataset_id: new.dataset.map(DatasetId::uuid),
            kind: new.kind.code().to_owned(),
            ground: new.ground.code().to_owned(),
            actions: to_json(&new.actions, "actions")?,
            words_sealed: sealed.words.clone(),
            then_kind: new.due.map(|(_, then)| then.code().to_owned()),
            due_at: new.due.map(|(due, _)| due.as_micros()),
            answered_at: None,
            follows: new.follows.map(MeasureId::uuid),
            taken_by: new.by.uuid(),
            taken_at: self.now().as_micros(),
            confirm_by: new.confirm_by.map(Timestamp::as_micros),
            confirmed_by: None,
            prior_standing: ends.then(|| found.standing.clone()),
            ended_at: None,
            ended_by: None,
            ended_as: None,
        };
        insert(&self.link, row).await?;
        if ends {
            self.set_enterprise_standing(new.enterprise, Standing::Ended, Some(new.kind.code()))
                .await?;
        }
        Ok(())
    }

    /// Confirms a measure that waits for a second person; says whether it still waited.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// U5, R23
    pub async fn confirm_measure(&self, id: MeasureId, by: OperatorId) -> Result<bool, StoreError> {
        use measure::Column;
        clause::hit!(U5);
        let done = measure::Entity::update_many()
            .col_expr(Column::ConfirmBy, Expr::value(Option::<i64>::None))
            .col_expr(Column::ConfirmedBy, Expr::value(by.uuid()))
            .filter(Column::Id.eq(id.uuid()))
            .filter(Column::TakenBy.ne(by.uuid()))
            .filter(Column::EndedAt.is_null())
            .filter(Column::ConfirmBy.gt(self.now().as_micros()))
            .exec(&self.link)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Ends a measure and restores what stood before it; says whether it still stood.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when the row cannot be read, or a fault of the database.
    ///
    /// # Clause
    /// U5
    pub async fn end_measure(
        &self,
        id: MeasureId,
        end: MeasureEnd,
        by: Option<OperatorId>,
    ) -> Result<bool, StoreError> {
        use measure::Column;
        clause::hit!(U5);
        let row = measure::Entity::find_by_id(id.uuid())
            .one(&self.link)
            .await?;
        let row = row.ok_or(StoreError::Missing { what: TABLE })?;
        let done = measure::Entity::update_many()
            .col_expr(Column::EndedAt, Expr::value(self.now().as_micros()))
            .col_expr(Column::EndedBy, Expr::value(by.map(OperatorId::uuid)))
            .col_expr(Column::EndedAs, Expr::value(end.code()))
            .filter(Column::Id.eq(id.uuid()))
            .filter(Column::EndedAt.is_null())
            .exec(&self.link)
            .await?;
        if let Some(prior) = row.prior_standing.filter(|_| done.rows_affected == 1) {
            let enterprise = EnterpriseId::from_uuid(row.enterprise_id);
            self.set_enterprise_standing(enterprise, standing_of(&prior, TABLE)?, None)
                .await?;
        }
        Ok(done.rows_affected == 1)
    }

    /// Keeps what somebody wrote of a measure, with its paper; an answer is noted at the ask.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// U5
    pub async fn add_measure_message(
        &self,
        sealed: &SealedMeasureMessage,
        paper: Option<&SealedPaper>,
    ) -> Result<(), StoreError> {
        use measure::Column;
        if let Some(paper) = paper {
            self.keep_paper(paper).await?;
        }
        let before = measure_message::Entity::find()
            .filter(measure_message::Column::MeasureId.eq(sealed.measure.uuid()))
            .count(&self.link)
            .await?;
        let row = measure_message::Model {
            id: sealed.id.uuid(),
            measure_id: sealed.measure.uuid(),
            place: number(before),
            kind: crate::rows::to_code(&sealed.kind, "kind")?,
            author_id: sealed.author,
            words_sealed: sealed.words.clone(),
            paper_id: sealed.paper.map(PaperId::uuid),
            sent_at: self.now().as_micros(),
        };
        insert(&self.link, row).await?;
        if sealed.kind == MeasureMessageKind::Answer {
            measure::Entity::update_many()
                .col_expr(Column::AnsweredAt, Expr::value(self.now().as_micros()))
                .filter(Column::Id.eq(sealed.measure.uuid()))
                .filter(Column::AnsweredAt.is_null())
                .exec(&self.link)
                .await?;
        }
        Ok(())
    }
}

impl Reader {
    /// Finds a measure.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when the row cannot be read, or a fault of the database.
    pub async fn find_measure(&self, id: MeasureId) -> Result<Option<Measure>, StoreError> {
        let row = measure::Entity::find_by_id(id.uuid())
            .one(&self.link)
            .await?;
        row.as_ref().map(measure_of).transpose()
    }

    /// Lists the newest measures, newest first: of one enterprise, or of all.
    ///
    /// # Errors
    /// As [`Reader::find_measure`].
    pub async fn list_measures(
        &self,
        enterprise: Option<EnterpriseId>,
        limit: u64,
    ) -> Result<Vec<Measure>, StoreError> {
        let mut query = measure::Entity::find().order_by_desc(measure::Column::Id);
        if let Some(enterprise) = enterprise {
            query = query.filter(measure::Column::EnterpriseId.eq(enterprise.uuid()));
        }
        let rows = query.limit(limit).all(&self.link).await?;
        rows.iter().map(measure_of).collect()
    }

    /// Lists what was not ended against these enterprises and their datasets, asks for proof among it. Whether a freeze
    /// that nobody confirmed still stands is asked of the policy, which knows the moment.
    ///
    /// # Errors
    /// As [`Reader::find_measure`].
    ///
    /// # Clause
    /// U5
    pub async fn measures_standing(
        &self,
        enterprises: &[EnterpriseId],
    ) -> Result<Vec<Measure>, StoreError> {
        use measure::Column;
        clause::hit!(U5);
        let rows = measure::Entity::find()
            .filter(Column::EnterpriseId.is_in(enterprises.iter().map(|id| id.uuid())))
            .filter(Column::EndedAt.is_null())
            .order_by_asc(Column::Id)
            .all(&self.link)
            .await?;
        rows.iter().map(measure_of).collect()
    }

    /// Lists what is over by time and was not ended yet: asks past their day, and freezes nobody confirmed.
    ///
    /// # Errors
    /// As [`Reader::find_measure`].
    ///
    /// # Clause
    /// U5
    pub async fn measures_over(&self, now: Timestamp) -> Result<Vec<Measure>, StoreError> {
        use measure::Column;
        let now = now.as_micros();
        let unanswered = Condition::all()
            .add(Column::DueAt.lte(now))
            .add(Column::AnsweredAt.is_null());
        let over = Condition::any()
            .add(unanswered)
            .add(Column::ConfirmBy.lte(now));
        let rows = measure::Entity::find()
            .filter(Column::EndedAt.is_null())
            .filter(over)
            .order_by_asc(Column::Id)
            .limit(100)
            .all(&self.link)
            .await?;
        rows.iter().map(measure_of).collect()
    }
}

fn measure_of(row: &measure::Model) -> Result<Measure, StoreError> {
    let place = |column| Place(TABLE, column);
    let kind = |code: &str, column| MeasureKind::from_code(code).ok_or(place(column).broken());
    let then = row.then_kind.as_deref();
    let then = then.map(|code| kind(code, "then_kind")).transpose()?;
    let ended_as = row.ended_as.as_deref();
    let ended_as = ended_as
        .map(|code| MeasureEnd::from_code(code).ok_or(place("ended_as").broken()))
        .transpose()?;
    let ground = MeasureGround::from_code(&row.ground);
    Ok(Measure {
        id: MeasureId::from_uuid(row.id),
        told: NewMeasure {
            enterprise: EnterpriseId::from_uuid(row.enterprise_id),
            dataset: row.dataset_id.map(DatasetId::from_uuid),
            kind: kind(&row.kind, "kind")?,
            ground: ground.ok_or(place("ground").broken())?,
            actions: place("actions").json(&row.actions)?,
            due: moment_if(row.due_at).zip(then),
            follows: row.follows.map(MeasureId::from_uuid),
            by: OperatorId::from_uuid(row.taken_by),
            confirm_by: moment_if(row.confirm_by),
        },
        taken: moment(row.taken_at),
        answered: moment_if(row.answered_at),
        confirmed_by: row.confirmed_by.map(OperatorId::from_uuid),
        ended: ended_as
            .zip(moment_if(row.ended_at))
            .map(|(end, at)| (end, at, row.ended_by.map(OperatorId::from_uuid))),
    })
}
