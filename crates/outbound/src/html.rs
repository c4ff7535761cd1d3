//! The page of a mail: words alone, no picture and nothing to load, so that opening it tells nobody.

use yuntu_terms::Lang;

use crate::texts::{Draft, Part};

const STYLE: &str = "font-family:sans-serif;font-size:16px;line-height:1.6;color:#1a1a1a;max-width:36em;margin:1.5em auto;padding:0 1em";
const CODE_STYLE: &str = "font-family:monospace;font-size:28px;letter-spacing:0.2em";

pub(crate) fn page(draft: &Draft, lang: Lang) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n<title>{}</title>\n</head>\n<body style=\"{STYLE}\">\n",
        lang.tag(),
        escaped(draft.subject),
    );
    for part in &draft.parts {
        let line = match part {
            Part::Text(text) => format!("<p>{}</p>\n", escaped(text)),
            Part::Code(code) => format!("<p style=\"{CODE_STYLE}\">{}</p>\n", escaped(code)),
            Part::Link(link) => {
                let link = escaped(link);
                format!("<p><a href=\"{link}\">{link}</a></p>\n")
            }
        };
        page.push_str(&line);
    }
    page.push_str("</body>\n</html>\n");
    page
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_text_cannot_become_a_tag() {
        assert_eq!(
            escaped("<a href=\"x\" title='y'>&"),
            "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;"
        );
    }
}
