//! Another implementation of the identifiers, from a registry: it is installed once into the folder of the tests'
//! temporary files and is part of no product.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const PACKAGES: [&str; 2] = ["python-stdnum==2.2", "phonenumbers==9.0.43"];
const PROGRAM: &str = include_str!("peer.py");

/// Sends the lines to the peer and returns its answers, one for each line.
pub(crate) fn ask(lines: &[String]) -> Vec<String> {
    let mut peer = Command::new("python3")
        .args(["-c", PROGRAM])
        .env("PYTHONPATH", packages())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is needed: ./x setup installs it");
    let mut input = peer.stdin.take().unwrap();
    let text = lines.join("\n") + "\n";
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = peer.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(
        output.status.success(),
        "the peer ended with {}",
        output.status
    );
    let answers: Vec<_> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    assert_eq!(answers.len(), lines.len());
    answers
}

/// Returns the folder with the packages, which the first run fills.
fn packages() -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let folder = home.join(PACKAGES.join("+").replace("==", "-"));
    if folder.exists() {
        return folder;
    }
    // Filled under another name, so that a run that was cut short leaves nothing half done.
    let filling = tempfile::tempdir_in(home).unwrap();
    let pip = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--target",
    ];
    let status = Command::new("python3")
        .args(pip)
        .arg(filling.path())
        .args(PACKAGES)
        .stderr(Stdio::null())
        .status()
        .expect("python3 with pip is needed: ./x setup installs it");
    assert!(status.success(), "pip could not install {PACKAGES:?}");
    match fs::rename(filling.path(), &folder) {
        Ok(()) => {}
        // Another test was first.
        Err(error) => assert_eq!(error.kind(), ErrorKind::DirectoryNotEmpty),
    }
    folder
}
