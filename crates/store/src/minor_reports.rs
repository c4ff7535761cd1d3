use std::time::Duration;

use sea_orm::sea_query::Condition;
use sea_orm::{
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, prelude::Uuid,
};
use serde_json::json;
use yuntu_ledger::{Entry, EntryKind, Pseudonym};
use yuntu_policy::{MinorReportState, RecordedReportLook, ReportLook};
use yuntu_terms::{
    AccountId, ClauseId, Id, Lang, MinorReportId, OperatorId, Pii, Timestamp, clause,
};
use yuntu_vault::{KeyScope, RecoveryCode, SealContext, Sealed};

use crate::accounts::Account;
use crate::acts::Whose;
use crate::addresses::NetworkMac;
use crate::entity::minor_report;
use crate::error::StoreError;
use crate::limits::Quota;
use crate::read::Reader;
use crate::representatives::ContactKind;
use crate::rows::{Place, moment, moment_if};
use crate::store::Store;
use crate::tx::Tx;

mod change;

pub use change::ReportMove;

const TABLE: &str = "minor_report";
const RECEIPT_MAC: &str = "minor_report.receipt";
const ACCOUNT: &str = "account_sealed";
const ENTERPRISE: &str = "enterprise_sealed";
const PERSON: &str = "person_sealed";
const WHY: &str = "why_sealed";
const CONTACT: &str = "contact_sealed";
const WORDS: &str = "words_sealed";
/// How many reports a list shows at most.
const SHOWN_MAX: u64 = 500;

/// How often reports are taken from one network: many people may share one, and whoever floods the desk meets an end.
pub const REPORT_NETWORK_QUOTAS: [Quota; 2] = [
    Quota::new(10, Duration::from_hours(1)),
    Quota::new(30, Duration::from_hours(24)),
];

/// What somebody tells who reports an account that may be a minor's; whatever she knows.
#[derive(Debug)]
pub struct NewMinorReport<'a> {
    /// An address of the account, normalised.
    pub account: Option<&'a Pii<String>>,
    /// The enterprise for which the person acts.
    pub enterprise: Option<&'a Pii<String>>,
    /// Who the person is.
    pub person: Option<&'a Pii<String>>,
    /// Why the person may be a minor.
    pub why: &'a Pii<String>,
    /// Where the answer goes, normalised.
    pub contact: Option<&'a Pii<String>>,
    /// The language of the answer.
    pub lang: Lang,
    /// The network from which it comes.
    pub network: NetworkMac,
    /// Until when it must be settled.
    pub due: Timestamp,
}

/// A report whose values are sealed and whose row is not written yet; made by [`Store::seal_minor_report`].
#[derive(Debug, Clone)]
pub struct SealedMinorReport {
    row: minor_report::Model,
}

impl SealedMinorReport {
    /// Returns the number the report will have.
    #[must_use]
    pub const fn id(&self) -> MinorReportId {
        MinorReportId::from_uuid(self.row.id)
    }
}

/// The sealed words of a decision; made by [`Store::seal_report_words`].
#[derive(Debug, Clone)]
pub struct SealedReportWords {
    id: MinorReportId,
    bytes: Vec<u8>,
}

/// A report, without what was told in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MinorReport {
    /// Its number.
    pub id: MinorReportId,
    /// Where it stands.
    pub state: MinorReportState,
    /// The language of the answer.
    pub lang: Lang,
    /// Whether an answer goes anywhere.
    pub has_contact: bool,
    /// The account that is removed for it.
    pub account: Option<AccountId>,
    /// Who decided it.
    pub decided_by: Option<OperatorId>,
    /// When it came.
    pub reported: Timestamp,
    /// Until when it must be settled.
    pub due: Timestamp,
    /// When it was decided last.
    pub decided: Option<Timestamp>,
    /// When the erasure of the account begins.
    pub erase: Option<Timestamp>,
    /// When it was settled.
    pub settled: Option<Timestamp>,
}

/// What was told in a report and what was decided; none can be printed, and none leaves without a warrant.
#[derive(Debug, Default)]
pub struct MinorReportTexts {
    /// An address of the account.
    pub account: Option<Pii<String>>,
    /// The enterprise.
    pub enterprise: Option<Pii<String>>,
    /// Who the person is.
    pub person: Option<Pii<String>>,
    /// Why.
    pub why: Option<Pii<String>>,
    /// Where the answer goes.
    pub contact: Option<Pii<String>>,
    /// Why it was decided so.
    pub words: Option<Pii<String>>,
}

fn context<'a>(id: &'a Uuid, column: &'a str) -> SealContext<'a> {
    SealContext {
        table: TABLE,
        row: id.as_bytes(),
        column,
    }
}

fn report_of(row: &minor_report::Model) -> Result<MinorReport, StoreError> {
    Ok(MinorReport {
        id: MinorReportId::from_uuid(row.id),
        state: MinorReportState::from_code(&row.state).ok_or(Place(TABLE, "state").broken())?,
        lang: Place(TABLE, "lang").parse(&row.lang)?,
        has_contact: row.contact_sealed.is_some(),
        account: row.account_id.map(AccountId::from_uuid),
        decided_by: row.decided_by.map(OperatorId::from_uuid),
        reported: moment(row.reported_at),
        due: moment(row.due_at),
        decided: moment_if(row.decided_at),
        erase: moment_if(row.erase_at),
        settled: moment_if(row.settled_at),
    })
}

impl Store {
    /// Seals what is told in a report under the platform's key, and draws the code of its receipt, which is told once.
    /// Nothing is looked up: the work is the same whether or not there is such an account.
    ///
    /// # Errors
    /// [`StoreError::Vault`] or [`StoreError::Entropy`].
    ///
    /// # Clause
    /// R22, R29
    pub async fn seal_minor_report(
        &self,
        new: &NewMinorReport<'_>,
    ) -> Result<(SealedMinorReport, RecoveryCode), StoreError> {
        let id: MinorReportId = Id::generate(self.now(), &*self.database.entropy)?;
        let code = RecoveryCode::draw(&*self.database.entropy)?;
        let sealer = self.vault.sealer(&KeyScope::Platform).await?;
        let seal = |column: &str, value: Option<&Pii<String>>| {
            value
                .map(|value| {
                    let place = id.uuid();
                    let bytes =
                        value.digest(|text| sealer.seal(&context(&place, column), text.as_bytes()));
                    bytes.map(Sealed::into_bytes)
                })
                .transpose()
        };
        let row = minor_report::Model {
            id: id.uuid(),
            receipt_mac: self.receipt_mac(id, &code).await?,
            network_mac: new.network.to_column(),
            account_sealed: seal(ACCOUNT, new.account)?,
            enterprise_sealed: seal(ENTERPRISE, new.enterprise)?,
            person_sealed: seal(PERSON, new.person)?,
            why_sealed: seal(WHY, Some(new.why))?,
            contact_sealed: seal(CONTACT, new.contact)?,
            words_sealed: None,
            lang: crate::rows::to_code(&new.lang, "language")?,
            state: MinorReportState::Received.code().to_owned(),
            account_id: None,
            decided_by: None,
            reported_at: self.now().as_micros(),
            due_at: new.due.as_micros(),
            decided_at: None,
            erase_at: None,
            settled_at: None,
        };
        Ok((SealedMinorReport { row }, code))
    }

    async fn receipt_mac(
        &self,
        id: MinorReportId,
        code: &RecoveryCode,
    ) -> Result<Vec<u8>, StoreError> {
        let hasher = self.vault.hasher(&KeyScope::Platform, RECEIPT_MAC).await?;
        let mac = code.hash(&hasher, &id.to_string())?;
        Ok(mac.as_bytes().to_vec())
    }

    /// Seals the words of a decision.
    ///
    /// # Errors
    /// [`StoreError::Vault`].
    ///
    /// # Clause
    /// R22
    pub async fn seal_report_words(
        &self,
        id: MinorReportId,
        words: &Pii<String>,
    ) -> Result<SealedReportWords, StoreError> {
        let sealer = self.vault.sealer(&KeyScope::Platform).await?;
        let place = id.uuid();
        let bytes = words.digest(|text| sealer.seal(&context(&place, WORDS), text.as_bytes()))?;
        Ok(SealedReportWords {
            id,
            bytes: bytes.into_bytes(),
        })
    }

    /// Finds the report whose receipt this is.
    ///
    /// # Errors
    /// [`StoreError::Vault`], or a fault of the database.
    ///
    /// # Clause
    /// R29
    pub async fn find_report_by_receipt(
        &self,
        id: MinorReportId,
        code: &RecoveryCode,
    ) -> Result<Option<MinorReport>, StoreError> {
        let mac = self.receipt_mac(id, code).await?;
        let row = minor_report::Entity::find_by_id(id.uuid())
            .filter(minor_report::Column::ReceiptMac.eq(mac))
            .one(&self.read().link)
            .await?;
        row.as_ref().map(report_of).transpose()
    }

    /// Opens what was told in a report; each value leaves only at a sink that a warrant opens.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when a value was moved or changed, or a fault of the database.
    pub async fn report_texts(&self, id: MinorReportId) -> Result<MinorReportTexts, StoreError> {
        let row = minor_report::Entity::find_by_id(id.uuid())
            .one(&self.read().link)
            .await?;
        let Some(row) = row else {
            return Ok(MinorReportTexts::default());
        };
        let sealer = self.vault.unsealer(&KeyScope::Platform).await?;
        let open = |column: &'static str, bytes: Option<Vec<u8>>| {
            let Some(bytes) = bytes else { return Ok(None) };
            let plain = sealer.unseal(&context(&row.id, column), &Sealed::from_bytes(bytes)?)?;
            let text = plain.into_pii_text();
            text.map(Some).ok_or(Place(TABLE, column).broken())
        };
        Ok(MinorReportTexts {
            account: open(ACCOUNT, row.account_sealed)?,
            enterprise: open(ENTERPRISE, row.enterprise_sealed)?,
            person: open(PERSON, row.person_sealed)?,
            why: open(WHY, row.why_sealed)?,
            contact: open(CONTACT, row.contact_sealed)?,
            words: open(WORDS, row.words_sealed)?,
        })
    }

    /// Finds the account that has the address named in a report; the address stays under its protection.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when a value was moved or changed, or a fault of the database.
    ///
    /// # Clause
    /// R29
    pub async fn account_of_report(
        &self,
        id: MinorReportId,
    ) -> Result<Option<Account>, StoreError> {
        let Some(address) = self.report_texts(id).await?.account else {
            return Ok(None);
        };
        let kind = ContactKind::of(&address);
        self.find_account_by(kind, &address).await
    }

    /// Finds the accounts of those who act for the enterprise named in a report.
    ///
    /// # Errors
    /// As [`Store::account_of_report`].
    ///
    /// # Clause
    /// R29
    pub async fn accounts_at_report(
        &self,
        id: MinorReportId,
    ) -> Result<Vec<AccountId>, StoreError> {
        let Some(name) = self.report_texts(id).await?.enterprise else {
            return Ok(Vec::new());
        };
        let seats = self.read().list_seats_at(&name).await?;
        Ok(seats.into_iter().filter_map(|seat| seat.account).collect())
    }

    /// Makes a look at a report durable in the ledger, before anything is opened by it.
    ///
    /// # Errors
    /// A fault of the database; then nothing may be opened.
    ///
    /// # Clause
    /// R23, R29
    pub async fn record_report_look(
        &self,
        look: ReportLook,
        operator: OperatorId,
        (actor, whose): (Pseudonym, Whose<'_>),
    ) -> Result<RecordedReportLook, StoreError> {
        clause::hit!(R29);
        self.run_tx("minor_report.look", async |tx: Tx| {
            let body = json!({
                "report": look.report(), "reason": look.reason(), "operator": operator,
            });
            let entry = Entry {
                kind: EntryKind::known("minor_report.looked_at"),
                at: tx.now(),
                clauses: vec![ClauseId::r(23), ClauseId::r(29)],
                actor,
                body,
            };
            tx.append_own(whose, &entry).await
        })
        .await?;
        Ok(RecordedReportLook::recorded(look))
    }
}

impl Reader {
    /// Finds a report.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when the row cannot be read, or a fault of the database.
    pub async fn find_minor_report(
        &self,
        id: MinorReportId,
    ) -> Result<Option<MinorReport>, StoreError> {
        let row = minor_report::Entity::find_by_id(id.uuid())
            .one(&self.link)
            .await?;
        row.as_ref().map(report_of).transpose()
    }

    /// Lists the reports that are open, what is due first first.
    ///
    /// # Errors
    /// As [`Reader::find_minor_report`].
    ///
    /// # Clause
    /// R29
    pub async fn list_open_minor_reports(&self) -> Result<Vec<MinorReport>, StoreError> {
        use minor_report::Column;
        let rows = minor_report::Entity::find()
            .filter(is_open())
            .order_by_asc(Column::DueAt)
            .order_by_asc(Column::Id)
            .limit(SHOWN_MAX)
            .all(&self.link)
            .await?;
        rows.iter().map(report_of).collect()
    }

    /// Says whether an account stays suspended for another report than this one.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R29
    pub async fn is_upheld_elsewhere(
        &self,
        account: AccountId,
        than: MinorReportId,
    ) -> Result<bool, StoreError> {
        use minor_report::Column;
        let others = minor_report::Entity::find()
            .filter(Column::AccountId.eq(account.uuid()))
            .filter(Column::Id.ne(than.uuid()))
            .filter(is_open())
            .count(&self.link)
            .await?;
        Ok(others > 0)
    }

    /// Lists the reports that are settled and not yet forgotten, the last first.
    ///
    /// # Errors
    /// As [`Reader::find_minor_report`].
    pub async fn list_settled_minor_reports(&self) -> Result<Vec<MinorReport>, StoreError> {
        use minor_report::Column;
        let rows = minor_report::Entity::find()
            .filter(Column::SettledAt.is_not_null())
            .order_by_desc(Column::SettledAt)
            .order_by_desc(Column::Id)
            .limit(SHOWN_MAX)
            .all(&self.link)
            .await?;
        rows.iter().map(report_of).collect()
    }
}

fn is_open() -> Condition {
    let open = MinorReportState::ALL.iter().filter(|state| state.is_open());
    Condition::all().add(minor_report::Column::State.is_in(open.map(|state| state.code())))
}
