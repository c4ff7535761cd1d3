use jiff::civil::date;
use proptest::prelude::*;

use super::*;

fn error(text: &str) -> IdentifierError {
    CitizenId::normal(text).unwrap_err()
}

fn parse(text: &str) -> CitizenId {
    CitizenId::parse(text).unwrap()
}

#[test]
fn the_published_and_computed_numbers_are_taken() {
    let _mark = clause::check!(U1);
    for good in [
        "11010519491231002X",
        "440524188001010014",
        "110101199003070011",
        "310115200002291024",
        "510107201201010039",
        "650104198506159982",
    ] {
        parse(good);
    }
}

#[test]
fn a_number_is_taken_as_people_type_it() {
    for spelling in [
        "11010519491231002x",
        " 110105 19491231 002X ",
        "110105-19491231-002X",
        "１１０１０５１９４９１２３１００２Ｘ",
        "\u{202d}11010519491231002X\u{202c}",
        "110105\u{3000}19491231\u{a0}002ｘ",
    ] {
        assert_eq!(
            CitizenId::normal(spelling).unwrap().as_str(),
            "11010519491231002X",
            "{spelling}"
        );
    }
}

#[test]
fn what_is_wrong_is_named() {
    assert_eq!(error(" \u{3000}"), IdentifierError::Empty);
    let length = |found| IdentifierError::Length {
        found,
        least: 18,
        most: 18,
    };
    // The old form of 15 digits.
    assert_eq!(error("110105491231002"), length(15));
    assert_eq!(error("1101051949123100211"), length(19));
    assert_eq!(
        error("1101O5 19491231 002X"),
        IdentifierError::Character { place: 5 }
    );
    // Places are those of what was typed, spaces included.
    assert_eq!(
        error("110105 1949123l 002X"),
        IdentifierError::Character { place: 15 }
    );
    assert_eq!(
        error("1101051949123100X1"),
        IdentifierError::Character { place: 17 }
    );
    assert_eq!(error("110105194912310021"), IdentifierError::CheckCharacter);
    assert_eq!(error("990105194912310021"), IdentifierError::UnknownRegion);
    assert_eq!(error("160105194912310021"), IdentifierError::UnknownRegion);
    // 30 February; 29 February of a common year, and of 1900; month 13; year 201.
    for bad in [
        "110101199002300011",
        "310115200102291024",
        "310115190002291024",
        "110101199013010011",
        "110101020101010011",
    ] {
        assert_eq!(error(bad), IdentifierError::ImpossibleDate, "{bad}");
    }
}

#[test]
fn the_holder_follows_from_the_first_digits() {
    assert_eq!(parse("110101199003070011").holder(), IdHolder::Citizen);
    let permit = with_check("81000019900307001");
    assert_eq!(permit.holder(), IdHolder::ResidencePermit);
    let card = with_check("91115619900307001");
    assert_eq!(card.holder(), IdHolder::PermanentResident);
}

fn with_check(body: &str) -> CitizenId {
    CHECKS
        .iter()
        .find_map(|check| CitizenId::parse(&format!("{body}{check}")).ok())
        .unwrap()
}

#[test]
fn a_person_comes_of_age_on_the_birthday() {
    let _mark = clause::check!(R29);
    let born_2012 = parse("510107201201010039");
    assert!(born_2012.is_under_fourteen_on(date(2025, 12, 31)).unwrap());
    assert!(!born_2012.is_under_fourteen_on(date(2026, 1, 1)).unwrap());
    assert!(born_2012.is_minor_on(date(2026, 6, 1)).unwrap());
    assert!(born_2012.is_minor_on(date(2029, 12, 31)).unwrap());
    assert!(!born_2012.is_minor_on(date(2030, 1, 1)).unwrap());
}

#[test]
fn who_was_born_on_a_leap_day_is_older_on_the_first_of_march() {
    let leap = parse("310115200002291024");
    // 2014 and 2018 are common years, 2016 is a leap year.
    assert!(leap.is_under_fourteen_on(date(2014, 2, 28)).unwrap());
    assert!(!leap.is_under_fourteen_on(date(2014, 3, 1)).unwrap());
    assert!(leap.is_minor_on(date(2018, 2, 28)).unwrap());
    assert!(!leap.is_minor_on(date(2018, 3, 1)).unwrap());
    assert_eq!(leap.age_on(date(2016, 2, 28)), Ok(15));
    assert_eq!(leap.age_on(date(2016, 2, 29)), Ok(16));
}

#[test]
fn who_is_not_yet_born_has_no_age() {
    let child = parse("510107201201010039");
    assert_eq!(
        child.age_on(date(2011, 12, 31)),
        Err(IdentifierError::FutureDate)
    );
    assert_eq!(child.age_on(date(2012, 1, 1)), Ok(0));
    assert_eq!(
        child.is_minor_on(date(2011, 12, 31)),
        Err(IdentifierError::FutureDate)
    );
}

#[test]
fn the_number_is_neither_printed_nor_shown_whole() {
    let number = parse("110101199003070011");
    assert_eq!(format!("{number:?}"), "CitizenId([redacted])");
    assert_eq!(number.masked(), "110***********0011");
}

proptest! {
    #[test]
    fn parsing_never_panics(text in "\\PC{0,40}") {
        let _answer = CitizenId::parse(&text);
    }

    #[test]
    fn of_all_check_characters_one_is_right(body in "[1-6][1-3][0-9]{4}(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])[0-9]{3}") {
        let right = CHECKS.iter().filter(|check| CitizenId::normal(&format!("{body}{check}")).is_ok());
        prop_assert_eq!(right.count(), 1);
    }

    // What the check of ISO 7064 MOD 11-2 is for.
    #[test]
    fn no_single_slip_and_no_swap_of_neighbours_is_taken(place in 0_usize..17, other in 0_u32..10) {
        let right: Vec<char> = "110101199003070011".chars().collect();
        let mut slip = right.clone();
        slip[place] = char::from_digit(other, 10).unwrap();
        prop_assert_eq!(CitizenId::normal(&String::from_iter(&slip)).is_ok(), slip == right);
        let mut swap = right.clone();
        swap.swap(place, place + 1);
        prop_assert_eq!(CitizenId::normal(&String::from_iter(&swap)).is_ok(), swap == right);
    }
}
