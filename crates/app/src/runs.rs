use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use yuntu_consent::{ConsentSnapshot, Question, SubjectSet};
use yuntu_engine::{Cancel, Outcome, Query, ReceiptBody, RunDataset, RunInput, StageRules};
use yuntu_lake::{CancelToken, DatasetSnapshot};
use yuntu_policy::{
    Action, ConsentFacts, Facts, HelpClaim, Permit, PurposeFacts, RecordedPermit, Refusal, Request,
    StatementFacts, StopReason, Wants, consent_kind_asked, decide,
};
use yuntu_store::{Decided, NewLook, NewReceipt, Tx};
use yuntu_terms::{
    ConsentKind, DatasetId, Digest, ExceptionUseId, HelpId, InstructionId, LegalBasis, Operation,
    PermitId, Purpose, ReceiptId, Recipient, Timestamp, clause,
};

use crate::caller::Caller;
use crate::error::{AppError, Said};
use crate::exceptions::Claim;
use crate::platform::Platform;
use crate::references::References;
use crate::running::{Entered, Reads, Task, Work};

/// What a representative asks to be done with data.
#[derive(Debug, Clone)]
pub struct Ask {
    /// What for.
    pub purpose: Purpose,
    /// What is done.
    pub operation: Operation,
    /// Who receives the result.
    pub recipient: Recipient,
    /// On which instruction.
    pub instruction: InstructionId,
    /// On the ground of which exception to consent; on consent when there is none.
    pub exception: Option<ExceptionUseId>,
    /// On which datasets, each with the name under which the query knows it.
    pub datasets: BTreeMap<String, DatasetId>,
    /// Which columns.
    pub wants: Wants,
    /// The question.
    pub query: Query,
    /// Stage rules the query uses, by name.
    pub rules: BTreeMap<String, StageRules>,
    /// The moment for which the question is asked.
    pub as_of: Timestamp,
}

/// The answer to an ask: both kinds are recorded in the ledger.
#[derive(Debug)]
#[must_use = "a refusal is an answer and is shown"]
pub enum Answer {
    /// It was done.
    Done(Box<Done>),
    /// A clause says no.
    Refused(Box<Refusal>),
}

/// A run that was done.
#[derive(Debug)]
pub struct Done {
    /// The result with its funnel, base, labels and receipt body.
    pub outcome: Outcome,
    /// The receipt in the ledger.
    pub receipt: ReceiptId,
}

impl Answer {
    /// Takes the run, or the refusal as an error.
    ///
    /// # Errors
    /// [`AppError::Refused`] when a clause said no.
    pub fn done(self) -> Result<Done, AppError> {
        match self {
            Self::Done(done) => Ok(*done),
            Self::Refused(refusal) => Err(AppError::Refused(refusal)),
        }
    }
}

/// A look of an operator under technical help: what the request names, what is written of it, and how much it may show.
pub(crate) struct Looking<'a> {
    pub(crate) claim: HelpClaim,
    pub(crate) look: NewLook<'a>,
    pub(crate) rows_max: u64,
    pub(crate) bytes_max: u64,
}

/// What a run stands on, prepared before the policy is asked.
pub(crate) struct Ground {
    pub(crate) permit: RecordedPermit,
    pub(crate) input: RunInput,
}

impl Platform {
    /// Answers an ask: decides, records the permit, runs, records the receipt.
    ///
    /// # Errors
    /// [`AppError`] when a part fails; a refusal is not an error but [`Answer::Refused`].
    /// # Clause
    /// U2, U3, U4, U5, R7, R23
    pub async fn run(&self, caller: &Caller, ask: &Ask) -> Result<Answer, AppError> {
        let entered = self.enter_run(caller, ask, None)?;
        self.run_entered(caller, ask, (&entered, None)).await
    }

    /// Answers an ask that is registered; where an operator looks, her look stands in the enterprise's log with the decision.
    pub(crate) async fn run_entered(
        &self,
        caller: &Caller,
        ask: &Ask,
        (entered, look): (&Entered, Option<&Looking<'_>>),
    ) -> Result<Answer, AppError> {
        let ground = match self.ground_under(caller, ask, (entered, look)).await? {
            Ok(ground) => ground,
            Err(refusal) => return Ok(Answer::Refused(refusal)),
        };
        match Box::pin(self.run_on(caller, ask, &ground, entered)).await {
            Ok(done) => Ok(Answer::Done(Box::new(done))),
            Err(AppError::Stopped(reason)) => {
                let permit = ground.permit.id();
                self.record_stop(caller, permit, reason).await?;
                Err(AppError::Stopped(reason))
            }
            Err(error) => Err(error),
        }
    }

    /// Registers a run before the facts are read on which it will stand.
    pub(crate) fn enter_run(
        &self,
        caller: &Caller,
        ask: &Ask,
        help: Option<HelpId>,
    ) -> Result<Entered, AppError> {
        let task = Task::Run(self.new_id()?);
        let mut work = Work::of(task, caller, ask.datasets.values().copied());
        work.instruction = Some(ask.instruction);
        work.exception = ask.exception;
        work.recipient = Some(ask.recipient);
        work.action = Action::of(ask.operation);
        work.help = help;
        Ok(self.enter(work, CancelToken::new()))
    }

    pub(crate) async fn run_on(
        &self,
        caller: &Caller,
        ask: &Ask,
        ground: &Ground,
        entered: &Entered,
    ) -> Result<Done, AppError> {
        let engine = &self.inner.engine;
        let running = engine.run(&ground.permit, &ground.input, &ask.query);
        let outcome = Box::pin(entered.cut(running)).await?;
        let body = &outcome.receipt;
        let receipt = self.record_receipt(caller, ask, body, entered).await?;
        Ok(Done { outcome, receipt })
    }

    /// Records that a run was stopped, which it has instead of a receipt.
    pub(crate) async fn record_stop(
        &self,
        caller: &Caller,
        permit: PermitId,
        reason: StopReason,
    ) -> Result<(), AppError> {
        let actor = self.pseudonym(caller).await?;
        self.store()
            .run_tx("run.stop", async |tx: Tx| {
                let who = (actor, caller.into());
                tx.record_stop(caller.enterprise, permit, reason, who)
                    .await?;
                Ok(())
            })
            .await
    }

    /// Asks the policy and opens what the permit names; a refusal is recorded.
    pub(crate) async fn ground(
        &self,
        caller: &Caller,
        ask: &Ask,
        entered: &Entered,
    ) -> Result<Result<Ground, Box<Refusal>>, AppError> {
        self.ground_under(caller, ask, (entered, None)).await
    }

    async fn ground_under(
        &self,
        caller: &Caller,
        ask: &Ask,
        (entered, look): (&Entered, Option<&Looking<'_>>),
    ) -> Result<Result<Ground, Box<Refusal>>, AppError> {
        clause::hit!(U2);
        let distinct: BTreeSet<_> = ask.datasets.values().collect();
        if distinct.len() < ask.datasets.len() {
            return Err(AppError::Invalid {
                what: "dataset",
                reason: Said::new("它有两个名称；请只用一个", "it has two names; give it one"),
            });
        }
        let consent = self.consent(caller).await?;
        let references = self
            .references(caller, &ask.query, &ask.datasets, &ask.rules)
            .await?;
        let help = look.map(|look| look.claim.clone());
        let claim = match ask.exception {
            Some(id) => Some(self.claim(caller, id).await?),
            None => None,
        };
        let request = request(caller, ask, entered, (claim.as_ref(), help))?;
        let statement = self.statement_facts(caller).await?;
        let purpose = self.purpose_facts(&ask.purpose);
        let population = self.population(caller).await?;
        let of_consent = ConsentFacts {
            version: consent.version(),
            root: consent.root(),
        };
        let verdict = |mut facts: Facts| -> Result<Permit, Refusal> {
            facts.actor = facts.actor.map(|actor| caller.limited(actor));
            facts.statement = Some(statement.clone());
            facts.purpose.clone_from(&purpose);
            // Records for other purposes, or of a weaker kind, do not make this one covered.
            let kind = consent_kind_asked(&request, &facts);
            let covered = covered(&consent, ask, (kind, population));
            for dataset in &mut facts.datasets {
                dataset.own_records = Some(covered);
            }
            facts.consent = Some(of_consent);
            if let Some(claim) = &claim {
                facts.exception = facts.exception.map(|it| it.under(claim.exception));
            }
            decide(&request, &facts)
        };
        let permit = match self
            .store()
            .decide(
                &request,
                (caller.origin.as_ref(), look.map(|it| &it.look)),
                verdict,
            )
            .await?
        {
            Decided::Permitted(permit) => *permit,
            Decided::Refused(mut refusal, _leaf) => {
                // An operator who helps learns no counts of people, and looks at none in the name of who approved her.
                if look.is_none() {
                    let of_consent = (&*consent, population);
                    let told = self.tell_reach(caller, ask, &mut refusal, of_consent);
                    // The refusal is on record: what is not counted is left out of it.
                    drop(told.await);
                }
                return Ok(Err(Box::new(refusal)));
            }
        };
        let mut input = self
            .input(caller, ask, &permit, (&consent, population), references)
            .await?;
        input.cancel = entered.cancel();
        input.rows_max = look.map(|look| look.rows_max);
        input.bytes_max = look.map(|look| look.bytes_max);
        entered.reads(reads(ask, &permit, consent.version(), &input));
        Ok(Ok(Ground { permit, input }))
    }

    async fn input(
        &self,
        caller: &Caller,
        ask: &Ask,
        permit: &RecordedPermit,
        (consent, population): (&Arc<ConsentSnapshot>, u32),
        references: References,
    ) -> Result<RunInput, AppError> {
        let mut datasets = Vec::with_capacity(ask.datasets.len());
        for (name, id) in &ask.datasets {
            let snapshot = self.snapshot(caller, *id).await?;
            let snapshot = snapshot.ok_or(AppError::Missing {
                what: "import of the dataset",
            })?;
            let uploaded = self.uploaded(permit, &snapshot).await?;
            datasets.push(RunDataset {
                name: name.clone(),
                snapshot,
                uploaded,
            });
        }
        Ok(RunInput {
            consent: Arc::clone(consent),
            population,
            datasets,
            audiences: references.audiences,
            rules: references.rules,
            as_of: ask.as_of,
            rows_max: None,
            bytes_max: None,
            cancel: Cancel::new(),
        })
    }

    /// Returns how many numbers of people the enterprise has handed out.
    async fn population(&self, caller: &Caller) -> Result<u32, AppError> {
        let identities = self.inner.lake.identities(caller.enterprise).await?;
        Ok(u32::try_from(identities.numbers_given).unwrap_or(u32::MAX))
    }

    async fn uploaded(
        &self,
        permit: &RecordedPermit,
        snapshot: &DatasetSnapshot,
    ) -> Result<Arc<SubjectSet>, AppError> {
        let subjects = self.inner.lake.subjects(permit, snapshot).await?;
        Ok(Arc::new(SubjectSet::from_bitmap(subjects)))
    }

    pub(crate) async fn record_receipt(
        &self,
        caller: &Caller,
        ask: &Ask,
        body: &ReceiptBody,
        entered: &Entered,
    ) -> Result<ReceiptId, AppError> {
        clause::hit!(R23);
        let text = body.to_canonical_json()?;
        let new = NewReceipt {
            id: self.new_id()?,
            permit: body.permit,
            datasets: ask.datasets.values().copied().collect(),
            digest: Digest::new(Sha256::digest(&text).into()),
            body: text.into_bytes(),
        };
        let actor = self.pseudonym(caller).await?;
        self.store()
            .run_tx("receipt.record", async |tx: Tx| {
                // Whatever another process did meanwhile is seen here: no result leaves after it.
                if let Some(reason) = self.stop_of(&tx.read(), entered.under_way()).await? {
                    return Err(AppError::Stopped(reason));
                }
                tx.record_receipt(caller.enterprise, actor, &new).await?;
                Ok::<_, AppError>(())
            })
            .await?;
        Ok(new.id)
    }

    async fn statement_facts(&self, caller: &Caller) -> Result<StatementFacts, AppError> {
        let statement = self.statement();
        Ok(StatementFacts {
            version: statement.version().to_string(),
            digest: statement.digest(),
            effective: statement.meta().effective,
            accepted: self.store().facts().acceptance(caller.enterprise).await?,
        })
    }

    pub(crate) fn purpose_facts(&self, purpose: &Purpose) -> Option<PurposeFacts> {
        let rule = self.statement().purpose(purpose)?;
        Some(PurposeFacts {
            id: rule.id.clone(),
            clause: rule.clause,
            bases: rule.bases.clone(),
            consent: rule.consent,
            classes: rule.classes.clone(),
            operations: rule.operations.clone(),
            refusable: rule.refusable,
        })
    }
}

fn request(
    caller: &Caller,
    ask: &Ask,
    entered: &Entered,
    (claim, help): (Option<&Claim>, Option<HelpClaim>),
) -> Result<Request, AppError> {
    let Task::Run(permit_id) = entered.under_way().work().task else {
        return Err(AppError::Internal {
            what: "a run that is registered as something else",
        });
    };
    Ok(Request {
        permit_id,
        actor: caller.representative,
        enterprise: caller.enterprise,
        purpose: ask.purpose.clone(),
        operation: ask.operation,
        recipient: ask.recipient,
        datasets: ask.datasets.values().copied().collect(),
        instruction: ask.instruction,
        basis: claim.map_or(LegalBasis::Consent, |claim| claim.basis),
        exception: claim.map(|claim| claim.exception.clause),
        exception_use: ask.exception,
        wants: ask.wants.clone(),
        help,
    })
}

/// Says whose data a run reads, what for, and with which consents.
fn reads(ask: &Ask, permit: &Permit, version: u64, input: &RunInput) -> Reads {
    let people = input.datasets.iter();
    Reads {
        version,
        purpose: ask.purpose.clone(),
        operation: ask.operation,
        recipient: ask.recipient,
        hears_refusal: permit.hears_refusal(),
        people: people
            .map(|dataset| input.consent.with_joined(&dataset.uploaded))
            .collect(),
    }
}

/// Counts the people whose own records cover the ask; none means that it lies outside every scope they gave.
fn covered(consent: &ConsentSnapshot, ask: &Ask, (kind, population): (ConsentKind, u32)) -> u64 {
    let question = Question::new(
        ask.purpose.clone(),
        ask.operation,
        ask.recipient,
        population,
    );
    consent.allowed(&question.with_kind(kind)).len()
}
