use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// A contestant: a process that does what a line asks and answers with a line.
///
/// The answer is `ok ANSWER`, `ok ANSWER # REMARK` where the remark is not compared, or `unable REASON` for a row that the contestant does not have.
#[derive(Debug)]
pub(super) struct Worker {
    name: &'static str,
    child: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// What a contestant said, and what it cost.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Done {
        answer: String,
        cpu: Duration,
        wall: Duration,
    },
    Unable(String),
}

impl Worker {
    /// Starts the process and waits until it says `ready`.
    pub(super) fn start(name: &'static str, mut command: Command) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{name} does not start"))?;
        let requests = child.stdin.take();
        let answers = child.stdout.take().context("the process has no output")?;
        let mut worker = Self {
            name,
            child,
            requests,
            answers: BufReader::new(answers),
        };
        match worker.line()?.as_str() {
            "ready" => Ok(worker),
            other => bail!("{name}: {other}"),
        }
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Sends a request and measures the process until it answers.
    pub(super) fn ask(&mut self, request: &str) -> Result<Answer> {
        let before = self.threads()?;
        let start = now();
        let requests = self.requests.as_mut().context("the process is ending")?;
        writeln!(requests, "{request}")?;
        requests.flush()?;
        let line = self.line()?;
        let wall = start.elapsed();
        let cpu = spent(&before, &self.threads()?);
        match line.split_once(' ') {
            Some(("ok", answer)) => Ok(Answer::Done {
                answer: answer.to_owned(),
                cpu,
                wall,
            }),
            Some(("unable", reason)) => Ok(Answer::Unable(reason.to_owned())),
            _ => bail!("{} answered `{request}` with `{line}`", self.name),
        }
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            bail!("{} ended before it answered", self.name);
        }
        Ok(line.trim_end().to_owned())
    }

    /// Returns how much memory the process had at the most, in bytes.
    pub(super) fn memory(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let most = most.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        Ok(most.context("the kernel does not say how much memory it took")? << 10)
    }

    /// Reads the nanoseconds that each thread of the process has run, as the kernel counts them.
    fn threads(&self) -> Result<BTreeMap<String, u64>> {
        let mut threads = BTreeMap::new();
        for entry in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let entry = entry?;
            // A thread may end between the listing and the reading.
            let Ok(text) = fs::read_to_string(entry.path().join("schedstat")) else {
                continue;
            };
            let run = text.split(' ').next().and_then(|word| word.parse().ok());
            let id = entry.file_name().to_string_lossy().into_owned();
            threads.insert(id, run.unwrap_or(0));
        }
        Ok(threads)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // A contestant ends when its requests end; whether it ended well is no part of the measure.
        self.requests = None;
        if self.child.wait().is_err() {
            println!("{} did not end", self.name);
        }
    }
}

fn spent(before: &BTreeMap<String, u64>, after: &BTreeMap<String, u64>) -> Duration {
    let nanoseconds = after
        .iter()
        .map(|(thread, run)| run.saturating_sub(before.get(thread).copied().unwrap_or(0)))
        .sum();
    Duration::from_nanos(nanoseconds)
}

#[expect(
    clippy::disallowed_methods,
    reason = "wall time is a remark beside the CPU time"
)]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_contestant_answers_is_unable_or_breaks_off() {
        let script = "echo ready; read a; echo ok $a 42; read b; echo unable no $b; read c";
        let mut worker = Worker::start("peer", shell(script)).unwrap();
        let Answer::Done { answer, .. } = worker.ask("sum").unwrap() else {
            panic!("no answer");
        };
        assert_eq!(answer, "sum 42");
        assert_eq!(
            worker.ask("ledger").unwrap(),
            Answer::Unable("no ledger".to_owned())
        );
        assert!(worker.ask("more").is_err());
    }

    #[test]
    fn a_contestant_that_cannot_start_says_why() {
        let problem = Worker::start("peer", shell("echo no such module")).unwrap_err();
        assert_eq!(problem.to_string(), "peer: no such module");
    }

    #[test]
    fn a_thread_that_began_in_between_counts_whole() {
        let times = |list: &[(&str, u64)]| {
            let own = |(id, run): &(&str, u64)| ((*id).to_owned(), *run);
            list.iter().map(own).collect::<BTreeMap<_, _>>()
        };
        let before = times(&[("1", 5), ("2", 7)]);
        let after = times(&[("1", 8), ("3", 4)]);
        assert_eq!(spent(&before, &after), Duration::from_nanos(7));
    }
}
