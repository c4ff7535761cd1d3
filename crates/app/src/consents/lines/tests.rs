use super::*;

const HEAD: &str = "member_id,purpose,operation,recipient,kind,status,from,until,proof\n";
const GOOD: &str =
    "7,marketing.insight,process,enterprise,explicit,given,2026-01-05T00:00:00Z,,box 7\n";

fn rules() -> Rules {
    Rules {
        statement: Statement::in_force().unwrap(),
        partners: BTreeMap::new(),
        papers: BTreeMap::new(),
        now: "2026-06-01T00:00:00Z".parse().unwrap(),
    }
}

fn read_all(content: &[u8]) -> Result<Vec<Line>, AppError> {
    let (sender, mut steps) = mpsc::channel(1_000);
    read(content, &rules(), &sender)?;
    drop(sender);
    let mut lines = Vec::new();
    while let Ok(step) = steps.try_recv() {
        if let Step::Lines(more) = step {
            lines.extend(more);
        }
    }
    Ok(lines)
}

fn faults(lines: &str) -> Vec<u64> {
    match read_all(format!("{HEAD}{lines}").as_bytes()) {
        Err(AppError::ConsentLines { faults, total }) => {
            assert_eq!(u64::try_from(faults.len()), Ok(total));
            assert!(!format!("{faults:?}").contains("canary"));
            faults.iter().map(|it| it.line).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_consent_file_is_read_line_by_line() {
    let lines = read_all(format!("{HEAD}{GOOD}{GOOD}").as_bytes()).unwrap();
    let rows: Vec<u32> = lines.iter().map(|it| it.row).collect();
    assert_eq!(rows, [0, 1]);
    let marked = format!("\u{feff}{HEAD}{GOOD}");
    assert_eq!(read_all(marked.as_bytes()).unwrap().len(), 1);
}

#[test]
fn the_digest_is_that_of_the_whole_file_and_long_ones_come_by_the_stretch() {
    let file = format!("{HEAD}{}", GOOD.repeat(STRETCH * 2 + 5));
    let (sender, mut steps) = mpsc::channel(1_000);
    let digest = read(file.as_bytes(), &rules(), &sender).unwrap();
    assert_eq!(digest, Digest::new(Sha256::digest(file.as_bytes()).into()));
    let mut lengths = Vec::new();
    while let Ok(step) = steps.try_recv() {
        if let Step::Lines(lines) = step {
            lengths.push(lines.len());
        }
    }
    assert_eq!(lengths, [STRETCH, STRETCH, 5]);
}

#[test]
fn more_may_be_said_and_the_person_named_by_another_identifier() {
    let file = "phone,purpose,operation,recipient,kind,status,from,until,recorded,method,notice,proof\n\
        13800000001,marketing,process,enterprise,separate,given,2026-01-05T00:00:00Z,,2026-01-04T00:00:00Z,shop,v3,box 7\n";
    let lines = read_all(file.as_bytes()).unwrap();
    let [line] = &lines[..] else {
        panic!("{lines:?}")
    };
    assert_eq!(line.recorded, "2026-01-04T00:00:00Z".parse().ok());
    assert_eq!(
        (line.rests.method.as_str(), line.rests.notice.as_str()),
        ("shop", "v3")
    );
    let both = file.replace("proof\n", "member_id\n");
    assert!(read_all(both.as_bytes()).is_err(), "two identifiers");
}

#[test]
fn a_file_that_is_no_consent_file_is_refused_before_a_line_is_read() {
    let utf16 =
        |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    for file in [
        Vec::new(),
        b"\n\n".to_vec(),
        GOOD.as_bytes().to_vec(),
        b"PK\x03\x04 a workbook".to_vec(),
        utf16(&format!("{HEAD}{GOOD}")),
        format!("{HEAD}{GOOD}").replace(',', ";").into_bytes(),
        format!("{HEAD}{GOOD}").replace("purpose,", "").into_bytes(),
        format!("{HEAD}{GOOD}")
            .replace("until", "canary")
            .into_bytes(),
    ] {
        let error = read_all(&file).unwrap_err();
        let refused = matches!(
            error,
            AppError::Invalid {
                what: "consent file",
                ..
            }
        );
        assert!(refused, "{error:?}");
        assert!(!format!("{error:?} {error}").contains("canary"));
    }
}

#[test]
fn a_line_that_is_no_utf_8_is_named() {
    let file = [HEAD.as_bytes(), b"\xd5\xc5\xc8\xfd\n", GOOD.as_bytes()].concat();
    let error = read_all(&file).unwrap_err();
    assert!(
        matches!(error, AppError::ConsentLines { total: 1, .. }),
        "{error:?}"
    );
}

#[test]
fn the_line_is_counted_in_the_file_and_not_in_rows() {
    let row =
        "\"two\nlines\",marketing,process,enterprise,explicit,given,2026-01-05T00:00:00Z,,box 7\n";
    assert_eq!(faults(&format!("{row}canary,marketing\n")), [4]);
}

#[test]
fn every_bad_line_is_named_at_once_and_its_values_are_not_quoted() {
    let bad = [
        "canary,nope!,process,enterprise,explicit,given,2026-01-05T00:00:00Z,,box 7\n",
        "canary,nowhere.known,process,enterprise,explicit,given,2026-01-05T00:00:00Z,,box 7\n",
        "canary,marketing,steal,enterprise,explicit,given,2026-01-05T00:00:00Z,,box 7\n",
        "canary,marketing,process,somebody,explicit,given,2026-01-05T00:00:00Z,,box 7\n",
        "canary,marketing,process,ptn_0192f0c1000070008000000000000001,explicit,given,2026-01-05T00:00:00Z,,box 7\n",
        "canary,marketing,process,enterprise,explicit,perhaps,2026-01-05T00:00:00Z,,box 7\n",
        "canary,marketing,process,enterprise,explicit,given,yesterday,,box 7\n",
        "canary,marketing,process,enterprise,explicit,given,2026-01-05T00:00:00Z,2025-01-05T00:00:00Z,box 7\n",
        " ,marketing,process,enterprise,explicit,given,2026-01-05T00:00:00Z,,box 7\n",
        "canary,marketing,process,enterprise,explicit,given,2026-01-05T00:00:00Z,,\n",
        "canary,marketing\n",
    ];
    let expected: Vec<u64> = (3..).take(bad.len()).collect();
    assert_eq!(faults(&format!("{GOOD}{}", bad.concat())), expected);
    for (line, text) in (3..).zip(bad) {
        let file = format!("{GOOD}{}{text}", GOOD.repeat(line - 3));
        assert_eq!(faults(&file), [u64::try_from(line).unwrap()], "{text}");
    }
}

#[test]
fn a_hundred_faults_are_told_and_all_are_counted() {
    let error = read_all(format!("{HEAD}{}", "canary,x\n".repeat(250)).as_bytes()).unwrap_err();
    let AppError::ConsentLines { faults, total } = &error else {
        panic!("{error:?}")
    };
    assert_eq!((faults.len(), *total), (FAULTS_MAX, 250));
    let text = error.text();
    assert!(text.en.contains("250 of the consent file") && text.en.ends_with("230 more"));
    assert!(text.zh.contains("250 行不正确"));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]

    /// Whatever bytes come, there is an answer and none of it quotes them.
    #[test]
    fn any_bytes_are_read_or_refused(
        lead in 0_usize..=61,
        noise in proptest::collection::vec(proptest::num::u8::ANY, 0..200),
    ) {
        let mut file = HEAD.as_bytes()[..lead.min(HEAD.len())].to_vec();
        file.extend_from_slice(&noise);
        if let Err(error) = read_all(&file) {
            let refused =
                matches!(error, AppError::Invalid { .. } | AppError::ConsentLines { .. });
            proptest::prop_assert!(refused);
        }
    }
}
