use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tokio::process::Command;

use crate::Front;

const PACKAGE: &str = "@mdn/mdn-http-observatory@1.4.8";
const INSTALL: &str = "npm is missing: apt-get install nodejs npm";

/// Scans one address with the package's own scanner and prints what it found.
const PROGRAM: &str = r#"
import { scan } from "@mdn/mdn-http-observatory";
console.log(JSON.stringify(await scan(process.argv[1])));
"#;

/// The HTTP Observatory of MDN, which grades the headers of a site.
#[derive(Debug)]
pub struct Observatory {
    home: PathBuf,
}

/// What the Observatory thinks of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grade {
    /// From `A+` to `F`.
    pub grade: String,
    /// The points, of which 100 are needed for the best grade.
    pub score: i64,
    /// The status of the page that was graded, after every redirect.
    pub status: i64,
    /// The outcome of each of its tests, by name, and whether it passed.
    pub tests: BTreeMap<String, (String, bool)>,
}

impl Observatory {
    /// Fetches it once for all tests of this folder.
    ///
    /// The list of sites that browsers know as safe beforehand stays empty; a package script would load it from elsewhere.
    ///
    /// # Errors
    /// When npm is not installed or does not get it; the message says what to do.
    pub async fn install(scratch: &Path) -> Result<Self> {
        let home = scratch.join("observatory");
        fs::create_dir_all(&home)?;
        let lock = File::create(home.join("lock"))?;
        lock.lock()?;
        let done = home.join("installed");
        if !done.exists() {
            let fetched = Command::new("npm")
                .args(["install", "--prefix", ".", "--ignore-scripts", "--no-audit"])
                .args(["--no-fund", "--silent", "--omit=dev", PACKAGE])
                .current_dir(&home)
                .output()
                .await
                .context(INSTALL)?;
            ensure!(fetched.status.success(), "npm could not fetch {PACKAGE}");
            let lists = home.join("node_modules/@mdn/mdn-http-observatory/conf");
            fs::write(lists.join("hsts-preload.json"), "{}")?;
            fs::write(done, PACKAGE)?;
        }
        Ok(Self { home })
    }

    /// Grades a path of the server behind a proxy: by HTTP, by HTTPS, with `robots.txt` and a CORS preflight, as its users get it.
    ///
    /// # Errors
    /// When it cannot reach the page or does not understand it.
    pub async fn grade(&self, front: &Front, path: &str) -> Result<Grade> {
        let scanned = Command::new("node")
            .args(["--input-type=module", "-e", PROGRAM])
            .arg(format!("{}{path}", front.host()))
            .current_dir(&self.home)
            .env("NODE_EXTRA_CA_CERTS", front.authority())
            .env("NO_PROXY", "localhost")
            .env("no_proxy", "localhost")
            .output()
            .await
            .context(INSTALL)?;
        let said = String::from_utf8_lossy(&scanned.stderr);
        ensure!(scanned.status.success(), "{path}: {said}");
        let found: Value = serde_json::from_slice(&scanned.stdout)?;
        let at = |place: &str| found.pointer(place).unwrap_or(&Value::Null);
        let outcome = |test: &Value| -> Option<(String, bool)> {
            let (result, pass) = (test.get("result")?, test.get("pass")?);
            Some((result.as_str()?.to_owned(), pass.as_bool()?))
        };
        let tests = at("/tests").as_object().context("no tests")?.iter();
        let tests = tests.map(|(name, test)| Some((name.clone(), outcome(test)?)));
        Ok(Grade {
            grade: at("/scan/grade").as_str().context("no grade")?.to_owned(),
            score: at("/scan/score").as_i64().context("no score")?,
            status: at("/scan/statusCode").as_i64().context("no status")?,
            tests: tests
                .collect::<Option<_>>()
                .context("a test without outcome")?,
        })
    }
}
