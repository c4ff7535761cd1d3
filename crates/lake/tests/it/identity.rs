use std::collections::BTreeMap;
use std::fmt::Write as _;

use roaring::RoaringBitmap;
use yuntu_lake::{
    ColumnRole, ColumnType, IdentifierForm, IdentifierKind, LakeConfig, LakeError, Mapping,
};
use yuntu_terms::{Pii, SeededEntropy, Sink, SubjectId, clause};

use crate::support::{
    World, column, csv, dataset, enterprise, id, identifier, import, now, permit, rows, subjects_of,
};

fn contacts() -> Mapping {
    csv(vec![
        identifier("phone", IdentifierKind::Phone),
        identifier("email", IdentifierKind::Email),
        column("age", ColumnRole::Attribute, ColumnType::Int),
    ])
}

fn pii(text: &str) -> Pii<String> {
    Pii::new(text.to_owned())
}

#[tokio::test]
async fn an_identifier_leads_to_its_subject_however_it_is_spelt() {
    let _mark = clause::check!(R22);
    let world = World::new().await;
    let text = "phone,email,age\n13800000000,,1\n,a@example.cn,2\n";
    world.import(&contacts(), text).await.unwrap();
    let found = async |kind: IdentifierKind, text: &str| {
        world
            .lake
            .resolve(enterprise(), &kind, &pii(text))
            .await
            .unwrap()
    };
    assert_eq!(
        found(IdentifierKind::Phone, "+86 138-0000-0000").await,
        Some(SubjectId::new(0))
    );
    assert_eq!(
        found(IdentifierKind::Email, "A@EXAMPLE.CN").await,
        Some(SubjectId::new(1))
    );
    assert_eq!(found(IdentifierKind::Phone, "13800000001").await, None);
    assert_eq!(found(IdentifierKind::Phone, "nonsense").await, None);
    assert_eq!(found(IdentifierKind::MemberId, "13800000000").await, None);
    let stranger = world
        .lake
        .resolve(id(99), &IdentifierKind::Phone, &pii("13800000000"))
        .await;
    assert_eq!(stranger.unwrap(), None);
}

#[tokio::test]
async fn identifiers_of_one_row_lead_to_one_person_and_the_first_decides_a_conflict() {
    let world = World::new().await;
    let text = "phone,email,age\n\
        13800000000,a@example.cn,1\n\
        ,a@example.cn,2\n\
        13800000001,,3\n\
        13800000001,a@example.cn,4\n\
        ,b@example.cn,5\n\
        13800000002,b@example.cn,6\n";
    let report = world.import(&contacts(), text).await.unwrap();
    assert_eq!(report.conflicts, 1);
    assert_eq!(subjects_of(&world.rows().await), [0, 0, 1, 1, 2, 2]);
}

#[tokio::test]
async fn a_hashed_identifier_meets_the_plain_one() {
    use sha2::Digest as _;
    let world = World::new().await;
    world
        .import(&contacts(), "phone,email,age\n13800000000,,1\n")
        .await
        .unwrap();
    let mut hashed = csv(vec![identifier("hash", IdentifierKind::Phone)]);
    hashed.columns[0].role = ColumnRole::Identifier {
        kind: IdentifierKind::Phone,
        form: IdentifierForm::Sha256,
        keep_original: false,
    };
    let hex = |text: &str| {
        yuntu_terms::Digest::new(sha2::Sha256::digest(text).into())
            .to_string()
            .to_uppercase()
    };
    let text = format!("hash\n{}\n{}\n", hex("13800000000"), hex("13800000009"));
    import(&world.lake, id(3), &hashed, text).await.unwrap();
    assert_eq!(subjects_of(&rows(&world.lake, id(3)).await), [0, 1]);
}

#[tokio::test]
async fn who_is_forgotten_is_found_no_more_and_comes_back_as_somebody_new() {
    let _mark = clause::check!(R26);
    let world = World::new().await;
    world
        .import(
            &contacts(),
            "phone,email,age\n13800000000,,1\n13800000001,,2\n",
        )
        .await
        .unwrap();
    let first = RoaringBitmap::from_iter([0]);
    world.lake.forget(enterprise(), &first).await.unwrap();
    let phone = pii("13800000000");
    for lake in [&world.lake, &world.reopened(|config| config).await] {
        let found = lake
            .resolve(enterprise(), &IdentifierKind::Phone, &phone)
            .await
            .unwrap();
        assert_eq!(found, None);
        let map = lake.identities(enterprise()).await.unwrap();
        assert_eq!((map.identifiers, map.numbers_given), (1, 2));
    }
    world
        .import(&contacts(), "phone,email,age\n13800000000,,3\n")
        .await
        .unwrap();
    let found = world
        .lake
        .resolve(enterprise(), &IdentifierKind::Phone, &phone)
        .await
        .unwrap();
    assert_eq!(found, Some(SubjectId::new(2)));
}

#[tokio::test]
async fn an_original_is_kept_where_it_is_wanted_and_gone_when_its_person_is_forgotten() {
    let world = World::new().await;
    let mut mapping = contacts();
    mapping.columns[0].role = ColumnRole::Identifier {
        kind: IdentifierKind::Phone,
        form: IdentifierForm::Plain,
        keep_original: true,
    };
    let text = "phone,email,age\n138-0000-0000,,1\n13800000001,x@example.cn,2\n";
    world.import(&mapping, text).await.unwrap();
    let snapshot = world
        .lake
        .snapshot(enterprise(), dataset())
        .await
        .unwrap()
        .unwrap();
    let permit = permit(&snapshot);
    let all = RoaringBitmap::from_iter([0, 1]);
    let kept = world
        .lake
        .originals(&permit, &all, &IdentifierKind::Phone)
        .await
        .unwrap();
    let numbers: Vec<_> = kept
        .iter()
        .map(|(subject, text)| (subject.get(), text.open(&permit, Sink::Row, String::clone)))
        .collect();
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        numbers,
        [(0, some("13800000000")), (1, some("13800000001"))]
    );
    assert!(
        kept.iter()
            .all(|(_, text)| text.open(&permit, Sink::Json, String::len).is_none())
    );
    let emails = world
        .lake
        .originals(&permit, &all, &IdentifierKind::Email)
        .await
        .unwrap();
    assert!(emails.is_empty());
    world
        .lake
        .forget(enterprise(), &RoaringBitmap::from_iter([0]))
        .await
        .unwrap();
    let kept = world
        .lake
        .originals(&permit, &all, &IdentifierKind::Phone)
        .await
        .unwrap();
    assert_eq!(kept.len(), 1);
    world.clock.set(now().plus_days(2));
    let late = world
        .lake
        .originals(&permit, &all, &IdentifierKind::Phone)
        .await;
    assert!(matches!(late, Err(LakeError::PermitExpired { .. })));
}

#[tokio::test]
async fn an_original_that_is_wanted_later_is_kept_from_then_on() {
    let world = World::new().await;
    let mut mapping = contacts();
    let text = "phone,email,age\n138-0000-0000,,1\n13800000001,x@example.cn,2\n";
    world.import(&mapping, text).await.unwrap();
    mapping.columns[0].role = ColumnRole::Identifier {
        kind: IdentifierKind::Phone,
        form: IdentifierForm::Plain,
        keep_original: true,
    };
    let kept = async || {
        let snapshot = world.lake.snapshot(enterprise(), dataset()).await;
        let permit = permit(&snapshot.unwrap().unwrap());
        let all: RoaringBitmap = (0..9).collect();
        let kind = IdentifierKind::Phone;
        let found = world.lake.originals(&permit, &all, &kind).await.unwrap();
        let found: Vec<_> = found.iter().map(|(subject, _)| subject.get()).collect();
        let said = world.lake.with_originals(enterprise(), &all, &kind).await;
        assert_eq!(said.unwrap(), found.iter().copied().collect());
        found
    };
    assert!(kept().await.is_empty());
    // One who is known in two spellings, one who is not named again, and one who is new.
    let text = "phone,email,age\n13800000000,,1\n138 0000 0000,,1\n13800000002,,3\n";
    world.import(&mapping, text).await.unwrap();
    assert_eq!(kept().await, [0, 2]);
    // Once is enough, however often she comes, and whatever a process remembers.
    let again = "phone,email,age\n13800000000,,4\n13800000001,,5\n";
    world.import(&mapping, again).await.unwrap();
    let mut all = kept().await;
    all.sort_unstable();
    assert_eq!(all, [0, 1, 2]);
    let gone = RoaringBitmap::from_iter([0]);
    world.lake.forget(enterprise(), &gone).await.unwrap();
    assert_eq!(kept().await.len(), 2);
}

#[tokio::test]
async fn many_segments_become_few_and_nobody_is_lost() {
    let world = World::with(|config| LakeConfig {
        chunk_rows: 10,
        ..config
    })
    .await;
    let mut text = "phone,email,age\n".to_owned();
    for row in 0..600 {
        writeln!(text, "{},,1", 13_800_000_000_u64 + row).unwrap();
    }
    world.import(&contacts(), text).await.unwrap();
    let folder = world
        .dir
        .path()
        .join(format!("lake/{}/identity/segments", enterprise()));
    assert!(std::fs::read_dir(folder).unwrap().count() <= 25);
    let map = world
        .reopened(|config| config)
        .await
        .identities(enterprise())
        .await
        .unwrap();
    assert_eq!((map.identifiers, map.numbers_given), (600, 600));
}

/// Counts persons as a lake must: a number a person, in the order of rows, and a new one for who was forgotten.
#[derive(Default)]
struct Register {
    numbers: BTreeMap<u64, u32>,
    next: u32,
}

impl Register {
    fn meet(&mut self, member: u64) {
        let next = &mut self.next;
        self.numbers.entry(member).or_insert_with(|| {
            *next += 1;
            *next - 1
        });
    }

    fn forget(&mut self, who: &RoaringBitmap) {
        self.numbers.retain(|_, number| !who.contains(*number));
    }
}

/// The map of two processes is one, whatever fits into their memory and however often its files are written anew.
#[tokio::test]
async fn two_processes_with_little_memory_find_what_a_register_finds() {
    const MEMBERS: u64 = 200;
    let world = World::new().await;
    let little = |bytes| {
        move |config| LakeConfig {
            identity_bytes: bytes,
            identity_entries: 4,
            chunk_rows: 10,
            ..config
        }
    };
    // Nothing fits into the memory of the one; a few files into that of the other.
    let lakes = [
        world.reopened(little(0)).await,
        world.reopened(little(600)).await,
    ];
    let mut mapping = csv(vec![identifier("member", IdentifierKind::MemberId)]);
    mapping.columns[0].role = ColumnRole::Identifier {
        kind: IdentifierKind::MemberId,
        form: IdentifierForm::Plain,
        keep_original: true,
    };
    let random = SeededEntropy::new(7);
    let mut register = Register::default();
    let names: Vec<_> = (0..MEMBERS).map(|n| pii(&format!("m{n}"))).collect();
    for round in 0..60_usize {
        let members: Vec<_> = (0..25).map(|_| random.next_u64() % MEMBERS).collect();
        let mut text = "member\n".to_owned();
        for member in &members {
            writeln!(text, "m{member}").unwrap();
            register.meet(*member);
        }
        import(&lakes[round % 2], id(3), &mapping, text)
            .await
            .unwrap();
        if round % 5 == 4 {
            let who = (0..4).map(|_| random.next_u64() % u64::from(register.next));
            let who: RoaringBitmap = who.map(|number| u32::try_from(number).unwrap()).collect();
            lakes[round / 5 % 2]
                .forget(enterprise(), &who)
                .await
                .unwrap();
            register.forget(&who);
        }
        // Looking brings a process up to date: mostly they do not, so that what they know of the map is of before.
        if round % 4 != 3 {
            continue;
        }
        let oracle: Vec<_> = (0..MEMBERS)
            .map(|member| register.numbers.get(&member).copied().map(SubjectId::new))
            .collect();
        let living: RoaringBitmap = register.numbers.values().copied().collect();
        let all: RoaringBitmap = (0..register.next).collect();
        let kind = IdentifierKind::MemberId;
        for lake in &lakes {
            let found = lake.resolve_many(enterprise(), &kind, &names).await;
            assert_eq!(found.unwrap(), oracle, "round {round}");
            let kept = lake.with_originals(enterprise(), &all, &kind).await;
            assert_eq!(kept.unwrap(), living, "round {round}");
        }
    }
    let map = lakes[0].identities(enterprise()).await.unwrap();
    assert_eq!(map.identifiers, register.numbers.len() as u64);
    assert_eq!(map.numbers_given, u64::from(register.next));
}
