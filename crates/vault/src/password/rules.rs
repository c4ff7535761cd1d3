use yuntu_terms::{Pii, clause};
use zeroize::Zeroizing;
use zxcvbn::Score;
use zxcvbn::matching::patterns::MatchPattern;

use super::{Password, PasswordFault};

/// The names of the product, which strangers try too.
const PRODUCT: [&str; 3] = ["yuntu", "云图", "巨量云图"];
/// The fewest characters that a password has beside the words others know of its person.
const OTHERS_MIN: usize = 6;
/// Shorter words occur in any text by chance.
const LATIN_WORD_MIN: usize = 4;
const HAN_WORD_MIN: usize = 2;

/// What a person signs in with beside the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignInFactors {
    /// Nothing.
    PasswordAlone,
    /// An authenticator's code or a passkey, every time.
    WithSecondFactor,
}

impl SignInFactors {
    /// Returns the fewest characters (code points) that the password needs (NIST SP 800-63B-4, 3.1.1.1).
    #[must_use]
    pub const fn chars_min(self) -> usize {
        match self {
            Self::PasswordAlone => 15,
            Self::WithSecondFactor => 8,
        }
    }

    /// Returns the least score: 10^8 tries alone, 10^6 beside a second factor, where eight random letters must do.
    const fn score_min(self) -> Score {
        match self {
            Self::PasswordAlone => Score::Three,
            Self::WithSecondFactor => Score::Two,
        }
    }
}

impl Password {
    /// Says whether the password may be chosen; asked when it is set, not at sign-in.
    ///
    /// There are no rules about kinds of characters and no date of expiry. A password is refused when it is short, when
    /// it is as a whole made of `own` (the person's name, address, number, enterprise), or when an estimate of the
    /// tries that it withstands is too low: common passwords, words, repeats, rows of keys. The estimate looks at the
    /// first 100 characters; what it copies is freed and not wiped.
    ///
    /// # Errors
    /// Why not.
    ///
    /// # Clause
    /// R24
    pub fn check(&self, factors: SignInFactors, own: &[&Pii<String>]) -> Result<(), PasswordFault> {
        clause::hit!(R24);
        let least = factors.chars_min();
        if self.expose().chars().count() < least {
            return Err(PasswordFault::TooShort { least });
        }
        let mut words = Vec::new();
        for product in PRODUCT {
            words.extend(words_of(product));
        }
        for value in own {
            value.digest(|value| words.extend(words_of(value)));
        }
        // The longest first, or a part of a word would hide the whole.
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        if is_made_of(self.expose(), &words) {
            return Err(PasswordFault::OwnWords);
        }
        let words: Vec<&str> = words.iter().map(|word| word.as_str()).collect();
        estimate(self.expose(), &words, factors.score_min())
    }
}

/// Lists the whole text and its words, as they are compared.
fn words_of(text: &str) -> impl Iterator<Item = Zeroizing<String>> {
    let local = text.split('@').next().unwrap_or(text);
    let parts = text.split(|sign: char| !sign.is_alphanumeric());
    parts.chain([text, local]).map(fold).filter(|word| {
        let least = if word.is_ascii() {
            LATIN_WORD_MIN
        } else {
            HAN_WORD_MIN
        };
        word.chars().count() >= least
    })
}

/// Lowers a text and takes away all but letters and digits.
fn fold(text: &str) -> Zeroizing<String> {
    let mut folded = Zeroizing::new(String::with_capacity(text.len() * 3));
    let kept = text.chars().filter(|sign| sign.is_alphanumeric());
    folded.extend(kept.flat_map(char::to_lowercase));
    folded
}

/// Says whether little is left of a text without the words.
fn is_made_of(text: &str, words: &[Zeroizing<String>]) -> bool {
    let mut rest = fold(text);
    let before = rest.len();
    for word in words {
        rest = Zeroizing::new(rest.replace(word.as_str(), ""));
    }
    rest.len() < before && rest.chars().count() < OTHERS_MIN
}

fn estimate(text: &str, words: &[&str], least: Score) -> Result<(), PasswordFault> {
    let estimate = zxcvbn::zxcvbn(text, words);
    if estimate.score() >= least {
        return Ok(());
    }
    // The longest part decides what to say.
    let part = estimate
        .sequence()
        .iter()
        .max_by_key(|part| part.token.chars().count());
    Err(match part.map(|part| &part.pattern) {
        Some(MatchPattern::Dictionary(_)) => PasswordFault::Common,
        Some(
            MatchPattern::Repeat(_)
            | MatchPattern::Spatial(_)
            | MatchPattern::Sequence(_)
            | MatchPattern::Date(_)
            | MatchPattern::Regex(_),
        ) => PasswordFault::Pattern,
        Some(MatchPattern::BruteForce) | None => PasswordFault::Guessable,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(typed: &str, factors: SignInFactors, own: &[&str]) -> Result<(), PasswordFault> {
        let own: Vec<_> = own
            .iter()
            .map(|value| Pii::new((*value).to_owned()))
            .collect();
        let own: Vec<_> = own.iter().collect();
        Password::new(typed.to_owned())
            .unwrap()
            .check(factors, &own)
    }

    fn alone(typed: &str) -> Result<(), PasswordFault> {
        check(typed, SignInFactors::PasswordAlone, &[])
    }

    fn second(typed: &str) -> Result<(), PasswordFault> {
        check(typed, SignInFactors::WithSecondFactor, &[])
    }

    #[test]
    fn length_is_counted_in_characters_and_is_shorter_beside_a_second_factor() {
        let _mark = clause::check!(R24);
        let too_short = |least| Err(PasswordFault::TooShort { least });
        assert_eq!(alone("xkvqm tlpzr nw"), too_short(15));
        assert_eq!(alone("xkvqm tlpzr nwb"), Ok(()));
        assert_eq!(second("xkvq tl"), too_short(8));
        assert_eq!(second("xkvq tlz"), Ok(()));
        // Fifteen characters in 45 bytes, and fourteen.
        assert_eq!(alone("窗外银杏落满石阶茶凉了半盏没人"), Ok(()));
        assert_eq!(alone("窗外银杏落满石阶茶凉了半盏没"), too_short(15));
    }

    #[test]
    fn no_kind_of_character_is_asked_for() {
        for good in [
            "brindle ferry oxide",
            "8391746205518372",
            "correct horse battery staple",
            "   wolke  laterne  kies   ",
        ] {
            assert_eq!(alone(good), Ok(()), "{good}");
        }
        assert_eq!(alone(&"brindle ferry oxide ".repeat(12)), Ok(()));
    }

    #[test]
    fn what_is_tried_first_is_refused_with_its_reason() {
        for common in [
            "password",
            "P@ssw0rd",
            "iloveyou",
            "sunshine1",
            "drowssap",
            "princess1",
        ] {
            assert_eq!(second(common), Err(PasswordFault::Common), "{common}");
        }
        for pattern in [
            "aaaaaaaaaaaaaaa",
            "abcabcabcabcabcabc",
            "passwordpassword",
            "abcdefghijklmnopqrs",
        ] {
            assert_eq!(alone(pattern), Err(PasswordFault::Pattern), "{pattern}");
        }
        for weak in ["123456789012345", "qwertyuiopasdfgh", "administrator123"] {
            assert!(alone(weak).is_err(), "{weak}");
        }
    }

    #[test]
    fn what_others_know_of_a_person_is_refused_as_a_whole_and_not_as_a_part() {
        let own = [
            "li.lei@example.cn",
            "13812345678",
            "李雷",
            "云图咨询（上海）有限公司",
        ];
        let check = |typed| check(typed, SignInFactors::PasswordAlone, &own);
        for bad in [
            "li.lei@example.cn",
            "LiLei13812345678",
            "13812345678 2026",
            "云图咨询（上海）有限公司李雷2026",
            "Yuntu-Yuntu-Yuntu!",
            "yuntu.example.li.lei",
        ] {
            assert_eq!(check(bad), Err(PasswordFault::OwnWords), "{bad}");
        }
        for good in [
            "yuntu is where my tulips work",
            "李雷的窗外银杏落满石阶茶凉了半盏",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn a_reason_is_said_in_both_languages() {
        let text = PasswordFault::TooShort { least: 15 }.text();
        assert!(text.zh.contains("15 个字符") && text.en.contains("15 characters"));
    }
}
