use std::collections::{BTreeMap, BTreeSet};

use yuntu_consent::{ConsentRecord, Exclusion, SubjectEvent};
use yuntu_lake::IdentifierKind;
use yuntu_policy::{Action, RecordedView, decide_consent_view};
use yuntu_store::ConsentProof;
use yuntu_terms::{Digest, Pii, Timestamp, clause};

use crate::caller::Caller;
use crate::error::AppError;
use crate::platform::Platform;

/// What one person in the enterprise's data agreed to, with what it rests on.
#[derive(Debug)]
pub struct PersonConsents {
    /// The look, by which what a record rests on is opened towards the page or answer.
    pub view: RecordedView,
    /// Under how many numbers she is known: more than one when rows named two people who turned out to be one.
    pub numbers: usize,
    /// Her records under each of them, the latest first.
    pub records: Vec<PersonRecord>,
    /// The number of the log before which there are more of them, where there are.
    pub more_before: Option<u64>,
    /// Whether processing of her data is suspended.
    pub restricted: bool,
    /// Whether her data is erased.
    pub erased: bool,
    /// Until when she is a minor, where that was recorded.
    pub minor_until: Option<Timestamp>,
    /// What those records rest on, by their digests.
    pub proofs: BTreeMap<Digest, ConsentProof>,
    /// The digests of the papers that stand; a record may name one that was taken back since.
    pub papers: BTreeSet<Digest>,
}

/// A record of a person with its place in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRecord {
    /// The number of the event in the enterprise's log.
    pub seq: u64,
    /// The record.
    pub record: ConsentRecord,
}

impl Platform {
    /// Shows the consent records of one person whom an identifier names: the newest, or those before a number of the log, so that
    /// every record can be reached. Each look is in the ledger and in the caller's own
    /// log before it is answered, also when the identifier names nobody.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not serve the rights of people; [`AppError::Missing`] when the identifier
    /// names nobody in the enterprise's data.
    /// # Clause
    /// U4, R23, R26
    pub async fn person_consents(
        &self,
        caller: &Caller,
        identifier: &IdentifierKind,
        value: &Pii<String>,
        before: Option<u64>,
    ) -> Result<PersonConsents, AppError> {
        clause::hit!(R26);
        let view = self.consent_view(caller).await?;
        let subject = self.resolve(caller, identifier, value).await?;
        let consent = self.consent(caller).await?;
        let numbers = consent.numbers_of(subject);
        let read = self.store().read();
        let events = read.events_of(caller.enterprise, &numbers, before).await?;
        let (events, more_before) = events;
        let bar = consent.bar(subject);
        let mut shown = PersonConsents {
            view,
            numbers: numbers.len(),
            records: Vec::new(),
            more_before,
            restricted: bar == Some(Exclusion::Restricted),
            erased: bar == Some(Exclusion::Erased),
            minor_until: read.minor_until(caller.enterprise, &numbers).await?,
            proofs: BTreeMap::new(),
            papers: BTreeSet::new(),
        };
        for (seq, event) in events {
            if let SubjectEvent::Consent(record) = event {
                shown.records.push(PersonRecord { seq, record });
            }
        }
        let mut digests: Vec<Digest> = shown
            .records
            .iter()
            .filter_map(|it| it.record.evidence)
            .collect();
        digests.sort_unstable();
        digests.dedup();
        let store = self.store();
        shown.proofs = store.open_proofs(caller.enterprise, &digests).await?;
        let papers = read.papers_by_digest(caller.enterprise, None).await?;
        shown.papers = papers.into_keys().collect();
        Ok(shown)
    }

    async fn consent_view(&self, caller: &Caller) -> Result<RecordedView, AppError> {
        let facts = self.facts_of(caller).await?;
        let (enterprise, representative) = (caller.enterprise, caller.representative);
        match decide_consent_view(enterprise, representative, &facts) {
            Ok(view) => self.view_as(caller, view).await,
            Err(refusal) => Err(self.refuse(caller, Action::ServeRights, refusal).await?),
        }
    }
}
