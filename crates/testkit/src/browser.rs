use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::webdriver::{Ask, shows};

const INSTALL: &str =
    "the browser of the tests is missing: apt-get install chromium chromium-driver";
const INSTALL_NPM: &str = "npm is missing: apt-get install nodejs npm";

/// The checker of pages for people who read them otherwise, and its version.
const AXE: &str = "axe-core@4.14.1";

/// The sizes in which every page is looked at: a desk and a phone.
const SIZES: [(&str, u32, bool); 2] = [("desk", 1280, false), ("phone", 390, true)];

/// How often, and after which pause, a page that has to come is looked for.
const PAGE_TRIES: u32 = 900;
const PAGE_PAUSE: Duration = Duration::from_millis(100);

/// A real Chromium with a profile of its own; it ends with the value.
#[derive(Debug)]
pub struct Browser {
    client: Client,
    driver: Child,
    site: String,
    axe: String,
    pictures: PathBuf,
    without_scripts: AtomicBool,
    profile: tempfile::TempDir,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // A driver that is killed leaves its browser behind; one that has ended already is as good.
        let profile = format!("--user-data-dir={}", self.profile.path().display());
        Command::new("pkill")
            .args(["-9", "-f", "--"])
            .arg(profile)
            .status()
            .ok();
        self.driver.kill().ok();
        self.driver.wait().ok();
    }
}

impl Browser {
    /// Starts a browser for the site at this address, which puts its pictures into `scratch/pages`.
    ///
    /// # Errors
    /// When Chromium, its driver or npm is not installed; the message says what to do.
    pub async fn open(site: &str, scratch: &Path) -> Result<Self> {
        let axe = axe(scratch)?;
        let profile = tempfile::tempdir()?;
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context(INSTALL)?;
        let port = port_of(&mut driver)?;
        let arguments = [
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-quic".to_owned(),
            "--disable-sync".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--no-first-run".to_owned(),
            "--hide-scrollbars".to_owned(),
            format!("--user-data-dir={}", profile.path().display()),
        ];
        let wishes = json!({
            "goog:chromeOptions": {"args": arguments},
            "timeouts": {"pageLoad": 120_000, "script": 120_000, "implicit": 0},
        });
        let Value::Object(wishes) = wishes else {
            bail!("the wishes are an object");
        };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(wishes)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .context(INSTALL)?;
        let pictures = scratch.join("pages");
        fs::create_dir_all(&pictures)?;
        Ok(Self {
            client,
            driver,
            site: site.trim_end_matches('/').to_owned(),
            axe,
            pictures,
            without_scripts: AtomicBool::new(false),
            profile,
        })
    }

    /// Opens a path of the site.
    ///
    /// # Errors
    /// When the browser cannot.
    pub async fn goto(&self, path: &str) -> Result<()> {
        let address = format!("{}{path}", self.site);
        self.client.goto(&address).await.context(address)
    }

    /// Returns path and query of the page that is shown.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn path(&self) -> Result<String> {
        let address = self.client.current_url().await?;
        let query = address.query().map(|query| format!("?{query}"));
        Ok(address.path().to_owned() + &query.unwrap_or_default())
    }

    /// Returns what a person reads of the page.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn text(&self) -> Result<String> {
        Ok(self.find("body").await?.text().await?)
    }

    /// Finds the first element of a CSS selector.
    ///
    /// # Errors
    /// When there is none; the message shows where the browser is and what it shows.
    pub async fn find(&self, css: &str) -> Result<Element> {
        match self.client.find(Locator::Css(css)).await {
            Ok(element) => Ok(element),
            Err(error) => Err(self.explained(css, error.into()).await),
        }
    }

    /// Says whether the page has an element of this CSS selector.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn has(&self, css: &str) -> Result<bool> {
        Ok(!self.client.find_all(Locator::Css(css)).await?.is_empty())
    }

    /// Returns what a person reads of each element of this CSS selector.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn texts(&self, css: &str) -> Result<Vec<String>> {
        let mut texts = Vec::new();
        for element in self.client.find_all(Locator::Css(css)).await? {
            texts.push(element.text().await?);
        }
        Ok(texts)
    }

    /// Types into the field of this name, over what stood there.
    ///
    /// # Errors
    /// When there is no such field.
    pub async fn fill(&self, name: &str, value: &str) -> Result<()> {
        self.fill_in(&format!("main [name='{name}']"), value).await
    }

    /// Types into the first field of a CSS selector, over what stood there.
    ///
    /// # Errors
    /// When there is no such field.
    pub async fn fill_in(&self, css: &str, value: &str) -> Result<()> {
        let field = self.find(css).await?;
        let kind = field.attr("type").await?.unwrap_or_default();
        if kind == "date" || kind == "datetime-local" {
            // What the keys of a date field mean depends on the locale.
            let script = "arguments[0].value = arguments[1];";
            let field = serde_json::to_value(field)?;
            self.client
                .execute(script, vec![field, json!(value)])
                .await?;
            return Ok(());
        }
        if kind != "file" {
            field.clear().await?;
        }
        field.send_keys(value).await?;
        Ok(())
    }

    /// Chooses the option of this value in the list of this name.
    ///
    /// # Errors
    /// When there is no such list or option.
    pub async fn choose(&self, name: &str, value: &str) -> Result<()> {
        let list = self.find(&format!("main select[name='{name}']")).await?;
        list.select_by_value(value).await?;
        Ok(())
    }

    /// Ticks the first box of a CSS selector, or takes the tick away.
    ///
    /// # Errors
    /// When there is none.
    pub async fn tick(&self, css: &str) -> Result<()> {
        Ok(self.find(css).await?.click().await?)
    }

    /// Clicks on the first link or button of a CSS selector and waits until the page that comes of it is there.
    ///
    /// # Errors
    /// When there is no such element, or no page comes of it.
    pub async fn press(&self, css: &str) -> Result<()> {
        let element = self.find(css).await?;
        self.go_by(&element, css).await
    }

    /// Clicks on the first link or button with these words and waits until the page that comes of it is there.
    ///
    /// # Errors
    /// As [`Browser::press`].
    pub async fn press_words(&self, words: &str) -> Result<()> {
        let path = format!(
            "//*[self::main or self::header]//*[self::a or self::button][contains(normalize-space(.), \"{words}\")]"
        );
        match self.client.find(Locator::XPath(&path)).await {
            Ok(element) => self.go_by(&element, words).await,
            Err(error) => Err(self.explained(words, error.into()).await),
        }
    }

    async fn go_by(&self, element: &Element, what: &str) -> Result<()> {
        let mark = "document.documentElement.dataset.before = 'yes';";
        self.client.execute(mark, Vec::new()).await?;
        if let Err(error) = element.click().await {
            return Err(self.explained(what, error.into()).await);
        }
        let arrived = "return document.readyState === 'complete' && !document.documentElement.dataset.before;";
        for _ in 0..PAGE_TRIES {
            // Between two pages there is nothing that answers.
            if let Ok(Value::Bool(true)) = self.client.execute(arrived, Vec::new()).await {
                return Ok(());
            }
            tokio::time::sleep(PAGE_PAUSE).await;
        }
        let error = anyhow::anyhow!("no page came");
        Err(self.explained(what, error).await)
    }

    async fn explained(&self, what: &str, error: anyhow::Error) -> anyhow::Error {
        let path = self.path().await.unwrap_or_default();
        let text = self.client.find(Locator::Css("body")).await;
        let text = match text {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(_gone) => String::new(),
        };
        error.context(format!("`{what}` on {path}, which shows:\n{text}"))
    }

    /// Gives the browser an authenticator of its own, which keeps passkeys and knows its person.
    ///
    /// # Errors
    /// When the browser cannot.
    pub async fn carry_authenticator(&self) -> Result<()> {
        let wishes = json!({
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true,
            "hasUserVerification": true, "isUserConsenting": true, "isUserVerified": true,
        });
        self.client
            .issue_cmd(Ask::post("webauthn/authenticator", wishes))
            .await?;
        Ok(())
    }

    /// Lets no page run a script from now on, as a person chooses who trusts none.
    ///
    /// # Errors
    /// When the browser cannot.
    pub async fn refuse_scripts(&self) -> Result<()> {
        let refuse = json!({"value": true});
        self.tools("Emulation.setScriptExecutionDisabled", refuse)
            .await?;
        self.without_scripts.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Lets the browser send no faster than so many bytes a second, or as fast as it can.
    ///
    /// # Errors
    /// When the browser cannot.
    pub async fn slow_down(&self, bytes_a_second: Option<u64>) -> Result<()> {
        let pace = bytes_a_second.map_or(json!(-1), |pace| json!(pace));
        let line = json!({"offline": false, "latency": 0, "downloadThroughput": -1, "uploadThroughput": pace});
        self.tools("Network.enable", json!({})).await?;
        self.tools("Network.emulateNetworkConditions", line).await?;
        Ok(())
    }

    /// Forgets every cookie of the site, as a browser does that is not known.
    ///
    /// # Errors
    /// When the browser cannot.
    pub async fn forget(&self) -> Result<()> {
        Ok(self.client.delete_all_cookies().await?)
    }

    /// Looks at the page in both sizes: takes pictures, and has it checked for people who read it otherwise, unless scripts
    /// are refused, of which the checker is one.
    ///
    /// # Errors
    /// When the page breaks a rule of axe or is wider than its window; the message names both.
    pub async fn look(&self, name: &str) -> Result<()> {
        let mut found = Vec::new();
        for (size, width, phone) in SIZES {
            self.resize(width, phone).await?;
            if !self.without_scripts.load(Ordering::Relaxed) {
                found.extend(shows(&self.checked().await?, size));
            }
            // A phone's window says that it is as wide as what is too wide for it.
            let wider = format!("return document.documentElement.scrollWidth > {width};");
            if self.client.execute(&wider, Vec::new()).await? == json!(true) {
                found.push(format!("{size}: wider than its window"));
            }
            let picture = self.picture().await?;
            fs::write(self.pictures.join(format!("{name}-{size}.png")), picture)?;
        }
        let (_, width, phone) = SIZES[0];
        self.resize(width, phone).await?;
        ensure!(
            found.is_empty(),
            "{name} at {}: {}",
            self.path().await?,
            found.join("; ")
        );
        Ok(())
    }

    /// Has the page checked for people who read it otherwise.
    async fn checked(&self) -> Result<Value> {
        self.client.execute(&self.axe, Vec::new()).await?;
        let run = "const done = arguments[arguments.length - 1]; axe.run().then(done, e => done({violations: [{id: String(e)}]}));";
        Ok(self.client.execute_async(run, Vec::new()).await?)
    }

    async fn resize(&self, width: u32, phone: bool) -> Result<()> {
        let metrics =
            json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": phone});
        self.tools("Emulation.setDeviceMetricsOverride", metrics)
            .await?;
        Ok(())
    }

    async fn picture(&self) -> Result<Vec<u8>> {
        let wishes = json!({"format": "png", "captureBeyondViewport": true});
        let picture = self.tools("Page.captureScreenshot", wishes).await?;
        let text = picture.get("data").and_then(Value::as_str);
        let text = text.context("no picture")?;
        Ok(base64::Engine::decode(
            &base64::engine::general_purpose::STANDARD,
            text,
        )?)
    }

    async fn tools(&self, command: &str, wishes: Value) -> Result<Value> {
        let body = json!({"cmd": command, "params": wishes});
        Ok(self
            .client
            .issue_cmd(Ask::post("goog/cdp/execute", body))
            .await?)
    }
}

fn port_of(driver: &mut Child) -> Result<u16> {
    let output = driver.stdout.take().context("no standard output")?;
    let mut lines = BufReader::new(output).lines();
    let port = loop {
        let line = lines.next().context("the driver of the browser ended")??;
        if let Some((_, port)) = line.split_once("on port ")
            && line.contains("started successfully")
        {
            break port.trim_end_matches('.').parse()?;
        }
    };
    // Whoever does not read stops the driver once the pipe is full.
    std::thread::spawn(move || lines.for_each(drop));
    Ok(port)
}

/// Fetches the checker once for all tests of this folder.
fn axe(scratch: &Path) -> Result<String> {
    let home = scratch.join("axe");
    fs::create_dir_all(&home)?;
    let lock = File::create(home.join("lock"))?;
    lock.lock()?;
    let script = home.join("package/axe.min.js");
    if !script.exists() {
        let fetched = Command::new("npm")
            .args(["pack", AXE, "--silent"])
            .current_dir(&home)
            .output()
            .context(INSTALL_NPM)?;
        ensure!(fetched.status.success(), "npm could not fetch {AXE}");
        let file = String::from_utf8(fetched.stdout)?;
        let unpacked = Command::new("tar")
            .arg("-xzf")
            .arg(file.trim())
            .current_dir(&home)
            .status()?;
        ensure!(unpacked.success(), "{AXE} could not be unpacked");
    }
    Ok(fs::read_to_string(script)?)
}
