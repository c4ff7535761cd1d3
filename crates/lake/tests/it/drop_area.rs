use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use yuntu_lake::{DropArea, LakeError, PathFault, SourceFault};
use yuntu_terms::{EnterpriseId, clause};

use crate::s3;
use crate::support::{World, enterprise, id, purchases, purchases_csv, rows};

fn fault<T: std::fmt::Debug>(found: Result<T, LakeError>) -> PathFault {
    match found {
        Err(LakeError::Source(SourceFault::Path(fault))) => fault,
        other => panic!("{other:?}"),
    }
}

async fn both(area: &DropArea, path: &str) -> [PathFault; 2] {
    [
        fault(area.list(enterprise(), path).await),
        fault(area.open(enterprise(), path).await),
    ]
}

fn write(root: &Path, enterprise: EnterpriseId, path: &str, text: &str) {
    let file = root.join(enterprise.to_string()).join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

/// What holds wherever the area lies.
async fn an_enterprise_reaches_its_own_folder_only(area: &DropArea, root: &Path) {
    let other: EnterpriseId = id(99);
    for path in [
        "b/2.csv",
        "b/1.csv",
        "b/deep/0.csv",
        "a.csv",
        "订单/三月.csv",
        "b/.part.csv",
    ] {
        write(root, enterprise(), path, &purchases_csv(10, 3));
    }
    write(root, other, "theirs.csv", "member\n1\n");
    let list = async |path: &str| area.list(enterprise(), path).await.unwrap();
    assert_eq!(list("a.csv").await, ["a.csv"]);
    assert_eq!(list("b").await, ["b/1.csv", "b/2.csv", "b/deep/0.csv"]);
    assert_eq!(list("b/").await, list("b").await);
    assert_eq!(list("订单/").await, ["订单/三月.csv"]);
    for outside in [
        "",
        "/",
        ".",
        "..",
        "../",
        "/etc/passwd",
        "b/../../x",
        &format!("../{other}/theirs.csv"),
        &format!("b/../../{other}/theirs.csv"),
        "b//1.csv",
        "b/./1.csv",
        "b\\..\\1.csv",
        "b/\0",
        "b/\n1.csv",
        &"x".repeat(2_000),
    ] {
        assert_eq!(
            both(area, outside).await,
            [PathFault::Outside; 2],
            "{outside:?}"
        );
    }
    let nothing = PathFault::Nothing;
    assert_eq!(both(area, "theirs.csv").await, [nothing, nothing]);
    assert_eq!(fault(area.list(id(55), "a.csv").await), nothing);
    assert_eq!(
        area.list(other, "theirs.csv").await.unwrap(),
        ["theirs.csv"]
    );
    let world = World::new().await;
    let source = area.open(enterprise(), "订单/三月.csv").await.unwrap();
    let plan = yuntu_lake::ImportPlan {
        enterprise: enterprise(),
        dataset: crate::support::dataset(),
        mapping: purchases(),
    };
    let cancel = yuntu_lake::CancelToken::new();
    world
        .lake
        .import(&plan, source, &|_| {}, &cancel)
        .await
        .unwrap();
    assert_eq!(rows(&world.lake, plan.dataset).await.num_rows(), 10);
}

#[tokio::test]
async fn a_folder_is_a_drop_area_of_which_each_enterprise_reaches_its_own_part() {
    let _mark = clause::check!(R23);
    let dir = tempfile::tempdir().unwrap();
    let area = DropArea::folder(dir.path()).unwrap();
    an_enterprise_reaches_its_own_folder_only(&area, dir.path()).await;
}

#[tokio::test]
async fn storage_that_speaks_s3_is_one_as_well() {
    let dir = tempfile::tempdir().unwrap();
    let settings = s3::server(dir.path()).await;
    let area = DropArea::s3(&settings, "in/coming").unwrap();
    let root = dir.path().join("lake/in/coming");
    an_enterprise_reaches_its_own_folder_only(&area, &root).await;
}

#[tokio::test]
async fn links_and_what_is_no_plain_file_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let area = DropArea::folder(dir.path()).unwrap();
    let (own, other) = (enterprise(), id(99));
    write(dir.path(), own, "a.csv", "member\n1\n");
    write(dir.path(), own, "sub/b.csv", "member\n1\n");
    write(dir.path(), other, "theirs.csv", "member\n1\n");
    let theirs = dir.path().join(other.to_string());
    let folder = dir.path().join(own.to_string());
    symlink(theirs.join("theirs.csv"), folder.join("link.csv")).unwrap();
    symlink(&theirs, folder.join("folder")).unwrap();
    symlink(folder.join("a.csv"), folder.join("inside.csv")).unwrap();
    for path in ["link.csv", "folder/theirs.csv", "inside.csv"] {
        assert_eq!(both(&area, path).await, [PathFault::Link; 2], "{path}");
    }
    assert_eq!(fault(area.list(own, "folder").await), PathFault::Link);
    fs::hard_link(theirs.join("theirs.csv"), folder.join("hard.csv")).unwrap();
    assert_eq!(fault(area.open(own, "hard.csv").await), PathFault::Link);
    assert_eq!(fault(area.open(own, "sub").await), PathFault::Link);
    let made = std::process::Command::new("mkfifo")
        .arg(folder.join("sub/pipe"))
        .status();
    assert!(made.unwrap().success());
    assert_eq!(both(&area, "sub/pipe").await, [PathFault::Link; 2]);
    assert_eq!(fault(area.list(own, "sub").await), PathFault::Link);
    fs::remove_file(folder.join("sub/pipe")).unwrap();
    assert_eq!(area.list(own, "sub").await.unwrap(), ["sub/b.csv"]);
    // The folder of an enterprise is no link either.
    let third: EnterpriseId = id(77);
    symlink(&theirs, dir.path().join(third.to_string())).unwrap();
    assert_eq!(fault(area.open(third, "theirs.csv").await), PathFault::Link);
}
