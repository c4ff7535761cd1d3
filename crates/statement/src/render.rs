//! The statement as a document: Markdown for pages and download, plain text for print (R27).
//!
//! The same statement, language and installation always give the same bytes.

mod annex;
mod sheet;

use std::collections::BTreeMap;

use yuntu_terms::{Lang, clause};

use crate::model::{Clause, ContactSlot};
use crate::statement::Statement;

pub use annex::{basis_name, lifetime, purposes};
pub(crate) use sheet::Part;
use sheet::{Form, Sheet};

/// The values that configuration fills into the statement: who runs this installation and how to reach them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Installation(BTreeMap<ContactSlot, String>);

impl Installation {
    /// Takes the values; an empty one counts as absent, and line breaks become spaces.
    pub fn new(values: impl IntoIterator<Item = (ContactSlot, String)>) -> Self {
        Self(
            values
                .into_iter()
                .map(|(slot, value)| {
                    let words: Vec<&str> = value.split_whitespace().collect();
                    (slot, words.join(" "))
                })
                .filter(|(_, value)| !value.is_empty())
                .collect(),
        )
    }

    /// Returns a value, or says in brackets what the operator still has to fill in.
    #[must_use]
    pub fn value(&self, slot: ContactSlot, lang: Lang) -> String {
        if let Some(value) = self.0.get(&slot) {
            value.clone()
        } else {
            let name = slot.name(lang);
            lang.pick(
                format!("［待运营者填写：{name}］"),
                format!("[to be filled in by the operator: {name}]"),
            )
        }
    }

    /// Lists the contacts the statement requires and this installation lacks; none may be absent when it opens.
    #[must_use]
    pub fn missing(&self, statement: &Statement) -> Vec<ContactSlot> {
        statement
            .contacts()
            .iter()
            .filter(|contact| contact.required && !self.0.contains_key(&contact.slot))
            .map(|contact| contact.slot)
            .collect()
    }

    /// Fills the `{slots}` of a text; braces that name no slot stay as they are.
    #[must_use]
    pub fn fill(&self, text: &str, lang: Lang) -> String {
        fill_with(text, |slot| self.value(slot, lang))
    }
}

fn fill_with(text: &str, value: impl Fn(ContactSlot) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let slot = after.split_once('}').and_then(|(code, tail)| {
            let slot = ContactSlot::ALL.iter().find(|slot| slot.code() == code)?;
            Some((*slot, tail))
        });
        rest = if let Some((slot, tail)) = slot {
            let value = value(slot);
            // Chinese and Latin writing stand apart, as everywhere else in the text.
            if out.ends_with(is_han) && value.starts_with(is_latin) {
                out.push(' ');
            }
            out.push_str(&value);
            if value.ends_with(is_latin) && tail.starts_with(is_han) {
                out.push(' ');
            }
            tail
        } else {
            out.push('{');
            after
        };
    }
    out.push_str(rest);
    out
}

fn is_han(letter: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&letter)
}

fn is_latin(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '+'
}

/// Writes the whole statement as Markdown.
///
/// # Clause
/// R27
#[must_use]
pub fn markdown(statement: &Statement, lang: Lang, installation: &Installation) -> String {
    document(statement, lang, installation, Form::Markdown).finish()
}

/// Writes the whole statement as plain text.
///
/// # Clause
/// R27
#[must_use]
pub fn plain(statement: &Statement, lang: Lang, installation: &Installation) -> String {
    document(statement, lang, installation, Form::Plain).finish()
}

/// Writes the whole statement heading by heading, for comparison with another version.
pub(crate) fn parts(statement: &Statement, lang: Lang, installation: &Installation) -> Vec<Part> {
    document(statement, lang, installation, Form::Plain).into_parts()
}

fn document(statement: &Statement, lang: Lang, installation: &Installation, form: Form) -> Sheet {
    clause::hit!(R27);
    let meta = statement.meta();
    let mut sheet = Sheet::new(form, lang);
    let fill = |text: &str| fill_with(text, |slot| form.value(&installation.value(slot, lang)));
    sheet.heading(1, meta.title.get(lang));
    let dates = [meta.published, meta.effective].map(day_in_beijing);
    let [published, effective] = dates;
    let version = statement.version();
    let digest = statement.digest();
    sheet.paragraphs(&lang.pick(
        format!("版本 {version}　公布 {published}　生效 {effective}\n\n摘要值 {digest}"),
        format!(
            "Version {version}, published {published}, in force from {effective}\n\nDigest {digest}"
        ),
    ));
    sheet.paragraphs(&fill(meta.preamble.get(lang)));
    let is_u = |clause: &&Clause| clause.id.to_string().starts_with('U');
    let (part_u, part_r): (Vec<&Clause>, Vec<&Clause>) = statement.clauses().iter().partition(is_u);
    for (title, part) in [(&meta.title_u, part_u), (&meta.title_r, part_r)] {
        sheet.heading(2, title.get(lang));
        for clause in part {
            sheet.heading(3, &format!("{} {}", clause.id, clause.title.get(lang)));
            sheet.paragraphs(&fill(clause.body.get(lang)));
        }
    }
    annex::write(statement, &mut sheet, installation);
    sheet
}

/// Writes the date of a moment in China, where the statement applies.
#[must_use]
pub fn day_in_beijing(moment: yuntu_terms::Timestamp) -> String {
    let eight_hours = std::time::Duration::from_hours(8);
    let text = moment.plus(eight_hours).to_string();
    text.chars().take_while(|c| *c != 'T').collect()
}

#[cfg(test)]
mod tests {
    use yuntu_terms::Text;

    use super::*;

    fn installation() -> Installation {
        let values = ContactSlot::ALL
            .iter()
            .map(|slot| (*slot, format!("<{slot}>\n| x")));
        Installation::new(values)
    }

    #[test]
    fn a_document_holds_every_clause_and_no_open_slot() {
        let _mark = clause::check!(R27);
        let statement = Statement::in_force().unwrap();
        for lang in Lang::ALL {
            for text in [markdown, plain].map(|render| render(statement, lang, &installation())) {
                for clause in statement.clauses() {
                    assert!(text.contains(clause.title.get(lang)), "{}", clause.id);
                }
                for category in statement.categories() {
                    assert!(text.contains(category.name.get(lang)), "{}", category.id);
                }
                for cookie in statement.cookies() {
                    let name = cookie.name.trim_start_matches('_');
                    assert!(text.contains(name), "{name}");
                }
                assert!(!text.contains('{') && !text.contains("operator]"));
                assert!(text.contains("2026-11-01"));
                assert!(text.contains(&statement.digest().to_string()));
            }
        }
    }

    #[test]
    fn the_same_input_gives_the_same_bytes() {
        let statement = Statement::in_force().unwrap();
        let render = || markdown(statement, Lang::Zh, &installation());
        assert_eq!(render(), render());
    }

    #[test]
    fn what_configuration_fills_in_cannot_forge_markup() {
        let statement = Statement::in_force().unwrap();
        let hostile = [(
            ContactSlot::OperatorName,
            "<script>\n# Title | [x](y) {website}".to_owned(),
        )];
        let text = markdown(statement, Lang::En, &Installation::new(hostile));
        assert!(!text.contains("<script>"));
        assert!(text.contains("\\<script\\> \\# Title \\| \\[x\\](y) {website}"));
    }

    #[test]
    fn the_address_of_a_site_becomes_a_link_in_markdown_and_nothing_else_does() {
        let statement = Statement::in_force().unwrap();
        let write = |render: fn(&_, _, &_) -> String, website: &str| {
            let value = [(ContactSlot::Website, website.to_owned())];
            render(statement, Lang::En, &Installation::new(value))
        };
        for good in ["https://a.example/b_c*d", "http://例子.example"] {
            let link = format!("<{good}>");
            assert_eq!(write(markdown, good).matches(&link).count(), 2, "{good}");
            assert!(!write(plain, good).contains(&link));
        }
        for other in [
            "a.example",
            "javascript:alert(1)",
            "https://a.example <b>",
            "https://a.example|b",
            "https://a.example>b",
            "HTTPS://a.example`",
        ] {
            assert!(!write(markdown, other).contains(&format!("<{other}")));
        }
    }

    #[test]
    fn an_installation_without_contacts_is_told_which_are_missing() {
        let statement = Statement::in_force().unwrap();
        let empty = Installation::new([(ContactSlot::Website, "  ".to_owned())]);
        assert_eq!(empty.missing(statement).len(), ContactSlot::ALL.len());
        assert!(installation().missing(statement).is_empty());
        let text = plain(statement, Lang::Zh, &empty);
        assert!(text.contains("［待运营者填写：运营者名称］"));
    }

    #[test]
    fn a_latin_value_stands_apart_from_chinese_text() {
        let value = |value: &str| {
            Installation::new([(ContactSlot::PrivacyPhone, value.to_owned())])
                .fill("致电{privacy_phone}与我们，{privacy_phone}。", Lang::Zh)
        };
        assert_eq!(value("+86 10"), "致电 +86 10 与我们，+86 10。");
        assert_eq!(value("热线"), "致电热线与我们，热线。");
    }

    #[test]
    fn braces_that_name_no_slot_stay() {
        let text = Text::new("{甲}{website", "{a} {website");
        assert_eq!(installation().fill(&text.zh, Lang::Zh), text.zh);
        assert_eq!(installation().fill(&text.en, Lang::En), text.en);
    }
}
