//! Rows that are sent one by one: the body of a request is a small deposit.

use bytes::Bytes;
use serde_json::value::RawValue;
use yuntu_lake::{Mapping, SourceFormat};
use yuntu_policy::Action;
use yuntu_store::SourceLabel;
use yuntu_terms::{DatasetId, ImportId, clause};

use super::ask::{ImportFrom, Wanted};
use crate::caller::Caller;
use crate::error::{AppError, Said};
use crate::platform::Platform;

/// The name of a deposit that came without one.
const EVENTS: &str = "events.ndjson";

impl Platform {
    /// Takes rows as JSON objects, one a line or in one array, whose fields are called as the columns of the dataset's files.
    ///
    /// The rows are durable when this returns and come in like those of a file: the same rows twice change nothing.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not import, [`AppError::Missing`] when the enterprise has no such dataset,
    /// [`AppError::Invalid`] when the text is no JSON of this form.
    /// # Clause
    /// U3, R8, R22
    pub async fn send_events(
        &self,
        caller: &Caller,
        dataset: DatasetId,
        text: Bytes,
    ) -> Result<ImportId, AppError> {
        clause::hit!(U3);
        self.authorise(caller, Action::ImportData).await?;
        let confirmed = self.confirmed_mapping(caller, dataset, None).await?;
        let mapping = Mapping {
            source: SourceFormat::Ndjson,
            ..confirmed
        };
        let lines = lines_of(text)?;
        let bytes = lines.len() as u64;
        let content = futures::stream::iter([Ok(lines)]);
        // The key of the request is used up by the import alone: what lies there without one is swept.
        let laying = caller.clone().once(None);
        let deposit = self.lay(&laying, EVENTS, content, bytes).await?;
        let first = ImportFrom::Deposit(deposit.id);
        let compared = self.compare_first(caller, dataset, (&first, &mapping, &[]));
        if let Err(refused) = compared.await {
            // A row that stays is swept within a day.
            drop(self.forget_deposit(caller.enterprise, deposit.id).await);
            return Err(refused);
        }
        let id: ImportId = self.new_id()?;
        let store = self.store();
        let source = store.seal_source(caller.enterprise, id, &SourceLabel::Events);
        let wanted = Wanted {
            source: source.await?,
            deposit: Some(deposit.id),
            bytes,
        };
        self.record_imports(caller, dataset, (&mapping, &[]), &[wanted])
            .await?;
        Ok(id)
    }
}

/// Makes one line of each object of an array; lines stay as they are.
fn lines_of(text: Bytes) -> Result<Bytes, AppError> {
    let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
    match first {
        Some(b'{') => Ok(text),
        Some(b'[') => {
            let rows: Vec<&RawValue> =
                serde_json::from_slice(&text).map_err(|_quotes_values| invalid())?;
            if rows.is_empty() {
                return Err(invalid());
            }
            // Letter by letter as it came: a number that is read and written again may be another. A line end stands between
            // values only, for inside one it is an escape.
            let mut lines = Vec::with_capacity(text.len() + 1);
            for row in rows {
                let row = row.get().bytes();
                lines.extend(row.filter(|byte| !matches!(byte, b'\n' | b'\r')));
                lines.push(b'\n');
            }
            Ok(lines.into())
        }
        _ => Err(invalid()),
    }
}

fn invalid() -> AppError {
    AppError::Invalid {
        what: "events",
        reason: Said::new(
            "应为 JSON 对象，每行一个，或一个对象数组",
            "expected JSON objects, one a line or in one array",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_becomes_the_lines_that_one_could_have_sent() {
        let lines = |text: &'static str| lines_of(Bytes::from(text));
        assert_eq!(
            lines(" [ {\"a\": 1,\n \"b\": \"x\\ny\"},\r\n{\"a\":2} ] ").unwrap(),
            "{\"a\": 1, \"b\": \"x\\ny\"}\n{\"a\":2}\n"
        );
        assert_eq!(
            lines("[{\"a\":[1,{\"b\":2}],\"c\":\"],[\\\"\"},{\"d\":1e400}]").unwrap(),
            "{\"a\":[1,{\"b\":2}],\"c\":\"],[\\\"\"}\n{\"d\":1e400}\n"
        );
        assert_eq!(lines("{\"a\":1}\n{").unwrap(), "{\"a\":1}\n{");
        for bad in ["", "[]", "[1,", "a,b", "[{\"a\":1}] x", "\"a\""] {
            assert!(lines(bad).is_err(), "{bad}");
        }
    }
}
