use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

const PROGRAM: &str = include_str!("sms-provider.py");
const INSTALL: &str = "python3 is missing: apt-get install python3";

/// A stand-in for the provider of text messages on a port of the loopback: a process of its own that speaks the provider's
/// protocol and computes each signature itself, as the provider describes it. It ends with the value.
#[derive(Debug)]
pub struct SmsProvider {
    process: Child,
    port: u16,
    requests: Mutex<Receiver<Value>>,
    // The provider ends when this closes.
    _lifeline: ChildStdin,
}

impl SmsProvider {
    /// The secret of the access key.
    pub const SECRET: &str = "a secret of the tests";

    /// Starts a provider that answers with a status and a code such as `[200, "OK"]`; or hangs, drops the session or leads
    /// elsewhere, for `"hang"`, `"drop"` and `"redirect"`.
    ///
    /// # Errors
    /// When Python is not installed or the provider does not start.
    pub fn start(answer: &Value) -> Result<Self> {
        let mut process = Command::new("python3")
            .args(["-c", PROGRAM])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context(INSTALL)?;
        let mut lifeline = process.stdin.take().context("no standard input")?;
        let options = json!({ "secret": Self::SECRET, "answer": answer });
        writeln!(lifeline, "{options}")?;
        let output = process.stdout.take().context("no standard output")?;
        let mut lines = BufReader::new(output).lines();
        let port = lines.next().context("the provider ended")??;
        let port = port.trim().parse()?;
        let (sender, requests) = channel();
        std::thread::spawn(move || {
            let requests = lines
                .map_while(Result::ok)
                .filter_map(|line| serde_json::from_str(&line).ok());
            for request in requests {
                // Nobody listens any more once the test has ended.
                if sender.send(request).is_err() {
                    break;
                }
            }
        });
        Ok(Self {
            process,
            port,
            requests: Mutex::new(requests),
            _lifeline: lifeline,
        })
    }

    /// Returns where it is reached.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Waits for the next request: `signed` says whether its signature is right, beside `key`, `headers` and `query`.
    ///
    /// # Errors
    /// When none comes in time.
    pub fn request(&self, within: Duration) -> Result<Value> {
        let requests = self.requests.lock();
        let requests = requests.unwrap_or_else(PoisonError::into_inner);
        let next = requests.recv_timeout(within);
        next.context("no request came to the provider of text messages")
    }

    /// Waits for the next text message to a number and returns the code in it; its signature must be right.
    ///
    /// # Errors
    /// When none comes in time, or one comes whose signature is wrong.
    pub fn code_to(&self, number: &str, within: Duration) -> Result<String> {
        let text_at = |value: &Value, pointer: &str| {
            let found = value.pointer(pointer).and_then(Value::as_str);
            found.unwrap_or_default().to_owned()
        };
        loop {
            let seen = self.request(within)?;
            let signed = seen.get("signed") == Some(&Value::Bool(true));
            ensure!(signed, "the signature of a request is wrong: {seen}");
            if text_at(&seen, "/query/PhoneNumbers") != number {
                continue;
            }
            let template: Value = serde_json::from_str(&text_at(&seen, "/query/TemplateParam"))?;
            return Ok(text_at(&template, "/code"));
        }
    }
}

impl Drop for SmsProvider {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
