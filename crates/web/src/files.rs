//! Files on their way in and out: one file in a form, and one as a download that nothing opens by itself.

use std::fmt::Write as _;

use axum::body::Body;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use yuntu_app::certification::OpenedFile;
use yuntu_app::store::FILE_BYTES_MAX;

use crate::forms::{Fields, checked};
use crate::input::of_status;
use crate::problem::Problem;
use crate::state::Site;

/// How many bytes a request with a file may have. More than a file may, so that one that is too large gets its reason and
/// not a broken connection; what is beyond is thrown away as it comes.
pub(crate) const UPLOAD_BYTES_MAX: usize = 32 << 20;
/// The kinds of files that a browser offers.
pub(crate) const KINDS: &str = ".pdf,.png,.jpg,.jpeg,application/pdf,image/png,image/jpeg";
/// How many bytes the other fields may have together.
const FIELDS_BYTES_MAX: usize = 8_192;

/// A form with one file, whose mark is the one that the browser keeps.
///
/// # Clause
/// R9, R22
pub(crate) struct Upload {
    pub(crate) fields: Fields,
    /// The name that the file came with.
    pub(crate) name: String,
    /// Its content, or one byte more than a file may have.
    pub(crate) bytes: Vec<u8>,
}

// A paper is about people.
impl std::fmt::Debug for Upload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upload").finish_non_exhaustive()
    }
}

impl FromRequest<Site> for Upload {
    type Rejection = Problem;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Problem> {
        let headers: HeaderMap = request.headers().clone();
        let parts = Multipart::from_request(request, site).await;
        let mut parts = parts.map_err(|rejection| of_status(rejection.status()))?;
        let (mut typed, mut length) = (Vec::new(), 0);
        let (mut name, mut bytes) = (String::new(), Vec::new());
        let fault = |error: axum::extract::multipart::MultipartError| of_status(error.status());
        while let Some(mut part) = parts.next_field().await.map_err(fault)? {
            let field = part.name().unwrap_or_default().to_owned();
            let is_file = field == "file";
            if is_file {
                part.file_name().unwrap_or_default().clone_into(&mut name);
            }
            let mut text = Vec::new();
            while let Some(chunk) = part.chunk().await.map_err(fault)? {
                let (kept, most) = if is_file {
                    (&mut bytes, FILE_BYTES_MAX + 1)
                } else {
                    length += chunk.len();
                    (&mut text, FIELDS_BYTES_MAX)
                };
                let room = most.saturating_sub(kept.len()).min(chunk.len());
                kept.extend(chunk.iter().take(room));
            }
            if length > FIELDS_BYTES_MAX {
                return Err(Problem::too_large());
            }
            if !is_file {
                typed.push((field, String::from_utf8_lossy(&text).into_owned()));
            }
        }
        Ok(Self {
            fields: checked(&headers, typed)?,
            name,
            bytes,
        })
    }
}

/// Hands a file out as a download under its safe name; no browser opens it as a page of this site.
///
/// # Clause
/// R22
pub(crate) fn attachment(file: OpenedFile) -> Result<Response, Problem> {
    let fault = || Problem::internal("a name of a file that no header can hold");
    let disposition = HeaderValue::from_str(&disposition(&file.name)).map_err(|_sign| fault())?;
    let mut response = Response::new(Body::from(file.bytes));
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static(file.kind.media_type()),
    );
    headers.insert(CONTENT_DISPOSITION, disposition);
    Ok(response)
}

/// Writes the name twice: in ASCII for old programs, and as it is for all others (RFC 6266, RFC 8187).
fn disposition(name: &str) -> String {
    let plain = |sign: char| sign.is_ascii_alphanumeric() || "._- ()".contains(sign);
    let ascii: String = name
        .chars()
        .map(|sign| if plain(sign) { sign } else { '_' })
        .collect();
    let mut text = format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"._-".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _written = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leaves_in_ascii_and_as_it_is() {
        assert_eq!(
            disposition("执照 1.pdf"),
            "attachment; filename=\"__ 1.pdf\"; filename*=UTF-8''%E6%89%A7%E7%85%A7%201.pdf"
        );
        for hostile in ["a\"; filename=\"b.html", "a\r\nSet-Cookie: x", "a;b'c%d\\"] {
            let text = disposition(hostile);
            assert!(HeaderValue::from_str(&text).is_ok(), "{text}");
            assert_eq!(text.matches('"').count(), 2, "{text}");
            assert!(!text.contains('\\'), "{text}");
        }
    }
}
