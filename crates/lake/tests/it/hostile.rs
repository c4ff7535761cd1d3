use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringArray};
use yuntu_lake::{
    ColumnRole, ColumnType, Encoding, IdentifierKind, LakeError, Look, Mapping, MappingFault,
    RowFault, SourceFault, SourceFormat,
};
use yuntu_terms::{ColumnClass, SeededEntropy};

use crate::formats::parquet;
use crate::support::{World, column, csv, dataset, enterprise, id, identifier, import, purchases};

fn members() -> Mapping {
    csv(vec![
        identifier("member", IdentifierKind::MemberId),
        column("note", ColumnRole::Attribute, ColumnType::Text),
    ])
}

fn from_parquet() -> Mapping {
    Mapping {
        source: SourceFormat::Parquet,
        ..members()
    }
}

fn member_parquet(rows: usize) -> Vec<u8> {
    let members: ArrayRef = Arc::new(Int64Array::from_iter_values(
        0..i64::try_from(rows).unwrap(),
    ));
    let notes: ArrayRef = Arc::new(StringArray::from_iter_values(
        (0..rows).map(|row| format!("note {row}")),
    ));
    parquet(vec![("member", members), ("note", notes)])
}

async fn fault(mapping: &Mapping, bytes: impl AsRef<[u8]>) -> SourceFault {
    let world = World::new().await;
    match world.import(mapping, bytes).await {
        Err(LakeError::Source(fault)) => {
            assert!(
                world
                    .lake
                    .snapshot(enterprise(), dataset())
                    .await
                    .unwrap()
                    .is_none()
            );
            fault
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_cell_of_ten_megabytes_goes_to_quarantine_and_the_rest_goes_on() {
    let world = World::new().await;
    let huge = "x".repeat(10 << 20);
    let large = "y".repeat((1 << 20) + 1);
    let fits = "z".repeat(1 << 20);
    let text = format!("member,note\na,{huge}\nb,{large}\nc,{fits}\nd,ok\n");
    let report = world.import(&members(), text).await.unwrap();
    assert_eq!((report.rows, report.quarantined), (2, 2));
    let rows = world
        .lake
        .quarantine(enterprise(), dataset(), report.import)
        .await
        .unwrap();
    let reasons: Vec<_> = rows.iter().map(|row| (row.line, row.reason)).collect();
    assert_eq!(
        reasons,
        [(2, RowFault::RowTooLong), (3, RowFault::CellTooLong)]
    );

    let world = World::new().await;
    let mapping = Mapping {
        source: SourceFormat::Ndjson,
        ..members()
    };
    let text = format!("{{\"member\":1,\"note\":\"{huge}\"}}\n{{\"member\":2}}\n");
    let report = world.import(&mapping, text).await.unwrap();
    assert_eq!((report.rows, report.quarantined), (1, 1));

    let world = World::new().await;
    let file = parquet(vec![
        ("member", Arc::new(Int64Array::from(vec![1, 2]))),
        (
            "note",
            Arc::new(StringArray::from(vec![huge.as_str(), "ok"])),
        ),
    ]);
    let report = world.import(&from_parquet(), file).await.unwrap();
    assert_eq!((report.rows, report.quarantined), (1, 1));
}

#[tokio::test]
async fn a_source_that_is_something_else_is_refused() {
    assert!(matches!(fault(&members(), "").await, SourceFault::Empty));
    assert!(matches!(
        fault(&from_parquet(), "").await,
        SourceFault::Empty
    ));
    assert!(matches!(
        fault(&from_parquet(), "member,note\n").await,
        SourceFault::Format(_)
    ));
    assert!(matches!(
        fault(&members(), b"mem\0ber,note\n").await,
        SourceFault::Format(_)
    ));
    assert!(matches!(
        fault(&members(), b"mem\xffber,note\n").await,
        SourceFault::Encoding
    ));
    let wide = "c,".repeat(5_000) + "\n";
    assert!(matches!(
        fault(&members(), wide).await,
        SourceFault::TooManyColumns
    ));
    let mut encoded = members();
    encoded.source = SourceFormat::Csv {
        delimiter: b'|',
        header: true,
        encoding: Encoding::Gb18030,
    };
    assert!(matches!(
        fault(&encoded, "member|note\n").await,
        SourceFault::EncodingOfFormat
    ));
}

#[tokio::test]
async fn a_file_of_another_kind_is_named() {
    let utf16: Vec<u8> = "member,note\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let marked = [b"\xff\xfe", utf16.as_slice()].concat();
    let cases: [(&[u8], Look); 9] = [
        (&member_parquet(3), Look::Parquet),
        (b"PK\x03\x04rest", Look::Workbook),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Look::OldWorkbook),
        (b"\x1f\x8b\x08rest", Look::Packed),
        (&marked, Look::Utf16),
        (&utf16, Look::Utf16),
        (b"%PDF-1.7\n", Look::Document),
        (b"\x89PNG\r\n\x1a\n", Look::Document),
        (b"<HTML><body>", Look::Document),
    ];
    let ndjson = Mapping {
        source: SourceFormat::Ndjson,
        ..members()
    };
    for (bytes, look) in cases {
        for mapping in [&members(), &ndjson] {
            let fault = fault(mapping, bytes).await;
            let right = matches!(fault, SourceFault::OtherFile { found, .. } if found == look);
            assert!(right, "{fault:?}");
        }
    }
    let fault = fault(&from_parquet(), b"PK\x03\x04 a workbook").await;
    assert!(matches!(
        fault,
        SourceFault::OtherFile {
            found: Look::Workbook,
            ..
        }
    ));
}

#[tokio::test]
async fn a_value_in_the_place_of_a_header_is_not_repeated() {
    for text in [
        "13800138000,Anna\n13900139000,Bert\n",
        "%\n",
        "member;note\n1;2\n",
    ] {
        let fault = fault(&members(), text).await;
        assert!(matches!(fault, SourceFault::NoHeader), "{fault:?}");
    }
    let fault = fault(&members(), "member,13800138000\n1,2\n").await;
    assert!(!format!("{fault} {fault:?}").contains("13800138000"));
}

#[tokio::test]
async fn a_header_that_differs_from_the_mapping_is_refused() {
    let missing = fault(&members(), "member\n1\n").await;
    assert!(matches!(missing, SourceFault::MissingColumn(name) if name == "note"));
    let unknown = fault(&members(), "member,note,extra\n1,2,3\n").await;
    assert!(matches!(unknown, SourceFault::UnknownColumn(3)));
    let twice = fault(&members(), "member,note,note\n1,2,3\n").await;
    assert!(matches!(twice, SourceFault::UnknownColumn(3)));
    let extra = parquet(vec![("member", Arc::new(Int64Array::from(vec![1])))]);
    assert!(matches!(
        fault(&from_parquet(), extra).await,
        SourceFault::MissingColumn(_)
    ));
}

#[tokio::test]
async fn a_mapping_that_does_not_hold_together_is_refused() {
    let world = World::new().await;
    let refused = async |mapping: Mapping| match world.import(&mapping, "member,note\n").await {
        Err(LakeError::Mapping(fault)) => fault,
        other => panic!("{other:?}"),
    };
    let mut mapping = members();
    mapping.columns[1].class = ColumnClass::Identifier;
    assert_eq!(
        refused(mapping).await,
        MappingFault::IdentifierKept("note".to_owned())
    );
    let mut mapping = members();
    mapping.columns[1].name = "subject".to_owned();
    assert_eq!(
        refused(mapping).await,
        MappingFault::Name("note".to_owned())
    );
    let mut mapping = members();
    mapping.columns[0].role = ColumnRole::Ignored;
    assert_eq!(refused(mapping).await, MappingFault::NoIdentifier);
    let mut mapping = members();
    mapping.columns[1].role = ColumnRole::EventTime;
    assert_eq!(
        refused(mapping).await,
        MappingFault::Type("note".to_owned())
    );
    // A flag of which nothing says what it speaks of would let a "no" go unheard.
    let mut mapping = members();
    mapping.columns[1].role = ColumnRole::ConsentFlag;
    mapping.columns[1].column_type = ColumnType::Bool;
    assert_eq!(
        refused(mapping).await,
        MappingFault::MeaningMissing("note".to_owned())
    );
    let mut mapping = purchases();
    mapping.time_zone = "Mars/Base".to_owned();
    assert_eq!(refused(mapping).await, MappingFault::TimeZone);
    for delimiter in *b"\n\r\"a7\0\x80" {
        let mut mapping = members();
        mapping.source = SourceFormat::Csv {
            delimiter,
            header: true,
            encoding: Encoding::Utf8,
        };
        assert_eq!(refused(mapping).await, MappingFault::Delimiter);
    }
}

#[tokio::test]
async fn a_parquet_bomb_is_refused_before_it_unpacks() {
    // The footer claims more than the file can hold.
    let mut file = member_parquet(100);
    let at = file.len() - 8;
    file[at..at + 4].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
    assert!(matches!(
        fault(&from_parquet(), file).await,
        SourceFault::Parquet(_)
    ));
    // One value of 100 MiB packs to a few kilobytes.
    let bomb = "0".repeat(100 << 20);
    let properties = ::parquet::file::properties::WriterProperties::builder()
        .set_compression(::parquet::basic::Compression::ZSTD(
            ::parquet::basic::ZstdLevel::default(),
        ))
        .set_dictionary_enabled(false)
        .set_statistics_enabled(::parquet::file::properties::EnabledStatistics::None)
        .build();
    let batch = arrow::array::RecordBatch::try_from_iter(vec![
        ("member", Arc::new(Int64Array::from(vec![1])) as ArrayRef),
        (
            "note",
            Arc::new(StringArray::from(vec![bomb.as_str()])) as ArrayRef,
        ),
    ])
    .unwrap();
    let mut writer =
        ::parquet::arrow::ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties))
            .unwrap();
    writer.write(&batch).unwrap();
    let file = writer.into_inner().unwrap();
    assert!(file.len() < 1 << 20);
    assert!(matches!(
        fault(&from_parquet(), file).await,
        SourceFault::Bomb(_)
    ));
}

#[tokio::test]
async fn a_damaged_parquet_file_gives_an_error_and_never_a_panic() {
    let world = World::new().await;
    let whole = member_parquet(300);
    let random = SeededEntropy::new(11);
    let mut refused = 0;
    for round in 0..250_u64 {
        let mut file = whole.clone();
        if round % 5 == 0 {
            file.truncate(usize::try_from(random.next_u64()).unwrap() % file.len());
        } else {
            for _ in 0..=round % 3 {
                let bit = usize::try_from(random.next_u64()).unwrap() % (file.len() * 8);
                file[bit / 8] ^= 1 << (bit % 8);
            }
        }
        match import(&world.lake, id(1_000 + round), &from_parquet(), file).await {
            // A flipped bit in a value is another value: nothing in a plain file can tell.
            Ok(report) => assert!(report.rows + report.quarantined <= 300),
            Err(LakeError::Source(_)) => refused += 1,
            Err(other) => panic!("round {round}: {other:?}"),
        }
    }
    assert!(refused > 50, "{refused}");
}

#[tokio::test]
async fn an_encrypted_parquet_file_is_named_as_such() {
    let mut file = member_parquet(3);
    let end = file.len() - 4;
    file[end..].copy_from_slice(b"PARE");
    assert!(matches!(
        fault(&from_parquet(), file).await,
        SourceFault::Parquet("it is encrypted")
    ));
}

#[tokio::test]
async fn random_bytes_give_an_error_or_quarantine_and_never_a_panic() {
    let world = World::new().await;
    let random = SeededEntropy::new(12);
    for round in 0..60_u64 {
        let len = usize::try_from(random.next_u64() % 4_000).unwrap();
        let mut bytes = b"member,note\n".to_vec();
        bytes.extend((0..len).map(|_| random.next_u64().to_le_bytes()[0]));
        let mut mapping = members();
        if round % 2 == 1 {
            mapping.source = SourceFormat::Ndjson;
        }
        import(&world.lake, id(5_000 + round), &mapping, bytes)
            .await
            .unwrap();
    }
}
