use std::fmt;

use serde::Serialize;
use yuntu_terms::{ClauseId, Lang, Text};

use crate::model::coded::Coded;
use crate::statement::Statement;

/// One way in which a statement falls short of a floor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The id of the floor.
    pub floor: &'static str,
    /// The law or rule the floor comes from.
    pub source: Text,
    /// The file and the entry.
    pub place: String,
    /// The clause concerned, where there is one.
    pub clause: Option<ClauseId>,
    /// What is wrong.
    pub problem: Text,
    /// What to do.
    pub remedy: Text,
}

impl Finding {
    /// Writes the finding in one language: place, problem, source, remedy.
    pub fn show(&self, lang: Lang) -> impl fmt::Display + '_ {
        Shown {
            finding: self,
            lang,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.show(Lang::En).fmt(f)
    }
}

struct Shown<'a> {
    finding: &'a Finding,
    lang: Lang,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding {
            floor,
            source,
            place,
            clause,
            problem,
            remedy,
        } = self.finding;
        let [source, problem, remedy] = [source, problem, remedy].map(|text| text.get(self.lang));
        f.write_str(place)?;
        match (self.lang, clause) {
            (Lang::Zh, Some(clause)) => write!(f, "（{clause}）：")?,
            (Lang::Zh, None) => f.write_str("：")?,
            (Lang::En, Some(clause)) => write!(f, " ({clause}): ")?,
            (Lang::En, None) => f.write_str(": ")?,
        }
        match self.lang {
            Lang::Zh => write!(
                f,
                "{problem}。依据：{source}。处理办法：{remedy}。［{floor}］"
            ),
            Lang::En => write!(f, "{problem}. Source: {source}. Do: {remedy}. [{floor}]"),
        }
    }
}

/// One demand of law or of the house on every statement.
#[derive(Debug, Clone, Copy)]
pub struct Floor {
    id: &'static str,
    source: [&'static str; 2],
    run: fn(&Statement, &mut Notes<'_>),
}

impl Floor {
    /// Makes a floor: its id, its source in Chinese and English, and the function that holds a statement against it.
    pub(super) const fn new(
        id: &'static str,
        source: [&'static str; 2],
        run: fn(&Statement, &mut Notes<'_>),
    ) -> Self {
        Self { id, source, run }
    }

    /// Returns the id.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        self.id
    }

    /// Returns the law or rule it comes from.
    #[must_use]
    pub fn source(&self) -> Text {
        let [zh, en] = self.source;
        Text::new(zh, en)
    }

    pub(super) fn run(&self, statement: &Statement, notes: &mut Notes<'_>) {
        (self.run)(statement, notes);
    }
}

/// Collects the findings of one floor.
#[derive(Debug)]
pub(super) struct Notes<'a> {
    floor: &'static Floor,
    findings: &'a mut Vec<Finding>,
}

/// Where a statement says something: file and entry, and the clause concerned.
#[derive(Debug, Clone)]
pub(super) struct At(pub(super) String, pub(super) Option<ClauseId>);

impl At {
    pub(super) fn new(place: impl Into<String>, clause: ClauseId) -> Self {
        Self(place.into(), Some(clause))
    }
}

impl<'a> Notes<'a> {
    pub(super) fn new(floor: &'static Floor, findings: &'a mut Vec<Finding>) -> Self {
        Self { floor, findings }
    }

    /// Notes a shortcoming.
    pub(super) fn add(&mut self, at: At, problem: Text, remedy: Text) {
        self.findings.push(Finding {
            floor: self.floor.id,
            source: self.floor.source(),
            place: at.0,
            clause: at.1,
            problem,
            remedy,
        });
    }

    /// Notes a shortcoming unless the condition holds.
    pub(super) fn expect(
        &mut self,
        holds: bool,
        at: impl FnOnce() -> At,
        problem: [&str; 2],
        remedy: [&str; 2],
    ) {
        if !holds {
            let [problem, remedy] = [problem, remedy].map(|[zh, en]| Text::new(zh, en));
            self.add(at(), problem, remedy);
        }
    }

    /// Demands that a number is not above a limit.
    pub(super) fn at_most(&mut self, at: At, value: u32, limit: u32) {
        if value > limit {
            self.add(
                at,
                Text::new(
                    format!("数值为 {value}，高于上限 {limit}"),
                    format!("the value {value} is above the limit {limit}"),
                ),
                Text::new(
                    format!("改为不超过 {limit}"),
                    format!("make it {limit} or less"),
                ),
            );
        }
    }

    /// Demands that a number is not below a limit.
    pub(super) fn at_least(&mut self, at: At, value: u32, limit: u32) {
        if value < limit {
            self.add(
                at,
                Text::new(
                    format!("数值为 {value}，低于下限 {limit}"),
                    format!("the value {value} is below the limit {limit}"),
                ),
                Text::new(
                    format!("改为不少于 {limit}"),
                    format!("make it {limit} or more"),
                ),
            );
        }
    }

    /// Demands that a list holds every value needed; each one that is absent is a finding.
    pub(super) fn all_of<T: Coded>(&mut self, at: &At, have: &[T], need: &[T]) {
        for item in need.iter().filter(|item| !have.contains(item)) {
            let code = item.code();
            self.add(
                at.clone(),
                Text::new(
                    format!("缺少“{}”", item.name(Lang::Zh)),
                    format!("“{}” is missing", item.name(Lang::En)),
                ),
                Text::new(
                    format!("在该处加入 `{code}`"),
                    format!("add `{code}` there"),
                ),
            );
        }
    }

    /// Demands that some part of a row makes each promise.
    pub(super) fn promises(&mut self, statement: &Statement, row: ClauseId, needed: &[&str]) {
        let made = |promise: &str| {
            statement
                .clauses
                .iter()
                .filter(|clause| clause.id.row() == row)
                .any(|clause| clause.promises.iter().any(|id| id.as_str() == promise))
        };
        for promise in needed.iter().filter(|promise| !made(promise)) {
            let file = if row.to_string().starts_with('U') {
                "clauses-u.toml"
            } else {
                "clauses-r.toml"
            };
            self.add(
                At::new(format!("{file}: {row}"), row),
                Text::new(
                    format!("没有作出承诺 `{promise}`"),
                    format!("the promise `{promise}` is not made"),
                ),
                Text::new(
                    format!("在该条的正文和 promises 中写明 `{promise}`"),
                    format!(
                        "say it in the body of the clause and list `{promise}` in its promises"
                    ),
                ),
            );
        }
    }
}
