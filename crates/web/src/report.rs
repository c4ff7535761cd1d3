//! A report as a page of its own: text, tables, charts and refusals, in one file without scripts or foreign hosts.
//!
//! The console shows the same blocks inside its frame, so a figure looks alike wherever it appears.

use askama::Template;
use yuntu_terms::Lang;

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
    /// A table.
    Table(Table),
    /// A drawing with its title.
    Chart(Chart),
    /// An answer of the policy that says no.
    Refusal(RefusalView),
    /// Links to other pages.
    Links(Vec<Link>),
    /// Text for machines, such as a rule.
    Code(String),
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

/// A table; the first column names the row, the others are aligned as figures.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// What the table shows.
    pub caption: String,
    /// The names of the columns.
    pub head: Vec<String>,
    /// The rows, each as long as the head.
    pub rows: Vec<Vec<String>>,
}

/// A drawing.
#[derive(Debug, Clone)]
pub struct Chart {
    /// What the drawing shows, for readers who cannot see it too.
    pub title: String,
    /// The drawing itself, made by [`crate::charts`]; its texts are escaped there.
    pub svg: String,
}

/// A refusal as a reader sees it.
#[derive(Debug, Clone)]
pub struct RefusalView {
    /// What was asked.
    pub asked: String,
    /// Each reason: the clause, the fact that is missing, the remedy.
    pub reasons: Vec<(String, String, String)>,
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
                })],
            }],
        };
        let html = report.html().unwrap();
        for bad in ["<script>alert", "<b>", "<i>", "<img"] {
            assert!(!html.contains(bad), "{bad}");
        }
    }
}
