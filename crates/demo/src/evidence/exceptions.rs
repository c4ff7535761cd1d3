//! A lawful exception from its draft to its end: what is refused on the way, and what the law has no ground for.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use yuntu_app::engine::{Audience, AudienceQuery, Everyone, Query};
use yuntu_app::exceptions::{ExceptionError, ProofInput};
use yuntu_app::policy::{Period, Role, Wants};
use yuntu_app::store::{CitedOutcome, Contact, NewExceptionUse};
use yuntu_app::{AppError, Ask, Caller, Platform};
use yuntu_statement::{ExceptionList, Invoker, Proof, Statement};
use yuntu_terms::{
    ClauseId, Clock, DatasetId, Digest, Entropy, ExceptionUseId, InstructionId, Lang, LegalBasis,
    Operation, Pii, Recipient, Text,
};

use super::Checked;
use crate::error::DemoError;
use crate::{install, mappings};

const PURPOSE: &str = "marketing.insight";

/// Who does it, and on what.
struct Office {
    platform: Platform,
    owner: Caller,
    counsel: Caller,
    people: DatasetId,
    instruction: InstructionId,
}

/// Opens a new installation, invokes an exception there, and says what held.
pub(super) async fn checks(
    folder: &Path,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<Vec<Checked>, DemoError> {
    std::fs::create_dir_all(folder).map_err(|e| DemoError::file(folder, e))?;
    let platform = install::open(folder, clock, entropy).await?;
    let office = open(platform).await?;
    let statement = Statement::in_force().map_err(AppError::from)?;
    let mut closed = BTreeMap::from([
        (ExceptionList::Collection, true),
        (ExceptionList::Provision, true),
    ]);
    for row in office
        .platform
        .exceptions(&office.counsel, None)
        .await?
        .rows
    {
        if row.purposes.is_empty()
            && let Some(all) = closed.get_mut(&row.exception.list)
        {
            *all &= office.is_refused(row.exception.clause).await?;
        }
    }
    let walked = office.walk().await?;
    let unavailable = statement.exceptions().iter();
    let unavailable = unavailable.filter(|it| !it.is_available()).count() == 2;
    let is_closed = |list| closed.get(&list).copied().unwrap_or(false);
    Ok(vec![
        (
            ClauseId::r(7),
            Text::new(
                "缺少任一项证明的援引被拒绝并指明所缺；援引人不能自行确认；经另一人确认后开放，终止后再次拒绝",
                "without each of its proofs an exception was refused and the missing one named; who invoked it could not confirm it; confirmed by another it opened, and ended it opened nothing",
            ),
            walked,
        ),
        (
            ClauseId::r(7),
            Text::new(
                "法律没有依据的例外以声明写明的理由被拒绝，不开放任何目的的例外也被拒绝",
                "what the law has no ground for was refused with the statement's reason, and so was what opens no purpose",
            ),
            unavailable && is_closed(ExceptionList::Collection),
        ),
        (
            ClauseId::r(21),
            Text::new(
                "目前不开放任何目的的提供与公开例外被拒绝",
                "exceptions for providing and publishing that open no purpose at present were refused",
            ),
            is_closed(ExceptionList::Provision),
        ),
    ])
}

async fn open(platform: Platform) -> Result<Office, DemoError> {
    let owner = "exception@prove.example";
    let owner = install::enrol(&platform, "Exception Works", owner, Lang::En).await?;
    let people = platform
        .create_dataset(&owner, "people", &mappings::people())
        .await?;
    let year = Period {
        from: platform.now().plus_days(-1),
        until: platform.now().plus_days(300),
    };
    let grounds = [LegalBasis::Consent, LegalBasis::Contract];
    install::declare_on(&platform, &owner, people, (year, &grounds)).await?;
    let purposes = ["marketing"];
    let instruction = install::instruct(&platform, &owner, &purposes, vec![people], year).await?;
    let contact = Contact {
        name: Pii::new(String::from("Counsel")),
        phone: None,
        email: None,
    };
    let letter = (Digest::new([7; 32]), year);
    let counsel = platform
        .add_representative(&owner, Role::Viewer, contact, Lang::En, letter)
        .await?;
    platform
        .set_function(&owner, counsel, Invoker::LegalCounsel, true)
        .await?;
    Ok(Office {
        counsel: Caller::of(owner.enterprise, counsel),
        platform,
        owner,
        people,
        instruction,
    })
}

impl Office {
    async fn draft(&self, clause: ClauseId) -> Result<ExceptionUseId, AppError> {
        let now = self.platform.now();
        let new = NewExceptionUse {
            clause,
            datasets: vec![self.people],
            purpose: PURPOSE.parse().map_err(|_text| AppError::Internal {
                what: "a purpose of the check",
            })?,
            operation: Operation::Process,
            recipient: Recipient::Enterprise,
            period: Period {
                from: now,
                until: now.plus_days(1),
            },
            why: String::from("made up for this check"),
        };
        self.platform.draft_exception(&self.counsel, &new).await
    }

    async fn is_refused(&self, clause: ClauseId) -> Result<bool, DemoError> {
        match self.draft(clause).await {
            // Where it is another function than hers that may, that is said first.
            Err(
                AppError::Refused(_)
                | AppError::Exception(
                    ExceptionError::Unavailable { .. } | ExceptionError::OpensNothing { .. },
                ),
            ) => Ok(true),
            Err(other) => Err(other.into()),
            Ok(_) => Ok(false),
        }
    }

    async fn walk(&self) -> Result<bool, DemoError> {
        let (platform, counsel) = (&self.platform, &self.counsel);
        let clause: ClauseId = "R7g"
            .parse()
            .map_err(|_text| DemoError::Broken("a clause of the check has no valid id"))?;
        let proofs = [Proof::Contract, Proof::Necessity];
        let mut named = true;
        for missing in proofs {
            let id = self.draft(clause).await?;
            let others = proofs.into_iter().filter(|it| *it != missing);
            for proof in others {
                self.prove(id, proof).await?;
            }
            named &= match platform.invoke_exception(counsel, id).await {
                Err(AppError::Exception(ExceptionError::Lacks { proofs, .. })) => {
                    proofs == [missing]
                }
                Ok(_) | Err(_) => false,
            };
        }
        let id = self.draft(clause).await?;
        for proof in proofs {
            self.prove(id, proof).await?;
        }
        let digest = platform.invoke_exception(counsel, id).await?;
        let alone = platform.confirm_exception(counsel, id, digest).await;
        let before = self.is_permitted(id).await?;
        platform.confirm_exception(&self.owner, id, digest).await?;
        let opened = self.is_permitted(id).await?;
        platform
            .end_exception(&self.owner, id, "the check is over")
            .await?;
        let after = self.is_permitted(id).await?;
        Ok(named && alone.is_err() && !before && opened && !after)
    }

    async fn prove(&self, id: ExceptionUseId, proof: Proof) -> Result<(), DemoError> {
        let file = ProofInput::File {
            name: String::from("proof.pdf"),
            bytes: install::paper("made up for this check"),
        };
        let added = self
            .platform
            .add_exception_proof(&self.counsel, id, proof, file);
        Ok(added.await?)
    }

    /// Says whether work that claims the use is permitted; nothing was imported that it could read.
    async fn is_permitted(&self, id: ExceptionUseId) -> Result<bool, DemoError> {
        let ask = Ask {
            purpose: install::purpose(PURPOSE)?,
            operation: Operation::Process,
            recipient: Recipient::Enterprise,
            instruction: self.instruction,
            exception: Some(id),
            datasets: BTreeMap::from([(String::from("people"), self.people)]),
            wants: Wants::default(),
            query: Query::Audience(AudienceQuery {
                audience: Audience::Everyone(Everyone {}),
            }),
            rules: BTreeMap::new(),
            as_of: self.platform.now(),
        };
        match self.platform.run(&self.owner, &ask).await {
            Ok(_) | Err(AppError::Missing { .. }) => {}
            Err(other) => return Err(other.into()),
        }
        let jobs = self.platform.exception_jobs(&self.owner, id).await?;
        let last = jobs.first().map(|job| job.outcome);
        Ok(last == Some(CitedOutcome::Permitted))
    }
}
