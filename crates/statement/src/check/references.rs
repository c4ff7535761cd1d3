//! Every id that a statement uses is declared in it, once.

use std::collections::BTreeSet;
use std::fmt::Display;

use yuntu_terms::{ClauseId, Purpose, Text};

use super::finding::{At, Notes};
use crate::model::{CategoryId, ControlId, ProcessingRole};
use crate::statement::Statement;

/// Demands that every category, purpose, cookie category, region, right, control and clause named is declared.
pub(super) fn nothing_undeclared(statement: &Statement, notes: &mut Notes<'_>) {
    unique(statement, notes);
    clauses(statement, notes);
    controls_and_rights(statement, notes);
    purposes(statement, notes);
    retention(statement, notes);
    cookies(statement, notes);
    partners(statement, notes);
}

fn undeclared(notes: &mut Notes<'_>, place: String, kind: [&str; 2], id: &dyn Display) {
    let [zh, en] = kind;
    notes.add(
        At(place, None),
        Text::new(
            format!("{zh} `{id}` 未在声明中列出"),
            format!("the {en} `{id}` is not declared"),
        ),
        Text::new(
            format!("改正 `{id}`，或先将其列出"),
            format!("correct `{id}`, or declare it first"),
        ),
    );
}

fn unique(statement: &Statement, notes: &mut Notes<'_>) {
    let lists: [(&str, Vec<String>); 9] = [
        ("clauses", strings(statement.clauses.iter().map(|c| c.id))),
        (
            "controls.toml",
            strings(statement.controls.iter().map(|c| &c.id)),
        ),
        (
            "purposes.toml",
            strings(statement.purposes.iter().map(|p| &p.id)),
        ),
        (
            "categories.toml",
            strings(
                (statement.categories.iter().map(|c| &c.id))
                    .chain(statement.not_collected.iter().map(|c| &c.id)),
            ),
        ),
        (
            "cookies.toml",
            strings(statement.cookies.iter().map(|c| &c.name)),
        ),
        (
            "retention.toml",
            strings(
                (statement.retention.iter().map(|r| &r.id))
                    .chain(statement.retention_exceptions.iter().map(|r| &r.id)),
            ),
        ),
        (
            "rights.toml",
            strings(statement.rights.iter().map(|r| r.right)),
        ),
        (
            "contacts.toml",
            strings(statement.contacts.iter().map(|c| c.slot)),
        ),
        (
            "partners.toml",
            strings(statement.partners.iter().map(|p| p.id)),
        ),
    ];
    for (file, ids) in lists {
        let mut seen = BTreeSet::new();
        for id in ids {
            if !seen.insert(id.clone()) {
                notes.add(
                    At(file.to_owned(), None),
                    Text::new(format!("`{id}` 出现两次"), format!("`{id}` occurs twice")),
                    Text::new("保留一处", "keep one of them"),
                );
            }
        }
    }
}

fn strings<T: Display>(ids: impl Iterator<Item = T>) -> Vec<String> {
    ids.map(|id| id.to_string()).collect()
}

fn clauses(statement: &Statement, notes: &mut Notes<'_>) {
    let declared: BTreeSet<ClauseId> = statement
        .clauses
        .iter()
        .flat_map(|clause| [clause.id, clause.id.row()])
        .collect();
    let mut name = |place: &dyn Display, id: ClauseId| {
        if !declared.contains(&id) {
            undeclared(notes, place.to_string(), ["条款", "clause"], &id);
        }
    };
    for rule in &statement.purposes {
        name(&rule.id, rule.clause);
    }
    for category in &statement.categories {
        name(&category.id, category.clause);
    }
    for entry in &statement.not_collected {
        name(&entry.id, entry.clause);
    }
    for choice in &statement.cookie_choices {
        name(&choice.category, choice.clause);
    }
    for region in &statement.regions {
        name(&region.code, region.clause);
    }
    for rule in &statement.retention {
        name(&rule.id, rule.clause);
    }
    for rule in &statement.rights {
        name(&rule.right, rule.clause);
    }
    for contact in &statement.contacts {
        name(&contact.id, contact.clause);
    }
    for partner in &statement.partners {
        name(&partner.id, partner.clause);
    }
    for surface in &statement.meta.surfaces {
        name(&surface.id, surface.clause);
    }
    for exception in &statement.exceptions {
        name(&exception.clause, exception.clause.row());
    }
}

fn controls_and_rights(statement: &Statement, notes: &mut Notes<'_>) {
    for clause in &statement.clauses {
        let control = |id: &ControlId| statement.controls.iter().any(|control| control.id == *id);
        for id in clause.controls.iter().filter(|id| !control(id)) {
            undeclared(notes, clause.id.to_string(), ["控制", "control"], id);
        }
        for right in clause
            .rights
            .iter()
            .filter(|r| statement.right(**r).is_none())
        {
            undeclared(notes, clause.id.to_string(), ["权利", "right"], right);
        }
    }
}

fn purposes(statement: &Statement, notes: &mut Notes<'_>) {
    for rule in &statement.purposes {
        let place = || format!("purposes.toml: {}", rule.id);
        let others = (rule.id.ancestry().skip(1)).chain(rule.connected_to.iter().cloned());
        for other in others.filter(|other| statement.purpose(other).is_none()) {
            undeclared(notes, place(), ["目的", "purpose"], &other);
        }
        for id in rule
            .categories
            .iter()
            .filter(|id| statement.category(id).is_none())
        {
            undeclared(notes, place(), ["信息种类", "category"], id);
        }
        let covered = |category: Option<&CategoryId>| {
            statement.retention.iter().any(|keep| {
                keep.purpose.covers(&rule.id)
                    && category.is_none_or(|category| keep.categories.contains(category))
            })
        };
        let business = rule.role != ProcessingRole::Controller;
        let missing = if business {
            !covered(None)
        } else {
            rule.categories.is_empty() || !rule.categories.iter().all(|id| covered(Some(id)))
        };
        notes.expect(
            !missing,
            || At::new(place(), rule.clause),
            [
                "没有信息种类，或有的种类没有保存期限",
                "it names no category, or a category has no retention rule",
            ],
            [
                "在 categories 和 retention.toml 中补齐",
                "complete categories and retention.toml",
            ],
        );
    }
    for category in &statement.categories {
        notes.expect(
            statement
                .purposes
                .iter()
                .any(|rule| rule.categories.contains(&category.id)),
            || At::new(format!("categories.toml: {}", category.id), category.clause),
            [
                "收集了却没有目的使用",
                "it is collected and no purpose uses it",
            ],
            [
                "写入某一目的，或不再收集",
                "name it in a purpose, or do not collect it",
            ],
        );
    }
}

fn retention(statement: &Statement, notes: &mut Notes<'_>) {
    for rule in &statement.retention {
        let place = || format!("retention.toml: {}", rule.id);
        let Some(purpose) = statement.purpose(&rule.purpose) else {
            undeclared(notes, place(), ["目的", "purpose"], &rule.purpose);
            continue;
        };
        let strange = |id: &&CategoryId| !purpose.categories.contains(id);
        for id in rule.categories.iter().filter(strange) {
            undeclared(
                notes,
                place(),
                ["该目的的信息种类", "category of the purpose"],
                id,
            );
        }
    }
}

fn cookies(statement: &Statement, notes: &mut Notes<'_>) {
    for choice in &statement.cookie_choices {
        if statement.purpose(&choice.purpose).is_none() {
            let place = format!("cookies.toml: choice {}", choice.category);
            undeclared(notes, place, ["目的", "purpose"], &choice.purpose);
        }
    }
    let offered =
        |category| (statement.cookie_choices.iter()).any(|choice| choice.category == category);
    for cookie in statement
        .cookies
        .iter()
        .filter(|cookie| !offered(cookie.category))
    {
        let place = format!("cookies.toml: {}", cookie.name);
        undeclared(
            notes,
            place,
            ["Cookie 类别", "cookie category"],
            &cookie.category,
        );
    }
}

fn partners(statement: &Statement, notes: &mut Notes<'_>) {
    for partner in &statement.partners {
        let place = || format!("partners.toml: {}", partner.id);
        let strange = |id: &&Purpose| statement.purpose(id).is_none();
        for id in partner.purposes.iter().filter(strange) {
            undeclared(notes, place(), ["目的", "purpose"], id);
        }
        for id in partner
            .categories
            .iter()
            .filter(|id| statement.category(id).is_none())
        {
            undeclared(notes, place(), ["信息种类", "category"], id);
        }
        if !statement
            .regions
            .iter()
            .any(|region| region.code == partner.region)
        {
            undeclared(notes, place(), ["存放地", "region"], &partner.region);
        }
    }
}
