//! What the provider's answers mean.

use reqwest::StatusCode;
use serde::Deserialize;

use crate::error::{Cause, Failure, SendError};

const CODE_BYTES_MAX: usize = 64;

/// What the provider answers; the rest of it quotes our request and is not read.
#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "Code")]
    code: String,
}

/// Judges an answer.
pub(super) fn judge(status: StatusCode, body: &[u8]) -> Result<(), SendError> {
    match serde_json::from_slice::<Answer>(body) {
        Ok(answer) => judged(status, &answer.code),
        Err(_no_answer) => Err(by_status(status)),
    }
}

/// Judges an answer without a code of its own.
fn by_status(status: StatusCode) -> SendError {
    let detail = format!("http.{}", status.as_u16());
    if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS {
        SendError::Configuration(Failure::at(Cause::Refused, detail))
    } else {
        SendError::Temporary(Failure::at(Cause::Busy, detail))
    }
}

/// Judges the provider's code.
fn judged(status: StatusCode, code: &str) -> Result<(), SendError> {
    if code == "OK" {
        return Ok(());
    }
    let known = code.len() <= CODE_BYTES_MAX
        && code
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    if !known {
        return Err(by_status(status));
    }
    let failure = |cause| Failure::at(cause, code.to_owned());
    Err(match code {
        "isv.BUSINESS_LIMIT_CONTROL" | "isp.SYSTEM_ERROR" | "SignatureNonceUsed" => {
            SendError::Temporary(failure(Cause::Busy))
        }
        "isv.MOBILE_NUMBER_ILLEGAL" | "isv.BLACK_KEY_CONTROL_LIMIT" | "isv.PARAM_LENGTH_LIMIT" => {
            SendError::Permanent(failure(Cause::Refused))
        }
        "SignatureDoesNotMatch" | "IncompleteSignature" | "InvalidTimeStamp.Expired" => {
            SendError::Configuration(failure(Cause::Login))
        }
        other if other.starts_with("InvalidAccessKeyId") => {
            SendError::Configuration(failure(Cause::Login))
        }
        other if other.starts_with("Throttling") => SendError::Temporary(failure(Cause::Busy)),
        _ if status.is_server_error() => SendError::Temporary(failure(Cause::Busy)),
        // The account, the signature or the template: a person has to see to it.
        _ => SendError::Configuration(failure(Cause::Refused)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strange_code_is_not_repeated() {
        let ok = StatusCode::OK;
        let error = judge(ok, br#"{"Code":"number 13800000000 <is wrong>"}"#).unwrap_err();
        assert!(!error.code().contains("138"), "{error}");
    }
}
