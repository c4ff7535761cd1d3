//! Which language a text is in, and all texts of a statement.

use serde::Deserialize;
use serde_json::Value;
use yuntu_terms::Text;

use crate::statement::Statement;

/// Says whether a text is Chinese: it has Han characters, and foreign words do not outweigh them.
pub(super) fn is_chinese(text: &str) -> bool {
    let text = without_slots(text);
    let han = text.chars().filter(|c| is_han(*c)).count();
    let latin = text.chars().filter(char::is_ascii_alphabetic).count();
    han > 0 && han * 3 >= latin
}

/// Says whether a text is English: it has Latin letters and no Han characters or full-width marks.
pub(super) fn is_english(text: &str) -> bool {
    let text = without_slots(text);
    text.chars().any(|c| c.is_ascii_alphabetic()) && !text.chars().any(|c| is_han(c) || is_wide(c))
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{20000}'..='\u{323AF}')
}

fn is_wide(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{303F}' | '\u{FF01}'..='\u{FF60}')
}

/// Removes `{slots}`, whose codes are in neither language.
fn without_slots(text: &str) -> String {
    let mut inside = false;
    text.chars()
        .filter(|c| {
            let keep = !inside && *c != '{';
            inside = if inside { *c != '}' } else { *c == '{' };
            keep
        })
        .collect()
}

/// Lists the codes of the `{slots}` in a text.
pub(super) fn slots(text: &str) -> impl Iterator<Item = &str> {
    text.split('{')
        .skip(1)
        .map(|rest| rest.split_once('}').map_or(rest, |(code, _)| code))
}

/// Lists every text of a statement with its place.
///
/// It walks the serialised form, so that a text added to any type later cannot be forgotten here.
pub(super) fn texts(statement: &Statement) -> Vec<(String, Text)> {
    let mut found = Vec::new();
    if let Ok(value) = serde_json::to_value(statement) {
        walk("statement", &value, &mut found);
    }
    found
}

fn walk(place: &str, value: &Value, found: &mut Vec<(String, Text)>) {
    match value {
        Value::Object(map) => {
            if let Ok(text) = Text::deserialize(value) {
                found.push((place.to_owned(), text));
                return;
            }
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| key.as_str());
            for (key, item) in entries {
                walk(&format!("{place}: {key}"), item, found);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                let name = ["id", "name", "right", "category", "code", "clause"]
                    .into_iter()
                    .find_map(|key| item.get(key)?.as_str().map(str::to_owned))
                    .unwrap_or_else(|| (at + 1).to_string());
                walk(&format!("{place} {name}"), item, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_is_told_from_the_other() {
        assert!(is_chinese("以 TLS 1.3 加密传输"));
        assert!(is_chinese("{operator_name}负责"));
        assert!(!is_chinese("Plain English with 一 character"));
        assert!(!is_chinese(""));
        assert!(is_english("Plain English"));
        assert!(!is_english("English，mixed"));
        assert!(!is_english("中文"));
        assert!(!is_english("{operator_name}"));
        assert!(!is_english(""));
    }

    #[test]
    fn every_clause_and_list_has_its_texts_found() {
        let statement = Statement::in_force().unwrap();
        let found = texts(statement);
        assert!(
            found
                .iter()
                .any(|(place, _)| place == "statement: clauses R14: body")
        );
        assert!(
            found
                .iter()
                .any(|(place, _)| place == "statement: cookies __Host-csrf: purpose")
        );
        assert!(found.len() > 250, "{}", found.len());
    }
}
