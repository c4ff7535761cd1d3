//! Two versions side by side: first what reduces rights, then every change, word by word.

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use yuntu_statement::{
    Change, ChangeKind, ChangedPart, Diff, Piece, Section, Statement, diff, side_by_side,
};
use yuntu_terms::{ClauseId, Lang, clause};

use super::versions;
use crate::input::Language;
use crate::pages::{Frame, show};
use crate::problem::Problem;
use crate::report::opened;
use crate::state::Site;

#[derive(Debug, Template)]
#[template(path = "compare.html")]
struct ComparePage {
    frame: Frame,
    /// Every version, the oldest first.
    versions: Vec<String>,
    from: String,
    to: String,
    same: bool,
    reductions: Vec<ReductionView>,
    asked_anew: Vec<String>,
    changes: Vec<(String, Vec<ChangeView>)>,
    parts: Vec<PartView>,
}

/// A way in which the newer version gives less.
#[derive(Debug)]
struct ReductionView {
    clause: String,
    /// Where to read the clause: in the newer version, unless only the older has it.
    address: String,
    kind: &'static str,
    id: String,
    detail: String,
}

#[derive(Debug)]
struct ChangeView {
    kind: &'static str,
    id: String,
    fields: Vec<String>,
}

/// A part of the document on both sides.
#[derive(Debug)]
struct PartView {
    title: String,
    kind: &'static str,
    /// Whether a reduction of rights is about it.
    reduces: bool,
    rows: Vec<RowView>,
}

#[derive(Debug)]
struct RowView {
    same: bool,
    old: Vec<Piece>,
    new: Vec<Piece>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    from: Option<String>,
    to: Option<String>,
}

/// Compares two versions; the older one stands first, whichever way round they were named.
///
/// # Clause
/// R27, R30
pub(super) async fn page(
    State(site): State<Site>,
    Language(lang): Language,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Problem> {
    let find = |text: Option<String>, otherwise| match text {
        Some(text) => site.versions.find(&text),
        None => Some(otherwise),
    };
    let Query(asked) = asked.map_err(|_rejection| {
        Problem::invalid(
            "比较需要 from 与 to 两个版本号，各写一次，例如 from=1.0&to=1.1",
            "a comparison takes two versions, from and to, once each, such as from=1.0&to=1.1",
        )
    })?;
    let one = find(asked.from, site.versions.beside());
    let other = find(asked.to, site.platform.statement());
    let (Some(one), Some(other)) = (one, other) else {
        return versions::unknown(&site, lang);
    };
    let (old, new) = if one.version() <= other.version() {
        (one, other)
    } else {
        (other, one)
    };
    clause::hit!(R27);
    let found = diff(old, new);
    if found.reduces_rights() {
        clause::hit!(R30);
    }
    let parts = side_by_side(old, new, lang, site.platform.operator());
    let title = lang.pick(
        "比较声明的两个版本",
        "Compare two versions of the statement",
    );
    let (from, to) = (old.version().to_string(), new.version().to_string());
    show(&ComparePage {
        frame: Frame {
            query: format!("from={from}&to={to}&"),
            ..Frame::open(lang, title, "/statement/compare")
        },
        versions: versions_of(&site),
        same: found.is_empty(),
        reductions: reductions(&found, old, new, lang),
        asked_anew: found.asked_anew.iter().map(ToString::to_string).collect(),
        changes: changes(&found, lang),
        parts: parts
            .into_iter()
            .map(|part| view(part, &found, lang))
            .collect(),
        from,
        to,
    })
}

fn versions_of(site: &Site) -> Vec<String> {
    let all = site.versions.all().iter();
    all.map(|one| one.version().to_string()).collect()
}

fn reductions(found: &Diff, old: &Statement, new: &Statement, lang: Lang) -> Vec<ReductionView> {
    let list = found.reductions.iter();
    list.map(|reduction| {
        let there = anchor(new, reduction.clause).map(|it| (found.to, it));
        let there = there.or_else(|| Some((found.from, anchor(old, reduction.clause)?)));
        let (version, anchor) = there.unwrap_or((found.to, reduction.clause));
        ReductionView {
            clause: reduction.clause.to_string(),
            address: format!(
                "/statement/v/{version}?lang={}#{anchor}",
                lang.pick("zh", "en")
            ),
            kind: reduction.kind.name(lang),
            id: reduction.id.clone(),
            detail: reduction.detail.get(lang).to_owned(),
        }
    })
    .collect()
}

/// Finds the heading of a clause; a row that is written in several parts begins at the first.
fn anchor(statement: &Statement, id: ClauseId) -> Option<ClauseId> {
    let mut ids = statement.clauses().iter().map(|clause| clause.id);
    let exact = ids.clone().find(|one| *one == id);
    exact.or_else(|| ids.find(|one| one.row() == id.row()))
}

fn changes(found: &Diff, lang: Lang) -> Vec<(String, Vec<ChangeView>)> {
    let view = |change: &Change| ChangeView {
        kind: change.kind.name(lang),
        id: change.id.clone(),
        fields: change.fields.clone(),
    };
    let sections = Section::ALL.iter().copied();
    sections
        .map(|section| {
            let list: Vec<_> = found.section(section).map(view).collect();
            (opened(section.name(lang), lang), list)
        })
        .filter(|(_, list)| !list.is_empty())
        .collect()
}

fn view(part: ChangedPart, found: &Diff, lang: Lang) -> PartView {
    let is_about = |id: ClauseId| {
        let mut clauses = found.reductions.iter().map(|it| it.clause);
        clauses.any(|one| one == id || one == id.row())
    };
    let rows = part.rows.into_iter();
    PartView {
        title: part.title,
        kind: match part.kind {
            ChangeKind::Changed => "",
            ChangeKind::Added | ChangeKind::Removed => part.kind.name(lang),
        },
        reduces: part.clause.is_some_and(is_about),
        rows: rows
            .map(|row| RowView {
                same: row.is_same(),
                old: row.old.unwrap_or_default(),
                new: row.new.unwrap_or_default(),
            })
            .collect(),
    }
}
