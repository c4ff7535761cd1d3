//! Point 8: the class of every column, and how a result came by its own.

use serde_json::{Value, json};

use super::{INSIGHT, Story};

pub(super) fn say_how_they_came_about(story: &Story) {
    // A list of products is free, alone and with another list.
    let free = "SELECT q.department, count(*) AS n FROM products q JOIN coupons c ON q.product = c.product GROUP BY q.department";
    for label in labels(story, &["products", "coupons"], free) {
        assert_eq!(label["class"], "non_personal", "{label}");
    }
    // Joined with what people bought it is about people.
    let joined = "SELECT q.department, count(*) AS n FROM purchases p JOIN products q ON p.product = q.product GROUP BY q.department";
    let tried = labels(story, &["purchases", "products"], joined);
    let ran = story.asks(INSIGHT, &["purchases", "products"], joined);
    let ran = ran.expect(200).json();
    assert_eq!(ran["labels"], json!(tried), "tried and run say the same");
    for label in &tried {
        assert_eq!(label["class"], "personal", "{label}");
        let rules: Vec<_> = label["because"].as_array().unwrap().iter().collect();
        let names = |rule: &str, table: &str| {
            rules
                .iter()
                .any(|it| it["rule"] == rule && it["table"] == table)
        };
        assert!(
            names("persons", "p") || names("persons", "purchases"),
            "{label}"
        );
    }
    a_class_is_raised_and_lowered(story);
}

fn labels(story: &Story, datasets: &[&str], sql: &str) -> Vec<Value> {
    let asked = story.question(("", ""), datasets, "");
    let asked = json!({"datasets": asked["datasets"], "sql": sql});
    let tried = story
        .owner
        .post("/api/v1/labels", &asked)
        .expect(200)
        .json();
    tried["labels"].as_array().unwrap().clone()
}

/// Raised freely, and the next run goes by it; lowered with a reason that stays on record.
fn a_class_is_raised_and_lowered(story: &Story) {
    let columns = format!("/api/v1/datasets/{}/columns", story.dataset("people"));
    let path = format!("{columns}/income/class");
    let put = |body: &Value| story.owner.put(&path, body);
    let incomes = "SELECT income, count(*) AS n FROM people GROUP BY income";
    let ask = || story.asks(INSIGHT, &["people"], incomes);
    let before = ask().expect(200).json();
    put(&json!({"class": "sensitive"})).expect(204);
    ask().expect(400);
    put(&json!({"class": "personal"})).expect(400);
    let why = "bands, which say nothing of an account";
    put(&json!({"class": "personal", "reason": why})).expect(204);
    let rows = |answer: &Value| {
        let mut rows: Vec<_> = answer["result"]["rows"].as_array().unwrap().clone();
        rows.sort_by_key(ToString::to_string);
        rows
    };
    assert_eq!(rows(&ask().expect(200).json()), rows(&before));
    let listed = story.owner.get(&columns).expect(200).items();
    let income = listed.iter().find(|it| it["name"] == "income").unwrap();
    assert_eq!(income["changes"][1]["reason"], why);
}
