use yuntu_lake::{DatasetSnapshot, LakeConfig};

use crate::support::{
    World, dataset, enterprise, now, purchases, purchases_csv, subjects_of, texts, try_rows,
};

async fn snapshot(world: &World) -> DatasetSnapshot {
    let found = world.lake.snapshot(enterprise(), dataset()).await;
    found.unwrap().unwrap()
}

#[tokio::test]
async fn parts_are_merged_in_groups_that_memory_has_room_for() {
    const GROUP: usize = 160 << 10;
    let few = |config| LakeConfig {
        chunk_rows: 100,
        parts_per_bucket: 4,
        merged_bytes: GROUP,
        ..config
    };
    let world = World::with(few).await;
    let text = purchases_csv(8_000, 50);
    world.import(&purchases(), &text).await.unwrap();
    let merged = snapshot(&world).await;
    assert!((2..20).contains(&merged.parts.len()), "{merged:?}");
    let rows = world.rows().await;
    // No part takes more memory than a group may, by what all of them take together.
    let each = rows.get_array_memory_size() / rows.num_rows();
    for part in &merged.parts {
        let rows = usize::try_from(part.rows).unwrap();
        assert!(rows * each < GROUP, "{part:?} of {each} bytes a row");
    }
    let one_go = World::new().await;
    one_go.import(&purchases(), &text).await.unwrap();
    assert_eq!(texts(&rows, 0), texts(&one_go.rows().await, 0));
    // Parts that fill a group are left alone, so that the next delivery does not write everything anew.
    let next = purchases_csv(8_200, 50);
    world.import(&purchases(), &next).await.unwrap();
    let again = snapshot(&world).await;
    let kept = merged
        .parts
        .iter()
        .filter(|part| again.parts.contains(part));
    assert!(kept.count() + 2 >= merged.parts.len(), "{again:?}");
}

#[tokio::test]
async fn many_small_parts_are_merged_and_the_old_ones_stay_readable_for_a_while() {
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
    let merged = world
        .lake
        .snapshot(enterprise(), dataset())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(merged.parts.len(), 1);
    let rows = world.rows().await;
    assert!(subjects_of(&rows).is_sorted());
    let one_go = World::new().await;
    one_go
        .import(&purchases(), purchases_csv(1_000, 50))
        .await
        .unwrap();
    assert_eq!(texts(&rows, 0), texts(&one_go.rows().await, 0));
    let parts = || {
        let folder = format!("lake/{}/datasets/{}/parts", enterprise(), dataset());
        std::fs::read_dir(world.dir.path().join(folder))
            .unwrap()
            .count()
    };
    assert_eq!(parts(), 11);
    assert_eq!(world.lake.collect().await.unwrap().retired, 0);
    world.clock.set(now().plus_days(2));
    assert_eq!(world.lake.collect().await.unwrap().retired, 10);
    assert_eq!(parts(), 1);
    world.clock.set(now());
    assert_eq!(
        try_rows(&world.lake, dataset()).await.unwrap().num_rows(),
        1_000
    );
}
