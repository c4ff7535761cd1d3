use std::fs;
use std::path::Path;
use std::process::ExitCode;

use yuntu_app::verify_receipt;
use yuntu_ledger::{Trust, VerifierKey, verify_bundle, verify_dir};
use yuntu_terms::Text;

use crate::cli::{Audit, Ledger, Verify};
use crate::commands::block_on;
use crate::config::Config;
use crate::failure::{Failure, OrFail as _};
use crate::output::Output;

/// Works on the ledger.
pub(crate) fn run(command: &Ledger, out: &Output) -> Result<ExitCode, Failure> {
    match command {
        Ledger::Verify { folder, key } => {
            let key = key.as_deref().map(read_key).transpose()?;
            match verify_dir(folder, key.as_ref()) {
                Ok(report) => {
                    let (entries, root) = (report.checkpoint.size(), report.checkpoint.root());
                    out.line(&out.lang.pick(
                        format!(
                            "成立：{entries} 条记录，{} 个文件，根哈希 {root}",
                            report.files
                        ),
                        format!(
                            "holds: {entries} entries in {} files, root {root}",
                            report.files
                        ),
                    ));
                    trust(out, report.trust, &report.key);
                    Ok(ExitCode::SUCCESS)
                }
                Err(flaw) => Ok(fails(out, &flaw.text())),
            }
        }
        Ledger::Audit(audit) => self::audit(audit, out),
    }
}

/// Prints what was done in a period, act by act, over a ledger that was recomputed.
fn audit(audit: &Audit, out: &Output) -> Result<ExitCode, Failure> {
    let folder = &audit.folder.data;
    let config = Config::read(folder)?;
    let report = block_on(async {
        let platform = config.open_beside(folder).await?;
        let until = platform.now();
        let from = until.plus_days(-i32::from(audit.back));
        platform
            .audit(from, until)
            .await
            .or_fail("审计未能完成", "the audit could not be done")
    })?;
    if audit.object {
        out.line(
            &serde_json::to_string_pretty(&report)
                .or_fail("无法写成 JSON", "the report cannot be written as JSON")?,
        );
        return Ok(ExitCode::SUCCESS);
    }
    for act in &report.acts {
        out.line(&format!(
            "{:<28} {:>10}  {} … {}",
            act.kind, act.count, act.first, act.last
        ));
    }
    let (entries, root) = (report.entries, report.root);
    out.line(&out.lang.pick(
        format!("账本成立：{entries} 条记录，根哈希 {root}"),
        format!("the ledger holds: {entries} entries, root {root}"),
    ));
    out.line(report.checkpoint.trim_end());
    Ok(ExitCode::SUCCESS)
}

/// Verifies a receipt, or another proof of the ledger.
pub(crate) fn verify(verify: &Verify, out: &Output) -> Result<ExitCode, Failure> {
    let key = verify.key.as_deref().map(read_key).transpose()?;
    let bytes = fs::read(&verify.file).or_fail(
        format!("文件 {} 无法读取", verify.file.display()),
        format!("the file `{}` cannot be read", verify.file.display()),
    )?;
    // A receipt begins with its proof; any other file of ours is a bundle.
    if bytes.starts_with(b"{\"proof\":") {
        return match verify_receipt(&bytes, key.as_ref()) {
            Ok(it) => {
                let (index, body) = (it.ledger.index, &it.body);
                let (purpose, rows) = (&body.purpose, body.rows_out);
                out.line(&out.lang.pick(
                    format!("成立：账本第 {index} 条，目的 {purpose}，结果 {rows} 行"),
                    format!("holds: ledger entry {index}, purpose {purpose}, {rows} rows out"),
                ));
                trust(out, it.ledger.trust, &it.ledger.key);
                Ok(ExitCode::SUCCESS)
            }
            Err(flaw) => Ok(fails(out, &flaw.text())),
        };
    }
    match verify_bundle(&bytes, key.as_ref()) {
        Ok(it) => {
            let (index, kind) = (it.index, it.entry.kind.as_str());
            out.line(&out.lang.pick(
                format!("成立：账本第 {index} 条，{kind}"),
                format!("holds: ledger entry {index}, {kind}"),
            ));
            trust(out, it.trust, &it.key);
            Ok(ExitCode::SUCCESS)
        }
        Err(flaw) => Ok(fails(out, &flaw.text())),
    }
}

fn fails(out: &Output, why: &Text) -> ExitCode {
    out.line(&format!(
        "{}: {}",
        out.lang.pick("不成立", "does not hold"),
        why.get(out.lang)
    ));
    ExitCode::FAILURE
}

fn trust(out: &Output, trust: Trust, key: &VerifierKey) {
    let text = match trust {
        Trust::Given => Text::new("由所给公钥签名", "signed by the given key"),
        Trust::Carried => Text::new(
            "由文件自带的公钥签名：证明未被改动，但不证明签名者是谁；请用 --key 指定您信任的公钥",
            "signed by the key it carries: nothing was changed, but who signed is not proved; name a key you trust with --key",
        ),
    };
    out.line(&format!("{} {key}", text.get(out.lang)));
}

/// Reads a verifier key from its text, or from the file that holds it.
fn read_key(text: &str) -> Result<VerifierKey, Failure> {
    if let Ok(key) = text.parse() {
        return Ok(key);
    }
    let content = fs::read_to_string(Path::new(text)).or_fail(
        "--key 既不是公钥，也不是可读取的文件",
        "--key is neither a verifier key nor a file that can be read",
    )?;
    content.trim().parse().or_fail(
        "--key 所指文件中没有公钥",
        "the file that --key names holds no verifier key",
    )
}
