use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::datatypes::{Int64Type, UInt32Type};
use futures::TryStreamExt;
use yuntu_lake::{LakeConfig, LakeError, PartScan, Predicate};
use yuntu_policy::RecordedPermit;
use yuntu_terms::{ColumnClass, SubjectId, clause};
use yuntu_vault::KeyScope;

use crate::support::{
    World, dataset, enterprise, id, now, permit, permit_of, purchases, purchases_csv, subjects_of,
};

async fn world() -> World {
    let world = World::with(|config| LakeConfig {
        row_group_rows: 200,
        ..config
    })
    .await;
    world
        .import(&purchases(), purchases_csv(4_000, 300))
        .await
        .unwrap();
    world
}

async fn read(
    world: &World,
    permit: &RecordedPermit,
    scan: PartScan,
) -> Result<Vec<RecordBatch>, LakeError> {
    let snapshot = world.lake.snapshot(enterprise(), dataset()).await?.unwrap();
    let part = &snapshot.parts[0];
    world
        .lake
        .open_part(permit, &snapshot, part, scan)
        .await?
        .try_collect()
        .await
}

async fn full_permit(world: &World) -> RecordedPermit {
    permit(
        &world
            .lake
            .snapshot(enterprise(), dataset())
            .await
            .unwrap()
            .unwrap(),
    )
}

#[tokio::test]
async fn a_permit_that_does_not_open_the_dataset_or_the_column_is_refused() {
    let _mark = clause::check!(U4);
    let world = world().await;
    let amount = || vec![("amount", ColumnClass::Personal)];
    let refused = |result: Result<Vec<RecordBatch>, LakeError>| {
        assert!(
            matches!(result, Err(LakeError::NotPermitted { .. })),
            "{result:?}"
        );
    };
    let other_dataset = permit_of(enterprise(), id(77), amount());
    refused(read(&world, &other_dataset, PartScan::columns(vec![3])).await);
    let other_enterprise = permit_of(id(78), dataset(), amount());
    refused(read(&world, &other_enterprise, PartScan::columns(vec![3])).await);
    let permit = permit_of(enterprise(), dataset(), amount());
    refused(read(&world, &permit, PartScan::columns(vec![2, 3])).await);
    let peek = Predicate::new(vec![2], |batch| {
        Ok(BooleanArray::from(vec![true; batch.num_rows()]))
    });
    let scan = PartScan {
        predicates: vec![peek],
        ..PartScan::columns(vec![3])
    };
    refused(read(&world, &permit, scan).await);
    assert!(
        !read(&world, &permit, PartScan::columns(vec![0, 3]))
            .await
            .unwrap()
            .is_empty()
    );
    let none = read(&world, &permit, PartScan::columns(vec![9])).await;
    assert!(matches!(none, Err(LakeError::NoColumn)), "{none:?}");
    world.clock.set(now().plus_days(1));
    let late = read(&world, &permit, PartScan::columns(vec![3])).await;
    assert!(
        matches!(late, Err(LakeError::PermitExpired { .. })),
        "{late:?}"
    );
}

#[tokio::test]
async fn a_look_up_of_one_person_reads_only_where_that_person_may_be() {
    let world = world().await;
    let permit = full_permit(&world).await;
    let snapshot = world
        .lake
        .snapshot(enterprise(), dataset())
        .await
        .unwrap()
        .unwrap();
    let part = &snapshot.parts[0];
    let everything = subjects_of(&world.rows().await);
    for subject in [0_u32, 1, 150, 299] {
        let selection = part.rows_of(SubjectId::new(subject));
        let covered: u64 = selection.iter().map(|range| range.end - range.start).sum();
        assert!(covered <= 800, "{covered}");
        let seen = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&seen);
        let is_subject = Predicate::new(vec![0], move |batch: RecordBatch| {
            counter.fetch_add(batch.num_rows(), Ordering::SeqCst);
            let subjects = batch.column(0).as_primitive::<UInt32Type>();
            Ok(subjects
                .iter()
                .map(|found| Some(found == Some(subject)))
                .collect())
        });
        let scan = PartScan {
            selection: Some(selection),
            predicates: vec![is_subject],
            ..PartScan::columns(vec![0, 3])
        };
        let batches = read(&world, &permit, scan).await.unwrap();
        let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        assert_eq!(
            rows,
            everything.iter().filter(|found| **found == subject).count()
        );
        assert_eq!(u64::try_from(seen.load(Ordering::SeqCst)), Ok(covered));
    }
    assert!(part.rows_of(SubjectId::new(300)).is_empty());
}

#[tokio::test]
async fn each_predicate_sees_only_what_the_ones_before_let_pass() {
    let world = world().await;
    let permit = full_permit(&world).await;
    let even = Predicate::new(vec![0], |batch: RecordBatch| {
        let subjects = batch.column(0).as_primitive::<UInt32Type>();
        Ok(subjects
            .iter()
            .map(|found| found.map(|found| found % 2 == 0))
            .collect())
    });
    let seen = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&seen);
    let large = Predicate::new(vec![3], move |batch: RecordBatch| {
        counter.fetch_add(batch.num_rows(), Ordering::SeqCst);
        let amounts = batch.column(0).as_primitive::<Int64Type>();
        Ok(amounts
            .iter()
            .map(|amount| amount.map(|amount| amount >= 2_000))
            .collect())
    });
    let scan = PartScan {
        predicates: vec![even, large],
        ..PartScan::columns(vec![0, 3])
    };
    let batches = read(&world, &permit, scan).await.unwrap();
    let all = subjects_of(&world.rows().await);
    let even_rows = all.iter().filter(|subject| *subject % 2 == 0).count();
    assert_eq!(seen.load(Ordering::SeqCst), even_rows);
    for batch in &batches {
        assert!(subjects_of(batch).iter().all(|subject| subject % 2 == 0));
        let amounts = batch.column(1).as_primitive::<Int64Type>();
        assert!(amounts.iter().flatten().all(|amount| amount >= 2_000));
    }
    assert!(batches.iter().map(RecordBatch::num_rows).sum::<usize>() > 500);
}

#[tokio::test]
async fn a_predicate_that_fails_is_not_taken_for_damage() {
    let world = world().await;
    let permit = full_permit(&world).await;
    let fails = Predicate::new(vec![0], |_batch| {
        Err(arrow::error::ArrowError::ComputeError("no".to_owned()))
    });
    let scan = PartScan {
        predicates: vec![fails],
        ..PartScan::columns(vec![0])
    };
    let result = read(&world, &permit, scan).await;
    assert!(matches!(result, Err(LakeError::Columns(_))), "{result:?}");
}

#[tokio::test]
async fn rows_can_be_counted_without_any_column() {
    let world = world().await;
    let permit = full_permit(&world).await;
    let batches = read(&world, &permit, PartScan::columns(Vec::new()))
        .await
        .unwrap();
    assert_eq!(
        batches.iter().map(RecordBatch::num_rows).sum::<usize>(),
        4_000
    );
    let scan = PartScan {
        selection: Some(vec![5..10, 100..101]),
        ..PartScan::columns(vec![0])
    };
    let batches = read(&world, &permit, scan).await.unwrap();
    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 6);
    for bad in [vec![5..10, 7..8], vec![1..2, 3_999..4_001]] {
        let scan = PartScan {
            selection: Some(bad),
            ..PartScan::columns(vec![0])
        };
        let result = read(&world, &permit, scan).await;
        assert!(matches!(result, Err(LakeError::NoRows)), "{result:?}");
    }
}

#[tokio::test]
async fn the_distinct_subjects_are_those_of_the_rows() {
    let world = world().await;
    let permit = full_permit(&world).await;
    let snapshot = world
        .lake
        .snapshot(enterprise(), dataset())
        .await
        .unwrap()
        .unwrap();
    let found = world.lake.subjects(&permit, &snapshot).await.unwrap();
    let wanted: roaring::RoaringBitmap = subjects_of(&world.rows().await).into_iter().collect();
    assert_eq!(found, wanted);
}

#[tokio::test]
async fn a_snapshot_has_a_digest_that_changes_with_its_parts() {
    let world = world().await;
    let before = world
        .lake
        .snapshot(enterprise(), dataset())
        .await
        .unwrap()
        .unwrap();
    let same = world
        .lake
        .snapshot(enterprise(), dataset())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(before, same);
    world
        .import(&purchases(), purchases_csv(10, 3))
        .await
        .unwrap();
    let after = world
        .lake
        .snapshot(enterprise(), dataset())
        .await
        .unwrap()
        .unwrap();
    assert_ne!(before.digest, after.digest);
    assert!(after.version > before.version);
}

#[tokio::test]
async fn what_memory_knows_of_a_part_ends_with_its_key() {
    let world = World::new().await;
    world
        .import(&purchases(), purchases_csv(300, 30))
        .await
        .unwrap();
    let snapshot = world.lake.snapshot(enterprise(), dataset()).await;
    let snapshot = snapshot.unwrap().unwrap();
    let permit = permit(&snapshot);
    let first = world.lake.subjects(&permit, &snapshot).await.unwrap();
    let again = world.lake.subjects(&permit, &snapshot).await.unwrap();
    assert_eq!((first.len(), again), (30, first.clone()));
    // By another process, so to speak: this lake is not told.
    let scope = KeyScope::Part(enterprise(), snapshot.parts[0].id);
    world.vault.destroy(&scope).await.unwrap();
    let gone = world.lake.subjects(&permit, &snapshot).await;
    assert!(matches!(gone, Err(LakeError::PartGone(_))), "{gone:?}");
}
