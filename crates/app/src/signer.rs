//! The ledger's signing key: made once, kept sealed under the platform's key.

use std::io::Write as _;
use std::path::Path;

use yuntu_ledger::Signer;
use yuntu_terms::Entropy;
use yuntu_vault::{KeyScope, SealContext, Sealed, Vault};

use crate::error::{AppError, Said};

/// Reads the signing key, or makes one where the installation has none.
///
/// # Errors
/// [`AppError::File`] when the file cannot be used, [`AppError::Vault`] when it does not open under this installation's keys.
/// # Clause
/// R23
pub(crate) async fn obtain(
    vault: &Vault,
    file: &Path,
    name: &str,
    entropy: &dyn Entropy,
) -> Result<Signer, AppError> {
    let context = SealContext {
        table: "ledger",
        row: name.as_bytes(),
        column: "signer",
    };
    let fault = |source| AppError::File {
        file: file_name(file),
        source,
    };
    let kept = match tokio::fs::read(file).await {
        Ok(bytes) => bytes,
        Err(absent) if absent.kind() == std::io::ErrorKind::NotFound => {
            let mut secret = [0; 32];
            entropy.fill(&mut secret)?;
            let sealing = vault.seal(&KeyScope::Platform, &context, &secret).await?;
            let bytes = sealing.into_bytes();
            let (target, copy) = (file.to_owned(), bytes.clone());
            tokio::task::spawn_blocking(move || write_once(&target, &copy))
                .await
                .map_err(|_panicked| AppError::Internal {
                    what: "writing the ledger's key",
                })?
                .map_err(fault)?;
            bytes
        }
        Err(other) => return Err(fault(other)),
    };
    let plain = vault
        .unseal(&KeyScope::Platform, &context, &Sealed::from_bytes(kept)?)
        .await?;
    let secret = plain
        .expose()
        .try_into()
        .map_err(|_wrong_length| AppError::Internal {
            what: "length of the ledger's key",
        })?;
    Signer::new(name, secret).map_err(|_name| AppError::Invalid {
        what: "name of the ledger",
        reason: Said::new("不能用作密钥名称", "not a key name"),
    })
}

/// Writes a file that must not be there yet; it is whole on disk, or not there.
fn write_once(target: &Path, content: &[u8]) -> std::io::Result<()> {
    let partial = target.with_extension("partial");
    let mut file = std::fs::File::create(&partial)?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::hard_link(&partial, target)?;
    std::fs::remove_file(&partial)?;
    match target.parent() {
        Some(folder) => std::fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

fn file_name(file: &Path) -> String {
    file.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}
