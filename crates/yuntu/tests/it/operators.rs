//! Adding an operator at the command line.

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
