use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use arrow::array::RecordBatch;
use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use roaring::RoaringBitmap;
use yuntu_lake::{ImportOutcome, Lake, LakeConfig, LakeError};

use crate::support::{
    World, dataset, enterprise, import, purchases, purchases_csv, rows, subjects_of, texts,
};

/// When a write fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    /// The process dies before the write.
    Before,
    /// The write is done, but the answer never comes, and then the process dies.
    After,
    /// The disk is full: this write fails and all that follow.
    Full,
    /// The write is done, the answer is lost, and the process lives on.
    LostAnswer,
    /// Nothing fails, but another process takes somebody out of the dataset just before.
    Erasure,
}

/// Whom another process takes out.
const ERASED: u32 = 7;

/// A store whose writes fail from some step on.
#[derive(Debug)]
struct Failing {
    inner: Arc<dyn ObjectStore>,
    failure: Failure,
    steps_left: AtomicU64,
    dead: AtomicBool,
    /// The other process, and how many rows it has taken out.
    other: Option<Lake>,
    taken_out: AtomicU64,
}

impl Failing {
    fn new(inner: Arc<dyn ObjectStore>, failure: Failure, steps: u64) -> Self {
        Self {
            inner,
            failure,
            steps_left: AtomicU64::new(steps),
            dead: AtomicBool::new(false),
            other: None,
            taken_out: AtomicU64::new(0),
        }
    }

    /// Takes somebody out, where there is a dataset yet.
    async fn take_out(&self) {
        let other = self.other.as_ref().unwrap();
        let erased = RoaringBitmap::from_iter([ERASED]);
        match other
            .rewrite_without(enterprise(), dataset(), &erased)
            .await
        {
            Ok(report) => self.taken_out.store(report.rows_removed, Ordering::SeqCst),
            Err(LakeError::NoDataset(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }

    /// Says whether this very write is the one that fails.
    fn strikes(&self) -> bool {
        let left = self.steps_left.load(Ordering::SeqCst);
        self.steps_left
            .store(left.saturating_sub(1), Ordering::SeqCst);
        left == 1
    }
}

fn broken() -> Error {
    Error::Generic {
        store: "failing",
        source: "no space left on device".into(),
    }
}

impl fmt::Display for Failing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failing")
    }
}

#[async_trait]
impl ObjectStore for Failing {
    async fn put_opts(&self, at: &Path, bytes: PutPayload, opts: PutOptions) -> Result<PutResult> {
        if self.dead.load(Ordering::SeqCst) {
            return Err(broken());
        }
        if self.strikes() {
            if self.failure == Failure::Erasure {
                Box::pin(self.take_out()).await;
                return self.inner.put_opts(at, bytes, opts).await;
            }
            self.dead
                .store(self.failure != Failure::LostAnswer, Ordering::SeqCst);
            if matches!(self.failure, Failure::After | Failure::LostAnswer) {
                self.inner.put_opts(at, bytes, opts).await?;
            }
            return Err(match self.failure {
                // What a store says to the second try of a write whose first answer was lost.
                Failure::LostAnswer => Error::Precondition {
                    path: at.to_string(),
                    source: "it has changed".into(),
                },
                Failure::Before | Failure::After | Failure::Full | Failure::Erasure => broken(),
            });
        }
        self.inner.put_opts(at, bytes, opts).await
    }

    async fn put_multipart_opts(
        &self,
        at: &Path,
        opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(at, opts).await
    }

    async fn get_opts(&self, at: &Path, options: GetOptions) -> Result<GetResult> {
        if self.dead.load(Ordering::SeqCst) && self.failure != Failure::Full {
            return Err(broken());
        }
        self.inner.get_opts(at, options).await
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        if self.dead.load(Ordering::SeqCst) && self.failure != Failure::Full {
            return futures::stream::once(async { Err(broken()) }).boxed();
        }
        self.inner.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

fn in_chunks(config: LakeConfig) -> LakeConfig {
    LakeConfig {
        chunk_rows: 40,
        parts_per_bucket: 3,
        ..config
    }
}

fn bad_and_good() -> String {
    purchases_csv(200, 30) + "broken row\n"
}

/// Lets an import fail at one write after another until one goes through, and checks what the next run makes of it.
async fn fail_everywhere(failure: Failure) {
    let text = bad_and_good();
    let one_go = World::with(in_chunks).await;
    one_go.import(&purchases(), &text).await.unwrap();
    let wanted = texts(&one_go.rows().await, 1);
    let people = one_go.lake.identities(enterprise()).await.unwrap();
    for step in 1..200 {
        let world = World::with(in_chunks).await;
        let failing = |config: LakeConfig| {
            let store = Arc::new(Failing::new(Arc::clone(&config.store), failure, step));
            LakeConfig {
                store,
                ..in_chunks(config)
            }
        };
        let crashed = world.reopened(failing).await;
        let result = import(&crashed, dataset(), &purchases(), &text).await;
        drop(crashed);
        let report = world.import(&purchases(), &text).await.unwrap();
        assert_eq!((report.rows, report.quarantined), (200, 1), "step {step}");
        let found = rows(&world.lake, dataset()).await;
        assert_eq!(texts(&found, 1), wanted, "step {step}");
        let numbers = world.lake.identities(enterprise()).await.unwrap();
        assert_eq!(numbers.identifiers, people.identifiers, "step {step}");
        assert!(
            subjects_of(&found)
                .iter()
                .all(|subject| u64::from(*subject) < numbers.numbers_given)
        );
        if result.is_ok() && report.outcome == ImportOutcome::AlreadyImported {
            let untouched = failure != Failure::LostAnswer || step > 30;
            if untouched {
                assert!(step > 10, "the import has more writes than {step}");
                return;
            }
        }
    }
    panic!("the import never went through");
}

#[tokio::test]
async fn a_crash_before_any_write_loses_and_doubles_nothing() {
    fail_everywhere(Failure::Before).await;
}

#[tokio::test]
async fn a_crash_after_any_write_loses_and_doubles_nothing() {
    fail_everywhere(Failure::After).await;
}

#[tokio::test]
async fn a_full_disk_loses_and_doubles_nothing() {
    fail_everywhere(Failure::Full).await;
}

#[tokio::test]
async fn an_answer_that_is_lost_loses_and_doubles_nothing() {
    fail_everywhere(Failure::LostAnswer).await;
}

/// Parts are merged meanwhile, which would bring somebody back if it went by what was live when it began.
#[tokio::test]
async fn who_is_taken_out_during_an_import_by_another_process_does_not_come_back() {
    let text = purchases_csv(200, 30);
    let of_her = |found: &RecordBatch| {
        let subjects = subjects_of(found);
        subjects.iter().filter(|it| **it == ERASED).count() as u64
    };
    let one_go = World::with(in_chunks).await;
    one_go.import(&purchases(), &text).await.unwrap();
    let all = of_her(&one_go.rows().await);
    assert!(all > 1);
    for step in 1..200 {
        let world = World::with(in_chunks).await;
        let other = world.reopened(in_chunks).await;
        let mut made = None;
        let meddled = world.reopened(|config| {
            let inner = Arc::clone(&config.store);
            let store = Arc::new(Failing {
                other: Some(other),
                ..Failing::new(inner, Failure::Erasure, step)
            });
            made = Some(Arc::clone(&store));
            LakeConfig {
                store,
                ..in_chunks(config)
            }
        });
        let meddled = meddled.await;
        let store = made.unwrap();
        import(&meddled, dataset(), &purchases(), &text)
            .await
            .unwrap();
        let found = rows(&world.lake, dataset()).await;
        let taken = store.taken_out.load(Ordering::SeqCst);
        assert_eq!(of_her(&found), all - taken, "step {step}");
        assert_eq!(found.num_rows() as u64, 200 - taken, "step {step}");
        if store.steps_left.load(Ordering::SeqCst) > 0 {
            assert!(step > 10, "the import has more writes than {step}");
            return;
        }
    }
    panic!("the import never went through");
}

#[tokio::test]
async fn a_full_disk_is_told_as_a_failure_of_the_storage() {
    let world = World::new().await;
    let full = world
        .reopened(|config| {
            let store = Failing::new(Arc::clone(&config.store), Failure::Full, 1);
            LakeConfig {
                store: Arc::new(store),
                ..config
            }
        })
        .await;
    let result = import(&full, dataset(), &purchases(), purchases_csv(10, 3)).await;
    assert!(matches!(result, Err(LakeError::Storage(_))), "{result:?}");
}

#[tokio::test]
async fn what_a_crash_leaves_is_cleared_away_and_what_is_live_stays() {
    let world = World::with(in_chunks).await;
    let text = bad_and_good();
    for step in [3, 4, 5, 9, 10] {
        let crashed = world
            .reopened(|config| {
                let store = Failing::new(Arc::clone(&config.store), Failure::After, step);
                LakeConfig {
                    store: Arc::new(store),
                    ..in_chunks(config)
                }
            })
            .await;
        drop(import(&crashed, dataset(), &purchases(), &text).await);
    }
    world.import(&purchases(), &text).await.unwrap();
    let before = texts(&world.rows().await, 1);
    let collected = world.lake.collect().await.unwrap();
    assert!(collected.orphans > 0, "{collected:?}");
    assert_eq!(texts(&world.rows().await, 1), before);
    let lake = world.reopened(in_chunks).await;
    assert_eq!(texts(&rows(&lake, dataset()).await, 1), before);
    assert_eq!(lake.collect().await.unwrap().orphans, 0);
}
