//! Somebody who refuses everything that is optional, and what is left to her: all of it.

use yuntu_app::Platform;
use yuntu_terms::ClauseId;
use yuntu_web::Visitor;

use super::Found;
use crate::error::DemoError;

const COOKIES: &str = "/cookies?lang=en";

/// The core pages of somebody who acts for an enterprise.
const PAGES: [&str; 16] = [
    "/",
    "/account",
    "/account/email",
    "/account/factors",
    "/account/log",
    "/account/nickname",
    "/account/password",
    "/account/phone",
    "/account/seats",
    "/account/sessions",
    "/console",
    "/console/certification",
    "/console/members",
    "/console/statement",
    "/safety",
    "/statement",
];

/// Refuses every optional cookie as somebody who turned on no optional purpose, opens each page in both languages, and acts.
pub(super) async fn refused(
    platform: &Platform,
    visitor: &mut Visitor,
    found: &mut Found,
) -> Result<(), DemoError> {
    visitor.get(COOKIES).await?;
    let no = visitor.post(COOKIES, &[("act", "refuse")]).await?;
    let statement = platform.statement();
    let is_necessary = |cookie: &String| {
        let declared = statement.cookie(cookie.split('=').next().unwrap_or_default());
        let mut choices = statement.cookie_choices().iter();
        let choice = choices.find(|it| Some(it.category) == declared.map(|it| it.category));
        choice.is_some_and(|choice| choice.necessary)
    };
    let (mut shown, mut kept) = (no.leads_on(), false);
    for path in PAGES {
        for lang in ["zh", "en"] {
            let page = visitor.get(&format!("{path}?lang={lang}")).await?;
            shown &= page.is_shown() && !page.text.contains("\" checked");
            kept |= !page.set.iter().all(is_necessary);
        }
    }
    let nickname = [("act", "set"), ("nickname", "Kettle")];
    let named = visitor.post("/account/nickname?lang=en", &nickname).await?;
    let centre = visitor.get("/account?lang=en").await?;
    let on = centre.text.contains("name=\"act\" value=\"off\"");
    found.note(
        ClauseId::r(0),
        (
            "拒绝全部可选目的与可选 Cookie 之后，每个核心页面照常打开，没有留下任何可选项",
            "with every optional purpose and cookie refused, each core page opened as usual and nothing optional was kept",
        ),
        shown && !kept && named.leads_on() && !on,
    );
    Ok(())
}
