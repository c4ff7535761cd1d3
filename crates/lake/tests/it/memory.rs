use std::process::Stdio;

use tokio::process::Command;
use yuntu_lake::ImportPlan;

use crate::kill::program;
use crate::support::{World, dataset, enterprise, purchases, purchases_csv};

/// How many rows a chunk has: what an import takes follows these and not the file.
const CHUNK_ROWS: usize = 10_000;

/// Imports so many chunks in a process of its own; returns how much memory it took at the most, in KiB, and how long the
/// file was.
async fn taken(chunks: usize) -> (u64, u64) {
    let world = World::new().await;
    let plan = ImportPlan {
        enterprise: enterprise(),
        dataset: dataset(),
        mapping: purchases(),
    };
    let file = |name: &str| world.dir.path().join(name);
    std::fs::write(file("plan"), serde_json::to_vec(&plan).unwrap()).unwrap();
    let text = purchases_csv(chunks * CHUNK_ROWS, 500);
    std::fs::write(file("csv"), &text).unwrap();
    let status = Command::new(program())
        .arg(file("lake"))
        .arg(file("vault"))
        .args([file("plan"), file("csv")])
        .arg(CHUNK_ROWS.to_string())
        .arg(file("memory"))
        .stderr(Stdio::null())
        .status();
    assert!(status.await.unwrap().success());
    let status = std::fs::read_to_string(file("memory")).unwrap();
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let most = most.unwrap().trim().trim_end_matches(" kB");
    (most.parse().unwrap(), text.len() as u64)
}

#[tokio::test]
async fn an_import_takes_the_memory_of_a_few_chunks_however_long_its_file_is() {
    // Both have more small parts than may stay, so that both merge, which takes what one group takes.
    let (little, _) = taken(60).await;
    let (much, length) = taken(240).await;
    let growth = much.saturating_sub(little);
    assert!(
        growth * 1_024 * 3 < length,
        "{growth} KiB more for a file of {length} bytes: {little} and {much}"
    );
}
