//! Where the first key lies: a key file under either suite, or a hardware module, played by SoftHSM2.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{Done, run, yuntu};

const MODULES: [&str; 2] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
];
const PIN: &str = "648219";

fn configure(folder: &Path, keys: &str) {
    fs::write(folder.join("yuntu.toml"), keys).unwrap();
}

/// Adds an operator: her address is sealed, so every key above it is needed.
fn add(folder: &Path, number: u8, hardware: Option<&Path>, lang: &str) -> Done {
    let mut command = yuntu();
    if let Some(config) = hardware {
        command.env("SOFTHSM2_CONF", config);
    }
    let email = format!("operator-{number}@example.cn");
    command.args(["operator", "add", "--role", "administrator", "--email"]);
    command.args([email.as_str(), "--lang", lang, "--data"]);
    Done::of(&command.arg(folder).output().unwrap())
}

fn migrate(folder: &Path, hardware: Option<&Path>, lang: &str) -> Done {
    let mut command = yuntu();
    if let Some(config) = hardware {
        command.env("SOFTHSM2_CONF", config);
    }
    command.args(["migrate", "--lang", lang, "--data"]);
    Done::of(&command.arg(folder).output().unwrap())
}

#[test]
fn an_installation_may_use_the_national_suite_and_change_it_for_what_comes() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path(), "[keys]\nsuite = \"national\"\n");
    migrate(folder.path(), None, "en").expect(0, "");
    add(folder.path(), 1, None, "en").expect(0, "/operator/enrol");
    configure(folder.path(), "");
    // Keys keep their suite: what was sealed under the other one still opens.
    add(folder.path(), 2, None, "en").expect(0, "/operator/enrol");
    add(folder.path(), 1, None, "en").expect(0, "/operator/enrol");
    configure(folder.path(), "[keys]\nsuite = \"rot13\"\n");
    add(folder.path(), 3, None, "en").expect(1, "international");
    add(folder.path(), 3, None, "zh").expect(1, "SM4");
}

/// Makes a token and returns the library and the configuration that finds it.
fn token(folder: &Path) -> (PathBuf, PathBuf) {
    let missing =
        "SoftHSM2 is missing: install the Debian package `softhsm2` (apt-get install softhsm2)";
    let module = MODULES.iter().map(PathBuf::from).find(|it| it.exists());
    let (tokens, config) = (folder.join("tokens"), folder.join("softhsm2.conf"));
    fs::create_dir(&tokens).unwrap();
    let setting = format!("directories.tokendir = {}\n", tokens.display());
    fs::write(&config, setting).unwrap();
    let made = Command::new("softhsm2-util")
        .args(["--init-token", "--free", "--label", "yuntu test"])
        .args(["--so-pin", "73916402", "--pin", PIN])
        .env("SOFTHSM2_CONF", &config)
        .output()
        .expect(missing);
    assert!(made.status.success(), "{made:?}");
    (module.expect(missing), config)
}

#[test]
fn a_hardware_module_keeps_the_first_key_and_nothing_opens_without_it() {
    let (folder, beside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (module, config) = token(beside.path());
    fs::write(folder.path().join("pin"), format!("{PIN}\n")).unwrap();
    let keys = |token: &str| {
        format!(
            "[keys]\nmodule = \"{}\"\ntoken = \"{token}\"\npin_file = \"pin\"\n",
            module.display()
        )
    };
    configure(folder.path(), &keys("yuntu test"));
    migrate(folder.path(), Some(&config), "en").expect(0, "");
    add(folder.path(), 1, Some(&config), "en").expect(0, "/operator/enrol");
    assert!(!folder.path().join("keys/kek").exists());
    for (keys, zh, en) in [
        (keys("another"), "硬件模块", "in the hardware module"),
        (String::new(), "没有写明 module", "names no `module`"),
        (
            format!("[keys]\nmodule = \"{}\"\n", module.display()),
            "缺少 token",
            "lacks `token`",
        ),
    ] {
        configure(folder.path(), &keys);
        add(folder.path(), 2, Some(&config), "zh").expect(1, zh);
        add(folder.path(), 2, Some(&config), "en").expect(1, en);
    }
    configure(folder.path(), &keys("yuntu test"));
    fs::write(folder.path().join("pin"), "111111").unwrap();
    add(folder.path(), 2, Some(&config), "en").expect(1, "PIN");
    fs::write(folder.path().join("pin"), PIN).unwrap();
    add(folder.path(), 2, Some(&config), "en").expect(0, "/operator/enrol");
}

#[test]
fn where_the_key_lies_stays_as_it_was_made() {
    let folder = tempfile::tempdir().unwrap();
    migrate(folder.path(), None, "en").expect(0, "");
    configure(
        folder.path(),
        "[keys]\nmodule = \"/nowhere.so\"\ntoken = \"t\"\npin_file = \"pin\"\n",
    );
    add(folder.path(), 1, None, "zh").expect(1, "密钥文件中");
    add(folder.path(), 1, None, "en").expect(1, "in a key file");
}

#[test]
fn keys_are_renewed_and_the_ledger_is_audited_by_command() {
    let folder = tempfile::tempdir().unwrap();
    migrate(folder.path(), None, "en").expect(0, "");
    add(folder.path(), 1, None, "en").expect(0, "/operator/enrol");
    let data = folder.path().to_str().unwrap();
    run(["keys", "renew", "--data", data, "--lang", "en"]).expect(0, "1 keys renewed");
    run(["keys", "renew", "--data", data, "--lang", "zh"]).expect(0, "已更新 1 个密钥");
    add(folder.path(), 2, None, "en").expect(0, "/operator/enrol");
    for (lang, words) in [("zh", "账本成立"), ("en", "the ledger holds")] {
        let done = run(["ledger", "audit", "--data", data, "--lang", lang]);
        done.expect(0, words);
        done.expect(0, "keys.renewed");
    }
    let object = run(["ledger", "audit", "--data", data, "--object"]);
    let report: serde_json::Value = serde_json::from_str(&object.out).unwrap();
    let acts = report["acts"].as_array().unwrap();
    let renewed = acts.iter().find(|it| it["kind"] == "keys.renewed").unwrap();
    assert_eq!(renewed["count"], 2, "{report}");
    assert!(report["checkpoint"].as_str().unwrap().contains("yuntu"));
    run(["ledger", "audit", "--data", "/nowhere", "--lang", "zh"]).expect(1, "没有安装");
    run(["ledger", "audit", "--data", data, "--back", "0"]).expect(2, "back");
}
