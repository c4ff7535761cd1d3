use std::path::{Path, PathBuf};

use yuntu_lake::{IdentifierKind, LakeError};
use yuntu_terms::{MockClock, Pii, SeededEntropy};

use crate::support::{
    World, dataset, enterprise, import, now, open, purchases, purchases_csv, texts, try_rows, vault,
};

pub(crate) fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

pub(crate) fn flip(path: &Path, bit: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[bit / 8] ^= 1 << (bit % 8);
    std::fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn a_flipped_bit_in_a_part_is_found_and_never_read_as_data() {
    let world = World::new().await;
    world
        .import(&purchases(), purchases_csv(400, 40))
        .await
        .unwrap();
    let wanted = texts(&world.rows().await, 1);
    let [part] = files(world.dir.path(), ".parquet").try_into().unwrap();
    let bits = usize::try_from(std::fs::metadata(&part).unwrap().len()).unwrap() * 8;
    let random = SeededEntropy::new(5);
    let mut refused = 0;
    for round in 0..120 {
        let bit = usize::try_from(random.next_u64()).unwrap() % bits;
        flip(&part, bit);
        let lake = world.reopened(|config| config).await;
        let verified = lake.verify(enterprise(), dataset()).await;
        assert!(
            matches!(verified, Err(LakeError::Damaged { .. })),
            "round {round} bit {bit}"
        );
        match try_rows(&lake, dataset()).await {
            // Bits that no reader looks at may flip, but what is read is what was written.
            Ok(rows) => assert_eq!(texts(&rows, 1), wanted, "round {round} bit {bit}"),
            Err(LakeError::Damaged { .. }) => refused += 1,
            Err(other) => panic!("round {round} bit {bit}: {other:?}"),
        }
        flip(&part, bit);
    }
    assert!(refused > 100, "{refused}");
}

#[tokio::test]
async fn a_cut_or_missing_part_is_told() {
    let world = World::new().await;
    world
        .import(&purchases(), purchases_csv(400, 40))
        .await
        .unwrap();
    let [part] = files(world.dir.path(), ".parquet").try_into().unwrap();
    let bytes = std::fs::read(&part).unwrap();
    for len in [0, 1, 8, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&part, &bytes[..len]).unwrap();
        let read = try_rows(&world.reopened(|config| config).await, dataset()).await;
        assert!(
            matches!(read, Err(LakeError::Damaged { .. })),
            "{len}: {read:?}"
        );
    }
    std::fs::remove_file(&part).unwrap();
    let read = try_rows(&world.lake, dataset()).await;
    assert!(matches!(read, Err(LakeError::PartGone(_))), "{read:?}");
}

#[tokio::test]
async fn a_changed_manifest_is_refused() {
    let world = World::new().await;
    world
        .import(&purchases(), purchases_csv(50, 5))
        .await
        .unwrap();
    for manifest in files(world.dir.path(), "manifest.json") {
        let bytes = std::fs::read(&manifest).unwrap();
        let random = SeededEntropy::new(6);
        for _ in 0..40 {
            let bit = usize::try_from(random.next_u64()).unwrap() % (bytes.len() * 8);
            flip(&manifest, bit);
            let lake = world.reopened(|config| config).await;
            let result = match lake.snapshot(enterprise(), dataset()).await {
                Ok(_) => lake.identities(enterprise()).await.map(|_map| ()),
                Err(error) => Err(error),
            };
            assert!(
                matches!(result, Err(LakeError::Damaged { .. })),
                "bit {bit}: {result:?}"
            );
            std::fs::write(&manifest, &bytes).unwrap();
        }
    }
}

#[tokio::test]
async fn a_damaged_identity_segment_is_refused() {
    let world = World::new().await;
    world
        .import(&purchases(), purchases_csv(50, 5))
        .await
        .unwrap();
    let segment = std::fs::read_dir(
        world
            .dir
            .path()
            .join(format!("lake/{}/identity/segments", enterprise())),
    );
    let segment = segment.unwrap().next().unwrap().unwrap().path();
    flip(&segment, 400);
    let lake = world.reopened(|config| config).await;
    let member = Pii::new("m1".to_owned());
    let result = lake
        .resolve(enterprise(), &IdentifierKind::MemberId, &member)
        .await;
    assert!(
        matches!(result, Err(LakeError::Damaged { .. })),
        "{result:?}"
    );
}

#[tokio::test]
async fn another_key_opens_nothing() {
    let world = World::new().await;
    world
        .import(&purchases(), purchases_csv(50, 5))
        .await
        .unwrap();
    let stranger = vault(&world.dir.path().join("other"), &MockClock::new(now())).await;
    let folder = world.dir.path().join("lake");
    let lake = open(&folder, &stranger, &world.clock, |config| config).await;
    let result = lake.snapshot(enterprise(), dataset()).await;
    assert!(
        matches!(result, Err(LakeError::Damaged { .. })),
        "{result:?}"
    );
    let result = import(&lake, dataset(), &purchases(), purchases_csv(5, 5)).await;
    assert!(
        matches!(result, Err(LakeError::Damaged { .. })),
        "{result:?}"
    );
}

#[tokio::test]
async fn a_part_in_the_place_of_another_does_not_open() {
    let world = World::new().await;
    world
        .import(&purchases(), purchases_csv(50, 5))
        .await
        .unwrap();
    world
        .import(&purchases(), purchases_csv(51, 5))
        .await
        .unwrap();
    let [one, two] = files(world.dir.path(), ".parquet").try_into().unwrap();
    std::fs::copy(&one, &two).unwrap();
    let read = try_rows(&world.reopened(|config| config).await, dataset()).await;
    assert!(matches!(read, Err(LakeError::Damaged { .. })), "{read:?}");
}
