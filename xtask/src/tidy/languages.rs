use super::{Finding, Tree};

/// Calls whose two texts are the Chinese and the English one.
const PAIRS: &[&str] = &["Text::new(", "lang.pick("];

/// Finds pairs of texts of which one is empty, or whose languages are exchanged.
pub(super) fn texts(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in tree.sources() {
        for call in PAIRS {
            for offset in source.code_hits(call) {
                let arguments = source.arguments(offset + call.len() - 1);
                let [(_, zh), (_, en)] = arguments.as_slice() else {
                    continue;
                };
                if let Some(problem) = problem(literal(zh), literal(en)) {
                    findings.push(Finding::error(&source.path, source.line(offset), problem));
                }
            }
        }
    }
    findings
}

/// Finds tables of TOML files that have a text in one language only.
pub(super) fn tables(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.with_extension("toml") {
        if let Ok(document) = file.text.parse::<toml::Table>() {
            let mut problems = Vec::new();
            table_problems("", &document, &mut problems);
            let finding = |problem| Finding::error(&file.path, 1, problem);
            findings.extend(problems.into_iter().map(finding));
        }
    }
    findings
}

fn table_problems(place: &str, table: &toml::Table, problems: &mut Vec<String>) {
    for (key, value) in table {
        let below = format!("{place}{key}");
        walk(&below, value, problems);
        let other = match key.as_str() {
            "zh" => "en".to_owned(),
            "en" => "zh".to_owned(),
            longer => match longer.rsplit_once('_') {
                Some((stem, "zh")) => format!("{stem}_en"),
                Some((stem, "en")) => format!("{stem}_zh"),
                _ => continue,
            },
        };
        let Some(partner) = table.get(&other) else {
            problems.push(format!("`{below}` has no `{other}` beside it"));
            continue;
        };
        if key.ends_with("zh") {
            let found = problem(value.as_str(), partner.as_str());
            problems.extend(found.map(|problem| format!("`{below}`: {problem}")));
        }
    }
}

fn walk(place: &str, value: &toml::Value, problems: &mut Vec<String>) {
    match value {
        toml::Value::Table(table) => table_problems(&format!("{place}."), table, problems),
        toml::Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                walk(&format!("{place}[{index}]"), value, problems);
            }
        }
        toml::Value::String(_)
        | toml::Value::Integer(_)
        | toml::Value::Float(_)
        | toml::Value::Boolean(_)
        | toml::Value::Datetime(_) => {}
    }
}

fn literal(argument: &str) -> Option<&str> {
    argument.strip_prefix('"')?.strip_suffix('"')
}

fn problem(zh: Option<&str>, en: Option<&str>) -> Option<&'static str> {
    let empty = |text: Option<&str>| text.is_some_and(|text| text.trim().is_empty());
    let han = |text: Option<&str>| text.is_some_and(has_han);
    match () {
        () if empty(zh) && empty(en) => None,
        () if empty(zh) => Some("the Chinese text is empty"),
        () if empty(en) => Some("the English text is empty"),
        () if zh.is_some() && !han(zh) && han(en) => Some("the languages are exchanged"),
        () => None,
    }
}

fn has_han(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_with_an_empty_or_exchanged_text_is_found() {
        let count = |text| texts(&Tree::of(&[("crates/x/src/a.rs", text)])).len();
        assert_eq!(count("fn f() { Text::new(\"\", \"purpose\"); }"), 1);
        assert_eq!(count("fn f() { Text::new(\"目的\", \" \"); }"), 1);
        assert_eq!(count("fn f() { Text::new(\"purpose\", \"目的\"); }"), 1);
        assert_eq!(count("fn f() { lang.pick(\"purpose\", \"目的\"); }"), 1);
        assert_eq!(count("fn f() { Text::new(\"目的\", \"purpose\"); }"), 0);
        assert_eq!(count("fn f() { Text::new(\"TGI\", \"TGI\"); }"), 0);
        assert_eq!(count("fn f() { Text::new(zh, \"purpose\"); }"), 0);
    }

    #[test]
    fn a_table_in_one_language_is_found() {
        let count = |text| tables(&Tree::of(&[("crates/x/a.toml", text)])).len();
        assert_eq!(count("[[clause]]\nname = { zh = \"目的\" }\n"), 1);
        assert_eq!(count("[a]\nen = \"purpose\"\n"), 1);
        assert_eq!(count("[a]\ntitle_zh = \"目的\"\n"), 1);
        assert_eq!(count("[a]\nzh = \"\"\nen = \"purpose\"\n"), 1);
        assert_eq!(count("[[a]]\nx = { zh = \"目的\", en = \"purpose\" }\n"), 0);
        assert_eq!(
            count("[a]\ntitle_zh = \"目的\"\ntitle_en = \"purpose\"\n"),
            0
        );
    }
}
