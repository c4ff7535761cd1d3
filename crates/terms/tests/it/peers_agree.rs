//! 100,000 right and wrong values of each kind: ours and the peer's answers are the same.

use yuntu_terms::{BankCard, CitizenId, MobileNumber, SeededEntropy, UnifiedSocialCreditCode};

use crate::peer;

const VALUES: usize = 100_000;
const DIGITS: &[u8] = b"0123456789";
const CODE: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Makes values that are right or nearly so, with a fixed seed.
struct Maker(SeededEntropy);

impl Maker {
    fn below(&self, bound: usize) -> usize {
        usize::try_from(self.0.next_u64() % bound as u64).unwrap()
    }

    fn pick(&self, signs: &[u8]) -> char {
        char::from(signs[self.below(signs.len())])
    }

    fn text(&self, len: usize, signs: &[u8]) -> String {
        (0..len).map(|_| self.pick(signs)).collect()
    }

    /// Leaves one value of three as it is, and changes, drops, doubles or swaps signs of the others.
    fn slip(&self, right: &str, signs: &[u8]) -> String {
        let mut value: Vec<char> = right.chars().collect();
        let place = self.below(value.len());
        match self.below(9) {
            0..3 => {}
            3..6 => value[place] = self.pick(signs),
            6 => {
                value.remove(place);
            }
            7 => value.insert(place, self.pick(signs)),
            _ => value.swap(place.saturating_sub(1), place),
        }
        value.into_iter().collect()
    }

    /// Completes a body with the one check character that we take, or with any when there is none.
    fn complete(&self, body: &str, signs: &[u8], taken: impl Fn(&str) -> bool) -> String {
        signs
            .iter()
            .map(|check| format!("{body}{}", char::from(*check)))
            .find(|value| taken(value))
            .unwrap_or_else(|| format!("{body}{}", self.pick(signs)))
    }
}

/// Compares our answers with the peer's and says how many values were right.
fn compare(kind: &str, values: &[String], ours: impl Fn(&str) -> bool) -> usize {
    let lines: Vec<_> = values
        .iter()
        .map(|value| format!("{kind} {value}"))
        .collect();
    let answers = peer::ask(&lines);
    let mut right = 0;
    for (value, answer) in values.iter().zip(answers) {
        let taken = ours(value);
        assert_eq!(taken, answer == "1", "{kind} {value}");
        right += usize::from(taken);
    }
    right
}

/// Both answers must occur often, or the comparison shows nothing.
fn assert_mixed(right: usize) {
    assert!((VALUES / 5..VALUES * 4 / 5).contains(&right), "{right}");
}

#[test]
fn citizen_numbers_are_judged_alike() {
    let maker = Maker(SeededEntropy::new(11_643));
    let regions = peer::ask(&["regions".to_owned()]).remove(0);
    let regions: Vec<_> = regions.split(' ').collect();
    let taken = |value: &str| CitizenId::normal(value).is_ok();
    let values: Vec<_> = (0..VALUES)
        .map(|_| {
            let region = match maker.below(8) {
                0 => maker.text(6, DIGITS),
                1 => format!("9{}", maker.text(5, DIGITS)),
                2 => format!("8{}0000", maker.pick(b"0123")),
                _ => regions[maker.below(regions.len())].to_owned(),
            };
            // Days that do not exist are among them: 0 to 31 in months 0 to 13.
            let (year, month, day) = (1_840 + maker.below(270), maker.below(14), maker.below(32));
            let body = format!(
                "{region}{year:04}{month:02}{day:02}{}",
                maker.text(3, DIGITS)
            );
            let value = maker.complete(&body, b"0123456789X", taken);
            maker.slip(&value, DIGITS)
        })
        .collect();
    assert_mixed(compare("citizen", &values, taken));
}

#[test]
fn every_county_that_ever_was_is_taken() {
    let maker = Maker(SeededEntropy::new(2_260));
    let regions = peer::ask(&["regions".to_owned()]).remove(0);
    let regions: Vec<_> = regions.split(' ').collect();
    assert!(regions.len() > 6_000, "{}", regions.len());
    let taken = |value: &str| CitizenId::normal(value).is_ok();
    for region in regions {
        let value = maker.complete(&format!("{region}19900307001"), b"0123456789X", taken);
        assert!(taken(&value), "{region}");
    }
}

#[test]
fn credit_codes_are_judged_alike() {
    let maker = Maker(SeededEntropy::new(32_100));
    let taken = |value: &str| UnifiedSocialCreditCode::normal(value).is_ok();
    let values: Vec<_> = (0..VALUES)
        .map(|_| {
            // The peer knows no authority but those with digits.
            let front = maker.text(8, DIGITS);
            let body = format!("{front}{}", maker.text(9, CODE));
            let value = maker.complete(&body, CODE, taken);
            let (head, tail) = value.split_at(2);
            format!("{head}{}", maker.slip(tail, b"0123456789ABXYIOZSV"))
        })
        .collect();
    assert_mixed(compare("credit_code", &values, taken));
}

#[test]
fn bank_cards_are_judged_alike() {
    let maker = Maker(SeededEntropy::new(7_812));
    let taken = |value: &str| BankCard::normal(value).is_ok();
    let values: Vec<_> = (0..VALUES)
        .map(|_| {
            let front = maker.pick(b"33445566666666666071");
            let body = format!("{front}{}", maker.text(13 + maker.below(6), DIGITS));
            let value = maker.complete(&body, DIGITS, taken);
            maker.slip(&value, DIGITS)
        })
        .collect();
    assert_mixed(compare("card", &values, taken));
}

#[test]
fn blocks_of_mobile_numbers_are_known_alike() {
    let maker = Maker(SeededEntropy::new(86));
    let values: Vec<_> = (0..VALUES)
        .map(|_| format!("1{}{}", maker.pick(b"3456789"), maker.text(9, DIGITS)))
        .collect();
    let known = |value: &str| MobileNumber::parse(value).unwrap().is_in_known_block();
    assert_mixed(compare("mobile_block", &values, known));
}
