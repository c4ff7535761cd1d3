//! Leaving for another site, and what is advised to somebody who stays.

use yuntu_terms::ClauseId;
use yuntu_web::Visitor;

use super::Found;
use crate::error::DemoError;

/// An address to which no page of the site leads.
const FORGED: &str = "/leave?to=https%3A%2F%2Fforged.example%2F&lang=en";

/// Follows the link to the operator's own site, tries a forged one, and reads the tips as somebody who is signed in.
pub(super) async fn checks(visitor: &mut Visitor, found: &mut Found) -> Result<(), DemoError> {
    let statement = visitor.get("/statement?lang=en").await?;
    let way = statement.text.split_once("href=\"/leave?");
    let way = way.and_then(|(_, rest)| rest.split('"').next());
    let way = way.unwrap_or_default().replace("&amp;", "&");
    let page = visitor.get(&format!("/leave?{way}")).await?;
    let forged = visitor.get(FORGED).await?;
    found.note(
        ClauseId::r(24),
        (
            "通往他站的链接先显示完整地址并说明声明到此为止；本站没有链接的地址被拒绝",
            "a link to another site first showed its full address and that the statement ends there, and an address to which no page leads was refused",
        ),
        page.is_shown()
            && page.set.is_empty()
            && page
                .text
                .contains("https://<strong>demo.yuntu.example</strong>/statement")
            && page.text.contains("rel=\"noreferrer noopener external\"")
            && forged.is_refused()
            && !forged.text.contains("forged.example"),
    );
    let tips = visitor.get("/safety?lang=en").await?;
    let own = tips.text.split_once("<section id=\"own\"");
    let own = own.and_then(|(_, rest)| rest.split("</section>").next());
    found.note(
        ClauseId::r(24),
        (
            "安全建议指出本人帐号缺少第二验证方式，并带有添加的链接",
            "the tips told the person that her account has no second factor, with the link to add one",
        ),
        tips.is_shown() && own.is_some_and(|own| own.contains("href=\"/account/factors?")),
    );
    Ok(())
}
