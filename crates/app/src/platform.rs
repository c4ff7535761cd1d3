use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};
use yuntu_engine::{Engine, EngineConfig};
use yuntu_lake::{Lake, LakeConfig};
use yuntu_ledger::{Log, VerifierKey};
use yuntu_outbound::Outbound;
use yuntu_statement::Statement;
use yuntu_statement::render::Installation;
use yuntu_store::{Database, DatabaseConfig, Store};
use yuntu_terms::{Clock, Entropy, Region, Timestamp};
use yuntu_vault::{
    Argon2Costs, HasherLimits, KeyProvider, PasskeySite, PasswordHasher, Suite, Vault, VaultParts,
};

use crate::accounts::OwnViews;
use crate::consents::ConsentIndexes;
use crate::error::AppError;
use crate::imports::{IntakeConfig, Lanes};
use crate::running::Running;
use crate::signer;

/// How many passwords are checked at once; each takes a core and 19 MiB for about a tenth of a second.
const PASSWORDS_AT_ONCE: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);
/// How many more may wait for their turn: about two seconds.
const PASSWORDS_WAITING: usize = 40;

/// What an installation is made of.
#[derive(Debug)]
pub struct PlatformConfig {
    /// The relational rows.
    pub database: DatabaseConfig,
    /// The business files.
    pub lake: LakeConfig,
    /// The region in which all of it lies (R13).
    pub region: Region,
    /// What holds the key encryption key.
    pub keys: Arc<dyn KeyProvider>,
    /// Which algorithms new keys use.
    pub suite: Suite,
    /// The folder of the ledger's tiles and checkpoint.
    pub ledger: PathBuf,
    /// The name under which the ledger signs.
    pub ledger_name: String,
    /// The file that holds the ledger's signing key, sealed.
    pub ledger_key: PathBuf,
    /// Who runs the installation and how to reach them, as the statement says it (R26).
    pub operator: Installation,
    /// How mail and text messages leave.
    pub outbound: Outbound,
    /// Budgets of a run.
    pub engine: EngineConfig,
    /// What files may come in, and from where.
    pub intake: IntakeConfig,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

/// The parts of an installation, wired; every use-case is a method on it.
#[derive(Debug, Clone)]
pub struct Platform {
    pub(crate) inner: Arc<Inner>,
    /// The site that passkeys belong to; without one there are none.
    pub(crate) passkeys: Option<Arc<PasskeySite>>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) lake: Lake,
    pub(crate) engine: Engine,
    log: Mutex<Option<Log>>,
    ledger_name: String,
    ledger_key: PathBuf,
    pub(crate) verifier: VerifierKey,
    pub(crate) ledger: PathBuf,
    pub(crate) consents: ConsentIndexes,
    pub(crate) running: Running,
    pub(crate) statement: &'static Statement,
    pub(crate) operator: Installation,
    pub(crate) outbound: Outbound,
    pub(crate) own_views: OwnViews,
    pub(crate) passwords: PasswordHasher,
    pub(crate) region: Region,
    pub(crate) intake: IntakeConfig,
    pub(crate) importing: Lanes,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
}

impl Platform {
    /// Opens the parts and wires them: database, keys on its shelf, files, engine, ledger. The folder of the ledger is
    /// this process's alone from now on.
    ///
    /// # Errors
    /// [`AppError`] of the part that cannot be opened; nothing is half open afterwards.
    /// # Clause
    /// R13, R22, R23
    pub async fn open(config: PlatformConfig) -> Result<Self, AppError> {
        let platform = Self::open_beside(config).await?;
        drop(platform.log().await?);
        Ok(platform)
    }

    /// Opens the parts beside a server that may run on the same installation: the folder of the ledger is left alone until
    /// something of it is asked for. What is recorded meanwhile waits in the database, and whoever has the folder takes it
    /// in.
    ///
    /// # Errors
    /// As [`Platform::open`].
    /// # Clause
    /// R13, R22, R23
    pub async fn open_beside(config: PlatformConfig) -> Result<Self, AppError> {
        let statement = Statement::in_force()?;
        let (clock, entropy) = (Arc::clone(&config.clock), Arc::clone(&config.entropy));
        let database =
            Database::connect(&config.database, Arc::clone(&clock), Arc::clone(&entropy)).await?;
        let vault = Vault::open(VaultParts {
            provider: config.keys,
            shelf: database.key_shelf(),
            clock: Arc::clone(&clock),
            entropy: Arc::clone(&entropy),
            suite: config.suite,
        });
        let vault = Arc::new(vault.await?);
        let lake = Lake::open(
            config.lake,
            Arc::clone(&vault),
            Arc::clone(&clock),
            Arc::clone(&entropy),
        )
        .await?;
        let engine = Engine::new(lake.clone(), Arc::clone(&clock), config.engine);
        let signer =
            signer::obtain(&vault, &config.ledger_key, &config.ledger_name, &*entropy).await?;
        let verifier = signer.verifier();
        let limits = HasherLimits {
            parallel: PASSWORDS_AT_ONCE,
            waiting: PASSWORDS_WAITING,
        };
        let passwords =
            PasswordHasher::new(Argon2Costs::LEAST, limits, Arc::clone(&entropy)).await?;
        Ok(Self {
            passkeys: None,
            inner: Arc::new(Inner {
                store: Store::new(database, vault),
                lake,
                engine,
                log: Mutex::new(None),
                ledger_name: config.ledger_name,
                ledger_key: config.ledger_key,
                verifier,
                ledger: config.ledger,
                consents: ConsentIndexes::default(),
                running: Running::default(),
                statement,
                operator: config.operator,
                outbound: config.outbound,
                own_views: OwnViews::default(),
                passwords,
                region: config.region,
                intake: config.intake,
                importing: Lanes::default(),
                clock,
                entropy,
            }),
        })
    }

    /// Says at which origin people reach the platform: passkeys belong to it, and links lead to it.
    #[must_use]
    pub fn at_origin(self, site: PasskeySite) -> Self {
        Self {
            passkeys: Some(Arc::new(site)),
            ..self
        }
    }

    /// Returns the origin at which people reach the platform, if it is known.
    #[must_use]
    pub fn origin(&self) -> Option<&str> {
        self.passkeys.as_deref().map(PasskeySite::as_str)
    }

    /// Returns the statement in force.
    #[must_use]
    pub fn statement(&self) -> &'static Statement {
        self.inner.statement
    }

    /// Returns who runs the installation, to be filled into the statement.
    #[must_use]
    pub fn operator(&self) -> &Installation {
        &self.inner.operator
    }

    /// Returns what files may come in, and from where.
    #[must_use]
    pub fn intake(&self) -> &IntakeConfig {
        &self.inner.intake
    }

    /// Returns the present moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// Returns the source of randomness, from which surfaces take the names of their sessions.
    #[must_use]
    pub fn entropy(&self) -> &dyn Entropy {
        &*self.inner.entropy
    }

    /// Returns the folder of the ledger, which anybody may copy and verify.
    #[must_use]
    pub fn ledger_folder(&self) -> &Path {
        &self.inner.ledger
    }

    /// Returns the key that verifies the ledger's checkpoints.
    #[must_use]
    pub fn verifier(&self) -> &VerifierKey {
        &self.inner.verifier
    }

    /// Says whether the database answers.
    ///
    /// # Errors
    /// [`AppError::Store`] when it does not.
    pub async fn ready(&self) -> Result<(), AppError> {
        self.inner.store.read().leaves_waiting().await?;
        Ok(())
    }

    /// Lends the ledger's files, which are opened by the first who asks.
    pub(crate) async fn log(&self) -> Result<MappedMutexGuard<'_, Log>, AppError> {
        let mut log = self.inner.log.lock().await;
        if log.is_none() {
            *log = Some(self.open_log().await?);
        }
        MutexGuard::try_map(log, Option::as_mut).map_err(|_empty| AppError::Internal {
            what: "the ledger that was opened",
        })
    }

    async fn open_log(&self) -> Result<Log, AppError> {
        let inner = &self.inner;
        let (key, name) = (&inner.ledger_key, &inner.ledger_name);
        let signer = signer::obtain(inner.store.vault(), key, name, &*inner.entropy).await?;
        let folder = inner.ledger.clone();
        let opened = tokio::task::spawn_blocking(move || Log::open(folder, signer)).await;
        Ok(opened.map_err(|_panicked| AppError::Internal {
            what: "opening the ledger",
        })??)
    }

    /// Counts the statements that this process has sent to the database since the platform was opened.
    ///
    /// # Clause
    /// R23
    pub fn database_statements(&self) -> u64 {
        self.inner.store.database().statements()
    }

    pub(crate) fn store(&self) -> &Store {
        &self.inner.store
    }

    pub(crate) fn new_id<K: yuntu_terms::Kind>(&self) -> Result<yuntu_terms::Id<K>, AppError> {
        Ok(yuntu_terms::Id::generate(self.now(), &*self.inner.entropy)?)
    }
}
