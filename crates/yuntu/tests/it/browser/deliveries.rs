//! An owner brings a file in: she sees what its columns are taken for, confirms, watches, and loads the next delivery.

use yuntu_testkit::Browser;

use super::house::House;
use crate::real::{OWNER, table};

/// What two of the roles are called in the form.
const KEPT: &str =
    r#"{"role":"identifier","kind":"member_id","form":"plain","keep_original":true}"#;
const ATTRIBUTE: &str = r#"{"role":"attribute"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_brought_in_in_chinese() {
    brings_a_file_in("zh").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_brought_in_in_english() {
    brings_a_file_in("en").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_in_a_file_takes_its_person_out_in_chinese() {
    hears_a_no("zh").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_in_a_file_takes_its_person_out_in_english() {
    hears_a_no("en").await;
}

/// Brings in a file with a flag of a consent, and asks how many it lets be read: each "no" takes out exactly its person.
async fn hears_a_no(lang: &str) {
    let house = House::of_demo(lang);
    let browser = house.browser().await;
    house.sign_in_by_code(&browser, OWNER).await;
    let done = if house.is_chinese() {
        "完成"
    } else {
        "Ended"
    };
    let new = house.at("/console/datasets/new");
    browser.goto(&new).await.unwrap();
    let file = "member_id,sms_opt_in\n9001,yes\n9002,yes\n9003,no\n9004,yes\n";
    choose_file(&house, &browser, "opt-in.csv", file).await;
    house.look(&browser, "delivery-flag").await;
    browser.fill("name", "Opt-ins of spring").await.unwrap();
    browser.press("button[value='confirm']").await.unwrap();
    for field in ["purpose", "kind", "from"] {
        let wrong = format!("#columns-flag_{field}-2[aria-invalid='true']");
        assert!(browser.has(&wrong).await.unwrap(), "{field}");
    }
    house.look(&browser, "delivery-flag-wrong").await;
    choose(&browser, "#columns-flag_purpose-2", "marketing.insight").await;
    choose(&browser, "#columns-flag_kind-2", "explicit").await;
    let from = browser.fill_in("#columns-flag_from-2", "2026-01-01");
    from.await.unwrap();
    browser.press("button[value='confirm']").await.unwrap();
    watched_until(&browser, done).await;
    let import = browser.path().await.unwrap();
    let (dataset, _) = import.split_once("/imports/").unwrap();
    let dataset = dataset.rsplit('/').next().unwrap();
    let counts = house.at("/console/consents");
    let counts = format!("{counts}&dataset={dataset}&purpose=marketing.insight");
    browser.goto(&counts).await.unwrap();
    house.look(&browser, "delivery-flag-counts").await;
    // Given, withdrawn, refused, expired, unknown: of four people one refused.
    let now = browser.texts("#over-time tbody tr:first-child td").await;
    assert_eq!(now.unwrap(), ["3", "0", "1", "0", "0"]);
    // The one who said no is the one whom the file names.
    let person = house.at("/console/consents/person");
    for (member, word) in [
        ("9003", ["已拒绝", "refused"]),
        ("9004", ["已同意", "given"]),
    ] {
        browser.goto(&person).await.unwrap();
        browser.fill_in("#look-value", member).await.unwrap();
        browser.press("button[value='look']").await.unwrap();
        let records = browser.texts("#records tbody td").await.unwrap();
        let word = word[usize::from(!house.is_chinese())];
        assert!(records.iter().any(|it| it == word), "{member}: {records:?}");
    }
}

/// Households of the real table with their fictional addresses, and a line that broke off.
fn people(house: &House, from: usize, broken: &str) -> String {
    let file = house.data().with_file_name("input").join("people.csv");
    let text = std::fs::read_to_string(file).unwrap();
    let (head, rows) = text.split_once('\n').unwrap();
    let rows: String = rows.split_inclusive('\n').skip(from).take(60).collect();
    format!("{head}\n{rows}{broken}")
}

async fn choose_file(house: &House, browser: &Browser, name: &str, text: &str) {
    let file = house.data().join(name);
    std::fs::write(&file, text).unwrap();
    let path = file.to_str().unwrap();
    browser.fill_in("input[type='file']", path).await.unwrap();
    browser.press("button[value='file']").await.unwrap();
}

async fn choose(browser: &Browser, css: &str, value: &str) {
    let list = browser.find(css).await.unwrap();
    list.select_by_value(value).await.unwrap();
}

/// Sends a large file over a slow line, sees how far it is, and stops it.
async fn changes_her_mind(house: &House, browser: &Browser, stopped: &str) {
    let file = table("transactions");
    browser.slow_down(Some(256 << 10)).await.unwrap();
    let path = file.to_str().unwrap();
    browser.fill_in("input[type='file']", path).await.unwrap();
    let send = browser.find("button[value='file']").await.unwrap();
    send.click().await.unwrap();
    let told = async || browser.texts(".upload output").await.unwrap().concat();
    let waiting = async {
        while !told().await.contains("12.6 MiB") {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    let waited = tokio::time::timeout(std::time::Duration::from_secs(20), waiting).await;
    waited.expect("nothing is told of the upload");
    house.look(browser, "delivery-upload").await;
    let stop = browser.find(".upload button").await.unwrap();
    stop.click().await.unwrap();
    assert!(told().await.contains(stopped), "{}", told().await);
    browser.slow_down(None).await.unwrap();
}

/// Waits, as a person does, until the page that refreshes itself says so.
async fn watched_until(browser: &Browser, said: &str) {
    let waiting = async {
        // A page that is refreshed while it is read has gone, and says nothing yet.
        while !browser.text().await.is_ok_and(|text| text.contains(said)) {
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
    };
    let waited = tokio::time::timeout(std::time::Duration::from_mins(2), waiting).await;
    waited.unwrap_or_else(|_| panic!("it never says {said}"));
}

async fn brings_a_file_in(lang: &str) {
    let house = House::of_demo(lang);
    let browser = house.browser().await;
    house.sign_in_by_code(&browser, OWNER).await;
    let (done, same, stopped) = if house.is_chinese() {
        ("完成", "此前已经导入", "上传已停止")
    } else {
        ("Ended", "imported before", "The upload was stopped")
    };
    browser
        .goto(&house.at("/console/datasets/new"))
        .await
        .unwrap();
    house.look(&browser, "delivery-new").await;
    browser.press("button[value='file']").await.unwrap();
    house.look(&browser, "delivery-no-file").await;
    choose_file(&house, &browser, "nothing.csv", "").await;
    house.look(&browser, "delivery-empty-file").await;
    changes_her_mind(&house, &browser, stopped).await;
    let first = people(&house, 0, "61,member0061@example.com\n");
    choose_file(&house, &browser, "people.csv", &first).await;
    house.look(&browser, "delivery-columns").await;
    assert!(
        browser
            .path()
            .await
            .unwrap()
            .starts_with("/console/datasets/new/columns")
    );
    assert!(!browser.text().await.unwrap().contains("member0002@"));
    browser.fill("name", "Spring members").await.unwrap();
    // The numbers are kept, so that the members can be asked; the addresses name nobody, since the demo invented them.
    choose(&browser, "#columns-role-1", KEPT).await;
    choose(&browser, "#columns-role-2", ATTRIBUTE).await;
    choose(&browser, "#columns-class-2", "personal").await;
    browser.press("button[value='confirm']").await.unwrap();
    let wrong = "#columns-because-2[aria-invalid='true']";
    assert!(browser.has(wrong).await.unwrap());
    house.look(&browser, "delivery-columns-wrong").await;
    choose(&browser, "#columns-because-2", "invented").await;
    browser.press("button[value='confirm']").await.unwrap();
    watched_until(&browser, done).await;
    house.look(&browser, "delivery-import").await;
    let import = browser.path().await.unwrap();
    assert!(browser.has("a[href*='/quarantine']").await.unwrap());
    // The next delivery begins at the page of the dataset; the same file changes nothing.
    let (dataset, _) = import.split_once("/imports/").unwrap();
    browser.goto(&house.at(dataset)).await.unwrap();
    house.look(&browser, "delivery-dataset").await;
    browser
        .goto(&house.at(&format!("{dataset}/imports")))
        .await
        .unwrap();
    choose_file(&house, &browser, "again.csv", &first).await;
    watched_until(&browser, same).await;
    house.look(&browser, "delivery-same").await;
    browser
        .goto(&house.at(&format!("{dataset}/imports")))
        .await
        .unwrap();
    let next = people(&house, 100, "");
    choose_file(&house, &browser, "april.csv", &next).await;
    watched_until(&browser, done).await;
    browser
        .goto(&house.at(&format!("{dataset}/imports")))
        .await
        .unwrap();
    house.look(&browser, "delivery-imports").await;
    takes_a_file_of_the_folder(&house, &browser, done).await;
}

/// What somebody put into the enterprise's own folder is read where it lies.
async fn takes_a_file_of_the_folder(house: &House, browser: &Browser, done: &str) {
    let folder = house.data().join("drop").join(house.enterprise());
    std::fs::create_dir_all(folder.join("may")).unwrap();
    std::fs::write(folder.join("may/people.csv"), people(house, 200, "")).unwrap();
    browser.fill("path", "may/people.csv").await.unwrap();
    browser.press("button[value='path']").await.unwrap();
    watched_until(browser, done).await;
}
