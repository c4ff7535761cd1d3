use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use serde::Deserialize;
use tokio::sync::Mutex;
use yuntu_consent::{ConsentIndex, ConsentRecord, ConsentSnapshot, ConsentSource, SubjectEvent};
use yuntu_lake::{IdentifierKind, Look};
use yuntu_policy::Action;
use yuntu_store::Store;
use yuntu_terms::{
    ConsentKind, ConsentStatus, EnterpriseId, Operation, Pii, Purpose, Recipient, SubjectId,
    Timestamp, clause,
};

use crate::caller::Caller;
use crate::error::{AppError, Said};
use crate::platform::Platform;

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

/// One consent of one person, named by an identifier.
#[derive(Debug)]
pub struct ConsentInput {
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
}

/// What came of recording consents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ConsentsRecorded {
    /// How many were recorded.
    pub recorded: u64,
    /// How many name nobody in the enterprise's data.
    pub unknown_people: u64,
    /// The version of the consent log afterwards.
    pub version: u64,
}

/// A line of a consent file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    member_id: String,
    purpose: Purpose,
    operation: Operation,
    recipient: String,
    kind: ConsentKind,
    status: ConsentStatus,
    from: Timestamp,
    until: Option<Timestamp>,
}

impl Platform {
    /// Records consents of people who are named by an identifier; durable when it returns.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not record consent.
    /// # Clause
    /// U4
    pub async fn record_consents(
        &self,
        caller: &Caller,
        source: ConsentSource,
        inputs: &[ConsentInput],
    ) -> Result<ConsentsRecorded, AppError> {
        clause::hit!(U4);
        self.authorise(caller, Action::RecordConsent).await?;
        let mut done = ConsentsRecorded::default();
        let mut events = Vec::with_capacity(inputs.len());
        for input in inputs {
            let lake = &self.inner.lake;
            let subject = lake
                .resolve(caller.enterprise, &input.identifier, &input.value)
                .await?;
            let Some(subject) = subject else {
                done.unknown_people += 1;
                continue;
            };
            events.push(SubjectEvent::Consent(ConsentRecord {
                id: self.new_id()?,
                subject,
                purpose: input.purpose.clone(),
                operation: input.operation,
                recipient: input.recipient,
                kind: input.kind,
                status: input.status,
                from: input.from,
                until: input.until,
                recorded: self.now(),
                source,
                evidence: None,
            }));
        }
        done.recorded = u64::try_from(events.len()).unwrap_or(u64::MAX);
        done.version = self.append_events(caller, &events).await?;
        Ok(done)
    }

    /// Records a CSV file of consents: `member_id,purpose,operation,recipient,kind,status,from,until`.
    ///
    /// The file is read whole before anything is recorded, so a bad line leaves nothing behind.
    ///
    /// # Errors
    /// [`AppError::ConsentLine`] names the line that cannot be used.
    /// # Clause
    /// U4
    pub async fn record_consent_file(
        &self,
        caller: &Caller,
        content: &[u8],
    ) -> Result<ConsentsRecorded, AppError> {
        let inputs = read_consents(content)?;
        self.record_consents(caller, ConsentSource::Api, &inputs)
            .await
    }

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
        let by = (caller.representative, caller.origin.as_ref());
        let mut version = self.store().read().consent_version(enterprise).await?;
        for batch in events.chunks(BATCH) {
            version = self
                .store()
                .record_subject_events(enterprise, by, batch)
                .await?
                .last;
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

/// The fields of a consent file, in any order.
const FIELDS: [&str; 8] = [
    "member_id",
    "purpose",
    "operation",
    "recipient",
    "kind",
    "status",
    "from",
    "until",
];

/// Refuses a file that is no consent file before a line of it is read; else a file without a header loses its first line.
fn check_head(content: &[u8], reader: &mut csv::Reader<&[u8]>) -> Result<(), AppError> {
    let refused = |zh, en| {
        Err(AppError::Invalid {
            what: "consent file",
            reason: Said::new(zh, en),
        })
    };
    if content.is_empty() {
        return refused("文件是空的", "it is empty");
    }
    if Look::of(content).is_some() {
        return refused(
            "这是工作簿、压缩文件、文档或 UTF-16 文字；请另存为“CSV UTF-8”",
            "it is a workbook, a packed file, a document or text in UTF-16; save it as CSV in UTF-8",
        );
    }
    if std::str::from_utf8(content).is_err() {
        return refused(
            "文字不是 UTF-8；请另存为“CSV UTF-8”",
            "its text is not UTF-8; save it as CSV in UTF-8",
        );
    }
    let mut found: Vec<&str> = match reader.headers() {
        Ok(headers) => headers.iter().collect(),
        Err(_quotes_the_row) => return Err(head()),
    };
    let mut wanted = FIELDS;
    found.sort_unstable();
    wanted.sort_unstable();
    if found == wanted { Ok(()) } else { Err(head()) }
}

fn head() -> AppError {
    AppError::Invalid {
        what: "consent file",
        reason: Said::new(
            "第一行应为 member_id,purpose,operation,recipient,kind,status,from,until，以逗号分隔",
            "its first line must be member_id,purpose,operation,recipient,kind,status,from,until with commas between",
        ),
    }
}

/// Returns the line on which a row begins; a row with line ends in quotes takes several.
fn reader_line(reader: &csv::Reader<&[u8]>, row: &csv::StringRecord) -> u64 {
    row.position()
        .map_or_else(|| reader.position().line(), csv::Position::line)
}

fn read_consents(content: &[u8]) -> Result<Vec<ConsentInput>, AppError> {
    let mut reader = csv::Reader::from_reader(content);
    check_head(content, &mut reader)?;
    let headers = reader
        .headers()
        .cloned()
        .map_err(|_quotes_the_row| head())?;
    let mut inputs = Vec::new();
    let mut row = csv::StringRecord::new();
    loop {
        // The causes of both would quote the row.
        let read = reader.read_record(&mut row);
        let line = reader_line(&reader, &row);
        let record = match read {
            Ok(false) => break,
            Ok(true) => row
                .deserialize::<Line>(Some(&headers))
                .map_err(|_quotes| ()),
            Err(_quotes) => Err(()),
        };
        let record = record.map_err(|()| AppError::ConsentLine {
            line,
            reason: Said::new(
                "缺少字段，或值不在可用范围内；请改正该行后重新上传整个文件",
                "a field is missing or has no known value; correct the line and upload the whole file again",
            ),
        })?;
        let recipient =
            match record.recipient.as_str() {
                "enterprise" => Recipient::Enterprise,
                "public" => Recipient::Public,
                partner => partner.parse().map(Recipient::Partner).map_err(|_id| {
                    AppError::ConsentLine {
                        line,
                        reason: Said::new(
                            "接收方应为 enterprise、public 或合作方的标识",
                            "the recipient is not enterprise, public or the id of a partner",
                        ),
                    }
                })?,
            };
        if record.until.is_some_and(|until| until <= record.from) {
            let reason = Said::new("同意结束早于开始", "the consent ends before it begins");
            return Err(AppError::ConsentLine { line, reason });
        }
        inputs.push(ConsentInput {
            identifier: IdentifierKind::MemberId,
            value: Pii::new(record.member_id),
            purpose: record.purpose,
            operation: record.operation,
            recipient,
            kind: record.kind,
            status: record.status,
            from: record.from,
            until: record.until,
        });
    }
    Ok(inputs)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "member_id,purpose,operation,recipient,kind,status,from,until\n";

    fn read(lines: &str) -> Result<Vec<ConsentInput>, AppError> {
        read_consents(format!("{HEAD}{lines}").as_bytes())
    }

    #[test]
    fn a_consent_file_is_read_line_by_line() {
        let good = "7,marketing.insight,process,enterprise,explicit,given,2026-01-05T00:00:00Z,\n";
        assert_eq!(read(good).unwrap().len(), 1);
    }

    #[test]
    fn a_file_that_is_no_consent_file_is_refused_before_a_line_is_read() {
        let good = "7,marketing.insight,process,enterprise,explicit,given,2026-01-05T00:00:00Z,\n";
        let utf16 =
            |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
        for file in [
            Vec::new(),
            b"\n\n".to_vec(),
            good.as_bytes().to_vec(),
            b"PK\x03\x04 a workbook".to_vec(),
            utf16(&format!("{HEAD}{good}")),
            [HEAD.as_bytes(), b"\xd5\xc5\xc8\xfd"].concat(),
            format!("{HEAD}{good}").replace(',', ";").into_bytes(),
            format!("{HEAD}{good}").replace("purpose,", "").into_bytes(),
            format!("{HEAD}{good}")
                .replace("until", "canary")
                .into_bytes(),
        ] {
            let error = read_consents(&file).unwrap_err();
            assert!(
                matches!(
                    error,
                    AppError::Invalid {
                        what: "consent file",
                        ..
                    }
                ),
                "{error:?}"
            );
            assert!(!format!("{error:?} {error}").contains("canary"));
        }
        let marked = format!("\u{feff}{HEAD}{good}");
        assert_eq!(read_consents(marked.as_bytes()).unwrap().len(), 1);
    }

    #[test]
    fn the_line_is_counted_in_the_file_and_not_in_rows() {
        let row =
            "\"two\nlines\",marketing,process,enterprise,explicit,given,2026-01-05T00:00:00Z,\n";
        let error = read(&format!("{row}canary,marketing\n")).unwrap_err();
        assert!(
            matches!(error, AppError::ConsentLine { line: 4, .. }),
            "{error:?}"
        );
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]

        /// Whatever bytes come, there is an answer and none of it quotes them.
        #[test]
        fn any_bytes_are_read_or_refused(
            lead in 0_usize..=61,
            noise in proptest::collection::vec(proptest::num::u8::ANY, 0..200),
        ) {
            let mut file = HEAD.as_bytes()[..lead.min(HEAD.len())].to_vec();
            file.extend_from_slice(&noise);
            if let Err(error) = read_consents(&file) {
                let refused = matches!(error, AppError::Invalid { .. } | AppError::ConsentLine { .. });
                proptest::prop_assert!(refused);
            }
        }
    }

    #[test]
    fn a_bad_line_is_named_and_its_values_are_not_quoted() {
        let good = "7,marketing.insight,process,enterprise,explicit,given,2026-01-05T00:00:00Z,\n";
        for bad in [
            "canary,nope!,process,enterprise,explicit,given,2026-01-05T00:00:00Z,\n",
            "canary,marketing,steal,enterprise,explicit,given,2026-01-05T00:00:00Z,\n",
            "canary,marketing,process,somebody,explicit,given,2026-01-05T00:00:00Z,\n",
            "canary,marketing,process,enterprise,explicit,given,yesterday,\n",
            "canary,marketing,process,enterprise,explicit,given,2026-01-05T00:00:00Z,2025-01-05T00:00:00Z\n",
            "canary,marketing\n",
        ] {
            let error = read(&format!("{good}{bad}")).unwrap_err();
            assert!(
                matches!(error, AppError::ConsentLine { line: 3, .. }),
                "{error:?}"
            );
            assert!(!format!("{error:?} {error}").contains("canary"));
        }
    }
}
