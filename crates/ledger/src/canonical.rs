//! The one text form of a JSON value, so that a value has one hash and one file.

use std::io::Write;

use serde_json::Value;

use crate::LeafError;

/// How deep a body may be nested: deeper values could exhaust the stack, and no entry comes near.
pub(crate) const LEAF_DEPTH_MAX: usize = 64;

/// A proof holds a body two levels down.
pub(crate) const PROOF_DEPTH_MAX: usize = LEAF_DEPTH_MAX + 2;

/// Writes the value with keys in byte order, no white space, whole numbers only and the shortest escapes.
pub(crate) fn to_bytes(value: &Value, depth_max: usize) -> Result<Vec<u8>, LeafError> {
    let mut out = Vec::with_capacity(256);
    write(value, depth_max, &mut out)?;
    Ok(out)
}

/// Writes the value at the end of a buffer.
pub(crate) fn write(value: &Value, levels_left: usize, out: &mut Vec<u8>) -> Result<(), LeafError> {
    let inner = levels_left.checked_sub(1);
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => {
            // Not `Display`: with another feature of the library a number keeps its source text.
            match (number.as_i64(), number.as_u64()) {
                (Some(whole), _) => write!(out, "{whole}"),
                (None, Some(whole)) => write!(out, "{whole}"),
                (None, None) => return Err(LeafError::Fraction),
            }
            .map_err(|_never| LeafError::TooLong)?;
        }
        Value::String(text) => write_text(text, out)?,
        Value::Array(items) => {
            out.push(b'[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                write(item, inner.ok_or(LeafError::TooDeep)?, out)?;
            }
            out.push(b']');
        }
        Value::Object(fields) => {
            // Sorted here: with another feature of the library a map keeps the order of insertion.
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| *name);
            out.push(b'{');
            for (place, (name, field)) in fields.into_iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                write_text(name, out)?;
                out.push(b':');
                write(field, inner.ok_or(LeafError::TooDeep)?, out)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

fn write_text(text: &str, out: &mut Vec<u8>) -> Result<(), LeafError> {
    serde_json::to_writer(out, text).map_err(|_never| LeafError::NotCanonical)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_are_sorted_and_nothing_is_spaced() {
        let value = json!({"b": [1, -2, u64::MAX], "a": {"z": null, "y": "\u{1}\n\"中"}});
        let text = String::from_utf8(to_bytes(&value, LEAF_DEPTH_MAX).unwrap()).unwrap();
        assert_eq!(
            text,
            "{\"a\":{\"y\":\"\\u0001\\n\\\"中\",\"z\":null},\"b\":[1,-2,18446744073709551615]}"
        );
    }

    #[test]
    fn fractions_and_deep_nesting_are_refused() {
        assert_eq!(to_bytes(&json!({"a": 0.5}), 9), Err(LeafError::Fraction));
        let deep = (0..70).fold(json!(1), |inner, _| json!([inner]));
        assert_eq!(to_bytes(&deep, 69), Err(LeafError::TooDeep));
        assert!(to_bytes(&deep, 70).is_ok());
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_as_it_was(keys in proptest::collection::vec("\\PC{0,8}", 0..8), text in "(?s).{0,20}", number: i64) {
            let mut map = serde_json::Map::new();
            for key in keys {
                map.insert(key, json!([text, number]));
            }
            let value = Value::Object(map);
            let bytes = to_bytes(&value, LEAF_DEPTH_MAX).unwrap();
            prop_assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), value);
        }
    }
}
