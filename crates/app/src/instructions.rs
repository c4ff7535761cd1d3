use serde_json::json;
use yuntu_policy::{Action, StopReason};
use yuntu_store::{Cited, CitedWork, Instruction, LeafId, NewInstruction, Tx};
use yuntu_terms::{ClauseId, InstructionId, clause};

use crate::caller::{Caller, entry};
use crate::error::{AppError, Said};
use crate::platform::Platform;

/// How many purposes, operations, recipients or datasets an instruction names at most.
const LIST_MAX: usize = 200;

/// How many instructions one page lists.
pub const INSTRUCTIONS_PAGE: u64 = 100;

/// How many pieces of work one page lists.
pub const JOBS_PAGE: u64 = 50;

/// How long the note of an instruction may be.
const NOTE_CHARS_MAX: usize = 2_000;

impl Platform {
    /// Records an instruction: who, what for, which operations, which datasets, to whom, until when.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not instruct; [`AppError::Invalid`] when the period is empty, or a recipient is
    /// no partner of the register or has ended.
    /// # Clause
    /// U2
    pub async fn instruct(
        &self,
        caller: &Caller,
        new: &NewInstruction,
    ) -> Result<InstructionId, AppError> {
        clause::hit!(U2);
        if new.period.until <= new.period.from {
            return Err(AppError::Invalid {
                what: "period of the instruction",
                reason: Said::new("结束早于开始", "it ends before it begins"),
            });
        }
        check_lists(new)?;
        self.authorise(caller, Action::Instruct).await?;
        self.check_recipients(caller, new.recipients.iter().copied())
            .await?;
        let actor = self.pseudonym(caller).await?;
        self.store()
            .run_tx("instruction.record", async |tx: Tx| {
                let id = tx
                    .record_instruction(caller.enterprise, caller.representative, new)
                    .await?;
                let body = json!({
                    "enterprise": caller.enterprise, "instruction": id,
                    "purposes": new.purposes, "operations": new.operations,
                    "recipients": new.recipients, "datasets": new.datasets,
                    "from": new.period.from, "until": new.period.until,
                });
                let clauses = [ClauseId::u(2)];
                tx.append_own(
                    caller,
                    &entry(&tx, "instruction.recorded", &clauses, actor, body)?,
                )
                .await?;
                Ok(id)
            })
            .await
    }

    /// Revokes an instruction: the next decision refuses, and what runs under it is stopped.
    ///
    /// # Errors
    /// [`AppError::Store`] when there is no such instruction in force.
    /// # Clause
    /// U2
    pub async fn revoke_instruction(
        &self,
        caller: &Caller,
        instruction: InstructionId,
    ) -> Result<(), AppError> {
        self.authorise(caller, Action::Instruct).await?;
        let actor = self.pseudonym(caller).await?;
        self.store()
            .run_tx("instruction.revoke", async |tx: Tx| {
                tx.revoke_instruction(caller.enterprise, instruction)
                    .await?;
                let body = json!({"enterprise": caller.enterprise, "instruction": instruction});
                let clauses = [ClauseId::u(2)];
                tx.append_own(
                    caller,
                    &entry(&tx, "instruction.revoked", &clauses, actor, body)?,
                )
                .await?;
                Ok::<_, AppError>(())
            })
            .await?;
        self.stop_where(StopReason::InstructionRevoked, |work| {
            work.instruction == Some(instruction)
        });
        Ok(())
    }

    /// Lists a page of the instructions of the caller's enterprise, newest first; `before` is the last of the page before.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not read reports.
    /// # Clause
    /// U2
    pub async fn list_instructions(
        &self,
        caller: &Caller,
        before: Option<InstructionId>,
    ) -> Result<Vec<Instruction>, AppError> {
        self.authorise(caller, Action::ViewReport).await?;
        Ok(self
            .store()
            .read()
            .list_instructions(caller.enterprise, before, INSTRUCTIONS_PAGE)
            .await?)
    }

    /// Shows an instruction of the caller's enterprise.
    ///
    /// # Errors
    /// [`AppError::Missing`] when there is none, or it is another enterprise's.
    /// # Clause
    /// U2
    pub async fn view_instruction(
        &self,
        caller: &Caller,
        instruction: InstructionId,
    ) -> Result<Instruction, AppError> {
        self.authorise(caller, Action::ViewReport).await?;
        let found = self
            .store()
            .read()
            .find_instruction(caller.enterprise, instruction)
            .await?;
        found.ok_or(AppError::Missing {
            what: "instruction",
        })
    }

    /// Lists a page of the work that cited an instruction, newest first: what was refused, what was permitted, and the
    /// receipt of what was done. `before` is the entry of the last one of the page before.
    ///
    /// # Errors
    /// [`AppError::Missing`] when the enterprise has no such instruction.
    /// # Clause
    /// U2, R23
    pub async fn instruction_jobs(
        &self,
        caller: &Caller,
        instruction: InstructionId,
        before: Option<LeafId>,
    ) -> Result<Vec<CitedWork>, AppError> {
        clause::hit!(U2);
        self.view_instruction(caller, instruction).await?;
        Ok(self
            .store()
            .read()
            .list_cited_work(
                caller.enterprise,
                Cited::Instruction(instruction),
                before,
                JOBS_PAGE,
            )
            .await?)
    }
}

/// An instruction says what for, what, to whom and on what; it fits one entry of the ledger.
fn check_lists(new: &NewInstruction) -> Result<(), AppError> {
    let lengths = [
        new.purposes.len(),
        new.operations.len(),
        new.recipients.len(),
        new.datasets.len(),
    ];
    if lengths
        .iter()
        .any(|length| !(1..=LIST_MAX).contains(length))
    {
        return Err(AppError::Invalid {
            what: "instruction",
            reason: Said::new(
                "目的、操作、接收方与数据集各应有 1 至 200 项",
                "it names between 1 and 200 purposes, operations, recipients and datasets each",
            ),
        });
    }
    let note = new.note.as_deref().unwrap_or_default();
    if note.chars().count() > NOTE_CHARS_MAX || note.contains('\0') {
        return Err(AppError::Invalid {
            what: "note",
            reason: Said::new(
                "最多 2000 个字符，且不含空字符",
                "it has at most 2000 characters and no NUL",
            ),
        });
    }
    Ok(())
}
