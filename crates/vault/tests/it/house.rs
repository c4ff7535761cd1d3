//! What the tests build on: a vault in a folder of its own, and a shelf that fails on demand.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use tempfile::TempDir;
use yuntu_terms::{
    AccountId, EnterpriseId, Id, Kind, MockClock, PartId, RepresentativeId, SeededEntropy,
    SubjectId, SystemEntropy, Timestamp,
};
use yuntu_vault::{
    Argon2Costs, FileProvider, FolderShelf, Insertion, KeyScope, KeyShelf, Replacement,
    SealContext, ShelfError, Shelved, Suite, Unlock, Vault, VaultError, VaultParts, WrappedKey,
};

pub(crate) struct House {
    pub(crate) dir: TempDir,
    pub(crate) clock: MockClock,
    pub(crate) provider: Arc<FileProvider>,
    pub(crate) shelf: Arc<FaultyShelf>,
    pub(crate) vault: Vault,
}

impl House {
    pub(crate) async fn new(suite: Suite) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let unlock = credential(dir.path());
        let path = dir.path().join("kek.json");
        let provider =
            FileProvider::create(&path, &unlock, suite, Argon2Costs::LEAST, &SystemEntropy);
        let provider = Arc::new(provider.unwrap());
        let shelf = FolderShelf::open(&dir.path().join("shelf")).await.unwrap();
        let shelf = Arc::new(FaultyShelf::new(shelf));
        let clock = MockClock::new(Timestamp::from_micros(1_800_000_000_000_000));
        let parts = parts(&provider, &shelf, &clock, suite);
        let vault = Vault::open(parts).await.unwrap();
        Self {
            dir,
            clock,
            provider,
            shelf,
            vault,
        }
    }

    /// Opens another vault on the same shelf, as another process would.
    pub(crate) async fn another(&self, suite: Suite) -> Result<Vault, VaultError> {
        Vault::open(parts(&self.provider, &self.shelf, &self.clock, suite)).await
    }

    pub(crate) fn shelf_path(&self) -> PathBuf {
        self.dir.path().join("shelf")
    }
}

fn parts(
    provider: &Arc<FileProvider>,
    shelf: &Arc<FaultyShelf>,
    clock: &MockClock,
    suite: Suite,
) -> VaultParts {
    VaultParts {
        provider: Arc::<FileProvider>::clone(provider),
        shelf: Arc::<FaultyShelf>::clone(shelf),
        clock: Arc::new(clock.clone()),
        entropy: Arc::new(SystemEntropy),
        suite,
    }
}

pub(crate) fn credential(dir: &Path) -> Unlock {
    let path = dir.join("credential");
    fs::write(&path, [7; 32]).unwrap();
    set_mode(&path, 0o600);
    Unlock::Credential(path)
}

pub(crate) fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

pub(crate) fn id<K: Kind>(seed: u64) -> Id<K> {
    Id::generate(Timestamp::from_micros(0), &SeededEntropy::new(seed)).unwrap()
}

pub(crate) fn enterprise() -> EnterpriseId {
    id(1)
}

pub(crate) fn scopes() -> [KeyScope; 6] {
    let part: PartId = id(2);
    let representative: RepresentativeId = id(3);
    let account: AccountId = id(4);
    [
        KeyScope::Platform,
        KeyScope::Enterprise(enterprise()),
        KeyScope::Part(enterprise(), part),
        KeyScope::Subject(enterprise(), SubjectId::new(7)),
        KeyScope::Representative(representative),
        KeyScope::Account(account),
    ]
}

pub(crate) const PHONE: SealContext<'static> = SealContext {
    table: "representative",
    row: b"1",
    column: "phone",
};

/// A folder shelf whose n-th call from now on fails.
#[derive(Debug)]
pub(crate) struct FaultyShelf {
    inner: FolderShelf,
    calls_left: AtomicI64,
}

impl FaultyShelf {
    pub(crate) fn new(inner: FolderShelf) -> Self {
        Self {
            inner,
            calls_left: AtomicI64::new(i64::MAX),
        }
    }

    /// Lets this many calls through and fails all that follow.
    pub(crate) fn fail_after(&self, calls: i64) {
        self.calls_left.store(calls, Ordering::SeqCst);
    }

    pub(crate) fn heal(&self) {
        self.fail_after(i64::MAX);
    }

    fn call(&self) -> Result<&FolderShelf, ShelfError> {
        if self.calls_left.fetch_sub(1, Ordering::SeqCst) > 0 {
            Ok(&self.inner)
        } else {
            Err(ShelfError::unavailable("injected"))
        }
    }
}

#[async_trait]
impl KeyShelf for FaultyShelf {
    async fn load(&self, scope: KeyScope) -> Result<Shelved, ShelfError> {
        self.call()?.load(scope).await
    }

    async fn insert(&self, key: &WrappedKey) -> Result<Insertion, ShelfError> {
        self.call()?.insert(key).await
    }

    async fn replace(&self, old: &WrappedKey, bytes: &[u8]) -> Result<Replacement, ShelfError> {
        self.call()?.replace(old, bytes).await
    }

    async fn below(
        &self,
        scope: KeyScope,
        after: Option<KeyScope>,
        limit: usize,
    ) -> Result<Vec<KeyScope>, ShelfError> {
        self.call()?.below(scope, after, limit).await
    }

    async fn destroy(&self, scope: KeyScope, at: Timestamp) -> Result<(), ShelfError> {
        self.call()?.destroy(scope, at).await
    }
}

/// Says whether any file below the folder, its name or its content, holds the bytes.
pub(crate) fn holds(dir: &Path, needle: &[u8]) -> bool {
    fs::read_dir(dir).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, needle);
        }
        let content = fs::read(&path).unwrap();
        content.windows(needle.len()).any(|window| window == needle)
    })
}
