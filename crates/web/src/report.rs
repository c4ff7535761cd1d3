//! A report as a page of its own: text, tables, charts and refusals, in one file without scripts or foreign hosts.
//!
//! The console shows the same blocks inside its frame, so a figure looks alike wherever it appears.

use std::collections::BTreeMap;

use askama::Template;
use yuntu_app::consent::Funnel;
use yuntu_app::engine::ratio;
use yuntu_app::words::{RuleText, funnel_steps, grouped, percent};
use yuntu_terms::Lang;

use crate::charts::Drawing;

mod form;

pub use form::{
    ChoiceView, FormView, InputKind, InputView, PasskeyTexts, PasskeyUse, PasskeyView, UploadTexts,
};

/// A report in one language.
#[derive(Debug, Clone, Template)]
#[template(path = "report.html")]
pub struct Report {
    /// The language of every text in it.
    pub lang: Lang,
    /// The heading.
    pub title: String,
    /// What the reader should know first.
    pub lead: String,
    /// The link to the same report in the other language: text and address.
    pub other: Option<(String, String)>,
    /// The sections, in reading order.
    pub sections: Vec<Section>,
}

/// A section of a report.
#[derive(Debug, Clone)]
pub struct Section {
    /// The anchor, unique in the report.
    pub anchor: &'static str,
    /// The heading.
    pub title: String,
    /// What the section holds.
    pub blocks: Vec<Block>,
}

/// A piece of a section.
#[derive(Debug, Clone)]
pub enum Block {
    /// A paragraph.
    Text(String),
    /// A remark on how to read what stands before it.
    Note(String),
    /// A few facts as pairs of name and value.
    Facts(Vec<(String, String)>),
    /// A list of things that go without a name.
    List(Vec<String>),
    /// A table.
    Table(Table),
    /// A drawing with its title.
    Chart(Chart),
    /// An answer of the policy that says no.
    Refusal(RefusalView),
    /// Links to other pages.
    Links(Vec<Link>),
    /// A rule in words.
    Rule(RuleView),
    /// What only a few readers want, closed until one opens it.
    Details(Details),
    /// Facts about one of several things of a kind, under a heading of its own.
    Part(Part),
    /// A picture that an app on a phone reads; a report has none.
    Picture(Picture),
    /// A form; a report has none.
    Form(Box<FormView>),
}

impl Block {
    /// Makes a list of links, or says that there is nothing.
    pub(crate) fn links(links: Vec<Link>, nothing: String) -> Self {
        if links.is_empty() {
            Self::Text(nothing)
        } else {
            Self::Links(links)
        }
    }
}

/// A picture that an app reads from the screen.
#[derive(Clone)]
pub struct Picture {
    /// What it is, for whoever does not see it.
    pub title: String,
    /// The picture, as SVG.
    pub svg: String,
}

// The picture may hold a secret.
impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Picture").finish_non_exhaustive()
    }
}

/// One of several things of a kind.
#[derive(Debug, Clone)]
pub struct Part {
    /// What it is called.
    pub title: String,
    /// Facts as pairs of name and value.
    pub facts: Vec<(String, String)>,
}

/// A line of a rule with the lines below it, in one language.
#[derive(Debug, Clone, Template)]
#[template(path = "rule.html")]
pub struct RuleView {
    /// The line.
    pub line: String,
    /// A statement the line is about, as it was written.
    pub statement: Option<String>,
    /// What the line is made of.
    pub parts: Vec<RuleView>,
}

/// Facts and a text for machines behind a summary.
#[derive(Debug, Clone)]
pub struct Details {
    /// What is there.
    pub summary: String,
    /// Facts as pairs of name and value.
    pub facts: Vec<(String, String)>,
    /// The text.
    pub code: String,
}

/// A link to another page.
#[derive(Debug, Clone)]
pub struct Link {
    /// Where it leads.
    pub address: String,
    /// What is there.
    pub text: String,
    /// A remark beside it; may be empty.
    pub note: String,
}

/// A table; the first column names the row, columns of figures are aligned as such.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// What the table shows.
    pub caption: String,
    /// The names of the columns.
    pub head: Vec<String>,
    /// The rows, each as long as the head.
    pub rows: Vec<Vec<String>>,
    /// Where a cell leads, by row and column.
    pub links: BTreeMap<(usize, usize), String>,
}

impl Table {
    /// Returns where a cell leads.
    pub(crate) fn link(&self, row: usize, column: usize) -> Option<&str> {
        self.links.get(&(row, column)).map(String::as_str)
    }

    /// Says whether a column holds figures: digits, signs and units, and not a word.
    pub(crate) fn is_of_figures(&self, column: usize) -> bool {
        let cells = || self.rows.iter().filter_map(|row| row.get(column));
        cells().any(|cell| cell.contains(|c: char| c.is_ascii_digit()))
            && !cells().any(|cell| cell.contains(char::is_alphabetic))
    }
}

/// A drawing.
#[derive(Debug, Clone)]
pub struct Chart {
    /// What the drawing shows, for readers who cannot see it too.
    pub title: String,
    /// The drawing itself.
    pub drawing: Drawing,
}

/// A refusal as a reader sees it.
#[derive(Debug, Clone)]
pub struct RefusalView {
    /// What was asked.
    pub asked: String,
    /// Each reason: the clause, the fact that is missing, the remedy.
    pub reasons: Vec<(String, String, String)>,
}

impl RuleView {
    /// Takes a rule in one language.
    #[must_use]
    pub fn new(rule: &RuleText, lang: Lang) -> Self {
        Self {
            line: opened(rule.line.get(lang), lang),
            statement: rule.statement.clone(),
            parts: rule
                .parts
                .iter()
                .map(|part| Self::new(part, lang))
                .collect(),
        }
    }
}

/// Shows why people are missing: each step with who leaves, who is left and the share of the uploaded people.
///
/// # Clause
/// U4
#[must_use]
pub fn funnel_table(caption: String, funnel: &Funnel, lang: Lang) -> Table {
    let row = |step: yuntu_app::words::FunnelStep| {
        let share = ratio(step.left, funnel.uploaded);
        vec![
            opened(step.name.get(lang), lang),
            step.excluded
                .map_or_else(String::new, |people| format!("−{}", grouped(people))),
            grouped(step.left),
            percent(share, lang),
        ]
    };
    let head = [
        lang.pick("步骤", "Step"),
        lang.pick("排除人数", "Excluded"),
        lang.pick("剩余人数", "Left"),
        lang.pick("占上传", "Of the uploaded"),
    ];
    Table {
        caption,
        head: head.map(str::to_owned).to_vec(),
        rows: funnel_steps(funnel).into_iter().map(row).collect(),
        ..Table::default()
    }
}

/// Makes a section.
pub(crate) fn section(anchor: &'static str, title: &str, blocks: Vec<Block>) -> Section {
    Section {
        anchor,
        title: title.to_owned(),
        blocks,
    }
}

/// Opens an English line with a capital letter; a Chinese one may begin with a name, which stays as it is.
pub(crate) fn opened(text: &str, lang: Lang) -> String {
    let mut letters = text.chars();
    match (lang, letters.next()) {
        (Lang::En, Some(first)) => first.to_uppercase().chain(letters).collect(),
        (Lang::En, None) | (Lang::Zh, _) => text.to_owned(),
    }
}

impl Report {
    /// Renders the page.
    ///
    /// # Errors
    /// [`askama::Error`] when the template cannot be filled.
    pub fn html(&self) -> Result<String, askama::Error> {
        self.render()
    }

    fn word(&self, zh: &'static str, en: &'static str) -> &'static str {
        self.lang.pick(zh, en)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_become_markup() {
        let report = Report {
            lang: Lang::En,
            title: String::from("<script>alert(1)</script>"),
            lead: String::from("a & b"),
            other: None,
            sections: vec![Section {
                anchor: "one",
                title: String::from("\"quoted\""),
                blocks: vec![Block::Table(Table {
                    caption: String::from("<b>"),
                    head: vec![String::from("<i>")],
                    rows: vec![vec![String::from("<img src=x>")]],
                    ..Table::default()
                })],
            }],
        };
        let html = report.html().unwrap();
        for bad in ["<script>alert", "<b>", "<i>", "<img"] {
            assert!(!html.contains(bad), "{bad}");
        }
    }

    #[test]
    fn a_column_is_of_figures_when_no_cell_holds_a_word() {
        let row = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
        let table = Table {
            rows: vec![
                row(["A1", "1,234", "12.5 %", "看过 2 次"]),
                row(["A2", "–", "< 0.1", "none"]),
            ],
            ..Table::default()
        };
        let found: Vec<_> = (0..5).map(|column| table.is_of_figures(column)).collect();
        assert_eq!(found, [false, true, true, false, false]);
    }
}
