//! Why a row went to quarantine.

use yuntu_lake::RowFault;
use yuntu_terms::Text;

/// Says in both languages why a row of a file was not taken.
///
/// # Clause
/// U3
#[must_use]
pub fn row_fault_text(fault: RowFault) -> Text {
    let (zh, en) = match fault {
        RowFault::FieldCount => (
            "字段数与表头不同",
            "another number of fields than the header",
        ),
        RowFault::CellTooLong => ("单元格超过 1 MiB", "a cell is longer than 1 MiB"),
        RowFault::RowTooLong => ("一行超过 8 MiB", "the row is longer than 8 MiB"),
        RowFault::Encoding => (
            "文字不符合文件的编码",
            "the text is not in the encoding of the file",
        ),
        RowFault::NulByte => ("文字含有空字节", "the text holds a NUL"),
        RowFault::NotAnInteger => ("不是整数", "not a whole number"),
        RowFault::NotANumber => ("不是数字", "not a number"),
        RowFault::NotADecimal => ("不是位数合适的小数", "not a decimal that fits"),
        RowFault::NotABool => ("不是“是/否”", "neither yes nor no"),
        RowFault::NotATimestamp => ("不是所定格式的时间", "not a moment in the given format"),
        RowFault::NotADate => ("不是所定格式的日期", "not a day in the given format"),
        RowFault::NotAPhone => ("不是电话号码", "not a telephone number"),
        RowFault::NotAnEmail => ("不是邮箱地址", "not a mail address"),
        RowFault::NotADeviceId => ("不是设备标识", "not a device id"),
        RowFault::NotAHash => ("不是所定形式的哈希值", "not a hash of the given form"),
        RowFault::NotAnIdentifier => ("不是可用的标识", "not a usable identifier"),
        RowFault::NoIdentifier => ("没有任何标识", "no identifier has a value"),
        RowFault::NoEventTime => ("缺少事件时间", "the time of the event is missing"),
        RowFault::NotAnObject => ("该行不是 JSON 对象", "the line is not a JSON object"),
        RowFault::UnknownField => (
            "有映射未说明的字段",
            "a field that the mapping does not speak of",
        ),
        RowFault::DuplicateField => ("同一字段出现两次", "a field stands twice"),
        RowFault::NestedValue => ("值是列表或对象", "a value is a list or an object"),
        RowFault::WrongType => (
            "值的类型与字段不符",
            "a value has a type that cannot become the column's",
        ),
    };
    Text::new(zh, en)
}
