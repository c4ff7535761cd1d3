use yuntu_lake::{
    ColumnRole, ColumnType, IdentifierKind, Mapping, QuarantinedRow, RowFault, SourceFormat,
};

use crate::support::{World, column, csv, dataset, enterprise, identifier, purchases};

async fn quarantined(
    world: &World,
    mapping: &Mapping,
    text: impl AsRef<[u8]>,
) -> Vec<QuarantinedRow> {
    let report = world.import(mapping, text).await.unwrap();
    let rows = world
        .lake
        .quarantine(enterprise(), dataset(), report.import)
        .await
        .unwrap();
    assert_eq!(u64::try_from(rows.len()), Ok(report.quarantined));
    rows
}

fn brief(rows: &[QuarantinedRow]) -> Vec<(u64, Option<&str>, RowFault)> {
    rows.iter()
        .map(|row| (row.line, row.column.as_deref(), row.reason))
        .collect()
}

#[tokio::test]
async fn bad_rows_are_named_by_line_column_and_reason_and_the_rest_goes_on() {
    let world = World::new().await;
    let mut text = b"member,at,product,amount\n".to_vec();
    text.extend_from_slice(b"a,2026-01-01,x,1\n");
    text.extend_from_slice(b"b,2026-01-01,x,one\n");
    text.extend_from_slice(b"c,2026-99-01,x,1\n");
    text.extend_from_slice(b"d,2026-01-01,\"two\nlines\",1\n");
    text.extend_from_slice(b"e,2026-01-01,x\n");
    text.extend_from_slice(b",2026-01-01,x,1\n");
    text.extend_from_slice(b"f,,x,1\n");
    text.extend_from_slice(b"g,2026-01-01,\xff\xfe,1\n");
    text.extend_from_slice(b"h,2026-01-01,nul\0nul,1\n");
    text.extend_from_slice(b"i,2026-01-01,x,1,1\n");
    text.extend_from_slice(b"j,2026-01-01,x,9223372036854775808\n");
    text.extend_from_slice(b"k,2026-01-01,last,2");
    let rows = quarantined(&world, &purchases(), text).await;
    assert_eq!(
        brief(&rows),
        [
            (3, Some("amount"), RowFault::NotAnInteger),
            (4, Some("at"), RowFault::NotATimestamp),
            (7, None, RowFault::FieldCount),
            (8, None, RowFault::NoIdentifier),
            (9, None, RowFault::NoEventTime),
            (10, Some("product"), RowFault::Encoding),
            (11, Some("product"), RowFault::NulByte),
            (12, None, RowFault::FieldCount),
            (13, Some("amount"), RowFault::NotAnInteger),
        ]
    );
    assert_eq!(world.rows().await.num_rows(), 3);
}

#[tokio::test]
async fn lines_are_counted_right_whatever_ends_them() {
    let world = World::new().await;
    let text = "member,at,product,amount\r\n\r\na,2026-01-01,x,1\r\nb,2026-01-01,x,?\r\n\n\nc,2026-01-01,\"q\r\nq\",1\nd,x,y,1";
    let rows = quarantined(&world, &purchases(), text).await;
    assert_eq!(
        brief(&rows),
        [
            (4, Some("amount"), RowFault::NotAnInteger),
            (9, Some("at"), RowFault::NotATimestamp)
        ]
    );
}

#[tokio::test]
async fn bad_json_lines_are_named_too() {
    let world = World::new().await;
    let mapping = Mapping {
        source: SourceFormat::Ndjson,
        ..purchases()
    };
    let text = concat!(
        "{\"member\":1,\"at\":\"2026-01-01\",\"amount\":1}\n",
        "not json\n",
        "{\"member\":2,\"at\":\"2026-01-01\",\"surprise\":1}\n",
        "{\"member\":3,\"at\":\"2026-01-01\",\"product\":[1]}\n",
        "{\"member\":4,\"at\":\"2026-01-01\",\"member\":5}\n",
        "{\"member\":6,\"at\":true}\n",
        "{\"member\":7,\"at\":\"2026-01-01\",\"product\":\"a\\u0000b\"}\n",
        "{\"member\":8,\"at\":\"2026-01-01\",\"amount\":1.5}\n",
    );
    let rows = quarantined(&world, &mapping, text).await;
    assert_eq!(
        brief(&rows),
        [
            (2, None, RowFault::NotAnObject),
            (3, None, RowFault::UnknownField),
            (4, Some("product"), RowFault::NestedValue),
            (5, None, RowFault::DuplicateField),
            (6, Some("at"), RowFault::WrongType),
            (7, Some("product"), RowFault::NulByte),
            (8, Some("amount"), RowFault::NotAnInteger),
        ]
    );
    assert_eq!(world.rows().await.num_rows(), 1);
}

#[tokio::test]
async fn the_quarantine_file_holds_no_value() {
    let world = World::new().await;
    let mapping = csv(vec![
        identifier("phone", IdentifierKind::Phone),
        column("age", ColumnRole::Attribute, ColumnType::Int),
    ]);
    let text = "phone,age\ncanary-phone,1\n13800000000,canary-age\n";
    let rows = quarantined(&world, &mapping, text).await;
    assert_eq!(
        brief(&rows),
        [
            (2, Some("phone"), RowFault::NotAPhone),
            (3, Some("age"), RowFault::NotAnInteger)
        ]
    );
    let found = crate::secrecy::files_with(world.dir.path(), &["canary-phone", "canary-age"]);
    assert_eq!(found, Vec::<std::path::PathBuf>::new());
}

#[tokio::test]
async fn an_open_quotation_mark_says_how_many_lines_it_swallowed() {
    let world = World::new().await;
    let mut text = "member,at,product,amount\na,2026-01-01,x,1\nb,2026-01-01,\"open,1\n".to_owned();
    let filler = "c,2026-01-01,x,1\n".repeat(600_000);
    text += &filler;
    let rows = quarantined(&world, &purchases(), &text).await;
    assert_eq!(brief(&rows), [(3, None, RowFault::RowTooLong)]);
    assert!(rows[0].lines >= 600_000);
    assert_eq!(world.rows().await.num_rows(), 1);
}
