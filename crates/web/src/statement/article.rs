//! The statement as HTML: Markdown whose markup is only its own, with an anchor for each part and each clause.

use pulldown_cmark::{Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd};
use yuntu_terms::ClauseId;

/// A document as HTML.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) html: String,
    /// Its parts: anchor and heading.
    pub(super) contents: Vec<(String, String)>,
    /// The ids of its clauses.
    pub(super) clauses: Vec<String>,
}

/// A heading whose text is still being read.
struct Heading {
    /// Its place among the events.
    place: usize,
    level: HeadingLevel,
    text: String,
}

impl Heading {
    /// Names the anchor: the id of a clause, so that `/statement#U2` leads to it, or the number of a part.
    fn anchor(&self, parts: usize) -> Option<String> {
        let first = self.text.split_whitespace().next()?;
        match self.level {
            HeadingLevel::H2 => Some(format!("part-{}", parts + 1)),
            HeadingLevel::H3 => first.parse::<ClauseId>().ok().map(|id| id.to_string()),
            HeadingLevel::H1 | HeadingLevel::H4 | HeadingLevel::H5 | HeadingLevel::H6 => None,
        }
    }
}

/// Turns Markdown into HTML; markup inside it becomes text, and a wide table scrolls by itself. `way` says for the address of
/// each link what stands for it; where nothing does, only the words of the link are left, as they are of a picture.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the library may add variants; they are treated like the rest"
)]
pub(super) fn html_of(markdown: &str, way: impl Fn(&str) -> Option<String>) -> Document {
    let mut events = Vec::new();
    let (mut contents, mut clauses) = (Vec::new(), Vec::new());
    let mut open: Option<Heading> = None;
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES).filter_map(led(way)) {
        match event {
            Event::Html(text) | Event::InlineHtml(text) => events.push(Event::Text(text)),
            Event::Start(Tag::Table(alignment)) => {
                events.push(Event::Html("<div class=\"scroll\" tabindex=\"0\">".into()));
                events.push(Event::Start(Tag::Table(alignment)));
            }
            Event::End(TagEnd::Table) => {
                events.push(Event::End(TagEnd::Table));
                events.push(Event::Html("</div>".into()));
            }
            Event::Start(Tag::Heading { level, .. }) => {
                open = Some(Heading {
                    place: events.len(),
                    level,
                    text: String::new(),
                });
                events.push(event);
            }
            Event::End(TagEnd::Heading(level)) => {
                if let Some(heading) = open.take()
                    && let Some(anchor) = heading.anchor(contents.len())
                    && let Some(start) = events.get_mut(heading.place)
                {
                    *start = Event::Start(Tag::Heading {
                        level,
                        id: Some(anchor.clone().into()),
                        classes: Vec::new(),
                        attrs: Vec::new(),
                    });
                    if level == HeadingLevel::H2 {
                        contents.push((anchor, heading.text));
                    } else {
                        clauses.push(anchor);
                    }
                }
                events.push(event);
            }
            other => {
                if let (Some(heading), Event::Text(text)) = (&mut open, &other) {
                    heading.text.push_str(text);
                }
                events.push(other);
            }
        }
    }
    let mut html = String::with_capacity(markdown.len() * 2);
    pulldown_cmark::html::push_html(&mut html, events.into_iter());
    Document {
        html,
        contents,
        clauses,
    }
}

/// Gives each link the address that stands for its own, and leaves links without one and pictures as their words.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the library may add variants; they are treated like the rest"
)]
fn led<'a>(way: impl Fn(&str) -> Option<String>) -> impl FnMut(Event<'a>) -> Option<Event<'a>> {
    let mut leads = false;
    move |event| match event {
        Event::Start(Tag::Link {
            dest_url, title, ..
        }) => {
            let dest = way(&dest_url);
            leads = dest.is_some();
            dest.map(|dest| {
                Event::Start(Tag::Link {
                    link_type: LinkType::Inline,
                    dest_url: dest.into(),
                    title,
                    id: "".into(),
                })
            })
        }
        Event::End(TagEnd::Link) => leads.then_some(event),
        Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => None,
        other => Some(other),
    }
}

/// Lists the addresses of the links in a text.
pub(crate) fn links_in(markdown: &str) -> Vec<String> {
    let events = Parser::new_ext(markdown, Options::ENABLE_TABLES);
    let link = |event| {
        if let Event::Start(Tag::Link { dest_url, .. }) = event {
            Some(dest_url.into_string())
        } else {
            None
        }
    };
    events.filter_map(link).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html_of(markdown: &str) -> Document {
        super::html_of(markdown, |link| {
            link.strip_prefix("https:").map(str::to_owned)
        })
    }

    #[test]
    fn a_link_is_shown_as_it_may_be_and_a_picture_as_its_words() {
        let text = "<https://a.example>, [*b*](javascript:x) ![c](https://c.example/c.png)\n";
        let html = html_of(text).html;
        let shown = "<p><a href=\"//a.example\">https://a.example</a>, <em>b</em> c</p>\n";
        assert_eq!(html, shown);
        assert_eq!(links_in(text), ["https://a.example", "javascript:x"]);
    }

    #[test]
    fn markup_in_markdown_becomes_text() {
        let text = "# A\n\n<script>alert(1)</script>\n\nb <i onclick=x>c</i>\n";
        let html = html_of(text).html;
        assert!(!html.contains("<script") && !html.contains("<i "), "{html}");
        assert!(html.contains("<h1>A</h1>"));
    }

    #[test]
    fn clauses_and_parts_have_anchors_and_nothing_else_becomes_one() {
        let text = "## Part & one\n\n### U2 On *instruction*\n\n### \"><b> other\n\n## Two\n";
        let document = html_of(text);
        assert!(document.html.contains("<h3 id=\"U2\">U2 On "));
        assert!(document.html.contains("<h3>") && !document.html.contains("<b>"));
        let one = (String::from("part-1"), String::from("Part & one"));
        let two = (String::from("part-2"), String::from("Two"));
        assert_eq!(document.contents, [one, two]);
        assert_eq!(document.clauses, ["U2"]);
    }
}
