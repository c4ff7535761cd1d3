//! The fictional part of the demo: who the people are called and what they agreed to.
//!
//! The real tables hold household numbers only: no name, no address, no consent. What a platform like ours needs on top is drawn
//! here by one rule, a pure function of a seed and the household's number, so that two runs agree to the last record:
//!
//! - the address is `member0123@example.com`, in a domain that is reserved for examples;
//! - for each purpose separately about 70 % consent, 12 % refuse, 6 % were asked and did not answer, the rest were never asked;
//! - of those who consent, 5 % withdrew later and 5 % gave a consent that has run out;
//! - households whose draw is among the lowest 150 are taken to be persons under 14 without a guardian's consent.

use sha2::{Digest as _, Sha256};

/// The purposes for which the rule draws consent.
///
/// Nobody was asked about `research.industry`: it is the purpose that the demo finds outside every scope.
pub(crate) const PURPOSES: [&str; 5] = [
    "marketing.insight",
    "marketing.audience",
    "marketing.activation",
    "marketing.measurement",
    "service.care",
];

/// How many households the rule takes to be minors.
pub(crate) const MINORS: usize = 150;

/// When consents were given, withdrawn and run out; well before the demo runs, so that its result does not depend on the day.
pub(crate) const GIVEN: &str = "2026-01-05T00:00:00Z";
pub(crate) const WITHDRAWN: &str = "2026-02-10T00:00:00Z";
pub(crate) const RUN_OUT: &str = "2026-03-01T00:00:00Z";

/// What the rule draws for one household and one purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Draw {
    /// Given and still valid.
    Given,
    /// Given, later withdrawn.
    Withdrawn,
    /// Given for a time that is over.
    RunOut,
    /// Refused.
    Refused,
    /// Asked, not answered.
    Requested,
    /// Never asked.
    Silent,
}

/// Draws the consent of a household for a purpose.
pub(crate) fn draw(seed: u64, household: i64, purpose: &str) -> Draw {
    let value = number(seed, household, purpose) % 1_000;
    match value {
        0..630 => Draw::Given,
        630..665 => Draw::Withdrawn,
        665..700 => Draw::RunOut,
        700..820 => Draw::Refused,
        820..880 => Draw::Requested,
        _ => Draw::Silent,
    }
}

/// Picks the households that are taken to be minors.
pub(crate) fn minors(seed: u64, households: &[i64]) -> Vec<i64> {
    let mut ranked: Vec<_> = households
        .iter()
        .map(|h| (number(seed, *h, "minor"), *h))
        .collect();
    ranked.sort_unstable();
    let mut minors: Vec<_> = ranked.into_iter().take(MINORS).map(|(_, h)| h).collect();
    minors.sort_unstable();
    minors
}

/// Makes the fictional address of a household.
pub(crate) fn email(household: i64) -> String {
    format!("member{household:04}@example.com")
}

/// Draws 64 bits for a household and a topic.
pub(crate) fn number(seed: u64, household: i64, topic: &str) -> u64 {
    let mut hash = Sha256::new();
    hash.update(seed.to_be_bytes());
    hash.update(household.to_be_bytes());
    hash.update(topic.as_bytes());
    let digest = hash.finalize();
    digest
        .iter()
        .take(8)
        .fold(0, |value, byte| value << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn about_seven_in_ten_consent_and_purposes_are_drawn_apart() {
        let share = |purpose: &str| {
            let given = (1..=10_000)
                .filter(|h| {
                    matches!(
                        draw(7, *h, purpose),
                        Draw::Given | Draw::Withdrawn | Draw::RunOut
                    )
                })
                .count();
            assert!((6_800..7_200).contains(&given), "{purpose}: {given}");
        };
        PURPOSES.into_iter().for_each(share);
        let same = (1..=10_000)
            .filter(|h| draw(7, *h, "marketing.insight") == draw(7, *h, "service.care"))
            .count();
        assert!(same < 5_000, "{same}");
    }

    #[test]
    fn the_rule_is_a_function_of_seed_and_household() {
        let households: Vec<_> = (1..=2_469).collect();
        assert_eq!(minors(7, &households), minors(7, &households));
        assert_ne!(minors(7, &households), minors(8, &households));
        assert_eq!(minors(7, &households).len(), MINORS);
    }
}
