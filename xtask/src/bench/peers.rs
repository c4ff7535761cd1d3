use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::dataset::Dataset;
use super::worker::Worker;

/// A peer as a Python package and the program that drives it.
struct Peer {
    name: &'static str,
    /// Nothing for what comes with Python.
    package: Option<&'static str>,
    program: &'static str,
}

const PEERS: &[Peer] = &[
    Peer {
        name: "duckdb",
        package: Some("duckdb==2.0.0"),
        program: include_str!("peers/duckdb_peer.py"),
    },
    Peer {
        name: "sqlite",
        package: None,
        program: include_str!("peers/sqlite_peer.py"),
    },
    Peer {
        name: "chdb",
        package: Some("chdb==4.4.0"),
        program: include_str!("peers/chdb_peer.py"),
    },
];

/// Installs and starts every peer; one that cannot be had is named with the reason.
pub(super) fn all(folder: &Path, dataset: &Dataset) -> Result<Vec<Result<Worker, String>>> {
    let home = folder.join("peers");
    fs::create_dir_all(&home)?;
    let mut found = Vec::new();
    for peer in PEERS {
        let program = home.join(format!("{}_peer.py", peer.name));
        fs::write(&program, peer.program)?;
        let work = folder.join(format!("peer-{}", peer.name));
        fs::create_dir_all(&work)?;
        found.push(start(peer, &home, &program, dataset, &work));
    }
    Ok(found)
}

fn start(
    peer: &Peer,
    home: &Path,
    program: &Path,
    dataset: &Dataset,
    work: &Path,
) -> Result<Worker, String> {
    let python = environment(home)?;
    install(peer, &python)?;
    let mut command = Command::new(python);
    command
        .arg(program)
        .arg(dataset.events())
        .arg(dataset.consent())
        .arg(work);
    Worker::start(peer.name, command).map_err(|error| format!("{}: {error:#}", peer.name))
}

/// Makes a Python environment of its own, once.
fn environment(home: &Path) -> Result<PathBuf, String> {
    let python = home.join("venv").join("bin").join("python");
    if !python.exists() {
        let mut command = Command::new("python3");
        command.args(["-m", "venv"]).arg(home.join("venv"));
        quietly(&mut command)
            .map_err(|_output| "python3 with its venv module, for the peers".to_owned())?;
    }
    Ok(python)
}

fn install(peer: &Peer, python: &Path) -> Result<(), String> {
    let Some(package) = peer.package else {
        return Ok(());
    };
    let module = format!("import {}", peer.name);
    if quietly(Command::new(python).args(["-c", &module])).is_ok() {
        return Ok(());
    }
    let arguments = ["-m", "pip", "install", "--quiet", "--only-binary", ":all:"];
    quietly(Command::new(python).args(arguments).arg(package))
        .map_err(|_output| format!("{}: the package does not install here", peer.name))
}

fn quietly(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}
