use roaring::RoaringBitmap;
use yuntu_lake::{LakeConfig, LakeError};
use yuntu_terms::clause;
use yuntu_vault::{KeyScope, VaultError};

use crate::support::{
    World, dataset, enterprise, now, permit, purchases, purchases_csv, subjects_of,
};

#[tokio::test]
async fn erasing_some_people_removes_their_rows_their_files_and_the_keys() {
    let _mark = clause::check!(R26);
    let world = World::with(|config| LakeConfig {
        chunk_rows: 300,
        ..config
    })
    .await;
    world
        .import(&purchases(), purchases_csv(900, 100))
        .await
        .unwrap();
    let before = world
        .lake
        .snapshot(enterprise(), dataset())
        .await
        .unwrap()
        .unwrap();
    let all = world.rows().await;
    let erased = RoaringBitmap::from_iter([3, 4, 99]);
    let gone = subjects_of(&all)
        .iter()
        .filter(|subject| erased.contains(**subject))
        .count();
    assert!(gone > 0);
    let report = world
        .lake
        .rewrite_without(enterprise(), dataset(), &erased)
        .await
        .unwrap();
    assert_eq!(usize::try_from(report.rows_removed), Ok(gone));
    let left = world.rows().await;
    assert_eq!(left.num_rows(), 900 - gone);
    assert!(
        subjects_of(&left)
            .iter()
            .all(|subject| !erased.contains(*subject))
    );
    let after = world
        .lake
        .snapshot(enterprise(), dataset())
        .await
        .unwrap()
        .unwrap();
    let replaced: Vec<_> = before
        .parts
        .iter()
        .filter(|part| !after.parts.contains(part))
        .collect();
    assert_eq!(u64::try_from(replaced.len()), Ok(report.parts_replaced));
    for part in replaced {
        let key = world
            .vault
            .data_key_at(&KeyScope::Part(enterprise(), part.id), 1)
            .await;
        assert!(matches!(key, Err(VaultError::Destroyed)), "{key:?}");
        let scan = yuntu_lake::PartScan::columns(vec![0]);
        let read = world
            .lake
            .open_part(&permit(&before), &before, part, scan)
            .await;
        assert!(matches!(read, Err(LakeError::PartGone(_))));
    }
}

#[tokio::test]
async fn erasing_twice_is_erasing_once_and_needs_a_dataset() {
    let world = World::new().await;
    world
        .import(&purchases(), purchases_csv(100, 10))
        .await
        .unwrap();
    let erased = RoaringBitmap::from_iter([3]);
    world
        .lake
        .rewrite_without(enterprise(), dataset(), &erased)
        .await
        .unwrap();
    let again = world
        .lake
        .rewrite_without(enterprise(), dataset(), &erased)
        .await
        .unwrap();
    assert_eq!((again.parts_replaced, again.rows_removed), (0, 0));
    let nobody = world
        .lake
        .rewrite_without(enterprise(), crate::support::id(66), &erased)
        .await;
    assert!(matches!(nobody, Err(LakeError::NoDataset(_))));
}

#[tokio::test]
async fn erasing_reaches_parts_that_were_merged_and_wait_to_be_destroyed() {
    let few = |config| LakeConfig {
        chunk_rows: 100,
        parts_per_bucket: 4,
        ..config
    };
    let world = World::with(few).await;
    world
        .import(&purchases(), purchases_csv(1_000, 50))
        .await
        .unwrap();
    world
        .lake
        .rewrite_without(enterprise(), dataset(), &RoaringBitmap::from_iter([7]))
        .await
        .unwrap();
    let folder = format!("lake/{}/datasets/{}/parts", enterprise(), dataset());
    assert_eq!(
        std::fs::read_dir(world.dir.path().join(folder))
            .unwrap()
            .count(),
        1
    );
}

#[tokio::test]
async fn a_file_that_was_being_written_when_the_process_died_is_cleared_away() {
    let world = World::new().await;
    world
        .import(&purchases(), purchases_csv(100, 10))
        .await
        .unwrap();
    let folder = world
        .dir
        .path()
        .join(format!("lake/{}/datasets/{}", enterprise(), dataset()));
    let staged = folder.join("manifest.json#123000001");
    std::fs::write(&staged, "half").unwrap();
    world.clock.set("2020-01-01T00:00:00Z".parse().unwrap());
    assert_eq!(world.lake.collect().await.unwrap().orphans, 0);
    world.clock.set(now());
    assert_eq!(world.lake.collect().await.unwrap().orphans, 1);
    assert!(!staged.exists());
    assert_eq!(world.rows().await.num_rows(), 100);
}
