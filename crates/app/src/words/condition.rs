use yuntu_engine::{Condition, Test, Value};
use yuntu_terms::Text;

use super::{apart, minute};

/// Says what a row must meet.
pub(super) fn condition_text(condition: &Condition) -> Text {
    match condition {
        Condition::Test { column, is } => {
            let test = test_text(is);
            Text::new(
                format!("{column} {}", test.zh),
                format!("{column} {}", test.en),
            )
        }
        Condition::All(parts) => all(parts.iter().map(inner), "，且", "and"),
        Condition::Any(parts) => all(parts.iter().map(inner), "，或", "or"),
    }
}

/// A part of a condition, in brackets where it has parts itself.
fn inner(part: &Condition) -> Text {
    let text = condition_text(part);
    match part {
        Condition::Test { .. } => text,
        Condition::All(_) | Condition::Any(_) => {
            Text::new(format!("（{}）", text.zh), format!("({})", text.en))
        }
    }
}

/// Joins texts by a word of each language.
pub(super) fn all(texts: impl Iterator<Item = Text>, zh: &str, en: &str) -> Text {
    let mut joined = Text::new(String::new(), String::new());
    for (place, text) in texts.enumerate() {
        if place > 0 {
            joined.zh.push_str(zh);
            joined.en += &[" ", en, " "].concat();
        }
        let after_word = place > 0 && !zh.ends_with('、');
        let next = if after_word { apart(&text.zh) } else { text.zh };
        joined.zh.push_str(&next);
        joined.en.push_str(&text.en);
    }
    joined
}

/// Says a test after the name of what is tested.
pub(super) fn test_text(asked: &Test) -> Text {
    let one = |zh: &str, en: &str, value: &Value| {
        let value = value_text(value);
        Text::new(close(zh, &value.zh), format!("{en} {}", value.en))
    };
    let days = |zh_before: &str, zh_after: &str, en: String, days: u32| {
        Text::new(format!("{zh_before} {days} {zh_after}"), en)
    };
    match asked {
        Test::Equals(value) => one("为", "is", value),
        Test::NotEquals(value) => one("不为", "is not", value),
        Test::LessThan(value) => one("小于", "is less than", value),
        Test::AtMost(value) => one("不超过", "is at most", value),
        Test::MoreThan(value) => one("大于", "is more than", value),
        Test::AtLeast(value) => one("不少于", "is at least", value),
        Test::InBand { from, until: None } => one("不少于", "is at least", from),
        Test::InBand {
            from,
            until: Some(until),
        } => {
            let (from, until) = (value_text(from), value_text(until));
            let lower = close("不少于", &from.zh);
            Text::new(
                format!("{lower}，且{}", close("小于", &until.zh)),
                format!("is at least {} and less than {}", from.en, until.en),
            )
        }
        Test::AnyOf(values) => {
            let values = all(values.iter().map(value_text), "、", "or");
            Text::new(
                format!("{} 之一", close("为", &values.zh)).replace("” ", "”"),
                format!("is {}", values.en),
            )
        }
        Test::NoneOf(values) => {
            let values = all(values.iter().map(value_text), "、", "or");
            Text::new(
                format!("{} 中的任何一个", close("不是", &values.zh)).replace("” ", "”"),
                format!("is not {}", values.en),
            )
        }
        Test::Contains(text) => Text::new(format!("包含“{text}”"), format!("contains “{text}”")),
        Test::NotContains(text) => Text::new(
            format!("不包含“{text}”"),
            format!("does not contain “{text}”"),
        ),
        Test::StartsWith(text) => {
            Text::new(format!("以“{text}”开头"), format!("begins with “{text}”"))
        }
        Test::EndsWith(text) => Text::new(format!("以“{text}”结尾"), format!("ends with “{text}”")),
        Test::Exists => Text::new("有值", "has a value"),
        Test::Missing => Text::new("无值", "has no value"),
        Test::Before(at) => Text::new(
            format!("早于 {}", minute(*at)),
            format!("is before {}", minute(*at)),
        ),
        Test::After(at) => Text::new(
            format!("不早于 {}", minute(*at)),
            format!("is at or after {}", minute(*at)),
        ),
        Test::WithinLastDays(n) => days("在近", "天内", format!("is in the last {n} days"), *n),
        Test::WithinNextDays(n) => days("在今后", "天内", format!("is in the next {n} days"), *n),
        Test::BeforeLastDays(n) => days("早于", "天前", format!("is more than {n} days ago"), *n),
    }
}

/// Sets a word before a value; a quotation mark of full width needs no blank before it.
fn close(word: &str, value: &str) -> String {
    let blank = if value.starts_with('“') { "" } else { " " };
    format!("{word}{blank}{value}")
}

fn value_text(value: &Value) -> Text {
    match value {
        Value::Bool(true) => Text::new("是", "yes"),
        Value::Bool(false) => Text::new("否", "no"),
        Value::Int(number) => Text::new(number.to_string(), number.to_string()),
        Value::Float(number) => Text::new(number.to_string(), number.to_string()),
        Value::Text(text) => Text::new(format!("“{text}”"), format!("“{text}”")),
    }
}
