use std::collections::BTreeMap;

use serde_json::Value;

use crate::command::{is_chinese, run};

/// Business data under instruction, with the files it lies in.
const OF_BUSINESS_DATA: [&str; 7] = ["U2", "U3", "U4", "U5", "R7", "R8", "R22"];

#[test]
fn every_row_of_business_data_is_enforced_and_was_seen_to_hold() {
    let done = run(["prove", "--json"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let rows: Vec<Value> = serde_json::from_str(&done.out).unwrap();
    let of = |row: &Value| row["clause"].as_str().unwrap().to_owned();
    let rows: BTreeMap<String, Value> = rows.into_iter().map(|row| (of(&row), row)).collect();
    assert_eq!(rows.len(), 37, "U1 to U5 and R0 to R31");
    for clause in OF_BUSINESS_DATA {
        let row = &rows[clause];
        assert_eq!(row["state"], "enforced", "{clause}");
        assert_ne!(row["evidence"].as_array().unwrap().len(), 0, "{clause}");
        assert_ne!(row["tests"].as_array().unwrap().len(), 0, "{clause}");
    }
    for (clause, row) in &rows {
        for seen in row["evidence"].as_array().unwrap() {
            assert_eq!(seen["holds"], true, "{clause}: {seen}");
        }
        // What is not whole says what it lacks.
        let whole = row["state"] == "enforced";
        let missing = row["missing"].to_string();
        assert_eq!(whole, !is_chinese(&missing), "{clause}: {missing}");
    }
}

#[test]
fn the_report_reads_in_chinese() {
    let done = run(["--lang", "zh", "prove"]);
    done.expect(0, "成立 ");
    assert!(!done.out.contains("不成立"), "{}", done.out);
    for clause in OF_BUSINESS_DATA {
        let line = done.out.lines().find(|line| line.starts_with(clause));
        assert!(line.is_some_and(is_chinese), "{clause}");
    }
}
