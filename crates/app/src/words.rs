//! What people read of figures, funnels, rules and errors, in both languages: every surface takes it from here.

use yuntu_engine::{Budget, EngineError, Problem, TIME_MAX};
use yuntu_terms::Text;

mod act;
mod condition;
mod consent;
mod data;
mod fault;
mod figure;
mod funnel;
mod lake;
mod parts;
mod row;
mod rule;

pub(crate) use act::{act_text, is_refusal};
pub use consent::{consent_kind_text, consent_status_text};
pub use data::{
    cause_text, class_text, import_text, operation_text, partner_standing_text, recipient_text,
    role_text, standing_text, waiting_text,
};
pub use fault::missing_text;
pub use figure::{grouped, minute, percent};
pub use funnel::{FunnelStep, exclusion_text, funnel_steps, funnel_text};
pub(crate) use lake::source_text;
pub use parts::provider_text;
pub use row::row_fault_text;
pub use rule::{RuleNames, RuleText, rule_text};

use crate::consents::LineFault;
use crate::error::AppError;
use crate::imports::ImportFault;
use parts::{ledger_text, noun, store_text, vault_text};

impl AppError {
    /// Says in both languages what is wrong and what to do; no value of the data is in it.
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            Self::Refused(refusal) => Text::new("拒绝", refusal.to_string()),
            Self::Stopped(reason) => reason.text(),
            Self::Account(error) => error.text(),
            Self::Certification(error) => error.text(),
            Self::Exception(error) => error.text(),
            Self::Message(refused) => refused.text(),
            Self::Missing { what } => missing_text(what),
            Self::Invalid { what, reason } => Text::new(
                format!("{}不正确：{}", noun(what), reason.zh),
                format!("the {what} is not valid: {}", reason.en),
            ),
            Self::Declaration(gaps) => {
                let both: Vec<Text> = gaps.iter().map(|gap| gap.text()).collect();
                let zh: Vec<&str> = both.iter().map(|it| it.zh.as_str()).collect();
                let en: Vec<&str> = both.iter().map(|it| it.en.as_str()).collect();
                Text::new(
                    format!("来源与合法性说明不完整，未记录：{}", zh.concat()),
                    format!(
                        "the declaration is not complete and was not recorded. {}",
                        en.join(" ")
                    ),
                )
            }
            Self::Partner(gaps) => {
                let both: Vec<Text> = gaps.iter().map(|gap| gap.text()).collect();
                let zh: Vec<&str> = both.iter().map(|it| it.zh.as_str()).collect();
                let en: Vec<&str> = both.iter().map(|it| it.en.as_str()).collect();
                Text::new(
                    format!("合作方的登记不完整，未生效：{}", zh.concat()),
                    format!(
                        "the registration of the partner is not complete and was not put in force. {}",
                        en.join(" ")
                    ),
                )
            }
            Self::ConsentLines { faults, total } => faults_text(
                (faults, *total),
                ("同意文件", "行", "the consent file", "line"),
            ),
            Self::ConsentRecords { faults, total } => faults_text(
                (faults, *total),
                ("请求", "条记录", "the request", "record"),
            ),
            Self::ImportFailed { code } => ImportFault::text(code),
            Self::File { file, .. } => Text::new(
                format!("无法使用文件 {file}；请检查权限与磁盘空间"),
                format!("cannot use the file `{file}`; check permissions and room on the disk"),
            ),
            Self::Store(error) => store_text(error),
            Self::Lake(error) => lake::lake_text(error),
            Self::Engine(error) => engine_text(error),
            Self::Ledger(error) => ledger_text(error),
            Self::Flaw(flaw) => flaw.text(),
            Self::Vault(error) => vault_text(error),
            Self::Provider(error) => provider_text(error),
            Self::Statement(_) | Self::Entropy(_) | Self::Internal { .. } => {
                Text::new("平台内部故障", self.to_string())
            }
        }
    }
}

/// How many faults are told in one text.
const TOLD_MAX: usize = 20;

/// Says of several lines or records what is wrong with each.
fn faults_text(
    (faults, total): (&[LineFault], u64),
    (of_zh, what_zh, of_en, what_en): (&str, &str, &str, &str),
) -> Text {
    let told = faults.iter().take(TOLD_MAX);
    let zh: Vec<String> = told
        .clone()
        .map(|it| format!("第 {} {what_zh}：{}", it.line, it.reason.zh))
        .collect();
    let en: Vec<String> = told
        .map(|it| format!("{what_en} {}: {}", it.line, it.reason.en))
        .collect();
    let more = total - u64::try_from(zh.len()).unwrap_or(u64::MAX).min(total);
    let (more_zh, more_en) = if more > 0 {
        (format!("；另有 {more} 处"), format!("; and {more} more"))
    } else {
        (String::new(), String::new())
    };
    Text::new(
        format!(
            "{of_zh}中有 {total} {what_zh}不正确，未记录任何内容。{}{more_zh}",
            zh.join("；")
        ),
        format!(
            "{total} of {of_en} cannot be used and nothing was recorded. {}{more_en}",
            en.join("; ")
        ),
    )
}

/// Says in both languages what the engine objects to; no value of the data is in it.
///
/// # Clause
/// U2
#[must_use]
pub fn engine_text(error: &EngineError) -> Text {
    match error {
        EngineError::Refused(refused) => Text::new("许可未开放本次运行所需的内容", refused.fact()),
        EngineError::Invalid(invalid) => {
            let problem = problem_text(invalid.problem());
            let place = invalid.place();
            Text::new(
                format!("{}：{}", place_zh(place), problem.zh),
                format!("{place}: {}", problem.en),
            )
        }
        EngineError::Budget(Budget::Bytes) => Text::new(
            "结果过大：一次查看的全部单元格合计最多 64 KiB；请选择更少的列或行，或不要把多行合并为一个值",
            "the result is too large: all cells of one look have 64 KiB at most together; select fewer columns or rows, or do not put many rows into one value",
        ),
        EngineError::Budget(Budget::Time) => {
            let minutes = TIME_MAX.as_secs() / 60;
            Text::new(
                format!("本次运行超过 {minutes} 分钟的时限，已停止，没有结果；请缩小问题的范围"),
                format!(
                    "the run took longer than the {minutes} minutes that it may and was stopped without a result; ask for less"
                ),
            )
        }
        EngineError::Budget(_) => Text::new(
            "本次运行超出内存或行数的限额",
            "the run needs more memory or rows than its budget",
        ),
        EngineError::Expired => Text::new(
            "许可在运行完成前已到期",
            "the permit expired before the run was complete",
        ),
        EngineError::Cancelled => Text::new("运行已取消", "the run was cancelled"),
        EngineError::Internal(_) => Text::new("平台内部故障", "a fault of the platform"),
    }
}

/// Names a place of a statement in Chinese; the path into an audience is one in both languages.
fn place_zh(place: &str) -> String {
    let numbers = place
        .strip_prefix("line ")
        .and_then(|rest| rest.split_once(", column "));
    match numbers {
        Some((line, column)) => format!("第 {line} 行第 {column} 列"),
        None if place == "statement" => String::from("语句"),
        None => place.to_owned(),
    }
}

fn problem_text(problem: Problem) -> Text {
    let zh = match problem {
        Problem::Syntax => "语句无法解析",
        Problem::NotOneStatement => "只能有一条语句",
        Problem::NotAQuery => "只允许 SELECT 与 EXPLAIN",
        Problem::TooLong => "语句过长",
        Problem::Unplannable => "表、字段或函数不存在，或类型不匹配",
        Problem::Expression => "表达式无法计算",
        Problem::NoSubject => "第一列必须是 subject",
        Problem::UnknownDataset => "没有此数据集",
        Problem::NotAboutPersons => "该数据集不涉及个人",
        Problem::UnknownColumn => "没有此字段",
        Problem::TypeMismatch => "值或条件与字段类型不符",
        Problem::NoEventTime => "该数据集没有事件时间",
        Problem::EmptyWindow => "时间窗口为空",
        Problem::NoParts => "至少需要一个部分",
        Problem::BadSteps => "序列需二至八步，仅最后一步可为“未发生”",
        Problem::BadShare => "抽样或拆分比例超出范围",
        Problem::UnknownAudience => "没有此人群",
        Problem::UnknownRules => "没有此阶段规则",
        Problem::TooDeep => "嵌套过深或循环引用",
        Problem::TooManyParts => "连同所引用的人群与规则，部分过多",
        Problem::StageOpportunityRule => "O 是其余阶段之外的人，没有自己的规则",
        _ => "问题无法回答",
    };
    Text::new(zh, problem.to_string())
}

/// Sets a text after a Chinese word: a blank stands before letters and digits, none before Chinese.
fn apart(text: &str) -> String {
    let blank = if text.starts_with(|c: char| c.is_ascii_graphic()) {
        " "
    } else {
        ""
    };
    format!("{blank}{text}")
}
