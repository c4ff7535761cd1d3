//! The lists of what is collected and of who receives it, made from what runs here and not written by hand.

use axum::extract::State;
use axum::response::Response;
use yuntu_app::Collected;
use yuntu_app::outbound::{Medium, Provider};
use yuntu_statement::Partner;
use yuntu_statement::render::{basis_name, day_in_beijing};
use yuntu_terms::{Lang, clause};

use crate::account::told::kept;
use crate::input::Language;
use crate::pages::{Frame, Page, show};
use crate::problem::Problem;
use crate::report::{Block, Link, Section, Table};
use crate::state::Site;

fn frame(lang: Lang, title: &str, path: &str) -> Frame {
    Frame {
        up: Some(Link {
            address: format!("/statement?lang={}", lang.pick("zh", "en")),
            text: lang.pick("隐私声明", "Privacy statement").to_owned(),
            note: String::new(),
        }),
        ..Frame::open(lang, title, path)
    }
}

/// Shows what is collected, purpose by purpose.
///
/// # Clause
/// R27
pub(super) async fn collected(
    State(site): State<Site>,
    Language(lang): Language,
) -> Result<Response, Problem> {
    clause::hit!(R27);
    let all = site.platform.collected()?;
    let (necessary, optional): (Vec<_>, Vec<_>) = all.iter().partition(|one| one.purpose.necessary);
    let sections = vec![
        purposes(
            &necessary,
            "necessary",
            lang.pick("提供服务所必需", "Necessary for the service"),
            lang,
        ),
        purposes(
            &optional,
            "optional",
            lang.pick(
                "可选，默认关闭，可在隐私中心逐项开关",
                "Optional, off until you turn it on in the privacy centre",
            ),
            lang,
        ),
    ];
    let title = lang.pick("个人信息收集清单", "What is collected");
    let lead = lang.pick(
        "本清单由正在运行的程序生成：依据数据库的每一列与现行声明。注明“未收集”的，本程序中没有保存它的地方。",
        "The running program makes this list from every column of its database and the statement in force. Where it says “not collected”, the program has no place that keeps it.",
    );
    show(&Page {
        frame: frame(lang, title, "/statement/collected"),
        lead: lead.to_owned(),
        sections,
    })
}

fn purposes(all: &[&Collected], anchor: &'static str, title: &str, lang: Lang) -> Section {
    let tables = all.iter().map(|one| Block::Table(table(one, lang)));
    Section {
        anchor,
        title: title.to_owned(),
        blocks: tables.collect(),
    }
}

fn table(one: &Collected, lang: Lang) -> Table {
    let bases: Vec<&str> = (one.purpose.bases.iter())
        .map(|it| basis_name(*it, lang))
        .collect();
    let rows = one.entries.iter().map(|entry| {
        let category = entry.category;
        let mut name = category.name.get(lang).to_owned();
        if category.sensitive {
            name.push_str(lang.pick("（敏感）", " (sensitive)"));
        }
        let places = entry.columns.len();
        let held = match places {
            0 => lang.pick("未收集", "not collected").to_owned(),
            _ => lang.pick(
                format!("数据库 {places} 列"),
                format!("{places} columns of the database"),
            ),
        };
        let keeps = entry
            .keeps
            .map_or_else(String::new, |rule| kept(rule, lang));
        vec![name, category.why.get(lang).to_owned(), keeps, held]
    });
    let name = one.purpose.name.get(lang);
    let bases = bases.join(lang.pick("、", ", "));
    let heads = match lang {
        Lang::Zh => ["信息", "为何需要", "保存多久", "现在"],
        Lang::En => ["Information", "Why", "How long", "Now"],
    };
    Table {
        caption: lang.pick(
            format!("{name}（依据：{bases}）"),
            format!("{name} (ground: {bases})"),
        ),
        head: heads.map(str::to_owned).to_vec(),
        rows: rows.collect(),
        ..Table::default()
    }
}

/// Shows who receives data of the people who act for enterprises.
///
/// # Clause
/// R27
pub(super) async fn provided(
    State(site): State<Site>,
    Language(lang): Language,
) -> Result<Response, Problem> {
    clause::hit!(R27);
    let provided = site.platform.provided();
    let partners = match provided.partners {
        [] => Block::Text(
            lang.pick(
                "没有。我们不向任何合作方提供您的个人信息；今后如有，须先在声明中列明并另行征得您的同意。",
                "None. We provide your personal information to no partner; should one ever receive it, the statement names it first and you are asked separately.",
            )
            .to_owned(),
        ),
        partners => Block::Table(partner_table(partners, lang)),
    };
    let carriers = match provided.carriers.as_slice() {
        [] => Block::Text(
            lang.pick(
                "没有。本站没有配置邮件服务器或短信服务商，通知只留在本站。",
                "None. No mail server and no provider of text messages is configured here, and messages stay on this site.",
            )
            .to_owned(),
        ),
        carriers => Block::Table(carrier_table(carriers, lang)),
    };
    let section = |anchor, title: &str, block| Section {
        anchor,
        title: title.to_owned(),
        blocks: vec![block],
    };
    let title = lang.pick("个人信息提供清单", "Who receives it");
    let lead = lang.pick(
        "本清单由正在运行的程序生成：依据现行声明的合作方名录与本站的配置。",
        "The running program makes this list from the register of partners in the statement and the configuration of this site.",
    );
    show(&Page {
        frame: frame(lang, title, "/statement/provided"),
        lead: lead.to_owned(),
        sections: vec![
            section("partners", lang.pick("合作方", "Partners"), partners),
            section(
                "carriers",
                lang.pick("受托传递通知的服务商", "Services that carry our messages"),
                carriers,
            ),
        ],
    })
}

fn partner_table(partners: &[Partner], lang: Lang) -> Table {
    let rows = partners.iter().map(|one| {
        vec![
            one.name.get(lang).to_owned(),
            one.contact.clone(),
            one.method.get(lang).to_owned(),
            one.region.to_string(),
            day_in_beijing(one.agreement_until),
        ]
    });
    let heads = match lang {
        Lang::Zh => ["名称", "联系方式", "用途与方式", "所在地", "协议至"],
        Lang::En => ["Name", "Contact", "For what and how", "Region", "Until"],
    };
    Table {
        caption: lang.pick("合作方", "Partners").to_owned(),
        head: heads.map(str::to_owned).to_vec(),
        rows: rows.collect(),
        ..Table::default()
    }
}

fn carrier_table(carriers: &[Provider], lang: Lang) -> Table {
    let rows = carriers.iter().map(|one| {
        let (what, receives) = match one.medium {
            Medium::Mail => (
                lang.pick("邮件", "mail"),
                lang.pick("收件邮箱与邮件内容", "the address and the words of a mail"),
            ),
            Medium::Sms => (
                lang.pick("短信", "text messages"),
                lang.pick(
                    "手机号与短信内容",
                    "the mobile number and the words of a message",
                ),
            ),
        };
        vec![
            what.to_owned(),
            one.host.clone(),
            receives.to_owned(),
            one.region.to_string(),
        ]
    });
    let heads = match lang {
        Lang::Zh => ["传递", "服务商的服务器", "收到什么", "所在地"],
        Lang::En => ["Carries", "Server of the service", "Receives", "Region"],
    };
    Table {
        caption: lang.pick("受托的服务商", "Services").to_owned(),
        head: heads.map(str::to_owned).to_vec(),
        rows: rows.collect(),
        ..Table::default()
    }
}
