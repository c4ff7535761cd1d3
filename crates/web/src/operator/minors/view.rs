use axum::http::StatusCode;
use axum::response::Response;
use yuntu_app::minors::{Candidate, OpenedReport, ReportReview};
use yuntu_app::policy::{MinorReportState, ReportLookReason};
use yuntu_app::store::{AccountStanding, MinorReport};
use yuntu_app::words::minute;
use yuntu_terms::{Lang, Timestamp};

use super::PATH;
use crate::forms::Fields;
use crate::operator::Desk;
use crate::problem::Problem;
use crate::report::{Block, FormView, InputKind, InputView, Link, Part, Section, opened, section};
use crate::view::Wrong;

const HOUR_MICROS: i64 = 3_600_000_000;

/// Says how a report stands to its deadline.
fn left(report: &MinorReport, now: Timestamp, lang: Lang) -> String {
    let hours = (report.due.as_micros() - now.as_micros()).div_euclid(HOUR_MICROS);
    if hours < 0 {
        lang.pick(
            format!("已逾期 {} 小时", -hours),
            format!("{} h past the deadline", -hours),
        )
    } else {
        lang.pick(format!("还剩 {hours} 小时"), format!("{hours} h left"))
    }
}

/// Shows what waits, what is due first first, and what is settled: no value and no name.
pub(super) fn list(
    desk: &Desk,
    open: &[MinorReport],
    settled: &[MinorReport],
) -> Result<Response, Problem> {
    let (lang, now) = (desk.lang, desk.site.platform.now());
    let link = |report: &MinorReport, note: String| {
        let state = report.state.name();
        let state = opened(state.get(lang), lang);
        Link {
            address: desk.address(&format!("{PATH}/{}", report.id)),
            text: report.id.to_string(),
            note: lang.pick(format!("{state}，{note}"), format!("{state}, {note}")),
        }
    };
    let waits = open.iter().map(|it| link(it, left(it, now, lang)));
    let done = settled.iter().map(|it| {
        let at = minute(it.settled.unwrap_or(it.reported));
        link(it, at)
    });
    let none = desk.t("没有待办结的举报。", "No report is open.");
    let waits = Block::links(waits.collect(), none);
    let none = desk.t("没有已办结的举报。", "No report is settled.");
    let done = Block::links(done.collect(), none);
    let sections = vec![
        section("open", lang.pick("待办结", "Open"), vec![waits]),
        section("settled", lang.pick("已办结", "Settled"), vec![done]),
    ];
    let lead = desk.t(
        "先到期的在前。期限由隐私声明承诺，逾期会发出警报。",
        "What is due first comes first. The statement promises the deadline; past it an alarm is raised.",
    );
    let title = desk.t("未成年人帐号举报", "Reports of minors' accounts");
    desk.shown(desk.frame(title, PATH), lead, sections, StatusCode::OK)
}

/// The page of one report.
pub(super) struct Topic {
    pub(super) typed: Option<Fields>,
}

type View = Desk<Topic>;

impl View {
    pub(super) fn show(
        &self,
        found: &ReportReview,
        look: &OpenedReport,
        wrong: Wrong,
    ) -> Result<Response, Problem> {
        let lang = self.lang;
        let id = found.report.id;
        let status = wrong.status();
        let mut sections = vec![self.state(found), self.told(found, look)];
        sections.push(self.accounts(found, look));
        let can_decide = found.report.state.may_become(MinorReportState::Dismissed);
        if can_decide {
            sections.push(self.decide(found, look, wrong));
        } else if !wrong.is_nothing() {
            let form = wrong.into_form(self.form("told", &format!("{PATH}/{id}")), lang);
            let title = lang.pick("没有完成", "Not done");
            sections.push(section("wrong", title, vec![Block::Form(Box::new(form))]));
        }
        let title = lang.pick("一份未成年人帐号举报", "One report of a minor's account");
        let path = format!("{PATH}/{id}");
        let frame = self
            .frame(title, path)
            .below(self.link(PATH, "全部举报", "All reports"));
        let lead = self.t(
            "举报内容一律遮挡，查看须先选择理由；每次查看在显示之前记入账本。",
            "What was told is masked. A look takes a reason first, and is in the ledger before anything is shown.",
        );
        self.shown(frame, lead, sections, status)
    }

    fn state(&self, found: &ReportReview) -> Section {
        let lang = self.lang;
        let report = &found.report;
        let state = report.state.name();
        let mut facts = vec![
            (self.t("状态", "State"), opened(state.get(lang), lang)),
            (self.t("收到于", "Received"), minute(report.reported)),
            (self.t("最迟办结", "Settled by"), minute(report.due)),
        ];
        if report.state.is_open() {
            let now = self.site.platform.now();
            facts.push((self.t("期限", "Deadline"), left(report, now, lang)));
        }
        if let Some(decided) = report.decided {
            facts.push((self.t("决定于", "Decided"), minute(decided)));
        }
        if let Some(erase) = report.erase {
            facts.push((self.t("开始删除", "Erasure begins"), minute(erase)));
        }
        if let Some(settled) = report.settled {
            facts.push((self.t("办结于", "Settled"), minute(settled)));
        }
        if let Some(words) = &found.words {
            facts.push((self.t("理由", "Reasons"), words.clone()));
        }
        let answered = if report.has_contact {
            self.t(
                "举报人留有联系方式，作出决定时自动告知。",
                "Whoever reported it left an address and is told of the decision by itself.",
            )
        } else {
            self.t(
                "没有可用的联系方式；举报人凭回执查看结果。",
                "There is no address to write to; the outcome is seen with the receipt.",
            )
        };
        let blocks = vec![Block::Facts(facts), Block::Note(answered)];
        section("state", lang.pick("状态", "Where it stands"), blocks)
    }

    fn field(&self, field: &str) -> String {
        match field {
            "account" => self.t("帐号的邮箱或手机号", "Address of the account"),
            "enterprise" => self.t("企业名称", "Name of the enterprise"),
            "person" => self.t("是哪一位", "Who it is"),
            _ => self.t("理由", "Why"),
        }
    }

    fn told(&self, found: &ReportReview, look: &OpenedReport) -> Section {
        let masked = self.t("（已遮挡）", "(masked)");
        let facts = found.told.iter().map(|field| {
            let value = look.told.get(field);
            (self.field(field), value.unwrap_or(&masked).clone())
        });
        let facts: Vec<_> = facts.collect();
        let mut blocks = Vec::new();
        if facts.is_empty() {
            blocks.push(Block::Text(self.t(
                "举报内容已随帐号删除。",
                "What was told is erased together with the account.",
            )));
        } else {
            blocks.push(Block::Facts(facts));
            if look.told.is_empty() {
                blocks.push(Block::Form(Box::new(self.look(found))));
            } else {
                blocks.push(Block::Note(self.t(
                    "此次查看已记入账本；离开本页后恢复遮挡。",
                    "This look is in the ledger; once you leave the page everything is masked again.",
                )));
            }
        }
        let title = self.lang.pick("举报所述", "What was told");
        section("told", title, blocks)
    }

    fn look(&self, found: &ReportReview) -> FormView {
        let reasons = ReportLookReason::ALL.iter().map(|reason| {
            let text = reason.text();
            let label = opened(text.get(self.lang), self.lang);
            (reason.code().to_owned(), label, false)
        });
        FormView {
            inputs: vec![InputView::one(
                "reason",
                self.t("查看的理由", "Why you look"),
                reasons.collect(),
            )],
            acts: vec![("look", self.t("查看举报所述", "Look into the report"), true)],
            ..self.form("look", &format!("{PATH}/{}", found.report.id))
        }
    }

    fn accounts(&self, found: &ReportReview, look: &OpenedReport) -> Section {
        let mut blocks = Vec::new();
        if found.candidates.is_empty() {
            blocks.push(Block::Text(self.t(
                "没有与举报相符的帐号，或者它已经删除。",
                "No account fits the report, or it is erased already.",
            )));
        }
        for candidate in &found.candidates {
            blocks.push(Block::Part(self.account(candidate, look)));
        }
        let alone = found.candidates.iter().flat_map(|one| &one.seats);
        if alone.clone().any(|seat| seat.only_owner) {
            blocks.push(Block::Note(self.t(
                "有企业只有这一位所有者：帐号删除后，企业及其数据继续存在，但没有所有者，也没有人能代表它下达指示；请按企业登记的联系方式另行联系，由其他成员或新的代表接手。",
                "An enterprise has this one owner only: once the account is erased, the enterprise and its data stay, but nobody owns it or instructs for it. Get in touch with the enterprise by the contacts of its register, so that another member or a new representative takes over.",
            )));
        }
        let title = self.lang.pick("可能所指的帐号", "Accounts it may be about");
        section("accounts", title, blocks)
    }

    fn account(&self, candidate: &Candidate, look: &OpenedReport) -> Part {
        let lang = self.lang;
        let standing = match candidate.standing {
            AccountStanding::Active => self.t("正常", "active"),
            AccountStanding::Suspended => self.t("已停用", "suspended"),
            AccountStanding::Closed => self.t("已删除", "erased"),
        };
        let found_by = if candidate.by_address {
            self.t("举报所写的地址", "the address in the report")
        } else {
            self.t("企业名称", "the name of the enterprise")
        };
        let mut facts = vec![
            (self.t("状态", "Standing"), standing),
            (self.t("注册于", "Since"), minute(candidate.created)),
            (self.t("依据", "Found by"), found_by),
        ];
        if let Some(known) = look.known.get(&candidate.account) {
            facts.push((self.t("帐号所留", "Known by"), known.clone()));
        }
        for seat in &candidate.seats {
            let role = seat.role.name(lang);
            let role = if seat.only_owner {
                lang.pick(format!("{role}（唯一）"), format!("{role} (the only one)"))
            } else {
                role.to_owned()
            };
            facts.push((seat.name.clone(), role));
        }
        Part {
            title: candidate.account.to_string(),
            facts,
        }
    }

    fn decide(&self, found: &ReportReview, look: &OpenedReport, wrong: Wrong) -> Section {
        let lang = self.lang;
        let typed = |name: &str| {
            self.about
                .typed
                .as_ref()
                .map_or("", |fields| fields.one(name))
        };
        let mut inputs = Vec::new();
        let mut acts = Vec::new();
        let received = found.report.state == MinorReportState::Received;
        let open = found.candidates.iter();
        let open = open.filter(|one| one.standing != AccountStanding::Closed);
        let accounts: Vec<_> = open
            .map(|one| {
                let id = one.account.to_string();
                let label = look.known.get(&one.account).unwrap_or(&id).clone();
                let chosen = typed("account") == id;
                (id, label, chosen)
            })
            .collect();
        if received && !accounts.is_empty() {
            let label = self.t("举报所指的帐号", "The account it is about");
            inputs.push(InputView::one("account", label, accounts).because(self.t(
                "认定属实：帐号立即停用，所有登录结束，随即不能代表任何企业；一日之内（且不晚于期限）删除其个人信息，当事人会收到通知。",
                "If you uphold it, the account is suspended at once, every session ends, and it acts for no enterprise any more; its personal information is erased within a day and before the deadline, and the person is told.",
            )));
            let label = self.t(
                "本人或其监护人要求立即删除，不等待异议",
                "The person or her guardian asked for it: erase at once, without waiting for an objection",
            );
            let mut at_once = InputView::tick("at_once", "yes", label);
            at_once.kind = InputKind::Tick {
                on: typed("at_once") == "yes",
            };
            inputs.push(at_once);
            acts.push(("uphold", self.t("认定属实", "Uphold"), true));
        }
        let dismiss = if received {
            self.t("不予支持", "Do not uphold")
        } else {
            self.t(
                "撤销认定，恢复帐号",
                "Take it back and open the account again",
            )
        };
        acts.push(("dismiss", dismiss, true));
        let line = InputView::line("words", self.t("理由", "Reasons"));
        let line = line.with(typed("words")).needed();
        inputs.push(line.because(self.t(
            "必填。不予支持时举报人会原样看到；请勿写明是否存在某个帐号，也勿写个人信息。",
            "Necessary. Whoever reported it reads these words if you do not uphold it: say neither whether there is such an account nor anything personal.",
        )));
        let form = FormView {
            inputs,
            acts,
            ..self.form("decide", &format!("{PATH}/{}", found.report.id))
        };
        let form = wrong.into_form(form, lang);
        let title = lang.pick("作出决定", "Decide");
        section("decide", title, vec![Block::Form(Box::new(form))])
    }
}
