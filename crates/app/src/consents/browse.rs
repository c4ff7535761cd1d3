//! How many people agreed to what, now and over time.

use std::collections::BTreeMap;

use yuntu_consent::{ConsentSnapshot, Question, Standings, SubjectSet, Tally};
use yuntu_policy::{
    About, Action, MissingFact, Reason, RecordedView, Refusal, WouldReach, decide_consent_counts,
};
use yuntu_statement::{ProcessingRole, PurposeRule};
use yuntu_terms::{ConsentKind, DatasetId, Operation, Purpose, Recipient, Timestamp, clause};

use crate::caller::Caller;
use crate::error::{AppError, Said};
use crate::platform::Platform;
use crate::runs::Ask;

/// How many moments a count looks at besides now.
const MOMENTS: i32 = 12;
/// How many days lie between two of them.
const DAYS_BETWEEN: i32 = 30;

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentQuestion {
    /// In which dataset; everybody in the enterprise's data when none is named.
    pub dataset: Option<DatasetId>,
    /// For which purpose.
    pub purpose: Purpose,
    /// For which operation.
    pub operation: Operation,
    /// Towards whom.
    pub recipient: Recipient,
}

/// How many people agreed, at several moments, the last of which is now.
///
/// # Clause
/// U4
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentCounts {
    /// The moments with their counts, the earliest first.
    pub over_time: Vec<(Timestamp, Standings)>,
    /// The number of the last event of the log that was counted.
    pub version: u64,
}

impl ConsentCounts {
    /// Returns how it stands now.
    #[must_use]
    pub fn now(&self) -> Standings {
        self.over_time
            .last()
            .map_or_else(Standings::default, |(_, counts)| *counts)
    }
}

impl Platform {
    /// Counts how many people gave consent, withdrew it, refused, let it expire or said nothing: now and every thirty days of
    /// the last year. What a dataset declares for those without a record is nobody's own word and is not counted as given.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not read reports; [`AppError::Missing`] when the dataset is not the
    /// enterprise's.
    /// # Clause
    /// U4
    pub async fn consent_counts(
        &self,
        caller: &Caller,
        asked: &ConsentQuestion,
    ) -> Result<ConsentCounts, AppError> {
        clause::hit!(U4);
        let rule = self.statement().purpose(&asked.purpose);
        let rule = rule.ok_or(AppError::Invalid {
            what: "purpose",
            reason: Said::new("声明中没有此目的", "the statement has no such purpose"),
        })?;
        let view = self.counts_view(caller).await?;
        let people = self.people_counted(caller, &view, asked.dataset).await?;
        let lane = (asked.operation, asked.recipient);
        let mut counts = self.count(caller, &people, (&[rule], lane)).await?;
        counts
            .pop()
            .map(|(_, counts)| counts)
            .ok_or(AppError::Internal {
                what: "counts of consent",
            })
    }

    /// Counts as [`Platform::consent_counts`] does for one operation and recipient, for every business purpose at once.
    ///
    /// # Errors
    /// As [`Platform::consent_counts`].
    /// # Clause
    /// U4
    pub async fn consent_overview(
        &self,
        caller: &Caller,
        dataset: Option<DatasetId>,
        lane: (Operation, Recipient),
    ) -> Result<Vec<(Purpose, ConsentCounts)>, AppError> {
        let view = self.counts_view(caller).await?;
        let people = self.people_counted(caller, &view, dataset).await?;
        let rules = self.statement().purposes().iter();
        let rules: Vec<&PurposeRule> = rules
            .filter(|rule| rule.role == ProcessingRole::Processor)
            .collect();
        self.count(caller, &people, (&rules, lane)).await
    }

    /// Reads the log once and counts for several purposes.
    async fn count(
        &self,
        caller: &Caller,
        people: &SubjectSet,
        (rules, (operation, recipient)): (&[&PurposeRule], (Operation, Recipient)),
    ) -> Result<Vec<(Purpose, ConsentCounts)>, AppError> {
        let tally = |rule: &&PurposeRule| {
            let kind = rule.consent.unwrap_or(ConsentKind::Expressed);
            let question = Question::new(rule.id.clone(), operation, recipient, u32::MAX);
            Tally::new(question.with_kind(kind))
        };
        let mut tallies: Vec<Tally> = rules.iter().map(tally).collect();
        let mut version = 0;
        let mut pages = self.store().read().subject_events(caller.enterprise, 0);
        loop {
            let page = pages.next().await?;
            let Some((last, _)) = page.last() else { break };
            version = *last;
            for (_, event) in &page {
                for tally in &mut tallies {
                    tally.add(event);
                }
            }
        }
        let now = self.now();
        let moments: Vec<Timestamp> = (0..=MOMENTS)
            .rev()
            .map(|back| now.plus_days(-back * DAYS_BETWEEN))
            .collect();
        let counted = rules.iter().zip(&tallies).map(|(rule, tally)| {
            let counted = tally.count(people, &moments);
            let counts = ConsentCounts {
                over_time: moments.iter().copied().zip(counted).collect(),
                version,
            };
            (rule.id.clone(), counts)
        });
        Ok(counted.collect())
    }

    /// Says in a refusal for nothing but want of consent whom of each dataset the request would reach. The count is a look like
    /// that of the browser of consents, and who may not see that one is not told.
    pub(crate) async fn tell_reach(
        &self,
        caller: &Caller,
        ask: &Ask,
        refusal: &mut Refusal,
        (consent, population): (&ConsentSnapshot, u32),
    ) -> Result<(), AppError> {
        clause::hit!(U4);
        let only_consent = |reason: &Reason| reason.fact() == MissingFact::Consent;
        if !refusal.reasons().all(only_consent) {
            return Ok(());
        }
        let facts = self.facts_of(caller).await?;
        let (enterprise, representative) = (caller.enterprise, caller.representative);
        let Ok(view) = decide_consent_counts(enterprise, representative, &facts) else {
            return Ok(());
        };
        let view = self.view_as(caller, view).await?;
        let about = refusal
            .reasons()
            .filter_map(|reason| match reason.about_what() {
                Some(About::Dataset(id)) => Some((id, reason.consent_asked()?)),
                Some(About::Class(_)) | None => None,
            });
        // Each with the kind that the decision asked, so that the count is that of a run.
        let kinds: BTreeMap<DatasetId, ConsentKind> = about.collect();
        let ids: Vec<DatasetId> = kinds.keys().copied().collect();
        let datasets = self
            .store()
            .read()
            .facts()
            .datasets(enterprise, &ids)
            .await?;
        for dataset in datasets {
            let Some(&kind) = kinds.get(&dataset.id) else {
                continue;
            };
            let (purpose, recipient) = (ask.purpose.clone(), ask.recipient);
            let question = Question::new(purpose, ask.operation, recipient, population);
            let question = question.with_kind(kind).with_scope(dataset.scope);
            let people = self.people_counted(caller, &view, Some(dataset.id)).await?;
            let what_if = consent.what_if(&question, &people);
            let reach = WouldReach {
                people: people.len(),
                to_ask: what_if.to_ask.len(),
                declined: what_if.declined.len(),
                barred: what_if.barred.len(),
                kind,
            };
            refusal.tell_reach(dataset.id, reach);
        }
        Ok(())
    }

    async fn people_counted(
        &self,
        caller: &Caller,
        view: &RecordedView,
        dataset: Option<DatasetId>,
    ) -> Result<SubjectSet, AppError> {
        let Some(dataset) = dataset else {
            let lake = &self.inner.lake;
            let given = lake.numbers_given(caller.enterprise).await?;
            let end = u32::try_from(given).unwrap_or(u32::MAX);
            return Ok(SubjectSet::from_range(0..end));
        };
        self.own_dataset(caller, dataset).await?;
        let Some(snapshot) = self.snapshot(caller, dataset).await? else {
            return Ok(SubjectSet::from_range(0..0));
        };
        let lake = &self.inner.lake;
        let found = lake.subjects_counted(view, &snapshot).await?;
        Ok(SubjectSet::from_bitmap(found))
    }

    async fn counts_view(&self, caller: &Caller) -> Result<RecordedView, AppError> {
        let facts = self.facts_of(caller).await?;
        let (enterprise, representative) = (caller.enterprise, caller.representative);
        match decide_consent_counts(enterprise, representative, &facts) {
            Ok(view) => self.view_as(caller, view).await,
            Err(refusal) => Err(self.refuse(caller, Action::ViewReport, refusal).await?),
        }
    }
}
