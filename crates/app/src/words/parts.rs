//! What the lake, the store, the vault and the ledger object to, in both languages.

use yuntu_ledger::LedgerError;
use yuntu_store::{FaultClass, StoreError};
use yuntu_terms::Text;
use yuntu_vault::{ProviderError, ShelfError, VaultError};

use super::fault::missing_text;

/// Names a kind of thing in Chinese.
pub(super) fn noun(what: &str) -> &'static str {
    match what {
        "acceptance" => "声明接受记录",
        "api token" | "token" => "令牌",
        "assessment" => "影响评估",
        "made" => "评估日期",
        "review" => "下次复核",
        "audience" | "name of the audience" | "saved audience" => "人群",
        "column" | "name of the column" => "字段",
        "consent file" | "consent_delivery" => "同意文件",
        "consent record" | "records" => "同意记录",
        "dataset" | "name of the dataset" => "数据集",
        "declaration" => "来源说明",
        "class" => "类别",
        "contact" => "联系人",
        "evidence" | "paper" => "证明文件",
        "collected_how" => "收集方式",
        "notice" => "告知文本",
        "reason" => "理由",
        "enterprise" | "name of the enterprise" => "企业",
        "idempotency key" => "请求（相同的 Idempotency-Key）",
        "import of the dataset" => "导入",
        "exception" => "例外",
        "exception use" | "exception_use" => "例外的援引",
        "period of the exception" => "援引的期限",
        "datasets of the exception" => "援引的数据集",
        "why" => "援引理由",
        "proof" => "证明",
        "citation" => "所引法律条文",
        "day of the notice" => "告知日期",
        "industry" => "行业",
        "instruction" => "指示",
        "key" => "密钥",
        "kind of source" => "来源种类",
        "label" => "标签",
        "until" => "到期日",
        "ledger leaf" => "账本记录",
        "letter" => "授权函件",
        "mapping" => "映射",
        "name of the ledger" => "账本名称",
        "name of the partner" | "partner" | "partners" => "合作方",
        "draft" => "草稿",
        "name" => "名称",
        "credit_code" => "统一社会信用代码",
        "manner" => "处理方式",
        "obligations" => "义务",
        "filing" => "备案编号",
        "act" => "操作",
        "papers" => "文件",
        "note" => "备注",
        "period of the instruction" => "指示的期限",
        "permit" => "许可",
        "person in the enterprise's data" => "个人",
        "purpose" | "purposes" => "目的",
        "receipt" => "回执",
        "refusal" => "拒绝记录",
        "representative" => "用户代表",
        "scopes" => "权限",
        "scope" | "kind" | "recipient" => "授权范围",
        "list" => "征询名单",
        _ => "对象",
    }
}

pub(super) fn store_text(error: &StoreError) -> Text {
    match error {
        StoreError::Database(fault) => database_text(fault.class()),
        StoreError::Vault(error) => vault_text(error),
        StoreError::Ledger(error) => ledger_text(error),
        StoreError::Missing { what } => missing_text(what),
        StoreError::Conflict { what } => Text::new(
            format!("此{}已存在或已改变；请读取现状后重试", noun(what)),
            format!("the {what} exists already or has changed meanwhile; read it again first"),
        ),
        StoreError::Invalid { what, reason } => Text::new(
            format!("{}不可接受：应为单行的 1 至 200 个字符", noun(what)),
            format!("the {what} is not acceptable: {reason}"),
        ),
        StoreError::Entry(_) => Text::new(
            "内容过长或嵌套过深，无法记入账本；请分成几次",
            "the content is too long or nested too deeply for an entry of the ledger; send it in parts",
        ),
        StoreError::Address => Text::new(
            "数据库地址须以 sqlite: 或 postgres: 开头，SQLite 须为文件；请改正 yuntu.toml",
            "the database address must begin with `sqlite:` or `postgres:`, and SQLite needs a file; correct yuntu.toml",
        ),
        StoreError::SchemaNewer { migration } => Text::new(
            format!("数据库由更新版本的程序建立（未知迁移 {migration}）；请使用该版本或更新的程序"),
            format!(
                "the database was made by a newer program (unknown migration `{migration}`); use that version or a later one"
            ),
        ),
        StoreError::SchemaPending { missing } => Text::new(
            format!("数据库尚缺 {missing} 个迁移；请先运行 yuntu migrate"),
            format!("the database lacks {missing} migrations; run `yuntu migrate` first"),
        ),
        StoreError::LedgerAhead { files, rows } => Text::new(
            format!(
                "账本有 {files} 条记录而数据库只有 {rows} 条；数据库是否由旧备份恢复？请恢复两者的同一备份"
            ),
            format!(
                "the ledger holds {files} entries and the database only {rows}; was the database restored from an old backup? Restore both from the same one"
            ),
        ),
        StoreError::Contended { .. } => Text::new(
            "其他事务占用过久；请稍后重试",
            "other transactions were in the way for too long; try again later",
        ),
        StoreError::Setting { setting } => Text::new(
            format!("数据库不支持所需设置 {setting}；请更换数据库"),
            format!("the database does not honour `{setting}`; use another one"),
        ),
        StoreError::Unrecorded { .. }
        | StoreError::Escaped { .. }
        | StoreError::Inconsistent { .. }
        | StoreError::Entropy(_)
        | StoreError::Encoding { .. } => Text::new("平台内部故障", error.to_string()),
    }
}

fn database_text(class: FaultClass) -> Text {
    match class {
        FaultClass::Full => Text::new(
            "数据库所在磁盘已满，未记录任何内容；请腾出空间后重试",
            "the disk of the database is full and nothing was recorded; make room and try again",
        ),
        FaultClass::Unavailable => Text::new(
            "数据库没有应答，未记录任何内容；请检查数据库是否运行、地址是否正确，然后重试",
            "the database does not answer and nothing was recorded; check that it runs and its address, then try again",
        ),
        FaultClass::Busy => Text::new(
            "数据库繁忙；请稍后重试",
            "the database is busy; try again later",
        ),
        FaultClass::Damaged => Text::new(
            "数据库文件已损坏；请由备份恢复",
            "the files of the database are damaged; restore them from the backup",
        ),
        FaultClass::Unique => Text::new("此对象已存在", "it exists already"),
        FaultClass::Reference => Text::new(
            "所指对象不存在",
            "it refers to something that does not exist",
        ),
        FaultClass::Value => Text::new(
            "有一个值无法保存；请检查长度与字符（例如空字符）",
            "a value cannot be kept; check its length and characters (such as NUL)",
        ),
        FaultClass::Other => Text::new("数据库故障", "the database failed"),
    }
}

pub(super) fn ledger_text(error: &LedgerError) -> Text {
    match error {
        LedgerError::Damaged(flaw) => {
            let flaw = flaw.text();
            Text::new(
                format!("账本已损坏：{}；请由备份恢复", flaw.zh),
                format!(
                    "the ledger is damaged: {}; restore it from the backup",
                    flaw.en
                ),
            )
        }
        LedgerError::Locked => Text::new(
            "账本文件夹正被另一进程使用；请先停止该进程",
            "the ledger folder is in use by another process; stop that process first",
        ),
        LedgerError::Io(_) => Text::new(
            "账本文件无法读写；请检查权限与磁盘空间",
            "a file of the ledger cannot be read or written; check permissions and room on the disk",
        ),
        LedgerError::Forked { index } => Text::new(
            format!("账本第 {index} 条与数据库中的不同；两者之一被改动过"),
            format!(
                "entry {index} of the ledger differs from the database's; one of them was changed"
            ),
        ),
        LedgerError::Gap { .. } | LedgerError::NoSuchEntry { .. } => {
            Text::new("账本中没有此记录", error.to_string())
        }
    }
}

pub(super) fn vault_text(error: &VaultError) -> Text {
    match error {
        VaultError::Provider(error) => provider_text(error),
        VaultError::Destroyed => Text::new("密钥已销毁，数据不可再读", error.to_string()),
        VaultError::Unreadable | VaultError::WrappedKeyDamaged => Text::new(
            "密钥与本安装的数据不符，或内容被改动：密钥文件、数据库与账本名称须出自同一安装",
            "the keys do not fit this installation's data, or it was changed: key files, database and ledger name must be of one installation",
        ),
        VaultError::Malformed => Text::new(
            "密封的文件被截断或改动；请由备份恢复",
            "a sealed file is cut short or was changed; restore it from the backup",
        ),
        VaultError::PlatformKeyMissing | VaultError::NoKey => Text::new(
            "数据库缺少所需的密钥；请由备份恢复",
            "the database lacks a key that is needed; restore it from the backup",
        ),
        VaultError::TooLong => Text::new("值过长", error.to_string()),
        VaultError::Shelf(ShelfError::Unavailable(_)) => Text::new(
            "密钥库没有应答；请检查数据库后重试",
            "the storage of the keys does not answer; check the database and try again",
        ),
        VaultError::Shelf(ShelfError::Damaged) => Text::new(
            "密钥库中的一项已损坏；请由备份恢复",
            "an entry of the key shelf is damaged; restore it from the backup",
        ),
        VaultError::LeaseEnded | VaultError::Entropy(_) | VaultError::Primitive => {
            Text::new("密钥库故障", error.to_string())
        }
    }
}

/// Says in both languages what a key provider objects to and what to do.
///
/// # Clause
/// R22
#[must_use]
pub fn provider_text(error: &ProviderError) -> Text {
    let zh = match error {
        ProviderError::WrongSecret => "口令、凭据或 PIN 无法打开密钥；请提供正确的",
        ProviderError::KeyFileDamaged => "密钥文件被截断、改动或格式未知；请由备份恢复",
        ProviderError::Costs => "密钥文件的派生成本超出可接受范围",
        ProviderError::OpenPermissions => "密钥或凭据文件对他人开放；请将其权限设为 0600",
        ProviderError::CredentialLength => "凭据文件须恰为 32 字节",
        ProviderError::PassphraseTooShort => "口令少于 15 个字符",
        ProviderError::Exists => "密钥文件或令牌上的密钥已存在",
        ProviderError::UnknownKek => "该密钥由另一主密钥封装；请使用原来的密钥文件",
        ProviderError::Unreadable => "封装的密钥已损坏或属于别处；请由备份恢复",
        ProviderError::Token(_) => "硬件模块没有此令牌或可用的密钥",
        ProviderError::Io(_) => "密钥文件无法读写；请检查文件是否存在及其权限",
        ProviderError::Module(_) => "硬件模块故障",
        ProviderError::Entropy(_) | ProviderError::Primitive => "密钥提供者故障",
    };
    let en = match error {
        ProviderError::Io(_) => String::from(
            "the key file cannot be read or written; check that it is there and its permissions",
        ),
        ProviderError::KeyFileDamaged => format!("{error}; restore it from the backup"),
        ProviderError::WrongSecret
        | ProviderError::Costs
        | ProviderError::OpenPermissions
        | ProviderError::CredentialLength
        | ProviderError::PassphraseTooShort
        | ProviderError::Exists
        | ProviderError::UnknownKek
        | ProviderError::Unreadable
        | ProviderError::Token(_)
        | ProviderError::Module(_)
        | ProviderError::Entropy(_)
        | ProviderError::Primitive => error.to_string(),
    };
    Text::new(zh, en)
}
