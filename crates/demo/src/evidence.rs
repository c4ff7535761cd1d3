//! Live evidence: the main job on generated data in a folder of its own, and what each clause must show there.

mod exceptions;
mod help;
mod measures;
mod minors;
mod operators;
mod site;
mod sources;

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use yuntu_statement::{ControlState, Statement, catalogue, check};
use yuntu_terms::{ClauseId, Clock, Entropy, Lang, Text, Timestamp};

use crate::error::DemoError;
use crate::teller::Silent;
use crate::{DemoOptions, DemoSummary, verify};

/// What was checked live for a clause.
#[derive(Debug, Clone, Serialize)]
pub struct Evidence {
    /// What was checked.
    pub what: Text,
    /// When.
    pub at: Timestamp,
    /// Whether it held.
    pub holds: bool,
}

/// A row of the proof report.
#[derive(Debug, Clone, Serialize)]
pub struct Proved {
    /// The row.
    pub clause: ClauseId,
    /// How much is enforced.
    pub state: ControlState,
    /// The same in words.
    #[serde(skip)]
    pub state_text: Text,
    /// Paths of the code that enforces it.
    pub control: Vec<String>,
    /// Tests that prove it.
    pub tests: Vec<String>,
    /// What is missing.
    pub missing: Text,
    /// What was checked live; a row that nothing enforces has none.
    pub evidence: Vec<Evidence>,
}

/// Checks live what can be, in an empty folder, and joins it with the catalogue.
///
/// # Errors
/// [`DemoError`] when the checks could not be made; one that was made and failed is in the report.
/// # Clause
/// R23
pub async fn prove(
    folder: &Path,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<Vec<Proved>, DemoError> {
    let options = DemoOptions {
        lang: Lang::En,
        out: folder.join("run"),
        cache: folder.join("unused"),
        generated: true,
        seed: 7,
        database: None,
    };
    let ran = crate::run(&options, &Silent, Arc::clone(&clock), Arc::clone(&entropy)).await;
    let mut checked = checks(&options.out, ran.as_ref())?;
    let (apart, at) = (folder.join("minors"), Arc::clone(&clock));
    let removed = minors::a_report_removes_the_account(&apart, at, Arc::clone(&entropy));
    // Each of the checks is a story of its own; kept apart, they do not grow the future of this function.
    let removed = Box::pin(removed);
    checked.push((
        ClauseId::r(29),
        Text::new(
            "举报属实的帐号被删除，此后其地址再也收不到验证码",
            "a reported account was erased, and its address gets no code any more",
        ),
        removed.await?,
    ));
    let apart = folder.join("sources");
    let declared = sources::checks(&apart, Arc::clone(&clock), Arc::clone(&entropy));
    checked.extend(Box::pin(declared).await?);
    let apart = folder.join("help");
    let helped = help::checks(&apart, Arc::clone(&clock), Arc::clone(&entropy));
    checked.extend(Box::pin(helped).await?);
    let apart = folder.join("measures");
    let measured = measures::checks(&apart, Arc::clone(&clock), Arc::clone(&entropy));
    checked.extend(Box::pin(measured).await?);
    let apart = folder.join("exceptions");
    let invoked = exceptions::checks(&apart, Arc::clone(&clock), Arc::clone(&entropy));
    checked.extend(Box::pin(invoked).await?);
    let apart = folder.join("site");
    let visited = Box::pin(site::checks(&apart, Arc::clone(&clock), entropy));
    checked.extend(visited.await?);
    let mut found = BTreeMap::<ClauseId, Vec<Evidence>>::new();
    for (clause, what, holds) in checked {
        let evidence = Evidence {
            what,
            at: clock.now(),
            holds,
        };
        found.entry(clause).or_default().push(evidence);
    }
    let rows = catalogue().map_err(yuntu_app::AppError::from)?;
    Ok(rows
        .iter()
        .map(|row| Proved {
            clause: row.clause,
            state: row.state,
            state_text: Text::new(row.state.name(Lang::Zh), row.state.name(Lang::En)),
            control: row.control.clone(),
            tests: row.tests.clone(),
            missing: row.missing.clone(),
            evidence: match row.state {
                ControlState::NotYet => Vec::new(),
                ControlState::Partly | ControlState::Enforced => {
                    found.remove(&row.clause).unwrap_or_default()
                }
            },
        })
        .collect())
}

type Checked = (ClauseId, Text, bool);

/// The promises that the run itself checks and fails on, and those that its folder must show afterwards.
fn checks(out: &Path, ran: Result<&DemoSummary, &DemoError>) -> Result<Vec<Checked>, DemoError> {
    let done = ran.is_ok();
    let refused = ran.is_ok_and(|summary| summary.refusals == 5);
    let mut checks = vec![
        (
            ClauseId::u(1),
            Text::new(
                "接受声明的行为已写入账本",
                "the acceptance of the statement is in the ledger",
            ),
            done && ledger_holds(out, "statement.accepted")?,
        ),
        (
            ClauseId::u(2),
            Text::new("过期的指示被拒绝", "an expired instruction was refused"),
            refused,
        ),
        (
            ClauseId::u(3),
            Text::new(
                "未说明来源的数据集被拒绝",
                "an undeclared dataset was refused",
            ),
            refused,
        ),
        (
            ClauseId::u(4),
            Text::new(
                "一人撤回后下一次结果恰好少一人，漏斗各项之和等于总数",
                "one withdrawal took exactly one person out of the next result, and every funnel added up",
            ),
            done,
        ),
        (
            ClauseId::r(3),
            Text::new(
                "其他企业得不到本企业的数据集",
                "another enterprise did not get the datasets",
            ),
            refused,
        ),
        (
            ClauseId::r(22),
            Text::new(
                "安装目录的任何文件中都找不到明文标识符",
                "no file of the installation holds a plain identifier",
            ),
            done && !holds_plain(&out.join("installation"))?,
        ),
        (
            ClauseId::r(23),
            Text::new(
                "账本与收据离线核验成立，改动一位即被发现",
                "ledger and receipts verify offline, and one flipped bit is found",
            ),
            done && flipped_bit_is_found(out)?,
        ),
    ];
    let statement = Statement::in_force().map_err(yuntu_app::AppError::from)?;
    let sound = check(statement).is_empty();
    let whole = Text::new(
        "声明整体成立：无未声明项，不低于法定底线，两种语言齐全",
        "the statement is whole: nothing undeclared, no legal floor broken, both languages",
    );
    checks.extend([6, 27, 30].map(|row| (ClauseId::r(row), whole.clone(), sound)));
    Ok(checks)
}

fn ledger_holds(out: &Path, kind: &str) -> Result<bool, DemoError> {
    Ok(files(&out.join("ledger"))?
        .iter()
        .any(|(_, bytes)| contains(bytes, kind.as_bytes())))
}

/// Looks for what names people in every byte of the folder.
fn holds_plain(folder: &Path) -> Result<bool, DemoError> {
    let canaries: [&[u8]; 3] = [
        b"@example.com",
        b"@store.example",
        b"Riverside Grocers \xe2\x80\x93 owner",
    ];
    let found = |bytes: &[u8]| canaries.iter().any(|canary| contains(bytes, canary));
    Ok(files(folder)?.iter().any(|(_, bytes)| found(bytes)))
}

fn flipped_bit_is_found(out: &Path) -> Result<bool, DemoError> {
    let ledger = out.join("ledger");
    let Some((path, mut bytes)) = files(&ledger)?
        .into_iter()
        .find(|(_, bytes)| !bytes.is_empty())
    else {
        return Ok(false);
    };
    let original = bytes.clone();
    if let Some(first) = bytes.first_mut() {
        *first ^= 1;
    }
    fs::write(&path, &bytes).map_err(|e| DemoError::file(&path, e))?;
    let found = yuntu_ledger::verify_dir(&ledger, None).is_err();
    fs::write(&path, &original).map_err(|e| DemoError::file(&path, e))?;
    let whole = yuntu_ledger::verify_dir(&ledger, None);
    let whole = whole.map_err(yuntu_app::AppError::from)?;
    let proofs = verify::verify(&out.join("receipts"), &ledger, &whole.key.to_string())?;
    Ok(found && proofs.receipts > 0)
}

fn files(folder: &Path) -> Result<Vec<(std::path::PathBuf, Vec<u8>)>, DemoError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(|e| DemoError::file(folder, e))? {
        let path = entry.map_err(|e| DemoError::file(folder, e))?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            match fs::read(&path) {
                Ok(bytes) => found.push((path, bytes)),
                // The database removes its own files beside it when its last connection ends, which may be now.
                Err(gone) if gone.kind() == ErrorKind::NotFound => {}
                Err(other) => return Err(DemoError::file(&path, other)),
            }
        }
    }
    Ok(found)
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}
