//! Imports one CSV of purchases into a lake in a folder: `import_once LAKE VAULT PLAN CSV CHUNK_ROWS`.
//!
//! The tests start this as a process of its own and kill it at random moments, or ask it with a sixth argument how much
//! memory it took: it leaves what the system says of that in the file of that name.

use std::path::Path;
use std::sync::Arc;

use yuntu_lake::{CancelToken, ImportPlan, Lake, LakeConfig, Source};
use yuntu_terms::{Region, SystemClock, SystemEntropy};
use yuntu_vault::{FileProvider, FolderShelf, Suite, Unlock, Vault, VaultParts};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let ([lake, vault, plan, csv, chunk_rows], memory): (&[String; 5], _) =
        match arguments.as_slice() {
            [first @ .., memory] if arguments.len() == 6 => (first.try_into()?, Some(memory)),
            all => (all.try_into()?, None),
        };
    let vault = Path::new(vault);
    let provider = FileProvider::open(
        &vault.join("keys"),
        &Unlock::Credential(vault.join("credential")),
    )?;
    let parts = VaultParts {
        provider: Arc::new(provider),
        shelf: Arc::new(FolderShelf::open(&vault.join("shelf")).await?),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        suite: Suite::International,
    };
    let vault = Arc::new(Vault::open(parts).await?);
    let config = LakeConfig::local(Path::new(lake), Region::CN)?;
    let config = LakeConfig {
        chunk_rows: chunk_rows.parse()?,
        parts_per_bucket: 4,
        // Merging has a bound of its own, which must be small for small files to show that it holds.
        merged_bytes: 4 << 20,
        ..config
    };
    let lake = Lake::open(
        config,
        vault,
        Arc::new(SystemClock),
        Arc::new(SystemEntropy),
    )
    .await?;
    let plan: ImportPlan = serde_json::from_slice(&std::fs::read(plan)?)?;
    let source = Source::open(Path::new(csv))?;
    lake.import(&plan, source, &|_progress| {}, &CancelToken::new())
        .await?;
    if let Some(memory) = memory {
        std::fs::copy("/proc/self/status", memory)?;
    }
    Ok(())
}
