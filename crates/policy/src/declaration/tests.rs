use yuntu_terms::{Id, SeededEntropy};

use super::*;

const NOW: i64 = 2_000_000_000_000_000;

fn now() -> Timestamp {
    Timestamp::from_micros(NOW)
}

fn paper(kind: EvidenceKind) -> Evidence {
    Evidence {
        paper: Id::generate(now(), &SeededEntropy::new(kind as u64)).unwrap(),
        kind,
        digest: Digest::new([7; 32]),
    }
}

fn whole() -> Declared {
    Declared {
        kind: Some(SourceKind::Direct),
        collected_how: String::from("loyalty programme"),
        collected: Some(Collected {
            from: now().plus_days(-100),
            until: None,
        }),
        bases: vec![LegalBasis::Consent],
        notice: Some(String::from("terms of the programme")),
        period: Some(Period {
            from: now().plus_days(-1),
            until: now().plus_days(365),
        }),
        evidence: vec![paper(EvidenceKind::ConsentForm)],
        confirms: Confirms::ALL.to_vec(),
    }
}

fn about() -> DeclarationAbout {
    DeclarationAbout {
        about_persons: true,
        has_contact: true,
        now: now(),
    }
}

fn lacks(spoil: impl FnOnce(&mut Declared)) -> Vec<DeclarationGap> {
    let mut it = whole();
    spoil(&mut it);
    it.lacks(about())
}

type Spoil = fn(&mut Declared);

#[test]
fn each_missing_part_is_named_and_nothing_else() {
    let _mark = clause::check!(U3);
    assert_eq!(lacks(|_| {}), []);
    let spoils: [(DeclarationGap, Spoil); 16] = [
        (DeclarationGap::SourceKind, |it| it.kind = None),
        (DeclarationGap::CollectedHow, |it| {
            it.collected_how = String::from(" \n");
        }),
        (DeclarationGap::Collected, |it| it.collected = None),
        (DeclarationGap::CollectedOrder, |it| {
            it.collected
                .iter_mut()
                .for_each(|it| it.until = Some(it.from));
        }),
        (DeclarationGap::CollectedAhead, |it| {
            it.collected
                .iter_mut()
                .for_each(|it| it.from = now().plus_days(1));
        }),
        (DeclarationGap::Bases, |it| it.bases.clear()),
        (DeclarationGap::Notice, |it| {
            it.notice = Some(String::from(" "));
        }),
        (DeclarationGap::Period, |it| it.period = None),
        (DeclarationGap::PeriodOrder, |it| {
            it.period.iter_mut().for_each(|it| it.from = it.until);
        }),
        (DeclarationGap::PeriodOver, |it| {
            it.period.iter_mut().for_each(|it| it.until = now());
        }),
        (DeclarationGap::PeriodLong, |it| {
            let late = now().plus_days(DECLARATION_DAYS_MAX + 1);
            it.period.iter_mut().for_each(|it| it.until = late);
        }),
        (DeclarationGap::Evidence, |it| it.evidence.clear()),
        (DeclarationGap::Agreement, |it| {
            it.kind = Some(SourceKind::Partner);
        }),
        (DeclarationGap::Contract, |it| {
            it.kind = Some(SourceKind::Purchased);
        }),
        (DeclarationGap::Publication, |it| {
            it.kind = Some(SourceKind::Public);
        }),
        (DeclarationGap::MayBind, |it| {
            it.confirms.retain(|it| *it != Confirms::MayBind);
        }),
    ];
    for (gap, spoil) in spoils {
        assert_eq!(lacks(spoil), [gap]);
    }
    let nobody = DeclarationAbout {
        has_contact: false,
        ..about()
    };
    assert_eq!(whole().lacks(nobody), [DeclarationGap::Contact]);
}

#[test]
fn the_notice_may_be_a_paper_and_each_source_asks_for_its_own() {
    let by_paper = lacks(|it| {
        it.notice = None;
        it.evidence = vec![paper(EvidenceKind::Notice)];
    });
    assert_eq!(by_paper, []);
    for &kind in SourceKind::ALL {
        let asked = kind.asks().unwrap_or(EvidenceKind::Other);
        let found = lacks(|it| {
            it.kind = Some(kind);
            it.evidence = vec![paper(asked)];
        });
        assert_eq!(found, [], "{kind}");
    }
}

#[test]
fn what_is_about_no_person_needs_no_ground_no_notice_and_no_consent() {
    let things = DeclarationAbout {
        about_persons: false,
        ..about()
    };
    let mut it = whole();
    it.bases.clear();
    it.evidence.clear();
    it.notice = None;
    it.confirms.retain(|it| *it != Confirms::ConsentCovers);
    assert_eq!(it.lacks(things), []);
    // Who got it from somebody else shows by what right.
    it.kind = Some(SourceKind::Purchased);
    assert_eq!(it.lacks(things), [DeclarationGap::Contract]);
}

#[test]
fn an_empty_declaration_lacks_every_part() {
    let nobody = DeclarationAbout {
        has_contact: false,
        ..about()
    };
    let mut parts: Vec<DeclarationPart> = Declared::default()
        .lacks(nobody)
        .into_iter()
        .map(DeclarationGap::part)
        .collect();
    parts.sort_unstable();
    parts.dedup();
    assert_eq!(parts, DeclarationPart::ALL);
}

#[test]
fn every_word_is_in_both_languages() {
    let texts = DeclarationGap::ALL.iter().map(|it| it.text());
    let texts = texts.chain(SourceKind::ALL.iter().map(|it| it.text()));
    let texts = texts.chain(EvidenceKind::ALL.iter().map(|it| it.text()));
    let texts = texts.chain(DeclarationPart::ALL.iter().map(|it| it.text()));
    for text in texts.chain(Confirms::ALL.iter().map(|it| it.text())) {
        assert!(!text.zh.is_ascii() && text.en.is_ascii(), "{text:?}");
    }
}

#[test]
fn the_digest_covers_everything_that_is_said_and_the_words_of_the_confirmation() {
    let dataset = Id::generate(now(), &SeededEntropy::new(90)).unwrap();
    let it = whole();
    let text = it.confirmed_text();
    let digest = it.digest(dataset, 1, &text).unwrap();
    assert_eq!(it.digest(dataset, 1, &text), Some(digest));
    let mut others = vec![
        it.digest(dataset, 2, &text),
        it.digest(dataset, 1, &text.replace("true", "false")),
        it.digest(
            Id::generate(now(), &SeededEntropy::new(91)).unwrap(),
            1,
            &text,
        ),
    ];
    let spoils: [fn(&mut Declared); 4] = [
        |it| it.collected_how.push('.'),
        |it| it.bases.push(LegalBasis::Contract),
        |it| it.evidence.clear(),
        |it| it.notice = None,
    ];
    for spoil in spoils {
        let mut other = whole();
        spoil(&mut other);
        others.push(other.digest(dataset, 1, &text));
    }
    assert!(others.iter().all(|it| it.is_some_and(|it| it != digest)));
}
