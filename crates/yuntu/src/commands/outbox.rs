use std::process::ExitCode;

use yuntu_app::accounts::{LocalMessage, LooksFrom};
use yuntu_app::outbound::{Letter, Medium};
use yuntu_terms::{Lang, Text};

use crate::cli::DataFolder;
use crate::commands::{self, block_on};
use crate::config::Config;
use crate::failure::{Failure, OrFail as _};
use crate::output::Output;

/// Shows the messages of the local outbox, newest first.
pub(crate) fn run(folder: &DataFolder, out: &Output) -> Result<ExitCode, Failure> {
    let config = Config::read(&folder.data)?;
    let messages = block_on(async {
        let platform = config.open_beside(&folder.data).await?;
        let messages = platform
            .local_messages(LooksFrom::CommandLine)
            .await
            .or_fail("无法读取本机发件箱", "the local outbox cannot be read")?;
        commands::sequence(&platform).await?;
        Ok(messages)
    })?;
    if messages.is_empty() {
        out.line(out.lang.pick(
            "本机发件箱中没有等待的消息",
            "no message waits in the local outbox",
        ));
    }
    for message in &messages {
        let shown = message.open(|letter| show(message, letter, out));
        shown.ok_or_else(|| Failure::new("消息无法打开", "a message cannot be opened"))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn show(local: &LocalMessage, letter: &Letter, out: &Output) {
    let (lang, id, created) = (out.lang, local.id, local.created);
    out.line(not_sent(local.message.medium()).get(lang));
    out.line(&lang.pick(
        format!("  编号 {id}，写于 {created}"),
        format!("  id {id}, written {created}"),
    ));
    if let Some(until) = local.message.expires_at() {
        out.line(&lang.pick(format!("  有效至 {until}"), format!("  good until {until}")));
    }
    let to = &letter.to;
    out.line(&lang.pick(format!("  收件人 {to}"), format!("  to {to}")));
    for line in letter
        .subject
        .iter()
        .map(String::as_str)
        .chain(letter.text.lines())
    {
        out.line(&format!("  | {line}"));
    }
    out.line("");
}

/// Says that nobody got the message, and why.
pub(crate) fn not_sent(medium: Medium) -> Text {
    match medium {
        Medium::Mail => Text::new(
            "未发出：没有配置邮件服务",
            "not sent: no mail service is configured",
        ),
        Medium::Sms => Text::new(
            "未发出：没有配置短信服务",
            "not sent: no text message service is configured",
        ),
    }
}

/// Says what waits here and where it is read, or nothing when everything leaves.
pub(crate) fn hint(stays: &[Medium]) -> Option<Text> {
    let names = |lang: Lang| {
        let name = |medium: &Medium| match medium {
            Medium::Mail => lang.pick("邮件（[mail]）", "mail ([mail])"),
            Medium::Sms => lang.pick("短信（[sms]）", "text messages ([sms])"),
        };
        let names: Vec<_> = stays.iter().map(name).collect();
        names.join(lang.pick("和", " and "))
    };
    (!stays.is_empty()).then(|| {
        Text::new(
            format!(
                "{}没有配置，不会发出；请用 yuntu outbox 查看",
                names(Lang::Zh)
            ),
            format!(
                "no way out is configured for {}; nothing leaves, read it with `yuntu outbox`",
                names(Lang::En)
            ),
        )
    })
}
