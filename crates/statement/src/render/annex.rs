//! The lists attached to the statement: purposes, collection, cookies, retention, rights, exceptions, partners.

use yuntu_terms::{ColumnClass, ConsentKind, Lang, LegalBasis, Operation};

use super::Installation;
use super::sheet::{Form, Sheet};
use crate::model::{Exception, ExceptionList, PurposeRule, RetentionRule};
use crate::statement::Statement;

/// Writes the table of purposes as Markdown.
///
/// # Clause
/// R0, R27
#[must_use]
pub fn purposes(statement: &Statement, lang: Lang) -> String {
    let mut sheet = Sheet::new(Form::Markdown, lang);
    purpose_table(statement, &mut sheet);
    sheet.finish()
}

pub(super) fn write(statement: &Statement, sheet: &mut Sheet, installation: &Installation) {
    let lang = sheet.lang();
    sheet.heading(2, lang.pick("附表一　目的", "Annex 1. Purposes"));
    purpose_table(statement, sheet);
    sheet.heading(
        2,
        lang.pick("附表二　收集清单", "Annex 2. What is collected"),
    );
    categories(statement, sheet);
    sheet.heading(2, lang.pick("附表三　Cookie", "Annex 3. Cookies"));
    cookies(statement, sheet);
    sheet.heading(
        2,
        lang.pick("附表四　保存期限", "Annex 4. How long data is kept"),
    );
    retention(statement, sheet);
    sheet.heading(2, lang.pick("附表五　权利", "Annex 5. Rights"));
    rights(statement, sheet);
    sheet.heading(
        2,
        lang.pick("附表六　同意的例外", "Annex 6. Exceptions to consent"),
    );
    exceptions(statement, sheet);
    let title = lang.pick(
        "附表七　提供清单与存放地",
        "Annex 7. Who receives data, and where it is stored",
    );
    sheet.heading(2, title);
    partners(statement, sheet);
    sheet.heading(2, lang.pick("附表八　联系方式", "Annex 8. Contacts"));
    contacts(statement, sheet, installation);
}

fn purpose_table(statement: &Statement, sheet: &mut Sheet) {
    let lang = sheet.lang();
    let head = lang.pick(
        [
            "目的",
            "说明",
            "我们的角色",
            "必要或可选",
            "依据",
            "数据类别",
            "操作",
            "最长保存",
            "相关目的",
            "条款",
        ],
        [
            "Purpose",
            "What for",
            "Our role",
            "Necessary",
            "Basis",
            "Classes",
            "Operations",
            "Kept at most",
            "Connected to",
            "Clause",
        ],
    );
    let rows: Vec<Vec<String>> = statement
        .purposes()
        .iter()
        .map(|rule| purpose_row(rule, lang))
        .collect();
    sheet.table(&head, &rows);
}

fn purpose_row(rule: &PurposeRule, lang: Lang) -> Vec<String> {
    let join = |words: Vec<&str>| words.join(lang.pick("、", ", "));
    let mut bases: Vec<&str> = rule.bases.iter().map(|b| basis_name(*b, lang)).collect();
    if let (Some(kind), Some(first)) = (rule.consent, bases.first_mut())
        && rule.bases.first() == Some(&LegalBasis::Consent)
    {
        *first = consent_name(kind, lang);
    }
    let connected: Vec<&str> = rule
        .connected_to
        .iter()
        .map(yuntu_terms::Purpose::as_str)
        .collect();
    vec![
        format!("{} ({})", rule.name.get(lang), rule.id),
        rule.description.get(lang).to_owned(),
        rule.role.name(lang).to_owned(),
        need(rule, lang).to_owned(),
        join(bases),
        join(rule.classes.iter().map(|c| class_name(*c, lang)).collect()),
        join(
            rule.operations
                .iter()
                .map(|o| operation_name(*o, lang))
                .collect(),
        ),
        days(rule.retention_days_max, lang),
        if connected.is_empty() {
            "–".to_owned()
        } else {
            join(connected)
        },
        rule.clause.to_string(),
    ]
}

fn need(rule: &PurposeRule, lang: Lang) -> &'static str {
    match (rule.necessary, rule.refusable) {
        (true, _) => lang.pick("必要", "necessary"),
        (false, true) => lang.pick(
            "可选；本人拒绝即止，法律另有规定或者情况紧急的除外",
            "optional; a refusal ends it, except where a law demands it or in an emergency",
        ),
        (false, false) => lang.pick("可选", "optional"),
    }
}

fn yes_no(holds: bool, [yes, no]: [&str; 2]) -> String {
    if holds { yes } else { no }.to_owned()
}

fn days(count: u32, lang: Lang) -> String {
    lang.pick(format!("{count} 日"), format!("{count} days"))
}

/// Names a ground on which data is used.
///
/// # Clause
/// R7
#[must_use]
pub fn basis_name(basis: LegalBasis, lang: Lang) -> &'static str {
    match basis {
        LegalBasis::Consent => lang.pick("同意", "consent"),
        LegalBasis::Contract => lang.pick("合同所必需", "contract"),
        LegalBasis::LegalDuty => lang.pick("法定职责或义务", "statutory duty"),
        LegalBasis::Emergency => lang.pick("紧急情况", "emergency"),
        LegalBasis::PublicInterestNews => lang.pick("公共利益新闻", "news in the public interest"),
        LegalBasis::LawfullyPublic => lang.pick("合法公开信息", "lawfully public information"),
        LegalBasis::OtherLaw => lang.pick("法律规定的其他情形", "other law"),
    }
}

fn consent_name(kind: ConsentKind, lang: Lang) -> &'static str {
    match kind {
        ConsentKind::Expressed => lang.pick("同意", "consent"),
        ConsentKind::Explicit => lang.pick("明示同意", "explicit consent"),
        ConsentKind::Separate => lang.pick("单独同意", "separate consent"),
    }
}

fn class_name(class: ColumnClass, lang: Lang) -> &'static str {
    match class {
        ColumnClass::NonPersonal => lang.pick("非个人", "non-personal"),
        ColumnClass::Personal => lang.pick("个人", "personal"),
        ColumnClass::Sensitive => lang.pick("敏感", "sensitive"),
        ColumnClass::Identifier => lang.pick("直接标识", "identifier"),
    }
}

fn operation_name(operation: Operation, lang: Lang) -> &'static str {
    match operation {
        Operation::Process => lang.pick("处理", "process"),
        Operation::Share => lang.pick("共享", "share"),
        Operation::Transfer => lang.pick("转让", "transfer"),
        Operation::Publicise => lang.pick("公开披露", "publicise"),
    }
}

fn categories(statement: &Statement, sheet: &mut Sheet) {
    let lang = sheet.lang();
    let head = lang.pick(
        [
            "信息",
            "为何需要",
            "关于谁",
            "敏感信息的必要性与影响",
            "条款",
        ],
        [
            "Data",
            "Why",
            "About",
            "If sensitive: necessity and impact",
            "Clause",
        ],
    );
    let rows: Vec<Vec<String>> = (statement.categories().iter())
        .map(|category| {
            let impact = category.impact.as_ref().map_or("–", |text| text.get(lang));
            vec![
                category.name.get(lang).to_owned(),
                category.why.get(lang).to_owned(),
                category.about.name(lang).to_owned(),
                impact.to_owned(),
                category.clause.to_string(),
            ]
        })
        .collect();
    sheet.table(&head, &rows);
    sheet.paragraphs(lang.pick("我们不收集：", "We do not collect:"));
    let head = lang.pick(["信息", "原因", "条款"], ["Data", "Why not", "Clause"]);
    let rows: Vec<Vec<String>> = (statement.not_collected().iter())
        .map(|entry| {
            let [name, because] =
                [&entry.name, &entry.because].map(|text| text.get(lang).to_owned());
            vec![name, because, entry.clause.to_string()]
        })
        .collect();
    sheet.table(&head, &rows);
}

fn cookies(statement: &Statement, sheet: &mut Sheet) {
    let lang = sheet.lang();
    let head = lang.pick(
        ["类别", "说明", "必要或可选", "条款"],
        ["Category", "What it does", "Necessary", "Clause"],
    );
    let rows: Vec<Vec<String>> = (statement.cookie_choices().iter())
        .map(|choice| {
            vec![
                choice.category.name(lang).to_owned(),
                choice.description.get(lang).to_owned(),
                yes_no(
                    choice.necessary,
                    lang.pick(
                        ["必要", "可选，默认关闭"],
                        ["necessary", "optional, off by default"],
                    ),
                ),
                choice.clause.to_string(),
            ]
        })
        .collect();
    sheet.table(&head, &rows);
    let head = lang.pick(
        ["名称", "类别", "用途", "时长"],
        ["Name", "Category", "Use", "Lifetime"],
    );
    let form = sheet.form();
    let rows: Vec<Vec<String>> = (statement.cookies().iter())
        .map(|cookie| {
            vec![
                match form {
                    Form::Markdown => format!("`{}`", cookie.name),
                    Form::Plain => cookie.name.clone(),
                },
                cookie.category.name(lang).to_owned(),
                cookie.purpose.get(lang).to_owned(),
                lifetime(cookie.lifetime_seconds_max, lang),
            ]
        })
        .collect();
    sheet.table(&head, &rows);
}

/// Says how long a cookie lives at most.
///
/// # Units
/// Seconds; 0 is until the browser closes.
#[must_use]
pub fn lifetime(seconds: u32, lang: Lang) -> String {
    const HOUR: u32 = 3600;
    const DAY: u32 = 24 * HOUR;
    match seconds {
        0 => lang
            .pick("关闭浏览器即止", "until the browser closes")
            .to_owned(),
        s if s % DAY == 0 => days(s / DAY, lang),
        s => {
            let hours = s.div_ceil(HOUR);
            lang.pick(format!("{hours} 小时"), format!("{hours} hours"))
        }
    }
}

fn retention(statement: &Statement, sheet: &mut Sheet) {
    let lang = sheet.lang();
    let head = lang.pick(
        [
            "目的", "信息", "起算", "至少", "至多", "期满", "原因", "条款",
        ],
        [
            "Purpose",
            "Data",
            "Counted from",
            "At least",
            "At most",
            "Then",
            "Why",
            "Clause",
        ],
    );
    let row = |rule: &RetentionRule| {
        let purpose = statement
            .purpose(&rule.purpose)
            .map_or("–", |p| p.name.get(lang));
        let names: Vec<&str> = (rule.categories.iter())
            .filter_map(|id| statement.category(id))
            .map(|category| category.name.get(lang))
            .collect();
        let data = if names.is_empty() {
            lang.pick("平台用户带来的数据", "data the enterprise brings")
                .to_owned()
        } else {
            names.join(lang.pick("、", ", "))
        };
        let least = if rule.days_min == 0 {
            "–".to_owned()
        } else {
            days(rule.days_min, lang)
        };
        let mut end = rule.end.name(lang).to_owned();
        if rule.pseudonymise_on_deregistration {
            end.push_str(lang.pick(
                "（注销后即换为假名）",
                " (under a pseudonym once the account is closed)",
            ));
        }
        vec![
            purpose.to_owned(),
            data,
            rule.starts.name(lang).to_owned(),
            least,
            days(rule.days_max, lang),
            end,
            rule.because.get(lang).to_owned(),
            rule.clause.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = statement.retention().iter().map(row).collect();
    sheet.table(&head, &rows);
    let intro = lang.pick(
        "超过期限而仍须保存的，只限以下情形，其间只存放和保护：",
        "Data outlives its period only in these cases, stored and protected and nothing else:",
    );
    sheet.paragraphs(intro);
    let head = lang.pick(["情形", "依据", "何时结束"], ["Case", "Law", "Ends"]);
    let rows: Vec<Vec<String>> = (statement.retention_exceptions().iter())
        .map(|rule| {
            [&rule.name, &rule.law, &rule.ends]
                .map(|text| text.get(lang).to_owned())
                .into()
        })
        .collect();
    sheet.table(&head, &rows);
}

fn rights(statement: &Statement, sheet: &mut Sheet) {
    let lang = sheet.lang();
    let head = lang.pick(
        [
            "权利",
            "如何行使",
            "最迟答复",
            "业务数据中的个人",
            "依据",
            "条款",
        ],
        [
            "Right",
            "How",
            "Answered within",
            "People in business data",
            "Law",
            "Clause",
        ],
    );
    let rows: Vec<Vec<String>> = (statement.rights().iter())
        .map(|rule| {
            let answer = match rule.answer_days_max {
                0 => lang.pick("当场", "at once").to_owned(),
                count => days(count, lang),
            };
            vec![
                rule.right.name(lang).to_owned(),
                rule.how.get(lang).to_owned(),
                answer,
                yes_no(
                    rule.for_subjects,
                    lang.pick(["同样享有", "不适用"], ["have it too", "does not apply"]),
                ),
                rule.law.get(lang).to_owned(),
                rule.clause.to_string(),
            ]
        })
        .collect();
    sheet.table(&head, &rows);
}

fn exceptions(statement: &Statement, sheet: &mut Sheet) {
    let lang = sheet.lang();
    let head = lang.pick(
        [
            "编号",
            "情形",
            "开放什么",
            "依据",
            "所需证明",
            "谁可援引",
            "单次最长",
        ],
        [
            "No.",
            "Case",
            "What it opens",
            "Ground",
            "Proof",
            "Who may invoke it",
            "Longest use",
        ],
    );
    for list in ExceptionList::ALL {
        sheet.heading(3, list.name(lang));
        let rows: Vec<Vec<String>> = (statement.exceptions().iter())
            .filter(|exception| exception.list == *list)
            .map(|exception| {
                let join = |words: Vec<&str>| {
                    if words.is_empty() {
                        "–".to_owned()
                    } else {
                        words.join(lang.pick("、", ", "))
                    }
                };
                vec![
                    exception.clause.to_string(),
                    exception.name.get(lang).to_owned(),
                    exception.opens.get(lang).to_owned(),
                    ground_of(exception, lang),
                    join(
                        exception
                            .proofs
                            .iter()
                            .map(|proof| proof.name(lang))
                            .collect(),
                    ),
                    join(
                        exception
                            .invokers
                            .iter()
                            .map(|who| who.name(lang))
                            .collect(),
                    ),
                    exception.days_max.map_or_else(
                        || "–".to_owned(),
                        |days| lang.pick(format!("{days} 天"), format!("{days} days")),
                    ),
                ]
            })
            .collect();
        sheet.table(&head, &rows);
    }
}

fn ground_of(exception: &Exception, lang: Lang) -> String {
    let name = exception.ground.map(|basis| basis_name(basis, lang));
    match (name, &exception.article, &exception.unavailable) {
        (Some(name), Some(article), _) => {
            let article = article.get(lang);
            lang.pick(
                format!("{name}（{article}）"),
                format!("{name} ({article})"),
            )
        }
        (Some(name), None, _) => name.to_owned(),
        (None, _, Some(reason)) => {
            let word = lang.pick("不可援引：", "not available: ");
            format!("{word}{}", reason.get(lang))
        }
        (None, _, None) => "–".to_owned(),
    }
}

fn partners(statement: &Statement, sheet: &mut Sheet) {
    let lang = sheet.lang();
    let head = lang.pick(["存放地", "条款"], ["Stored in", "Clause"]);
    let rows: Vec<Vec<String>> = (statement.regions().iter())
        .map(|region| vec![region.name.get(lang).to_owned(), region.clause.to_string()])
        .collect();
    sheet.table(&head, &rows);
    if statement.partners().is_empty() {
        let none = lang.pick(
            "目前没有任何合作方接收用户代表的个人信息。",
            "At present no partner receives personal information of representatives.",
        );
        sheet.paragraphs(none);
        return;
    }
    let head = lang.pick(
        [
            "接收方",
            "联系方式",
            "角色",
            "目的",
            "方式",
            "信息",
            "所在地",
            "条款",
        ],
        [
            "Recipient",
            "Contact",
            "Role",
            "Purposes",
            "Method",
            "Data",
            "Place",
            "Clause",
        ],
    );
    let rows: Vec<Vec<String>> = (statement.partners().iter())
        .map(|partner| {
            let comma = lang.pick("、", ", ");
            let purposes: Vec<&str> = (partner.purposes.iter())
                .filter_map(|id| statement.purpose(id))
                .map(|purpose| purpose.name.get(lang))
                .collect();
            let data: Vec<&str> = (partner.categories.iter())
                .filter_map(|id| statement.category(id))
                .map(|category| category.name.get(lang))
                .collect();
            vec![
                partner.name.get(lang).to_owned(),
                partner.contact.clone(),
                partner.role.name(lang).to_owned(),
                purposes.join(comma),
                partner.method.get(lang).to_owned(),
                data.join(comma),
                partner.region.to_string(),
                partner.clause.to_string(),
            ]
        })
        .collect();
    sheet.table(&head, &rows);
}

fn contacts(statement: &Statement, sheet: &mut Sheet, installation: &Installation) {
    let lang = sheet.lang();
    let form = sheet.form();
    let head = lang.pick(["联系方式", "内容", "用途"], ["Contact", "Value", "For"]);
    let rows: Vec<Vec<String>> = (statement.contacts().iter())
        .map(|contact| {
            vec![
                contact.slot.name(lang).to_owned(),
                form.value(&installation.value(contact.slot, lang)),
                contact.purpose.get(lang).to_owned(),
            ]
        })
        .collect();
    sheet.table(&head, &rows);
}
