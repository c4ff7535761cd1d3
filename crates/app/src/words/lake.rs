//! What the lake objects to, in both languages.

use yuntu_lake::{LakeError, Look, MappingFault, PathFault, SourceFault};
use yuntu_terms::Text;

use super::parts::vault_text;

pub(super) fn lake_text(error: &LakeError) -> Text {
    match error {
        LakeError::Source(fault) => source_text(fault),
        LakeError::Mapping(fault) => {
            let zh = mapping_zh(fault);
            Text::new(
                format!("映射不可用：{zh}"),
                format!("the mapping cannot be used: {fault}"),
            )
        }
        LakeError::Vault(error) => vault_text(error),
        LakeError::Region {
            required, found, ..
        } => Text::new(
            format!("数据须存于 {required}，而存储位于 {found}；请使用 {required} 的存储"),
            format!(
                "the data must stay in {required} and the store is in {found}; use a store in {required}"
            ),
        ),
        LakeError::Storage(_) => Text::new(
            "数据文件无法读写，已提交的内容不受影响；请检查磁盘空间与存储服务，然后重新导入同一文件",
            "files of data cannot be read or written, and what is committed stays; check the room on the disk and the storage service, then import the same file again",
        ),
        LakeError::SchemaMismatch(_) => Text::new(
            "该数据集的字段与此映射不同；请使用建立数据集时确认的映射",
            "the dataset has other columns than this mapping makes; use the mapping that was confirmed for it",
        ),
        LakeError::Contended => Text::new(
            "该数据集正在被另一写入者改变；请稍后重试",
            "the dataset is being changed by another writer; try again later",
        ),
        LakeError::Cancelled => Text::new(
            "已取消；已提交的内容保留，再次导入将从该处继续",
            "cancelled; what was committed stays, and importing again goes on from there",
        ),
        LakeError::NoDataset(_) | LakeError::PartGone(_) => Text::new(
            "没有此数据集，或尚未导入任何内容",
            "there is no such dataset, or nothing was imported into it",
        ),
        LakeError::NoRows | LakeError::NoColumn => Text::new("没有此行或此字段", error.to_string()),
        LakeError::NotPermitted { .. } => Text::new("许可未包含此数据集", error.to_string()),
        LakeError::PermitExpired { .. } => Text::new("许可不在有效期内", error.to_string()),
        LakeError::Damaged { .. } => Text::new(
            "已保存的数据文件已损坏；请由备份恢复",
            "a stored file is damaged; restore it from the backup",
        ),
        LakeError::NumbersExhausted
        | LakeError::Columns(_)
        | LakeError::Entropy(_)
        | LakeError::Flags(_)
        | LakeError::Worker => Text::new("平台内部故障", error.to_string()),
    }
}

pub(crate) fn source_text(fault: &SourceFault) -> Text {
    let (zh, en_hint) = match fault {
        SourceFault::Read(_) => (String::from("文件无法读取；请重新上传"), "upload it again"),
        SourceFault::Empty => (
            String::from("文件是空的；请选择有内容的文件"),
            "choose a file with content",
        ),
        SourceFault::TooLarge(most) => (
            format!("文件超过 {most} 字节；请拆分文件，或放入投递区再按路径导入"),
            "split it, or put it into the drop area and import it by its path",
        ),
        SourceFault::Encoding => (
            String::from("文字既非 UTF-8 也非 GB 18030；请另存为 UTF-8 的 CSV"),
            "save it as CSV in UTF-8",
        ),
        SourceFault::EncodingOfFormat => (
            String::from("GB 18030 文字只支持以逗号、分号或制表符分隔的 CSV；请另存为 UTF-8"),
            "save it in UTF-8",
        ),
        SourceFault::Format(wanted) => (
            format!("文件不是{}；请检查文件或改正映射的格式", kind_zh(wanted)),
            "check the file, or correct the format in the mapping",
        ),
        SourceFault::OtherFile { found, wanted } => {
            let (zh, hint) = look_words(*found);
            (
                format!("文件是{zh}，而不是{}；{}", kind_zh(wanted), hint.zh),
                hint.en,
            )
        }
        SourceFault::NoHeader => (
            String::from("第一行没有映射中的任何字段名；请检查是否缺少表头、分隔符是否不同"),
            "add the line of column names, or correct the delimiter in the mapping",
        ),
        SourceFault::MissingColumn(name) => (
            format!("缺少字段“{name}”；请补上该列，或改用不含它的数据集"),
            "add it to the file",
        ),
        SourceFault::UnknownColumn(place) => (
            format!(
                "映射没有说明文件的第 {place} 列，或该列名重复；请删去该列，或使用包含它的映射"
            ),
            "take the column out of the file, or use a mapping that speaks of it",
        ),
        SourceFault::TooManyColumns => (String::from("超过 4096 列；请拆分文件"), "split the file"),
        SourceFault::Parquet(_) => (
            String::from("Parquet 文件已损坏、被加密或结构不对；请重新导出"),
            "write the file again",
        ),
        SourceFault::Bomb(_) => (
            String::from("Parquet 文件展开后将超出限额，未予读取；请拆分文件或减小行组"),
            "it was not read; split the file or make its row groups smaller",
        ),
        SourceFault::Changed => (
            String::from("文件在导入期间发生了变化；请重新导入"),
            "import it again",
        ),
        SourceFault::Path(fault) => {
            let (zh, en) = path_words(*fault);
            (zh.to_owned(), en)
        }
    };
    Text::new(
        format!("文件无法导入：{zh}"),
        format!("the file cannot be imported: {fault}; {en_hint}"),
    )
}

fn path_words(fault: PathFault) -> (&'static str, &'static str) {
    match fault {
        PathFault::NoDropArea => (
            "本平台没有设置投递区；请上传文件",
            "upload the file instead",
        ),
        PathFault::Outside => (
            "路径不在本企业的投递区文件夹内；请使用其中的相对路径",
            "give a path relative to it",
        ),
        PathFault::Nothing => (
            "本企业的投递区文件夹内没有此文件；请检查路径",
            "check the path",
        ),
        PathFault::Link => (
            "这是链接或特殊文件；请放入普通文件",
            "put a plain file there",
        ),
        PathFault::TooMany => (
            "该路径下超过 10000 个文件；请分批导入",
            "import folder by folder",
        ),
    }
}

/// What to do about a file of another kind.
struct Hint {
    zh: &'static str,
    en: &'static str,
}

fn look_words(look: Look) -> (&'static str, Hint) {
    let as_csv = Hint {
        zh: "请在表格程序中另存为“CSV UTF-8”",
        en: "save it as CSV in UTF-8 from the spreadsheet program",
    };
    match look {
        Look::Workbook => ("ZIP 压缩包或工作簿（XLSX）", as_csv),
        Look::OldWorkbook => ("旧版工作簿（XLS）", as_csv),
        Look::Utf16 => ("UTF-16 文字", as_csv),
        Look::Packed => (
            "压缩文件",
            Hint {
                zh: "请先解压",
                en: "unpack it first",
            },
        ),
        Look::Parquet => (
            "Parquet",
            Hint {
                zh: "请使用格式为 Parquet 的映射",
                en: "use a mapping with the format Parquet",
            },
        ),
        Look::Document => (
            "文档、图片或网页",
            Hint {
                zh: "请导出为 CSV、JSON 行或 Parquet",
                en: "export CSV, JSON lines or Parquet",
            },
        ),
    }
}

fn kind_zh(wanted: &str) -> &'static str {
    match wanted {
        "Parquet" => "Parquet",
        "JSON lines" => "JSON 行",
        "delimited text" => "分隔文本（CSV）",
        "delimited text with a header" => "带表头的分隔文本（CSV）",
        _ => "CSV、JSON 行或 Parquet",
    }
}

fn mapping_zh(fault: &MappingFault) -> String {
    match fault {
        MappingFault::ColumnCount => String::from("应有 1 至 4096 个字段"),
        MappingFault::Repeated(name) => format!("有两个字段同名“{name}”"),
        MappingFault::Name(name) => format!("字段“{name}”需要另一个名称"),
        MappingFault::IdentifierKept(name) => {
            format!("字段“{name}”可识别个人：请设为标识字段或不导入")
        }
        MappingFault::Type(name) => format!("字段“{name}”的类型与用途不符"),
        MappingFault::NoOriginal(name) => format!("字段“{name}”已是哈希值，没有原值可保留"),
        MappingFault::EventTimes => String::from("事件时间最多一个字段"),
        MappingFault::NoIdentifier => String::from("涉及个人的数据集需要标识字段"),
        MappingFault::IdentifierInLookup => String::from("不涉及个人的数据集不得有标识字段"),
        MappingFault::Delimiter => {
            String::from("分隔符须为一个 ASCII 字符，且不是字母、数字、引号或换行")
        }
        MappingFault::Meaning(name) => {
            format!("“{name}”须为涉及个人的数据集中的同意字段，且期限的结束晚于开始")
        }
        MappingFault::MeaningMissing(name) => format!(
            "字段“{name}”是同意标志，却未说明是对什么的同意：请填写其目的、操作、接收方、方式与起始日（接口中为 mapping.consents），或改选其他作用"
        ),
        MappingFault::TimeZone => String::from("未知的时区；请使用 IANA 名称，如 Asia/Shanghai"),
    }
}
