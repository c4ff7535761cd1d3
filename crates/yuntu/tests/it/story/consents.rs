//! Points 3 and 9: who agreed to what, from files, records and a scope; a withdrawal takes out exactly that person, and a
//! purpose to which nobody agreed reaches whoever is asked and says yes.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use yuntu_terms::{ConsentRecordId, SystemEntropy};

use super::{
    FOR_INSIGHT, FOR_MEASUREMENT, HOUSEHOLDS, INSIGHT, MEASUREMENT, MINORS, Story, UNASKED,
    admitted, now, stopped, text,
};

const HEAD: &str = "member_id,purpose,operation,recipient,kind,status,from,until,proof\n";
const AGES: &str = "SELECT age, count(*) AS n FROM people GROUP BY age";
/// How many of those who are asked say yes, and how many say no.
const YES: usize = 1_000;
const NO: usize = 100;

pub(super) async fn decide(story: &Story) {
    the_browser_counts_what_the_file_said(story);
    two_purposes_see_different_people(story);
    a_bad_file_changes_nothing(story);
    records_come_in_once_and_show_their_proof(story);
    one_withdrawal_takes_out_exactly_that_person(story).await;
    whoever_is_asked_widens_the_scope(story);
}

/// What the file of consents says of each household for a purpose, read line by line.
fn said(story: &Story, purpose: &str) -> BTreeMap<String, String> {
    let file = story
        .house
        .data()
        .with_file_name("input")
        .join("consents.csv");
    let text = std::fs::read_to_string(file).unwrap();
    let mut said = BTreeMap::new();
    for line in text.lines().skip(1) {
        let cells: Vec<_> = line.split(',').collect();
        if cells[1] == purpose {
            let runs_out = cells[5] == "given" && !cells[7].is_empty();
            let word = if runs_out { "expired" } else { cells[5] };
            said.insert(cells[0].to_owned(), word.to_owned());
        }
    }
    said
}

/// The age band of each adult of the people's file, where it is known.
fn adults(story: &Story) -> BTreeMap<String, String> {
    let file = story
        .house
        .data()
        .with_file_name("input")
        .join("people.csv");
    let text = std::fs::read_to_string(file).unwrap();
    let cells = text
        .lines()
        .skip(1)
        .map(|line| line.split(',').collect::<Vec<_>>());
    let adults = cells.filter(|cells| cells[7] == "false" && !cells[2].is_empty());
    adults
        .map(|cells| (cells[0].to_owned(), cells[2].to_owned()))
        .collect()
}

fn counts(story: &Story, purpose: &str) -> Value {
    let asked = json!({"dataset": story.dataset("people"), "purpose": purpose});
    let counted = story.owner.post("/api/v1/consents/counts", &asked);
    let counted = counted.expect(200).json();
    counted["over_time"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone()
}

fn the_browser_counts_what_the_file_said(story: &Story) {
    for (purpose, withdrawn_since) in [(INSIGHT, 1), (MEASUREMENT, 0)] {
        let said = said(story, purpose);
        let said = |word: &str| said.values().filter(|it| *it == word).count() as u64;
        let now = counts(story, purpose);
        let count = |name: &str| now[name].as_u64().unwrap();
        assert_eq!(count("given"), said("given") - withdrawn_since, "{now}");
        assert_eq!(
            count("withdrawn"),
            said("withdrawn") + withdrawn_since,
            "{now}"
        );
        for word in ["refused", "expired"] {
            assert_eq!(count(word), said(word), "{word}: {now}");
        }
        let words = ["given", "withdrawn", "refused", "expired", "unknown"];
        assert_eq!(words.map(count).iter().sum::<u64>(), HOUSEHOLDS, "{now}");
    }
}

fn two_purposes_see_different_people(story: &Story) {
    let of = |purpose: &str| story.asks(purpose, &["people"], AGES).expect(200);
    let (insight, measurement) = (of(INSIGHT), of(MEASUREMENT));
    assert_eq!(admitted(&insight, "people"), FOR_INSIGHT);
    assert_eq!(admitted(&measurement, "people"), FOR_MEASUREMENT);
    assert_ne!(ages(&insight), ages(&measurement));
}

/// How many people an answer has of each age band.
fn ages(answer: &crate::api::Answer) -> BTreeMap<String, u64> {
    let answer = answer.json();
    let rows = answer["result"]["rows"].as_array().unwrap().iter();
    let rows = rows.map(|row| (row[0].to_string(), row[1].as_u64().unwrap()));
    rows.collect()
}

fn a_bad_file_changes_nothing(story: &Story) {
    let before = counts(story, INSIGHT);
    let line = |status: &str| {
        format!("1,{INSIGHT},process,enterprise,explicit,{status},2026-01-05T00:00:00Z,,box 7\n")
    };
    let file = format!(
        "{HEAD}{}{}{}",
        line("refused"),
        line("perhaps"),
        line("maybe")
    );
    let sent = ("text/csv", file.as_bytes());
    let told = story
        .owner
        .send("POST", "/api/v1/consents", sent)
        .expect(400)
        .text();
    assert!(told.contains("line 3") && told.contains("line 4"), "{told}");
    let after = counts(story, INSIGHT);
    assert_eq!(after["refused"], before["refused"]);
}

/// Ten adults who were never asked about measurement say yes, each with the notice and the proof.
fn records_come_in_once_and_show_their_proof(story: &Story) {
    let asked = said(story, MEASUREMENT);
    let silent = adults(story)
        .into_keys()
        .filter(|it| !asked.contains_key(it));
    let silent: Vec<_> = silent.take(10).collect();
    let records = silent.iter().map(|member| {
        json!({
            "record_id": ConsentRecordId::generate(now(), &SystemEntropy).unwrap(),
            "identifier": "member_id", "value": member, "purpose": MEASUREMENT,
            "operation": "process", "recipient": "enterprise", "kind": "explicit", "status": "given",
            "from": now().plus_days(-1), "method": "form at the till",
            "notice": {"version": "3"}, "proof": "box 17 of the archive",
        })
    });
    let records = json!({"records": records.collect::<Vec<_>>()});
    let send = |key: &str, body: &Value| {
        let path = ("POST", "/api/v1/consents/records");
        let body = body.to_string();
        let body = ("application/json", body.as_bytes());
        story
            .owner
            .send_with(&[("Idempotency-Key", key)], path, body)
    };
    let first = send("ten", &records).expect(200).json();
    assert_eq!(
        (&first["recorded"], &first["already"]),
        (&json!(10), &json!(0))
    );
    // The same request is answered as it was; under another key its records are there already.
    assert_eq!(send("ten", &records).expect(200).json(), first);
    let again = send("ten-more", &records).expect(200).json();
    assert_eq!(
        (&again["recorded"], &again["already"]),
        (&json!(0), &json!(10))
    );
    let seen = story.asks(MEASUREMENT, &["people"], AGES).expect(200);
    assert_eq!(admitted(&seen, "people"), FOR_MEASUREMENT + 10);

    let who = json!({"identifier": "member_id", "value": silent[0]});
    let person = story
        .owner
        .post("/api/v1/consents/person", &who)
        .expect(200)
        .json();
    let records = person["records"].as_array().unwrap().iter();
    let records: Vec<_> = records.filter(|it| it["purpose"] == MEASUREMENT).collect();
    let [record] = records[..] else {
        panic!("one record: {person}");
    };
    assert_eq!(record["proof"], "box 17 of the archive");
    assert_eq!(
        (&record["method"], &record["notice"]["version"]),
        (&json!("form at the till"), &json!("3"))
    );
    assert_eq!(record["source"], "api");
}

/// Whoever withdraws is out of the next result, her age band has one person less, and what was reading her is cut.
async fn one_withdrawal_takes_out_exactly_that_person(story: &Story) {
    let said = said(story, INSIGHT);
    let gave = |member: &String| said.get(member).is_some_and(|it| it == "given");
    // The last of them: the first is whom the demo's own story withdraws.
    let (member, age) = adults(story).into_iter().rfind(|(it, _)| gave(it)).unwrap();
    let of = |purpose: &str| story.asks(purpose, &["people"], AGES).expect(200);
    let (before, other) = (of(INSIGHT), ages(&of(MEASUREMENT)));
    let long = story.begin("people", &story.instruction).await;
    let withdrawn = json!({"identifier": "member_id", "value": member, "purpose": INSIGHT});
    let path = "/api/v1/consents/withdrawals";
    story.owner.post(path, &withdrawn).expect(204);
    let after = of(INSIGHT);
    assert_eq!(admitted(&after, "people"), admitted(&before, "people") - 1);
    let mut expected = ages(&before);
    *expected.get_mut(&format!("\"{age}\"")).unwrap() -= 1;
    assert_eq!(ages(&after), expected);
    assert_eq!(ages(&of(MEASUREMENT)), other);
    stopped(long, "consent_withdrawn").await;
}

/// Nobody agreed to research: the refusal says whom it would reach; whoever is listed, asked and says yes is reached from then
/// on, and a scope with its proof speaks for whoever was not asked.
fn whoever_is_asked_widens_the_scope(story: &Story) {
    let instruction = story.instruct(&["members"]);
    let research = || {
        let sql = "SELECT count(*) AS n FROM members";
        story.ask((UNASKED, &instruction), &["members"], sql)
    };
    let refused = research().expect(403);
    assert_eq!(refused.facts(), ["consent"]);
    let adults = HOUSEHOLDS - MINORS;
    let reach = &refused.json()["reasons"][0]["reach"];
    let expected = json!({
        "people": HOUSEHOLDS, "to_ask": adults, "declined": 0, "barred": MINORS, "kind": "separate",
    });
    assert_eq!(*reach, expected);

    let wish = json!({
        "dataset": story.dataset("members"), "agreed": INSIGHT, "instruction": instruction, "wanted": UNASKED,
    });
    let what_if = story
        .owner
        .post("/api/v1/consents/what-if", &wish)
        .expect(200)
        .json();
    assert_eq!(
        (&what_if["reached"], &what_if["to_ask"]),
        (&json!(0), &json!(adults))
    );
    let listed = json!({"wish": wish, "identifier": "member_id"});
    let list = story
        .owner
        .post("/api/v1/consents/to-ask", &listed)
        .expect(200);
    let lines: Vec<String> = list.text().lines().map(str::to_owned).collect();
    let (head, people) = lines.split_first().unwrap();
    assert_eq!(what_if["to_ask_listed"], people.len());
    assert_eq!(what_if["agreed"], FOR_INSIGHT - 1);
    assert!(
        list.head
            .contains(&format!("yuntu-people: {}", people.len()))
    );
    assert!(people.iter().all(|it| it.contains(",requested,")));
    let answers = people
        .iter()
        .take(YES)
        .map(|it| format!("{}box 7", it.replace(",requested,", ",given,")));
    let noes = people.iter().skip(YES).take(NO);
    let answers = answers.chain(noes.map(|it| it.replace(",requested,", ",refused,")));
    let answers: Vec<_> = answers.collect();
    let file = format!("{head}\n{}\n", answers.join("\n"));
    let sent = ("text/csv", file.as_bytes());
    let recorded = story.owner.send("POST", "/api/v1/consents", sent);
    assert_eq!(recorded.expect(200).json()["recorded"], YES + NO);
    assert_eq!(admitted(&research().expect(200), "members"), YES as u64);
    declare_a_scope(story);
    let now_reached = admitted(&research().expect(200), "members");
    assert_eq!(now_reached, adults - NO as u64);
}

fn declare_a_scope(story: &Story) {
    let path = format!("/api/v1/datasets/{}/scope", story.dataset("members"));
    let scope = |purposes: &[&str], evidence: &[String]| {
        json!({
            "purposes": purposes, "operations": ["process"], "recipients": ["enterprise"],
            "kind": "separate", "from": now().plus_days(-1), "evidence": evidence,
        })
    };
    let declare = |purposes: &[&str], evidence: &[String]| {
        let body = scope(purposes, evidence);
        story.owner.put(&path, &body)
    };
    // The first takes its proof in writing, which is a paper of the dataset.
    declare(&["service.care"], &[]).expect(400);
    declare(&["service.care"], &["07".repeat(32)]).expect(400);
    story.prove(story.dataset("members"), "consent_form");
    let papers = format!("/api/v1/datasets/{}/papers", story.dataset("members"));
    let papers = story.owner.get(&papers).expect(200).items();
    let digest = text(&papers[0], "digest");
    declare(&["service.care"], std::slice::from_ref(&digest)).expect(204);
    // And so does what is wider than before.
    let wide = ["service.care", UNASKED];
    declare(&wide, &[]).expect(400);
    declare(&wide, &[digest]).expect(204);
}
