//! Why an import failed, as a code in its row and as words for whoever reads it.

use yuntu_lake::{LakeError, Look, PathFault, Source, SourceFault};
use yuntu_policy::StopReason;
use yuntu_terms::{Lang, Text};

use crate::error::AppError;
use crate::words;

/// Why an import failed.
///
/// # Clause
/// U3
#[derive(Debug)]
pub struct ImportFault {
    code: String,
    again: bool,
}

impl ImportFault {
    /// Makes the fault of an import that came no further in many runs.
    pub(super) fn stuck() -> Self {
        Self::last("stuck")
    }

    /// Makes the fault of a file that was exchanged while it was being imported.
    pub(super) fn changed() -> Self {
        Self::last("source.changed")
    }

    /// Makes the fault of an import whose asker may no longer import.
    pub(super) fn refused() -> Self {
        Self::last("refused")
    }

    /// Makes the fault of an import that was stopped for good.
    pub(super) fn stopped(by: StopReason) -> Self {
        Self::last(by.code())
    }

    fn last(code: &str) -> Self {
        Self {
            code: code.to_owned(),
            again: false,
        }
    }

    /// Reads what went wrong; how reading the source failed says whether another try may help.
    pub(super) fn of(error: &AppError, source: Option<&Source>) -> Self {
        use std::io::ErrorKind::{InvalidData, NotFound};
        let AppError::Lake(error) = error else {
            return Self {
                code: "internal".to_owned(),
                again: true,
            };
        };
        let failed = source.and_then(Source::failure);
        let failed = failed.or_else(|| {
            if let LakeError::Source(SourceFault::Read(error)) = error {
                Some(error.kind())
            } else {
                None
            }
        });
        match (failed, error) {
            (Some(NotFound), _) => Self::last("source.gone"),
            (Some(InvalidData), _) => Self::last("source.damaged"),
            (Some(_), _) => Self {
                code: "source.unread".to_owned(),
                again: true,
            },
            (None, LakeError::Source(fault)) => Self::last(&code_of(fault)),
            (None, LakeError::Mapping(_)) => Self::last("mapping"),
            (None, LakeError::SchemaMismatch(_)) => Self::last("schema"),
            (None, LakeError::NumbersExhausted) => Self::last("numbers"),
            (None, LakeError::Damaged { .. }) => Self::last("damaged"),
            (None, LakeError::Region { .. }) => Self::last("region"),
            (None, _) => Self {
                code: "storage".to_owned(),
                again: true,
            },
        }
    }

    /// Returns the code that stands in the row: no value of the data is in it.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Says whether the same import may work later.
    pub(super) const fn may_work_later(&self) -> bool {
        self.again
    }

    /// Says in both languages what a code of a row means and what to do.
    #[must_use]
    pub fn text(code: &str) -> Text {
        if let Some(fault) = fault_of(code) {
            return words::source_text(&fault);
        }
        if let Some(reason) = StopReason::from_code(code) {
            return Text::new(reason.what(Lang::Zh), reason.what(Lang::En));
        }
        match code {
            "source.gone" => Text::new(
                "文件已不在：上传的文件可能已被删除，投递区的文件可能已被移走；请重新上传或放回",
                "the file is no longer there: an upload may have been removed, and one in the drop area may have been moved; upload it again or put it back",
            ),
            "source.damaged" => Text::new(
                "保存的文件已损坏或在读取时被替换；请重新上传",
                "the stored file is damaged or was exchanged while it was read; upload it again",
            ),
            "source.unread" | "storage" => Text::new(
                "存储暂时无法读写，正在自动重试；已提交的内容不受影响",
                "the storage cannot be read or written for now and is tried again; what is committed stays",
            ),
            "refused" => Text::new(
                "发起导入的人已无权导入数据；请由有权限的成员重新导入",
                "whoever asked for the import may no longer import data; a member who may has to import it again",
            ),
            "stuck" => Text::new(
                "多次尝试都没有进展，已停止；请联系平台运营者",
                "it came no further in many tries and was stopped; contact the operator of the platform",
            ),
            "schema" | "mapping" => Text::new(
                "该数据集的字段与此映射不同；请使用建立数据集时确认的映射",
                "the dataset has other columns than this mapping makes; use the mapping that was confirmed for it",
            ),
            "damaged" => Text::new(
                "该数据集已保存的文件已损坏；请由备份恢复",
                "a stored file of the dataset is damaged; restore it from the backup",
            ),
            "numbers" => Text::new(
                "企业的个人编号已用完",
                "the enterprise has no numbers for persons left",
            ),
            "region" => Text::new(
                "存储不在数据必须留存的地区",
                "the storage is not in the region where the data must stay",
            ),
            _ => Text::new(
                "平台内部故障，正在自动重试；已提交的内容不受影响",
                "a fault of the platform; it is tried again, and what is committed stays",
            ),
        }
    }
}

const FORMATS: [&str; 5] = [
    "Parquet",
    "JSON lines",
    "delimited text",
    "delimited text with a header",
    "delimited text, JSON lines or Parquet",
];
const LOOKS: [(&str, Look); 6] = [
    ("workbook", Look::Workbook),
    ("old_workbook", Look::OldWorkbook),
    ("packed", Look::Packed),
    ("parquet", Look::Parquet),
    ("utf16", Look::Utf16),
    ("document", Look::Document),
];
const PATHS: [(&str, PathFault); 5] = [
    ("no_drop_area", PathFault::NoDropArea),
    ("outside", PathFault::Outside),
    ("nothing", PathFault::Nothing),
    ("link", PathFault::Link),
    ("too_many", PathFault::TooMany),
];

/// Writes a fault of a source as a code; what it is about follows a colon.
fn code_of(fault: &SourceFault) -> String {
    let look = |wanted: Look| LOOKS.iter().find(|(_, look)| *look == wanted);
    let path = |wanted: PathFault| PATHS.iter().find(|(_, path)| *path == wanted);
    let (code, about) = match fault {
        SourceFault::Read(_) => ("unread", String::new()),
        SourceFault::Empty => ("empty", String::new()),
        SourceFault::TooLarge(most) => ("too_large", most.to_string()),
        SourceFault::Encoding => ("encoding", String::new()),
        SourceFault::EncodingOfFormat => ("encoding_of_format", String::new()),
        SourceFault::Format(wanted) => ("format", (*wanted).to_owned()),
        SourceFault::OtherFile { found, wanted } => {
            let look = look(*found).map_or("document", |(name, _)| name);
            ("other_file", format!("{look}:{wanted}"))
        }
        SourceFault::NoHeader => ("no_header", String::new()),
        SourceFault::MissingColumn(name) => ("missing_column", name.clone()),
        SourceFault::UnknownColumn(place) => ("unknown_column", place.to_string()),
        SourceFault::TooManyColumns => ("too_many_columns", String::new()),
        SourceFault::Parquet(_) => ("parquet", String::new()),
        SourceFault::Bomb(_) => ("bomb", String::new()),
        SourceFault::Changed => ("changed", String::new()),
        SourceFault::Path(fault) => {
            let path = path(*fault).map_or("nothing", |(name, _)| name);
            ("path", path.to_owned())
        }
    };
    if about.is_empty() {
        format!("source.{code}")
    } else {
        format!("source.{code}:{about}")
    }
}

/// Reads a code of a row back into the fault that it names.
fn fault_of(code: &str) -> Option<SourceFault> {
    let code = code.strip_prefix("source.")?;
    let (code, about) = code.split_once(':').unwrap_or((code, ""));
    let format = |wanted: &str| FORMATS.into_iter().find(|format| *format == wanted);
    Some(match code {
        "empty" => SourceFault::Empty,
        "too_large" => SourceFault::TooLarge(about.parse().ok()?),
        "encoding" => SourceFault::Encoding,
        "encoding_of_format" => SourceFault::EncodingOfFormat,
        "format" => SourceFault::Format(format(about)?),
        "other_file" => {
            let (look, wanted) = about.split_once(':')?;
            let (_, found) = LOOKS.into_iter().find(|(name, _)| *name == look)?;
            let wanted = format(wanted)?;
            SourceFault::OtherFile { found, wanted }
        }
        "no_header" => SourceFault::NoHeader,
        "missing_column" => SourceFault::MissingColumn(about.to_owned()),
        "unknown_column" => SourceFault::UnknownColumn(about.parse().ok()?),
        "too_many_columns" => SourceFault::TooManyColumns,
        "parquet" => SourceFault::Parquet("its contents are damaged"),
        "bomb" => SourceFault::Bomb("its contents"),
        "changed" => SourceFault::Changed,
        "path" => SourceFault::Path(PATHS.into_iter().find(|(name, _)| *name == about)?.1),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_of_a_source_keeps_its_words_as_a_code() {
        let mut faults = vec![
            SourceFault::Empty,
            SourceFault::TooLarge(7),
            SourceFault::Encoding,
            SourceFault::EncodingOfFormat,
            SourceFault::NoHeader,
            SourceFault::MissingColumn("a: b".to_owned()),
            SourceFault::UnknownColumn(3),
            SourceFault::TooManyColumns,
            SourceFault::Changed,
        ];
        faults.extend(FORMATS.map(SourceFault::Format));
        faults.extend(PATHS.map(|(_, path)| SourceFault::Path(path)));
        for (_, found) in LOOKS {
            let other = |wanted| SourceFault::OtherFile { found, wanted };
            faults.extend(FORMATS.map(other));
        }
        for fault in faults {
            let code = code_of(&fault);
            assert_eq!(
                ImportFault::text(&code),
                words::source_text(&fault),
                "{code}"
            );
        }
        for code in [
            "source.gone",
            "storage",
            "stuck",
            "refused",
            "what",
            "source.what",
        ] {
            let text = ImportFault::text(code);
            assert!(!text.zh.is_empty() && !text.en.is_empty());
        }
    }

    #[test]
    fn what_may_work_later_is_told_from_what_may_not() {
        let of = |error: LakeError| ImportFault::of(&AppError::Lake(error), None);
        let read = |kind: std::io::ErrorKind| of(SourceFault::Read(kind.into()).into());
        assert!(read(std::io::ErrorKind::Other).may_work_later());
        assert!(of(LakeError::Contended).may_work_later());
        let gone = read(std::io::ErrorKind::NotFound);
        assert_eq!((gone.code(), gone.may_work_later()), ("source.gone", false));
        let empty = of(SourceFault::Empty.into());
        assert_eq!(
            (empty.code(), empty.may_work_later()),
            ("source.empty", false)
        );
    }
}
