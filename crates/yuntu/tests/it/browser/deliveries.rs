//! An owner brings a file in: she sees what its columns are taken for, confirms, watches, and loads the next delivery.

use yuntu_testkit::Browser;

use super::house::House;

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_brought_in_in_chinese() {
    brings_a_file_in("zh").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_brought_in_in_english() {
    brings_a_file_in("en").await;
}

fn people(from: u32, broken: &str) -> String {
    let rows = (from..from + 60).map(|row| {
        let second = row % 60;
        format!(
            "139{:08},{},2026-03-01 08:00:{second:02},{row}\n",
            row * 13,
            row % 2
        )
    });
    format!(
        "手机号,健康状况,下单时间,score\n{}{broken}",
        rows.collect::<Vec<_>>().concat()
    )
}

async fn choose_file(house: &House, browser: &Browser, name: &str, text: &str) {
    let file = house.data().join(name);
    std::fs::write(&file, text).unwrap();
    let path = file.to_str().unwrap();
    browser.fill_in("input[type='file']", path).await.unwrap();
    browser.press("button[value='file']").await.unwrap();
}

/// Sends a large file over a slow line, sees how far it is, and stops it.
async fn changes_her_mind(house: &House, browser: &Browser, stopped: &str) {
    let file = house.data().join("large.csv");
    std::fs::write(&file, "x".repeat(4 << 20)).unwrap();
    browser.slow_down(Some(256 << 10)).await.unwrap();
    let path = file.to_str().unwrap();
    browser.fill_in("input[type='file']", path).await.unwrap();
    let send = browser.find("button[value='file']").await.unwrap();
    send.click().await.unwrap();
    let told = async || browser.texts(".upload output").await.unwrap().concat();
    let waiting = async {
        while !told().await.contains("4.0 MiB") {
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

/// Waits, as a person does, until the page that refreshes itself says that the import has ended.
async fn watched_to_its_end(browser: &Browser, ended: &str) {
    let waiting = async {
        while !browser.text().await.unwrap().contains(ended) {
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
    };
    let waited = tokio::time::timeout(std::time::Duration::from_mins(2), waiting).await;
    waited.expect("it does not end");
}

async fn brings_a_file_in(lang: &str) {
    let house = House::of_demo(lang);
    let browser = house.browser().await;
    house
        .sign_in_by_code(&browser, "owner@riverside.example")
        .await;
    let (done, same, stopped) = if house.is_chinese() {
        ("完成", "此前已经导入", "上传已停止")
    } else {
        ("done", "imported before", "The upload was stopped")
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
    choose_file(&house, &browser, "people.csv", &people(0, "1391,0\n")).await;
    house.look(&browser, "delivery-columns").await;
    assert!(
        browser
            .path()
            .await
            .unwrap()
            .starts_with("/console/datasets/new/columns")
    );
    assert!(!browser.text().await.unwrap().contains("13900000013"));
    browser.fill("name", "Spring members").await.unwrap();
    let class = browser.find("#columns-class-2").await.unwrap();
    class.select_by_value("personal").await.unwrap();
    browser.press("button[value='confirm']").await.unwrap();
    house.look(&browser, "delivery-columns-wrong").await;
    let because = browser.find("#columns-because-2").await.unwrap();
    because.select_by_value("invented").await.unwrap();
    browser.press("button[value='confirm']").await.unwrap();
    watched_to_its_end(&browser, done).await;
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
    choose_file(&house, &browser, "again.csv", &people(0, "1391,0\n")).await;
    watched_to_its_end(&browser, same).await;
    house.look(&browser, "delivery-same").await;
    browser
        .goto(&house.at(&format!("{dataset}/imports")))
        .await
        .unwrap();
    choose_file(&house, &browser, "april.csv", &people(100, "")).await;
    watched_to_its_end(&browser, done).await;
    browser
        .goto(&house.at(&format!("{dataset}/imports")))
        .await
        .unwrap();
    house.look(&browser, "delivery-imports").await;
}
