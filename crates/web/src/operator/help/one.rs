//! One request: why it was asked, the offer, and the looks that the enterprise approved.

mod seen;

use axum::response::Response;
use yuntu_app::help::{
    HELP_BYTES_MAX, HELP_ROWS_MAX, HelpName, HelpStatement, HelpStructure, OperatorHelp, table_name,
};
use yuntu_app::policy::{HelpScope, Standing};
use yuntu_app::words::minute;
use yuntu_app::{AppError, Done, engine_text};
use yuntu_terms::{HelpId, clause};

use super::PATH;
use crate::forms::{Fields, Sent};
use crate::input::Named;
use crate::operator::Desk;
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView, Section, opened, section};
use crate::view::{Asked, Wrong};

struct Topic {
    id: HelpId,
}

type View = Desk<Topic>;

/// What a look brought, which is shown once and kept nowhere.
enum Seen {
    Nothing,
    Structure(HelpStructure),
    Rows(Box<Done>),
}

pub(in crate::operator) async fn page(
    desk: Desk,
    Named(id): Named<HelpId>,
    asked: Asked,
) -> Result<Response, Problem> {
    let view = desk.about(Topic { id });
    let done = match asked.done.as_str() {
        "offered" => view.lang.pick(
            "已表示可以协助；企业批准后您才能查看。",
            "You offered; you can look once the enterprise approves it.",
        ),
        "given_up" => view
            .lang
            .pick("已收回或放弃。", "It is taken back, or given up."),
        _ => "",
    };
    view.show(done, (&Fields::default(), Wrong::default()), Seen::Nothing)
        .await
}

/// Offers, gives up, or looks; what a look brings is the answer itself.
pub(in crate::operator) async fn sent(
    desk: Desk,
    Named(id): Named<HelpId>,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(U2);
    let view = desk.about(Topic { id });
    let (platform, caller) = (&view.site.platform, &view.who.caller);
    let back = |done| Ok(view.on_to(&format!("{PATH}/{id}"), done));
    let failed = match fields.one("act") {
        "offer" => match HelpName::parse(fields.one("name")) {
            Ok(name) => match platform.offer_help(caller, id, &name).await {
                Ok(_offer) => return back("offered"),
                Err(error) => error,
            },
            Err(error) => error,
        },
        "give_up" => match platform.give_up_help(caller, id).await {
            Ok(()) => return back("given_up"),
            Err(error) => error,
        },
        "structure" => match platform.look_at_structure(caller, id).await {
            Ok(structure) => {
                let nothing = (&fields, Wrong::default());
                return view.show("", nothing, Seen::Structure(structure)).await;
            }
            Err(error) => error,
        },
        "look" => match HelpStatement::parse(fields.one("statement")) {
            Ok(statement) => match platform.look_at_rows(caller, id, &statement).await {
                Ok(done) => {
                    let nothing = (&fields, Wrong::default());
                    return view.show("", nothing, Seen::Rows(Box::new(done))).await;
                }
                Err(error) => error,
            },
            Err(error) => error,
        },
        _ => return Err(Problem::no_such_act()),
    };
    let limit = if let AppError::Account(error) = &failed {
        Some(error.clone())
    } else {
        None
    };
    let wrong = if let AppError::Engine(error) = &failed {
        Wrong::field("statement", engine_text(error))
    } else {
        Wrong::of(failed)?
    };
    let page = view.show("", (&fields, wrong), Seen::Nothing).await;
    match limit {
        // To whom the request itself is not shown, this is told all the same.
        Some(error) => page.map_err(|_hidden| AppError::from(error).into()),
        None => page,
    }
}

impl View {
    async fn show(
        &self,
        done: &str,
        (fields, wrong): (&Fields, Wrong),
        seen: Seen,
    ) -> Result<Response, Problem> {
        let (lang, platform) = (self.lang, &self.site.platform);
        let status = wrong.status();
        let help = platform
            .help_offered(&self.who.caller, self.about.id)
            .await?;
        let mut sections = vec![self.request(&help)];
        match seen {
            Seen::Nothing => {}
            Seen::Structure(structure) => sections.push(self.structure(&structure)),
            Seen::Rows(done) => sections.push(self.rows(&done)?),
        }
        if help.hers && help.standing == Standing::Active {
            sections.push(self.looks(&help, fields, wrong));
        } else if help.standing == Standing::Pending {
            sections.push(self.offer(&help, fields, wrong));
        }
        let title = lang.pick("技术协助", "Technical help");
        let frame = self.frame(title, self.path()).saying(done).below(self.link(
            PATH,
            "全部技术协助",
            "All technical help",
        ));
        let lead = match (&help.help.approved, help.standing) {
            (Some((.., period)), Standing::Active) => {
                let until = minute(period.until);
                lang.pick(
                    format!("企业已批准由您协助，至 {until}。每一次查看都记入企业自己的日志。"),
                    format!("The enterprise approved your help until {until}. Each look goes into the enterprise's own log."),
                )
            }
            (_, Standing::Pending) => self.t(
                "等待企业批准；批准之前看不到任何业务数据。",
                "It waits for the enterprise's approval; until then no business data can be seen.",
            ),
            (_, Standing::Active | Standing::Frozen | Standing::Ended) => self.t(
                "已结束，不能再查看。",
                "It has ended; nothing can be looked at any more.",
            ),
        };
        self.shown(frame, lead, sections, status)
    }

    fn request(&self, help: &OperatorHelp) -> Section {
        let (lang, asked) = (self.lang, &help.help.asked);
        let scopes: Vec<_> = asked.scopes.iter().map(|it| it.name(lang)).collect();
        let scopes = opened(&scopes.join(lang.pick("；", "; ")), lang);
        let tables: Vec<_> = asked
            .datasets
            .iter()
            .enumerate()
            .map(|(place, id)| format!("{} = {id}", table_name(place)))
            .collect();
        let mut facts = vec![(self.t("企业", "Enterprise"), help.enterprise.clone())];
        if let Some(words) = &help.words {
            facts.push((
                self.t("需要协助什么", "What help is needed with"),
                words.clone(),
            ));
        }
        facts.extend([
            (self.t("可查看的内容", "What may be looked at"), scopes),
            (self.t("目的", "Purpose"), self.purpose(&asked.purpose)),
            (
                self.t("数据集", "Datasets"),
                tables.join(lang.pick("；", "; ")),
            ),
            (self.t("申请于", "Asked"), minute(help.help.asked_at)),
            (self.t("编号", "Id"), self.about.id.to_string()),
        ]);
        let title = lang.pick("申请", "The request");
        section("request", title, vec![Block::Facts(facts)])
    }

    fn offer(&self, help: &OperatorHelp, fields: &Fields, wrong: Wrong) -> Section {
        let lang = self.lang;
        let form = if help.offered {
            FormView {
                acts: vec![("give_up", self.t("收回", "Take the offer back"), true)],
                ..self.form("withdraw", &self.path())
            }
        } else {
            let name = InputView::line(
                "name",
                self.t("企业看到的名字", "The name the enterprise sees"),
            )
            .with(fields.one("name"))
            .because(self.t(
                "必填，2 至 40 个字符；加密保存，只有该企业看得到。",
                "Necessary, 2 to 40 characters; kept encrypted, and shown to this enterprise only.",
            ))
            .needed();
            FormView {
                inputs: vec![name],
                acts: vec![("offer", self.t("我可以协助", "Offer to help"), false)],
                ..self.form("offer", &self.path())
            }
        };
        let title = lang.pick("您的意愿", "Your offer");
        let form = Block::Form(Box::new(wrong.into_form(form, lang)));
        section("offer", title, vec![form])
    }

    fn looks(&self, help: &OperatorHelp, fields: &Fields, wrong: Wrong) -> Section {
        let lang = self.lang;
        let opens = |scope| help.help.asked.scopes.contains(&scope);
        let mut blocks = Vec::new();
        if opens(HelpScope::Structure) {
            blocks.push(Block::Form(Box::new(FormView {
                acts: vec![(
                    "structure",
                    self.t("查看结构（记入企业日志）", "Look at the structure (logged)"),
                    false,
                )],
                ..self.form("structure", &self.path())
            })));
        }
        if opens(HelpScope::Rows) {
            let kib = HELP_BYTES_MAX / 1024;
            let statement = InputView::lines("statement", self.t("查询语句", "Statement"))
                .with(fields.one("statement"))
                .because(lang.pick(
                    format!("一条 SELECT，数据集称 d1、d2……，结果最多 {HELP_ROWS_MAX} 行、共 {kib} KiB；逐人按同意过滤。语句加密保存，企业可见。"),
                    format!("One SELECT over d1, d2 and so on, with {HELP_ROWS_MAX} rows and {kib} KiB at most; filtered by consent, person by person. The statement is kept encrypted, and the enterprise reads it."),
                ))
                .needed();
            let form = FormView {
                inputs: vec![statement],
                acts: vec![(
                    "look",
                    self.t("查看数据行（记入企业日志）", "Look at rows (logged)"),
                    false,
                )],
                ..self.form("look", &self.path())
            };
            blocks.push(Block::Form(Box::new(wrong.into_form(form, lang))));
        }
        let end = FormView {
            acts: vec![("give_up", self.t("结束我的协助", "End my help"), true)],
            ..self.form("give_up", &self.path())
        };
        blocks.push(Block::Form(Box::new(end)));
        section("look", lang.pick("查看", "Look"), blocks)
    }

    fn path(&self) -> String {
        format!("{PATH}/{}", self.about.id)
    }
}
