//! An owner looks at who agreed to what, records a file, looks at one customer and withdraws for her, and declares a scope.

use yuntu_testkit::{Browser, pdf};

use super::house::House;
use crate::real::OWNER;

const HEAD: &str = "member_id,purpose,operation,recipient,kind,status,from,until,proof\n";

async fn goes_through_consents(lang: &str) {
    let house = House::of_demo(lang);
    let browser = house.browser().await;
    house.sign_in_by_code(&browser, OWNER).await;
    browser.goto(&house.at("/console/consents")).await.unwrap();
    assert!(browser.has("main svg").await.unwrap());
    house.look(&browser, "consents").await;
    let before = insight(&house, &browser).await;
    let member = records_a_file(&house, &browser).await;
    let renewed = insight(&house, &browser).await;
    let people = |row: &[u64]| row.iter().sum::<u64>();
    assert!(renewed[0] >= before[0] && people(&renewed) == people(&before));
    looks_and_withdraws(&house, &browser, &member).await;
    let withdrawn = insight(&house, &browser).await;
    assert_eq!(
        (withdrawn[0], withdrawn[1]),
        (renewed[0] - 1, renewed[1] + 1)
    );
    declares_a_scope(&house, &browser).await;
}

/// Reads how many people gave, withdrew, refused, let expire and never said a word on insight: today's line of the table, which
/// the drawing shows as well.
async fn insight(house: &House, browser: &Browser) -> Vec<u64> {
    let page = house.at("/console/consents");
    let page = format!("{page}&purpose=marketing.insight");
    browser.goto(&page).await.unwrap();
    let row = browser.texts("#over-time tbody tr:first-child td").await;
    let row = row.unwrap();
    let drawn = browser.texts("#over-time figure svg text").await.unwrap();
    for figure in row.iter().take(4) {
        // The drawing groups no thousands, and the table does.
        let figure = figure.replace([',', '\u{202f}', '\u{a0}', ' '], "");
        let there = |text: &String| text.replace(',', "") == figure;
        assert!(drawn.iter().any(there), "{figure}: {drawn:?}");
    }
    let digits = |text: &String| text.replace(|sign: char| !sign.is_ascii_digit(), "");
    row.iter().map(|it| digits(it).parse().unwrap()).collect()
}

/// A file with two bad lines, then the same without them, then the same again.
async fn records_a_file(house: &House, browser: &Browser) -> String {
    let member = String::from("1000");
    let line = |status: &str| {
        format!(
            "{member},marketing.insight,process,enterprise,explicit,{status},2026-01-05T00:00:00Z,,box 7\n"
        )
    };
    let path = house.data().join("consents.csv");
    for (content, page) in [
        (
            format!("{HEAD}{}{}", line("perhaps"), line("maybe")),
            "consents-wrong",
        ),
        (format!("{HEAD}{}", line("renewed")), "consents-recorded"),
        (format!("{HEAD}{}", line("renewed")), "consents-again"),
    ] {
        std::fs::write(&path, content).unwrap();
        browser.goto(&house.at("/console/consents")).await.unwrap();
        browser
            .fill_in("main [name='file']", path.to_str().unwrap())
            .await
            .unwrap();
        browser.press("button[value='file']").await.unwrap();
        let wrong = browser.has("[aria-invalid='true']").await.unwrap();
        assert_eq!(wrong, page == "consents-wrong", "{page}");
        house.look(browser, page).await;
    }
    member
}

async fn looks_and_withdraws(house: &House, browser: &Browser, member: &str) {
    let person = house.at("/console/consents/person");
    browser.goto(&person).await.unwrap();
    browser
        .fill_in("#look-value", "no such customer")
        .await
        .unwrap();
    browser.press("button[value='look']").await.unwrap();
    assert!(browser.has("[aria-invalid='true']").await.unwrap());
    house.look(browser, "consents-nobody").await;
    browser.fill_in("#look-value", member).await.unwrap();
    browser.press("button[value='look']").await.unwrap();
    assert!(browser.has("#records table").await.unwrap());
    // Who she is stands in no address.
    let path = browser.path().await.unwrap();
    assert!(
        path.ends_with("/person") || path.contains("/person?lang="),
        "{path}"
    );
    house.look(browser, "consents-person").await;
    browser.fill_in("#withdraw-value", member).await.unwrap();
    browser
        .choose("withdrawn", "marketing.insight")
        .await
        .unwrap();
    browser.press("button[value='withdraw']").await.unwrap();
    assert!(
        browser
            .path()
            .await
            .unwrap()
            .starts_with("/console/consents")
    );
    house.look(browser, "consents-withdrawn").await;
}

async fn declares_a_scope(house: &House, browser: &Browser) {
    browser.goto(&house.at("/console/datasets")).await.unwrap();
    browser
        .press("main a[href^='/console/datasets/']")
        .await
        .unwrap();
    browser.press("main a[href*='/consent?']").await.unwrap();
    house.look(browser, "scope").await;
    browser.fill("from", "soon").await.unwrap();
    browser.press("button[value='scope']").await.unwrap();
    assert!(browser.has("[aria-invalid='true']").await.unwrap());
    house.look(browser, "scope-wrong").await;
    for box_of in ["marketing.measurement", "process", "enterprise"] {
        let css = format!("main form input[type='checkbox'][value='{box_of}']");
        browser.tick(&css).await.unwrap();
    }
    browser.fill("from", "2026-01-01").await.unwrap();
    // The first version needs its proof, which is put beside the papers of the dataset and ticked.
    browser.press("button[value='scope']").await.unwrap();
    let unproved = "main [name='evidence'][aria-invalid='true'], #scope-evidence-wrong";
    assert!(browser.has(unproved).await.unwrap());
    house.look(browser, "scope-unproved").await;
    let file = house.data().join("consent.pdf");
    std::fs::write(&file, pdf("what the members signed")).unwrap();
    let file = browser.fill_in("#paper-file", file.to_str().unwrap());
    file.await.unwrap();
    browser.press("button[value='paper']").await.unwrap();
    house.look(browser, "scope-paper").await;
    for box_of in ["marketing.measurement", "process", "enterprise"] {
        let css = format!("main form input[type='checkbox'][value='{box_of}']");
        browser.tick(&css).await.unwrap();
    }
    let proofs = "main [name='evidence']:not(:checked)";
    browser.tick(proofs).await.unwrap();
    browser.fill("from", "2026-01-01").await.unwrap();
    browser.press("button[value='scope']").await.unwrap();
    assert!(browser.has("#versions table").await.unwrap());
    house.look(browser, "scope-declared").await;
    if browser.has("button[value='reach']").await.unwrap() {
        browser.choose("agreed", "marketing.insight").await.unwrap();
        browser
            .choose("wanted", "marketing.activation")
            .await
            .unwrap();
        browser.press("button[value='reach']").await.unwrap();
        house.look(browser, "scope-reach").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_chinese() {
    goes_through_consents("zh").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_english() {
    goes_through_consents("en").await;
}
