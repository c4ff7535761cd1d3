//! Entry by entry: what was added, removed or changed.

use std::collections::BTreeMap;
use std::fmt::Display;

use serde::Serialize;
use serde_json::Value;

use super::{Change, ChangeKind, Section};
use crate::statement::Statement;

type Entries = BTreeMap<String, Value>;

/// Lists every entry that is not the same, section by section, in the order of their ids.
pub(super) fn find(old: &Statement, new: &Statement) -> Vec<Change> {
    Section::ALL
        .iter()
        .flat_map(|section| compare(*section, &entries(*section, old), &entries(*section, new)))
        .collect()
}

fn compare(section: Section, old: &Entries, new: &Entries) -> Vec<Change> {
    let change = |kind, id: &str, fields| Change {
        section,
        kind,
        id: id.to_owned(),
        fields,
    };
    let mut changes = Vec::new();
    for (id, before) in old {
        match new.get(id) {
            None => changes.push(change(ChangeKind::Removed, id, Vec::new())),
            Some(after) if after != before => {
                changes.push(change(ChangeKind::Changed, id, fields(before, after)));
            }
            Some(_) => {}
        }
    }
    for id in new.keys().filter(|id| !old.contains_key(*id)) {
        changes.push(change(ChangeKind::Added, id, Vec::new()));
    }
    changes
}

fn fields(before: &Value, after: &Value) -> Vec<String> {
    let keys = |value: &Value| -> Vec<String> {
        value
            .as_object()
            .into_iter()
            .flat_map(|map| map.keys().cloned())
            .collect()
    };
    let mut all = keys(before);
    all.extend(keys(after));
    all.sort_unstable();
    all.dedup();
    all.retain(|key| before.get(key) != after.get(key));
    all
}

fn entries(section: Section, s: &Statement) -> Entries {
    match section {
        Section::Meta => members(&s.meta),
        Section::Clauses => list(&s.clauses, |clause| clause.id),
        Section::Purposes => list(&s.purposes, |purpose| purpose.id.clone()),
        Section::Categories => list(&s.categories, |category| category.id.clone()),
        Section::NotCollected => list(&s.not_collected, |entry| entry.id.clone()),
        Section::CookieChoices => list(&s.cookie_choices, |choice| choice.category),
        Section::Cookies => list(&s.cookies, |cookie| cookie.name.clone()),
        Section::Regions => list(&s.regions, |region| region.code),
        Section::CrossBorder => members(&s.cross_border),
        Section::Retention => list(&s.retention, |rule| rule.id.clone()),
        Section::RetentionExceptions => list(&s.retention_exceptions, |rule| rule.id.clone()),
        Section::Rights => list(&s.rights, |rule| rule.right),
        Section::Contacts => list(&s.contacts, |contact| contact.slot),
        Section::Partners => list(&s.partners, |partner| partner.id),
        Section::Exceptions => list(&s.exceptions, |exception| exception.clause),
        Section::Commitments => members(&s.commitments),
        Section::Controls => list(&s.controls, |control| control.id.clone()),
    }
}

fn list<T: Serialize, I: Display>(items: &[T], id: impl Fn(&T) -> I) -> Entries {
    items
        .iter()
        .map(|item| {
            let value = serde_json::to_value(item).unwrap_or_default();
            (id(item).to_string(), value)
        })
        .collect()
}

fn members<T: Serialize>(item: &T) -> Entries {
    match serde_json::to_value(item) {
        Ok(Value::Object(map)) => map.into_iter().collect(),
        Ok(_) | Err(_) => Entries::new(),
    }
}
