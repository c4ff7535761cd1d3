use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use yuntu_policy::{AssessmentFacts, AssessmentResult};
use yuntu_terms::{AssessmentId, Id, OperatorId, PaperId, Timestamp, clause};

use crate::entity::assessment;
use crate::error::StoreError;
use crate::papers::{PaperOf, SealedPaper};
use crate::read::Reader;
use crate::rows::{Place, insert, moment, moment_if, one_row};
use crate::tx::Tx;

const TABLE: &str = "assessment";
/// How many assessments a list shows at most.
const SHOWN_MAX: u64 = 50;

/// An impact assessment that is to be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewAssessment {
    /// When it was made.
    pub made: Timestamp,
    /// When it has to be looked at again.
    pub review: Timestamp,
    /// What it came to.
    pub result: AssessmentResult,
    /// Who records it; nobody when it comes from the machine itself.
    pub by: Option<OperatorId>,
}

/// An impact assessment with its report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assessment {
    /// The id.
    pub id: AssessmentId,
    /// The report.
    pub paper: PaperId,
    /// What was recorded of it.
    pub told: NewAssessment,
    /// When it was recorded.
    pub recorded: Timestamp,
    /// Since when it is in force.
    pub enforced: Option<Timestamp>,
}

impl Assessment {
    /// Returns what the policy needs to know of it.
    #[must_use]
    pub const fn facts(&self) -> AssessmentFacts {
        AssessmentFacts {
            result: self.told.result,
            enforced: self.enforced,
            review: self.told.review,
        }
    }
}

impl Tx {
    /// Records an impact assessment with its report; it is not in force yet.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the report was not sealed as the platform's own, or a fault of the database.
    ///
    /// # Clause
    /// U1, R23
    pub async fn record_assessment(
        &self,
        sealed: &SealedPaper,
        new: NewAssessment,
    ) -> Result<AssessmentId, StoreError> {
        clause::hit!(U1);
        if sealed.of() != PaperOf::Platform {
            return Err(StoreError::Missing { what: "paper" });
        }
        self.keep_paper(sealed).await?;
        let id: AssessmentId = self.new_id()?;
        let row = assessment::Model {
            id: id.uuid(),
            paper_id: sealed.id().uuid(),
            made_at: new.made.as_micros(),
            review_at: new.review.as_micros(),
            result: new.result.code().to_owned(),
            recorded_by: new.by.map(Id::uuid),
            recorded_at: self.now().as_micros(),
            enforced_at: None,
        };
        insert(&self.link, row).await?;
        Ok(id)
    }

    /// Puts an impact assessment in force; it takes the place of the one before.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such assessment that waits for it.
    ///
    /// # Clause
    /// U1, R23
    pub async fn enforce_assessment(&self, id: AssessmentId) -> Result<(), StoreError> {
        clause::hit!(R23);
        let done = assessment::Entity::update_many()
            .col_expr(
                assessment::Column::EnforcedAt,
                Expr::value(self.now().as_micros()),
            )
            .filter(assessment::Column::Id.eq(id.uuid()))
            .filter(assessment::Column::EnforcedAt.is_null())
            .exec(&self.link)
            .await?;
        one_row(done.rows_affected, TABLE)
    }
}

impl Reader {
    /// Finds the impact assessment that was put in force last.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when the row cannot be read, or a fault of the database.
    ///
    /// # Clause
    /// U1
    pub async fn find_assessment_in_force(&self) -> Result<Option<Assessment>, StoreError> {
        let row = assessment::Entity::find()
            .filter(assessment::Column::EnforcedAt.is_not_null())
            .order_by_desc(assessment::Column::EnforcedAt)
            .order_by_desc(assessment::Column::Id)
            .one(&self.link)
            .await?;
        row.as_ref().map(assessment_of).transpose()
    }

    /// Finds an impact assessment.
    ///
    /// # Errors
    /// As [`Reader::find_assessment_in_force`].
    pub async fn find_assessment(
        &self,
        id: AssessmentId,
    ) -> Result<Option<Assessment>, StoreError> {
        let row = assessment::Entity::find_by_id(id.uuid())
            .one(&self.link)
            .await?;
        row.as_ref().map(assessment_of).transpose()
    }

    /// Lists the impact assessments, the last recorded first.
    ///
    /// # Errors
    /// As [`Reader::find_assessment_in_force`].
    pub async fn list_assessments(&self) -> Result<Vec<Assessment>, StoreError> {
        let rows = assessment::Entity::find()
            .order_by_desc(assessment::Column::RecordedAt)
            .order_by_desc(assessment::Column::Id)
            .limit(SHOWN_MAX)
            .all(&self.link)
            .await?;
        rows.iter().map(assessment_of).collect()
    }
}

fn assessment_of(row: &assessment::Model) -> Result<Assessment, StoreError> {
    let result = AssessmentResult::from_code(&row.result);
    Ok(Assessment {
        id: AssessmentId::from_uuid(row.id),
        paper: PaperId::from_uuid(row.paper_id),
        told: NewAssessment {
            made: moment(row.made_at),
            review: moment(row.review_at),
            result: result.ok_or(Place(TABLE, "result").broken())?,
            by: row.recorded_by.map(OperatorId::from_uuid),
        },
        recorded: moment(row.recorded_at),
        enforced: moment_if(row.enforced_at),
    })
}
