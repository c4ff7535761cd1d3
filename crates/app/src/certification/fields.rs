use yuntu_policy::ApplicationField;
use yuntu_statement::{Category, RetentionRule, Statement};
use yuntu_terms::{ColumnClass, Lang, Text};

use crate::error::AppError;
use crate::platform::Platform;

/// One thing that an application asks for: why, whether it is necessary, how long it is kept and how close to a person.
///
/// The form, the reviewer's page and the privacy centre are drawn from it; what it says comes from the statement.
///
/// # Clause
/// U1, R0
#[derive(Debug, Clone)]
pub struct Field {
    /// Which one.
    pub code: ApplicationField,
    /// What it is called.
    pub name: Text,
    /// Why it is asked for.
    pub why: &'static Text,
    /// For what is sensitive: why it is necessary and what a leak could do.
    pub impact: Option<&'static Text>,
    /// Whether nothing can be handed in without it.
    pub necessary: bool,
    /// How long it is kept.
    pub retention: &'static RetentionRule,
    /// How closely it is tied to a person.
    pub class: ColumnClass,
}

impl Field {
    /// Says how long it is kept, in words.
    #[must_use]
    pub fn kept(&self) -> Text {
        let (days, starts) = (self.retention.days_max, self.retention.starts);
        Text::new(
            format!("自{}起最多 {days} 天，之后删除", starts.name(Lang::Zh)),
            format!(
                "at most {days} days from {}, then erased",
                starts.name(Lang::En)
            ),
        )
    }
}

impl Platform {
    /// Lists what an application for certification asks for, with purpose, necessity and retention.
    ///
    /// # Errors
    /// [`AppError::Internal`] when the statement does not speak of a field, which a test excludes.
    /// # Clause
    /// U1, R0
    pub fn certification_fields(&self) -> Result<Vec<Field>, AppError> {
        fields(self.statement())
    }
}

/// Draws the fields from the statement.
pub(super) fn fields(statement: &'static Statement) -> Result<Vec<Field>, AppError> {
    let all = ApplicationField::ALL.iter();
    all.map(|code| field(statement, *code)).collect()
}

fn field(statement: &'static Statement, code: ApplicationField) -> Result<Field, AppError> {
    let unspoken = AppError::Internal {
        what: "a field of which the statement does not speak",
    };
    let category: Option<&Category> = statement
        .categories()
        .iter()
        .find(|category| category.id.as_str() == code.category());
    let Some(category) = category else {
        return Err(unspoken);
    };
    let rule = statement.retention().iter().find(|rule| {
        rule.purpose.as_str() == "certification" && rule.categories.contains(&category.id)
    });
    let Some(retention) = rule else {
        return Err(unspoken);
    };
    let name = match code {
        ApplicationField::LetterUntil => Text::new(
            "授权函件的到期日",
            "Last day of the letter of authorisation",
        ),
        ApplicationField::LicenceUntil => Text::new(
            "证照的有效期至（长期有效则留空）",
            "Last day of the licence (leave empty when it has none)",
        ),
        ApplicationField::EnterpriseName
        | ApplicationField::CreditCode
        | ApplicationField::Industry
        | ApplicationField::LegalRepresentative
        | ApplicationField::Agent
        | ApplicationField::Address
        | ApplicationField::BankAccount
        | ApplicationField::IdNumber
        | ApplicationField::Letter
        | ApplicationField::Licence => category.name.clone(),
    };
    Ok(Field {
        code,
        name,
        why: &category.why,
        impact: category.impact.as_ref(),
        necessary: code.is_necessary(),
        retention,
        class: code.class(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_says_why_and_how_long() {
        let fields = fields(Statement::in_force().unwrap()).unwrap();
        assert_eq!(fields.len(), ApplicationField::ALL.len());
        for field in fields {
            assert!(!field.why.zh.is_empty() && !field.why.en.is_empty());
            assert_eq!(field.impact.is_some(), field.code.is_sensitive());
            let kept = field.kept();
            let days = if field.code.is_sensitive() {
                "30"
            } else {
                "1096"
            };
            assert!(kept.zh.contains(days) && kept.en.contains(days), "{kept:?}");
        }
    }
}
