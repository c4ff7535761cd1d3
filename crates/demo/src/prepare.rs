//! Turns the tables into the files an enterprise would bring: people as CSV, contacts as NDJSON, consent records as CSV.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use yuntu_terms::Timestamp;

use crate::error::DemoError;
use crate::people::{self, Draw, PURPOSES};
use crate::source::Tables;
use crate::table::{Cell, read};

/// The files made for the demo, and whom they are about.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) people: PathBuf,
    pub(crate) contacts: PathBuf,
    pub(crate) consents: PathBuf,
    /// Every household with a purchase, in order.
    pub(crate) households: Vec<i64>,
    /// The households that are taken to be minors.
    pub(crate) minors: Vec<i64>,
}

/// Writes the files into a folder.
pub(crate) fn prepare(tables: &Tables, folder: &Path, seed: u64) -> Result<Prepared, DemoError> {
    fs::create_dir_all(folder).map_err(|e| DemoError::file(folder, e))?;
    let mut households: Vec<_> = read(tables, "transactions", ["household_id"])?
        .into_iter()
        .filter_map(|[household]| int(&household))
        .collect();
    households.sort_unstable();
    households.dedup();
    let prepared = Prepared {
        people: folder.join("people.csv"),
        contacts: folder.join("contacts.ndjson"),
        consents: folder.join("consents.csv"),
        minors: people::minors(seed, &households),
        households,
    };
    write_people(tables, &prepared)?;
    write_contacts(tables, &prepared.contacts)?;
    write_consents(&prepared, seed)?;
    Ok(prepared)
}

fn write_people(tables: &Tables, prepared: &Prepared) -> Result<(), DemoError> {
    let columns = [
        "household_id",
        "age",
        "income",
        "home_ownership",
        "household_size",
        "kids_count",
    ];
    let known: BTreeMap<i64, [Cell; 6]> = read(tables, "demographics", columns)?
        .into_iter()
        .filter_map(|row| int(&row[0]).map(|household| (household, row)))
        .collect();
    let path = &prepared.people;
    let mut out = csv::Writer::from_path(path).map_err(|e| DemoError::file(path, e.into()))?;
    let header = [
        "member_id",
        "email",
        "age",
        "income",
        "home",
        "household_size",
        "kids",
        "under_14",
    ];
    let mut record = |fields: &[String]| {
        out.write_record(fields)
            .map_err(|e| DemoError::file(path, e.into()))
    };
    record(&header.map(str::to_owned))?;
    for household in &prepared.households {
        let attribute = |i: usize| {
            known
                .get(household)
                .and_then(|row| row.get(i))
                .map(text)
                .unwrap_or_default()
        };
        record(&[
            household.to_string(),
            people::email(*household),
            attribute(1),
            attribute(2),
            attribute(3),
            attribute(4),
            attribute(5),
            prepared.minors.binary_search(household).is_ok().to_string(),
        ])?;
    }
    out.flush().map_err(|e| DemoError::file(path, e))
}

fn write_contacts(tables: &Tables, path: &Path) -> Result<(), DemoError> {
    let described: BTreeMap<i64, (String, i64)> = read(
        tables,
        "campaign_descriptions",
        ["campaign_id", "campaign_type", "start_date"],
    )?
    .into_iter()
    .filter_map(|[campaign, kind, start]| match (campaign, start) {
        (Cell::Int(id), Cell::Time(start)) => Some((id, (text(&kind), start))),
        _ => None,
    })
    .collect();
    let file = File::create(path).map_err(|e| DemoError::file(path, e))?;
    let mut out = BufWriter::new(file);
    for [campaign, household] in read(tables, "campaigns", ["campaign_id", "household_id"])? {
        let (Some(campaign), Some(household)) = (int(&campaign), int(&household)) else {
            continue;
        };
        let Some((kind, start)) = described.get(&campaign) else {
            continue;
        };
        let line = serde_json::json!({
            "member_id": household.to_string(),
            "event": "campaign_contact",
            "campaign_id": campaign,
            "campaign_type": kind,
            "contacted_at": Timestamp::from_micros(*start).to_string(),
        });
        writeln!(out, "{line}").map_err(|e| DemoError::file(path, e))?;
    }
    out.flush().map_err(|e| DemoError::file(path, e))
}

fn write_consents(prepared: &Prepared, seed: u64) -> Result<(), DemoError> {
    let path = &prepared.consents;
    let mut out = csv::Writer::from_path(path).map_err(|e| DemoError::file(path, e.into()))?;
    let mut record = |fields: [&str; 9]| {
        out.write_record(fields)
            .map_err(|e| DemoError::file(path, e.into()))
    };
    record([
        "member_id",
        "purpose",
        "operation",
        "recipient",
        "kind",
        "status",
        "from",
        "until",
        "proof",
    ])?;
    for household in &prepared.households {
        let member = household.to_string();
        // Where an enterprise would keep the forms that its people signed.
        let proof = format!("forms of 2026, box {}", household % 100);
        let proof = proof.as_str();
        for purpose in PURPOSES {
            let kind = if purpose == "marketing.activation" {
                "separate"
            } else {
                "explicit"
            };
            let mut line = |status: &str, from: &str, until: &str| {
                record([
                    &member,
                    purpose,
                    "process",
                    "enterprise",
                    kind,
                    status,
                    from,
                    until,
                    proof,
                ])
            };
            match people::draw(seed, *household, purpose) {
                Draw::Given => line("given", people::GIVEN, "")?,
                Draw::Withdrawn => {
                    line("given", people::GIVEN, "")?;
                    line("withdrawn", people::WITHDRAWN, "")?;
                }
                Draw::RunOut => line("given", people::GIVEN, people::RUN_OUT)?,
                Draw::Refused => line("refused", people::GIVEN, "")?,
                Draw::Requested => line("requested", people::GIVEN, "")?,
                Draw::Silent => {}
            }
        }
    }
    out.flush().map_err(|e| DemoError::file(path, e))
}

pub(crate) fn int(cell: &Cell) -> Option<i64> {
    match cell {
        Cell::Int(value) => Some(*value),
        Cell::Null | Cell::Text(_) | Cell::Time(_) => None,
    }
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Text(value) => value.clone(),
        Cell::Int(value) | Cell::Time(value) => value.to_string(),
        Cell::Null => String::new(),
    }
}
