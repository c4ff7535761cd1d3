use std::fmt;
use std::time::Duration;

/// Where the rows are and how the program reaches them.
#[derive(Clone)]
pub struct DatabaseConfig {
    url: String,
    /// How many connections may be open at once.
    pub connections_max: u32,
    /// How long a statement waits for another writer before it gives up.
    pub busy_timeout: Duration,
    /// Whether opening applies missing migrations.
    pub migrate: Migrate,
}

/// Whether opening a database applies missing migrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Migrate {
    /// Missing migrations are applied.
    Apply,
    /// Missing migrations are an error.
    Require,
}

impl DatabaseConfig {
    /// Takes the address, such as `sqlite:/var/lib/yuntu/yuntu.db` or `postgres://…`, with the default limits.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            connections_max: 8,
            busy_timeout: Duration::from_secs(10),
            migrate: Migrate::Apply,
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl fmt::Debug for DatabaseConfig {
    // The address may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseConfig")
            .field("connections_max", &self.connections_max)
            .field("busy_timeout", &self.busy_timeout)
            .field("migrate", &self.migrate)
            .finish_non_exhaustive()
    }
}
