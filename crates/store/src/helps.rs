//! Technical help that enterprises ask for (U2): the requests, who offers, what was approved and how it ended.

mod looks;
mod read;

use std::collections::BTreeSet;

use sea_orm::sea_query::{Cond, Expr};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use yuntu_policy::{HELP_LASTS_MAX, HELP_WAITS, HelpEnd, HelpScope, Period, Standing};
use yuntu_terms::{
    DatasetId, EnterpriseId, HelpId, HelpOfferId, Id, InstructionId, OperatorId, Pii, Purpose,
    RepresentativeId, Timestamp, clause,
};
use yuntu_vault::{KeyScope, SealContext, Sealed, Sealer};

use crate::entity::{help_offer, help_request};
use crate::error::StoreError;
use crate::rows::{Place, insert, one_row, to_json};
use crate::store::Store;
use crate::tx::Tx;

pub use looks::{HELP_REFUSALS_QUOTA, HelpLook, HelpLookOutcome, NewLook, SealedHelpLook};
pub use read::HelpRow;

const TABLE: &str = "help_request";
const OFFERS: &str = "help_offer";
const WORDS: &str = "words_sealed";
const NAME: &str = "name_sealed";

/// What an enterprise asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHelp {
    /// The enterprise.
    pub enterprise: EnterpriseId,
    /// Who asks.
    pub by: RepresentativeId,
    /// On which datasets.
    pub datasets: Vec<DatasetId>,
    /// Under which instruction.
    pub instruction: InstructionId,
    /// What for.
    pub purpose: Purpose,
    /// What may be looked at.
    pub scopes: BTreeSet<HelpScope>,
}

/// Why an enterprise asks, sealed for a request; made by [`Store::seal_help`].
#[derive(Debug, Clone)]
pub struct SealedHelp {
    id: HelpId,
    words: Vec<u8>,
}

impl SealedHelp {
    /// Returns the id that the request will have.
    #[must_use]
    pub const fn id(&self) -> HelpId {
        self.id
    }
}

/// A request for help, without its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Help {
    /// The id.
    pub id: HelpId,
    /// What was asked for.
    pub asked: NewHelp,
    /// When.
    pub asked_at: Timestamp,
    /// Until when it waits for its approval.
    pub waits_until: Timestamp,
    /// Who approved whom, and for how long.
    pub approved: Option<(RepresentativeId, OperatorId, Period)>,
    /// How and when it was ended.
    pub ended: Option<(HelpEnd, Timestamp)>,
}

impl Help {
    /// Says how it stands at this moment: what time has ended has ended, whether somebody noted it or not.
    #[must_use]
    pub fn standing(&self, now: Timestamp) -> Standing {
        clause::hit!(U2);
        match (&self.ended, &self.approved) {
            (None, Some((.., period))) if period.holds(now) => Standing::Active,
            (None, None) if now < self.waits_until => Standing::Pending,
            (Some(_), _) | (None, Some(_) | None) => Standing::Ended,
        }
    }

    /// Says how it ended, or would be noted to have ended at this moment.
    #[must_use]
    pub fn end(&self, now: Timestamp) -> Option<HelpEnd> {
        let noted = self.ended.map(|(end, _)| end);
        let by_time = if self.approved.is_some() {
            HelpEnd::Time
        } else {
            HelpEnd::Lapsed
        };
        let over = self.standing(now) == Standing::Ended;
        noted.or_else(|| over.then_some(by_time))
    }
}

/// The name under which an enterprise sees an operator who offers help, sealed; made by [`Store::seal_help_offer`].
#[derive(Debug, Clone)]
pub struct SealedOffer {
    id: HelpOfferId,
    help: HelpId,
    operator: OperatorId,
    name: Vec<u8>,
}

impl SealedOffer {
    /// Returns the id that the offer will have.
    #[must_use]
    pub const fn id(&self) -> HelpOfferId {
        self.id
    }
}

/// An operator's offer.
#[derive(Debug)]
pub struct HelpOffer {
    /// The id.
    pub id: HelpOfferId,
    /// Who offers.
    pub operator: OperatorId,
    /// The name under which the enterprise sees her.
    pub name: Pii<String>,
    /// When.
    pub offered: Timestamp,
    /// When she took it back.
    pub withdrawn: Option<Timestamp>,
}

impl HelpOffer {
    /// Says whether it was made under this name, however that is spaced or capitalised.
    ///
    /// # Clause
    /// U2
    pub fn is_under(&self, name: &Pii<String>) -> bool {
        clause::hit!(U2);
        let plain = |text: &String| {
            let words: Vec<_> = text.split_whitespace().map(str::to_lowercase).collect();
            words.concat()
        };
        self.name
            .digest(|own| name.digest(|other| plain(own) == plain(other)))
    }
}

fn seal(
    sealer: &Sealer,
    (table, row, column): (&str, &[u8; 16], &str),
    value: &Pii<String>,
) -> Result<Vec<u8>, StoreError> {
    let context = SealContext { table, row, column };
    let bytes = value.digest(|text| sealer.seal(&context, text.as_bytes()))?;
    Ok(bytes.into_bytes())
}

fn open(
    sealer: &Sealer,
    (table, row, column): (&'static str, &[u8; 16], &'static str),
    bytes: Vec<u8>,
) -> Result<Pii<String>, StoreError> {
    let context = SealContext { table, row, column };
    let plain = sealer.unseal(&context, &Sealed::from_bytes(bytes)?)?;
    plain.into_pii_text().ok_or(Place(table, column).broken())
}

impl Store {
    /// Seals why an enterprise asks for help.
    ///
    /// # Errors
    /// [`StoreError::Vault`] or [`StoreError::Entropy`].
    ///
    /// # Clause
    /// U2, R22
    pub async fn seal_help(
        &self,
        enterprise: EnterpriseId,
        words: &Pii<String>,
    ) -> Result<SealedHelp, StoreError> {
        let id: HelpId = Id::generate(self.now(), &*self.database.entropy)?;
        let sealer = self.vault.sealer(&KeyScope::Enterprise(enterprise)).await?;
        let words = seal(&sealer, (TABLE, id.uuid().as_bytes(), WORDS), words)?;
        Ok(SealedHelp { id, words })
    }

    /// Seals the name under which the enterprise sees an operator who offers.
    ///
    /// # Errors
    /// As [`Store::seal_help`].
    ///
    /// # Clause
    /// U2, R22
    pub async fn seal_help_offer(
        &self,
        help: &Help,
        operator: OperatorId,
        name: &Pii<String>,
    ) -> Result<SealedOffer, StoreError> {
        let id: HelpOfferId = Id::generate(self.now(), &*self.database.entropy)?;
        let scope = KeyScope::Enterprise(help.asked.enterprise);
        let sealer = self.vault.sealer(&scope).await?;
        let name = seal(&sealer, (OFFERS, id.uuid().as_bytes(), NAME), name)?;
        Ok(SealedOffer {
            id,
            help: help.id,
            operator,
            name,
        })
    }
}

impl Tx {
    /// Opens a request for help; it waits for its approval.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such instruction or dataset.
    ///
    /// # Clause
    /// U2
    pub async fn open_help(&self, sealed: &SealedHelp, new: &NewHelp) -> Result<(), StoreError> {
        clause::hit!(U2);
        let read = self.read();
        let known = read.find_instruction(new.enterprise, new.instruction);
        known.await?.ok_or(StoreError::Missing {
            what: "instruction",
        })?;
        for dataset in &new.datasets {
            self.own_dataset(new.enterprise, *dataset).await?;
        }
        let row = help_request::Model {
            id: sealed.id.uuid(),
            enterprise_id: new.enterprise.uuid(),
            representative_id: new.by.uuid(),
            instruction_id: new.instruction.uuid(),
            purpose: new.purpose.to_string(),
            datasets: to_json(&new.datasets, "datasets")?,
            scopes: to_json(&new.scopes, "scopes")?,
            words_sealed: sealed.words.clone(),
            asked_at: self.now().as_micros(),
            waits_until: self.now().plus(HELP_WAITS).as_micros(),
            approved_by: None,
            operator_id: None,
            approved_at: None,
            approved_until: None,
            ended_at: None,
            ended_as: None,
        };
        insert(&self.link, row).await
    }

    /// Keeps an operator's offer beside the `seen` ones whose names she was told apart from; she offers once for a request.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such request; [`StoreError::Invalid`] when others offered meanwhile;
    /// [`StoreError::Conflict`] when she offered already.
    ///
    /// # Clause
    /// U2
    pub async fn offer_help(&self, sealed: &SealedOffer, seen: u64) -> Result<(), StoreError> {
        use help_request::Column;
        // The request is touched first, so that who offers at the same moment waits here and is counted.
        let touched = help_request::Entity::update_many()
            .col_expr(Column::AskedAt, Expr::col(Column::AskedAt))
            .filter(Column::Id.eq(sealed.help.uuid()))
            .exec(&self.link)
            .await?;
        one_row(touched.rows_affected, TABLE)?;
        let offers =
            help_offer::Entity::find().filter(help_offer::Column::HelpId.eq(sealed.help.uuid()));
        if offers.count(&self.link).await? != seen {
            return Err(StoreError::Invalid {
                what: OFFERS,
                reason: "others offered meanwhile",
            });
        }
        let row = help_offer::Model {
            id: sealed.id.uuid(),
            help_id: sealed.help.uuid(),
            operator_id: sealed.operator.uuid(),
            name_sealed: sealed.name.clone(),
            offered_at: self.now().as_micros(),
            withdrawn_at: None,
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict(OFFERS))
    }

    /// Takes an operator's offer back; says whether it stood.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// U2
    pub async fn withdraw_help_offer(
        &self,
        help: HelpId,
        operator: OperatorId,
    ) -> Result<bool, StoreError> {
        use help_offer::Column;
        let done = help_offer::Entity::update_many()
            .col_expr(Column::WithdrawnAt, Expr::value(self.now().as_micros()))
            .filter(Column::HelpId.eq(help.uuid()))
            .filter(Column::OperatorId.eq(operator.uuid()))
            .filter(Column::WithdrawnAt.is_null())
            .exec(&self.link)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Approves an operator who offers, until a moment within [`HELP_LASTS_MAX`]; says whom, if the request still waited, the
    /// offer still stood and the moment lies ahead and not beyond.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// U2
    pub async fn approve_help(
        &self,
        help: HelpId,
        offer: HelpOfferId,
        by: RepresentativeId,
        until: Timestamp,
    ) -> Result<Option<OperatorId>, StoreError> {
        use help_request::Column;
        clause::hit!(U2);
        if until <= self.now() || self.now().plus(HELP_LASTS_MAX) < until {
            return Ok(None);
        }
        let found = help_offer::Entity::find_by_id(offer.uuid())
            .filter(help_offer::Column::HelpId.eq(help.uuid()))
            .filter(help_offer::Column::WithdrawnAt.is_null())
            .one(&self.link)
            .await?;
        let Some(found) = found else { return Ok(None) };
        let now = self.now().as_micros();
        let done = help_request::Entity::update_many()
            .col_expr(Column::ApprovedBy, Expr::value(by.uuid()))
            .col_expr(Column::OperatorId, Expr::value(found.operator_id))
            .col_expr(Column::ApprovedAt, Expr::value(now))
            .col_expr(Column::ApprovedUntil, Expr::value(until.as_micros()))
            .filter(Column::Id.eq(help.uuid()))
            .filter(Column::ApprovedAt.is_null())
            .filter(Column::EndedAt.is_null())
            .filter(Column::WaitsUntil.gt(now))
            .exec(&self.link)
            .await?;
        let approved = done.rows_affected == 1;
        Ok(approved.then(|| OperatorId::from_uuid(found.operator_id)))
    }

    /// Notes how help ended; says whether it still stood. By button it ends what time has not ended, and by time what it has.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// U2
    pub async fn end_help(&self, id: HelpId, end: HelpEnd) -> Result<bool, StoreError> {
        use help_request::Column;
        clause::hit!(U2);
        let now = self.now().as_micros();
        let unapproved = Cond::all().add(Column::ApprovedAt.is_null());
        let due = match end {
            HelpEnd::Enterprise | HelpEnd::GivenUp => Cond::any()
                .add(Column::ApprovedUntil.gt(now))
                .add(unapproved.add(Column::WaitsUntil.gt(now))),
            HelpEnd::Time => Cond::all().add(Column::ApprovedUntil.lte(now)),
            HelpEnd::Lapsed => unapproved.add(Column::WaitsUntil.lte(now)),
        };
        let done = help_request::Entity::update_many()
            .col_expr(Column::EndedAt, Expr::value(now))
            .col_expr(Column::EndedAs, Expr::value(end.code()))
            .filter(Column::Id.eq(id.uuid()))
            .filter(Column::EndedAt.is_null())
            .filter(due)
            .exec(&self.link)
            .await?;
        Ok(done.rows_affected == 1)
    }
}
