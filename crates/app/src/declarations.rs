//! Declarations of source and lawfulness: drafted, confirmed, kept version by version (U3).

use serde_json::json;
use yuntu_policy::{
    Action, Collected, Confirms, DeclarationGap, Declared, Period, SourceKind, Standing,
};
use yuntu_store::{NewDeclaration, RecordedDeclaration, SealedDeclaration, StoreError, Tx};
use yuntu_terms::{
    ClauseId, DatasetId, DeclarationId, EmailAddress, LegalBasis, PaperId, PhoneNumber, Pii, clause,
};

use crate::caller::{Caller, entry};
use crate::error::{AppError, Said};
use crate::platform::Platform;

mod evidence;
mod show;

pub use evidence::NewEvidence;
pub use show::{Confirmer, DeclarationView, EvidenceView, SourceView};

/// How many characters each of the longer texts may have.
pub const DECLARATION_TEXT_CHARS_MAX: usize = 4_000;

/// A declaration as somebody fills it in; anything may be missing until she confirms it.
#[derive(Debug, Default)]
pub struct TypedDeclaration {
    /// The kind of source.
    pub kind: Option<SourceKind>,
    /// How the data was collected.
    pub collected_how: String,
    /// When.
    pub collected: Option<Collected>,
    /// The grounds.
    pub bases: Vec<LegalBasis>,
    /// The notice that people were shown.
    pub notice: Option<String>,
    /// The period it speaks for.
    pub period: Option<Period>,
    /// Whom to ask: an email address or a phone number.
    pub contact: Option<Pii<String>>,
    /// The papers of the dataset that it rests on.
    pub evidence: Vec<PaperId>,
    /// What she confirms; nothing saves a draft.
    pub confirms: Vec<Confirms>,
}

/// What came of a declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclarationOutcome {
    /// The version.
    pub recorded: RecordedDeclaration,
    /// What a draft still lacks; nothing when it is confirmed and in force.
    pub gaps: Vec<DeclarationGap>,
}

impl DeclarationOutcome {
    /// Returns the declaration.
    #[must_use]
    pub const fn id(&self) -> DeclarationId {
        self.recorded.id
    }
}

impl Platform {
    /// Records the declaration of source and lawfulness. Confirmed and complete it is a version in force, and takes a dataset
    /// that waits out of quarantine; without a confirmation it is kept as the draft of the dataset.
    ///
    /// The confirmation stands when the letter of who gave it ends later or she leaves: it was given for the enterprise while
    /// she might bind it. What is shown of it says so and asks for it anew.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not declare; [`AppError::Declaration`] with all that is missing when it is
    /// confirmed incomplete, and nothing is recorded; [`AppError::Invalid`] when a text is too long or the contact is no
    /// address; [`AppError::Missing`] when there is no such dataset, or no such paper of it that was not taken back.
    /// # Clause
    /// U3
    pub async fn declare_source(
        &self,
        caller: &Caller,
        dataset: DatasetId,
        typed: TypedDeclaration,
    ) -> Result<DeclarationOutcome, AppError> {
        clause::hit!(U3);
        self.authorise(caller, Action::DeclareSource).await?;
        let described = self.own_dataset(caller, dataset).await?;
        check_texts(&typed)?;
        let contact = checked_contact(typed.contact.as_ref())?;
        let is_draft = typed.confirms.is_empty();
        let declared = Declared {
            evidence: self
                .named_evidence(caller, dataset, &typed.evidence)
                .await?,
            kind: typed.kind,
            collected_how: typed.collected_how.trim().to_owned(),
            collected: typed.collected,
            bases: sorted(typed.bases),
            notice: typed.notice.filter(|it| !it.trim().is_empty()),
            period: typed.period,
            confirms: sorted(typed.confirms),
        };
        let gaps = declared.lacks(self.about_source(&described, contact.is_some()));
        if !is_draft && !gaps.is_empty() {
            return Err(AppError::Declaration(gaps));
        }
        let new = NewDeclaration { declared, contact };
        let sealed = self
            .store()
            .seal_declaration(caller.enterprise, &new)
            .await?;
        let recorded = self
            .keep_declaration(caller, dataset, (&new, &sealed))
            .await;
        Ok(DeclarationOutcome {
            recorded: recorded.map_err(of_paper)?,
            gaps,
        })
    }

    async fn keep_declaration(
        &self,
        caller: &Caller,
        dataset: DatasetId,
        (new, sealed): (&NewDeclaration, &SealedDeclaration),
    ) -> Result<RecordedDeclaration, AppError> {
        let actor = self.pseudonym(caller).await?;
        let (enterprise, by) = (caller.enterprise, caller.representative);
        let until = new.declared.period.map(|it| it.until);
        self.store()
            .run_tx("source.declare", async |tx: Tx| {
                let done = tx
                    .record_declaration(enterprise, dataset, by, sealed)
                    .await?;
                let mut body = json!({
                    "enterprise": enterprise, "dataset": dataset, "declaration": done.id,
                    "version": done.version,
                });
                let Some(digest) = done.digest else {
                    let clauses = [ClauseId::u(3)];
                    let drafted = entry(&tx, "source.drafted", &clauses, actor, body)?;
                    tx.append_own(caller, &drafted).await?;
                    return Ok(done);
                };
                let found = tx.read().find_dataset(enterprise, dataset).await?;
                if found.is_some_and(|it| it.standing == Standing::Pending) {
                    tx.set_dataset_standing(enterprise, dataset, Standing::Active, None)
                        .await?;
                }
                if let Some(body) = body.as_object_mut() {
                    body.insert("until".to_owned(), json!(until));
                    body.insert("digest".to_owned(), json!(digest));
                    body.insert("confirms".to_owned(), json!(new.declared.confirms));
                }
                let clauses = [ClauseId::u(3)];
                tx.append_own(
                    caller,
                    &entry(&tx, "source.declared", &clauses, actor, body)?,
                )
                .await?;
                Ok(done)
            })
            .await
    }
}

/// A paper that was taken back between two looks is told as one that is not there.
fn of_paper(error: AppError) -> AppError {
    if let AppError::Store(StoreError::Missing { what }) = &error {
        AppError::Missing { what }
    } else {
        error
    }
}

fn sorted<T: Ord>(mut list: Vec<T>) -> Vec<T> {
    list.sort_unstable();
    list.dedup();
    list
}

fn check_texts(typed: &TypedDeclaration) -> Result<(), AppError> {
    let texts = [
        ("collected_how", typed.collected_how.as_str()),
        ("notice", typed.notice.as_deref().unwrap_or_default()),
    ];
    for (what, text) in texts {
        let odd = |sign: char| sign.is_control() && !matches!(sign, '\n' | '\r' | '\t');
        if text.chars().count() > DECLARATION_TEXT_CHARS_MAX || text.contains(odd) {
            return Err(AppError::Invalid {
                what,
                reason: Said::new(
                    "最多 4000 个字符，且不含控制字符",
                    "expected at most 4000 characters and no control characters",
                ),
            });
        }
    }
    Ok(())
}

/// Reads whom to ask; nothing typed is nobody.
fn checked_contact(typed: Option<&Pii<String>>) -> Result<Option<Pii<String>>, AppError> {
    enum Read {
        Nothing,
        Address,
        Odd,
    }
    let Some(typed) = typed else { return Ok(None) };
    let read = typed.digest(|text| {
        if text.trim().is_empty() {
            Read::Nothing
        } else if EmailAddress::parse(text).is_ok() || PhoneNumber::parse(text).is_ok() {
            Read::Address
        } else {
            Read::Odd
        }
    });
    match read {
        Read::Nothing => Ok(None),
        Read::Address => Ok(Some(Pii::new(typed.digest(|text| text.trim().to_owned())))),
        Read::Odd => Err(AppError::Invalid {
            what: "contact",
            reason: Said::new(
                "应为邮箱地址或电话号码",
                "expected an email address or a phone number",
            ),
        }),
    }
}
