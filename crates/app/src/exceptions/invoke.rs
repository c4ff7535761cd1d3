//! Drafting the use of an exception, putting its proofs on record, and invoking it.

use serde_json::json;
use yuntu_policy::{Action, decide_invocation, recipient_fits};
use yuntu_statement::{Exception, ExceptionList, Proof, ProofForm};
use yuntu_store::{
    CheckedFile, ExceptionUse, NewExceptionProof, NewExceptionUse, PaperOf, StoreError, Tx,
};
use yuntu_terms::{ClauseId, Digest, ExceptionUseId, Timestamp, clause};

use super::{ExceptionError, grounded};
use crate::caller::{Caller, entry};
use crate::certification::CertificationError;
use crate::error::{AppError, Said};
use crate::platform::Platform;

/// How many datasets one use of an exception names at most.
pub const EXCEPTION_DATASETS_MAX: usize = 10;
/// How many characters the words of a use may have: why it is invoked, and which law is cited.
pub const EXCEPTION_TEXT_CHARS_MAX: usize = 2_000;
/// By which name the store speaks of a use.
const TABLE: &str = "exception_use";
/// How many days after the end of a use people are told at the latest.
const NOTICE_DAYS_MAX: i32 = 30;

/// A proof as it is handed in.
pub enum ProofInput {
    /// A file.
    File {
        /// The name that the file came with.
        name: String,
        /// The file.
        bytes: Vec<u8>,
    },
    /// The words of a citation.
    Words(String),
    /// The day by which people are told.
    Day(Timestamp),
}

// A paper is about people.
impl std::fmt::Debug for ProofInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProofInput").finish_non_exhaustive()
    }
}

impl ProofInput {
    const fn form(&self) -> ProofForm {
        match self {
            Self::File { .. } => ProofForm::Paper,
            Self::Words(_) => ProofForm::Words,
            Self::Day(_) => ProofForm::Day,
        }
    }
}

impl Platform {
    /// Drafts the use of an exception; it opens nothing before it is proved, invoked and confirmed by a second person.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller has no function that the statement names for it; [`AppError::Exception`] when it
    /// is not available, or does not open the purpose; [`AppError::Invalid`] when the period is too long or a text is missing;
    /// [`AppError::Missing`] when a dataset is not the enterprise's.
    /// # Clause
    /// R7, R21
    pub async fn draft_exception(
        &self,
        caller: &Caller,
        new: &NewExceptionUse,
    ) -> Result<ExceptionUseId, AppError> {
        clause::hit!(R7);
        let exception = self.exception(new.clause)?;
        self.may_invoke(caller, exception).await?;
        self.check_new(exception, new)?;
        self.check_recipients(caller, [new.recipient]).await?;
        let actor = self.pseudonym(caller).await?;
        self.store()
            .run_tx("exception.draft", async |tx: Tx| {
                let id = tx
                    .draft_exception(caller.enterprise, caller.representative, new)
                    .await?;
                let body = json!({
                    "enterprise": caller.enterprise, "exception_use": id, "exception": new.clause,
                });
                let noted = entry(&tx, "exception.drafted", &[new.clause], actor, body)?;
                tx.append_own(caller, &noted).await?;
                Ok(id)
            })
            .await
            .map_err(of_draft)
    }

    /// Puts a proof on record for a draft: a file after looking through it, the words of a citation, or the day by which
    /// people are told.
    ///
    /// # Errors
    /// [`AppError::Refused`] as [`Platform::draft_exception`]; [`CertificationError::File`] when the file is hostile, damaged or
    /// of another kind; [`AppError::Exception`] when the exception asks for no such proof, or the use was invoked already.
    /// # Clause
    /// R7, R21, R22
    pub async fn add_exception_proof(
        &self,
        caller: &Caller,
        id: ExceptionUseId,
        proof: Proof,
        input: ProofInput,
    ) -> Result<(), AppError> {
        clause::hit!(R21);
        let found = self.own_exception_use(caller, id).await?;
        let exception = self.exception(found.facts.clause)?;
        self.may_invoke(caller, exception).await?;
        let clause = exception.clause;
        if !exception.proofs.contains(&proof) || proof.form() != input.form() {
            return Err(ExceptionError::NotAsked { clause, proof }.into());
        }
        let new = match input {
            ProofInput::File { name, bytes } => {
                let file = CheckedFile::check(&name, bytes).map_err(CertificationError::File)?;
                let of = PaperOf::Enterprise(caller.enterprise);
                NewExceptionProof::Paper(Box::new(self.store().seal_paper(of, &file).await?))
            }
            ProofInput::Words(words) => {
                NewExceptionProof::Words(checked_text("citation", &words)?.to_owned())
            }
            ProofInput::Day(day) => NewExceptionProof::Day(self.checked_day(&found, day)?),
        };
        let actor = self.pseudonym(caller).await?;
        self.store()
            .run_tx("exception.prove", async |tx: Tx| {
                let of = (caller.enterprise, id);
                tx.add_exception_proof(of, caller.representative, proof, &new)
                    .await?;
                let body = json!({
                    "enterprise": caller.enterprise, "exception_use": id,
                    "proof": proof, "digest": new.digest(),
                });
                let noted = entry(&tx, "exception.proof_added", &[clause], actor, body)?;
                tx.append_own(caller, &noted).await?;
                Ok::<_, AppError>(())
            })
            .await
            .map_err(of_draft)
    }

    /// Invokes a draft whose proofs are all on record; it waits for a second person then. Returns the digest of what that
    /// person confirms.
    ///
    /// # Errors
    /// [`AppError::Refused`] as [`Platform::draft_exception`]; [`ExceptionError::Lacks`] with each missing proof.
    /// # Clause
    /// R7, R21, R23
    pub async fn invoke_exception(
        &self,
        caller: &Caller,
        id: ExceptionUseId,
    ) -> Result<Digest, AppError> {
        clause::hit!(R7);
        let found = self.own_exception_use(caller, id).await?;
        let exception = self.exception(found.facts.clause)?;
        self.may_invoke(caller, exception).await?;
        let functions = self.own_functions(caller).await?;
        let function = decide_invocation(exception, &functions).map_err(AppError::from)?;
        let actor = self.pseudonym(caller).await?;
        self.store()
            .run_tx("exception.invoke", async |tx: Tx| {
                let of = (caller.enterprise, id);
                // Touched first: from here on no proof is exchanged.
                let digest = tx
                    .invoke_exception(of, caller.representative, function)
                    .await?;
                let read = tx.read();
                let invoked = read.find_exception_use(caller.enterprise, id).await?;
                let invoked = invoked.ok_or(StoreError::Missing { what: TABLE })?;
                proved(&invoked, exception, tx.now())?;
                let body = body_of(&invoked, function.code(), digest);
                let clauses = [exception.clause, ClauseId::r(23)];
                let noted = entry(&tx, "exception.invoked", &clauses, actor, body)?;
                tx.append_own(caller, &noted).await?;
                Ok(digest)
            })
            .await
            .map_err(of_draft)
    }

    /// Asks whether the caller may use the exception at all, and in one of the functions that the statement names.
    async fn may_invoke(&self, caller: &Caller, exception: &Exception) -> Result<(), AppError> {
        self.authorise(caller, Action::InvokeException).await?;
        grounded(exception)?;
        let functions = self.own_functions(caller).await?;
        let verdict = decide_invocation(exception, &functions);
        self.hold(caller, Action::InvokeException, verdict).await?;
        Ok(())
    }

    fn check_new(&self, exception: &Exception, new: &NewExceptionUse) -> Result<(), AppError> {
        checked_text("why", &new.why)?;
        if !(1..=EXCEPTION_DATASETS_MAX).contains(&new.datasets.len()) {
            return Err(AppError::Invalid {
                what: "datasets of the exception",
                reason: Said::new("应为 1 至 10 个", "name between 1 and 10"),
            });
        }
        let opened = self.opened_by(exception);
        let rule = opened.iter().find(|rule| rule.id == new.purpose);
        let opens = ExceptionList::of(new.operation) == exception.list
            && rule.is_some_and(|rule| rule.operations.contains(&new.operation));
        if !opens {
            return Err(ExceptionError::OpensNothing {
                clause: exception.clause,
                purposes: opened.iter().map(|rule| rule.name.clone()).collect(),
            }
            .into());
        }
        if !recipient_fits(new.operation, new.recipient) {
            return Err(AppError::Invalid {
                what: "recipient",
                reason: Said::new(
                    "处理须由企业或受托人进行，共享与转让须有合作方，公开须面向公众",
                    "process for the enterprise or an entrusted partner, share and transfer to a partner, publicise to the public",
                ),
            });
        }
        let days = exception.days_max.unwrap_or(0);
        let fault = if new.period.until <= new.period.from {
            Said::new("结束早于开始", "it ends before it begins")
        } else if new.period.until <= self.now() {
            Said::new("期限已过", "it is over already")
        } else if !new.period.is_within_days(days) {
            Said::new(
                "超过声明为该例外所定的最长天数",
                "it is longer than the statement allows for this exception",
            )
        } else {
            return Ok(());
        };
        Err(AppError::Invalid {
            what: "period of the exception",
            reason: fault,
        })
    }

    fn checked_day(&self, found: &ExceptionUse, day: Timestamp) -> Result<Timestamp, AppError> {
        let last = found
            .facts
            .period
            .map(|it| it.until.plus_days(NOTICE_DAYS_MAX));
        if day > self.now() && last.is_some_and(|last| day <= last) {
            return Ok(day);
        }
        Err(AppError::Invalid {
            what: "day of the notice",
            reason: Said::new(
                "应在今天之后，且不晚于期限结束后 30 天",
                "expected a day after today and at most 30 days after the period ends",
            ),
        })
    }
}

/// Refuses while a proof is missing, and names each one.
pub(super) fn proved(
    found: &ExceptionUse,
    exception: &Exception,
    now: Timestamp,
) -> Result<(), AppError> {
    let facts = found.facts.clone().under(exception);
    let proofs: Vec<Proof> = facts.lacks(now).collect();
    let over = facts.period.is_none_or(|period| period.until <= now);
    if !proofs.is_empty() {
        let clause = exception.clause;
        return Err(ExceptionError::Lacks { clause, proofs }.into());
    }
    if over {
        return Err(AppError::Invalid {
            what: "period of the exception",
            reason: Said::new("期限已过", "it is over already"),
        });
    }
    Ok(())
}

/// Says in the ledger what is opened, and on what.
pub(super) fn body_of(found: &ExceptionUse, function: &str, digest: Digest) -> serde_json::Value {
    let facts = &found.facts;
    let proofs = facts.proofs.iter().map(|it| (it.proof, it.digest));
    json!({
        "enterprise": facts.enterprise, "exception_use": facts.id, "exception": facts.clause,
        "function": function, "digest": digest,
        "datasets": facts.datasets, "purpose": facts.purpose, "operation": facts.operation,
        "recipient": facts.recipient, "period": facts.period,
        "proofs": proofs.collect::<Vec<_>>(), "notice_due": found.notice_due,
    })
}

fn checked_text<'a>(what: &'static str, text: &'a str) -> Result<&'a str, AppError> {
    let text = text.trim();
    let length = text.chars().count();
    let odd = |sign: char| sign.is_control() && !matches!(sign, '\n' | '\r' | '\t');
    if length == 0 || length > EXCEPTION_TEXT_CHARS_MAX || text.contains(odd) {
        return Err(AppError::Invalid {
            what,
            reason: Said::new(
                "请写明，最多 2000 个字符，且不含控制字符",
                "say it in at most 2000 characters, without control characters",
            ),
        });
    }
    Ok(text)
}

/// A draft that is none any more was invoked or ended meanwhile.
fn of_draft(error: AppError) -> AppError {
    let AppError::Store(fault) = &error else {
        return error;
    };
    if let StoreError::Missing { what } = fault {
        return if *what == TABLE {
            ExceptionError::Changed.into()
        } else {
            AppError::Missing { what }
        };
    }
    if let StoreError::Invalid { what: TABLE, .. } = fault {
        return AppError::Invalid {
            what: "exception use",
            reason: Said::new(
                "同时最多 100 项未结束的援引；请先终止不再需要的",
                "an enterprise has at most 100 that are not over; end what is no longer needed first",
            ),
        };
    }
    error
}
