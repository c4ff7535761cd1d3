use std::fmt::Write as _;
use std::io::{Read, Seek, SeekFrom};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use yuntu_lake::{
    CancelToken, ColumnType, ImportOutcome, ImportPlan, LakeConfig, LakeError, Progress, Source,
    SourceFault,
};
use yuntu_terms::DatasetId;

use crate::support::{
    World, dataset, enterprise, id, import, purchases, purchases_csv, rows, source, texts,
};

fn in_chunks(config: LakeConfig) -> LakeConfig {
    LakeConfig {
        chunk_rows: 100,
        ..config
    }
}

#[tokio::test]
async fn importing_a_file_twice_does_nothing_and_says_so() {
    let world = World::new().await;
    let text = purchases_csv(500, 50);
    let first = world.import(&purchases(), &text).await.unwrap();
    assert_eq!(first.outcome, ImportOutcome::Imported);
    let again = world.import(&purchases(), &text).await.unwrap();
    assert_eq!(again.outcome, ImportOutcome::AlreadyImported);
    assert_eq!(
        (again.rows, again.version, again.import),
        (500, first.version, first.import)
    );
    assert_eq!(world.rows().await.num_rows(), 500);
}

#[tokio::test]
async fn another_file_or_another_dataset_is_another_import() {
    let world = World::new().await;
    world
        .import(&purchases(), purchases_csv(10, 5))
        .await
        .unwrap();
    let more = world
        .import(&purchases(), purchases_csv(11, 5))
        .await
        .unwrap();
    assert_eq!(more.outcome, ImportOutcome::Imported);
    assert_eq!(world.rows().await.num_rows(), 21);
    let other: DatasetId = id(9);
    let report = import(&world.lake, other, &purchases(), purchases_csv(10, 5))
        .await
        .unwrap();
    assert_eq!(report.outcome, ImportOutcome::Imported);
    assert_eq!(rows(&world.lake, other).await.num_rows(), 10);
}

#[tokio::test]
async fn a_mapping_that_makes_other_columns_is_refused_and_changes_nothing() {
    let world = World::new().await;
    world
        .import(&purchases(), purchases_csv(10, 5))
        .await
        .unwrap();
    let mut other = purchases();
    other.columns[3].column_type = ColumnType::Text;
    let refused = world.import(&other, purchases_csv(12, 5)).await;
    assert!(matches!(refused, Err(LakeError::SchemaMismatch(found)) if found == dataset()));
    assert_eq!(world.rows().await.num_rows(), 10);
}

#[tokio::test]
async fn a_cancelled_import_goes_on_where_it_stopped() {
    let world = World::with(in_chunks).await;
    let text = purchases_csv(1_000, 100);
    let plan = ImportPlan {
        enterprise: enterprise(),
        dataset: dataset(),
        mapping: purchases(),
    };
    let cancel = CancelToken::new();
    let stop = cancel.clone();
    let seen = Mutex::new(Vec::new());
    let progress = |progress: Progress| {
        seen.lock().unwrap().push(progress);
        stop.cancel();
    };
    let cancelled = world
        .lake
        .import(&plan, source(&text), &progress, &cancel)
        .await;
    assert!(matches!(cancelled, Err(LakeError::Cancelled)));
    let committed = world.rows().await.num_rows();
    assert!((100..1_000).contains(&committed), "{committed}");
    let last = seen.lock().unwrap().last().copied().unwrap();
    assert_eq!(usize::try_from(last.rows), Ok(committed));
    assert!(last.bytes_done < last.bytes_total);
    let report = world.import(&purchases(), &text).await.unwrap();
    assert_eq!(
        (report.outcome, report.rows),
        (ImportOutcome::Resumed, 1_000)
    );
    let one_go = World::new().await;
    one_go.import(&purchases(), &text).await.unwrap();
    assert_eq!(
        texts(&world.rows().await, 1),
        texts(&one_go.rows().await, 1)
    );
}

#[tokio::test]
async fn another_file_comes_in_between_two_chunks_of_a_long_one() {
    let world = World::with(in_chunks).await;
    let plan = ImportPlan {
        enterprise: enterprise(),
        dataset: dataset(),
        mapping: purchases(),
    };
    let long = purchases_csv(3_000, 100);
    let (reached, cancel) = (AtomicU64::new(0), CancelToken::new());
    let progress = |progress: Progress| reached.store(progress.rows, Ordering::SeqCst);
    let importing = world.lake.import(&plan, source(&long), &progress, &cancel);
    let other = async {
        while reached.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        let done = world.import(&purchases(), purchases_csv(11, 5)).await;
        (done.unwrap().rows, reached.load(Ordering::SeqCst))
    };
    let (long, (short, at)) = tokio::join!(importing, other);
    assert_eq!((long.unwrap().rows, short), (3_000, 11));
    assert!(at < 3_000, "it waited for the end of the long one");
    assert_eq!(world.rows().await.num_rows(), 3_011);
}

/// A file that somebody changes when it has been read so many times.
struct Changing {
    bytes: std::io::Cursor<Vec<u8>>,
    reads_left: Arc<AtomicU64>,
}

impl Read for Changing {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.reads_left.fetch_sub(1, Ordering::SeqCst) == 0 {
            let last = self.bytes.get_ref().len() - 2;
            self.bytes.get_mut()[last] = b'7';
        }
        self.bytes.read(buffer)
    }
}

impl Seek for Changing {
    fn seek(&mut self, position: SeekFrom) -> std::io::Result<u64> {
        self.bytes.seek(position)
    }
}

#[tokio::test]
async fn a_file_that_changes_while_it_is_read_is_never_done() {
    let world = World::new().await;
    let bytes = std::io::Cursor::new("member,at,product,amount\na,2026-01-01,x,1\n".into());
    // Two reads find the digest; the change comes before the rows are read.
    let reads_left = Arc::new(AtomicU64::new(2));
    let source = Source::new(Box::new(Changing { bytes, reads_left })).unwrap();
    let plan = ImportPlan {
        enterprise: enterprise(),
        dataset: dataset(),
        mapping: purchases(),
    };
    let result = world
        .lake
        .import(&plan, source, &|_| {}, &CancelToken::new())
        .await;
    assert!(
        matches!(result, Err(LakeError::Source(SourceFault::Changed))),
        "{result:?}"
    );
    assert!(
        world
            .lake
            .snapshot(enterprise(), dataset())
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn two_processes_that_import_one_file_at_once_load_it_once() {
    let world = World::with(in_chunks).await;
    let other = world.reopened(in_chunks).await;
    let text = purchases_csv(1_000, 100);
    let mapping = purchases();
    let (a, b) = tokio::join!(
        import(&world.lake, dataset(), &mapping, &text),
        import(&other, dataset(), &mapping, &text)
    );
    // One may be told that another writer is at work; whoever then begins again finds everything done.
    for result in [a, b] {
        assert!(
            matches!(result, Ok(_) | Err(LakeError::Contended)),
            "{result:?}"
        );
    }
    world.import(&mapping, &text).await.unwrap();
    let one_go = World::new().await;
    one_go.import(&mapping, &text).await.unwrap();
    assert_eq!(
        texts(&world.rows().await, 1),
        texts(&one_go.rows().await, 1)
    );
}

#[tokio::test]
async fn two_processes_that_load_new_people_at_once_give_no_number_twice() {
    let world = World::with(in_chunks).await;
    let other = world.reopened(in_chunks).await;
    let (one, two): (DatasetId, DatasetId) = (id(21), id(22));
    let text = |offset: usize| {
        let mut text = "member,at,product,amount\n".to_owned();
        for row in 0..400 {
            writeln!(text, "m{},2026-01-01,x,{row}", row + offset).unwrap();
        }
        text
    };
    let mapping = purchases();
    let (a, b) = tokio::join!(
        import(&world.lake, one, &mapping, text(0)),
        import(&other, two, &mapping, text(200))
    );
    a.unwrap();
    b.unwrap();
    let map = world.lake.identities(enterprise()).await.unwrap();
    assert_eq!((map.identifiers, map.numbers_given), (600, 600));
    assert_eq!(other.numbers_given(enterprise()).await.unwrap(), 600);
    let first: std::collections::BTreeSet<_> =
        crate::support::subjects_of(&rows(&world.lake, one).await)
            .into_iter()
            .collect();
    let second: std::collections::BTreeSet<_> =
        crate::support::subjects_of(&rows(&other, two).await)
            .into_iter()
            .collect();
    assert_eq!(first.intersection(&second).count(), 200);
}
