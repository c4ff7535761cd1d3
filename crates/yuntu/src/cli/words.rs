//! The help and the complaints of the command line in Chinese; English is what stands in the definition itself.

use clap::builder::{Resettable, StyledStr};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command, Error};

/// The help of each command (by path) and argument (by id), beside the English in the definition.
const WORDS: &[(&str, &str)] = &[
    ("yuntu", "客户数据平台，其隐私声明就是程序。"),
    (
        "demo",
        "以真实数据从头到尾运行主要流程，展示被拒绝的请求，并验证证明。",
    ),
    ("serve", "提供 API 与页面。"),
    ("migrate", "将数据库更新为本版本的表结构。"),
    ("outbox", "显示因未配置发送方式而没有发出的消息。"),
    ("operator", "管理平台的运营人员。"),
    (
        "operator add",
        "新增一名运营人员，并打印登记链接（一天内有效，只能使用一次）。",
    ),
    (
        "operator assess",
        "登记收集身份证号与银行账户所依据的个人信息保护影响评估，并使其生效。",
    ),
    ("operator duties", "列出各项合规审计、培训与演练的期限。"),
    ("statement", "检查或比较声明。"),
    (
        "statement check",
        "检查整份声明：没有未声明的内容，不低于法定要求，两种语言齐全。",
    ),
    ("statement diff", "比较两份声明，找出权利的减损。"),
    ("statement show", "打印生效的声明。"),
    (
        "prove",
        "逐条显示由什么执行、由哪些测试证明、现场检查了什么。",
    ),
    ("ledger", "处理账本。"),
    ("ledger verify", "由条目重新计算账本文件夹，并逐字节比较。"),
    ("ledger audit", "重新计算安装的账本，并逐类统计做过的事。"),
    ("keys", "处理密钥。"),
    (
        "keys renew",
        "立即更新平台与各企业的密钥；服务运行时每 90 天自动更新。",
    ),
    ("verify", "离线验证回执或其他证明。"),
    (":lang", "输出的语言（zh 或 en）；不指定时由区域设置决定"),
    (":help", "显示说明"),
    (":version", "显示版本"),
    (":out", "报告、回执与账本的文件夹；不指定时用临时文件夹"),
    (":generated", "使用生成的数据，而不下载真实的表"),
    (":seed", "虚构的同意（及生成的数据）的种子，默认 7"),
    (":cache", "下载的表在多次运行之间存放的文件夹"),
    (
        ":database",
        "改用此空的 PostgreSQL 数据库，而不用文件夹中的 SQLite",
    ),
    (
        ":data",
        "安装的文件夹，默认 yuntu-data；其中的 yuntu.toml 若存在则会读取",
    ),
    (":listen", "监听的地址；优先于配置"),
    (":email", "其邮箱；不能是企业用户已在使用的邮箱"),
    (
        ":role",
        "其角色：reviewer（审核员）、support（客服）、security（安全员）、privacy（隐私专员）、auditor（审计员）或 administrator（管理员）",
    ),
    (":report", "评估报告：PDF、PNG 或 JPEG，最大 5 MiB"),
    (":made", "评估日期"),
    (":review", "下次复核的日期，一年之内"),
    (
        ":result",
        "评估结论：acceptable（可接受）、with_measures（采取措施后可接受）或 not_acceptable（不可接受）",
    ),
    (":folder", "文件夹；statement check 不指定时为生效的声明"),
    (":old", "较早声明的文件夹"),
    (":new", "较晚声明的文件夹；不指定时为生效的声明"),
    (":back", "报告从多少天前开始（1 至 3653），默认 365"),
    (":object", "以 JSON 对象打印报告"),
    (":json", "打印数组，每行一个对象"),
    (":key", "账本的公钥：文本，或存放公钥的文件路径"),
    (":file", "回执的文件"),
];

const TEMPLATE: &str = "{about-with-newline}\n用法：{usage}\n\n{all-args}";

fn word(key: &str) -> Option<&'static str> {
    WORDS
        .iter()
        .find(|(it, _)| *it == key)
        .map(|(_, text)| *text)
}

/// Puts the help of a command and of everything below it into Chinese.
pub(crate) fn in_chinese(command: Command) -> Command {
    let help = Arg::new("help")
        .short('h')
        .long("help")
        .action(ArgAction::Help)
        .global(true);
    let version = Arg::new("version")
        .short('V')
        .long("version")
        .action(ArgAction::Version);
    let root = command
        .disable_help_flag(true)
        .disable_version_flag(true)
        .arg(help)
        .arg(version);
    described(root, "")
}

fn described(command: Command, path: &str) -> Command {
    let key = if path.is_empty() { "yuntu" } else { path };
    let about = word(key).map(StyledStr::from).unwrap_or_default();
    let names: Vec<String> = command
        .get_subcommands()
        .map(|it| it.get_name().to_owned())
        .collect();
    let mut command = command
        .about(about)
        .long_about(Resettable::Reset)
        .help_template(TEMPLATE)
        .subcommand_help_heading("命令")
        .mut_args(|arg| {
            let heading = if arg.is_positional() {
                "参数"
            } else {
                "选项"
            };
            let text = word(&format!(":{}", arg.get_id())).unwrap_or_default();
            let takes_values = arg.get_action().takes_values();
            arg.help(text)
                .long_help(Resettable::Reset)
                .help_heading(heading)
                .hide_possible_values(takes_values)
                .hide_default_value(takes_values)
        });
    for name in names {
        let below = if path.is_empty() {
            name.clone()
        } else {
            format!("{path} {name}")
        };
        command = command.mut_subcommand(name, |it| described(it, &below));
    }
    command
}

/// Says in Chinese what is wrong with the words after the command.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the library may add kinds; they are told like the rest"
)]
pub(crate) fn complaint(error: &Error) -> String {
    let of = |kind: ContextKind| {
        error.get(kind).map(|value| match value {
            ContextValue::String(text) => text.clone(),
            ContextValue::Strings(texts) => texts.join("、"),
            other => other.to_string(),
        })
    };
    let argument = of(ContextKind::InvalidArg).unwrap_or_default();
    let value = of(ContextKind::InvalidValue).unwrap_or_default();
    let said = match error.kind() {
        ErrorKind::InvalidValue if value.is_empty() => format!("参数 {argument} 需要一个值"),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            format!("参数 {argument} 的值“{value}”不可用")
        }
        ErrorKind::UnknownArgument => format!("没有参数 {argument}"),
        ErrorKind::InvalidSubcommand => {
            let name = of(ContextKind::InvalidSubcommand).unwrap_or_default();
            format!("没有子命令 {name}")
        }
        ErrorKind::MissingRequiredArgument => format!("缺少参数 {argument}"),
        ErrorKind::MissingSubcommand => String::from("缺少子命令"),
        ErrorKind::ArgumentConflict => format!("参数 {argument} 重复或与其他参数冲突"),
        ErrorKind::InvalidUtf8 => String::from("参数不是 UTF-8 文字"),
        _ => format!("参数 {argument} 不可用"),
    };
    let valid = of(ContextKind::ValidValue).or_else(|| of(ContextKind::ValidSubcommand));
    let choices = valid.map_or_else(String::new, |valid| format!("（可用：{valid}）"));
    format!("错误: {said}{choices}\n  → 请用 --help 查看说明\n")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;

    /// Every command and argument has its Chinese, and no Chinese is left over.
    #[test]
    fn every_help_text_exists_in_both_languages() {
        fn collect(command: &Command, path: &str, keys: &mut Vec<String>) {
            for arg in command.get_arguments() {
                assert!(arg.get_help().is_some(), "{path} {}", arg.get_id());
                keys.push(format!(":{}", arg.get_id()));
            }
            for below in command.get_subcommands() {
                assert!(below.get_about().is_some(), "{path} {}", below.get_name());
                let path = format!("{path} {}", below.get_name()).trim().to_owned();
                keys.push(path.clone());
                collect(below, &path, keys);
            }
        }
        let mut keys = Vec::new();
        collect(&Cli::command(), "", &mut keys);
        for key in &keys {
            assert!(word(key).is_some(), "{key}");
        }
        let own = ["yuntu", ":help", ":version"];
        for (key, _) in WORDS {
            assert!(
                own.contains(key) || keys.iter().any(|it| it == key),
                "{key}"
            );
        }
    }
}
