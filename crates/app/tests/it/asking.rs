//! From "we would like to" to consent: whom a purpose would reach, the list of those to ask, their answers; and consents
//! that come in the columns of a dataset.

use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;

use yuntu_app::consent::{ConsentSource, Standings};
use yuntu_app::lake::{
    ColumnRole, ColumnType, FlagMeaning, IdentifierForm, IdentifierKind, ImportOutcome, Mapping,
};
use yuntu_app::policy::Period;
use yuntu_app::{AppError, Ask, ConsentQuestion, Reach, Widening};
use yuntu_terms::{
    ColumnClass, ConsentKind, DatasetId, InstructionId, Operation, Pii, Recipient, clause,
};

use crate::world::{OTHER_PURPOSE, PURPOSE, World, declare, everyone, instruct, mapping};

crate::on_both!(
    express_consent_with_proof_admits_exactly_those_who_gave_it,
    nobody_is_listed_for_what_they_did_not_agree_to,
    a_list_is_cut_when_somebody_on_it_withdraws,
    columns_of_consent_become_records_once_and_the_strictest_word_wins,
    a_column_that_speaks_of_nothing_known_is_refused,
    counts_over_time_are_those_of_the_log,
);

pub(crate) const HEAD: &str =
    "member_id,purpose,operation,recipient,kind,status,from,until,proof\n";

#[derive(Clone, Copy)]
pub(crate) struct Shop {
    pub(crate) dataset: DatasetId,
    pub(crate) instruction: InstructionId,
}

/// The members 101 to 110 of a shop, whose numbers are kept sealed.
pub(crate) async fn shop(world: &World, mapping: &Mapping, rows: &str) -> Shop {
    let (platform, caller) = (&world.platform, &world.caller);
    let dataset = platform.create_dataset(caller, "shop", mapping).await;
    let dataset = dataset.unwrap();
    let file = world.parts.folder().join("shop.csv");
    fs::write(&file, rows).unwrap();
    platform
        .import_file(caller, dataset, mapping, &file, &|_| {})
        .await
        .unwrap();
    declare(platform, caller, dataset).await;
    let now = platform.now();
    let period = Period {
        from: now,
        until: now.plus_days(30),
    };
    let instruction = instruct(platform, caller, dataset, period).await.unwrap();
    Shop {
        dataset,
        instruction,
    }
}

pub(crate) fn kept() -> Mapping {
    let mut mapping = mapping();
    mapping.columns[0].role = ColumnRole::Identifier {
        kind: IdentifierKind::MemberId,
        form: IdentifierForm::Plain,
        keep_original: true,
    };
    mapping
}

fn ten() -> String {
    let rows: Vec<String> = (101..=110).map(|m| format!("m{m},{m}\n")).collect();
    format!("member_id,age\n{}", rows.concat())
}

impl World {
    async fn say(&self, lines: &[(u32, &str, &str)]) {
        let lines: Vec<String> = lines
            .iter()
            .map(|(member, purpose, status)| {
                format!("m{member},{purpose},process,enterprise,explicit,{status},2026-01-05T00:00:00Z,,box 7\n")
            })
            .collect();
        self.send(format!("{HEAD}{}", lines.concat())).await;
    }

    async fn send(&self, file: String) -> u64 {
        let done = self
            .platform
            .record_consent_file(&self.caller, ConsentSource::Console, Cursor::new(file))
            .await;
        done.unwrap().recorded
    }

    async fn reached(&self, shop: &Shop, purpose: &str) -> u64 {
        let ask = Ask {
            datasets: BTreeMap::from([(String::from("people"), shop.dataset)]),
            ..self.ask(shop.instruction, purpose, everyone())
        };
        let done = self.platform.run(&self.caller, &ask).await.unwrap();
        done.done().unwrap().audience_size().unwrap().people
    }

    async fn log_version(&self) -> u64 {
        let read = self.parts.store.read();
        read.consent_version(self.caller.enterprise).await.unwrap()
    }
}

pub(crate) fn wish(shop: &Shop) -> Widening {
    Widening {
        dataset: shop.dataset,
        agreed: PURPOSE.parse().unwrap(),
        instruction: shop.instruction,
        wanted: OTHER_PURPOSE.parse().unwrap(),
        operation: Operation::Process,
        recipient: Recipient::Enterprise,
    }
}

/// Seven agreed to be known; two of them to be measured too, one said no to it, one is a minor.
async fn asked(world: &World) -> Shop {
    let shop = shop(world, &kept(), &ten()).await;
    let agreed: Vec<_> = (101..=107).map(|m| (m, PURPOSE, "given")).collect();
    world.say(&agreed).await;
    world
        .say(&[
            (101, OTHER_PURPOSE, "given"),
            (102, OTHER_PURPOSE, "given"),
            (103, OTHER_PURPOSE, "refused"),
        ])
        .await;
    let until = world.platform.now().plus_days(10);
    let minor = [(Pii::new(String::from("m104")), until)];
    let kind = IdentifierKind::MemberId;
    world
        .platform
        .record_minors(&world.caller, &kind, &minor)
        .await
        .unwrap();
    shop
}

async fn express_consent_with_proof_admits_exactly_those_who_gave_it(world: World) {
    let _mark = clause::check!(U4);
    let shop = asked(&world).await;
    let (platform, caller) = (&world.platform, &world.caller);
    assert_eq!(world.reached(&shop, OTHER_PURPOSE).await, 2);
    let reach = platform.consent_reach(caller, &wish(&shop)).await.unwrap();
    let expected = Reach {
        people: 10,
        agreed: 6,
        reached: 2,
        to_ask: 6,
        to_ask_listed: 3,
        declined: 1,
        barred: 1,
    };
    assert_eq!(reach, expected);
    let kind = IdentifierKind::MemberId;
    let list = platform.list_to_ask(caller, &wish(&shop), kind).await;
    let mut list = list.unwrap();
    assert_eq!(list.people, 3);
    let mut file = Vec::new();
    while let Some(piece) = list.next().await.unwrap() {
        file.extend(piece);
    }
    let file = String::from_utf8(file).unwrap();
    let members: Vec<&str> = file
        .lines()
        .skip(1)
        .map(|line| line.split(',').next().unwrap())
        .collect();
    assert_eq!(members, ["m105", "m106", "m107"]);
    assert!(file.starts_with(HEAD), "{file}");
    assert!(platform.receipt_body(caller, list.receipt).await.is_ok());
    // Sent back as it is, it says that they were asked, which admits nobody.
    assert_eq!(world.send(file.clone()).await, 3);
    assert_eq!(world.reached(&shop, OTHER_PURPOSE).await, 2);
    // Two said yes, on paper; one said no.
    let answers = answered(&file);
    assert_eq!(world.send(format!("{HEAD}{answers}")).await, 3);
    assert_eq!(world.reached(&shop, OTHER_PURPOSE).await, 4);
    assert_eq!(
        world.reached(&shop, PURPOSE).await,
        6,
        "the others as before"
    );
    let reach = platform.consent_reach(caller, &wish(&shop)).await.unwrap();
    assert_eq!(
        (reach.reached, reach.to_ask_listed, reach.declined),
        (4, 0, 2)
    );
    let again = platform
        .list_to_ask(caller, &wish(&shop), IdentifierKind::MemberId)
        .await;
    assert!(matches!(again, Err(AppError::Invalid { what: "list", .. })));
}

/// Two say yes, on paper, and one says no.
fn answered(file: &str) -> String {
    let mut answers = String::new();
    for line in file.lines().skip(1) {
        let said = if line.starts_with("m107") {
            "refused"
        } else {
            "given"
        };
        answers.push_str(&line.replace("requested", said));
        answers.push_str("box 7\n");
    }
    answers
}

async fn nobody_is_listed_for_what_they_did_not_agree_to(world: World) {
    let shop = asked(&world).await;
    let (platform, caller) = (&world.platform, &world.caller);
    // Not for a purpose that they did not agree to, and not without an instruction.
    let mut elsewhere = wish(&shop);
    elsewhere.agreed = "research.industry".parse().unwrap();
    let refused = platform
        .consent_reach(caller, &elsewhere)
        .await
        .unwrap_err();
    let missing = refused.refusal().unwrap().first().fact().code();
    assert_eq!(missing, "consent");
    let mut without = wish(&shop);
    without.instruction = "ins_00000000000070008000000000000001".parse().unwrap();
    let refused = platform
        .list_to_ask(caller, &without, IdentifierKind::MemberId)
        .await;
    let refused = refused.map(|_| ()).unwrap_err();
    assert_eq!(
        refused.refusal().unwrap().first().fact().code(),
        "instruction"
    );
    // And not by an identifier that nobody kept: a list without lines would look whole.
    let unkept = platform
        .list_to_ask(caller, &wish(&shop), IdentifierKind::Phone)
        .await;
    assert!(matches!(
        unkept,
        Err(AppError::Invalid { what: "list", .. })
    ));
}

async fn a_list_is_cut_when_somebody_on_it_withdraws(world: World) {
    let _mark = clause::check!(R26);
    let shop = asked(&world).await;
    let (platform, caller) = (&world.platform, &world.caller);
    let kind = IdentifierKind::MemberId;
    let list = async || {
        let kind = kind.clone();
        platform
            .list_to_ask(caller, &wish(&shop), kind)
            .await
            .unwrap()
    };
    let (mut cut, mut other) = (list().await, list().await);
    let withdraw = async |member: &str| {
        let member = Pii::new(member.to_owned());
        let purpose = PURPOSE.parse().unwrap();
        platform
            .withdraw(caller, &kind, &member, &purpose)
            .await
            .unwrap();
    };
    // Whoever does not stand on it does not cut it.
    withdraw("m101").await;
    assert!(other.next().await.unwrap().is_some());
    withdraw("m106").await;
    assert!(matches!(
        cut.next().await,
        Err(AppError::Invalid { what: "list", .. })
    ));
    let mut anew = list().await;
    let text = String::from_utf8(anew.next().await.unwrap().unwrap()).unwrap();
    assert!(!text.contains("m106") && text.contains("m105"), "{text}");
}

fn flagged(purpose: &str) -> Mapping {
    let mut mapping = kept();
    let age = mapping.columns[1].clone();
    mapping.columns.push(yuntu_app::lake::ColumnMapping {
        source: String::from("ads"),
        name: String::from("ads"),
        role: ColumnRole::ConsentFlag,
        class: ColumnClass::Personal,
        column_type: ColumnType::Bool,
        ..age
    });
    mapping.consents.push(FlagMeaning {
        column: String::from("ads"),
        purpose: purpose.parse().unwrap(),
        operation: Operation::Process,
        recipient: Recipient::Enterprise,
        kind: ConsentKind::Explicit,
        from: "2026-02-01T00:00:00Z".parse().unwrap(),
        until: None,
    });
    mapping
}

async fn columns_of_consent_become_records_once_and_the_strictest_word_wins(world: World) {
    let _mark = clause::check!(U4);
    // 101 says yes twice, 102 no, 103 nothing, 104 both.
    let rows = "member_id,age,ads\nm101,1,true\nm101,2,true\nm102,3,false\nm103,4,\nm104,5,true\nm104,6,false\nm105,7,yes\n";
    let mapping = flagged(PURPOSE);
    let shop = shop(&world, &mapping, rows).await;
    assert_eq!(
        world.log_version().await,
        4,
        "one record for each who said something"
    );
    assert_eq!(world.reached(&shop, PURPOSE).await, 2);
    let (platform, caller) = (&world.platform, &world.caller);
    let again = world.parts.folder().join("shop.csv");
    let done = platform
        .import_file(caller, shop.dataset, &mapping, &again, &|_| {})
        .await
        .unwrap();
    assert_eq!(done.report.outcome, ImportOutcome::AlreadyImported);
    assert_eq!(world.log_version().await, 4);
    let kind = IdentifierKind::MemberId;
    let first = Pii::new(String::from("m101"));
    let shown = platform
        .person_consents(caller, &kind, &first, None)
        .await
        .unwrap();
    let source = shown.records[0].record.source;
    assert!(matches!(source, ConsentSource::Import(_)), "{source:?}");
    // A withdrawal that was recorded after the column spoke is not undone by the next delivery of the same word.
    let purpose = PURPOSE.parse().unwrap();
    platform
        .withdraw(caller, &kind, &first, &purpose)
        .await
        .unwrap();
    assert_eq!(world.reached(&shop, PURPOSE).await, 1);
    let next = world.parts.folder().join("next.csv");
    fs::write(&next, format!("{rows}m106,8,true\n")).unwrap();
    platform
        .import_file(caller, shop.dataset, &mapping, &next, &|_| {})
        .await
        .unwrap();
    assert_eq!(world.reached(&shop, PURPOSE).await, 2, "105 and 106");
}

async fn a_column_that_speaks_of_nothing_known_is_refused(world: World) {
    let (platform, caller) = (&world.platform, &world.caller);
    let mut mapping = flagged("marketing.unheard");
    let dataset = platform
        .create_dataset(caller, "shop", &mapping)
        .await
        .unwrap();
    let file = world.parts.folder().join("shop.csv");
    fs::write(&file, "member_id,age,ads\nm101,1,true\n").unwrap();
    let refused = platform
        .import_file(caller, dataset, &mapping, &file, &|_| {})
        .await;
    assert!(matches!(
        refused,
        Err(AppError::Invalid {
            what: "mapping",
            ..
        })
    ));
    assert_eq!(world.log_version().await, 0);
    mapping.consents[0].column = String::from("age");
    let refused = platform.create_dataset(caller, "other", &mapping).await;
    assert!(matches!(refused, Err(AppError::Lake(_))));
}

async fn counts_over_time_are_those_of_the_log(world: World) {
    let shop = asked(&world).await;
    let (platform, caller) = (&world.platform, &world.caller);
    let counts = async |dataset, purpose: &str| {
        let asked = ConsentQuestion {
            dataset,
            purpose: purpose.parse().unwrap(),
            operation: Operation::Process,
            recipient: Recipient::Enterprise,
        };
        platform.consent_counts(caller, &asked).await.unwrap()
    };
    let standings = |given, withdrawn, refused, unknown| Standings {
        given,
        withdrawn,
        refused,
        expired: 0,
        unknown,
    };
    let found = counts(Some(shop.dataset), OTHER_PURPOSE).await;
    assert_eq!(found.over_time.len(), 13);
    assert_eq!(found.now(), standings(2, 0, 1, 7));
    let (_, first) = found.over_time[0];
    assert_eq!(
        first,
        standings(0, 0, 0, 10),
        "a year ago nobody had said anything"
    );
    assert_eq!(
        counts(None, OTHER_PURPOSE).await.now(),
        standings(2, 0, 1, 15)
    );
    let purpose = PURPOSE.parse().unwrap();
    let kind = IdentifierKind::MemberId;
    let member = Pii::new(String::from("m105"));
    platform
        .withdraw(caller, &kind, &member, &purpose)
        .await
        .unwrap();
    assert_eq!(
        counts(Some(shop.dataset), PURPOSE).await.now(),
        standings(6, 1, 0, 3)
    );
}
