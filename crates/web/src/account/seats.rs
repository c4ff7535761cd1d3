//! For whom a person acts: she chooses one of her seats, or creates an enterprise.

use axum::response::Response;
use yuntu_app::Seat;
use yuntu_terms::{EnterpriseName, clause};

use super::Own;
use super::told::{Need, why};
use crate::forms::{Fields, Sent};
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView, opened, section};
use crate::view::Wrong;

const PATH: &str = "/account/seats";

pub(super) async fn page(view: View) -> Result<Response, Problem> {
    view.show(None, Wrong::default()).await
}

pub(super) async fn sent(view: View, Sent(fields): Sent<Fields>) -> Result<Response, Problem> {
    clause::hit!(R3);
    match fields.one("act") {
        "take" => {
            let seat = fields.id("seat")?;
            view.site
                .platform
                .take_seat(&view.who.session, seat)
                .await?;
            Ok(view.on_to("/console", ""))
        }
        "create" => match view.create(&fields).await {
            Ok(()) => Ok(view.on_to("/console", "")),
            Err(error) => view.show(Some(&fields), error?).await,
        },
        _ => Err(Problem::no_such_act()),
    }
}

#[derive(Default)]
pub(super) struct Topic;

pub(super) type View = Own<Topic>;

impl View {
    async fn create(&self, fields: &Fields) -> Result<(), Result<Wrong, Problem>> {
        let name = EnterpriseName::parse(fields.one("name"));
        let name = name.map_err(|fault| Ok(Wrong::field("name", fault.text())))?;
        let industry = fields.one("industry");
        let platform = &self.site.platform;
        let made = platform.create_enterprise(&self.who.session, &name, industry);
        made.await.map_err(Wrong::of)?;
        Ok(())
    }

    async fn show(&self, typed: Option<&Fields>, wrong: Wrong) -> Result<Response, Problem> {
        let lang = self.lang;
        let status = wrong.status();
        let seats = self.site.platform.seats(&self.who.session).await?;
        let chosen = section(
            "seats",
            lang.pick("您所代表的企业", "Enterprises for which you act"),
            self.seats(seats),
        );
        let statement = self.site.platform.statement();
        let field = |name: &'static str, category: &str, label: String| {
            InputView::line(name, label)
                .with(typed.map_or("", |fields| fields.one(name)))
                .because(why(statement, category, "account", Need::Necessary, lang))
                .needed()
        };
        let create = FormView {
            inputs: vec![
                InputView {
                    autocomplete: "organization",
                    ..field(
                        "name",
                        "enterprise_name",
                        self.t("企业（组织）名称", "Name of the enterprise"),
                    )
                },
                field("industry", "industry", self.t("行业类型", "Industry")),
            ],
            acts: vec![("create", self.t("创建企业", "Create the enterprise"), false)],
            ..self.form("create", PATH)
        };
        let create = wrong.into_form(create, lang);
        let note = self.t(
            "您成为它的所有者。通过认证之前，只能邀请成员、接受声明和办理认证。",
            "You become its owner. Until it is certified, it can invite members, accept the statement and apply for certification, and nothing else.",
        );
        let create = section(
            "create",
            lang.pick("创建一家企业", "Create an enterprise"),
            vec![Block::Text(note), Block::Form(Box::new(create))],
        );
        let join = self.t(
            "请该企业的所有者或管理员邀请您的邮箱或手机号；邀请中的链接七日内有效，须以该地址的帐号打开。",
            "Ask an owner or admin of the enterprise to invite your email address or mobile number; the link in the invitation is good for seven days and must be opened by the account that has the address.",
        );
        let join = section(
            "join",
            lang.pick("加入一家企业", "Join an enterprise"),
            vec![Block::Text(join)],
        );
        let title = lang.pick("选择企业", "Choose an enterprise");
        let frame = self.frame(title, PATH);
        let sections = vec![chosen, create, join];
        self.shown(frame, "", sections, status)
    }

    fn seats(&self, seats: Vec<Seat>) -> Vec<Block> {
        if seats.is_empty() {
            let text = self.t(
                "您还不代表任何企业。",
                "You do not act for any enterprise yet.",
            );
            return vec![Block::Text(text)];
        }
        let mut blocks = Vec::new();
        for seat in seats {
            let role = opened(seat.role.name(self.lang), self.lang);
            let mut facts = vec![
                (self.t("企业", "Enterprise"), seat.name.clone()),
                (self.t("角色", "Role"), role),
            ];
            if seat.taken {
                facts.push((
                    self.t("此刻", "Now"),
                    self.t("您正代表它", "You act for it"),
                ));
            }
            blocks.push(Block::Facts(facts));
            let name = seat.name;
            let label = self
                .lang
                .pick(format!("代表“{name}”"), format!("Act for “{name}”"));
            let mut form = FormView {
                acts: vec![("take", label, true)],
                ..self.form("take", PATH)
            };
            form.hidden.push(("seat", seat.representative.to_string()));
            blocks.push(Block::Form(Box::new(form)));
        }
        blocks
    }
}
