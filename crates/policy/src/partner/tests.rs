use yuntu_terms::{Id, SeededEntropy};

use super::*;

fn at(day: i32) -> Timestamp {
    Timestamp::from_micros(0).plus_days(day)
}

fn whole() -> PartnerAgreement {
    PartnerAgreement {
        name: "甲方数据服务".to_owned(),
        credit_code: Some("91350100M000100Y43".to_owned()),
        role: Some(PartnerRole::Independent),
        region: Region::CN,
        purposes: vec!["marketing".parse().unwrap()],
        operations: vec![Operation::Share],
        classes: vec![ColumnClass::Identifier],
        manner: "by an encrypted file".to_owned(),
        obligations: "deletes it at the end".to_owned(),
        sub_processing: None,
        period: Some(Period {
            from: at(90),
            until: at(400),
        }),
        assessment: Some(PartnerAssessment {
            made: at(80),
            review: at(300),
            result: AssessmentResult::WithMeasures,
        }),
        cross_border: None,
    }
}

fn papers(kinds: &[PartnerPaperKind]) -> Vec<PartnerPaper> {
    let entropy = SeededEntropy::new(3);
    let paper = |kind: &PartnerPaperKind| PartnerPaper {
        paper: Id::generate(at(1), &entropy).unwrap(),
        kind: *kind,
        digest: Digest::new([7; 32]),
    };
    kinds.iter().map(paper).collect()
}

fn lacks(it: &PartnerAgreement, kinds: &[PartnerPaperKind]) -> Vec<PartnerGap> {
    it.lacks(AgreementAbout {
        papers: &papers(kinds),
        has_contact: true,
        now: at(100),
    })
}

const BOTH: &[PartnerPaperKind] = &[PartnerPaperKind::Agreement, PartnerPaperKind::Assessment];

/// Spoils a version that lacks nothing.
type Change = &'static dyn Fn(&mut PartnerAgreement);

#[test]
fn what_is_whole_lacks_nothing_and_each_missing_part_is_named() {
    let _mark = clause::check!(R15);
    assert_eq!(lacks(&whole(), BOTH), []);
    let change = |mend: &dyn Fn(&mut PartnerAgreement)| {
        let mut it = whole();
        mend(&mut it);
        lacks(&it, BOTH)
    };
    let cases: &[(PartnerGap, Change)] = &[
        (PartnerGap::CreditCode, &|it| it.credit_code = None),
        (PartnerGap::Role, &|it| it.role = None),
        (PartnerGap::Purposes, &|it| it.purposes.clear()),
        (PartnerGap::Operations, &|it| it.operations.clear()),
        (PartnerGap::OperationsFit, &|it| {
            it.operations = vec![Operation::Share, Operation::Process];
        }),
        (PartnerGap::Classes, &|it| it.classes.clear()),
        (PartnerGap::Manner, &|it| it.manner = " ".to_owned()),
        (PartnerGap::Obligations, &|it| it.obligations.clear()),
        (PartnerGap::SubProcessing, &|it| {
            it.role = Some(PartnerRole::Entrusted);
            it.operations = vec![Operation::Process];
        }),
        (PartnerGap::Period, &|it| it.period = None),
        (PartnerGap::PeriodOrder, &|it| {
            it.period.as_mut().unwrap().from = at(400);
        }),
        (PartnerGap::PeriodOver, &|it| {
            it.period.as_mut().unwrap().until = at(100);
        }),
        (PartnerGap::PeriodLong, &|it| {
            it.period.as_mut().unwrap().until = at(101 + PARTNER_DAYS_MAX);
        }),
        (PartnerGap::Assessment, &|it| it.assessment = None),
        (PartnerGap::AssessmentResult, &|it| {
            it.assessment.as_mut().unwrap().result = AssessmentResult::NotAcceptable;
        }),
        (PartnerGap::AssessmentMade, &|it| {
            it.assessment.as_mut().unwrap().made = at(101);
        }),
        (PartnerGap::AssessmentReview, &|it| {
            it.assessment.as_mut().unwrap().review = at(100);
        }),
        (PartnerGap::AssessmentReview, &|it| {
            it.assessment.as_mut().unwrap().review = at(101 + PARTNER_DAYS_MAX);
        }),
    ];
    for (gap, mend) in cases {
        assert_eq!(change(*mend), [*gap]);
    }
    let kinds = &[PartnerPaperKind::Assessment];
    assert_eq!(lacks(&whole(), kinds), [PartnerGap::AgreementPaper]);
    let kinds = &[PartnerPaperKind::Agreement];
    assert_eq!(lacks(&whole(), kinds), [PartnerGap::AssessmentPaper]);
    let unreached = whole().lacks(AgreementAbout {
        papers: &papers(BOTH),
        has_contact: false,
        now: at(100),
    });
    assert_eq!(unreached, [PartnerGap::Contact]);
}

#[test]
fn who_is_abroad_needs_a_filed_ground_with_its_paper() {
    let _mark = clause::check!(R13);
    let mut it = whole();
    it.region = "SG".parse().unwrap();
    it.credit_code = None;
    assert_eq!(lacks(&it, BOTH), [PartnerGap::Border]);
    let ground = BorderGround {
        mechanism: Mechanism::StandardContract,
        filing: "备案 2026-1".to_owned(),
        from: Region::CN,
        period: Period {
            from: at(90),
            until: at(200),
        },
    };
    it.cross_border = Some(ground.clone());
    assert_eq!(lacks(&it, BOTH), [PartnerGap::BorderPaper]);
    let all = PartnerPaperKind::ALL;
    assert_eq!(lacks(&it, all), []);
    let (agreement, border, assessed) = it.facts().unwrap();
    let border = border.unwrap();
    assert_eq!((border.from, border.to), (Region::CN, it.region));
    let facts = PartnerFacts {
        id: Id::generate(at(1), &SeededEntropy::new(1)).unwrap(),
        enterprise: Id::generate(at(1), &SeededEntropy::new(2)).unwrap(),
        standing: None,
        region: Some(it.region),
        agreement: Some(agreement),
        assessed_until: Some(assessed),
        cross_border: Some(border),
    };
    // The ground ends first, then the assessment, then the agreement.
    assert_eq!(facts.ends(), Some(at(200)));
    let within = PartnerFacts {
        cross_border: None,
        ..facts
    };
    assert_eq!(within.ends(), Some(at(300)));
    let bad = |mend: &dyn Fn(&mut BorderGround)| {
        let mut it = it.clone();
        mend(it.cross_border.as_mut().unwrap());
        lacks(&it, all)
    };
    assert_eq!(
        bad(&|it| it.filing = " ".to_owned()),
        [PartnerGap::BorderFiling]
    );
    assert_eq!(
        bad(&|it| it.period.until = at(100)),
        [PartnerGap::BorderPeriod]
    );
    assert_eq!(
        bad(&|it| it.from = "SG".parse().unwrap()),
        [PartnerGap::BorderFrom]
    );
}

#[test]
fn the_digest_follows_everything_that_a_version_says() {
    let id = Id::generate(at(1), &SeededEntropy::new(4)).unwrap();
    let both = papers(BOTH);
    let digest = whole().digest(id, 1, &both).unwrap();
    assert_eq!(whole().digest(id, 1, &both), Some(digest));
    let mut other = whole();
    other.manner.push('.');
    for changed in [
        other.digest(id, 1, &both),
        whole().digest(id, 2, &both),
        whole().digest(id, 1, &both[..1]),
    ] {
        assert_ne!(changed, Some(digest));
    }
}

#[test]
fn every_gap_has_words_in_both_languages() {
    for gap in PartnerGap::ALL {
        for Text { zh, en } in [gap.what(), gap.remedy()] {
            assert!(!zh.is_ascii() && en.is_ascii(), "{gap}");
        }
    }
    let texts = PartnerRole::ALL.iter().map(|it| it.text());
    let texts = texts.chain(PartnerPaperKind::ALL.iter().map(|it| it.text()));
    let texts = texts.chain(SubProcessing::ALL.iter().map(|it| it.text()));
    let texts = texts.chain(Mechanism::ALL.iter().map(|it| it.text()));
    for Text { zh, en } in texts {
        assert!(!zh.is_ascii() && en.is_ascii(), "{en}");
    }
}
