//! Adding an operator at the command line.

use yuntu_terms::{Clock as _, SystemClock, Timestamp};

use crate::command::{LANGS, install, is_chinese, run};

#[test]
fn an_operator_is_added_with_a_link_that_is_printed_once() {
    for lang in LANGS {
        let folder = tempfile::tempdir().unwrap();
        install(folder.path());
        let data = folder.path().to_str().unwrap().to_owned();
        let add = |email: &str, role: &str| {
            run([
                "operator", "add", "--data", &data, "--email", email, "--role", role, "--lang",
                lang,
            ])
        };
        let done = add("chen@operator.example", "administrator");
        assert_eq!(done.code, 0, "{}", done.err);
        let link = done.out.trim();
        let key = link.strip_prefix("http://localhost:8080/operator/enrol?key=");
        assert_eq!(key.unwrap().len(), 64, "{link}");
        assert!(!done.err.contains("chen@"), "{}", done.err);
        // Until she has enrolled, she may be given another one.
        let again = add("Chen@operator.example", "administrator");
        assert_eq!(again.code, 0, "{}", again.err);
        assert_ne!(again.out, done.out);
        add("not an address", "reviewer").expect(1, "");
        let wrong = add("li@operator.example", "king");
        assert_eq!(wrong.code, 2, "{}", wrong.err);
        // What she would become is what she was added as.
        let other = add("chen@operator.example", "reviewer");
        assert_eq!(other.code, 1, "{}", other.err);
        assert_eq!(is_chinese(&other.err), lang == "zh", "{}", other.err);
    }
}

#[test]
fn an_impact_assessment_is_recorded_at_the_machine() {
    for lang in LANGS {
        let folder = tempfile::tempdir().unwrap();
        install(folder.path());
        let data = folder.path().to_str().unwrap().to_owned();
        let report = folder.path().join("report.pdf");
        std::fs::write(&report, yuntu_testkit::pdf("report")).unwrap();
        let report = report.to_str().unwrap();
        let today = Timestamp::from_micros(SystemClock.now().as_micros());
        let day = |days: i32| today.plus_days(days).day_in_china().to_string();
        let assess = |report: &str, made: &str, review: &str, result: &str| {
            run([
                "operator", "assess", "--data", &data, "--report", report, "--made", made,
                "--review", review, "--result", result, "--lang", lang,
            ])
        };
        let (made, review) = (day(-1), day(300));
        for (report, made, review, result) in [
            ("missing.pdf", &made, &review, "acceptable"),
            (report, &"yesterday".to_owned(), &review, "acceptable"),
            (report, &day(1), &review, "acceptable"),
            (report, &made, &day(400), "acceptable"),
            (report, &made, &made, "acceptable"),
            (report, &made, &review, "fine"),
        ] {
            let odd = assess(report, made, review, result);
            assert_eq!(odd.code, 1, "{made} {review} {result}: {}", odd.err);
            assert_eq!(is_chinese(&odd.err), lang == "zh", "{}", odd.err);
        }
        let done = assess(report, &made, &review, "acceptable");
        assert_eq!(done.code, 0, "{}", done.err);
        assert!(done.out.starts_with("pia_"), "{}", done.out);
    }
}

#[test]
fn an_origin_that_is_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    install(folder.path());
    let file = folder.path().join("yuntu.toml");
    std::fs::write(&file, "[web]\norigin = \"http://yuntu.example\"\n").unwrap();
    let data = folder.path().to_str().unwrap();
    let refused = run(["migrate", "--data", data, "--lang", "en"]);
    refused.expect(1, "origin");
    std::fs::write(&file, "[web]\norigin = \"https://yuntu.example\"\n").unwrap();
    run(["migrate", "--data", data]).expect(0, "");
}

#[test]
fn what_is_due_is_listed_at_the_machine() {
    for lang in LANGS {
        let folder = tempfile::tempdir().unwrap();
        install(folder.path());
        let data = folder.path().to_str().unwrap();
        let done = run(["operator", "duties", "--data", data, "--lang", lang]);
        assert_eq!(done.code, 0, "{}", done.err);
        let never = if lang == "zh" {
            "尚未做过"
        } else {
            "never yet"
        };
        assert_eq!(done.out.matches(never).count(), 4, "{}", done.out);
        let today = Timestamp::from_micros(SystemClock.now().as_micros());
        let year = today.day_end_after_months(12).day_in_china().to_string();
        assert!(done.out.contains(&year), "{}", done.out);
        let other = folder.path().join("nowhere");
        let other = other.to_str().unwrap();
        let none = run(["operator", "duties", "--data", other, "--lang", lang]);
        assert_eq!(none.code, 1, "{}", none.err);
        assert_eq!(is_chinese(&none.err), lang == "zh", "{}", none.err);
    }
}
