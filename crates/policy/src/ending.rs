//! When people are told that something ends on which their right to act rests.

use yuntu_terms::{Text, Timestamp, clause};

use crate::role::coded;

coded! {
    /// What ends.
    ///
    /// # Clause
    /// U1, R3, R7
    EndingAbout {
        /// The letter of authorisation of a member.
        Letter = "letter";
        /// The certification of an enterprise.
        Certification = "certification";
        /// The impact assessment, which is due for its review.
        Assessment = "assessment";
        /// The declaration of the source of a dataset.
        Declaration = "declaration";
        /// What entitles a partner to receive: the agreement, its assessment or the ground across a border.
        Partner = "partner";
        /// The time until a duty of the platform is due again.
        Duty = "duty";
        /// The time within which people are told that an exception opened their data.
        Notice = "notice";
    }
}

coded! {
    /// How near the end is; each step is told once.
    ///
    /// # Clause
    /// U1, R3
    EndingStep {
        /// Ninety days or fewer are left; told of duties alone.
        Quarter = "quarter";
        /// Thirty days or fewer are left.
        Month = "month";
        /// Seven days or fewer are left.
        Week = "week";
        /// It is over.
        Over = "over";
    }
}

impl EndingStep {
    /// The most days that are left when somebody is told first.
    pub const MONTH_DAYS: i32 = 30;
    /// The most days that are left when somebody is told again.
    pub const WEEK_DAYS: i32 = 7;
    /// For how many days after the end it is still told; later it is no news.
    pub const OVER_DAYS: i32 = 30;

    /// Finds what is to be told at this moment of something that ends then, if anything is.
    ///
    /// # Clause
    /// R3
    #[must_use]
    pub fn at(ends: Timestamp, now: Timestamp) -> Option<Self> {
        clause::hit!(R3);
        if ends <= now {
            (now < ends.plus_days(Self::OVER_DAYS)).then_some(Self::Over)
        } else if ends <= now.plus_days(Self::WEEK_DAYS) {
            Some(Self::Week)
        } else if ends <= now.plus_days(Self::MONTH_DAYS) {
            Some(Self::Month)
        } else {
            None
        }
    }

    /// Returns the name in both languages.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::Quarter => Text::new("九十日内到期", "ends within ninety days"),
            Self::Month => Text::new("三十日内到期", "ends within thirty days"),
            Self::Week => Text::new("七日内到期", "ends within seven days"),
            Self::Over => Text::new("已到期", "has ended"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_has_its_days() {
        let _mark = clause::check!(R3);
        let ends = Timestamp::from_micros(0).plus_days(100);
        let told = |day: i32| EndingStep::at(ends, Timestamp::from_micros(0).plus_days(day));
        for (day, step) in [
            (69, None),
            (70, Some(EndingStep::Month)),
            (92, Some(EndingStep::Month)),
            (93, Some(EndingStep::Week)),
            (99, Some(EndingStep::Week)),
            (100, Some(EndingStep::Over)),
            (129, Some(EndingStep::Over)),
            (130, None),
        ] {
            assert_eq!(told(day), step, "{day}");
        }
        for step in EndingStep::ALL {
            let text = step.text();
            assert!(!text.zh.is_ascii() && text.en.is_ascii());
        }
    }
}
