//! How closely columns are tied to persons: shown with how it came about.

use std::collections::BTreeMap;

use yuntu_app::AppError;
use yuntu_app::engine::LabelRule;
use yuntu_app::lake::{ColumnMapping, DatasetKind, Mapping};
use yuntu_terms::{ColumnClass, DatasetId, ErrorKind, clause};

use crate::world::{World, enrol, mapping};

crate::on_both!(a_statement_is_labelled_before_anything_is_declared_or_run,);

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
