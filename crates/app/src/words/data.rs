//! What codes of business data mean: classes, roles, standings, imports, and what a dataset waits for.

use yuntu_engine::{LabelCause, LabelRule};
use yuntu_policy::Standing;
use yuntu_store::ImportStatus;
use yuntu_terms::{ColumnClass, Lang, Operation, Recipient, Text};

use crate::overview::Waiting;

/// Says how closely a column is tied to a person.
///
/// # Clause
/// R8
#[must_use]
pub fn class_text(class: ColumnClass) -> Text {
    match class {
        ColumnClass::NonPersonal => Text::new("非个人信息", "not personal"),
        ColumnClass::Personal => Text::new("个人信息", "personal"),
        ColumnClass::Sensitive => Text::new("敏感个人信息", "sensitive personal"),
        ColumnClass::Identifier => Text::new("标识符", "identifier"),
    }
}

/// Says how an input made a column of a result what it is.
///
/// # Clause
/// R8
#[must_use]
pub fn cause_text(cause: &LabelCause) -> Text {
    let class = class_text(cause.class);
    let table = &cause.table;
    let name = match &cause.column {
        Some(column) => format!("{table}.{column}"),
        None => table.clone(),
    };
    match cause.rule {
        LabelRule::Value => Text::new(
            format!("由 {name} 计算得出（{}）", class.zh),
            format!("computed from {name} ({})", class.en),
        ),
        LabelRule::Persons => Text::new(
            format!("{name} 的每一行都涉及个人"),
            format!("each row of {name} is about a person"),
        ),
        LabelRule::Choice => Text::new(
            format!("有哪些行由 {name} 决定（{}）", class.zh),
            format!("which rows there are was chosen by {name} ({})", class.en),
        ),
        LabelRule::Unknown => Text::new(
            format!("未能追溯来源，按最严格的输入计（{}）", class.zh),
            format!(
                "it could not be followed, so that the strictest input counts ({})",
                class.en
            ),
        ),
    }
}

/// Says what a column is to the platform, by the code that is kept of its role.
#[must_use]
pub fn role_text(code: &str) -> Text {
    match code {
        "identifier" => Text::new("识别个人", "names the person"),
        "attribute" => Text::new("属性", "attribute"),
        "event_type" => Text::new("事件类型", "type of the event"),
        "event_time" => Text::new("事件时间", "time of the event"),
        "property" => Text::new("事件属性", "property of the event"),
        "consent_flag" => Text::new("同意标志", "flag of a consent"),
        other => Text::new(other, other),
    }
}

/// Says whether the platform serves something.
///
/// # Clause
/// U5
#[must_use]
pub fn standing_text(standing: Standing) -> Text {
    match standing {
        Standing::Active => Text::new("可用", "in use"),
        Standing::Pending => Text::new("隔离中", "in quarantine"),
        Standing::Frozen => Text::new("已冻结", "frozen"),
        Standing::Ended => Text::new("已终止", "ended"),
    }
}

/// Says how a partner stands.
///
/// # Clause
/// R15
#[must_use]
pub fn partner_standing_text(standing: Standing) -> Text {
    match standing {
        Standing::Active => Text::new("合作中", "in force"),
        Standing::Pending => Text::new("已登记，尚未生效", "registered, not in force yet"),
        Standing::Frozen => Text::new("已暂停", "suspended"),
        Standing::Ended => Text::new("已终止", "ended"),
    }
}

/// Says how far an import has come.
///
/// # Clause
/// U3
#[must_use]
pub fn import_text(status: ImportStatus) -> Text {
    match status {
        ImportStatus::Queued => Text::new("等待中", "waiting"),
        ImportStatus::Running => Text::new("进行中", "under way"),
        ImportStatus::Done => Text::new("完成", "done"),
        ImportStatus::Cancelled => Text::new("已取消", "cancelled"),
        ImportStatus::Failed => Text::new("失败", "failed"),
    }
}

/// Says what a dataset waits for.
///
/// # Clause
/// U3, U5
#[must_use]
pub fn waiting_text(waiting: &Waiting) -> Text {
    match waiting {
        Waiting::Columns => Text::new(
            "等待确认字段类别",
            "the classes of its columns wait to be confirmed",
        ),
        Waiting::Subject => Text::new(
            "有字段涉及个人，而各行不指明是谁：须作为涉及个人的数据集导入",
            "a column is about persons and its rows name nobody: it is to be imported as data about persons",
        ),
        Waiting::Import => Text::new("尚未导入数据", "nothing was imported yet"),
        Waiting::Declaration => Text::new(
            "尚未说明来源与合法性",
            "its source and lawfulness are not declared",
        ),
        Waiting::Completion => {
            Text::new("来源说明不完整", "its source declaration is not complete")
        }
        Waiting::Proof => Text::new(
            "来源说明所依据的证明已撤回",
            "a paper on which its source declaration rests was taken back",
        ),
        Waiting::Beginning => Text::new(
            "来源说明尚未生效",
            "its source declaration does not hold yet",
        ),
        Waiting::Renewal => Text::new("来源说明已到期", "its source declaration has ended"),
        Waiting::Measure(measure) => Text::new(measure.text(Lang::Zh), measure.text(Lang::En)),
        Waiting::Lifting => Text::new("已被冻结", "it is frozen"),
        Waiting::Ended => Text::new("已终止", "it has ended"),
    }
}

/// Says what is done with data.
#[must_use]
pub fn operation_text(operation: Operation) -> Text {
    match operation {
        Operation::Process => Text::new("处理", "process"),
        Operation::Share => Text::new("共享", "share"),
        Operation::Transfer => Text::new("转让", "transfer"),
        Operation::Publicise => Text::new("公开", "make public"),
    }
}

/// Says who receives data.
#[must_use]
pub fn recipient_text(recipient: Recipient) -> Text {
    match recipient {
        Recipient::Enterprise => Text::new("本企业", "the enterprise itself"),
        Recipient::Public => Text::new("公众", "the public"),
        Recipient::Partner(partner) => Text::new(
            format!("合作方 {partner}"),
            format!("the partner {partner}"),
        ),
    }
}
