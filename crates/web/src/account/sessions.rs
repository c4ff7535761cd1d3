//! Where somebody is signed in, and how she ends that.

use axum::http::StatusCode;
use axum::response::Response;
use yuntu_app::accounts::OwnValues;
use yuntu_app::store::ListedSession;
use yuntu_app::words::minute;
use yuntu_terms::Lang;

use super::{Own, devices, safety};
use crate::forms::{Fields, Sent};
use crate::inside::SignedIn;
use crate::problem::Problem;
use crate::report::{Block, FormView, Part, section};
use crate::view::{Asked, View};
use crate::visit::device;

pub(super) async fn page(own: Own, asked: Asked) -> Result<Response, Problem> {
    show(&own, &asked).await
}

/// Shows where somebody is signed in and which browsers her account knows, at either door.
pub(crate) async fn show<W: SignedIn>(page: &View<W>, asked: &Asked) -> Result<Response, Problem> {
    let (lang, inside, platform) = (page.lang, page.who.inside(), &page.site.platform);
    let path = inside.door.sessions();
    let sessions = platform.sessions(inside.session).await?;
    let several = sessions.len() > 1;
    let known = platform.devices(inside.session).await?;
    let view = |hidden, act, label| FormView {
        hidden,
        acts: vec![(act, label, true)],
        ..page.form("sessions", path)
    };
    let form = |hidden, act, label| Block::Form(Box::new(view(hidden, act, label)));
    let mut blocks = Vec::new();
    for listed in &sessions {
        let here = listed.session.id == inside.session.id;
        let device = device_of(inside.own, listed, lang);
        let label = lang.pick(format!("结束：{device}"), format!("End: {device}"));
        blocks.push(Block::Part(part(inside.own, listed, device, here, lang)));
        if !here {
            let hidden = vec![("session", listed.session.id.to_string())];
            blocks.push(form(hidden, "end", label));
        }
    }
    if several {
        let label = lang.pick("结束其他全部会话", "End all other sessions");
        blocks.push(form(Vec::new(), "others", label.to_owned()));
    }
    let done = match asked.done.as_str() {
        "ended" => lang.pick("会话已结束。", "The session is ended."),
        "others" => lang.pick("其他会话已全部结束。", "All other sessions are ended."),
        "forgotten" => lang.pick("浏览器已忘记。", "The browser is forgotten."),
        _ => "",
    };
    let title = lang.pick("登录会话", "Sessions");
    let heading = lang.pick("您在何处登录", "Where you are signed in");
    let sections = vec![
        section("sessions", heading, blocks),
        devices::listed(inside.own, &known, lang, view),
        section(
            "more",
            lang.pick("怎样更安全", "How to be safer"),
            vec![Block::Links(vec![safety::link(lang)])],
        ),
    ];
    let frame = page.frame(title, path).saying(done);
    page.shown(frame, "", sections, StatusCode::OK)
}

pub(super) async fn sent(own: Own, Sent(fields): Sent<Fields>) -> Result<Response, Problem> {
    act(&own, &fields).await
}

/// Ends sessions and forgets browsers, at either door.
pub(crate) async fn act<W: SignedIn>(page: &View<W>, fields: &Fields) -> Result<Response, Problem> {
    let inside = page.who.inside();
    let (platform, session) = (&page.site.platform, inside.session);
    let done = match fields.one("act") {
        "end" => {
            let other = fields.id("session")?;
            platform.end_session(session, other).await?;
            "ended"
        }
        "others" => {
            platform.end_other_sessions(session).await?;
            "others"
        }
        "forget" => {
            let device = fields.id("device")?;
            platform.forget_device(session, device).await?;
            "forgotten"
        }
        _ => return Err(Problem::no_such_act()),
    };
    Ok(page.on_to(inside.door.sessions(), done))
}

fn part(own: &OwnValues, listed: &ListedSession, title: String, here: bool, lang: Lang) -> Part {
    let t = |zh: &str, en: &str| lang.pick(zh, en).to_owned();
    let network = listed.network.as_ref().and_then(|it| own.read(it));
    let mut facts = vec![
        (
            t("网络", "Network"),
            network.unwrap_or_else(|| String::from("–")),
        ),
        (t("登录于", "Since"), minute(listed.session.created)),
        (t("最近使用", "Last used"), minute(listed.session.seen)),
        (
            t("不再使用则结束于", "Ends if it is not used"),
            minute(listed.session.idle_until),
        ),
    ];
    if here {
        facts.insert(
            0,
            (
                t("此刻", "Now"),
                t("您正在使用的会话", "the one you are using"),
            ),
        );
    }
    Part { title, facts }
}

/// Names a browser and its system as far as they say so of themselves.
fn device_of(own: &OwnValues, listed: &ListedSession, lang: Lang) -> String {
    let agent = listed.agent.as_ref().and_then(|it| own.read(it));
    agent.and_then(|agent| device(&agent)).unwrap_or_else(|| {
        let unknown = lang.pick("未知设备", "A device that does not say what it is");
        unknown.to_owned()
    })
}
