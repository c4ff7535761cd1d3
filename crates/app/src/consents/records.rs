use std::collections::BTreeSet;

use yuntu_consent::{ConsentRecord, ConsentSource, SubjectEvent};
use yuntu_lake::IdentifierKind;
use yuntu_policy::Action;
use yuntu_store::{ConsentProof, SealedProof};
use yuntu_terms::{
    ConsentKind, ConsentRecordId, ConsentStatus, Digest, Operation, PaperId, Pii, Purpose,
    Recipient, Timestamp, clause,
};

use super::lines::{Rules, check_proved, check_times, language, words};
use crate::caller::Caller;
use crate::error::{AppError, Said};
use crate::platform::Platform;

/// How many records one request may bring.
pub(super) const RECORDS_MAX: usize = 1_000;

/// One consent of one person, named by an identifier; the fields of ISO/IEC TS 27560.
#[derive(Debug)]
pub struct ConsentInput {
    /// The record, where whoever sends it names it; under one name it is recorded once.
    pub id: Option<ConsentRecordId>,
    /// What kind of identifier names the person.
    pub identifier: IdentifierKind,
    /// The identifier.
    pub value: Pii<String>,
    /// The purpose.
    pub purpose: Purpose,
    /// The operation.
    pub operation: Operation,
    /// The recipient.
    pub recipient: Recipient,
    /// How it was expressed.
    pub kind: ConsentKind,
    /// The state.
    pub status: ConsentStatus,
    /// From when it is valid.
    pub from: Timestamp,
    /// Until when, where it ends.
    pub until: Option<Timestamp>,
    /// When the person's act was recorded at its source; now where nobody says when.
    pub recorded: Option<Timestamp>,
    /// What it rests on, but for its paper.
    pub proof: ConsentProof,
    /// The paper of a dataset on which it rests, by its digest.
    pub paper: Option<Digest>,
}

/// What came of recording consents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ConsentsRecorded {
    /// How many were recorded.
    pub recorded: u64,
    /// How many of them were there already.
    pub already: u64,
    /// How many name nobody in the enterprise's data.
    pub unknown_people: u64,
    /// The version of the consent log afterwards.
    pub version: u64,
}

impl Platform {
    /// Records consents of people who are named by an identifier: all of them or none, durable when it returns.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not record consent; [`AppError::ConsentRecords`] names the records that
    /// cannot be used; a conflict when a record of one's own name says something else than before.
    /// # Clause
    /// U4
    pub async fn record_consents(
        &self,
        caller: &Caller,
        source: ConsentSource,
        inputs: Vec<ConsentInput>,
    ) -> Result<ConsentsRecorded, AppError> {
        clause::hit!(U4);
        self.authorise(caller, Action::RecordConsent).await?;
        let rules = self.consent_rules(caller).await?;
        let mut inputs = inputs;
        check(&mut inputs, &rules)?;
        let mut done = ConsentsRecorded::default();
        let mut events = Vec::with_capacity(inputs.len());
        let mut named = Vec::new();
        let proofs: Vec<&ConsentProof> = inputs.iter().map(|input| &input.proof).collect();
        let sealed = self.seal_those(caller, &proofs).await?;
        for (input, proof) in inputs.into_iter().zip(&sealed) {
            let lake = &self.inner.lake;
            let subject = lake
                .resolve(caller.enterprise, &input.identifier, &input.value)
                .await?;
            let Some(subject) = subject else {
                done.unknown_people += 1;
                continue;
            };
            named.extend(input.id);
            events.push(SubjectEvent::Consent(ConsentRecord {
                id: match input.id {
                    Some(id) => id,
                    None => self.new_id()?,
                },
                subject,
                purpose: input.purpose,
                operation: input.operation,
                recipient: input.recipient,
                kind: input.kind,
                status: input.status,
                from: input.from,
                until: input.until,
                recorded: input.recorded.unwrap_or_else(|| self.now()),
                source,
                evidence: proof.as_ref().map(SealedProof::digest),
            }));
        }
        let sealed: Vec<SealedProof> = sealed.into_iter().flatten().collect();
        let by = (caller.representative, caller.into());
        let store = self.store();
        let (version, recorded) = store
            .record_named(caller.enterprise, by, (&named, &sealed), &events)
            .await?;
        self.inner.running.stop_left(caller.enterprise, &events);
        done.version = version;
        done.recorded = recorded;
        done.already = u64::try_from(events.len()).unwrap_or(u64::MAX) - recorded;
        Ok(done)
    }

    /// Seals what records rest on, nothing where one rests on nothing.
    async fn seal_those(
        &self,
        caller: &Caller,
        proofs: &[&ConsentProof],
    ) -> Result<Vec<Option<SealedProof>>, AppError> {
        let mut sealed = Vec::with_capacity(proofs.len());
        for proof in proofs {
            if proof.is_empty() {
                sealed.push(None);
                continue;
            }
            let one = std::slice::from_ref(*proof);
            let made = self.store().seal_proofs(caller.enterprise, one).await?;
            sealed.extend(made.into_iter().map(Some));
        }
        Ok(sealed)
    }
}

/// Holds records against the rules, all before the first is recorded.
///
/// Each is told the paper that it names.
fn check(inputs: &mut [ConsentInput], rules: &Rules) -> Result<(), AppError> {
    if inputs.is_empty() || inputs.len() > RECORDS_MAX {
        return Err(AppError::Invalid {
            what: "records",
            reason: Said::new(
                "一次应有 1 至 1000 条；更多请用文件",
                "a request brings 1 to 1,000 of them; send a file for more",
            ),
        });
    }
    let mut names = BTreeSet::new();
    let mut faults = Vec::new();
    for (place, input) in (1_u64..).zip(inputs) {
        let twice = input.id.is_some_and(|id| !names.insert(id));
        let reason = if twice {
            Some(Said::new(
                "record_id 在本次请求中重复",
                "`record_id` is in the request twice",
            ))
        } else {
            fault_of(input, rules)
                .map(|paper| input.proof.paper = paper)
                .err()
        };
        faults.extend(reason.map(|reason| super::LineFault {
            line: place,
            reason,
        }));
    }
    if faults.is_empty() {
        return Ok(());
    }
    let total = u64::try_from(faults.len()).unwrap_or(u64::MAX);
    faults.truncate(100);
    Err(AppError::ConsentRecords { faults, total })
}

/// Says what is wrong with a record, or which paper it names.
fn fault_of(input: &ConsentInput, rules: &Rules) -> Result<Option<(PaperId, Digest)>, Said> {
    rules.purpose(input.purpose.as_str())?;
    rules.check_recipient(input.recipient, input.status)?;
    check_times(input.from, input.until, input.recorded, rules.now)?;
    let proof = &input.proof;
    words(proof.method.as_deref().unwrap_or_default())?;
    let notice = proof.notice.as_ref();
    words(notice.map_or("", |notice| &notice.version))?;
    language(proof.language.as_deref().unwrap_or_default())?;
    let mut told = false;
    if let Some(reference) = &proof.reference {
        told = reference.digest(|text| words(text).map(|text| !text.trim().is_empty()))?;
    }
    let paper = input.paper.map(|digest| rules.paper(digest)).transpose()?;
    check_proved(input.status, told || paper.is_some())?;
    Ok(paper)
}
