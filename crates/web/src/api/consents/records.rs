//! Consent records one by one, with the fields of ISO/IEC TS 27560.

use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use yuntu_app::ConsentInput;
use yuntu_app::consent::ConsentSource;
use yuntu_app::lake::IdentifierKind;
use yuntu_app::store::{ConsentProof, NoticeShown};
use yuntu_terms::{
    ConsentKind, ConsentRecordId, ConsentStatus, Digest, Operation, Pii, Purpose, Recipient,
    Timestamp,
};

use super::RecordedView;
use crate::input::{Bearer, Body};
use crate::problem::Problem;
use crate::state::to_its_end;

/// Consent records.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Records {
    /// The records, 1 to 1,000.
    records: Vec<Record>,
}

/// One statement about one person's consent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    /// A name of the record, `csr_` and 32 hexadecimal digits; under one name it is recorded once. Made here when left out.
    #[serde(default, rename = "record_id")]
    #[schema(value_type = Option<String>, example = "csr_0192f0c1000070008000000000000001")]
    id: Option<ConsentRecordId>,
    /// What kind of identifier names the person, such as `member_id`, `phone` or `email`.
    #[schema(value_type = String)]
    identifier: IdentifierKind,
    /// The identifier.
    value: String,
    /// The purpose; a permitting record covers those below it.
    #[schema(value_type = String, example = "marketing.insight")]
    purpose: Purpose,
    /// `process`, `share`, `transfer` or `publicise`.
    #[schema(value_type = String)]
    operation: Operation,
    /// `enterprise`, `public`, or a partner on the register as `{"partner": id}`.
    #[schema(value_type = Object)]
    recipient: Recipient,
    /// `expressed`, `explicit` or `separate`; to share, transfer or publicise, and sensitive values, take `separate`.
    #[schema(value_type = String)]
    kind: ConsentKind,
    /// `given`, `renewed`, `refused`, `withdrawn`, `expired`, `revoked`, `invalidated`, `requested`, `deferred` or `unknown`.
    #[schema(value_type = String)]
    status: ConsentStatus,
    /// From when it is valid.
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// Until when (exclusive), where it ends.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// When the person's act was recorded at its source; now when left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    recorded: Option<Timestamp>,
    /// How the person said it, such as `web form`.
    #[serde(default)]
    method: Option<String>,
    /// The notice that the person was shown.
    #[serde(default)]
    notice: Option<Notice>,
    /// In which language the person was asked, such as `zh-CN`.
    #[serde(default)]
    language: Option<String>,
    /// Where the written proof lies outside of the platform; a record that permits names it or a paper.
    #[serde(default)]
    proof: Option<String>,
    /// The SHA-256 digest of the paper that proves it, one of the papers of a dataset.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    paper: Option<Digest>,
}

/// The notice that a person was shown.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Notice {
    /// Its version.
    pub(super) version: String,
    /// The SHA-256 digest of its text.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub(super) digest: Option<Digest>,
}

impl From<Record> for ConsentInput {
    fn from(record: Record) -> Self {
        let notice = record.notice.map(|notice| NoticeShown {
            version: notice.version,
            digest: notice.digest,
        });
        Self {
            id: record.id,
            identifier: record.identifier,
            value: Pii::new(record.value),
            purpose: record.purpose,
            operation: record.operation,
            recipient: record.recipient,
            kind: record.kind,
            status: record.status,
            from: record.from,
            until: record.until,
            recorded: record.recorded,
            proof: ConsentProof {
                method: record.method,
                notice,
                language: record.language,
                reference: record.proof.map(Pii::new),
                paper: None,
            },
            paper: record.paper,
        }
    }
}

/// Records consents of people who are named by an identifier: all of them or none, durable once answered (U4).
///
/// A record that permits (given, renewed) needs its written proof: `proof` or `paper`.
/// A record that says no (refused, withdrawn, expired, revoked, invalidated) is out of every run that starts afterwards.
#[utoipa::path(
    post, path = "/api/v1/consents/records", tag = "consents", request_body = Records,
    responses((status = 200, body = RecordedView), Problem)
)]
pub(crate) async fn record(
    Bearer { site, caller }: Bearer,
    Body(records): Body<Records>,
) -> Result<Json<RecordedView>, Problem> {
    let inputs = records
        .records
        .into_iter()
        .map(ConsentInput::from)
        .collect();
    let platform = site.platform.clone();
    let work = async move {
        platform
            .record_consents(&caller, ConsentSource::Api, inputs)
            .await
    };
    Ok(Json(to_its_end(work).await?.into()))
}
