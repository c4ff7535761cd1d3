//! The browsers that an account knows by the mark in their cookie.

use axum::http::header::SET_COOKIE;
use axum::response::Response;
use yuntu_app::accounts::{Arrival, OwnValues, SignedIn};
use yuntu_app::store::{DEVICES_MAX, ListedDevice};
use yuntu_app::words::minute;
use yuntu_terms::{Lang, clause};

use crate::problem::Problem;
use crate::report::{Block, FormView, Part, Section, section};
use crate::state::Site;
use crate::visit::{DEVICE as NAME, Visitor, device};

/// Looks at the mark that the browser of a sign-in brings, and lets it keep its mark as long as the statement declares.
pub(crate) async fn meet(
    site: &Site,
    visitor: &Visitor,
    signed_in: &SignedIn,
    arrival: Arrival,
    mut response: Response,
) -> Result<Response, Problem> {
    clause::hit!(R9);
    let (platform, visit) = (&site.platform, visitor.visit());
    let mark = platform.meet_device(signed_in, &visit, arrival).await?;
    let cookie = site.register.write(NAME, &mark.text(), u32::MAX)?;
    response.headers_mut().append(SET_COOKIE, cookie);
    Ok(response)
}

/// Makes the part of the page on which a person sees the browsers and forgets them; `form` makes a form of its page.
pub(super) fn listed(
    own: &OwnValues,
    devices: &[ListedDevice],
    lang: Lang,
    form: impl Fn(Vec<(&'static str, String)>, &'static str, String) -> FormView,
) -> Section {
    let t = |zh: &str, en: &str| lang.pick(zh, en).to_owned();
    let mut blocks = vec![Block::Text(lang.pick(
        format!(
            "登录成功后，浏览器得到一个随机标记（Cookie {NAME}，半年）；我们只保存它的哈希，最多记住 {DEVICES_MAX} 个浏览器。没有已知标记的浏览器登录时，我们通知您的邮箱或手机。"
        ),
        format!(
            "After a sign-in the browser gets a random mark (cookie {NAME}, half a year), of which we keep only a hash, for {DEVICES_MAX} browsers at most. When somebody signs in with a browser without a known mark, your addresses are told."
        ),
    ))];
    if devices.is_empty() {
        blocks.push(Block::Note(t("没有已知的浏览器。", "No browser is known.")));
    }
    for known in devices {
        let read = |value: Option<&_>| value.and_then(|it| own.read(it));
        let name = read(known.agent.as_ref()).and_then(|agent| device(&agent));
        let name = name.unwrap_or_else(|| t("未知设备", "A device that does not say what it is"));
        let network = read(known.network.as_ref()).unwrap_or_else(|| String::from("–"));
        let label = lang.pick(format!("忘记：{name}"), format!("Forget: {name}"));
        blocks.push(Block::Part(Part {
            title: name,
            facts: vec![
                (t("首次登录的网络", "Network of the first sign-in"), network),
                (t("首次登录", "First sign-in"), minute(known.first)),
                (t("最近登录", "Last sign-in"), minute(known.seen)),
            ],
        }));
        let hidden = vec![("device", known.id.to_string())];
        blocks.push(Block::Form(Box::new(form(hidden, "forget", label))));
    }
    let heading = lang.pick("已知的浏览器", "Browsers that are known");
    section("devices", heading, blocks)
}
