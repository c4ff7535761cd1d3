//! Why a command ended without doing what was asked, in the language of the reader.

use std::error::Error;
use std::fmt;
use std::io;

use yuntu_app::vault::ProviderError;
use yuntu_app::{AppError, provider_text};
use yuntu_demo::DemoError;
use yuntu_terms::{Lang, Text};

/// What could not be done, why, and what to do.
#[derive(Debug)]
pub(crate) struct Failure {
    what: Text,
    cause: Option<Text>,
    remedy: Option<Text>,
}

impl Failure {
    /// Makes a failure without a cause below it.
    pub(crate) fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            what: Text::new(zh, en),
            cause: None,
            remedy: None,
        }
    }

    /// Adds why.
    pub(crate) fn because(mut self, cause: Text) -> Self {
        self.cause = Some(cause);
        self
    }

    /// Adds what to do.
    pub(crate) fn remedy(mut self, remedy: Text) -> Self {
        self.remedy = Some(remedy);
        self
    }

    /// Returns the parts in one language: what, why, what to do.
    pub(crate) fn parts(&self, lang: Lang) -> (&str, Option<&str>, Option<&str>) {
        (
            self.what.get(lang),
            self.cause.as_ref().map(|text| text.get(lang)),
            self.remedy.as_ref().map(|text| text.get(lang)),
        )
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what.en)
    }
}

impl Error for Failure {}

/// Turns the errors of the parts into failures that say in both languages what could not be done.
pub(crate) trait OrFail<T> {
    /// Says what could not be done; the error says why.
    fn or_fail(self, zh: impl Into<String>, en: impl Into<String>) -> Result<T, Failure>;
}

impl<T, E: Error + 'static> OrFail<T> for Result<T, E> {
    fn or_fail(self, zh: impl Into<String>, en: impl Into<String>) -> Result<T, Failure> {
        self.map_err(|error| Failure::new(zh, en).because(cause_text(&error)))
    }
}

/// Says what an error means: our own errors in both languages, the system's by their kind.
fn cause_text(error: &(dyn Error + 'static)) -> Text {
    if let Some(app) = error.downcast_ref::<AppError>() {
        return app_text(app);
    }
    if let Some(demo) = error.downcast_ref::<DemoError>() {
        return demo.cause().unwrap_or_else(|| demo.text());
    }
    if let Some(provider) = error.downcast_ref::<ProviderError>() {
        return provider_text(provider);
    }
    if let Some(io) = error.downcast_ref::<io::Error>() {
        return io_text(io);
    }
    Text::new(error.to_string(), error.to_string())
}

/// Adds the reasons to a refusal.
fn app_text(error: &AppError) -> Text {
    let Some(refusal) = error.refusal() else {
        return error.text();
    };
    let said = |lang: Lang| -> String {
        let reasons = refusal.reasons().map(|reason| {
            let (clause, fact) = (reason.clause(), reason.fact());
            format!("{clause}: {} → {}", fact.what(lang), fact.remedy(lang))
        });
        let reasons: Vec<_> = reasons.collect();
        format!("{}: {}", lang.pick("拒绝", "refused"), reasons.join("; "))
    };
    Text::new(said(Lang::Zh), said(Lang::En))
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the other kinds have no better remedy than their code"
)]
fn io_text(error: &io::Error) -> Text {
    use io::ErrorKind as Kind;
    let (zh, en) = match error.kind() {
        Kind::NotFound => (
            "没有此文件或文件夹；请检查路径",
            "there is no such file or folder; check the path",
        ),
        Kind::PermissionDenied => (
            "没有权限；请检查文件的权限或换用有权限的用户",
            "permission is missing; check the file's permissions or the user",
        ),
        Kind::AlreadyExists => (
            "已存在；请换一个名称",
            "it exists already; choose another name",
        ),
        Kind::AddrInUse => (
            "地址已被另一程序占用；请停止该程序，或用 --listen 换一个端口",
            "another program uses the address; stop it, or choose another port with --listen",
        ),
        Kind::AddrNotAvailable => (
            "本机没有此地址；请用 --listen 换一个地址",
            "this machine has no such address; choose another with --listen",
        ),
        Kind::StorageFull => ("磁盘已满；请腾出空间", "the disk is full; make room"),
        Kind::ReadOnlyFilesystem => (
            "文件系统只读；请换一个可写的文件夹",
            "the file system is read-only; choose another folder",
        ),
        Kind::IsADirectory => ("这是文件夹；请指定文件", "this is a folder; name a file"),
        Kind::NotADirectory => (
            "路径中有一段不是文件夹；请检查路径",
            "a part of the path is no folder; check the path",
        ),
        Kind::InvalidData => (
            "内容不是 UTF-8 文字；请检查文件",
            "the content is not UTF-8 text; check the file",
        ),
        _ => ("系统拒绝了操作", "the system refused"),
    };
    match error.raw_os_error() {
        Some(code) => Text::new(format!("{zh}（{code}）"), format!("{en} ({code})")),
        None => Text::new(zh, en),
    }
}
