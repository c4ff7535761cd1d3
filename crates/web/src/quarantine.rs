//! The rows that did not fit, as a file: lines, columns and reasons in words, batch by batch.

use std::fmt::Write as _;

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::Response;
use futures::{StreamExt as _, stream};
use yuntu_app::imports::Quarantine;
use yuntu_app::lake::QuarantinedRow;
use yuntu_app::words::row_fault_text;
use yuntu_terms::Lang;

/// Hands the rows out as CSV. The mark at the beginning lets spreadsheet programs read the Chinese in it.
///
/// # Clause
/// U3
pub(crate) fn csv(found: Quarantine, lang: Lang) -> Response {
    let head = lang.pick(
        "\u{feff}行号,行数,字段,原因\r\n",
        "\u{feff}line,lines,column,reason\r\n",
    );
    let rows = found.batches.map(move |batch| match batch {
        Ok(rows) => Ok(rows.iter().map(|row| line(row, lang)).collect::<String>()),
        Err(error) => Err(std::io::Error::other(error)),
    });
    let text = stream::iter([Ok(head.to_owned())]).chain(rows);
    let mut response = Response::new(Body::from_stream(text));
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/csv; charset=utf-8"),
    );
    headers.insert(
        CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=\"quarantine.csv\""),
    );
    response
}

fn line(row: &QuarantinedRow, lang: Lang) -> String {
    let column = row.column.as_deref().unwrap_or_default();
    // A spreadsheet program would compute what begins so.
    let guard = if column.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        "'"
    } else {
        ""
    };
    let column = column.replace('"', "\"\"");
    let reason = row_fault_text(row.reason);
    let mut text = String::new();
    // Writing to a string does not fail.
    let _written = write!(
        text,
        "{},{},\"{guard}{column}\",\"{}\"\r\n",
        row.line,
        row.lines,
        reason.get(lang)
    );
    text
}

#[cfg(test)]
mod tests {
    use yuntu_app::lake::RowFault;

    use super::*;

    #[test]
    fn a_line_says_where_and_why_and_computes_nothing() {
        let row = |column: Option<&str>| QuarantinedRow {
            line: 7,
            lines: 2,
            column: column.map(str::to_owned),
            reason: RowFault::NotADate,
        };
        let en = line(&row(Some("=cmd(\"x\")")), Lang::En);
        assert_eq!(
            en,
            "7,2,\"'=cmd(\"\"x\"\")\",\"not a day in the given format\"\r\n"
        );
        assert_eq!(
            line(&row(None), Lang::Zh),
            "7,2,\"\",\"不是所定格式的日期\"\r\n"
        );
    }
}
