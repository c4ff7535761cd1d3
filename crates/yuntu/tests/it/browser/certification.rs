//! An enterprise asks to be certified, a reviewer asks back and approves: two browsers, a mail server, papers as files.

use std::time::Duration;

use yuntu_terms::Timestamp;
use yuntu_testkit::{Authenticator, Backend, Browser, pdf};

use super::desk::{Clerk, enrol, sign_in};
use super::house::{House, Someone, in_every_way};

in_every_way!(is_certified_after_a_question);

const OWNER: Someone = Someone {
    address: "owner@north.example",
    nickname: "Ning",
    password: "eleven slow rivers bend",
};
const REVIEWER: &str = "reviewer@yuntu.example";
const REVIEWERS_PASSWORD: &str = "two brass keys turn";
/// The second person whom a look at a bank account takes.
const SECOND: Clerk = Clerk {
    address: "privacy@yuntu.example",
    role: "privacy",
    password: "six slow bells ring",
};
const BANK_ACCOUNT: &str = "110010851000560005";
/// The standard's own example of a number, of somebody born in 1949.
const ID_NUMBER: &str = "11010519491231002X";
/// Somebody born in 2012.
const MINORS_NUMBER: &str = "510107201201010039";
/// The standard's own example of a code.
const CREDIT_CODE: &str = "91350100M000100Y43";

async fn is_certified_after_a_question(lang: &str, backend: Backend) {
    let house = House::open(lang, backend);
    let desk = house.browser().await;
    let shop = house.browser().await;
    enrols(&house, &desk).await;
    applies(&house, &shop).await;
    asks(&house, &desk).await;
    looks_by_two(&house, &desk).await;
    answers(&house, &shop).await;
    approves(&house, &desk).await;
    accepts(&house, &shop).await;
}

/// The first operator comes from the command line and brings a password and an authenticator.
async fn enrols(house: &House, desk: &Browser) {
    let link = house.add_operator(REVIEWER, "reviewer");
    let (_, path) = link.split_once("/operator/").unwrap();
    let path = format!(
        "/operator/{path}&lang={}",
        if house.is_chinese() { "zh" } else { "en" }
    );
    desk.goto(&path).await.unwrap();
    house.look(desk, "operator-enrol").await;
    let secret = desk.find("main dd").await.unwrap().text().await.unwrap();
    let app = Authenticator::read(&secret.replace(' ', "")).unwrap();
    desk.fill("password", REVIEWERS_PASSWORD).await.unwrap();
    desk.fill("code", &app.code(now()).unwrap()).await.unwrap();
    desk.press("button[value='enrol']").await.unwrap();
    house.look(desk, "operator-recovery-codes").await;

    desk.goto(&house.at("/operator/reviews")).await.unwrap();
    assert!(desk.path().await.unwrap().starts_with("/operator/sign-in"));
    house.look(desk, "operator-sign-in").await;
    desk.fill("address", REVIEWER).await.unwrap();
    desk.fill("password", REVIEWERS_PASSWORD).await.unwrap();
    desk.press("button[value='password']").await.unwrap();
    house.look(desk, "operator-second-step").await;
    // The code of the enrolment was used; the next one is good already.
    let next = now().plus(Duration::from_secs(30));
    desk.fill("code", &app.code(next).unwrap()).await.unwrap();
    desk.press("button[value='second']").await.unwrap();
    house.look(desk, "operator-home").await;
    desk.goto(&house.at("/operator/reviews")).await.unwrap();
    house.look(desk, "reviews-none").await;
    // No operator reaches an enterprise's data.
    desk.goto(&house.at("/console")).await.unwrap();
    assert!(desk.path().await.unwrap().starts_with("/account/sign-in"));
}

async fn applies(house: &House, shop: &Browser) {
    house.register(shop, OWNER).await;
    shop.fill("name", "North Store Limited").await.unwrap();
    shop.fill("industry", "retail").await.unwrap();
    shop.press("button[value='create']").await.unwrap();
    shop.goto(&house.at("/console/certification"))
        .await
        .unwrap();
    house.look(shop, "certification-none").await;
    shop.press("button[value='begin']").await.unwrap();
    // Before an impact assessment is in force, neither number is asked for.
    assert!(!shop.has("[name='id_number']").await.unwrap());
    assert!(!shop.has("[name='agrees']").await.unwrap());
    house.look(shop, "certification-unassessed").await;
    house.assess();
    shop.goto(&house.at("/console/certification"))
        .await
        .unwrap();
    house.look(shop, "certification-form").await;
    shop.fill("enterprise_name", "North Store Limited")
        .await
        .unwrap();
    shop.choose("industry", "retail").await.unwrap();
    shop.fill("legal_representative", "Jane Sample")
        .await
        .unwrap();
    shop.fill("address", "1 Sample Road").await.unwrap();
    types_wrong(house, shop).await;
    hands_in(house, shop).await;
}

/// The last place of the standard's example, mistyped; and a minor's number.
async fn types_wrong(house: &House, shop: &Browser) {
    shop.fill("credit_code", "91350100M000100Y4Z")
        .await
        .unwrap();
    shop.press("button[value='save']").await.unwrap();
    shop.find("[name='credit_code'][aria-invalid='true']")
        .await
        .unwrap();
    let kept = shop.find("[name='credit_code']").await.unwrap();
    assert_eq!(
        kept.prop("value").await.unwrap().unwrap(),
        "91350100M000100Y4Z"
    );
    house.look(shop, "certification-wrong-code").await;
    shop.fill("credit_code", CREDIT_CODE).await.unwrap();
    shop.tick("[name='agrees']").await.unwrap();
    shop.fill("id_number", MINORS_NUMBER).await.unwrap();
    shop.press("button[value='save']").await.unwrap();
    shop.find("[name='id_number'][aria-invalid='true']")
        .await
        .unwrap();
    assert!(
        !shop
            .has(&format!("[value='{MINORS_NUMBER}']"))
            .await
            .unwrap()
    );
    house.look(shop, "certification-minor").await;
}

async fn hands_in(house: &House, shop: &Browser) {
    if !shop.has("[name='agrees']:checked").await.unwrap() {
        shop.tick("[name='agrees']").await.unwrap();
    }
    shop.fill("id_number", ID_NUMBER).await.unwrap();
    shop.fill("bank_account", BANK_ACCOUNT).await.unwrap();
    shop.fill("letter_until", "2070-12-31").await.unwrap();
    shop.press("button[value='save']").await.unwrap();
    assert!(
        !shop.has("[aria-invalid='true']").await.unwrap(),
        "{}",
        shop.text().await.unwrap()
    );
    upload(
        house,
        shop,
        "#letter",
        "letter.pdf",
        &pdf("letter of authorisation"),
    )
    .await;
    // A file is what it is by its content, whatever it is called.
    let script = b"<script>alert(1)</script>";
    upload(house, shop, "#licence", "licence.pdf", script).await;
    shop.find("#licence .wrong").await.unwrap();
    house.look(shop, "certification-hostile-file").await;
    upload(
        house,
        shop,
        "#licence",
        "licence.pdf",
        &pdf("business licence"),
    )
    .await;
    house.look(shop, "certification-complete").await;
    shop.press("button[value='submit']").await.unwrap();
    assert!(
        shop.has("button[value='withdraw']").await.unwrap(),
        "{}",
        shop.text().await.unwrap()
    );
    house.look(shop, "certification-submitted").await;
}

async fn asks(house: &House, desk: &Browser) {
    desk.goto(&house.at("/operator/reviews")).await.unwrap();
    let queue = desk.text().await.unwrap();
    assert!(!queue.contains("North Store"), "{queue}");
    house.look(desk, "reviews").await;
    desk.press("main a[href^='/operator/reviews/']")
        .await
        .unwrap();
    let page = desk.text().await.unwrap();
    assert!(
        !page.contains(ID_NUMBER) && !page.contains("Jane Sample"),
        "{page}"
    );
    house.look(desk, "review-masked").await;
    let look = "form:has([name='field'][value='id_number']) button[value='look']";
    desk.press(look).await.unwrap();
    assert!(desk.text().await.unwrap().contains(ID_NUMBER));
    house.look(desk, "review-looked").await;
    // The bank account takes a second person.
    let look = "form:has([name='field'][value='bank_account']) button[value='look']";
    desk.press(look).await.unwrap();
    assert!(!desk.text().await.unwrap().contains(BANK_ACCOUNT));
    house.look(desk, "review-bank-refused").await;
    desk.fill("address", "Please give the street of the register.")
        .await
        .unwrap();
    desk.press("button[value='ask']").await.unwrap();
    house.look(desk, "review-asked").await;
}

/// The bank account is opened once a second person has agreed.
async fn looks_by_two(house: &House, desk: &Browser) {
    desk.goto(&house.at("/operator/reviews")).await.unwrap();
    let one = "main a[href^='/operator/reviews/']";
    desk.press(one).await.unwrap();
    // The link brings the number of the application along.
    desk.press("main a[href*='unmask_bank_account']")
        .await
        .unwrap();
    desk.press("#unmask button[value='propose']").await.unwrap();
    desk.find("#unmask [name='reason'][aria-invalid='true']")
        .await
        .unwrap();
    house.look(desk, "proposals-no-reason").await;
    desk.fill_in("#unmask [name='reason']", "the payment came back unnamed")
        .await
        .unwrap();
    desk.press("#unmask button[value='propose']").await.unwrap();
    desk.find(".done").await.unwrap();
    let second = house.browser().await;
    let keys = enrol(house, &second, SECOND).await;
    sign_in(house, &second, SECOND, &keys.code()).await;
    second.goto(&house.at("/operator/proposals")).await.unwrap();
    house.look(&second, "proposals-unmask").await;
    second.press("button[value='approve']").await.unwrap();
    second.find(".done").await.unwrap();
    desk.goto(&house.at("/operator/reviews")).await.unwrap();
    desk.press(one).await.unwrap();
    let look = "form:has([name='field'][value='bank_account']) button[value='look']";
    desk.press(look).await.unwrap();
    assert!(desk.text().await.unwrap().contains(BANK_ACCOUNT));
    house.look(desk, "review-bank-looked").await;
}

async fn answers(house: &House, shop: &Browser) {
    house.mail_to(OWNER.address, "/console/certification").await;
    shop.goto(&house.at("/console/certification"))
        .await
        .unwrap();
    let page = shop.text().await.unwrap();
    assert!(
        page.contains("Please give the street of the register."),
        "{page}"
    );
    house.look(shop, "certification-asked").await;
    shop.fill("address", "1 Register Road").await.unwrap();
    shop.press("button[value='submit']").await.unwrap();
    assert!(shop.has("button[value='withdraw']").await.unwrap());
}

async fn approves(house: &House, desk: &Browser) {
    desk.goto(&house.at("/operator/reviews")).await.unwrap();
    desk.press("main a[href^='/operator/reviews/']")
        .await
        .unwrap();
    // Nobody is certified before a payment has shown whose the account is.
    desk.press("button[value='approve']").await.unwrap();
    assert!(desk.has("button[value='approve']").await.unwrap());
    house.look(desk, "review-unverified").await;
    desk.fill("amount", "2.00").await.unwrap();
    let paid = now().plus(Duration::from_hours(8)).to_string();
    let paid: String = paid.chars().take(16).collect();
    desk.fill("paid", &paid).await.unwrap();
    desk.choose("result", "verified").await.unwrap();
    desk.press("button[value='payment']").await.unwrap();
    desk.find("[name='amount'][aria-invalid='true']")
        .await
        .unwrap();
    house.look(desk, "review-payment-wrong").await;
    desk.fill("amount", "0.37").await.unwrap();
    desk.fill("paid", &paid).await.unwrap();
    desk.choose("result", "verified").await.unwrap();
    desk.press("button[value='payment']").await.unwrap();
    assert!(!desk.has("[aria-invalid='true']").await.unwrap());
    house.look(desk, "review-verified").await;
    desk.press("button[value='approve']").await.unwrap();
    house.look(desk, "review-approved").await;
    desk.goto(&house.at("/operator/reviews")).await.unwrap();
    assert!(
        !desk
            .has("main a[href^='/operator/reviews/']")
            .await
            .unwrap()
    );
}

/// Certified, the enterprise is bound by an act of its own, and the console opens.
async fn accepts(house: &House, shop: &Browser) {
    shop.goto(&house.at("/console/certification"))
        .await
        .unwrap();
    house.look(shop, "certification-approved").await;
    // The privacy centre shows what is kept of it, partly hidden.
    shop.goto(&house.at("/account")).await.unwrap();
    let centre = shop.text().await.unwrap();
    assert!(
        centre.contains("110***********002X") && !centre.contains(ID_NUMBER),
        "{centre}"
    );
    house.look(shop, "centre-certification").await;
    shop.goto(&house.at("/console")).await.unwrap();
    house.look(shop, "console-certified").await;
    shop.press("main a[href^='/console/statement']")
        .await
        .unwrap();
    house.look(shop, "bind").await;
    shop.press("button[value='accept']").await.unwrap();
    shop.find("[name='accept'][aria-invalid='true']")
        .await
        .unwrap();
    shop.tick("[name='accept']").await.unwrap();
    shop.press("button[value='accept']").await.unwrap();
    assert!(!shop.has("[name='accept']").await.unwrap());
    house.look(shop, "bound").await;
}

async fn upload(house: &House, shop: &Browser, section: &str, name: &str, bytes: &[u8]) {
    let path = house.data().join(name);
    std::fs::write(&path, bytes).unwrap();
    let field = format!("{section} input[type='file']");
    shop.fill_in(&field, path.to_str().unwrap()).await.unwrap();
    shop.press(&format!("{section} button[value='add']"))
        .await
        .unwrap();
}

/// Reads the clock of this machine, which is the server's too.
fn now() -> Timestamp {
    use yuntu_terms::{Clock as _, SystemClock};
    SystemClock.now()
}
