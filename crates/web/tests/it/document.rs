//! The description of the API is what was agreed: a change shows as a change of the golden file.

use std::path::Path;

const GOLDEN: &str = include_str!("../../golden/openapi.json");

#[test]
fn the_description_is_the_golden_one() {
    let text = yuntu_web::openapi().to_pretty_json().unwrap() + "\n";
    if text != GOLDEN {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("openapi.json");
        std::fs::write(&path, &text).unwrap();
        let path = path.display();
        panic!("the description is not that of golden/openapi.json; read the difference to {path}");
    }
}

#[test]
fn every_operation_asks_for_the_token_and_describes_its_problems() {
    let document = serde_json::to_value(yuntu_web::openapi()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert_eq!(document["security"][0]["token"], serde_json::json!([]));
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation.get("security").is_none(), "{method} {path}");
            let problem = &operation["responses"]["default"]["content"];
            let problem = &problem["application/problem+json"]["schema"]["$ref"];
            assert_eq!(
                problem, "#/components/schemas/ProblemView",
                "{method} {path}"
            );
            assert!(operation["summary"].is_string(), "{method} {path}");
        }
    }
}
