use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use yuntu_lake::{ColumnRole, ColumnType, IdentifierForm, IdentifierKind};

use crate::support::{World, column, csv, identifier};

/// Finds the files below a folder whose raw bytes hold one of the needles.
pub(crate) fn files_with(folder: &Path, needles: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            let holds = |needle: &&str| {
                bytes
                    .windows(needle.len())
                    .any(|window| window == needle.as_bytes())
                    || path.to_string_lossy().contains(*needle)
            };
            if needles.iter().any(holds) {
                found.push(path);
            }
        }
    }
    found
}

#[tokio::test]
async fn the_bytes_of_the_lake_hold_no_identifier_and_no_value() {
    let world = World::new().await;
    let mut phone = identifier("phone", IdentifierKind::Phone);
    phone.role = ColumnRole::Identifier {
        kind: IdentifierKind::Phone,
        form: IdentifierForm::Plain,
        keep_original: true,
    };
    let mapping = csv(vec![
        phone,
        identifier("email", IdentifierKind::Email),
        column("note", ColumnRole::Attribute, ColumnType::Text),
    ]);
    let mut text = "phone,email,note\n".to_owned();
    for row in 0..50 {
        writeln!(
            text,
            "139123456{row:02},canary{row}@canary.example,CanaryNote{row}"
        )
        .unwrap();
    }
    world.import(&mapping, &text).await.unwrap();
    assert_eq!(world.rows().await.num_rows(), 50);
    let hash = {
        use sha2::Digest as _;
        yuntu_terms::Digest::new(sha2::Sha256::digest("13912345600").into()).to_string()
    };
    let needles = ["139123456", "canary", "CanaryNote", hash.as_str()];
    assert_eq!(
        files_with(world.dir.path(), &needles),
        Vec::<PathBuf>::new()
    );
    // The same search finds what is there.
    std::fs::write(world.dir.path().join("control"), "xxCanaryNote7xx").unwrap();
    assert_eq!(files_with(world.dir.path(), &needles).len(), 1);
}
