//! What the ledger keeps of a run, and the canonical JSON it is hashed in.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use yuntu_consent::Funnel;
use yuntu_terms::{
    ClauseId, DatasetId, Digest, EnterpriseId, ExceptionUseId, InstructionId, LegalBasis,
    Operation, PermitId, Purpose, Recipient, Timestamp,
};

use crate::error::EngineError;
use crate::labels::Label;

/// What a run did, without any personal data: enough to check it against the permit and to find whose data it used.
///
/// # Clause
/// U2, U4, R23
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptBody {
    /// The version of this form.
    pub form: u32,
    /// The permit.
    pub permit: PermitId,
    /// The digest of the permit.
    pub permit_digest: Digest,
    /// The enterprise whose data it was.
    pub enterprise: EnterpriseId,
    /// The instruction the permit rests on.
    pub instruction: InstructionId,
    /// The purpose.
    pub purpose: Purpose,
    /// The operation.
    pub operation: Operation,
    /// The recipient.
    pub recipient: Recipient,
    /// The lawful exception on whose ground people were admitted; on the ground of consent nothing is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<ReceiptException>,
    /// The version of the statement in force.
    pub statement_version: String,
    /// The version of the consent log.
    pub consent_version: u64,
    /// The digest of the consent that decided.
    pub consent_root: Digest,
    /// The digest of the query in canonical JSON, with the rules and saved audiences it refers to.
    pub plan_hash: Digest,
    /// The moment of evaluation.
    pub as_of: Timestamp,
    /// The data, by the name in the run.
    pub datasets: BTreeMap<String, ReceiptDataset>,
    /// How many admitted rows were read.
    pub rows_in: u64,
    /// How many rows, people or cells came out.
    pub rows_out: u64,
    /// The digest of the answer.
    pub output_hash: Digest,
    /// How closely each column of the answer is tied to persons.
    pub labels: Vec<Label>,
    /// When the run began.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Timestamp,
}

/// What a run saw of one dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptDataset {
    /// The dataset.
    pub dataset: DatasetId,
    /// The version of its manifest.
    pub version: u64,
    /// The digest of what was live.
    pub digest: Digest,
    /// Why people are missing; nothing for a lookup dataset.
    pub funnel: Option<Funnel>,
    /// How many of the admitted are there on the ground of the exception alone, without a consent that covers it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beyond_consent: Option<u64>,
}

/// On the ground of which exception a run admitted people.
///
/// # Clause
/// R7, R21
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptException {
    /// The lettered part of R7 or R21.
    pub clause: ClauseId,
    /// The use of it, as it was invoked and confirmed.
    pub id: ExceptionUseId,
    /// The ground of law.
    pub basis: LegalBasis,
}

impl ReceiptBody {
    /// Returns the receipt in canonical JSON.
    ///
    /// # Errors
    /// [`EngineError::Internal`] when it cannot be written.
    pub fn to_canonical_json(&self) -> Result<String, EngineError> {
        canonical_json(self)
    }
}

/// Writes a value as JSON with sorted keys and without blanks, so that equal values have equal bytes.
pub(crate) fn canonical_json(value: &impl Serialize) -> Result<String, EngineError> {
    let value =
        serde_json::to_value(value).map_err(|_detail| EngineError::internal("canonical JSON"))?;
    let mut out = String::new();
    write_canonical(&value, &mut out);
    Ok(out)
}

fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let sorted: BTreeMap<_, _> = map.iter().collect();
            out.push('{');
            for (i, (key, value)) in sorted.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_plain(&Value::String(key.clone()), out);
                out.push(':');
                write_canonical(value, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_canonical(item, out);
            }
            out.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            write_plain(value, out);
        }
    }
}

fn write_plain(value: &Value, out: &mut String) {
    // Writing to a string does not fail.
    let _written = write!(out, "{value}");
}

/// Hashes a text under a domain, so that a digest of one kind is never one of another.
pub(crate) fn digest(domain: &str, bytes: &[u8]) -> Digest {
    let mut hash = Sha256::new();
    hash.update(domain.as_bytes());
    hash.update(b"\n");
    hash.update(bytes);
    Digest::new(hash.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_json_sorts_keys_at_every_depth() {
        let value = serde_json::json!({"b": [{"z": 1, "a": "\"字"}], "a": null});
        assert_eq!(
            canonical_json(&value).unwrap(),
            r#"{"a":null,"b":[{"a":"\"字","z":1}]}"#
        );
    }
}
