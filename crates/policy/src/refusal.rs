use std::fmt;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use yuntu_terms::{ClauseId, ColumnClass, ConsentKind, DatasetId, Lang};

use crate::{MeasureFacts, MissingFact};

/// A decision against a request: which clause, which fact is missing, what would change the answer.
///
/// # Clause
/// U4, U5
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[must_use = "a refusal is an answer and is shown or recorded"]
pub struct Refusal {
    reasons: NonEmpty,
}

/// One reason and, behind it, the others: a refusal has at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct NonEmpty {
    first: Reason,
    others: Vec<Reason>,
}

impl Serialize for NonEmpty {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(std::iter::once(&self.first).chain(&self.others))
    }
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    clause: ClauseId,
    fact: MissingFact,
    about: Option<About>,
    /// The measure that stands against the request.
    measure: Option<MeasureFacts>,
    /// The kind of consent that is missing.
    consent: Option<ConsentKind>,
    /// Whom the request would reach with consent.
    reach: Option<WouldReach>,
}

/// Whom of a dataset a request would reach for which nobody's consent is there.
///
/// # Units
/// Distinct people; `people` is the sum of the others.
/// # Clause
/// U4
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WouldReach {
    /// Everybody with a row.
    pub people: u64,
    /// Those who have not said no: it reaches them once they agree.
    pub to_ask: u64,
    /// Those who said no or took their consent back.
    pub declined: u64,
    /// Those whom no consent would admit: erased, restricted, minors.
    pub barred: u64,
    /// The kind of consent it takes.
    pub kind: ConsentKind,
}

impl WouldReach {
    /// Says in one language whom the request would reach.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let Self {
            people,
            to_ask,
            declined,
            barred,
            kind,
        } = self;
        let agree = match kind {
            ConsentKind::Expressed | ConsentKind::Explicit => lang.pick("同意", "agree"),
            ConsentKind::Separate => lang.pick("单独同意", "agree separately"),
        };
        match lang {
            Lang::Zh => format!(
                "该数据集有 {people} 人，其中 {to_ask} 人尚可征询，{agree}后即可触达；{declined} 人已拒绝或撤回，{barred} 人受限、未成年或已删除"
            ),
            Lang::En => format!(
                "of {people} people in the dataset it would reach {to_ask} once they {agree}; {declined} said no, and {barred} are restricted, minors or erased"
            ),
        }
    }
}

/// What a reason is about: always something the request itself named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// A dataset.
    Dataset(DatasetId),
    /// A class of column.
    Class(ColumnClass),
}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dataset(id) => id.fmt(f),
            Self::Class(class) => f.write_str(class.code()),
        }
    }
}

impl Refusal {
    /// Makes the refusal of an act that moves no data, for want of one fact.
    pub const fn for_want_of(fact: MissingFact) -> Self {
        Self::one(Reason::of(fact))
    }

    pub(crate) const fn one(reason: Reason) -> Self {
        Self::new(reason, Vec::new())
    }

    pub(crate) const fn new(first: Reason, others: Vec<Reason>) -> Self {
        Self {
            reasons: NonEmpty { first, others },
        }
    }

    /// Returns the first reason.
    #[must_use]
    pub const fn first(&self) -> &Reason {
        &self.reasons.first
    }

    /// Lists every reason; there is at least one.
    pub fn reasons(&self) -> impl Iterator<Item = &Reason> + '_ {
        std::iter::once(&self.reasons.first).chain(&self.reasons.others)
    }

    /// Says whether this fact is among the reasons.
    #[must_use]
    pub fn lacks(&self, fact: MissingFact) -> bool {
        self.reasons().any(|reason| reason.fact == fact)
    }

    /// Says of a dataset for which consent is missing whom the request would reach.
    pub fn tell_reach(&mut self, dataset: DatasetId, reach: WouldReach) {
        let NonEmpty { first, others } = &mut self.reasons;
        for reason in std::iter::once(first).chain(others) {
            if reason.fact == MissingFact::Consent && reason.about == Some(About::Dataset(dataset))
            {
                reason.reach = Some(reach);
            }
        }
    }

    /// Renders the refusal with clause, fact and remedy of each reason.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let mut text = String::from(lang.pick("拒绝", "refused"));
        for reason in self.reasons() {
            text.push('\n');
            text.push_str(&reason.text(lang));
        }
        text
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

impl std::error::Error for Refusal {}

impl Reason {
    pub(crate) const fn of(fact: MissingFact) -> Self {
        Self {
            clause: fact.clause(),
            fact,
            about: None,
            measure: None,
            consent: None,
            reach: None,
        }
    }

    /// Objects because of a measure in force.
    pub(crate) fn of_measure(measure: &MeasureFacts) -> Self {
        Self {
            measure: Some(measure.clone()),
            ..Self::of(MissingFact::Measure)
        }
    }

    pub(crate) const fn about(mut self, about: About) -> Self {
        self.about = Some(about);
        self
    }

    pub(crate) const fn asking(mut self, kind: ConsentKind) -> Self {
        self.consent = Some(kind);
        self
    }

    pub(crate) const fn under(mut self, clause: ClauseId) -> Self {
        self.clause = clause;
        self
    }

    /// Returns the clause that refuses.
    #[must_use]
    pub const fn clause(&self) -> ClauseId {
        self.clause
    }

    /// Returns the fact that is missing.
    #[must_use]
    pub const fn fact(&self) -> MissingFact {
        self.fact
    }

    /// Returns what the reason is about, where the request named several things.
    #[must_use]
    pub const fn about_what(&self) -> Option<About> {
        self.about
    }

    /// Returns the measure that stands against the request, where one does.
    #[must_use]
    pub const fn measure(&self) -> Option<&MeasureFacts> {
        self.measure.as_ref()
    }

    /// Returns the kind of consent that was asked of people, where consent is missing.
    #[must_use]
    pub const fn consent_asked(&self) -> Option<ConsentKind> {
        self.consent
    }

    /// Returns whom the request would reach with consent, where that is missing and was counted.
    #[must_use]
    pub const fn reach(&self) -> Option<WouldReach> {
        self.reach
    }

    /// Says in one language what is missing, or what stands against it.
    #[must_use]
    pub fn what(&self, lang: Lang) -> String {
        match (&self.measure, &self.reach) {
            (Some(measure), _) => measure.text(lang),
            (None, Some(reach)) => {
                let colon = lang.pick("：", ": ");
                format!("{}{colon}{}", self.fact.what(lang), reach.text(lang))
            }
            (None, None) => self.fact.what(lang).to_owned(),
        }
    }

    /// Says in one language what would change the answer.
    #[must_use]
    pub fn remedy(&self, lang: Lang) -> String {
        match &self.measure {
            Some(measure) => measure.remedy(lang),
            None => self.fact.remedy(lang).to_owned(),
        }
    }

    /// Renders the reason on one line: clause, missing fact, remedy.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let (clause, what, remedy) = (self.clause, self.what(lang), self.remedy(lang));
        match (self.about, lang) {
            (Some(about), Lang::Zh) => format!("{clause}：{what}（{about}）。{remedy}。"),
            (None, Lang::Zh) => format!("{clause}：{what}。{remedy}。"),
            (Some(about), Lang::En) => format!("{clause}: {what} ({about}). {remedy}."),
            (None, Lang::En) => format!("{clause}: {what}. {remedy}."),
        }
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let both = |f: fn(&Self, Lang) -> String| Both {
            en: f(self, Lang::En),
            zh: f(self, Lang::Zh),
        };
        let mut out = serializer.serialize_struct("Reason", 5)?;
        out.serialize_field("about", &self.about)?;
        out.serialize_field("clause", &self.clause)?;
        out.serialize_field("fact", self.fact.code())?;
        out.serialize_field("remedy", &both(Self::remedy))?;
        out.serialize_field("what", &both(Self::what))?;
        out.end()
    }
}

#[derive(Serialize)]
struct Both {
    en: String,
    zh: String,
}
