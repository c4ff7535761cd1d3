//! The lines of a consent file, read as they come: nothing of the file is kept but what its lines say.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read};

use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;
use yuntu_lake::{IdentifierKind, Look};
use yuntu_statement::Statement;
use yuntu_terms::{
    ConsentKind, ConsentStatus, Digest, Operation, PaperId, PartnerId, Pii, Purpose, Recipient,
    Timestamp, clause,
};

use crate::error::{AppError, Said};
use crate::partners::{ENDED, UNKNOWN};

/// How many lines a file may have: they become durable in one transaction, for which others wait.
pub(super) const LINES_MAX: u64 = 500_000;
/// How many faults are told together.
const FAULTS_MAX: usize = 100;
/// How many lines go on together.
pub(super) const STRETCH: usize = 2_000;
/// How long what a record rests on may be.
pub(super) const WORDS_MAX: usize = 200;

/// Why a line of a consent file cannot be used.
///
/// # Clause
/// U4
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineFault {
    /// The line, counted from 1 with the header.
    pub line: u64,
    /// What is wrong with it.
    pub reason: Said,
}

/// What a record speaks of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Speaks {
    pub(super) purpose: Purpose,
    pub(super) operation: Operation,
    pub(super) recipient: Recipient,
    pub(super) kind: ConsentKind,
    pub(super) status: ConsentStatus,
}

/// What a record rests on, as a line says it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Rests {
    pub(super) method: String,
    pub(super) notice: String,
    pub(super) language: String,
    pub(super) proof: String,
    pub(super) paper: Option<(PaperId, Digest)>,
}

/// A line.
#[derive(Debug)]
pub(super) struct Line {
    /// Its place among the lines, from 0.
    pub(super) row: u32,
    pub(super) value: Pii<String>,
    pub(super) speaks: Speaks,
    pub(super) from: Timestamp,
    pub(super) until: Option<Timestamp>,
    pub(super) recorded: Option<Timestamp>,
    pub(super) rests: Rests,
}

/// What the values of a file are held against.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) statement: &'static Statement,
    /// The partners on the register, each with whether it has ended.
    pub(super) partners: BTreeMap<PartnerId, bool>,
    /// The papers of the enterprise's datasets that stand.
    pub(super) papers: BTreeMap<Digest, PaperId>,
    pub(super) now: Timestamp,
}

/// What goes on while a file is read.
pub(super) enum Step {
    /// Who the lines name, known from the header.
    Kind(IdentifierKind),
    /// The next lines.
    Lines(Vec<Line>),
}

/// Reads a file to its end and hands its lines on by the stretch; returns its digest when every line can be used.
///
/// After the first fault nothing is handed on, and the rest is read for its faults.
pub(super) fn read(
    content: impl Read,
    rules: &Rules,
    sender: &mpsc::Sender<Step>,
) -> Result<Digest, AppError> {
    let mut content = BufReader::new(Hashing {
        content,
        hash: Sha256::new(),
        failed: false,
    });
    check_look(&mut content)?;
    let mut reader = csv::Reader::from_reader(content);
    let places = Places::of(&mut reader)?;
    if sender
        .blocking_send(Step::Kind(places.kind.clone()))
        .is_err()
    {
        return Err(gone());
    }
    let mut faults = Faults::default();
    let mut stretch = Vec::with_capacity(STRETCH);
    let mut row = csv::StringRecord::new();
    let mut count = 0_u64;
    loop {
        // The causes would quote the row.
        let read = reader.read_record(&mut row);
        if matches!(read, Ok(false)) {
            break;
        }
        let line = row
            .position()
            .map_or_else(|| reader.position().line(), csv::Position::line);
        let parsed = match read {
            Ok(_) => places.line(&row, rules),
            Err(error) => Err(row_fault(&error)?),
        };
        if count >= LINES_MAX {
            return Err(too_long());
        }
        match parsed {
            Err(reason) => faults.add(LineFault { line, reason }),
            Ok(mut line) => {
                line.row = u32::try_from(count).unwrap_or(u32::MAX);
                stretch.push(line);
            }
        }
        count += 1;
        if stretch.len() == STRETCH {
            let full = std::mem::replace(&mut stretch, Vec::with_capacity(STRETCH));
            if faults.total == 0 && sender.blocking_send(Step::Lines(full)).is_err() {
                return Err(gone());
            }
        }
    }
    faults.none()?;
    if !stretch.is_empty() && sender.blocking_send(Step::Lines(stretch)).is_err() {
        return Err(gone());
    }
    let hashing = reader.into_inner().into_inner();
    Ok(Digest::new(hashing.hash.finalize().into()))
}

/// Whoever takes the lines gave up; her reason is the one that is told.
const fn gone() -> AppError {
    AppError::Internal {
        what: "reading a consent file",
    }
}

fn too_long() -> AppError {
    invalid(Said::new(
        "一个文件最多 50 万行；请分成几个文件，每个文件各自完整登记",
        "it has more than 500,000 lines; send several files, each of which is taken in whole",
    ))
}

const fn invalid(reason: Said) -> AppError {
    AppError::Invalid {
        what: "consent file",
        reason,
    }
}

#[derive(Default)]
struct Faults {
    first: Vec<LineFault>,
    total: u64,
}

impl Faults {
    fn add(&mut self, fault: LineFault) {
        self.total += 1;
        if self.first.len() < FAULTS_MAX {
            self.first.push(fault);
        }
    }

    fn none(self) -> Result<(), AppError> {
        if self.total == 0 {
            return Ok(());
        }
        Err(AppError::ConsentLines {
            faults: self.first,
            total: self.total,
        })
    }
}

struct Hashing<R> {
    content: R,
    hash: Sha256,
    failed: bool,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.content.read(buffer);
        match read {
            Ok(length) => self.hash.update(buffer.get(..length).unwrap_or_default()),
            Err(_) => self.failed = true,
        }
        read
    }
}

/// Refuses what is no text before a line of it is read.
fn check_look(content: &mut BufReader<Hashing<impl Read>>) -> Result<(), AppError> {
    let head = content.fill_buf().map_err(|_lost| broken_off())?;
    if head.is_empty() {
        return Err(invalid(Said::new("文件是空的", "it is empty")));
    }
    if Look::of(head).is_some() {
        return Err(invalid(Said::new(
            "这是工作簿、压缩文件、文档或 UTF-16 文字；请另存为“CSV UTF-8”",
            "it is a workbook, a packed file, a document or text in UTF-16; save it as CSV in UTF-8",
        )));
    }
    Ok(())
}

fn broken_off() -> AppError {
    invalid(Said::new(
        "上传中断，未记录任何内容；请重新上传",
        "the upload broke off and nothing was recorded; send it again",
    ))
}

/// Says what is wrong with a row that could not be split; a file that broke off is no row.
fn row_fault(error: &csv::Error) -> Result<Said, AppError> {
    let kind = error.kind();
    if matches!(kind, csv::ErrorKind::Io(_)) {
        return Err(broken_off());
    }
    Ok(if matches!(kind, csv::ErrorKind::Utf8 { .. }) {
        Said::new(
            "文字不是 UTF-8；请另存为“CSV UTF-8”",
            "its text is not UTF-8; save the file as CSV in UTF-8",
        )
    } else {
        Said::new(
            "字段数与第一行不同",
            "it has another number of fields than the first line",
        )
    })
}

/// Where each field stands.
struct Places {
    kind: IdentifierKind,
    value: usize,
    needed: [usize; 7],
    recorded: Option<usize>,
    method: Option<usize>,
    notice: Option<usize>,
    language: Option<usize>,
    proof: Option<usize>,
    paper: Option<usize>,
}

const NEEDED: [&str; 7] = [
    "purpose",
    "operation",
    "recipient",
    "kind",
    "status",
    "from",
    "until",
];

fn head() -> AppError {
    invalid(Said::new(
        "第一行应为以逗号分隔的字段名：member_id（或 phone、email、oaid、idfa）,purpose,operation,recipient,kind,status,from,until，另可有 recorded,method,notice,language,proof,paper",
        "its first line must name the fields with commas between: member_id (or phone, email, oaid, idfa),purpose,operation,recipient,kind,status,from,until and, if you like, recorded,method,notice,language,proof,paper",
    ))
}

impl Places {
    fn of(reader: &mut csv::Reader<BufReader<Hashing<impl Read>>>) -> Result<Self, AppError> {
        let found = reader.headers().map_err(|_quotes_the_row| head())?;
        let names: Vec<&str> = found.iter().map(str::trim).collect();
        let place = |name: &str| names.iter().position(|found| *found == name);
        let kinds = [
            ("member_id", IdentifierKind::MemberId),
            ("phone", IdentifierKind::Phone),
            ("email", IdentifierKind::Email),
            ("oaid", IdentifierKind::Oaid),
            ("idfa", IdentifierKind::Idfa),
        ];
        let mut identifiers = kinds
            .into_iter()
            .filter_map(|(name, kind)| Some((place(name)?, kind)));
        let (value, kind) = identifiers.next().ok_or_else(head)?;
        if identifiers.next().is_some() {
            return Err(head());
        }
        let mut needed = [0; 7];
        for (slot, name) in needed.iter_mut().zip(NEEDED) {
            *slot = place(name).ok_or_else(head)?;
        }
        let extra = ["recorded", "method", "notice", "language", "proof", "paper"];
        let extra = extra.map(place);
        let known = 1 + NEEDED.len() + extra.iter().flatten().count();
        if names.len() != known {
            return Err(head());
        }
        let [recorded, method, notice, language, proof, paper] = extra;
        Ok(Self {
            kind,
            value,
            needed,
            recorded,
            method,
            notice,
            language,
            proof,
            paper,
        })
    }

    fn line(&self, row: &csv::StringRecord, rules: &Rules) -> Result<Line, Said> {
        let at = |place: usize| row.get(place).unwrap_or_default().trim();
        let if_there = |place: Option<usize>| place.map(at).unwrap_or_default();
        let [purpose, operation, recipient, kind, status, from, until] = self.needed.map(at);
        let value = at(self.value);
        if value.is_empty() {
            return Err(Said::new(
                "没有标识，不知是谁",
                "it names nobody: the identifier is empty",
            ));
        }
        let status = ConsentStatus::from_code(status).ok_or(Said::new(
            "status 不是已知状态，如 given、renewed、withdrawn、refused、expired",
            "`status` is not known, such as given, renewed, withdrawn, refused, expired",
        ))?;
        let speaks = Speaks {
            purpose: rules.purpose(purpose)?,
            operation: operation.parse().map_err(|_unknown| {
                Said::new(
                    "operation 应为 process、share、transfer 或 publicise",
                    "`operation` is not process, share, transfer or publicise",
                )
            })?,
            recipient: rules.recipient(recipient, status)?,
            kind: coded(kind).ok_or(Said::new(
                "kind 应为 expressed、explicit 或 separate",
                "`kind` is not expressed, explicit or separate",
            ))?,
            status,
        };
        let from = moment(from)?.ok_or(Said::new("缺少 from", "`from` is empty"))?;
        let until = moment(until)?;
        let recorded = moment(if_there(self.recorded))?;
        check_times(from, until, recorded, rules.now)?;
        let proof = words(if_there(self.proof))?;
        let paper = match if_there(self.paper) {
            "" => None,
            named => Some(rules.named_paper(named)?),
        };
        check_proved(speaks.status, !proof.is_empty() || paper.is_some())?;
        Ok(Line {
            row: 0,
            value: Pii::new(value.to_owned()),
            speaks,
            from,
            until,
            recorded,
            rests: Rests {
                method: words(if_there(self.method))?,
                notice: words(if_there(self.notice))?,
                language: language(if_there(self.language))?,
                proof,
                paper,
            },
        })
    }
}

impl Rules {
    /// Reads a purpose of the statement; a record for one that nobody can ask for would be lost in silence.
    pub(super) fn purpose(&self, text: &str) -> Result<Purpose, Said> {
        text.parse()
            .ok()
            .filter(|purpose| self.statement.purpose(purpose).is_some())
            .ok_or(Said::new(
                "purpose 不是声明中的目的",
                "`purpose` is no purpose of the statement",
            ))
    }

    fn recipient(&self, text: &str, status: ConsentStatus) -> Result<Recipient, Said> {
        let unknown = Said::new(
            "recipient 应为 enterprise、public 或已登记合作方的标识",
            "`recipient` is not enterprise, public or the id of a partner on the register",
        );
        match text {
            "enterprise" => Ok(Recipient::Enterprise),
            "public" => Ok(Recipient::Public),
            partner => {
                let partner = partner.parse().map_err(|_id| unknown)?;
                self.check_recipient(Recipient::Partner(partner), status)
            }
        }
    }

    /// Asks that a partner is on the enterprise's register. Of one that has ended a person may still say no, and nobody is told
    /// that she said yes.
    pub(super) fn check_recipient(
        &self,
        recipient: Recipient,
        status: ConsentStatus,
    ) -> Result<Recipient, Said> {
        let Recipient::Partner(partner) = recipient else {
            return Ok(recipient);
        };
        match self.partners.get(&partner) {
            None => Err(UNKNOWN),
            Some(true) if status.permits() => Err(ENDED),
            Some(_) => Ok(recipient),
        }
    }
}

impl Rules {
    /// Finds the paper of a digest among those that stand.
    pub(super) fn paper(&self, digest: Digest) -> Result<(PaperId, Digest), Said> {
        let found = self.papers.get(&digest).copied();
        found.map(|id| (id, digest)).ok_or(Said::new(
            "paper 不是贵企业数据集的证明文件，或已撤回；请先将其加入一个数据集的证明文件",
            "`paper` is no paper of your datasets, or was taken back; add it to the papers of a dataset first",
        ))
    }

    fn named_paper(&self, text: &str) -> Result<(PaperId, Digest), Said> {
        let digest = text.parse().map_err(|_form| {
            Said::new(
                "paper 应为证明文件的 SHA-256 摘要，64 位十六进制数字",
                "`paper` is the SHA-256 digest of a paper, 64 hexadecimal digits",
            )
        })?;
        self.paper(digest)
    }
}

/// Asks for the written proof of a record that permits something: who relies on consent must be able to show it.
pub(super) fn check_proved(status: ConsentStatus, proved: bool) -> Result<(), Said> {
    clause::hit!(U4);
    if proved || !status.permits() {
        return Ok(());
    }
    Err(Said::new(
        "given 与 renewed 须有书面证明：proof（证明存于何处）或 paper（证明文件的摘要）",
        "`given` and `renewed` need written proof: `proof` (where it lies) or `paper` (the digest of a paper)",
    ))
}

/// Reads in which language a person was asked: a tag such as `zh-CN`.
pub(super) fn language(text: &str) -> Result<String, Said> {
    let part = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|it| it.is_ascii_alphanumeric())
    };
    let first = text.split('-').next().unwrap_or_default();
    let named = (2..=3).contains(&first.len()) && first.bytes().all(|it| it.is_ascii_alphabetic());
    if text.is_empty() || named && text.len() <= 35 && text.split('-').all(part) {
        return Ok(text.to_owned());
    }
    Err(Said::new(
        "language 应为语言标签，如 zh-CN 或 en",
        "`language` is the tag of a language, such as zh-CN or en",
    ))
}

/// Asks that the moments of a record agree.
pub(super) fn check_times(
    from: Timestamp,
    until: Option<Timestamp>,
    recorded: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), Said> {
    if until.is_some_and(|until| until <= from) {
        return Err(Said::new(
            "同意结束早于开始",
            "the consent ends before it begins",
        ));
    }
    if recorded.is_some_and(|recorded| recorded > now.plus_days(1)) {
        return Err(Said::new(
            "recorded 在将来",
            "`recorded` lies in the future",
        ));
    }
    Ok(())
}

fn moment(text: &str) -> Result<Option<Timestamp>, Said> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_form| {
        Said::new(
            "时间应如 2026-01-05T00:00:00+08:00",
            "a moment is not written as 2026-01-05T00:00:00+08:00",
        )
    })
}

/// Reads what a record rests on: one line, not too long.
pub(super) fn words(text: &str) -> Result<String, Said> {
    if text.chars().count() > WORDS_MAX || text.chars().any(char::is_control) {
        return Err(Said::new(
            "method、notice 与 proof 应为单行，最多 200 个字符",
            "`method`, `notice` and `proof` are one line of at most 200 characters",
        ));
    }
    Ok(text.to_owned())
}

fn coded<T: DeserializeOwned>(code: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(code.to_owned())).ok()
}

#[cfg(test)]
mod tests;
