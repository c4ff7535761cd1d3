//! A row that names two known people: they are one person, and the strictest of what either says counts, before and after.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Cursor;
use std::time::Duration;

use yuntu_app::Ask;
use yuntu_app::consent::ConsentSource;
use yuntu_app::lake::{ColumnRole, IdentifierForm, IdentifierKind, Mapping};
use yuntu_app::policy::{Period, StopReason};
use yuntu_terms::{DatasetId, InstructionId, Pii, SeededEntropy, clause};

use crate::running::{begin, stopped};
use crate::world::{PURPOSE, World, declare, everyone, instruct, mapping};

crate::on_both!(
    two_who_turn_out_to_be_one_are_admitted_by_the_strictest,
    runs_admit_whom_a_naive_reading_of_rows_and_words_admits,
);

/// A dataset whose rows bear a member number, a mail address, or both.
struct Both {
    dataset: DatasetId,
    instruction: InstructionId,
    files: u32,
}

fn both() -> Mapping {
    let mut mapping = mapping();
    let mut email = mapping.columns[0].clone();
    for text in [&mut email.source, &mut email.name] {
        *text = String::from("email");
    }
    email.role = ColumnRole::Identifier {
        kind: IdentifierKind::Email,
        form: IdentifierForm::Plain,
        keep_original: false,
    };
    mapping.columns.insert(1, email);
    mapping
}

impl World {
    async fn both(&self, name: &str) -> Both {
        let (platform, caller) = (&self.platform, &self.caller);
        let dataset = platform.create_dataset(caller, name, &both()).await;
        let dataset = dataset.unwrap();
        declare(platform, caller, dataset).await;
        let period = Period {
            from: platform.now(),
            until: platform.now().plus_days(30),
        };
        let instruction = instruct(platform, caller, dataset, period).await;
        Both {
            dataset,
            instruction: instruction.unwrap(),
            files: 0,
        }
    }

    /// Imports one row; returns how many conflicts of identifiers there were.
    async fn row(&self, into: &mut Both, member: &str, email: &str) -> u64 {
        into.files += 1;
        let file = self.parts.folder().join("row.csv");
        let row = format!("member_id,email,age\n{member},{email},{}\n", into.files);
        fs::write(&file, row).unwrap();
        let done = self
            .platform
            .import_file(&self.caller, into.dataset, &both(), &file, &|_| {})
            .await
            .unwrap();
        assert_eq!((done.report.rows, done.report.quarantined), (1, 0));
        done.report.conflicts
    }

    async fn word(&self, identifier: &str, value: &str, status: &str) {
        // Each is another file, and not the same one again.
        self.parts.clock.advance(Duration::from_secs(1));
        let now = self.platform.now();
        let file = format!(
            "{identifier},purpose,operation,recipient,kind,status,from,until,recorded,proof\n{value},{PURPOSE},process,enterprise,explicit,{status},2026-01-05T00:00:00Z,,{now},box 7\n"
        );
        let done = self
            .platform
            .record_consent_file(&self.caller, ConsentSource::Api, Cursor::new(file))
            .await;
        assert_eq!(done.unwrap().recorded, 1);
    }

    async fn admitted(&self, from: &Both) -> u64 {
        let ask = Ask {
            datasets: BTreeMap::from([(String::from("people"), from.dataset)]),
            ..self.ask(from.instruction, PURPOSE, everyone())
        };
        let done = self.platform.run(&self.caller, &ask).await.unwrap();
        done.done().unwrap().audience_size().unwrap().people
    }
}

async fn two_who_turn_out_to_be_one_are_admitted_by_the_strictest(world: World) {
    let _mark = clause::check!(U4);
    let instruction = world.complete().await;
    let mut mails = world.both("mails").await;
    assert_eq!(world.row(&mut mails, "", "one@example.cn").await, 0);
    world.word("email", "one@example.cn", "refused").await;
    assert_eq!(world.count(instruction, PURPOSE).await, 5);
    // The row that shows that member 1 is who refused takes her out at once, and out of what runs.
    let run = begin(&world, &world.caller, instruction, PURPOSE).await;
    assert_eq!(world.row(&mut mails, "m1", "one@example.cn").await, 1);
    let by = stopped(run, Duration::from_secs(5)).await;
    assert_eq!(by, StopReason::ConsentWithdrawn);
    assert_eq!(world.count(instruction, PURPOSE).await, 4);
    let read = world.parts.store.read();
    let version = async || read.consent_version(world.caller.enterprise).await.unwrap();
    let before = version().await;
    assert_eq!(world.row(&mut mails, "m1", "one@example.cn").await, 1);
    assert_eq!(version().await, before, "what is known is not told again");
    // Whoever looks finds both histories under either identifier.
    for (kind, value) in [
        (IdentifierKind::MemberId, "m1"),
        (IdentifierKind::Email, "one@example.cn"),
    ] {
        let value = Pii::new(value.to_owned());
        let shown = world
            .platform
            .person_consents(&world.caller, &kind, &value, None);
        let shown = shown.await.unwrap();
        assert_eq!((shown.numbers, shown.records.len()), (2, 3));
    }
    // A yes counts for the number that it names: the no under the other one stands until it is taken back there.
    world.word("member_id", "m1", "given").await;
    assert_eq!(world.count(instruction, PURPOSE).await, 4);
    world.word("email", "one@example.cn", "given").await;
    assert_eq!(world.count(instruction, PURPOSE).await, 5);
    let run = begin(&world, &world.caller, instruction, PURPOSE).await;
    world.word("email", "one@example.cn", "withdrawn").await;
    let by = stopped(run, Duration::from_secs(5)).await;
    assert_eq!(by, StopReason::ConsentWithdrawn);
    assert_eq!(world.count(instruction, PURPOSE).await, 4);
}

/// Rows and words read one after the other, without a look at how the platform does it.
#[derive(Default)]
struct Naive {
    /// The person whom each identifier names.
    person: BTreeMap<String, usize>,
    /// What each person said last.
    word: Vec<Option<bool>>,
    /// Who is one, in pairs.
    same: Vec<(usize, usize)>,
    /// Whose rows there are.
    rows: BTreeSet<usize>,
}

impl Naive {
    fn row(&mut self, identifiers: &[&str]) {
        let known: Vec<usize> = identifiers
            .iter()
            .filter_map(|it| self.person.get(*it).copied())
            .collect();
        let whose = known.first().copied().unwrap_or_else(|| {
            self.word.push(None);
            self.word.len() - 1
        });
        for other in known {
            self.same.push((whose, other));
        }
        for identifier in identifiers {
            self.person.entry((*identifier).to_owned()).or_insert(whose);
        }
        self.rows.insert(whose);
    }

    fn one_with(&self, person: usize) -> BTreeSet<usize> {
        let mut all = BTreeSet::from([person]);
        loop {
            let before = all.len();
            for (one, other) in &self.same {
                if all.contains(one) || all.contains(other) {
                    all.extend([*one, *other]);
                }
            }
            if all.len() == before {
                return all;
            }
        }
    }

    fn say(&mut self, identifier: &str, yes: bool) {
        self.word[self.person[identifier]] = Some(yes);
    }

    fn admitted(&self) -> u64 {
        let admitted = self.rows.iter().filter(|person| {
            let all = self.one_with(**person);
            let words: Vec<bool> = all.iter().filter_map(|it| self.word[*it]).collect();
            !words.is_empty() && words.iter().all(|yes| *yes)
        });
        u64::try_from(admitted.count()).unwrap()
    }
}

async fn runs_admit_whom_a_naive_reading_of_rows_and_words_admits(world: World) {
    let _mark = clause::check!(U4);
    world.complete().await;
    let random = SeededEntropy::new(11);
    let mut joined = 0;
    for story in 0..6 {
        let mut shop = world.both(&format!("shop {story}")).await;
        let mut naive = Naive::default();
        for step in 0..32 {
            let drawn = random.next_u64();
            let member = format!("s{story}m{}", drawn % 4);
            let email = format!("s{story}e{}@example.cn", drawn / 4 % 4);
            // People come in one by one first, so that there are some to turn out to be one.
            let kind = if step < 10 {
                1 + drawn / 16 % 7
            } else {
                drawn / 16 % 8
            };
            match kind {
                0 => {
                    joined += world.row(&mut shop, &member, &email).await;
                    naive.row(&[&member, &email]);
                }
                1 | 2 => {
                    world.row(&mut shop, &member, "").await;
                    naive.row(&[&member]);
                }
                3 | 4 => {
                    world.row(&mut shop, "", &email).await;
                    naive.row(&[&email]);
                }
                said => {
                    let (kind, value) = if (drawn / 128).is_multiple_of(2) {
                        ("member_id", &member)
                    } else {
                        ("email", &email)
                    };
                    if !naive.person.contains_key(value) {
                        continue;
                    }
                    let yes = said != 5;
                    let status = if yes { "given" } else { "withdrawn" };
                    world.word(kind, value, status).await;
                    naive.say(value, yes);
                }
            }
            if !naive.rows.is_empty() {
                let found = world.admitted(&shop).await;
                assert_eq!(found, naive.admitted(), "story {story}, step {step}");
            }
        }
    }
    assert!(joined > 3, "only {joined} rows named two people");
}
