use std::fmt::Write as _;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Decimal128Array, Float64Array, Int32Array, RecordBatch, StringArray,
    TimestampNanosecondArray,
};
use parquet::arrow::ArrowWriter;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use yuntu_lake::{
    ColumnMapping, ColumnRole, ColumnType, DatasetKind, Encoding, IdentifierKind, ImportOutcome,
    Mapping, SourceFormat, TimeFormat,
};
use yuntu_terms::{ColumnClass, DatasetId};

use crate::support::{
    World, column, csv, id, identifier, import, purchases, purchases_csv, rows, subjects_of, texts,
};

fn attribute(name: &str, column_type: ColumnType) -> ColumnMapping {
    column(name, ColumnRole::Attribute, column_type)
}

fn everything() -> Vec<ColumnMapping> {
    vec![
        identifier("phone", IdentifierKind::Phone),
        attribute("city", ColumnType::Text),
        attribute("age", ColumnType::Int),
        attribute("score", ColumnType::Float),
        attribute(
            "paid",
            ColumnType::Decimal {
                precision: 12,
                scale: 2,
            },
        ),
        attribute("vip", ColumnType::Bool),
        attribute("seen", ColumnType::Timestamp),
        attribute("born", ColumnType::Date),
    ]
}

const ROWS: &[[Option<&str>; 7]] = &[
    [
        Some("杭州"),
        Some("31"),
        Some("0.5"),
        Some("12.50"),
        Some("true"),
        Some("2026-01-02T03:04:05Z"),
        Some("1995-02-28"),
    ],
    [None, None, None, None, None, None, None],
    [
        Some("a \"quoted\", b"),
        Some("-7"),
        Some("-1000000.0"),
        Some("-0.01"),
        Some("false"),
        Some("2026-01-02T03:04:05.250Z"),
        Some("2000-02-29"),
    ],
];

fn wanted() -> Vec<Vec<Option<String>>> {
    let mut rows: Vec<Vec<_>> = ROWS
        .iter()
        .map(|row| row.iter().map(|cell| cell.map(str::to_owned)).collect())
        .collect();
    rows.sort();
    rows
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

fn as_csv(delimiter: char) -> String {
    let names = [
        "phone", "city", "age", "score", "paid", "vip", "seen", "born",
    ];
    let mut text = names.join(&delimiter.to_string()) + "\r\n";
    for (index, row) in ROWS.iter().enumerate() {
        write!(text, "1380000000{index}").unwrap();
        for cell in row {
            write!(text, "{delimiter}{}", cell.map(quoted).unwrap_or_default()).unwrap();
        }
        text += "\r\n";
    }
    text
}

#[tokio::test]
async fn a_csv_comes_back_as_it_went_in() {
    for (delimiter, encoding) in [
        (',', Encoding::Utf8),
        (';', Encoding::Utf8),
        ('\t', Encoding::Gb18030),
    ] {
        let world = World::new().await;
        let mut mapping = csv(everything());
        let delimiter_byte = u8::try_from(delimiter).unwrap();
        mapping.source = SourceFormat::Csv {
            delimiter: delimiter_byte,
            header: true,
            encoding,
        };
        let text = as_csv(delimiter);
        let bytes = match encoding {
            Encoding::Utf8 => format!("\u{feff}{text}").into_bytes(),
            Encoding::Gb18030 => encoding_rs::GB18030.encode(&text).0.into_owned(),
        };
        let report = world.import(&mapping, bytes).await.unwrap();
        assert_eq!((report.rows, report.quarantined), (3, 0));
        assert_eq!(texts(&world.rows().await, 1), wanted());
    }
}

#[tokio::test]
async fn a_csv_without_header_is_read_by_position() {
    let world = World::new().await;
    let mut mapping = csv(vec![
        identifier("column_1", IdentifierKind::MemberId),
        ColumnMapping {
            name: "age".to_owned(),
            ..attribute("column_2", ColumnType::Int)
        },
    ]);
    mapping.source = SourceFormat::Csv {
        delimiter: b'|',
        header: false,
        encoding: Encoding::Utf8,
    };
    let report = world.import(&mapping, "a|1\nb|2\n").await.unwrap();
    assert_eq!(report.rows, 2);
    assert_eq!(world.rows().await.schema().field(1).name(), "age");
}

#[tokio::test]
async fn json_lines_come_back_as_they_went_in() {
    let world = World::new().await;
    let mapping = Mapping {
        source: SourceFormat::Ndjson,
        ..csv(everything())
    };
    let text = concat!(
        "\u{feff}{\"phone\":\"+86 13800000000\",\"city\":\"杭州\",\"age\":31,\"score\":0.5,\"paid\":12.50,",
        "\"vip\":true,\"seen\":\"2026-01-02T03:04:05Z\",\"born\":\"1995-02-28\"}\r\n",
        "\n",
        "{\"phone\":\"13800000001\",\"city\":null}\n",
        "{\"born\":\"2000-02-29\",\"vip\":false,\"phone\":\"13800000002\",\"city\":\"a \\\"quoted\\\", b\",",
        "\"age\":-7,\"score\":-1e6,\"paid\":\"-0.01\",\"seen\":\"2026-01-02 03:04:05.25\"}",
    );
    let report = world.import(&mapping, text).await.unwrap();
    assert_eq!((report.rows, report.quarantined), (3, 0));
    assert_eq!(texts(&world.rows().await, 1), wanted());
}

pub(crate) fn parquet(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

#[tokio::test]
async fn a_parquet_file_comes_back_as_it_went_in() {
    let world = World::new().await;
    let mapping = Mapping {
        source: SourceFormat::Parquet,
        time_zone: "Asia/Shanghai".to_owned(),
        ..csv(vec![
            attribute("vip", ColumnType::Bool),
            identifier("household", IdentifierKind::MemberId),
            attribute("city", ColumnType::Text),
            attribute("age", ColumnType::Int),
            attribute("score", ColumnType::Float),
            attribute(
                "paid",
                ColumnType::Decimal {
                    precision: 12,
                    scale: 2,
                },
            ),
            attribute("seen", ColumnType::Timestamp),
            attribute("born", ColumnType::Date),
        ])
    };
    let days: ArrayRef = Arc::new(arrow::array::Date32Array::from(vec![Some(9_189), None]));
    let file = parquet(vec![
        (
            "city",
            Arc::new(StringArray::from(vec![Some("杭州"), None])),
        ),
        ("vip", Arc::new(BooleanArray::from(vec![Some(true), None]))),
        ("household", Arc::new(Int32Array::from(vec![1, 2_500]))),
        (
            "age",
            Arc::new(Float64Array::from(vec![Some(31.0), Some(f64::NAN)])),
        ),
        ("score", Arc::new(Float64Array::from(vec![Some(0.5), None]))),
        (
            "paid",
            Arc::new(
                Decimal128Array::from(vec![Some(1_250), None])
                    .with_precision_and_scale(10, 2)
                    .unwrap(),
            ),
        ),
        (
            "seen",
            Arc::new(TimestampNanosecondArray::from(vec![
                Some(1_767_351_845_000_000_000),
                None,
            ])),
        ),
        ("born", days),
    ]);
    let report = world.import(&mapping, file).await.unwrap();
    assert_eq!((report.rows, report.quarantined), (2, 0));
    let found = texts(&world.rows().await, 1);
    // 11:04:05 on a clock in Shanghai.
    let mut first: Vec<_> = [
        "true",
        "杭州",
        "31",
        "0.5",
        "12.50",
        "2026-01-02T03:04:05Z",
        "1995-02-28",
    ]
    .map(|text| Some(text.to_owned()))
    .to_vec();
    assert_eq!(found, [vec![None; 7], std::mem::take(&mut first)]);
}

#[tokio::test]
async fn a_lookup_dataset_has_no_subjects() {
    let world = World::new().await;
    let mut name = attribute("name", ColumnType::Text);
    name.class = ColumnClass::NonPersonal;
    let mapping = Mapping {
        kind: DatasetKind::Lookup,
        ..csv(vec![name])
    };
    world.import(&mapping, "name\nz\na\n").await.unwrap();
    let rows = world.rows().await;
    assert_eq!(rows.num_columns(), 1);
    assert_eq!(
        texts(&rows, 0),
        [vec![Some("a".to_owned())], vec![Some("z".to_owned())]]
    );
}

#[tokio::test]
async fn parts_are_sorted_by_subject_and_time_and_row_groups_end_with_a_subject() {
    let world = World::with(|config| yuntu_lake::LakeConfig {
        row_group_rows: 100,
        ..config
    })
    .await;
    world
        .import(&purchases(), purchases_csv(3_000, 150))
        .await
        .unwrap();
    let snapshot = world
        .lake
        .snapshot(crate::support::enterprise(), crate::support::dataset());
    let snapshot = snapshot.await.unwrap().unwrap();
    let [part] = snapshot.parts.as_slice() else {
        panic!("one part")
    };
    assert!(part.row_groups.len() > 20);
    assert_eq!(
        part.row_groups.iter().map(|group| group.rows).sum::<u64>(),
        3_000
    );
    assert!(
        part.row_groups
            .windows(2)
            .all(|w| w[0].subjects.end <= w[1].subjects.start)
    );
    let rows = world.rows().await;
    let times = texts(&rows.project(&[1]).unwrap(), 0);
    assert_eq!(times.len(), 3_000);
    let subjects = subjects_of(&rows);
    assert!(subjects.is_sorted());
    assert_eq!(part.subjects, 0..150);
}

#[tokio::test]
async fn two_datasets_of_an_enterprise_know_a_person_by_one_number() {
    let world = World::new().await;
    let other: DatasetId = id(3);
    world
        .import(
            &purchases(),
            "member,at,product,amount\nb,2026-01-01,x,1\na,2026-01-01,x,1\n",
        )
        .await
        .unwrap();
    let people = csv(vec![
        identifier("member", IdentifierKind::MemberId),
        attribute("age", ColumnType::Int),
    ]);
    let report = import(&world.lake, other, &people, "member,age\na,30\nc,40\n")
        .await
        .unwrap();
    assert_eq!(report.outcome, ImportOutcome::Imported);
    assert_eq!(subjects_of(&rows(&world.lake, other).await), [1, 2]);
}

/// A CSV with what makes CSV hard, and the rows a naive reading finds in it.
fn tables() -> impl Strategy<Value = Vec<(u32, String, i64)>> {
    let text = "[a-z,\"\r\n 中\u{e9}]{0,12}";
    prop::collection::vec((0_u32..40, text, any::<i64>()), 0..60)
}

#[test]
fn any_table_comes_back_row_by_row_whatever_the_chunks() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = runtime.block_on(World::new());
    let mut runner = TestRunner::new(ProptestConfig::with_cases(48));
    let seed = std::cell::Cell::new(100_u64);
    runner
        .run(&(tables(), 1_usize..20), |(table, chunk_rows)| {
            seed.set(seed.get() + 1);
            let dataset: DatasetId = id(seed.get());
            let mut text = "member,note,number\n".to_owned();
            for (member, note, number) in &table {
                writeln!(text, "m{member},{},{number}", quoted(note)).unwrap();
            }
            let mapping = csv(vec![
                identifier("member", IdentifierKind::MemberId),
                attribute("note", ColumnType::Text),
                attribute("number", ColumnType::Int),
            ]);
            let found = runtime.block_on(async {
                let lake = world
                    .reopened(|config| yuntu_lake::LakeConfig {
                        chunk_rows,
                        ..config
                    })
                    .await;
                let report = import(&lake, dataset, &mapping, &text).await.unwrap();
                assert_eq!(report.quarantined, 0);
                texts(&rows(&lake, dataset).await, 1)
            });
            let mut wanted: Vec<_> = table
                .iter()
                .map(|(_, note, number)| {
                    let note = Some(note.clone()).filter(|note| !note.is_empty());
                    vec![note, Some(number.to_string())]
                })
                .collect();
            wanted.sort();
            prop_assert_eq!(found, wanted);
            Ok(())
        })
        .unwrap();
}

#[tokio::test]
async fn local_time_becomes_a_moment() {
    let world = World::new().await;
    let mut mapping = purchases();
    mapping.time_zone = "America/New_York".to_owned();
    if let Some(column) = mapping.columns.get_mut(1) {
        column.time_format = TimeFormat::Pattern("%m/%d/%Y %H:%M".to_owned());
    }
    world
        .import(
            &mapping,
            "member,at,product,amount\na,07/01/2017 06:53,x,1\n",
        )
        .await
        .unwrap();
    let found = texts(&world.rows().await, 1);
    assert_eq!(found[0][0].as_deref(), Some("2017-07-01T10:53:00Z"));
}
