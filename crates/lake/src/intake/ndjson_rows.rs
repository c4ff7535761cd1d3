//! JSON objects, one per line.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::io::{BufRead, BufReader, Read};

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use super::cells::Cell;
use super::chunk::Chunk;
use super::csv_rows::ROW_BYTES_MAX;
use super::hashing::HashingReader;
use crate::error::LakeError;
use crate::manifest::Position;
use crate::report::RowFault;

/// A value of a field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Wide(u64),
    Float(f64),
    Text(Cow<'a, str>),
    Nested,
}

/// Reads lines of bounded length.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    input: BufReader<R>,
    position: Position,
    line: Vec<u8>,
}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    Read,
    TooLong,
    End,
}

impl<R: Read> Lines<R> {
    pub(crate) fn new(input: R, start: Position) -> Self {
        let position = Position {
            offset: start.offset,
            line: start.line.max(1),
        };
        Self {
            input: BufReader::with_capacity(256 << 10, input),
            position,
            line: Vec::new(),
        }
    }

    pub(crate) const fn position(&self) -> Position {
        self.position
    }

    pub(crate) fn line(&self) -> &[u8] {
        &self.line
    }

    pub(crate) fn next(&mut self) -> std::io::Result<Line> {
        self.line.clear();
        let mut too_long = false;
        let mut any = false;
        loop {
            let input = self.input.fill_buf()?;
            if input.is_empty() {
                return Ok(match (any, too_long) {
                    (false, _) => Line::End,
                    (true, true) => Line::TooLong,
                    (true, false) => Line::Read,
                });
            }
            any = true;
            let end = input.iter().position(|byte| *byte == b'\n');
            let (content, used) = match end {
                Some(end) => (input.get(..end).unwrap_or_default(), end + 1),
                None => (input, input.len()),
            };
            if self.line.len() + content.len() > ROW_BYTES_MAX {
                too_long = true;
                self.line.clear();
            }
            if !too_long {
                self.line.extend_from_slice(content);
            }
            self.input.consume(used);
            self.position.offset += u64::try_from(used).unwrap_or(0);
            if end.is_some() {
                self.position.line += 1;
                return Ok(if too_long { Line::TooLong } else { Line::Read });
            }
        }
    }
}

/// JSON lines as rows of a mapping.
#[derive(Debug)]
pub(crate) struct NdjsonRows {
    lines: Lines<HashingReader>,
    columns: HashMap<String, usize>,
    width: usize,
    nulls: Vec<String>,
}

impl NdjsonRows {
    pub(crate) fn new(
        input: HashingReader,
        start: Position,
        columns: HashMap<String, usize>,
        nulls: &[String],
    ) -> Self {
        let width = columns.len();
        Self {
            lines: Lines::new(input, start),
            columns,
            width,
            nulls: nulls.to_vec(),
        }
    }

    /// Reads one row into the chunk; false at the end.
    pub(crate) fn read_into(&mut self, chunk: &mut Chunk) -> Result<bool, LakeError> {
        let start = self.lines.position();
        let read = self.lines.next().map_err(crate::error::SourceFault::from)?;
        match read {
            Line::End => return Ok(false),
            Line::TooLong => chunk.refuse_row(start.line, 1, RowFault::RowTooLong),
            Line::Read => {
                let line = strip(self.lines.line(), start.offset);
                if !line.iter().all(u8::is_ascii_whitespace) {
                    self.push(chunk, line, start.line);
                }
            }
        }
        chunk.position = self.lines.position();
        chunk.bytes_done = chunk.position.offset;
        Ok(true)
    }

    pub(crate) fn into_input(self) -> HashingReader {
        self.lines.input.into_inner()
    }

    fn push(&self, chunk: &mut Chunk, line: &[u8], number: u64) {
        let Ok(text) = std::str::from_utf8(line) else {
            chunk.refuse_row(number, 1, RowFault::Encoding);
            return;
        };
        let values = match parse(text, &self.columns, self.width) {
            Ok(values) => values,
            Err(reason) => {
                chunk.refuse_row(number, 1, reason);
                return;
            }
        };
        chunk.push_row(number, 1, |column| match values.get(column) {
            None | Some(Json::Null) => Ok(Cell::Missing),
            Some(Json::Bool(yes)) => Ok(Cell::Bool(*yes)),
            Some(Json::Int(number)) => Ok(Cell::Int(*number)),
            Some(Json::Wide(number)) => Ok(Cell::Wide(*number)),
            Some(Json::Float(number)) => Ok(Cell::Float(*number)),
            Some(Json::Text(text)) if self.nulls.iter().any(|null| null == text) => {
                Ok(Cell::Missing)
            }
            Some(Json::Text(text)) => Ok(Cell::Text(text)),
            Some(Json::Nested) => Err(RowFault::NestedValue),
        });
    }
}

/// Takes the byte order mark from the first line and the carriage return from the end.
pub(crate) fn strip(line: &[u8], offset: u64) -> &[u8] {
    let line = match offset {
        0 => line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line),
        _ => line,
    };
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Reads an object into one value per column.
fn parse<'a>(
    text: &'a str,
    columns: &HashMap<String, usize>,
    width: usize,
) -> Result<Vec<Json<'a>>, RowFault> {
    let mut fault = None;
    let mut reader = serde_json::Deserializer::from_str(text);
    let seed = Object {
        columns,
        width,
        fault: &mut fault,
    };
    let values = seed.deserialize(&mut reader).and_then(|values| {
        reader.end()?;
        Ok(values)
    });
    values.map_err(|_malformed| fault.unwrap_or(RowFault::NotAnObject))
}

struct Object<'c> {
    columns: &'c HashMap<String, usize>,
    width: usize,
    fault: &'c mut Option<RowFault>,
}

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = Vec<Json<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = Vec<Json<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values: Vec<Option<Json<'de>>> = vec![None; self.width];
        while let Some(key) = map.next_key::<Key<'de>>()? {
            let slot = self
                .columns
                .get(&*key.0)
                .and_then(|column| values.get_mut(*column));
            let Some(slot) = slot else {
                *self.fault = Some(RowFault::UnknownField);
                return Err(A::Error::custom("unknown field"));
            };
            if slot.is_some() {
                *self.fault = Some(RowFault::DuplicateField);
                return Err(A::Error::custom("duplicate field"));
            }
            *slot = Some(map.next_value::<Json<'de>>()?);
        }
        Ok(values
            .into_iter()
            .map(|value| value.unwrap_or(Json::Null))
            .collect())
    }
}

/// A key, borrowed where it has no escapes.
struct Key<'a>(Cow<'a, str>);

impl<'de> serde::Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        if let Json::Text(text) = Json::deserialize(reader)? {
            Ok(Self(text))
        } else {
            Err(D::Error::custom("a key is text"))
        }
    }
}

impl<'de> serde::Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct Value;

        impl<'de> Visitor<'de> for Value {
            type Value = Json<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_unit<E>(self) -> Result<Json<'de>, E> {
                Ok(Json::Null)
            }

            fn visit_bool<E>(self, yes: bool) -> Result<Json<'de>, E> {
                Ok(Json::Bool(yes))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Json<'de>, E> {
                Ok(Json::Int(number))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Json<'de>, E> {
                Ok(i64::try_from(number).map_or(Json::Wide(number), Json::Int))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Json<'de>, E> {
                Ok(Json::Float(number))
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Json<'de>, E> {
                Ok(Json::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Json<'de>, E> {
                Ok(Json::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json<'de>, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Json::Nested)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json<'de>, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Json::Nested)
            }
        }

        reader.deserialize_any(Value)
    }
}

/// Reads an object for a proposal: its keys in order and its values.
pub(crate) fn parse_any(text: &str) -> Option<Vec<(String, Json<'_>)>> {
    struct Fields;

    impl<'de> Visitor<'de> for Fields {
        type Value = Vec<(String, Json<'de>)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut fields = Vec::new();
            while let Some(key) = map.next_key::<String>()? {
                fields.push((key, map.next_value()?));
            }
            Ok(fields)
        }
    }

    let mut reader = serde_json::Deserializer::from_str(text);
    let fields = reader.deserialize_map(Fields).ok()?;
    reader.end().ok()?;
    Some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> HashMap<String, usize> {
        HashMap::from([("a".to_owned(), 0), ("b\n".to_owned(), 1)])
    }

    #[test]
    fn an_object_becomes_one_value_per_column() {
        let values = parse(r#"{"b\n":"x\ty","a":-3}"#, &columns(), 2);
        assert_eq!(values, Ok(vec![Json::Int(-3), Json::Text("x\ty".into())]));
        assert_eq!(parse("{}", &columns(), 2), Ok(vec![Json::Null, Json::Null]));
        let values = parse(r#"{"a":[1,{"z":2}]}"#, &columns(), 2);
        assert_eq!(values, Ok(vec![Json::Nested, Json::Null]));
    }

    #[test]
    fn what_is_no_such_object_is_named() {
        for (text, reason) in [
            ("[1]", RowFault::NotAnObject),
            ("{\"a\":1", RowFault::NotAnObject),
            ("{\"a\":1} x", RowFault::NotAnObject),
            ("{\"c\":1}", RowFault::UnknownField),
            ("{\"a\":1,\"a\":2}", RowFault::DuplicateField),
            ("{\"a\":NaN}", RowFault::NotAnObject),
        ] {
            assert_eq!(parse(text, &columns(), 2), Err(reason), "{text}");
        }
        let deep = "{\"a\":".to_owned() + &"[".repeat(100_000);
        assert_eq!(parse(&deep, &columns(), 2), Err(RowFault::NotAnObject));
    }
}
