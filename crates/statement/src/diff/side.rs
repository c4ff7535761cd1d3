//! Two versions side by side: what a reader of both would see to be different, word by word.

mod align;

use yuntu_terms::{ClauseId, Lang};

use super::ChangeKind;
use crate::render::{self, Installation, Part};
use crate::statement::Statement;

use align::{Step, align};

/// A run of words on one side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The words.
    pub text: String,
    /// Whether the other side lacks them.
    pub differs: bool,
}

/// One paragraph, or one row of a table, on both sides; a side without it is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// As the older version has it.
    pub old: Option<Vec<Piece>>,
    /// As the newer version has it.
    pub new: Option<Vec<Piece>>,
}

impl Row {
    /// Says whether both sides are the same.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.old == self.new
    }
}

/// A heading whose words, or whose text, are not the same in both versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedPart {
    /// The clause, where the heading is that of one.
    pub clause: Option<ClauseId>,
    /// The heading, of the newer version where it has it.
    pub title: String,
    /// How the part as a whole changed.
    pub kind: ChangeKind,
    /// What stands below it; of a list only the rows that are not the same.
    pub rows: Vec<Row>,
}

/// Sets two versions side by side, as a reader of the documents sees them, and keeps the parts that are not the same.
///
/// # Clause
/// R27
#[must_use]
pub fn side_by_side(
    old: &Statement,
    new: &Statement,
    lang: Lang,
    installation: &Installation,
) -> Vec<ChangedPart> {
    let [old, new] = [old, new].map(|it| render::parts(it, lang, installation));
    let names = |parts: &[Part]| parts.iter().map(name_of).collect::<Vec<_>>();
    align(&names(&old), &names(&new))
        .into_iter()
        .filter_map(|step| match step {
            Step::Both(before, after) => changed(old.get(before)?, new.get(after)?),
            Step::Old(before) => Some(whole(old.get(before)?, ChangeKind::Removed)),
            Step::New(after) => Some(whole(new.get(after)?, ChangeKind::Added)),
        })
        .collect()
}

fn clause_of(part: &Part) -> Option<ClauseId> {
    part.title.split_whitespace().next()?.parse().ok()
}

/// Names a part over versions: a clause by its id, whatever its title; the document itself by its place.
fn name_of(part: &Part) -> String {
    match clause_of(part) {
        Some(id) => id.to_string(),
        None if part.level == 1 => String::new(),
        None => part.title.clone(),
    }
}

fn piece(text: &str, differs: bool) -> Piece {
    Piece {
        text: text.to_owned(),
        differs,
    }
}

fn whole(part: &Part, kind: ChangeKind) -> ChangedPart {
    let row = |line: &String| {
        let side = Some(vec![piece(line, true)]);
        if kind == ChangeKind::Removed {
            Row {
                old: side,
                new: None,
            }
        } else {
            Row {
                old: None,
                new: side,
            }
        }
    };
    ChangedPart {
        clause: clause_of(part),
        title: part.title.clone(),
        kind,
        rows: part.lines.iter().map(row).collect(),
    }
}

fn changed(old: &Part, new: &Part) -> Option<ChangedPart> {
    if old == new {
        return None;
    }
    let mut rows = Vec::new();
    if old.title != new.title {
        rows.push(in_words(&old.title, &new.title));
    }
    let (mut gone, mut come) = (Vec::new(), Vec::new());
    for step in align(&old.lines, &new.lines) {
        match step {
            Step::Old(at) => gone.extend(old.lines.get(at)),
            Step::New(at) => come.extend(new.lines.get(at)),
            Step::Both(at, _) => {
                replaced(&mut gone, &mut come, &mut rows);
                // A clause is read whole; of a list only what changed is of use.
                if clause_of(new).is_some() {
                    let same = old.lines.get(at).map(|line| vec![piece(line, false)]);
                    rows.push(Row {
                        old: same.clone(),
                        new: same,
                    });
                }
            }
        }
    }
    replaced(&mut gone, &mut come, &mut rows);
    Some(ChangedPart {
        clause: clause_of(new),
        title: new.title.clone(),
        kind: ChangeKind::Changed,
        rows,
    })
}

/// Pairs the lines that left with those that came in their place, and empties both.
fn replaced(gone: &mut Vec<&String>, come: &mut Vec<&String>, rows: &mut Vec<Row>) {
    let (mut olds, mut news) = (gone.drain(..), come.drain(..));
    loop {
        rows.push(match (olds.next(), news.next()) {
            (Some(old), Some(new)) => in_words(old, new),
            (Some(old), None) => Row {
                old: Some(vec![piece(old, true)]),
                new: None,
            },
            (None, Some(new)) => Row {
                old: None,
                new: Some(vec![piece(new, true)]),
            },
            (None, None) => return,
        });
    }
}

/// Compares two lines word by word.
fn in_words(old: &str, new: &str) -> Row {
    let (olds, news) = (words(old), words(new));
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for step in align(&olds, &news) {
        match step {
            Step::Both(before, after) => {
                add(&mut left, olds.get(before), false);
                add(&mut right, news.get(after), false);
            }
            Step::Old(before) => add(&mut left, olds.get(before), true),
            Step::New(after) => add(&mut right, news.get(after), true),
        }
    }
    Row {
        old: Some(left),
        new: Some(right),
    }
}

fn add(side: &mut Vec<Piece>, word: Option<&&str>, differs: bool) {
    let word = word.copied().unwrap_or_default();
    match side.last_mut() {
        Some(last) if last.differs == differs => last.text.push_str(word),
        _ => side.push(piece(word, differs)),
    }
}

/// Cuts a line into words: letters and digits of Latin writing stay together, any other sign stands alone.
fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let joins = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let end = if joins(first) {
            rest.find(|c| !joins(c)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (word, after) = rest.split_at(end);
        words.push(word);
        rest = after;
    }
    words
}

#[cfg(test)]
mod tests;
