use std::fmt::Write as _;
use std::io::Cursor;

use super::*;
use crate::error::MappingFault;
use crate::mapping::{ColumnType, Encoding, IdentifierKind, SourceFormat};

fn proposal(bytes: impl Into<Vec<u8>>) -> Proposal {
    let bytes: Vec<u8> = bytes.into();
    let proposal = propose(&Source::new(Box::new(Cursor::new(bytes))).unwrap()).unwrap();
    // What a flag speaks of is for a person to say.
    let whole = proposal.mapping.check();
    let asks = matches!(
        &whole,
        Err(LakeError::Mapping(MappingFault::MeaningMissing(_)))
    );
    assert!(whole.is_ok() || asks, "{whole:?}");
    proposal
}

fn column<'a>(proposal: &'a Proposal, name: &str) -> &'a ColumnMapping {
    proposal
        .mapping
        .columns
        .iter()
        .find(|column| column.source == name)
        .unwrap()
}

fn kind_of(proposal: &Proposal, name: &str) -> Option<IdentifierKind> {
    if let ColumnRole::Identifier { kind, .. } = &column(proposal, name).role {
        Some(kind.clone())
    } else {
        None
    }
}

#[test]
fn columns_are_known_by_what_they_hold_whatever_they_are_called() {
    let _mark = clause::check!(R8);
    let proposal = proposal(concat!(
        "a;b;c;d;e;f;同意营销;g\n",
        "13912345678;li@example.cn;11010519491231002X;91110108MA9YT0010R;4111111111111111;31;是;2026-01-02 03:04\n",
        "+86 15912345678;wang@example.cn;110101199003070011;91310115MAC8XQ7R2G;4012888888881881;28;否;2026-01-03 03:04\n",
    ));
    let mapping = &proposal.mapping;
    assert_eq!(
        mapping.source,
        SourceFormat::Csv {
            delimiter: b';',
            header: true,
            encoding: Encoding::Utf8
        }
    );
    assert_eq!(mapping.kind, DatasetKind::Persons);
    assert_eq!(kind_of(&proposal, "a"), Some(IdentifierKind::Phone));
    assert_eq!(kind_of(&proposal, "b"), Some(IdentifierKind::Email));
    assert_eq!(
        kind_of(&proposal, "c"),
        Some(IdentifierKind::Other("id_number".to_owned()))
    );
    assert_eq!(column(&proposal, "d").class, ColumnClass::NonPersonal);
    assert_eq!(column(&proposal, "e").class, ColumnClass::Sensitive);
    assert_eq!(column(&proposal, "f").column_type, ColumnType::Int);
    assert_eq!(column(&proposal, "同意营销").role, ColumnRole::ConsentFlag);
    assert_eq!(column(&proposal, "g").column_type, ColumnType::Timestamp);
}

#[test]
fn numbers_of_orders_are_no_phones_and_no_cards() {
    let mut text = "member_id,order_no,serial,ref\n".to_owned();
    for row in 0..200_u64 {
        // Eleven digits that begin like a mobile; eleven that count up; sixteen of which one in ten has a right check digit.
        let (phone, card) = (
            13_900_000_000 + row * 7_919 % 99_999,
            4_111_111_111_110_000 + row * 37 % 9_999,
        );
        writeln!(text, "m{row},{phone},{},{card}", 13_000_000_000 + row).unwrap();
    }
    let proposal = proposal(text);
    assert_eq!(
        kind_of(&proposal, "member_id"),
        Some(IdentifierKind::MemberId)
    );
    assert_eq!(kind_of(&proposal, "order_no"), None);
    assert_eq!(kind_of(&proposal, "serial"), None);
    assert_ne!(column(&proposal, "ref").class, ColumnClass::Sensitive);
}

#[test]
fn text_in_gb_18030_without_header_is_read() {
    let text = "13912345678|杭州|1.5\n15912345678|广州|2\n";
    let bytes = encoding_rs::GB18030
        .encode(&text.replace('|', ","))
        .0
        .into_owned();
    let proposal = proposal(bytes);
    assert_eq!(
        proposal.mapping.source,
        SourceFormat::Csv {
            delimiter: b',',
            header: false,
            encoding: Encoding::Gb18030
        }
    );
    assert_eq!(kind_of(&proposal, "column_1"), Some(IdentifierKind::Phone));
    assert_eq!(column(&proposal, "column_3").column_type, ColumnType::Float);
}

#[test]
fn json_lines_and_lookups_are_known() {
    let proposal = proposal(
        "{\"product_id\":\"007\",\"department\":\"GROCERY\"}\n{\"product_id\":\"008\",\"brand\":\"x\"}\n",
    );
    assert_eq!(proposal.mapping.source, SourceFormat::Ndjson);
    assert_eq!(proposal.mapping.kind, DatasetKind::Lookup);
    assert_eq!(
        column(&proposal, "product_id").column_type,
        ColumnType::Text
    );
    assert!(
        proposal
            .mapping
            .columns
            .iter()
            .all(|column| column.class == ColumnClass::NonPersonal)
    );
}

#[test]
fn what_cannot_be_read_is_refused() {
    for bytes in [&b""[..], b"\xff\xfe\0", b"PK\x03\x04", b"PAR1nonsense"] {
        let source = Source::new(Box::new(Cursor::new(bytes.to_vec()))).unwrap();
        assert!(matches!(propose(&source), Err(LakeError::Source(_))));
    }
}

#[test]
fn placeholders_in_columns_that_identify_people_are_proposed_as_missing_values() {
    let found = proposal(concat!(
        "member_id,phone,e-mail,visits,note\n",
        "m1,13912345678,a@example.cn,0,x\n",
        "-,15912345678,N/A,1,/\n",
        "m3,0,无,0,null\n",
        "m4,--,b@example.cn,2,-\n",
    ));
    assert_eq!(kind_of(&found, "phone"), Some(IdentifierKind::Phone));
    assert_eq!(kind_of(&found, "e-mail"), Some(IdentifierKind::Email));
    // Those of the note stand for nobody, and a zero is a number of visits.
    assert_eq!(found.mapping.nulls, ["-", "--", "N/A", "无"]);
    let zeros = proposal("member_id,age\nm1,31\n0,28\n0,30\n");
    assert_eq!(zeros.mapping.nulls, ["0"]);
    let none = proposal("member_id,age\nm1,31\nm2,28\n");
    assert!(none.mapping.nulls.is_empty());
}

#[test]
fn a_column_that_names_people_is_never_proposed_as_harmless_however_dirty_it_is() {
    let dirty = proposal(concat!(
        "手机号,contact,联系邮箱,phone_model,email_opt_in,opt_in_email,同意电话\n",
        "13912345678,li@example.cn,pending,iPhone 15,1,1,是\n",
        "abc,13912345678,to follow,Mate 60,0,0,否\n",
        "later,call him,,Pixel 9,1,1,是\n",
    ));
    assert_eq!(dirty.mapping.kind, DatasetKind::Persons);
    assert_eq!(kind_of(&dirty, "手机号"), Some(IdentifierKind::Phone));
    for name in ["contact", "联系邮箱"] {
        assert_eq!(column(&dirty, name).role, ColumnRole::Ignored, "{name}");
        assert_eq!(
            column(&dirty, name).class,
            ColumnClass::Identifier,
            "{name}"
        );
    }
    for name in ["phone_model", "email_opt_in"] {
        assert_eq!(column(&dirty, name).class, ColumnClass::Personal, "{name}");
    }
    for name in ["email_opt_in", "opt_in_email", "同意电话"] {
        assert_eq!(column(&dirty, name).role, ColumnRole::ConsentFlag, "{name}");
    }
    let unnamed =
        proposal("contact,income,card\nli@example.cn,9000,4111111111111111\ncall him,8000,none\n");
    assert_eq!(unnamed.mapping.kind, DatasetKind::Lookup);
    assert_eq!(column(&unnamed, "income").class, ColumnClass::Personal);
    // Where nobody is named nobody agreed to anything.
    let things = proposal("sku,opt_in\nA1,yes\nA2,no\n");
    assert_eq!(column(&things, "opt_in").role, ColumnRole::Attribute);
    assert_eq!(column(&unnamed, "card").class, ColumnClass::Sensitive);
}
