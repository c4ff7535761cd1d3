//! Floors about the whole: every row answered, both languages, nothing undeclared.

use std::collections::BTreeSet;

use yuntu_terms::{ClauseId, Text};

use super::finding::{At, Floor, Notes};
use super::language::{is_chinese, is_english, slots, texts};
use super::references::nothing_undeclared;
use crate::model::CookieCategory;
use crate::statement::Statement;

pub(super) const FLOORS: &[Floor] = &[
    Floor::new(
        "every_row_present",
        ["本项目的要求清单", "the requirements of this project"],
        every_row_present,
    ),
    Floor::new(
        "both_languages",
        [
            "声明 R27；个人信息保护法第十七条（清晰易懂）",
            "statement R27; PIPL art. 17 (clear and easy to understand)",
        ],
        both_languages,
    ),
    Floor::new(
        "slots_filled_by_contacts",
        ["个人信息保护法第十七条第一款第一项", "PIPL art. 17(1)(1)"],
        slots_filled_by_contacts,
    ),
    Floor::new(
        "nothing_undeclared",
        [
            "个人信息保护法第七条（公开、透明）",
            "PIPL art. 7 (openness and transparency)",
        ],
        nothing_undeclared,
    ),
    Floor::new(
        "cookies_hardened",
        ["声明 R9", "statement R9"],
        cookies_hardened,
    ),
];

fn every_row_present(statement: &Statement, notes: &mut Notes<'_>) {
    let rows: BTreeSet<ClauseId> = statement
        .clauses
        .iter()
        .map(|clause| clause.id.row())
        .collect();
    for row in ClauseId::all_rows().filter(|row| !rows.contains(row)) {
        notes.add(
            At::new("clauses-u.toml, clauses-r.toml", row),
            Text::new(format!("{row} 没有条款"), format!("{row} has no clause")),
            Text::new(format!("补写 {row}"), format!("write {row}")),
        );
    }
    for clause in &statement.clauses {
        notes.expect(
            !clause.promises.is_empty() && !clause.controls.is_empty(),
            || At::new(clause.id.to_string(), clause.id),
            [
                "条款没有承诺，或没有使其成立的控制",
                "the clause promises nothing, or nothing makes it true",
            ],
            ["补写 promises 和 controls", "add promises and controls"],
        );
    }
}

fn both_languages(statement: &Statement, notes: &mut Notes<'_>) {
    for (place, text) in texts(statement) {
        notes.expect(
            is_chinese(&text.zh),
            || At(place.clone(), None),
            ["zh 为空或不是中文", "zh is empty or is not Chinese"],
            ["用中文写 zh", "write zh in Chinese"],
        );
        notes.expect(
            is_english(&text.en),
            || At(place.clone(), None),
            ["en 为空或不是英文", "en is empty or is not English"],
            ["用英文写 en", "write en in English"],
        );
    }
}

fn slots_filled_by_contacts(statement: &Statement, notes: &mut Notes<'_>) {
    let known: BTreeSet<&str> = statement
        .contacts
        .iter()
        .map(|contact| contact.slot.code())
        .collect();
    for (place, text) in texts(statement) {
        let zh: BTreeSet<&str> = slots(&text.zh).collect();
        let en: BTreeSet<&str> = slots(&text.en).collect();
        notes.expect(
            zh.is_subset(&known) && zh == en,
            || At(place, None),
            [
                "花括号中的项目不在 contacts.toml 中，或两种语言不一致",
                "an entry in braces is not in contacts.toml, or the two languages differ",
            ],
            [
                "改正花括号中的名称，或在 contacts.toml 中补写",
                "correct the name in braces or add it to contacts.toml",
            ],
        );
    }
}

fn cookies_hardened(statement: &Statement, notes: &mut Notes<'_>) {
    for cookie in &statement.cookies {
        let row = match cookie.category {
            CookieCategory::Security => ClauseId::r(9),
            CookieCategory::Convenience => ClauseId::r(10),
            CookieCategory::Recommendation => ClauseId::r(11),
        };
        notes.expect(
            cookie.name.starts_with("__Host-") && cookie.secure && cookie.http_only,
            || At::new(format!("cookies.toml: {}", cookie.name), row),
            [
                "Cookie 未加 __Host- 前缀，或不限于加密连接，或可被脚本读取",
                "the cookie lacks the __Host- prefix, or travels without encryption, or can be read by scripts",
            ],
            [
                "以 __Host- 命名，并写明 secure 和 http_only 为 true",
                "name it __Host-… and set secure and http_only to true",
            ],
        );
    }
}
