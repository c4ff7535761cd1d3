use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use yuntu_lake::{ImportOutcome, ImportPlan};
use yuntu_terms::SeededEntropy;

use crate::support::{World, dataset, enterprise, purchases, purchases_csv, texts};

/// How often the process is killed; `YUNTU_KILLS` asks for another number.
const KILLS: u64 = 100;

fn kills() -> u64 {
    let asked = std::env::var_os("YUNTU_KILLS").and_then(|text| text.into_string().ok());
    asked.and_then(|text| text.parse().ok()).unwrap_or(KILLS)
}

/// The program that imports one file; Cargo builds examples together with tests.
pub(crate) fn program() -> PathBuf {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    if path.ends_with("deps") {
        path.pop();
    }
    path.join("examples/import_once")
}

#[tokio::test]
async fn a_process_killed_at_any_moment_loses_and_doubles_nothing() {
    let text = purchases_csv(6_000, 700);
    let one_go = World::new().await;
    one_go.import(&purchases(), &text).await.unwrap();
    let wanted = texts(&one_go.rows().await, 1);

    let world = World::new().await;
    let plan = ImportPlan {
        enterprise: enterprise(),
        dataset: dataset(),
        mapping: purchases(),
    };
    let (plan_file, csv_file) = (world.dir.path().join("plan"), world.dir.path().join("csv"));
    std::fs::write(&plan_file, serde_json::to_vec(&plan).unwrap()).unwrap();
    std::fs::write(&csv_file, &text).unwrap();
    let command = || {
        let mut command = Command::new(program());
        command
            .arg(world.dir.path().join("lake"))
            .arg(world.dir.path().join("vault"))
            .args([&plan_file, &csv_file])
            .arg("250")
            .stderr(Stdio::null())
            .kill_on_drop(true);
        command
    };
    let random = SeededEntropy::new(7);
    let (mut killed, mut finished) = (0, 0);
    let mut longest = Duration::from_millis(400);
    while killed < kills() {
        let mut child = command().spawn().unwrap();
        let share = u32::try_from(random.next_u64() % 1_000).unwrap();
        let moment = longest * share / 1_000;
        // Not a wait for something to be so: the moment of the kill is what is drawn.
        match tokio::time::timeout(moment, child.wait()).await {
            Err(_still_running) => {
                child.kill().await.unwrap();
                killed += 1;
            }
            Ok(status) => {
                assert!(status.unwrap().success());
                finished += 1;
                // Begin again in an empty lake, and kill sooner.
                longest = longest * 3 / 4;
                let lake = world.reopened(|config| config).await;
                let rows = crate::support::rows(&lake, dataset()).await;
                assert_eq!(texts(&rows, 1), wanted, "after {killed} kills");
                std::fs::remove_dir_all(world.dir.path().join("lake")).unwrap();
            }
        }
    }
    let status = command().status().await.unwrap();
    assert!(
        status.success(),
        "after {killed} kills and {finished} whole runs"
    );
    let lake = world.reopened(|config| config).await;
    let again = crate::support::import(&lake, dataset(), &purchases(), &text)
        .await
        .unwrap();
    assert_eq!(
        (again.outcome, again.rows),
        (ImportOutcome::AlreadyImported, 6_000)
    );
    assert_eq!(
        texts(&crate::support::rows(&lake, dataset()).await, 1),
        wanted
    );
}
