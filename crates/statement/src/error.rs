use std::io;

use yuntu_terms::Lang;

/// A statement could not be read; says the file, the place and what to do.
///
/// `Display` speaks English; [`StatementError::describe`] speaks the reader's language.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StatementError {
    /// The folder or file cannot be read.
    #[error("{}", self.describe(Lang::En))]
    Unreadable {
        /// The file or folder, as it was named.
        file: String,
        /// What the system says.
        kind: io::ErrorKind,
    },
    /// A file that belongs to every statement is absent.
    #[error("{}", self.describe(Lang::En))]
    MissingFile {
        /// The file.
        file: &'static str,
    },
    /// The folder holds a file no statement has.
    #[error("{}", self.describe(Lang::En))]
    UnknownFile {
        /// The file.
        file: String,
    },
    /// The file is larger than any statement.
    #[error("{}", self.describe(Lang::En))]
    TooLarge {
        /// The file.
        file: String,
    },
    /// The file is not UTF-8 text.
    #[error("{}", self.describe(Lang::En))]
    NotText {
        /// The file.
        file: String,
        /// The line of the first bad byte.
        line: usize,
    },
    /// The file does not say what a file of this name says.
    #[error("{}", self.describe(Lang::En))]
    Malformed {
        /// The file.
        file: &'static str,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong there.
        detail: String,
    },
}

impl StatementError {
    /// Says in one language what is wrong, where, and what to do.
    #[must_use]
    pub fn describe(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => self.describe_zh(),
            Lang::En => self.describe_en(),
        }
    }

    fn describe_en(&self) -> String {
        match self {
            Self::Unreadable { file, kind } => format!(
                "cannot read `{file}` ({kind}); name a folder that holds the files of a statement and can be read"
            ),
            Self::MissingFile { file } => format!(
                "`{file}` is missing; a statement has all its files, even where a list is empty: add it"
            ),
            Self::UnknownFile { file } => format!(
                "`{file}` is no file of a statement; take it out, or rename it if the name is misspelt"
            ),
            Self::TooLarge { file } => {
                format!("`{file}` is larger than {MAX_MIB} MiB; check that it is the right file")
            }
            Self::NotText { file, line } => {
                format!("`{file}`, line {line}: not UTF-8 text; save the file as UTF-8")
            }
            Self::Malformed {
                file,
                line,
                column,
                detail,
            } => format!(
                "`{file}`, line {line}, column {column}: {detail}; correct the entry there, the statement in force shows the form"
            ),
        }
    }

    fn describe_zh(&self) -> String {
        match self {
            Self::Unreadable { file, kind } => {
                format!("无法读取“{file}”（{kind}）；请指定一个存放声明文件且可读取的目录")
            }
            Self::MissingFile { file } => {
                format!("缺少“{file}”；一份声明须具备全部文件，清单为空时也不例外：请补上该文件")
            }
            Self::UnknownFile { file } => {
                format!("“{file}”不是声明的文件；请将其移出，若属文件名有误请改名")
            }
            Self::TooLarge { file } => {
                format!("“{file}”超过 {MAX_MIB} MiB；请确认文件是否正确")
            }
            Self::NotText { file, line } => {
                format!("“{file}”第 {line} 行：不是 UTF-8 文本；请将文件另存为 UTF-8")
            }
            Self::Malformed {
                file,
                line,
                column,
                detail,
            } => format!(
                "“{file}”第 {line} 行第 {column} 列：内容不符合格式（{detail}）；请改正该处，写法可参照现行声明"
            ),
        }
    }
}

pub(crate) const MAX_MIB: usize = 4;
