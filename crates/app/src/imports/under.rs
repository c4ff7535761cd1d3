//! The instruction on which an import stands: who asks for an import gives it, and it is on record as one.

use serde_json::json;
use yuntu_ledger::Pseudonym;
use yuntu_policy::Period;
use yuntu_store::{Import, NewInstruction, Tx};
use yuntu_terms::{ClauseId, DatasetId, InstructionId, Operation, Recipient, clause};

use crate::caller::{Caller, entry};
use crate::error::AppError;
use crate::platform::Platform;

/// For how many days one holds; the next import after it is another.
const DAYS: i32 = 365;
/// How many of the newest imports on an instruction are listed.
const LISTED: u64 = 50;

/// Returns the instruction on which the caller has files brought into a dataset: the one in force, or one that is recorded now.
/// It names no purpose: the rows are kept and put in order for the enterprise, and whatever uses them cites another.
pub(super) async fn instruction_to_import(
    tx: &Tx,
    (caller, actor): (&Caller, Pseudonym),
    dataset: DatasetId,
) -> Result<InstructionId, AppError> {
    clause::hit!(U2);
    let who = (caller.enterprise, caller.representative);
    let now = tx.now();
    let found = tx.read().instruction_to_import(who, dataset, now).await?;
    if let Some(found) = found {
        return Ok(found);
    }
    let new = NewInstruction {
        purposes: Vec::new(),
        operations: vec![Operation::Process],
        recipients: vec![Recipient::Enterprise],
        datasets: vec![dataset],
        period: Period {
            from: now,
            until: now.plus_days(DAYS),
        },
        note: None,
    };
    let id = tx
        .record_instruction(caller.enterprise, caller.representative, &new)
        .await?;
    let body = json!({
        "enterprise": caller.enterprise, "instruction": id, "purposes": new.purposes,
        "operations": new.operations, "recipients": new.recipients, "datasets": new.datasets,
        "from": new.period.from, "until": new.period.until,
    });
    let clauses = [ClauseId::u(2), ClauseId::u(3)];
    let recorded = entry(tx, "instruction.recorded", &clauses, actor, body)?;
    tx.append_own(caller, &recorded).await?;
    Ok(id)
}

impl Platform {
    /// Does what [`instruction_to_import`] does, in a transaction of its own.
    pub(crate) async fn instruct_import(
        &self,
        who: (&Caller, Pseudonym),
        dataset: DatasetId,
    ) -> Result<InstructionId, AppError> {
        self.store()
            .run_tx("import.instruct", async |tx: Tx| {
                instruction_to_import(&tx, who, dataset).await
            })
            .await
    }

    /// Lists the newest imports on an instruction of the caller's enterprise, newest first.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not read reports, [`AppError::Missing`] when the enterprise has no such
    /// instruction.
    /// # Clause
    /// U2, U3
    pub async fn instruction_imports(
        &self,
        caller: &Caller,
        instruction: InstructionId,
    ) -> Result<Vec<Import>, AppError> {
        self.view_instruction(caller, instruction).await?;
        let read = self.store().read();
        Ok(read
            .imports_under(caller.enterprise, instruction, LISTED)
            .await?)
    }
}
