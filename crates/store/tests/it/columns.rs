use std::collections::BTreeSet;

use yuntu_store::column_rules;
use yuntu_testkit::TestStore;

use crate::contract;

contract! {
    every_column_is_classified_and_every_classified_column_exists,
}

async fn every_column_is_classified_and_every_classified_column_exists(test: &TestStore) {
    let live = test.store.database().live_columns().await.unwrap();
    let mut classified = BTreeSet::new();
    for (table, columns) in column_rules().unwrap() {
        classified.extend(columns.into_keys().map(|column| (table.clone(), column)));
    }
    let unclassified: Vec<_> = live.difference(&classified).collect();
    let stale: Vec<_> = classified.difference(&live).collect();
    assert!(
        unclassified.is_empty(),
        "not in columns.toml: {unclassified:?}"
    );
    assert!(stale.is_empty(), "not in the schema: {stale:?}");
    assert!(live.len() > 200);
}
