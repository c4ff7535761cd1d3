//! What is wrong with `yuntu.toml`: the section, the key and what to write, and never the value, which may be a secret.

use yuntu_app::outbound::ConfigError;
use yuntu_terms::Text;

use super::keys::{KEYS, Key, SECTIONS};
use crate::failure::Failure;

/// Where a fault lies.
#[derive(Debug, PartialEq, Eq)]
struct Place<'a> {
    line: usize,
    section: &'a str,
    key: Option<&'a str>,
}

/// Says where the configuration is wrong and what to write there.
pub(super) fn unusable(text: &str, error: &toml::de::Error) -> Failure {
    let offset = error.span().map_or(0, |span| span.start);
    let place = locate(text, offset);
    if text.parse::<toml::Table>().is_err() {
        return at_line(&place).remedy(Text::new(
            "每行须为 `键 = 值` 或 `[节]`，文字须加引号，同一个键或节只写一次",
            "each line is `key = value` or `[section]`, text stands in quotes, and no key or section is given twice",
        ));
    }
    // The library names only fields that are defined here.
    if let Some(name) = named(error.message(), "missing field `")
        && let Some(key) = find(place.section_for(name), name)
    {
        let section = heading(key.section);
        return Failure::new(
            format!("yuntu.toml 的 {}缺少 {name}", section.zh),
            format!("{} of yuntu.toml lacks `{name}`", section.en),
        )
        .remedy(key.remedy());
    }
    match place.key.and_then(|name| find(place.section, name)) {
        Some(key) => of_key(key, Some(place.line)).remedy(key.remedy()),
        None => unknown(&place),
    }
}

/// Says which key of a way out cannot be used.
pub(super) fn refused(error: &ConfigError) -> Failure {
    let (section, name) = error.field().split_once('.').unwrap_or(("", error.field()));
    let failure = match find(section, name) {
        Some(key) => of_key(key, None),
        None => Failure::new(
            format!("yuntu.toml 的 {} 无法使用", error.field()),
            format!("`{}` of yuntu.toml cannot be used", error.field()),
        ),
    };
    failure.remedy(error.text().clone())
}

impl<'a> Place<'a> {
    /// The section in which a field is missing: that of the place, or the table that the key of the place begins.
    fn section_for(&self, field: &str) -> &'a str {
        let inner = self.key.filter(|key| find(key, field).is_some());
        inner.unwrap_or(self.section)
    }
}

/// Finds the line, the section above it and the key on it.
fn locate(text: &str, offset: usize) -> Place<'_> {
    let mut place = Place {
        line: 1,
        section: "",
        key: None,
    };
    let mut begin = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if begin > offset {
            break;
        }
        begin += line.len();
        place.line = number + 1;
        let line = line.trim();
        if let Some(section) = line.strip_prefix('[').and_then(|it| it.split(']').next()) {
            (place.section, place.key) = (section.trim(), None);
        } else if let Some((key, _value)) = line.split_once('=') {
            place.key = key.trim().split('.').next();
        } else if line.is_empty() || line.starts_with('#') {
            place.key = None;
        }
    }
    place
}

/// Finds what may stand at a key; tables below a section belong to the key that begins them.
fn find(section: &str, name: &str) -> Option<&'static Key> {
    let exact = KEYS
        .iter()
        .find(|key| key.section == section && key.name == name);
    exact.or_else(|| {
        let (above, key) = section.split_once('.')?;
        let key = key.split('.').next()?;
        KEYS.iter().find(|it| it.section == above && it.name == key)
    })
}

/// Takes the name that a message of the library quotes.
fn named<'a>(message: &'a str, before: &str) -> Option<&'a str> {
    message.split_once(before)?.1.split('`').next()
}

fn heading(section: &str) -> Text {
    if section.is_empty() {
        Text::new("顶层", "the part above all sections")
    } else {
        Text::new(format!("[{section}] "), format!("[{section}]"))
    }
}

fn of_key(key: &Key, line: Option<usize>) -> Failure {
    let (section, name) = (heading(key.section), key.name);
    let (zh, en) = match line {
        Some(line) => (format!("第 {line} 行："), format!(" on line {line}")),
        None => (String::from("中 "), String::new()),
    };
    Failure::new(
        format!("yuntu.toml {zh}{}的 {name} 无法使用", section.zh),
        format!(
            "`{name}` in {}{en} of yuntu.toml cannot be used",
            section.en
        ),
    )
}

fn at_line(place: &Place<'_>) -> Failure {
    let line = place.line;
    Failure::new(
        format!("yuntu.toml 第 {line} 行无法使用"),
        format!("line {line} of yuntu.toml cannot be used"),
    )
}

/// Lists what may stand there, because what stands there has no meaning.
fn unknown(place: &Place<'_>) -> Failure {
    let keys: Vec<_> = KEYS
        .iter()
        .filter(|key| key.section == place.section)
        .map(|key| key.name)
        .collect();
    if keys.is_empty() || (place.section.is_empty() && place.key.is_none()) {
        return at_line(place).remedy(Text::new(
            format!("没有这一节；可用的节为 {SECTIONS}，顶层可有 region"),
            format!(
                "there is no such section; the sections are {SECTIONS}, with `region` above them"
            ),
        ));
    }
    let section = heading(place.section);
    at_line(place).remedy(Text::new(
        format!("{}中没有这个键，可用的键为 {}", section.zh, keys.join("、")),
        format!(
            "{} has no such key; its keys are {}",
            section.en,
            keys.join(", ")
        ),
    ))
}

#[cfg(test)]
mod tests {
    use yuntu_terms::Lang;

    use super::super::Config;
    use super::*;

    /// A word that no fault may repeat.
    const SECRET: &str = "hunter2";

    fn fault(text: &str) -> [String; 2] {
        let error = toml::from_str::<Config>(text).unwrap_err();
        let failure = unusable(text, &error);
        [Lang::Zh, Lang::En].map(|lang| {
            let (what, because, remedy) = failure.parts(lang);
            let all = [what, because.unwrap_or_default(), remedy.unwrap()].join(" | ");
            assert!(!all.contains(SECRET), "{all}");
            all
        })
    }

    fn says(text: &str, words: &[&str]) {
        for said in fault(text) {
            for word in words {
                assert!(said.contains(word), "`{word}` is not in: {said}");
            }
        }
    }

    #[test]
    fn a_fault_names_section_key_and_what_to_write() {
        says(
            "[mail]\nhost = \"h\"\nport = \"hunter2\"\n",
            &["[mail]", "port", "3", "587"],
        );
        says(
            "[mail]\nsecurity = \"hunter2\"\n",
            &["[mail]", "security", "starttls", "plain"],
        );
        says("[mail]\nfrom = \"a@b.cn\"\n", &["[mail]", "host"]);
        says(
            "\n[mail]\nhost = \"h\"\npasword_file = \"hunter2\"\n",
            &["[mail]", "4", "password_file"],
        );
        says(
            "[sms]\naccess_key_id = 3\n",
            &["[sms]", "access_key_id", "2"],
        );
        says(
            "[sms]\ntemplates.code = { zh = \"hunter2\" }\n",
            &["[sms]", "templates", "SMS_"],
        );
        says(
            "[sms.templates]\ncode = \"hunter2\"\n",
            &["[sms]", "templates", "SMS_"],
        );
        says(
            "[sms.templates]\nhunter2 = { zh = \"a\", en = \"b\" }\n",
            &["[sms]", "templates", "code"],
        );
        says("mail = { host = \"h\" }\n", &["[mail]"]);
        says(
            "[server]\nlisten = \"hunter2\"\n",
            &["[server]", "listen", "127.0.0.1:8080"],
        );
        says("region = \"hunter2\"\n", &["region", "CN"]);
        says(
            "[male]\nhost = \"hunter2\"\n",
            &["[mail]", "[sms]", "[operator]", "1"],
        );
        says("[database]\nurl = \"a\nhunter2 = ", &["2"]);
    }

    #[test]
    fn every_key_of_the_ways_out_is_told_and_no_other() {
        for key in KEYS
            .iter()
            .filter(|key| ["mail", "sms"].contains(&key.section))
        {
            // A value of a kind that no key takes: the fault lies at the key, which therefore exists.
            let text = format!("[{}]\n{} = 1979-05-27\n", key.section, key.name);
            says(&text, &[key.name, &format!("[{}]", key.section)]);
            assert!(!fault(&text)[1].contains("no such key"), "{text}");
        }
    }
}
