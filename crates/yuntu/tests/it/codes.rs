//! Exit codes and words for what goes wrong: 2 for wrong arguments, 1 with what, where and what to do for the rest.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::command::{LANGS, install, is_chinese, run, yuntu};

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Runs in both languages: the code is the same, and Chinese is spoken to whom asks for it alone.
#[track_caller]
fn both(arguments: &[&str], code: i32, zh: &str, en: &str) {
    for (lang, word) in LANGS.into_iter().zip([zh, en]) {
        let done = run(arguments.iter().copied().chain(["--lang", lang]));
        done.expect(code, word);
        let said = [done.out.as_str(), done.err.as_str()].concat();
        assert_eq!(is_chinese(&said), lang == "zh", "{said}");
    }
}

#[test]
fn wrong_arguments_end_with_two() {
    both(&[], 2, "缺少子命令", "Usage");
    both(&["fly"], 2, "没有子命令 fly", "unrecognized subcommand");
    both(&["verify"], 2, "缺少参数 <FILE>", "required arguments");
    both(
        &["serve", "--listen", "here"],
        2,
        "“here”不可用",
        "invalid value 'here'",
    );
    both(&["demo", "--seed"], 2, "需要一个值", "a value is required");
    both(
        &["demo", "--sed", "1"],
        2,
        "没有参数 --sed",
        "unexpected argument",
    );
    let ids = [
        "operator",
        "add",
        "--email",
        "a@b.example",
        "--role",
        "king",
    ];
    both(&ids, 2, "“king”不可用", "invalid value 'king'");
    let done = run(["--lang", "fr", "prove"]);
    done.expect(2, "possible values");
}

#[test]
fn the_locale_decides_without_the_option() {
    for (locale, zh) in [
        ("zh_CN.UTF-8", true),
        ("zh_TW", true),
        ("de_DE.UTF-8", false),
        ("", false),
    ] {
        let output = yuntu().env("LC_ALL", locale).arg("fly").output().unwrap();
        assert_eq!(
            is_chinese(&String::from_utf8(output.stderr).unwrap()),
            zh,
            "{locale}"
        );
    }
}

#[test]
fn what_cannot_be_verified_ends_with_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("receipt.json");
    both(&["verify", path(&file)], 1, "没有此文件", "no such file");
    both(
        &["verify", path(folder.path())],
        1,
        "这是文件夹",
        "this is a folder",
    );
    for content in [
        &b""[..],
        b"\0\xff",
        b"{\"proof\":",
        b"{\"proof\":{}}",
        b"{}",
    ] {
        fs::write(&file, content).unwrap();
        both(&["verify", path(&file)], 1, "不成立", "does not hold");
    }
    both(
        &["verify", path(&file), "--key", "nonsense"],
        1,
        "--key 既不是",
        "--key is neither",
    );
    both(
        &["verify", path(&file), "--key", path(&file)],
        1,
        "没有公钥",
        "holds no verifier key",
    );
    both(
        &["ledger", "verify", path(folder.path())],
        1,
        "文件缺失",
        "missing",
    );
    both(
        &["ledger", "verify", path(&folder.path().join("no"))],
        1,
        "不成立",
        "does not hold",
    );
}

#[test]
fn what_is_no_statement_ends_with_one() {
    let folder = tempfile::tempdir().unwrap();
    both(
        &["statement", "check", path(&folder.path().join("no"))],
        1,
        "无法读取",
        "cannot read",
    );
    both(&["statement", "diff", path(folder.path())], 1, "", "");
}

#[test]
fn a_configuration_that_cannot_be_used_is_named_by_its_line_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let (file, data) = (folder.path().join("yuntu.toml"), path(folder.path()));
    for content in [
        "\n[database]\nurl = canary-password\n",
        "\n\n[server]\nlisten = \"canary\"",
        "\n\ncanary = 1\n",
        "\n\n[canary",
    ] {
        fs::write(&file, content).unwrap();
        both(
            &["serve", "--data", data],
            1,
            "yuntu.toml 第",
            "of yuntu.toml",
        );
        for lang in LANGS {
            let done = run(["migrate", "--data", data, "--lang", lang]);
            assert!(!done.err.contains("canary"), "{}", done.err);
        }
    }
    fs::write(&file, b"\xff\xfe").unwrap();
    both(&["serve", "--data", data], 1, "UTF-8", "UTF-8");
    for url in ["mysql://u:canary@h/x", "postgres://u:canary@127.0.0.1:1/x"] {
        fs::write(&file, format!("[database]\nurl = \"{url}\"\n")).unwrap();
        both(&["migrate", "--data", data], 1, "数据库", "database");
        let done = run(["migrate", "--data", data]);
        assert!(!done.err.contains("canary"), "{}", done.err);
    }
}

#[test]
fn keys_that_do_not_open_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let data = path(folder.path());
    install(folder.path());
    let (kek, credential) = (
        folder.path().join("keys/kek"),
        folder.path().join("keys/credential"),
    );
    let (kek_bytes, credential_bytes) = (fs::read(&kek).unwrap(), fs::read(&credential).unwrap());
    let mode = |bits| fs::set_permissions(&credential, fs::Permissions::from_mode(bits)).unwrap();
    let serve = ["serve", "--data", data];

    mode(0o644);
    both(&serve, 1, "0600", "0600");
    mode(0o600);
    fs::write(&credential, [1; 32]).unwrap();
    both(&serve, 1, "请提供正确的", "does not open");
    fs::remove_file(&credential).unwrap();
    both(&serve, 1, "恢复 keys/credential", "restore keys/credential");
    fs::write(&credential, &credential_bytes).unwrap();
    mode(0o600);
    let (changed, half) = (kek_bytes.len() / 2, &kek_bytes[..40]);
    let mut flipped = kek_bytes.clone();
    flipped[changed] ^= 1;
    for bad in [flipped.as_slice(), half, b""] {
        fs::write(&kek, bad).unwrap();
        both(&serve, 1, "密钥", "key");
    }
    fs::remove_file(&kek).unwrap();
    both(&serve, 1, "恢复 keys/kek", "restore keys/kek");
    fs::write(&kek, &kek_bytes).unwrap();
    fs::set_permissions(&kek, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(folder.path().join("keys/ledger"), b"xx").unwrap();
    both(&serve, 1, "截断或改动", "cut short");
}

#[test]
fn a_mistyped_folder_does_not_become_an_installation() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("mistyped");
    let arguments = ["operator", "duties", "--data", path(&data)];
    both(&arguments, 1, "没有安装", "no installation");
    assert!(!data.exists());
    install(&data);
    run(arguments).expect(0, "");
}

#[test]
fn a_folder_or_address_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    both(
        &["migrate", "--data", path(&file)],
        1,
        "不是文件夹",
        "no folder",
    );
    both(
        &["demo", "--generated", "--out", path(folder.path())],
        1,
        "不是空的",
        "not empty",
    );
    let busy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, data) = (
        busy.local_addr().unwrap().to_string(),
        folder.path().join("data"),
    );
    let serve = ["serve", "--data", path(&data), "--listen", &address];
    both(
        &serve,
        1,
        "已被另一程序占用",
        "another program uses the address",
    );
}
