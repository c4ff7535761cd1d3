//! What one person agreed to: every record with its source and what it rests on.

use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use yuntu_app::PersonConsents;
use yuntu_app::consent::ConsentRecord;
use yuntu_app::lake::IdentifierKind;
use yuntu_terms::{Digest, Pii, Sink, Timestamp};

use super::records::Notice;
use crate::input::{Bearer, Body};
use crate::problem::Problem;

/// A person whom an identifier names.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Who {
    /// What kind of identifier names the person, such as `member_id`, `phone` or `email`.
    #[schema(value_type = String)]
    identifier: IdentifierKind,
    /// The identifier.
    value: String,
    /// Asks for the records before this number of the log; for the newest when left out.
    #[serde(default)]
    before: Option<u64>,
}

/// What a person agreed to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PersonView {
    /// Whether processing of her data is suspended.
    restricted: bool,
    /// Whether her data is erased.
    erased: bool,
    /// Until when she is a minor, where that was recorded.
    #[schema(value_type = Option<String>, format = DateTime)]
    minor_until: Option<Timestamp>,
    /// Under how many numbers she is known: more than one when rows named two people who turned out to be one.
    numbers: usize,
    /// Her records under each of them, the latest first.
    records: Vec<RecordView>,
    /// Where there are more: what to ask for as `before`.
    more_before: Option<u64>,
}

/// A record with its place in the log and what it rests on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecordView {
    /// The number of the event in the enterprise's consent log.
    seq: u64,
    /// The name of the record.
    #[schema(value_type = String)]
    record_id: String,
    /// The purpose.
    purpose: String,
    /// The operation.
    operation: &'static str,
    /// The recipient.
    recipient: String,
    /// How it was expressed.
    #[schema(value_type = String)]
    kind: yuntu_terms::ConsentKind,
    /// What it says.
    status: &'static str,
    /// From when it is valid.
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// Until when.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// When the act was recorded at its source.
    #[schema(value_type = String, format = DateTime)]
    recorded: Timestamp,
    /// Where the record came from.
    #[schema(value_type = Object)]
    source: yuntu_app::consent::ConsentSource,
    /// How the person said it.
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    /// The notice that the person was shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    notice: Option<Notice>,
    /// In which language the person was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    /// Where the proof lies outside of the platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<String>,
    /// The paper of a dataset that proves it.
    #[serde(skip_serializing_if = "Option::is_none")]
    paper: Option<PaperNamed>,
    /// The digest of what it rests on.
    #[schema(value_type = Option<String>)]
    evidence: Option<Digest>,
}

/// A paper that a record names.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PaperNamed {
    /// The SHA-256 digest of its bytes.
    #[schema(value_type = String)]
    digest: Digest,
    /// Whether it stands; one that was taken back proves nothing any more.
    stands: bool,
}

/// Shows the consent records of one person, page by page; each look is in the ledger before it is answered (U4, R26).
///
/// The identifier travels in the body, so that no log of addresses has it.
#[utoipa::path(
    post, path = "/api/v1/consents/person", tag = "consents", request_body = Who,
    responses((status = 200, body = PersonView), Problem)
)]
pub(crate) async fn show(
    Bearer { site, caller }: Bearer,
    Body(who): Body<Who>,
) -> Result<Json<PersonView>, Problem> {
    let value = Pii::new(who.value);
    let shown = site
        .platform
        .person_consents(&caller, &who.identifier, &value, who.before)
        .await?;
    let records = shown.records.iter();
    let records = records.map(|it| view(&shown, it.seq, &it.record)).collect();
    Ok(Json(PersonView {
        numbers: shown.numbers,
        restricted: shown.restricted,
        erased: shown.erased,
        minor_until: shown.minor_until,
        records,
        more_before: shown.more_before,
    }))
}

fn view(shown: &PersonConsents, seq: u64, record: &ConsentRecord) -> RecordView {
    let proof = record.evidence.and_then(|it| shown.proofs.get(&it));
    let reference = proof.and_then(|it| it.reference.as_ref());
    RecordView {
        seq,
        record_id: record.id.to_string(),
        purpose: record.purpose.to_string(),
        operation: record.operation.code(),
        recipient: record.recipient.to_string(),
        kind: record.kind,
        status: record.status.code(),
        from: record.from,
        until: record.until,
        recorded: record.recorded,
        source: record.source,
        method: proof.and_then(|it| it.method.clone()),
        notice: proof.and_then(|it| it.notice.as_ref()).map(|it| Notice {
            version: it.version.clone(),
            digest: it.digest,
        }),
        language: proof.and_then(|it| it.language.clone()),
        paper: proof.and_then(|it| it.paper).map(|(_, digest)| PaperNamed {
            digest,
            stands: shown.papers.contains(&digest),
        }),
        proof: reference.and_then(|it| it.open(&shown.view, Sink::Json, String::clone)),
        evidence: record.evidence,
    }
}
