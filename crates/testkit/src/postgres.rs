use std::fs::{self, File, OpenOptions};
use std::future::Future;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context, Result, bail, ensure};
use yuntu_terms::{Entropy, SystemEntropy};

const WATCHER: &str = include_str!("watch-postgres.sh");
const INSTALL: &str = "PostgreSQL is missing: apt-get install postgresql";
const OWNER: &str = "postgres";
const SOCKET_PATH_MAX: usize = 90;

// A test server may forget everything; what it must do is start and answer quickly.
const SETTINGS: &str = "-c listen_addresses= -c fsync=off -c synchronous_commit=off \
    -c full_page_writes=off -c autovacuum=off -c max_connections=300 -c shared_buffers=64MB \
    -c unix_socket_permissions=0777";

/// A real PostgreSQL server, started on first use, shared by every test process, and stopped when nobody uses it.
///
/// It listens on a socket only. The environment variable `YUNTU_TEST_PG` names the folder of a socket to use instead.
#[derive(Debug)]
pub struct Postgres {
    socket: PathBuf,
    psql: PathBuf,
}

/// A database of its own for one test; it is dropped with the value.
#[derive(Debug)]
pub struct OwnDatabase {
    name: String,
    url: String,
}

impl OwnDatabase {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the address of the database.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for OwnDatabase {
    fn drop(&mut self) {
        if let Ok(server) = Postgres::shared() {
            // A database that stays behind goes with the server.
            server
                .sql(&format!(
                    "DROP DATABASE IF EXISTS {} WITH (FORCE)",
                    self.name
                ))
                .ok();
        }
    }
}

impl Postgres {
    /// Returns the server of this process, starting it if no test has yet.
    ///
    /// # Errors
    /// When PostgreSQL is not installed or does not start; the message says what to do.
    pub fn shared() -> Result<&'static Self> {
        static SHARED: OnceLock<Result<(Postgres, Option<File>), String>> = OnceLock::new();
        let shared = SHARED.get_or_init(|| start().map_err(|error| format!("{error:#}")));
        match shared {
            Ok((server, _users)) => Ok(server),
            Err(error) => bail!("{error}"),
        }
    }

    /// Makes a database for one test in which there is nothing yet.
    ///
    /// # Errors
    /// When the server does not make it.
    pub fn empty_database(&self) -> Result<OwnDatabase> {
        let name = format!("t_{}", random_name()?);
        self.sql(&format!("CREATE DATABASE {name}"))?;
        Ok(OwnDatabase {
            url: self.url(&name),
            name,
        })
    }

    /// Makes a database for one test out of a template that `fill` has prepared once for this build of the tests.
    pub(crate) async fn own_database<F, R>(&self, fill: F) -> Result<OwnDatabase>
    where
        F: FnOnce(String) -> R,
        R: Future<Output = Result<()>>,
    {
        let template = self.template(fill).await?;
        self.copied(&template)
    }

    /// Makes a database for one test that holds what another does, to which nobody may be connected meanwhile.
    ///
    /// # Errors
    /// When the server does not make it.
    pub fn copy(&self, like: &OwnDatabase) -> Result<OwnDatabase> {
        self.copied(like.name())
    }

    fn copied(&self, template: &str) -> Result<OwnDatabase> {
        let name = format!("t_{}", random_name()?);
        self.sql(&format!("CREATE DATABASE {name} TEMPLATE {template}"))?;
        Ok(OwnDatabase {
            url: self.url(&name),
            name,
        })
    }

    async fn template<F, R>(&self, fill: F) -> Result<String>
    where
        F: FnOnce(String) -> R,
        R: Future<Output = Result<()>>,
    {
        // Two builds of the tests may migrate differently.
        let build = fs::metadata(std::env::current_exe()?)?;
        let name = format!(
            "template_{}_{}_{}",
            build.ino(),
            build.mtime(),
            build.mtime_nsec()
        );
        let lock = lock_file(&self.socket.join("template.lock"))?;
        lock.lock()?;
        let exists = self.sql(&format!(
            "SELECT 1 FROM pg_database WHERE datname = '{name}'"
        ))?;
        if exists.trim() == "1" {
            return Ok(name);
        }
        let unfinished = format!("u_{}", random_name()?);
        self.sql(&format!("CREATE DATABASE {unfinished}"))?;
        fill(self.url(&unfinished)).await?;
        self.sql(&format!("ALTER DATABASE {unfinished} RENAME TO {name}"))?;
        Ok(name)
    }

    fn url(&self, database: &str) -> String {
        format!(
            "postgres://{OWNER}@localhost/{database}?host={}",
            self.socket.display()
        )
    }

    /// Runs a statement as the owner of the server and returns what it prints.
    ///
    /// # Errors
    /// When the statement fails.
    pub fn sql(&self, statement: &str) -> Result<String> {
        self.sql_in("postgres", statement)
    }

    pub(crate) fn sql_in(&self, database: &str, statement: &str) -> Result<String> {
        let output = Command::new(&self.psql)
            .arg("-h")
            .arg(&self.socket)
            .args([
                "-U",
                OWNER,
                "-d",
                database,
                "-qAtX",
                "-v",
                "ON_ERROR_STOP=1",
                "-c",
                statement,
            ])
            .current_dir("/")
            .output()?;
        ensure!(
            output.status.success(),
            "psql failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn answers(&self) -> bool {
        self.sql("SELECT 1").is_ok()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the set-up hands over its server by environment"
)]
fn given_socket() -> Option<PathBuf> {
    std::env::var("YUNTU_TEST_PG").ok().map(PathBuf::from)
}

/// Returns a running server and the lock that keeps it running as long as this process lives.
fn start() -> Result<(Postgres, Option<File>)> {
    let bin = binaries()?;
    let psql = bin.join("psql");
    if let Some(socket) = given_socket() {
        let server = Postgres { socket, psql };
        ensure!(
            server.answers(),
            "no PostgreSQL answers on the socket that YUNTU_TEST_PG names"
        );
        return Ok((server, None));
    }
    let base = base_folder()?;
    let starting = lock_file(&base.join("start"))?;
    starting.lock()?;
    let server = Postgres {
        socket: base.join("run"),
        psql,
    };
    if !server.answers() {
        start_server(&bin, &base)?;
        ensure!(server.answers(), "PostgreSQL started and does not answer");
    }
    let users = lock_file(&base.join("users"))?;
    users.lock_shared()?;
    Ok((server, Some(users)))
}

fn start_server(bin: &Path, base: &Path) -> Result<()> {
    let run = base.join("run");
    match fs::remove_dir_all(&run) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    fs::create_dir(&run)?;
    fs::set_permissions(&run, fs::Permissions::from_mode(0o777))?;
    let data = run.join("data");
    let mut initdb = as_owner(&bin.join("initdb"))?;
    initdb.arg("-D").arg(&data).args([
        "-U",
        OWNER,
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C",
        "-N",
    ]);
    run_to_end(initdb, "initdb")?;
    let mut pg_ctl = as_owner(&bin.join("pg_ctl"))?;
    pg_ctl
        .arg("-D")
        .arg(&data)
        .arg("-l")
        .arg(run.join("log"))
        .arg("-o")
        .arg(format!("{SETTINGS} -k {}", run.display()))
        .args(["-w", "-t", "120", "start"]);
    run_to_end(pg_ctl, "pg_ctl")?;
    Command::new("sh")
        .args(["-c", WATCHER, "watch-postgres"])
        .arg(bin)
        .arg(base)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .context("the watcher of the test server does not start")?;
    Ok(())
}

fn run_to_end(mut command: Command, name: &str) -> Result<()> {
    // Output goes nowhere: the server inherits it, and whoever reads to its end would wait for the server's.
    let status = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    ensure!(status.success(), "{name} failed with {status}");
    Ok(())
}

/// PostgreSQL refuses to run as root; there its package's own user takes over.
fn as_owner(program: &Path) -> Result<Command> {
    let mut command = if is_root()? {
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid", OWNER, "--regid", OWNER, "--init-groups"])
            .arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir("/").process_group(0);
    Ok(command)
}

fn is_root() -> Result<bool> {
    Ok(fs::metadata("/proc/self")?.uid() == 0)
}

/// A short path outside the home folder: the owner of the server must reach it, and a socket's path is short.
fn base_folder() -> Result<PathBuf> {
    let user = fs::metadata("/proc/self")?.uid();
    let base = std::env::temp_dir().join(format!("yuntu-test-pg-{user}"));
    ensure!(
        base.as_os_str().len() < SOCKET_PATH_MAX,
        "the temporary folder's path is too long for a socket"
    );
    fs::create_dir_all(&base)?;
    ensure!(
        fs::metadata(&base)?.uid() == user,
        "the folder of the test server belongs to somebody else"
    );
    fs::set_permissions(&base, fs::Permissions::from_mode(0o755))?;
    Ok(base)
}

/// Finds the newest installed server, where Debian keeps it.
fn binaries() -> Result<PathBuf> {
    let mut newest: Option<(u32, PathBuf)> = None;
    for entry in fs::read_dir("/usr/lib/postgresql").into_iter().flatten() {
        let entry = entry?;
        let version = entry.file_name().to_string_lossy().parse::<u32>().ok();
        let bin = entry.path().join("bin");
        if let Some(version) = version
            && bin.join("initdb").exists()
            && newest.as_ref().is_none_or(|(known, _)| *known < version)
        {
            newest = Some((version, bin));
        }
    }
    newest.map(|(_, bin)| bin).context(INSTALL)
}

fn lock_file(path: &Path) -> Result<File> {
    Ok(OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)?)
}

fn random_name() -> Result<String> {
    let mut bytes = [0; 8];
    SystemEntropy.fill(&mut bytes)?;
    Ok(format!("{:016x}", u64::from_le_bytes(bytes)))
}
