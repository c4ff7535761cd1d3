use std::collections::BTreeMap;

use super::{Finding, Tree};

/// The page whose table says which crate may use which.
const PAGE: &str = "ARCHITECTURE.md";

/// Third-party crates that belong to some rooms only.
const ROOMS: &[(&str, &[&str])] = &[
    ("axum", &["web"]),
    ("ballista", &["cluster"]),
    ("cedar-policy", &["policy"]),
    ("cryptoki", &["vault"]),
    ("datafusion", &["engine", "cluster"]),
    ("mail-builder", &["outbound"]),
    ("reqwest", &["outbound"]),
    ("sea-orm", &["store"]),
    ("sea-orm-migration", &["store"]),
    ("smtp-proto", &["outbound"]),
    ("tower-http", &["web"]),
];

/// Holds each manifest against the table of the architecture page.
pub(super) fn between_crates(tree: &Tree) -> Vec<Finding> {
    let Some(page) = tree.other(PAGE) else {
        return vec![Finding::error(PAGE, 1, "the page is missing")];
    };
    let table = match allowed(&page.text) {
        Ok(table) => table,
        Err(problem) => return vec![Finding::error(PAGE, 1, problem)],
    };
    let mut findings = Vec::new();
    for manifest in manifests(tree) {
        let Some(may_use) = table.get(&manifest.krate) else {
            findings.push(Finding::error(
                &manifest.path,
                1,
                format!("`{}` has no row in the table of {PAGE}", manifest.krate),
            ));
            continue;
        };
        for used in &manifest.house {
            if !may_use.contains(used) {
                findings.push(Finding::error(
                    &manifest.path,
                    1,
                    format!(
                        "`{}` uses `{used}`, which {PAGE} does not allow",
                        manifest.krate
                    ),
                ));
            }
        }
    }
    findings
}

/// Finds third-party crates outside their rooms.
pub(super) fn third_party(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for manifest in manifests(tree) {
        for (name, rooms) in ROOMS {
            let used = manifest.foreign.iter().any(|foreign| foreign == name);
            if used && !rooms.contains(&manifest.krate.as_str()) {
                findings.push(Finding::error(
                    &manifest.path,
                    1,
                    format!("`{name}` belongs to {} only", rooms.join(" and ")),
                ));
            }
        }
    }
    findings
}

/// What a manifest says about one crate of the house.
#[derive(Debug)]
struct Manifest {
    path: String,
    krate: String,
    house: Vec<String>,
    foreign: Vec<String>,
}

fn manifests(tree: &Tree) -> impl Iterator<Item = Manifest> + '_ {
    tree.others()
        .iter()
        .filter(|file| file.path.ends_with("/Cargo.toml"))
        .filter_map(|file| {
            let document: toml::Table = file.text.parse().ok()?;
            let package = document.get("package")?.get("name")?.as_str()?;
            let mut house = Vec::new();
            let mut foreign = Vec::new();
            for table in ["dependencies", "build-dependencies"] {
                let listed = document.get(table).and_then(toml::Value::as_table);
                for (key, value) in listed.into_iter().flatten() {
                    let renamed = value.get("package").and_then(toml::Value::as_str);
                    let name = renamed.unwrap_or(key);
                    match name.strip_prefix("yuntu-") {
                        Some(short) => house.push(short.to_owned()),
                        None => foreign.push(name.to_owned()),
                    }
                }
            }
            Some(Manifest {
                path: file.path.clone(),
                krate: package.strip_prefix("yuntu-").unwrap_or(package).to_owned(),
                house,
                foreign,
            })
        })
}

/// Reads the column "may use"; "all above" means every crate of the rows above.
fn allowed(page: &str) -> Result<BTreeMap<String, Vec<String>>, String> {
    let mut lines = page
        .lines()
        .skip_while(|line| !line.starts_with("| crate | owns | may use |"));
    if lines.next().is_none() {
        return Err("no table with the columns crate, owns, may use".to_owned());
    }
    let mut table: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut above: Vec<String> = Vec::new();
    for line in lines.skip(1).take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let (Some(first), Some(uses)) = (cells.first(), cells.last()) else {
            continue;
        };
        let name = first.split('`').nth(1).unwrap_or(first).to_owned();
        let uses: Vec<String> = match *uses {
            "–" => Vec::new(),
            "all above" => above.clone(),
            names => names
                .split(',')
                .map(|used| used.trim().trim_matches('`').to_owned())
                .collect(),
        };
        if let Some(unknown) = uses.iter().find(|used| !above.contains(used)) {
            return Err(format!(
                "`{name}` may use `{unknown}`, which no row above it names"
            ));
        }
        above.push(name.clone());
        table.insert(name, uses);
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "| crate | owns | may use |\n|---|---|---|\n| `terms` | words | – |\n\
        | `lake` | files | terms |\n| `app` | all | all above |\n| `yuntu` (bin) | x | app, terms |\n";

    fn tree(manifest: &str) -> Tree {
        Tree::of(&[(PAGE, TABLE), ("crates/lake/Cargo.toml", manifest)])
    }

    #[test]
    fn an_edge_outside_the_table_is_found() {
        let good = "[package]\nname = \"yuntu-lake\"\n[dependencies]\nyuntu-terms.workspace = true\n\
            [dev-dependencies]\nyuntu-app.workspace = true\n";
        assert_eq!(between_crates(&tree(good)), []);
        let bad =
            "[package]\nname = \"yuntu-lake\"\n[dependencies]\nx = { package = \"yuntu-app\" }\n";
        assert_eq!(between_crates(&tree(bad)).len(), 1);
        let unlisted = "[package]\nname = \"yuntu-attic\"\n";
        assert_eq!(between_crates(&tree(unlisted)).len(), 1);
    }

    #[test]
    fn all_above_means_the_rows_above_and_an_upward_row_is_refused() {
        let table = allowed(TABLE).unwrap();
        assert_eq!(table["app"], ["terms", "lake"]);
        assert_eq!(table["yuntu"], ["app", "terms"]);
        let upward =
            "| crate | owns | may use |\n|---|---|---|\n| `a` | x | b |\n| `b` | x | – |\n";
        assert!(allowed(upward).is_err());
    }

    #[test]
    fn a_third_party_crate_outside_its_room_is_found() {
        let bad = "[package]\nname = \"yuntu-lake\"\n[dependencies]\ndatafusion = \"1\"\n";
        assert_eq!(third_party(&tree(bad)).len(), 1);
        let good = "[package]\nname = \"yuntu-engine\"\n[dependencies]\ndatafusion = \"1\"\n";
        let tree = Tree::of(&[(PAGE, TABLE), ("crates/engine/Cargo.toml", good)]);
        assert_eq!(third_party(&tree), []);
    }
}
