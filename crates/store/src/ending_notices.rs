use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, prelude::Uuid};
use yuntu_policy::{DutyKind, EndingAbout, EndingStep, Period, Standing};
use yuntu_terms::{
    AssessmentId, DeclarationId, DutyRecordId, EnterpriseId, ExceptionUseId, PartnerId,
    RepresentativeId, Timestamp, clause,
};

use crate::entity::{ending_notice, enterprise, letter, representative};
use crate::error::StoreError;
use crate::read::Reader;
use crate::representatives::{Representative, representative_of};
use crate::rows::{insert, moment};
use crate::tx::Tx;

const TABLE: &str = "ending_notice";

/// Something that ends at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndingOf {
    /// The row.
    object: Uuid,
    /// What it is.
    about: EndingAbout,
    /// When it ends.
    pub ends: Timestamp,
}

impl EndingOf {
    /// The letters of a member.
    #[must_use]
    pub const fn letter(id: RepresentativeId, ends: Timestamp) -> Self {
        Self {
            object: id.uuid(),
            about: EndingAbout::Letter,
            ends,
        }
    }

    /// The certification of an enterprise.
    #[must_use]
    pub const fn certification(id: EnterpriseId, ends: Timestamp) -> Self {
        Self {
            object: id.uuid(),
            about: EndingAbout::Certification,
            ends,
        }
    }

    /// The time until an impact assessment is reviewed.
    #[must_use]
    pub const fn assessment(id: AssessmentId, ends: Timestamp) -> Self {
        Self {
            object: id.uuid(),
            about: EndingAbout::Assessment,
            ends,
        }
    }

    /// The period for which a declaration speaks.
    #[must_use]
    pub const fn declaration(id: DeclarationId, ends: Timestamp) -> Self {
        Self {
            object: id.uuid(),
            about: EndingAbout::Declaration,
            ends,
        }
    }

    /// What entitles a partner to receive.
    #[must_use]
    pub const fn partner(id: PartnerId, ends: Timestamp) -> Self {
        Self {
            object: id.uuid(),
            about: EndingAbout::Partner,
            ends,
        }
    }

    /// The time within which people are told that the use of an exception opened their data.
    #[must_use]
    pub const fn notice(id: ExceptionUseId, due: Timestamp) -> Self {
        Self {
            object: id.uuid(),
            about: EndingAbout::Notice,
            ends: due,
        }
    }

    /// The time until a duty is due again that was done last then, or was never done.
    #[must_use]
    pub fn duty(kind: DutyKind, last: Option<DutyRecordId>, due: Timestamp) -> Self {
        // What was never done has no row; its place among the kinds stands for it.
        let place = DutyKind::ALL.iter().position(|it| *it == kind);
        let never = Uuid::from_u128(place.unwrap_or_default() as u128);
        Self {
            object: last.map_or(never, DutyRecordId::uuid),
            about: EndingAbout::Duty,
            ends: due,
        }
    }

    /// Returns what ends.
    #[must_use]
    pub const fn about(self) -> EndingAbout {
        self.about
    }
}

impl Tx {
    /// Notes that an end was told; says whether it had not been told before.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R3
    pub async fn note_ending(&self, of: EndingOf, step: EndingStep) -> Result<bool, StoreError> {
        clause::hit!(R3);
        if self.read().is_ending_told(of, step).await? {
            return Ok(false);
        }
        let row = ending_notice::Model {
            about: of.about.code().to_owned(),
            object_id: of.object,
            ends_at: of.ends.as_micros(),
            step: step.code().to_owned(),
            told_at: self.now().as_micros(),
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict(TABLE))?;
        Ok(true)
    }
}

impl Reader {
    /// Says whether an end was told already.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn is_ending_told(&self, of: EndingOf, step: EndingStep) -> Result<bool, StoreError> {
        use ending_notice::Column;
        let found = ending_notice::Entity::find()
            .filter(Column::About.eq(of.about.code()))
            .filter(Column::ObjectId.eq(of.object))
            .filter(Column::EndsAt.eq(of.ends.as_micros()))
            .filter(Column::Step.eq(step.code()))
            .one(&self.link)
            .await?;
        Ok(found.is_some())
    }

    /// Lists active members with the period of their authority, of whose letters one ends between two moments; a page
    /// after a member.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when a row cannot be read, or a fault of the database.
    ///
    /// # Clause
    /// R3
    pub async fn list_letters_ending(
        &self,
        (from, until): (Timestamp, Timestamp),
        after: Option<RepresentativeId>,
        (now, limit): (Timestamp, u64),
    ) -> Result<Vec<(Representative, Option<Period>)>, StoreError> {
        use letter::Column;
        let ending = Query::select()
            .column(Column::RepresentativeId)
            .from(letter::Entity)
            .and_where(Column::RevokedAt.is_null())
            .and_where(Column::ValidUntil.gte(from.as_micros()))
            .and_where(Column::ValidUntil.lt(until.as_micros()))
            .to_owned();
        let mut find = representative::Entity::find()
            .filter(representative::Column::Standing.eq(Standing::Active.code()))
            .filter(representative::Column::Id.in_subquery(ending));
        if let Some(after) = after {
            find = find.filter(representative::Column::Id.gt(after.uuid()));
        }
        let rows = find
            .order_by_asc(representative::Column::Id)
            .limit(limit)
            .all(&self.link)
            .await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in &rows {
            let seat = representative_of(row)?;
            let period = self.authority_of(seat.enterprise, seat.id, now).await?;
            found.push((seat, period));
        }
        Ok(found)
    }

    /// Lists active enterprises whose certification ends between two moments, with that end; a page after an enterprise.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R3
    pub async fn list_certifications_ending(
        &self,
        (from, until): (Timestamp, Timestamp),
        after: Option<EnterpriseId>,
        limit: u64,
    ) -> Result<Vec<(EnterpriseId, Timestamp)>, StoreError> {
        use enterprise::Column;
        let mut find = enterprise::Entity::find()
            .filter(Column::Standing.eq(Standing::Active.code()))
            .filter(Column::CertifiedUntil.gte(from.as_micros()))
            .filter(Column::CertifiedUntil.lt(until.as_micros()));
        if let Some(after) = after {
            find = find.filter(Column::Id.gt(after.uuid()));
        }
        let rows = find
            .order_by_asc(Column::Id)
            .limit(limit)
            .all(&self.link)
            .await?;
        let ends = rows.into_iter().filter_map(|row| {
            let until = moment(row.certified_until?);
            Some((EnterpriseId::from_uuid(row.id), until))
        });
        Ok(ends.collect())
    }
}
