use yuntu_statement::render::Installation;
use yuntu_statement::{ContactSlot, Statement};
use yuntu_terms::{Lang, Text};

use crate::config::operator_key;

/// Says what the statement lacks of its operator and where to write it; nothing when it is whole.
///
/// # Clause
/// R26
pub(crate) fn missing(statement: &Statement, installation: &Installation) -> Option<Text> {
    let missing = installation.missing(statement);
    if missing.is_empty() {
        return None;
    }
    let items = |lang: Lang| -> Vec<String> {
        let item = |slot: &ContactSlot| {
            let (key, name) = (operator_key(*slot), slot.name(lang));
            lang.pick(format!("{key}（{name}）"), format!("{key} ({name})"))
        };
        missing.iter().map(item).collect()
    };
    Some(Text::new(
        format!(
            "隐私声明缺少运营者信息，请在 yuntu.toml 的 [operator] 一节填写：{}",
            items(Lang::Zh).join("、")
        ),
        format!(
            "the statement lacks facts about its operator; give them in section [operator] of yuntu.toml: {}",
            items(Lang::En).join(", ")
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_missing_fact_is_named_with_its_key() {
        let statement = Statement::in_force().unwrap();
        let text = |values: &[ContactSlot], lang| {
            let values = values.iter().map(|slot| (*slot, String::from("x")));
            missing(statement, &Installation::new(values)).map(|text| text.get(lang).to_owned())
        };
        let all = text(&[], Lang::Zh).unwrap();
        for slot in ContactSlot::ALL {
            assert!(all.contains(operator_key(*slot)) && all.contains(slot.name(Lang::Zh)));
        }
        let one = text(&[ContactSlot::Website], Lang::En).unwrap();
        assert!(!one.contains("website") && one.contains("privacy_email (privacy mailbox)"));
        assert_eq!(text(ContactSlot::ALL, Lang::En), None);
    }
}
