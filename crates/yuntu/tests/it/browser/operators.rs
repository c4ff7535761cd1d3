//! Those who work for the platform: a passkey, what cannot leave, factors and sessions, a colleague who is added by two,
//! whose assessment a second person puts in force, and who is suspended by one and let in again by two.

use yuntu_terms::{Clock as _, SystemClock};
use yuntu_testkit::{Backend, Browser, pdf};

use super::desk::{
    Clerk, authenticator, enrol, enrol_here, follow, follow_link, is_inside, sign_in, type_password,
};
use super::house::{House, digits, in_every_way, today};

in_every_way!(keep_the_platform);

const ADA: Clerk = Clerk {
    address: "ada@yuntu.example",
    role: "administrator",
    password: "two brass keys turn",
};
const BEA: Clerk = Clerk {
    address: "bea@yuntu.example",
    role: "security",
    password: "six slow bells ring",
};
const CAI: Clerk = Clerk {
    address: "cai@yuntu.example",
    role: "privacy",
    password: "four pale moths rest",
};

const ASK: &str = "main button[value='ask-passkey']";
const USE: &str = "main form[data-passkey] button";
/// The number of a visitor, for whom no service carries text messages.
const NUMBER: &str = "13800000000";

async fn keep_the_platform(lang: &str, backend: Backend) {
    let house = House::open(lang, backend);
    let ada = house.browser().await;
    ada.carry_authenticator().await.unwrap();
    enrols_by_a_passkey(&house, &ada).await;
    enters_by_it(&house, &ada).await;
    let cai = house.browser().await;
    reads_what_cannot_leave(&house, &ada, &cai).await;
    adds_and_removes_a_factor(&house, &ada).await;
    proves_herself(&house, &ada).await;
    ends_her_other_session(&house, &ada).await;

    let bea = house.browser().await;
    let keys = enrol(&house, &bea, BEA).await;
    sign_in(&house, &bea, BEA, &keys.code()).await;
    assert!(is_inside(&bea).await);
    is_added_by_two(&house, &ada, &bea).await;
    let mail = house.mail_to(CAI.address, "/operator/enrol?key=").await;
    let link = mail
        .lines()
        .find(|line| line.contains("/operator/enrol?key="));
    follow(&house, &cai, link.unwrap().trim()).await;
    let keys = enrol_here(&cai, CAI).await;
    sign_in(&house, &cai, CAI, &keys.code()).await;
    house.look(&cai, "operator-home-privacy").await;
    assesses(&house, &cai, &bea).await;
    is_suspended_by_one(&house, &bea, &cai).await;
    is_let_in_by_two(&house, &ada, &bea).await;
    sign_in(&house, &cai, CAI, &keys.spare[0]).await;
    assert!(is_inside(&cai).await, "{}", cai.text().await.unwrap());
}

fn words<'a>(house: &House, zh: &'a str, en: &'a str) -> &'a str {
    if house.is_chinese() { zh } else { en }
}

async fn enrols_by_a_passkey(house: &House, ada: &Browser) {
    follow_link(house, ada, ADA).await;
    ada.press("main a[href*='by=passkey']").await.unwrap();
    house.look(ada, "operator-enrol-passkey").await;
    ada.fill("password", ADA.password).await.unwrap();
    ada.fill("label", "Ada 的电脑").await.unwrap();
    ada.press(USE).await.unwrap();
    assert!(!ada.texts("#codes dd").await.unwrap().is_empty());
    house.look(ada, "operator-enrolled-passkey").await;
}

async fn enters_by_it(house: &House, ada: &Browser) {
    ada.press("main a[href^='/operator/sign-in']")
        .await
        .unwrap();
    ada.press(ASK).await.unwrap();
    house.look(ada, "operator-sign-in-passkey").await;
    ada.press(USE).await.unwrap();
    assert!(is_inside(ada).await, "{}", ada.text().await.unwrap());
    // What she may is told in words, not in codes of the program.
    let text = ada.text().await.unwrap();
    assert!(!text.contains("read_outbox"), "{text}");
    house.look(ada, "operator-home-administrator").await;
}

/// A visitor asks for a code by text message, for which no service is configured: it waits here, is shown after a recorded
/// look, and opens an account.
async fn reads_what_cannot_leave(house: &House, ada: &Browser, visitor: &Browser) {
    visitor.goto(&house.at("/account/register")).await.unwrap();
    visitor.fill("address", NUMBER).await.unwrap();
    visitor.press("button[value='ask']").await.unwrap();
    ada.press("main a[href^='/operator/outbox']").await.unwrap();
    let text = ada.text().await.unwrap();
    assert!(!text.contains(NUMBER), "{text}");
    house.look(ada, "outbox").await;
    ada.press("button[value='look']").await.unwrap();
    house.look(ada, "outbox-looked").await;
    let shown = ada.texts("#messages dd").await.unwrap().join("\n");
    assert!(shown.contains(NUMBER), "{shown}");
    let code = shown.lines().find_map(digits).unwrap();
    visitor.fill("code", &code).await.unwrap();
    visitor.tick("[name='accept']").await.unwrap();
    visitor.press("button[value='open']").await.unwrap();
    let path = visitor.path().await.unwrap();
    assert!(path.starts_with("/account/seats"), "{path}");
    house.sign_out(visitor).await;
}

async fn adds_and_removes_a_factor(house: &House, ada: &Browser) {
    ada.goto(&house.at("/operator/factors")).await.unwrap();
    // The last one stays.
    assert!(!ada.has("button[value='remove']").await.unwrap());
    house.look(ada, "operator-factors").await;
    ada.press("button[value='begin']").await.unwrap();
    let app = authenticator(ada).await;
    house.look(ada, "operator-authenticator").await;
    ada.fill("code", "12345").await.unwrap();
    ada.press("button[value='confirm']").await.unwrap();
    ada.find("[name='code'][aria-invalid='true']")
        .await
        .unwrap();
    house.look(ada, "operator-authenticator-wrong").await;
    let code = app.code(SystemClock.now()).unwrap();
    ada.fill("code", &code).await.unwrap();
    ada.press("button[value='confirm']").await.unwrap();
    house.look(ada, "operator-authenticator-on").await;
    ada.goto(&house.at("/operator/factors")).await.unwrap();
    house.look(ada, "operator-factors-two").await;
    let remove = words(house, "移除：验证器", "Remove: Authenticator");
    ada.press_words(remove).await.unwrap();
    ada.find(".done").await.unwrap();
    assert!(!ada.has("button[value='remove']").await.unwrap());
    house.look(ada, "operator-factors-removed").await;
}

async fn proves_herself(house: &House, ada: &Browser) {
    ada.goto(&house.at("/operator/proof")).await.unwrap();
    house.look(ada, "operator-proof").await;
    ada.fill("code", "not a code").await.unwrap();
    ada.press("button[value='second']").await.unwrap();
    ada.find("[name='code'][aria-invalid='true']")
        .await
        .unwrap();
    house.look(ada, "operator-proof-wrong").await;
    ada.press(USE).await.unwrap();
    let path = ada.path().await.unwrap();
    assert!(path.starts_with("/operator?"), "{path}");
}

/// A browser that lost its cookies is another one; its session is ended from here.
async fn ends_her_other_session(house: &House, ada: &Browser) {
    ada.forget().await.unwrap();
    ada.goto(&house.at("/operator/sign-in")).await.unwrap();
    ada.press(ASK).await.unwrap();
    ada.press(USE).await.unwrap();
    ada.goto(&house.at("/operator/sessions")).await.unwrap();
    house.look(ada, "operator-sessions").await;
    ada.press("button[value='others']").await.unwrap();
    ada.find(".done").await.unwrap();
    assert!(!ada.has("button[value='others']").await.unwrap());
    house.look(ada, "operator-sessions-ended").await;
}

/// Once two can decide about a third, the command line adds nobody any more. The link goes to the colleague, and who approves does
/// not see it.
async fn is_added_by_two(house: &House, ada: &Browser, bea: &Browser) {
    ada.goto(&house.at("/operator/proposals")).await.unwrap();
    house.look(ada, "proposals-administrator").await;
    ada.fill_in("#add [name='object']", "cai").await.unwrap();
    ada.fill_in("#add [name='reason']", "she answers for privacy")
        .await
        .unwrap();
    ada.press("#add button[value='propose']").await.unwrap();
    ada.find("#add [name='object'][aria-invalid='true']")
        .await
        .unwrap();
    let kept = ada.find("#add [name='reason']").await.unwrap();
    let kept = kept.prop("value").await.unwrap().unwrap();
    assert_eq!(kept, "she answers for privacy");
    house.look(ada, "proposals-no-address").await;
    ada.fill_in("#add [name='object']", CAI.address)
        .await
        .unwrap();
    ada.choose("role", CAI.role).await.unwrap();
    ada.press("#add button[value='propose']").await.unwrap();
    ada.find(".done").await.unwrap();
    bea.goto(&house.at("/operator/proposals")).await.unwrap();
    house.look(bea, "proposals-add").await;
    bea.press("button[value='approve']").await.unwrap();
    house.look(bea, "operator-added").await;
    bea.find("#added").await.unwrap();
    let text = bea.text().await.unwrap();
    assert!(!text.contains("key="), "{text}");
}

/// Who answers for privacy records an assessment and proposes it; a second person puts it in force.
async fn assesses(house: &House, cai: &Browser, bea: &Browser) {
    cai.goto(&house.at("/operator/assessments")).await.unwrap();
    house.look(cai, "assessments-none").await;
    let report = house.data().join("assessment.pdf");
    std::fs::write(&report, pdf("impact assessment")).unwrap();
    cai.fill_in("main [name='file']", report.to_str().unwrap())
        .await
        .unwrap();
    cai.fill("made", &today(-1)).await.unwrap();
    cai.press("button[value='record']").await.unwrap();
    for field in ["review", "result", "lawful", "impact", "measures"] {
        cai.find(&format!("[name='{field}'][aria-invalid='true']"))
            .await
            .unwrap();
    }
    let kept = cai.find("main [name='made']").await.unwrap();
    assert_eq!(kept.prop("value").await.unwrap().unwrap(), today(-1));
    house.look(cai, "assessments-wrong").await;
    cai.fill_in("main [name='file']", report.to_str().unwrap())
        .await
        .unwrap();
    cai.fill("review", &today(300)).await.unwrap();
    cai.choose("result", "with_measures").await.unwrap();
    for field in ["lawful", "impact", "measures"] {
        cai.tick(&format!("main [name='{field}']")).await.unwrap();
    }
    cai.press("button[value='record']").await.unwrap();
    cai.find(".done").await.unwrap();
    house.look(cai, "assessments-recorded").await;

    // The link brings the number of the assessment along.
    cai.press("main a[href*='enforce_assessment']")
        .await
        .unwrap();
    house.look(cai, "proposals-enforce").await;
    cai.fill_in("#enforce [name='reason']", "the yearly assessment is done")
        .await
        .unwrap();
    cai.press("#enforce button[value='propose']").await.unwrap();
    cai.find(".done").await.unwrap();
    assert!(!cai.has("button[value='approve']").await.unwrap());
    house.look(cai, "proposals-own").await;
    approves(house, bea, "proposals-second-person").await;
    cai.goto(&house.at("/operator/assessments")).await.unwrap();
    assert!(!cai.has("main a[href*='enforce_assessment']").await.unwrap());
    house.look(cai, "assessments-in-force").await;
    records_an_audit(house, cai).await;
}

/// Who answers for privacy sees what is due, records an audit with a finding, and finds it all in her log.
async fn records_an_audit(house: &House, cai: &Browser) {
    cai.goto(&house.at("/operator/duties")).await.unwrap();
    house.look(cai, "duties-none").await;
    cai.press("button[value='record']").await.unwrap();
    cai.find("[aria-invalid='true']").await.unwrap();
    house.look(cai, "duties-wrong").await;
    let report = house.data().join("audit.pdf");
    std::fs::write(&report, pdf("compliance audit")).unwrap();
    cai.fill_in("main [name='file']", report.to_str().unwrap())
        .await
        .unwrap();
    cai.choose("kind", "compliance_audit").await.unwrap();
    cai.fill("done", &today(0)).await.unwrap();
    cai.fill("body", "North Audit Partners").await.unwrap();
    cai.choose("result", "partly_conforms").await.unwrap();
    let finding = format!("{} a right was not taken back in time", today(20));
    cai.fill("findings", &finding).await.unwrap();
    cai.press("button[value='record']").await.unwrap();
    cai.find(".done").await.unwrap();
    house.look(cai, "duties-recorded").await;
    cai.goto(&house.at("/operator/log")).await.unwrap();
    house.look(cai, "operator-log").await;
}

/// Approves the one proposal that waits.
async fn approves(house: &House, bea: &Browser, picture: &str) {
    bea.goto(&house.at("/operator/proposals")).await.unwrap();
    house.look(bea, picture).await;
    bea.press("button[value='approve']").await.unwrap();
    bea.find(".done").await.unwrap();
    house.look(bea, &format!("{picture}-approved")).await;
}

async fn is_suspended_by_one(house: &House, bea: &Browser, cai: &Browser) {
    bea.goto(&house.at("/operator/people")).await.unwrap();
    // Nobody suspends herself.
    let label = words(house, "停用：", "Suspend: ");
    let text = bea.text().await.unwrap();
    assert!(!text.contains(&format!("{label}b**")), "{text}");
    house.look(bea, "people").await;
    bea.press_words(&format!("{label}c**")).await.unwrap();
    bea.find(".done").await.unwrap();
    house.look(bea, "people-suspended").await;
    // She is out the same second, and stays out.
    cai.goto(&house.at("/operator/assessments")).await.unwrap();
    assert!(!is_inside(cai).await);
    type_password(house, cai, CAI).await;
    cai.find(".refusal").await.unwrap();
    house.look(cai, "operator-sign-in-suspended").await;
}

async fn is_let_in_by_two(house: &House, ada: &Browser, bea: &Browser) {
    ada.goto(&house.at("/operator/people")).await.unwrap();
    ada.fill("reason", "again").await.unwrap();
    ada.press("button[value='restore']").await.unwrap();
    ada.find("[name='reason'][aria-invalid='true']")
        .await
        .unwrap();
    house.look(ada, "people-restore-no-reason").await;
    ada.fill("reason", "her laptop was found in the office")
        .await
        .unwrap();
    ada.press("button[value='restore']").await.unwrap();
    ada.find(".done").await.unwrap();
    house.look(ada, "people-restore-proposed").await;
    ada.goto(&house.at("/operator/proposals")).await.unwrap();
    assert!(!ada.has("button[value='approve']").await.unwrap());
    approves(house, bea, "proposals-restore").await;
}
