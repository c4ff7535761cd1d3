use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream;
use yuntu_lake::{
    CancelToken, ImportOutcome, ImportPlan, Lake, LakeConfig, LakeError, Source, SourceFault,
};
use yuntu_terms::{
    DepositId, Digest, ErrorKind, MockClock, Region, SeededEntropy, SystemEntropy, clause,
};

use crate::damage::{self, flip};
use crate::s3;
use crate::secrecy::files_with;
use crate::support::{
    World, dataset, enterprise, id, import, now, purchases, purchases_csv, texts, vault,
};

const PAGE: usize = 1 << 20;
const LIMIT: u64 = 1 << 30;

/// Bytes that no two places have alike.
fn content(length: usize, seed: u64) -> Vec<u8> {
    let random = SeededEntropy::new(seed);
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        bytes.extend_from_slice(&random.next_u64().to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

fn below(random: &SeededEntropy, most: usize) -> usize {
    usize::try_from(random.next_u64() % most.max(1) as u64).unwrap()
}

/// Lays bytes down in pieces of any size, as they come over a network.
async fn lay(lake: &Lake, deposit: DepositId, bytes: &[u8]) -> Result<Digest, LakeError> {
    let random = SeededEntropy::new(bytes.len() as u64);
    let (mut pieces, mut rest) = (Vec::new(), bytes);
    while !rest.is_empty() {
        let (piece, others) = rest.split_at((1 + below(&random, 3 * PAGE / 2)).min(rest.len()));
        pieces.push(Ok(Bytes::copy_from_slice(piece)));
        rest = others;
    }
    let laid = lake
        .deposit(enterprise(), deposit, stream::iter(pieces), LIMIT)
        .await?;
    assert_eq!((laid.id, laid.bytes), (deposit, bytes.len() as u64));
    Ok(laid.digest)
}

async fn opened(lake: &Lake, deposit: DepositId) -> Result<Source, LakeError> {
    Ok(lake.open_deposit(enterprise(), deposit).await?.1)
}

/// Reads a range to its end, on a thread where that may block.
async fn read(source: &Source, at: usize, length: usize) -> std::io::Result<Vec<u8>> {
    let source = source.clone();
    let work = move || {
        let mut found = vec![0; length];
        let mut done = 0;
        while done < length {
            match source.read_at((at + done) as u64, &mut found[done..])? {
                0 => break,
                count => done += count,
            }
        }
        found.truncate(done);
        Ok(found)
    };
    tokio::task::spawn_blocking(work).await.unwrap()
}

async fn read_all(lake: &Lake, deposit: DepositId) -> Result<Vec<u8>, String> {
    let source = opened(lake, deposit)
        .await
        .map_err(|error| format!("{error:?}"))?;
    let length = usize::try_from(source.len()).unwrap();
    let all = read(&source, 0, length).await;
    all.map_err(|error| format!("{:?}", error.kind()))
}

async fn what_was_laid_down_is_read_from_any_position(lake: &Lake) {
    let random = SeededEntropy::new(3);
    let any = 3 * PAGE + below(&random, 7 * PAGE);
    let lengths = [1, PAGE - 1, PAGE, PAGE + 1, 8 * PAGE, 8 * PAGE + 1, any];
    for (number, length) in lengths.into_iter().enumerate() {
        let bytes = content(length, number as u64);
        let deposit = id(100 + number as u64);
        let digest = lay(lake, deposit, &bytes).await.unwrap();
        let wanted = <sha2::Sha256 as sha2::Digest>::digest(&bytes);
        assert_eq!(digest, Digest::new(wanted.into()));
        let source = opened(lake, deposit).await.unwrap();
        assert_eq!(source.len(), length as u64);
        assert!(read(&source, 0, length + 9).await.unwrap() == bytes);
        for _ in 0..60 {
            let at = below(&random, length + 3);
            let many = below(&random, 2 * PAGE);
            let wanted = &bytes[at.min(length)..(at + many).min(length)];
            let found = read(&source, at, many).await.unwrap();
            assert!(found == wanted, "{length}: {many} from {at}");
        }
    }
}

#[tokio::test]
async fn a_deposit_reads_like_the_file_that_was_laid_down() {
    let _mark = clause::check!(R22);
    what_was_laid_down_is_read_from_any_position(&World::new().await.lake).await;
}

#[tokio::test]
async fn a_deposit_on_storage_that_speaks_s3_does_what_one_in_a_folder_does() {
    let dir = tempfile::tempdir().unwrap();
    let settings = s3::server(&dir.path().join("s3")).await;
    let clock = MockClock::new(now());
    let vault = vault(&dir.path().join("vault"), &clock).await;
    let config = LakeConfig {
        prefix: "some/folder".into(),
        ..LakeConfig::s3(&settings, Region::CN).unwrap()
    };
    let lake = Lake::open(
        config,
        vault,
        Arc::new(clock.clone()),
        Arc::new(SystemEntropy),
    )
    .await
    .unwrap();
    what_was_laid_down_is_read_from_any_position(&lake).await;
    let text = purchases_csv(2_000, 60);
    let deposit = DepositId::generate(now(), &SystemEntropy).unwrap();
    lay(&lake, deposit, text.as_bytes()).await.unwrap();
    clock.advance(Duration::from_hours(2));
    let sweep = async |hours, awaited: &[DepositId]| {
        let awaited = awaited.iter().copied().collect();
        let swept = lake.sweep_deposits(Duration::from_hours(hours), &awaited);
        swept.await.unwrap()
    };
    // Those of the test above bear the first of all moments; the fresh one stays.
    assert_eq!(sweep(3, &[]).await, 7);
    assert_eq!(sweep(1, &[deposit]).await, 0, "an import waits for it");
    assert!(read_all(&lake, deposit).await.is_ok());
    assert_eq!(sweep(1, &[]).await, 1);
    assert!(read_all(&lake, deposit).await.is_err());
    assert_eq!(sweep(0, &[]).await, 0);
}

#[tokio::test]
async fn an_import_of_a_deposit_is_the_import_of_the_file() {
    let world = World::new().await;
    let text = purchases_csv(40_000, 900);
    let deposit = id(7);
    lay(&world.lake, deposit, text.as_bytes()).await.unwrap();
    let proposed = world
        .lake
        .propose(opened(&world.lake, deposit).await.unwrap())
        .await
        .unwrap();
    assert_eq!(proposed.mapping.columns.len(), 4);
    let plan = ImportPlan {
        enterprise: enterprise(),
        dataset: dataset(),
        mapping: purchases(),
    };
    let source = opened(&world.lake, deposit).await.unwrap();
    let report = world
        .lake
        .import(&plan, source, &|_progress| {}, &CancelToken::new())
        .await
        .unwrap();
    assert_eq!((report.rows, report.quarantined), (40_000, 0));
    let beside = World::new().await;
    beside.import(&purchases(), &text).await.unwrap();
    assert_eq!(
        texts(&world.rows().await, 1),
        texts(&beside.rows().await, 1)
    );
    let again = import(&world.lake, dataset(), &purchases(), &text).await;
    assert_eq!(again.unwrap().outcome, ImportOutcome::AlreadyImported);
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = damage::files(&folder.join("lake"), "");
    found.retain(|path| path.components().any(|part| part.as_os_str() == "deposits"));
    found
}

#[tokio::test]
async fn a_flipped_bit_anywhere_in_a_deposit_is_found() {
    let world = World::new().await;
    let bytes = content(2 * PAGE + 777, 1);
    lay(&world.lake, id(7), &bytes).await.unwrap();
    let files = files(world.dir.path());
    assert_eq!(files.len(), 2, "a sheet and the head");
    let random = SeededEntropy::new(5);
    for file in &files {
        let bits = usize::try_from(std::fs::metadata(file).unwrap().len()).unwrap() * 8;
        for round in 0..40 {
            // The first bits are the header of a page; they are tried one by one.
            let bit = if round < 16 {
                round * 3
            } else {
                below(&random, bits)
            };
            flip(file, bit);
            let found = read_all(&world.reopened(|config| config).await, id(7)).await;
            assert!(found.is_err(), "bit {bit} of {}", file.display());
            flip(file, bit);
        }
    }
    assert!(read_all(&world.lake, id(7)).await.unwrap() == bytes);
}

#[tokio::test]
async fn a_deposit_that_was_cut_moved_or_put_together_anew_does_not_read() {
    let world = World::new().await;
    let lake = &world.lake;
    let bytes = content(10 * PAGE, 1);
    lay(lake, id(7), &bytes).await.unwrap();
    lay(lake, id(8), &content(10 * PAGE, 2)).await.unwrap();
    let folder = |deposit: u64| {
        let deposit: DepositId = id(deposit);
        let below = format!("lake/{}/deposits/{deposit}", enterprise());
        world.dir.path().join(below)
    };
    let (first, second, head) = (
        folder(7).join("000000"),
        folder(7).join("000001"),
        folder(7).join("head"),
    );
    let kept = [&first, &second, &head].map(|file| std::fs::read(file).unwrap());
    let stride = kept[0].len() / 8;
    let pages = |sheet: &[u8], order: &[usize]| -> Vec<u8> {
        let page = |number: &usize| sheet[number * stride..(number + 1) * stride].to_vec();
        order.iter().flat_map(page).collect()
    };
    let others =
        ["000000", "000001", "head"].map(|name| std::fs::read(folder(8).join(name)).unwrap());
    let damages: [(&str, &Path, Vec<u8>); 9] = [
        (
            "a byte cut off",
            &second,
            kept[1][..kept[1].len() - 1].to_vec(),
        ),
        ("the last page cut off", &second, pages(&kept[1], &[0])),
        (
            "two pages exchanged",
            &first,
            pages(&kept[0], &[0, 2, 1, 3, 4, 5, 6, 7]),
        ),
        (
            "a page repeated",
            &first,
            pages(&kept[0], &[0, 1, 1, 3, 4, 5, 6, 7]),
        ),
        (
            "a page left out",
            &first,
            pages(&kept[0], &[0, 2, 3, 4, 5, 6, 7]),
        ),
        (
            "a sheet in another's place",
            &second,
            pages(&kept[0], &[0, 1]),
        ),
        ("a sheet of another deposit", &first, others[0].clone()),
        ("the head of another deposit", &head, others[2].clone()),
        ("nothing", &first, Vec::new()),
    ];
    for (what, file, damage) in damages {
        let before = std::fs::read(file).unwrap();
        std::fs::write(file, damage).unwrap();
        let found = read_all(&world.reopened(|config| config).await, id(7)).await;
        assert!(found.is_err(), "{what}");
        std::fs::write(file, before).unwrap();
    }
    for file in [&first, &second, &head] {
        let before = std::fs::read(file).unwrap();
        std::fs::remove_file(file).unwrap();
        assert!(read_all(lake, id(7)).await.is_err(), "{}", file.display());
        std::fs::write(file, before).unwrap();
    }
    assert!(read_all(lake, id(7)).await.unwrap() == bytes);
}

#[tokio::test]
async fn nothing_of_a_deposit_lies_about_in_plain_and_nothing_stays_of_one_that_broke_off() {
    let world = World::new().await;
    let lake = &world.lake;
    let text = "name,phone\nCanaryPerson,13912345678\n".repeat(60_000);
    lay(lake, id(7), text.as_bytes()).await.unwrap();
    assert_eq!(
        files_with(world.dir.path(), &["CanaryPerson", "13912345678"]),
        Vec::<PathBuf>::new()
    );
    lake.remove_deposit(enterprise(), id(7)).await.unwrap();

    let big = || Ok(Bytes::from(vec![b'x'; PAGE]));
    let broken = || Err(std::io::ErrorKind::ConnectionReset.into());
    let ended = |deposit: u64, pieces: Vec<std::io::Result<Bytes>>| {
        lake.deposit(
            enterprise(),
            id(deposit),
            stream::iter(pieces),
            11 * PAGE as u64,
        )
    };
    let error = ended(8, (0..12).map(|_| big()).collect())
        .await
        .unwrap_err();
    assert!(
        matches!(error, LakeError::Source(SourceFault::TooLarge(most)) if most == 11 * PAGE as u64),
        "{error:?}"
    );
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let mut pieces: Vec<_> = (0..10).map(|_| big()).collect();
    pieces.push(broken());
    let error = ended(9, pieces).await.unwrap_err();
    assert!(matches!(error, LakeError::Source(SourceFault::Read(_))));
    let error = ended(10, vec![Ok(Bytes::new())]).await.unwrap_err();
    assert!(matches!(error, LakeError::Source(SourceFault::Empty)));
    assert_eq!(files(world.dir.path()), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_removed_deposit_stays_unreadable_when_its_files_are_put_back() {
    let world = World::new().await;
    lay(&world.lake, id(7), &content(PAGE + 1, 1))
        .await
        .unwrap();
    let kept: Vec<_> = files(world.dir.path())
        .into_iter()
        .map(|file| (std::fs::read(&file).unwrap(), file))
        .collect();
    world
        .lake
        .remove_deposit(enterprise(), id(7))
        .await
        .unwrap();
    world
        .lake
        .remove_deposit(enterprise(), id(7))
        .await
        .unwrap();
    assert_eq!(files(world.dir.path()), Vec::<PathBuf>::new());
    for (bytes, file) in kept {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    }
    let found = opened(&world.reopened(|config| config).await, id(7)).await;
    assert!(
        matches!(&found, Err(LakeError::Source(SourceFault::Read(error))) if error.kind() == std::io::ErrorKind::NotFound),
        "{found:?}"
    );
    let other = world.lake.open_deposit(id(99), id(7)).await;
    assert!(other.is_err(), "another enterprise has no such deposit");
}
