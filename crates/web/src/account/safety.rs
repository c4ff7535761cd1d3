//! Advice on passwords, second factors, sessions and messages, for everybody; and for whoever is signed in, by the state of
//! her own account.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use yuntu_app::accounts::{Advice, SESSION_IDLE, SESSION_LONGEST};
use yuntu_app::words::minute;
use yuntu_terms::{Lang, clause};

use super::Person;
use crate::forms::FormMark;
use crate::input::Language;
use crate::pages::{Frame, Page, show};
use crate::problem::Problem;
use crate::report::{Block, Link, Section, section};
use crate::state::Site;
use crate::view::View;

pub(super) const PATH: &str = "/safety";

/// Words in Chinese and in English.
type Words = (&'static str, &'static str);

/// Advice on one subject.
struct Tips {
    anchor: &'static str,
    title: Words,
    advice: &'static [Words],
    /// Where it is done: the path and what is there.
    links: &'static [(&'static str, Words)],
}

const TIPS: [Tips; 4] = [
    Tips {
        anchor: "passwords",
        title: ("密码", "Passwords"),
        advice: &[
            (
                "长比花样重要：把几个互不相干的词连成一句，难猜又好记。不要求大小写、数字或符号。",
                "Length counts more than tricks: a few words that have nothing to do with one another are hard to guess and easy to remember. No capitals, digits or signs are asked for.",
            ),
            (
                "每个网站用不同的密码，不告诉任何人，同事也不例外。几个人代表同一家企业，也各用各的帐号。",
                "Use another password for each site and tell it to nobody, colleagues included. Where several people act for one enterprise, each has an account of her own.",
            ),
            (
                "用密码管理器生成和保存密码；本站允许粘贴和自动填写。",
                "Let a password manager make and keep your passwords; you can paste and fill in here.",
            ),
            (
                "有理由才换：怀疑泄露、告诉过别人，或在不放心的设备上输入过，就马上换。我们从不强制定期更换。",
                "Change it when there is a reason: it may have leaked, somebody was told it, or you typed it on a device that you do not trust. Then do it at once. We never make you change it by the calendar.",
            ),
        ],
        links: &[
            ("/account/password", ("设置密码", "Set your password")),
            ("/account/recover", ("找回帐号", "Recover your account")),
        ],
    },
    Tips {
        anchor: "factors",
        title: ("第二验证方式", "Second factors"),
        advice: &[
            (
                "加上第二验证方式，别人知道了密码也进不来。首选通行密钥：它只在真正的网站上起作用，假网站骗不走；其次是验证器应用。",
                "With a second factor, whoever learns your password still does not get in. A passkey is best: it works on the true site only, and no false one can have it. An authenticator app comes next.",
            ),
            (
                "恢复码抄在纸上，放在安全的地方，不要和密码放在一起。",
                "Write your recovery codes on paper and keep them in a safe place, apart from your password.",
            ),
        ],
        links: &[(
            "/account/factors",
            ("管理第二验证方式", "Manage your second factors"),
        )],
    },
    Tips {
        anchor: "sessions",
        title: ("会话与设备", "Sessions and devices"),
        advice: &[
            (
                "在与人共用的电脑上，用完就退出登录。",
                "On a computer that others use too, sign out when you are done.",
            ),
            (
                "不时看看登录会话和操作日志：有不认识的，先结束它，再换密码。",
                "Look at your sessions and your log now and then. End what you do not know, then change your password.",
            ),
            (
                "及时更新系统和浏览器，给设备设锁屏。",
                "Keep your system and browser up to date, and let your devices lock themselves.",
            ),
        ],
        links: &[
            ("/account/sessions", ("查看登录会话", "See your sessions")),
            ("/account/log", ("查看操作日志", "See your log")),
        ],
    },
    Tips {
        anchor: "messages",
        title: ("电话、邮件与短信", "Calls, mail and text messages"),
        advice: &[
            (
                "我们不会打电话、发消息或当面向您要验证码、密码或恢复码。凡是来要的，都不是我们。",
                "We never ask for a code, a password or a recovery code by phone, by message or in person. Whoever asks is not us.",
            ),
            (
                "我们的邮件没有附件，短信里没有链接。不放心时不要点链接，自己输入本站网址。",
                "Our mail has no attachments and our text messages have no links. When in doubt, follow no link and type the address of this site yourself.",
            ),
            (
                "有人用新的浏览器登录，或更换了密码、邮箱、手机号或第二验证方式，我们都会通知您。不是您本人做的，请马上登录处理。",
                "You are told when somebody signs in with a new browser or changes your password, an address of yours or a second factor. If it was not you, sign in and act at once.",
            ),
        ],
        links: &[(
            "/statement",
            ("联系方式见隐私声明", "How to reach us: see the statement"),
        )],
    },
];

/// # Clause
/// R24
pub(super) async fn page(
    State(site): State<Site>,
    person: Option<Person>,
    Language(lang): Language,
    mark: FormMark,
) -> Result<Response, Problem> {
    clause::hit!(R24);
    let advice = match &person {
        Some(person) => Some(site.platform.advice(&person.session).await?),
        None => None,
    };
    let mut sections = vec![own(advice.as_deref(), lang)];
    sections.extend(TIPS.iter().map(|tips| {
        let mut more = Vec::new();
        match tips.anchor {
            "sessions" => more.push(ends_by_itself(lang)),
            "messages" => more.extend(site.platform.origin().map(|it| leads_here(it, lang))),
            _ => {}
        }
        told(tips, more, lang)
    }));
    let title = lang.pick("安全建议", "Safety tips");
    let lead = lang.pick(
        "没有哪种措施能保证万无一失。以下几件事做起来不难，却最有用。",
        "No measure can promise that nothing will ever happen. These few are easy and do the most.",
    );
    let Some(person) = person else {
        return show(&Page {
            frame: Frame::open(lang, title, PATH),
            lead: lead.to_owned(),
            sections,
        });
    };
    let view = View {
        site,
        who: person,
        lang,
        mark,
        about: (),
    };
    view.shown(view.frame(title, PATH), lead, sections, StatusCode::OK)
}

/// Leads to the page from where advice is of use.
pub(super) fn link(lang: Lang) -> Link {
    to((PATH, ""), ("安全建议", "Safety tips"), String::new(), lang)
}

fn to((path, anchor): (&str, &str), (zh, en): Words, note: impl Into<String>, lang: Lang) -> Link {
    Link {
        address: format!("{path}?lang={}{anchor}", lang.pick("zh", "en")),
        text: lang.pick(zh, en).to_owned(),
        note: note.into(),
    }
}

fn told(tips: &Tips, more: Vec<Block>, lang: Lang) -> Section {
    let text = |(zh, en): &Words| Block::Text(lang.pick(*zh, *en).to_owned());
    let mut blocks: Vec<Block> = tips.advice.iter().map(text).collect();
    blocks.extend(more);
    let links = tips.links.iter();
    let links = links.map(|(path, words)| to((path, ""), *words, "", lang));
    blocks.push(Block::Links(links.collect()));
    let (zh, en) = tips.title;
    section(tips.anchor, lang.pick(zh, en), blocks)
}

fn ends_by_itself(lang: Lang) -> Block {
    let (idle, hours) = (
        SESSION_IDLE.as_secs() / 60,
        SESSION_LONGEST.as_secs() / 3_600,
    );
    Block::Text(lang.pick(
        format!("{idle} 分钟不用，会话自动结束；最长 {hours} 小时。"),
        format!(
            "A session ends by itself after {idle} minutes without use, and after {hours} hours at the latest."
        ),
    ))
}

fn leads_here(origin: &str, lang: Lang) -> Block {
    Block::Text(lang.pick(
        format!("邮件中的链接都以 {origin}/ 开头；输入密码之前，请先核对浏览器地址栏。"),
        format!(
            "Links in our mail begin with {origin}/; before you type a password, look at the address in your browser."
        ),
    ))
}

/// Says what somebody could do for her own account, each with the page on which she does it.
fn own(advice: Option<&[Advice]>, lang: Lang) -> Section {
    let title = lang.pick("您的帐号", "Your account");
    let block = match advice {
        None => Block::Links(vec![to(
            ("/account", ""),
            ("登录后查看", "Sign in to see it"),
            lang.pick(
                "按您帐号的实际情况给出的建议",
                "advice by the state of your own account",
            ),
            lang,
        )]),
        Some([]) => Block::Text(
            lang.pick(
                "目前没有需要改进的。",
                "There is nothing to improve right now.",
            )
            .to_owned(),
        ),
        Some(advice) => Block::Links(advice.iter().map(|one| mended(*one, lang)).collect()),
    };
    section("own", title, vec![block])
}

fn mended(advice: Advice, lang: Lang) -> Link {
    let factor = ("添加第二验证方式", "Add a second factor");
    let text = |zh: &str, en: &str| lang.pick(zh, en).to_owned();
    match advice {
        Advice::PasswordAlone => {
            let note = text(
                "现在只凭密码就能登录您的帐号。",
                "Now your password alone opens your account.",
            );
            to(("/account/factors", ""), factor, note, lang)
        }
        Advice::CodeAlone => {
            let note = text(
                "现在谁看到发给您的验证码，就能登录您的帐号。",
                "Now whoever reads a code that is sent to you gets into your account.",
            );
            to(("/account/factors", ""), factor, note, lang)
        }
        Advice::OldPassword { set } => {
            let set = minute(set);
            let note = lang.pick(
                format!("设置于 {set}，已逾一年。没有泄露之虞就不必换，它一直有效。"),
                format!(
                    "It was set at {set}, over a year ago. Unless it may have leaked there is no need; it goes on working."
                ),
            );
            let words = ("考虑更换密码", "Consider a new password");
            to(("/account/password", ""), words, note, lang)
        }
        Advice::OtherSessions { open } => {
            let places = if open == 1 { "place" } else { "places" };
            let note = lang.pick(
                format!("您还在另外 {open} 处登录。"),
                format!("You are signed in in {open} other {places}."),
            );
            let words = ("结束不用的会话", "End sessions that you do not use");
            to(("/account/sessions", ""), words, note, lang)
        }
        Advice::KnownBrowsers { known } => {
            let note = lang.pick(
                format!("有 {known} 个浏览器已知，用它们登录时不会通知您。"),
                format!("{known} browsers are known; when one of them signs in, you are not told."),
            );
            let words = ("忘记不用的浏览器", "Forget browsers that you do not use");
            to(("/account/sessions", "#devices"), words, note, lang)
        }
    }
}
