use yuntu_terms::{Sink, Warrant, clause};

use super::*;

struct Page;

impl Warrant for Page {
    fn opens(&self, sink: Sink) -> bool {
        sink == Sink::Page
    }
}

fn checked(field: ApplicationField, typed: &str) -> Result<String, FieldFault> {
    let today = "2026-03-21".parse().unwrap();
    let kept = check(field, &Pii::new(typed.to_owned()), today)?;
    Ok(kept.open(&Page, Sink::Page, String::clone).unwrap())
}

#[test]
fn the_published_numbers_are_taken_and_their_slips_are_named() {
    let _mark = clause::check!(U1);
    let code = ApplicationField::CreditCode;
    for good in [
        "91110108MA9YT0010R",
        "91310115MAC8XQ7R2G",
        "514403005001234538",
        "1233010047005A3P3B",
        "91510107MADRLA2R00",
        "91350100M000100Y43",
        "9144030071526726XG",
        "91330100799655058B",
        "91110000802100433B",
        "914403001922038216",
        "91110108551385082Q",
    ] {
        assert_eq!(checked(code, good).as_deref(), Ok(good));
    }
    let check_character = FieldFault::Identifier(IdentifierError::CheckCharacter);
    assert_eq!(checked(code, "91310115MA1H8R7C6D"), Err(check_character));
    let id = ApplicationField::IdNumber;
    for good in [
        "11010519491231002X",
        "440524188001010014",
        "110101199003070011",
        "310115200002291024",
        "650104198506159982",
    ] {
        assert_eq!(checked(id, good).as_deref(), Ok(good));
    }
    // Whose last digits are wrong, and the old form of 15 digits.
    assert_eq!(checked(id, "110101199003070012"), Err(check_character));
    assert!(matches!(
        checked(id, "130503670401001"),
        Err(FieldFault::Identifier(IdentifierError::Length { .. }))
    ));
    let empty = FieldFault::Identifier(IdentifierError::Empty);
    assert_eq!(checked(ApplicationField::BankAccount, ""), Err(empty));
}

#[test]
fn a_minor_is_refused_until_the_birthday_itself() {
    let _mark = clause::check!(R29);
    let typed = Pii::new("510107201201010039".to_owned());
    let on = |day: &str| check(ApplicationField::IdNumber, &typed, day.parse().unwrap());
    assert_eq!(on("2026-11-24").unwrap_err(), FieldFault::Minor);
    assert_eq!(on("2029-12-31").unwrap_err(), FieldFault::Minor);
    assert!(on("2030-01-01").is_ok());
    let unborn = FieldFault::Identifier(IdentifierError::FutureDate);
    assert_eq!(on("2011-12-31").unwrap_err(), unborn);
}

#[test]
fn texts_and_days_are_held_to_their_form() {
    let name = ApplicationField::LegalRepresentative;
    assert_eq!(checked(name, " 欧阳娜娜 ").as_deref(), Ok("欧阳娜娜"));
    let short = FieldFault::Line { least: 2, most: 60 };
    let long = "长".repeat(61);
    for bad in ["", "王", "a\nb", "ab\u{202e}c", "1234", long.as_str()] {
        assert_eq!(checked(name, bad), Err(short), "{bad:?}");
    }
    let until = ApplicationField::LetterUntil;
    assert_eq!(checked(until, "2026-03-21").as_deref(), Ok("2026-03-21"));
    assert_eq!(checked(until, "2026-03-20"), Err(FieldFault::Over));
    for bad in [
        "",
        "2026-02-30",
        "31.3.2027",
        "2026-3-1",
        "9999-01-01",
        "2027-03-31T00:00",
    ] {
        assert_eq!(checked(until, bad), Err(FieldFault::Day), "{bad:?}");
    }
    assert_eq!(
        checked(ApplicationField::Industry, "retail").as_deref(),
        Ok("retail")
    );
    assert_eq!(
        checked(ApplicationField::Industry, "x"),
        Err(FieldFault::Industry)
    );
    for (code, text) in industry::industries() {
        assert_eq!(industry::known(code), Some(code));
        assert!(!text.zh.is_ascii() && text.en.is_ascii());
    }
}

#[test]
fn a_masked_value_shows_what_tells_it_from_another_and_no_more() {
    for (field, value, shown) in [
        (
            ApplicationField::IdNumber,
            "110101199003070011",
            "110***********0011",
        ),
        (
            ApplicationField::BankAccount,
            "4111111111111111",
            "************1111",
        ),
        (ApplicationField::LegalRepresentative, "王小明", "王**"),
        (ApplicationField::Address, "样本路 1 号", "样******"),
        (ApplicationField::IdNumber, "broken", "******"),
    ] {
        assert_eq!(masked(field, &Pii::new(value.to_owned())), shown);
    }
}

#[test]
fn every_fault_is_told_in_both_languages() {
    for fault in [
        FieldFault::Identifier(IdentifierError::CheckCharacter),
        FieldFault::Minor,
        FieldFault::Consent,
        FieldFault::Missing,
        FieldFault::Line { least: 2, most: 60 },
        FieldFault::Industry,
        FieldFault::Day,
        FieldFault::Over,
        FieldFault::Taken,
    ] {
        let text = fault.text();
        assert!(!text.zh.is_ascii() && text.en.is_ascii(), "{text:?}");
    }
}
