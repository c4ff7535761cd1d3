use std::collections::BTreeMap;

use serde_json::json;
use yuntu_outbound::{CertificationNews, Link};
use yuntu_policy::{
    ApplicationField, ApplicationState, OperatorAction, Period, decide_review_view,
    decide_review_words,
};
use yuntu_store::{Application, ApplicationValues, NoteAuthor, SealedNote, StoreError, Tx};
use yuntu_terms::{
    ApplicationId, ClauseId, EnterpriseName, Pii, Timestamp, UnifiedSocialCreditCode, clause,
};

use super::form::{code_of, day_of, is_words, masked, name_of};
use super::hand_in::moved_on;
use super::show::{noted, opened};
use super::{ApplicationView, CertificationError, FileView, Shown};
use crate::accounts::notice::Notice;
use crate::caller::entry;
use crate::error::AppError;
use crate::operators::OperatorCaller;
use crate::platform::Platform;

/// How many days a certification is in force at most.
const CERTIFIED_DAYS: i32 = 365;

/// An application as its reviewer sees it: masked, with what a comparison of numbers says.
#[derive(Debug)]
pub struct Review {
    /// The application; values about people are masked, files have no name.
    pub view: ApplicationView,
    /// How many open applications of other enterprises bear the same credit code.
    pub rivals: u64,
    /// Whether the organisation code inside the credit code has its own check character; codes in use break it.
    pub organisation_check: Option<bool>,
    /// Whether the reviewer is concerned, so that somebody else must decide.
    pub concerned: bool,
}

/// What a reviewer asks, about a field or in general.
#[derive(Debug)]
pub struct Question {
    /// About what.
    pub field: Option<ApplicationField>,
    /// The question.
    pub words: Pii<String>,
}

/// What an approval rests on.
struct Grounds {
    name: EnterpriseName,
    code: UnifiedSocialCreditCode,
    industry: String,
    letter: Period,
    certified: Period,
    document: yuntu_terms::Digest,
}

impl Platform {
    /// Lists what waits for a review or for the enterprise's answer, who waits longest first: no value, no name.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the operator does not review.
    /// # Clause
    /// U1, R23
    pub async fn review_queue(
        &self,
        caller: &OperatorCaller,
    ) -> Result<Vec<Application>, AppError> {
        self.authorise_operator(caller, OperatorAction::ReviewCertification)
            .await?;
        Ok(self.store().read().list_applications_in_review().await?)
    }

    /// Shows one application to a reviewer: what is about people is masked until a recorded look.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the operator does not review; [`AppError::Missing`] when there is no such application
    /// that was handed in.
    /// # Clause
    /// U1, R23
    pub async fn review(
        &self,
        caller: &OperatorCaller,
        id: ApplicationId,
    ) -> Result<Review, AppError> {
        clause::hit!(R23);
        let application = self.reviewed(caller, id).await?;
        let values = self.store().application_values(&application).await?;
        let mut shown = BTreeMap::new();
        for (field, value) in &values {
            let one = match decide_review_view(*field) {
                Some(view) => Shown::Plain(opened(value, &view)?),
                None => Shown::Masked(masked(*field, value)),
            };
            shown.insert(*field, one);
        }
        let read = self.store().read();
        let files = read
            .list_documents(application.enterprise, application.id)
            .await?;
        let files = files.into_iter().map(|document| FileView {
            document,
            name: None,
        });
        let words = decide_review_words();
        let notes = self.store().application_notes(&application).await?;
        let history = notes.iter().map(|note| noted(note, &words));
        Ok(Review {
            rivals: read.count_rivals(id).await?,
            organisation_check: code_of(&values).map(|code| code.has_organisation_check()),
            concerned: self.is_concerned(caller, &application).await?,
            view: ApplicationView {
                payments: read.list_account_checks(application.enterprise, id).await?,
                account_verified: read.is_account_verified(application.enterprise, id).await?,
                files: files.collect(),
                history: history.collect::<Result<_, _>>()?,
                values: shown,
                application,
            },
        })
    }

    /// Certifies an enterprise: for a year, or until its papers end, whichever is earlier. The letter counts for who
    /// applied from this moment on.
    ///
    /// # Errors
    /// [`CertificationError::Unverified`] when the bank account is not verified by a payment,
    /// [`CertificationError::Faults`] when a paper has ended meanwhile, [`CertificationError::CodeTaken`],
    /// [`CertificationError::Concerned`], [`CertificationError::MovedOn`].
    /// # Clause
    /// U1, R3, R23
    pub async fn approve_certification(
        &self,
        caller: &OperatorCaller,
        id: ApplicationId,
        link: &Link,
    ) -> Result<(), AppError> {
        clause::hit!(R3);
        let application = self.reviewable(caller, id).await?;
        if !application.state.may_become(ApplicationState::Approved) {
            return Err(CertificationError::MovedOn.into());
        }
        let grounds = self.grounds_of(&application).await?;
        let enterprise = application.enterprise;
        let about = (NoteAuthor::Operator, None);
        let note = self.store().seal_note(enterprise, id, about, None).await?;
        let notices = self
            .tell_applicant(&application, CertificationNews::Approved, link)
            .await?;
        let actor = self.store().account_pseudonym(caller.account).await?;
        let (application, grounds) = (&application, &grounds);
        let (notes, notices) = (&[note], notices.as_slice());
        self.store()
            .run_tx("certification.approve", async |tx: Tx| {
                // Asked in the transaction that relies on it: the enterprise may have changed the number meanwhile.
                if !tx.read().is_account_verified(enterprise, id).await? {
                    return Err(CertificationError::Unverified.into());
                }
                let next = (ApplicationState::Approved, Some(caller.operator));
                tx.move_application(enterprise, id, next, notes).await?;
                tx.identify_enterprise(enterprise, &grounds.name, &grounds.code, &grounds.industry)
                    .await?;
                tx.certify_enterprise(enterprise, grounds.certified).await?;
                let applicant = application.applicant;
                tx.record_letter(enterprise, applicant, grounds.document, grounds.letter)
                    .await?;
                let body = json!({
                    "enterprise": enterprise, "application": id, "representative": applicant,
                    "from": grounds.certified.from, "until": grounds.certified.until,
                    "letter": grounds.document,
                    "told": notices.iter().map(Notice::noted).collect::<Vec<_>>(),
                });
                let clauses = [ClauseId::u(1), ClauseId::r(3)];
                let approved = entry(&tx, "certification.approved", &clauses, actor, body)?;
                tx.append_own(caller, &approved).await?;
                for notice in notices {
                    notice.put(&tx).await?;
                }
                Ok(())
            })
            .await
            .map_err(code_taken)
    }

    /// Asks the enterprise, field by field; it can change its application and hand it in again.
    ///
    /// # Errors
    /// [`CertificationError::Words`] when there is no question, or one cannot be read; else as
    /// [`Platform::approve_certification`].
    /// # Clause
    /// U1
    pub async fn ask_about_certification(
        &self,
        caller: &OperatorCaller,
        id: ApplicationId,
        questions: &[Question],
        link: &Link,
    ) -> Result<(), AppError> {
        let application = self.reviewable(caller, id).await?;
        let next = (ApplicationState::Asked, CertificationNews::Question);
        self.answer(caller, &application, next, (questions, link))
            .await
    }

    /// Rejects an application, with reasons in words to the enterprise.
    ///
    /// # Errors
    /// As [`Platform::ask_about_certification`].
    /// # Clause
    /// U1
    pub async fn reject_certification(
        &self,
        caller: &OperatorCaller,
        id: ApplicationId,
        reasons: &[Question],
        link: &Link,
    ) -> Result<(), AppError> {
        let application = self.reviewable(caller, id).await?;
        let next = (ApplicationState::Rejected, CertificationNews::Rejected);
        self.answer(caller, &application, next, (reasons, link))
            .await
    }

    async fn answer(
        &self,
        caller: &OperatorCaller,
        application: &Application,
        (next, news): (ApplicationState, CertificationNews),
        (words, link): (&[Question], &Link),
    ) -> Result<(), AppError> {
        clause::hit!(U1);
        if words.is_empty() || words.iter().any(|one| !is_words(&one.words)) {
            return Err(CertificationError::Words.into());
        }
        let (enterprise, id) = (application.enterprise, application.id);
        let mut notes: Vec<SealedNote> = Vec::with_capacity(words.len());
        for one in words {
            let about = (NoteAuthor::Operator, one.field);
            let note = self
                .store()
                .seal_note(enterprise, id, about, Some(&one.words))
                .await?;
            notes.push(note);
        }
        let notices = self.tell_applicant(application, news, link).await?;
        let actor = self.store().account_pseudonym(caller.account).await?;
        let fields: Vec<_> = words.iter().map(|one| one.field).collect();
        let (notes, notices, fields) = (notes.as_slice(), notices.as_slice(), &fields);
        self.store()
            .run_tx("certification.answer", async |tx: Tx| {
                let step = (next, Some(caller.operator));
                tx.move_application(enterprise, id, step, notes).await?;
                let body = json!({
                    "enterprise": enterprise, "application": id, "state": next, "fields": fields,
                    "told": notices.iter().map(Notice::noted).collect::<Vec<_>>(),
                });
                let clauses = [ClauseId::u(1)];
                let kind = if next == ApplicationState::Rejected {
                    "certification.rejected"
                } else {
                    "certification.asked"
                };
                let answered = entry(&tx, kind, &clauses, actor, body)?;
                tx.append_own(caller, &answered).await?;
                for notice in notices {
                    notice.put(&tx).await?;
                }
                Ok(())
            })
            .await
            .map_err(moved_on)
    }

    /// Finds an application for an operator who reviews.
    pub(super) async fn reviewed(
        &self,
        caller: &OperatorCaller,
        id: ApplicationId,
    ) -> Result<Application, AppError> {
        self.authorise_operator(caller, OperatorAction::ReviewCertification)
            .await?;
        let found = self.store().read().find_application_for_review(id).await?;
        found.ok_or(AppError::Missing {
            what: "application",
        })
    }

    /// Finds an application about which this operator may decide: nobody decides what concerns herself.
    pub(super) async fn reviewable(
        &self,
        caller: &OperatorCaller,
        id: ApplicationId,
    ) -> Result<Application, AppError> {
        clause::hit!(R23);
        let application = self.reviewed(caller, id).await?;
        if self.is_concerned(caller, &application).await? {
            return Err(CertificationError::Concerned.into());
        }
        Ok(application)
    }

    /// Says whether an operator has, or had, a seat in the enterprise that applies.
    pub(super) async fn is_concerned(
        &self,
        caller: &OperatorCaller,
        application: &Application,
    ) -> Result<bool, AppError> {
        let read = self.store().read();
        Ok(read
            .has_seat(application.enterprise, caller.account)
            .await?)
    }

    async fn grounds_of(&self, application: &Application) -> Result<Grounds, AppError> {
        let values = self.store().application_values(application).await?;
        let faults = self.faults_of(application, &values).await?;
        if !faults.is_empty() {
            return Err(CertificationError::Faults(faults).into());
        }
        let read = self.store().read();
        let files = read
            .list_documents(application.enterprise, application.id)
            .await?;
        let letter = files
            .iter()
            .rfind(|file| file.field == ApplicationField::Letter);
        let now = self.now();
        let until = |field| day_of(&values, field).map(end_of);
        let letter_ends = until(ApplicationField::LetterUntil);
        let unchecked = || AppError::Internal {
            what: "a value that was checked",
        };
        let letter_until = letter_ends.ok_or_else(unchecked)?;
        let ends = [
            now.plus_days(CERTIFIED_DAYS),
            letter_until,
            until(ApplicationField::LicenceUntil).unwrap_or(letter_until),
        ];
        Ok(Grounds {
            name: name_of(&values).ok_or_else(unchecked)?,
            code: code_of(&values).ok_or_else(unchecked)?,
            industry: industry_of(&values)?,
            letter: Period {
                from: now,
                until: letter_until,
            },
            certified: Period {
                from: now,
                until: ends.into_iter().min().unwrap_or(now),
            },
            document: letter.ok_or_else(unchecked)?.digest,
        })
    }
}

fn industry_of(values: &ApplicationValues) -> Result<String, AppError> {
    let value = values.get(&ApplicationField::Industry);
    let view = decide_review_view(ApplicationField::Industry);
    match (value, view) {
        (Some(value), Some(view)) => opened(value, &view),
        _ => Err(AppError::Internal {
            what: "an industry that was checked",
        }),
    }
}

/// Returns the moment at which a day in China is over.
fn end_of(day: jiff::civil::Date) -> Timestamp {
    let next = day.saturating_add(jiff::Span::new().days(1));
    let midnight = next.at(0, 0, 0, 0);
    let moment = jiff::tz::offset(8).to_timestamp(midnight);
    moment.map_or(Timestamp::from_micros(i64::MAX), Timestamp::from_jiff)
}

fn code_taken(error: AppError) -> AppError {
    if matches!(&error, AppError::Store(StoreError::Conflict { what }) if *what == "enterprise") {
        CertificationError::CodeTaken.into()
    } else {
        moved_on(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paper_is_good_through_its_last_day_in_china() {
        let end = end_of("2026-12-31".parse().unwrap());
        assert_eq!(end.to_string(), "2026-12-31T16:00:00Z");
    }
}
