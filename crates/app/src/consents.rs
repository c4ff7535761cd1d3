use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use tokio::sync::Mutex;
use yuntu_consent::{ConsentIndex, ConsentRecord, ConsentSnapshot, ConsentSource, SubjectEvent};
use yuntu_lake::IdentifierKind;
use yuntu_policy::Action;
use yuntu_store::Store;
use yuntu_terms::{
    ConsentKind, ConsentStatus, EnterpriseId, Operation, Pii, Purpose, Recipient, SubjectId,
    Timestamp, clause,
};

use crate::caller::Caller;
use crate::error::AppError;
use crate::platform::Platform;

mod asking;
mod browse;
mod file;
mod flags;
mod lines;
mod person;
mod records;
mod scope;

pub use asking::{AskList, Reach, Widening};
pub use browse::{ConsentCounts, ConsentQuestion};
pub use lines::LineFault;
pub use person::{PersonConsents, PersonRecord};
pub use records::{ConsentInput, ConsentsRecorded};

/// How many events go into one transaction.
const BATCH: usize = 5_000;

/// The consent indexes of the enterprises in use; each is brought up to the log before it answers.
#[derive(Debug, Default)]
pub(crate) struct ConsentIndexes {
    indexes: std::sync::Mutex<BTreeMap<EnterpriseId, Arc<Mutex<Known>>>>,
}

/// The index of an enterprise, and the last look at it with the sets that were worked out for it.
#[derive(Debug)]
struct Known {
    index: ConsentIndex,
    last: Option<Arc<ConsentSnapshot>>,
}

impl ConsentIndexes {
    /// Returns what the consents of an enterprise say now, with every event that is durable.
    pub(crate) async fn snapshot(
        &self,
        store: &Store,
        enterprise: EnterpriseId,
        now: Timestamp,
    ) -> Result<Arc<ConsentSnapshot>, AppError> {
        let known = {
            let mut indexes = self.indexes.lock().unwrap_or_else(PoisonError::into_inner);
            let fresh = || {
                Arc::new(Mutex::new(Known {
                    index: ConsentIndex::new(enterprise),
                    last: None,
                }))
            };
            Arc::clone(indexes.entry(enterprise).or_insert_with(fresh))
        };
        let mut known = known.lock().await;
        let Known { index, last } = &mut *known;
        let mut pages = store.read().subject_events(enterprise, index.version());
        loop {
            let page = pages.next().await?;
            if page.is_empty() {
                break;
            }
            *last = None;
            for (seq, event) in &page {
                index
                    .apply(*seq, event)
                    .map_err(|_order| AppError::Internal {
                        what: "order of the consent log",
                    })?;
            }
        }
        if let Some(last) = last
            && last.holds_at(now)
        {
            return Ok(Arc::clone(last));
        }
        let fresh = index.snapshot(now);
        *last = Some(Arc::clone(&fresh));
        Ok(fresh)
    }
}

impl Platform {
    /// Withdraws a person's consent to a purpose and whatever lies below it, for every operation and recipient it was given for.
    ///
    /// Acknowledged means durable, and out of every run that starts afterwards.
    ///
    /// # Errors
    /// [`AppError::Missing`] when the identifier names nobody in the enterprise's data.
    /// # Clause
    /// U4, R26
    pub async fn withdraw(
        &self,
        caller: &Caller,
        identifier: &IdentifierKind,
        value: &Pii<String>,
        purpose: &Purpose,
    ) -> Result<SubjectId, AppError> {
        clause::hit!(R26);
        self.authorise(caller, Action::ServeRights).await?;
        let subject = self.resolve(caller, identifier, value).await?;
        let partners = self.store().read().list_partners(caller.enterprise).await?;
        let mut recipients = vec![Recipient::Enterprise, Recipient::Public];
        recipients.extend(
            partners
                .iter()
                .map(|partner| Recipient::Partner(partner.facts.id)),
        );
        let mut events = Vec::new();
        for recipient in recipients {
            for operation in Operation::ALL {
                events.push(self.withdrawal(subject, purpose, operation, recipient)?);
            }
        }
        self.append_events(caller, &events).await?;
        Ok(subject)
    }

    fn withdrawal(
        &self,
        subject: SubjectId,
        purpose: &Purpose,
        operation: Operation,
        recipient: Recipient,
    ) -> Result<SubjectEvent, AppError> {
        let now = self.now();
        Ok(SubjectEvent::Consent(ConsentRecord {
            id: self.new_id()?,
            subject,
            purpose: purpose.clone(),
            operation,
            recipient,
            kind: ConsentKind::Explicit,
            status: ConsentStatus::Withdrawn,
            from: now,
            until: None,
            recorded: now,
            source: ConsentSource::Request,
            evidence: None,
        }))
    }

    /// Records that people are minors until a moment; without a guardian's consent they are left out of every run.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not record consent.
    /// # Clause
    /// R29
    pub async fn record_minors(
        &self,
        caller: &Caller,
        identifier: &IdentifierKind,
        minors: &[(Pii<String>, Timestamp)],
    ) -> Result<u64, AppError> {
        self.authorise(caller, Action::RecordConsent).await?;
        let mut events = Vec::with_capacity(minors.len());
        for (value, until) in minors {
            let found = self
                .inner
                .lake
                .resolve(caller.enterprise, identifier, value)
                .await?;
            if let Some(subject) = found {
                let recorded = self.now();
                events.push(SubjectEvent::Minor {
                    subject,
                    until: *until,
                    recorded,
                });
            }
        }
        self.append_events(caller, &events).await?;
        Ok(u64::try_from(events.len()).unwrap_or(u64::MAX))
    }

    /// Finds the dense number of a person whom an identifier names.
    pub(crate) async fn resolve(
        &self,
        caller: &Caller,
        identifier: &IdentifierKind,
        value: &Pii<String>,
    ) -> Result<SubjectId, AppError> {
        let found = self
            .inner
            .lake
            .resolve(caller.enterprise, identifier, value)
            .await?;
        found.ok_or(AppError::Missing {
            what: "person in the enterprise's data",
        })
    }

    async fn append_events(
        &self,
        caller: &Caller,
        events: &[SubjectEvent],
    ) -> Result<u64, AppError> {
        let enterprise = caller.enterprise;
        let mut version = self.store().read().consent_version(enterprise).await?;
        for batch in events.chunks(BATCH) {
            version = self
                .store()
                .record_subject_events(enterprise, (caller.representative, caller.into()), batch)
                .await?
                .last;
            self.inner.running.stop_left(enterprise, batch);
        }
        Ok(version)
    }

    pub(crate) async fn consent(&self, caller: &Caller) -> Result<Arc<ConsentSnapshot>, AppError> {
        self.inner
            .consents
            .snapshot(self.store(), caller.enterprise, self.now())
            .await
    }
}
