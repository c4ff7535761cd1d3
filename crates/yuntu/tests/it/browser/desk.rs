//! Somebody who works for the platform: she enrols by the link of the command line, and signs in by two steps.

use std::time::Duration;

use yuntu_terms::{Clock as _, SystemClock};
use yuntu_testkit::{Authenticator, Browser};

use super::house::House;

/// Somebody who works for the platform.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clerk {
    pub(crate) address: &'static str,
    pub(crate) role: &'static str,
    pub(crate) password: &'static str,
}

/// The one who takes a measure.
pub(crate) const FIRST: Clerk = Clerk {
    address: "zhou@yuntu.example",
    role: "security",
    password: "two brass keys turn",
};
/// The one who confirms it.
pub(crate) const SECOND: Clerk = Clerk {
    address: "ada@yuntu.example",
    role: "administrator",
    password: "six slow bells ring",
};
/// Where they do.
pub(crate) const MEASURES: &str = "/operator/measures";

/// What she has beside her password.
#[derive(Debug)]
pub(crate) struct Keys {
    app: Authenticator,
    /// Her recovery codes.
    pub(crate) spare: Vec<String>,
}

impl Keys {
    /// Returns the code that her authenticator shows next: that of this moment may have been used to enrol, and the next one
    /// is good already.
    pub(crate) fn code(&self) -> String {
        self.app
            .code(SystemClock.now().plus(Duration::from_secs(30)))
            .unwrap()
    }
}

/// Adds her at the command line and opens the page of the link that it prints.
pub(crate) async fn follow_link(house: &House, desk: &Browser, clerk: Clerk) {
    let link = house.add_operator(clerk.address, clerk.role);
    follow(house, desk, &link).await;
}

/// Opens the page of a link to enrol.
pub(crate) async fn follow(house: &House, desk: &Browser, link: &str) {
    let (_, path) = link.split_once("/operator/").unwrap();
    let lang = if house.is_chinese() { "zh" } else { "en" };
    desk.goto(&format!("/operator/{path}&lang={lang}"))
        .await
        .unwrap();
}

/// Adds her at the command line and enrols her.
pub(crate) async fn enrol(house: &House, desk: &Browser, clerk: Clerk) -> Keys {
    follow_link(house, desk, clerk).await;
    enrol_here(desk, clerk).await
}

/// Enrols her on the page of her link with a password and an authenticator.
pub(crate) async fn enrol_here(desk: &Browser, clerk: Clerk) -> Keys {
    let app = authenticator(desk).await;
    desk.fill("password", clerk.password).await.unwrap();
    let code = app.code(SystemClock.now()).unwrap();
    desk.fill("code", &code).await.unwrap();
    desk.press("button[value='enrol']").await.unwrap();
    let spare = desk.texts("#codes dd").await.unwrap();
    assert!(spare.len() >= 8, "{}", desk.text().await.unwrap());
    Keys { app, spare }
}

/// Reads the secret on the page into an authenticator.
pub(crate) async fn authenticator(browser: &Browser) -> Authenticator {
    let secret = browser.texts("main dd").await.unwrap();
    Authenticator::read(&secret[0].replace(' ', "")).unwrap()
}

/// Signs her in by her password and what she types in the second step.
pub(crate) async fn sign_in(house: &House, desk: &Browser, clerk: Clerk, second: &str) {
    type_password(house, desk, clerk).await;
    desk.fill("code", second).await.unwrap();
    desk.press("button[value='second']").await.unwrap();
}

pub(crate) async fn type_password(house: &House, desk: &Browser, clerk: Clerk) {
    desk.goto(&house.at("/operator/sign-in")).await.unwrap();
    desk.fill("address", clerk.address).await.unwrap();
    desk.fill("password", clerk.password).await.unwrap();
    desk.press("button[value='password']").await.unwrap();
}

/// Says whether the page is one of operators, and not their door.
pub(crate) async fn is_inside(desk: &Browser) -> bool {
    let path = desk.path().await.unwrap();
    path.starts_with("/operator") && !path.starts_with("/operator/sign-in")
}
