use crate::{ErrorKind, Text};

/// What is wrong with an identifier; it names no field and quotes nothing that was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum IdentifierError {
    /// Nothing was typed.
    #[error("it is empty")]
    Empty,
    /// It is too short or too long; separators are not counted.
    #[error("it has {found} characters, and {} are expected", span(*least, *most, "to"))]
    Length {
        /// How many characters it has.
        found: usize,
        /// The fewest that are right.
        least: usize,
        /// The most that are right.
        most: usize,
    },
    /// A character is not one that may stand there.
    #[error("the character at place {place} cannot stand there")]
    Character {
        /// The place in what was typed, counted from 1, separators included.
        place: usize,
    },
    /// The last character does not follow from those before it.
    #[error("the check character does not fit: one of the characters is mistyped")]
    CheckCharacter,
    /// The region code begins with no province of the standard.
    #[error("it begins with a region code that does not exist")]
    UnknownRegion,
    /// The date of birth does not exist in the calendar.
    #[error("the date of birth in it does not exist")]
    ImpossibleDate,
    /// The date of birth lies after the day of use.
    #[error("the date of birth in it lies in the future")]
    FutureDate,
    /// No number of the kind begins so.
    #[error("no such number begins with these digits")]
    Beginning,
    /// It is not built as a mail address is.
    #[error("it is not a mail address, such as name@example.cn")]
    MailForm,
    /// It has neither a Chinese character nor a letter.
    #[error("it has neither a Chinese character nor a letter")]
    NoLetters,
}

impl IdentifierError {
    /// Says what is wrong, to the person who typed it; the page names the field.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::Empty => Text::new("请填写", "Please fill this in."),
            Self::Length { found, least, most } => Text::new(
                format!("应为 {} 个字符，现有 {found} 个", span(least, most, "至")),
                format!(
                    "This should have {} characters; it has {found}.",
                    span(least, most, "to")
                ),
            ),
            Self::Character { place } => Text::new(
                format!("第 {place} 个字符不正确，请核对"),
                format!("Character {place} cannot stand there; please check it."),
            ),
            Self::CheckCharacter => Text::new(
                "校验位不符，某个字符可能输错，请逐位核对",
                "The check character does not fit: one character is mistyped; please compare each.",
            ),
            Self::UnknownRegion => Text::new(
                "开头的地区代码不存在，请核对前几位",
                "The region code at the beginning does not exist; please check the first digits.",
            ),
            Self::ImpossibleDate => Text::new(
                "号码中的出生日期不存在，请核对",
                "The date of birth in the number does not exist; please check it.",
            ),
            Self::FutureDate => Text::new(
                "号码中的出生日期晚于今天，请核对",
                "The date of birth in the number lies in the future; please check it.",
            ),
            Self::Beginning => Text::new(
                "开头几位不正确，请核对",
                "No such number begins with these digits; please check them.",
            ),
            Self::MailForm => Text::new(
                "邮箱格式应类似 name@example.cn",
                "A mail address looks like name@example.cn.",
            ),
            Self::NoLetters => Text::new(
                "名称中应有汉字或字母",
                "A name has at least one Chinese character or letter.",
            ),
        }
    }

    /// Says what the error means to a caller: the input can be mended.
    #[must_use]
    pub const fn kind(self) -> ErrorKind {
        ErrorKind::Invalid
    }
}

fn span(least: usize, most: usize, to: &str) -> String {
    if least == most {
        least.to_string()
    } else {
        format!("{least} {to} {most}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Lang;

    #[test]
    fn a_length_is_said_in_both_languages() {
        let exact = IdentifierError::Length {
            found: 15,
            least: 18,
            most: 18,
        };
        assert_eq!(exact.text().get(Lang::Zh), "应为 18 个字符，现有 15 个");
        assert_eq!(
            exact.text().get(Lang::En),
            "This should have 18 characters; it has 15."
        );
        let span = IdentifierError::Length {
            found: 3,
            least: 8,
            most: 32,
        };
        assert_eq!(span.text().get(Lang::Zh), "应为 8 至 32 个字符，现有 3 个");
        assert_eq!(
            span.to_string(),
            "it has 3 characters, and 8 to 32 are expected"
        );
    }
}
