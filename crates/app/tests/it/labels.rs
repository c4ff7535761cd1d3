//! How closely columns are tied to persons: shown with how it came about.

use std::collections::BTreeMap;

use yuntu_app::engine::LabelRule;
use yuntu_app::lake::{ColumnMapping, DatasetKind, Mapping};
use yuntu_app::policy::Period;
use yuntu_app::{AppError, Ask, Waiting};
use yuntu_terms::{ColumnClass, DatasetId, ErrorKind, Lang, clause};

use crate::world::{MEMBERS, PURPOSE, World, declare, enrol, instruct, mapping, sql};

crate::on_both!(
    a_statement_is_labelled_before_anything_is_declared_or_run,
    a_class_is_raised_freely_lowered_with_a_reason_and_the_next_decision_goes_by_it,
    a_list_about_things_is_not_used_while_a_column_of_it_is_about_persons,
);

/// A list about things.
fn things() -> Mapping {
    let base = mapping();
    let column = |name: &str| ColumnMapping {
        source: name.to_owned(),
        name: name.to_owned(),
        class: ColumnClass::NonPersonal,
        ..base.columns[1].clone()
    };
    Mapping {
        kind: DatasetKind::Lookup,
        columns: vec![column("age"), column("band")],
        ..base.clone()
    }
}

async fn a_statement_is_labelled_before_anything_is_declared_or_run(world: World) {
    let _mark = clause::check!(R8);
    let (platform, caller) = (&world.platform, &world.caller);
    let things = platform
        .create_dataset(caller, "things", &things())
        .await
        .unwrap();
    let tables: BTreeMap<String, DatasetId> = [("people", world.people), ("bands", things)]
        .map(|(name, id)| (name.to_owned(), id))
        .into();
    let free = platform
        .labels_of(caller, &tables, "select band from bands")
        .await;
    assert_eq!(free.unwrap()[0].class, ColumnClass::NonPersonal);
    let sql = "select band from bands join people using (age)";
    let joined = platform.labels_of(caller, &tables, sql).await.unwrap();
    assert_eq!(joined[0].class, ColumnClass::Personal);
    let rules: Vec<LabelRule> = joined[0].because.iter().map(|it| it.rule).collect();
    for rule in [LabelRule::Persons, LabelRule::Choice, LabelRule::Value] {
        assert!(rules.contains(&rule), "{rule:?}");
    }
    let wrong = platform.labels_of(caller, &tables, "select nothing").await;
    assert!(matches!(wrong, Err(AppError::Engine(_))));
    // Nobody learns the columns of another enterprise's data.
    let other = enrol(platform, "Second").await;
    let foreign = platform.labels_of(&other, &tables, sql).await.unwrap_err();
    assert_eq!(foreign.kind(), ErrorKind::NotFound);
}

async fn a_class_is_raised_freely_lowered_with_a_reason_and_the_next_decision_goes_by_it(
    world: World,
) {
    let _mark = clause::check!(R8);
    let (platform, caller, people) = (&world.platform, &world.caller, world.people);
    let instruction = world.complete().await;
    let ages = async || {
        let ask = world.ask(instruction, PURPOSE, sql("SELECT age FROM people"));
        match platform.run(caller, &ask).await {
            Ok(answer) => answer.done().unwrap().outcome.receipt.rows_out,
            Err(AppError::Engine(_)) => 0,
            Err(other) => panic!("{other:?}"),
        }
    };
    let change = async |to, reason| {
        platform
            .change_class(caller, people, "age", (to, reason))
            .await
    };
    assert_eq!(ages().await, 5);
    // Raised without a word: the purpose may not read the class, so the column does not exist for it.
    change(ColumnClass::Sensitive, "").await.unwrap();
    assert_eq!(ages().await, 0);
    // The same delivery as before changes nothing and loses nothing.
    let file = world.parts.folder().join("people.csv");
    platform
        .import_file(caller, people, &mapping(), &file, &|_| {})
        .await
        .unwrap();
    assert_eq!(ages().await, 0);
    let long = "x".repeat(201);
    for reason in ["", " ", "a\nb", &long] {
        let refused = change(ColumnClass::Personal, reason).await;
        assert!(
            matches!(refused, Err(AppError::Invalid { what: "reason", .. })),
            "{reason}"
        );
    }
    let identifier = change(ColumnClass::Identifier, "x").await;
    assert!(matches!(
        identifier,
        Err(AppError::Invalid { what: "class", .. })
    ));
    change(ColumnClass::Personal, "an age in years is not sensitive")
        .await
        .unwrap();
    assert_eq!(ages().await, 5);
    let done = world.done(instruction, PURPOSE).await;
    let size = done.audience_size().unwrap();
    assert_eq!(size.funnels["people"].uploaded, MEMBERS);
    // Asked again it is as it was, and every change is told with who made it.
    change(ColumnClass::Personal, "").await.unwrap();
    let found = platform.classes_of(caller, people).await.unwrap();
    let age = found.columns.iter().find(|it| it.name == "age").unwrap();
    let changes: Vec<_> = age
        .changes
        .iter()
        .map(|it| (it.from, it.to, it.by))
        .collect();
    let me = caller.representative;
    assert_eq!(
        changes,
        [
            (ColumnClass::Personal, ColumnClass::Sensitive, me),
            (ColumnClass::Sensitive, ColumnClass::Personal, me),
        ]
    );
    assert_eq!(age.confirmed.unwrap().0, me);
    the_ledger_has_both_and_nothing_else_is_changed(&world).await;
}

async fn the_ledger_has_both_and_nothing_else_is_changed(world: &World) {
    let entries = crate::declarations::entries(world, "column.reclassed").await;
    let lowered: Vec<_> = entries
        .iter()
        .map(|it| it.body["lowered"].clone())
        .collect();
    assert_eq!(lowered, [false, true]);
    let (platform, caller, people) = (&world.platform, &world.caller, world.people);
    let missing = platform.change_class(caller, people, "nothing", (ColumnClass::Personal, ""));
    assert_eq!(missing.await.unwrap_err().kind(), ErrorKind::NotFound);
    let other = enrol(platform, "Second").await;
    let foreign = platform.change_class(&other, people, "age", (ColumnClass::Sensitive, ""));
    assert_eq!(foreign.await.unwrap_err().kind(), ErrorKind::NotFound);
}

async fn a_list_about_things_is_not_used_while_a_column_of_it_is_about_persons(world: World) {
    let _mark = clause::check!(R8);
    let (platform, caller) = (&world.platform, &world.caller);
    let list = platform.create_dataset(caller, "bands", &things()).await;
    let list = list.unwrap();
    let file = world.parts.folder().join("bands.csv");
    std::fs::write(&file, "age,band\n21,young\n").unwrap();
    platform
        .import_file(caller, list, &things(), &file, &|_| {})
        .await
        .unwrap();
    declare(platform, caller, list).await;
    let now = platform.now();
    let period = Period {
        from: now,
        until: now.plus_days(30),
    };
    let instruction = instruct(platform, caller, list, period).await.unwrap();
    let ask = Ask {
        datasets: BTreeMap::from([(String::from("bands"), list)]),
        ..world.ask(instruction, PURPOSE, sql("SELECT band FROM bands"))
    };
    let rows = async || {
        let done = platform.run(caller, &ask).await.unwrap().done();
        done.map(|it| it.outcome.receipt.rows_out)
    };
    assert_eq!(rows().await.unwrap(), 1);
    let class = async |to, reason| {
        let changed = platform.change_class(caller, list, "band", (to, reason));
        changed.await.unwrap();
        platform
            .dataset_overview(caller, list)
            .await
            .unwrap()
            .waiting
    };
    assert_eq!(class(ColumnClass::Personal, "").await, [Waiting::Subject]);
    let refused = rows().await.unwrap_err();
    let refusal = refused.refusal().unwrap();
    let codes: Vec<_> = refusal.reasons().map(|it| it.fact().code()).collect();
    assert_eq!(codes, ["subject"], "no consent would help");
    assert!(
        refusal
            .text(Lang::En)
            .contains("Import the file as data about persons")
    );
    let why = "bands of ages, and no person in it";
    assert_eq!(class(ColumnClass::NonPersonal, why).await, []);
    assert_eq!(rows().await.unwrap(), 1);
}
