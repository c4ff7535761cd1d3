//! One member: her role, her letter of authorisation, and the end of her seat.

use axum::extract::State;
use axum::response::Response;
use yuntu_app::MemberView;
use yuntu_app::policy::{Period, Role};
use yuntu_terms::{Digest, Lang, RepresentativeId, Text, Timestamp, clause};

use super::{PATH, choose_role, letter_text, name_of, role_input};
use crate::account::{Wrong, section, shown, to_with};
use crate::console::Seated;
use crate::forms::{Fields, FormMark, Sent};
use crate::input::{Language, Named};
use crate::pages::Frame;
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView, Link, Section, opened};
use crate::state::Site;

struct View<'a> {
    site: &'a Site,
    seated: &'a Seated,
    lang: Lang,
    mark: &'a FormMark,
    id: RepresentativeId,
}

pub(in crate::console) async fn page(
    State(site): State<Site>,
    seated: Seated,
    Language(lang): Language,
    Named(id): Named<RepresentativeId>,
    mark: FormMark,
) -> Result<Response, Problem> {
    let view = View {
        site: &site,
        seated: &seated,
        lang,
        mark: &mark,
        id,
    };
    view.show(None, Wrong::default()).await
}

pub(in crate::console) async fn sent(
    State(site): State<Site>,
    seated: Seated,
    Language(lang): Language,
    Named(id): Named<RepresentativeId>,
    mark: FormMark,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(R3);
    let view = View {
        site: &site,
        seated: &seated,
        lang,
        mark: &mark,
        id,
    };
    let (platform, caller) = (&site.platform, seated.caller);
    let (outcome, done) = match fields.one("act") {
        "role" => match Role::from_code(fields.one("role")) {
            Some(role) => (platform.change_role(caller, id, role).await, "changed"),
            None => {
                return view
                    .show(Some(&fields), Wrong::field("role", choose_role()))
                    .await;
            }
        },
        "letter" => match letter(&fields) {
            Ok((document, period)) => {
                let done = platform.record_letter(caller, id, document, period).await;
                (done, "changed")
            }
            Err(wrong) => return view.show(Some(&fields), wrong).await,
        },
        "remove" => (platform.remove_member(caller, id).await, "removed"),
        _ => return Err(Problem::invalid("没有此操作", "there is no such act")),
    };
    match outcome {
        Ok(()) => Ok(to_with(PATH, lang, &[("done", done)])),
        Err(error) => view.show(Some(&fields), Wrong::of(error)?).await,
    }
}

/// Reads a letter: the digest of its file, and the days from and until which it holds, in China.
fn letter(fields: &Fields) -> Result<(Digest, Period), Wrong> {
    let mut wrong = Wrong::default();
    let digest = fields.one("digest").trim().to_ascii_lowercase();
    let digest: Option<Digest> = digest.parse().ok();
    if digest.is_none() {
        let text = Text::new(
            "应为文件 SHA-256 摘要的 64 位十六进制字符",
            "This is the SHA-256 digest of the file: 64 hexadecimal characters.",
        );
        wrong.add("digest", text);
    }
    let mut day = |name: &'static str, end: bool| {
        let found = day(fields.one(name), end);
        if found.is_none() {
            let text = Text::new(
                "应为日期，如 2026-12-31",
                "This is a date such as 2026-12-31.",
            );
            wrong.add(name, text);
        }
        found
    };
    let (from, until) = (day("from", false), day("until", true));
    match (digest, from, until) {
        (Some(digest), Some(from), Some(until)) => Ok((digest, Period { from, until })),
        _ => Err(wrong),
    }
}

/// Reads a day of China: its beginning, or its end, which is the beginning of the next.
fn day(typed: &str, end: bool) -> Option<Timestamp> {
    let typed = typed.trim();
    let form = typed.len() == 10 && typed.bytes().all(|it| it.is_ascii_digit() || it == b'-');
    let start: Timestamp = format!("{typed}T00:00:00+08:00")
        .parse()
        .ok()
        .filter(|_| form)?;
    Some(if end { start.plus_days(1) } else { start })
}

impl View<'_> {
    fn t(&self, zh: &str, en: &str) -> String {
        self.lang.pick(zh, en).to_owned()
    }

    fn form(&self, id: &'static str) -> FormView {
        let (path, code) = (self.id, self.lang.pick("zh", "en"));
        FormView {
            id,
            action: format!("{PATH}/{path}?lang={code}"),
            mark: self.mark.text(),
            ..FormView::default()
        }
    }

    async fn show(&self, typed: Option<&Fields>, wrong: Wrong) -> Result<Response, Problem> {
        let lang = self.lang;
        let status = wrong.status();
        let (members, _) = self.site.platform.members(self.seated.caller).await?;
        let own = members.iter().find(|member| member.own);
        let own = own.map_or(Role::Viewer, |member| member.role);
        let member = members.iter().find(|it| it.representative == self.id);
        let member = member.ok_or_else(Problem::not_found)?;
        let act = typed.map_or("", |fields| fields.one("act"));
        let (mut of_role, mut of_letter, mut of_end) = Default::default();
        match act {
            "letter" => of_letter = wrong,
            "remove" => of_end = wrong,
            _ => of_role = wrong,
        }
        let mut sections = vec![self.role(member, own, of_role)];
        if !member.own {
            sections.push(self.letter(typed.filter(|_| act == "letter"), of_letter));
            sections.push(self.end(member, of_end));
        }
        let name = name_of(member, lang);
        let role = opened(member.role.name(lang), lang);
        let letter = letter_text(member.letter, self.site.platform.now(), lang);
        let lead = lang.pick(format!("{role}；{letter}"), format!("{role}; {letter}"));
        let up = Link {
            address: format!("{PATH}?lang={}", lang.pick("zh", "en")),
            text: self.t("全部成员", "All members"),
            note: String::new(),
        };
        let path = format!("{PATH}/{}", self.id);
        let frame = Frame {
            up: Some(up),
            ..self.seated.person.frame(lang, name, path, self.mark)
        };
        shown(self.site, self.mark, frame, lead, sections, status)
    }

    fn role(&self, member: &MemberView, own: Role, wrong: Wrong) -> Section {
        let form = FormView {
            inputs: vec![role_input(own, member.role.code(), self.lang)],
            acts: vec![("role", self.t("更改角色", "Change the role"), false)],
            ..self.form("role")
        };
        let form = wrong.into_form(form, self.lang);
        let title = self.lang.pick("角色", "Role");
        section("role", title, vec![Block::Form(Box::new(form))])
    }

    fn letter(&self, typed: Option<&Fields>, wrong: Wrong) -> Section {
        let lang = self.lang;
        let typed = |name: &str| typed.map_or("", |fields| fields.one(name));
        let date = |name, label: String| InputView {
            kind: crate::report::InputKind::Line("date"),
            ..InputView::line(name, label).with(typed(name)).needed()
        };
        let text = self.t(
            "没有在有效期内的授权函件，成员不能下达指示、处理数据或查看报告；函件到期的同一刻，权限随之停止。",
            "Without a letter of authorisation in force a member cannot instruct, work on data or read reports; the right ends the moment the letter does.",
        );
        let note = self.t(
            "签署文件的 SHA-256 摘要；文件由企业留存，可凭摘要核对。",
            "The SHA-256 digest of the signed file; the enterprise keeps the file, and the digest shows which it is.",
        );
        let form = FormView {
            inputs: vec![
                InputView::line("digest", self.t("文件摘要", "Digest of the file"))
                    .with(typed("digest"))
                    .because(note)
                    .needed(),
                date("from", self.t("自（含当日）", "From (that day included)")),
                date("until", self.t("至（含当日）", "Until (that day included)")),
            ],
            acts: vec![("letter", self.t("登记授权函件", "Record the letter"), false)],
            ..self.form("letter")
        };
        let form = wrong.into_form(form, lang);
        let title = lang.pick("授权函件", "Letter of authorisation");
        let blocks = vec![Block::Text(text), Block::Form(Box::new(form))];
        section("letter", title, blocks)
    }

    fn end(&self, member: &MemberView, wrong: Wrong) -> Section {
        let lang = self.lang;
        let name = name_of(member, lang);
        let label = lang.pick(format!("移除“{name}”"), format!("Remove “{name}”"));
        let form = FormView {
            acts: vec![("remove", label, true)],
            ..self.form("remove")
        };
        let form = wrong.into_form(form, lang);
        let text = self.t(
            "移除后其授权函件随即失效，此人的帐号不受影响。",
            "Her letters end with it; her account stays as it is.",
        );
        let title = lang.pick("移除", "Remove");
        let blocks = vec![Block::Text(text), Block::Form(Box::new(form))];
        section("remove", title, blocks)
    }
}
