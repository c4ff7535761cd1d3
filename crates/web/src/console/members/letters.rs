//! The letters of authorisation of one member: their signed files, which one counts, and who looked into them.

use axum::extract::State;
use axum::response::Response;
use yuntu_app::policy::Period;
use yuntu_app::words::minute;
use yuntu_app::{LetterView, MemberView, SignedLetter};
use yuntu_terms::{RepresentativeId, clause};

use super::one::{Topic, View};
use super::{PATH, name_of};
use crate::account::told::{Need, why};
use crate::console::{Console, Seated};
use crate::files::{KINDS, Upload, attachment};
use crate::forms::Fields;
use crate::input::{InPath, Named};
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView, Link, Part, Section, section};
use crate::state::Site;
use crate::view::Wrong;

/// Takes the signed letter of a member.
pub(in crate::console) async fn add(
    console: Console,
    Named(id): Named<RepresentativeId>,
    upload: Upload,
) -> Result<Response, Problem> {
    clause::hit!(R3);
    let Upload {
        fields,
        name,
        bytes,
    } = upload;
    let view = console.about(Topic { id });
    let period = match period(&fields) {
        Ok(period) => period,
        Err(wrong) => return view.show(Some(&fields), wrong).await,
    };
    let signed = SignedLetter {
        name,
        bytes,
        period,
    };
    let platform = &view.site.platform;
    match platform.record_letter(&view.who.caller, id, signed).await {
        Ok(()) => Ok(view.on_to(PATH, "letter")),
        Err(error) => view.show(Some(&fields), Wrong::of(error)?).await,
    }
}

/// Hands out the signed file of a letter.
pub(in crate::console) async fn file(
    State(site): State<Site>,
    seated: Seated,
    InPath((member, number)): InPath<(RepresentativeId, u64)>,
) -> Result<Response, Problem> {
    let opened = site.platform.open_letter(&seated.caller, member, number);
    attachment(opened.await?)
}

/// Reads the days from and until which a letter holds, in China.
fn period(fields: &Fields) -> Result<Period, Wrong> {
    let mut wrong = Wrong::default();
    let from = wrong.day("from", fields.one("from"), false);
    let until = wrong.day("until", fields.one("until"), true);
    match (from, until) {
        (Some(from), Some(until)) => Ok(Period { from, until }),
        _ => Err(wrong),
    }
}

impl View {
    /// Shows the letters of a member, and the form for the next one to who may record it.
    pub(super) fn letters(
        &self,
        (member, members): (&MemberView, &[MemberView]),
        letters: &[LetterView],
        (typed, wrong): (Option<&Fields>, Wrong),
    ) -> Section {
        let lang = self.lang;
        let mut blocks = vec![Block::Text(self.t(
            "没有在有效期内的授权函件，成员不能下达指示、处理数据或查看报告；函件到期的同一刻，权限随之停止。新的函件自其开始之日起取代旧的，旧函件留存备查。",
            "Without a letter of authorisation in force a member cannot instruct, work on data or read reports; the right ends the moment the letter does. A new letter takes the place of the earlier ones from its first day on; the earlier ones are kept.",
        ))];
        for (place, view) in letters.iter().enumerate().rev() {
            let later = letters.get(place + 1..).unwrap_or_default();
            blocks.push(Block::Part(self.version(view, later)));
        }
        let links: Vec<Link> = letters
            .iter()
            .rev()
            .filter_map(|it| self.download(it))
            .collect();
        if !links.is_empty() {
            blocks.push(Block::Links(links));
        }
        blocks.extend(self.looks(letters, members));
        if !member.own {
            blocks.push(Block::Form(Box::new(self.upload(member, typed, wrong))));
        }
        let title = lang.pick("授权函件", "Letter of authorisation");
        section("letter", title, blocks)
    }

    fn version(&self, view: &LetterView, later: &[LetterView]) -> Part {
        let (lang, now) = (self.lang, self.site.platform.now());
        let letter = &view.letter;
        let replaced = later
            .iter()
            .any(|next| next.letter.revoked.is_none() && next.letter.period.from <= now);
        let state = if letter.revoked.is_some() {
            self.t("已撤销", "revoked")
        } else if letter.period.until <= now {
            self.t("已到期", "over")
        } else if replaced {
            self.t("已被更新的函件取代", "replaced by a later one")
        } else if now < letter.period.from {
            self.t("尚未开始", "has not begun")
        } else {
            self.t("有效", "in force")
        };
        let (from, until) = (minute(letter.period.from), minute(letter.period.until));
        let file = match (&view.paper, letter.paper_erased) {
            (Some(paper), _) => format!(
                "{}, {} KiB",
                paper.kind.code().to_uppercase(),
                paper.size_bytes.div_ceil(1_024)
            ),
            (None, Some(at)) => {
                let at = minute(at);
                lang.pick(format!("已于 {at} 删除"), format!("erased at {at}"))
            }
            (None, None) => self.t(
                "随企业认证提交，或由企业留存",
                "came with the certification, or is kept by the enterprise",
            ),
        };
        let number = letter.number;
        Part {
            title: lang.pick(format!("第 {number} 份"), format!("Letter {number}")),
            facts: vec![
                (
                    self.t("期限", "Period"),
                    lang.pick(format!("{from} 至 {until}"), format!("{from} to {until}")),
                ),
                (self.t("状态", "State"), state),
                (self.t("登记于", "Recorded"), minute(letter.recorded)),
                (self.t("文件", "File"), file),
                (
                    self.t("文件摘要（SHA-256）", "Digest of the file (SHA-256)"),
                    letter.digest.to_string(),
                ),
            ],
        }
    }

    fn download(&self, view: &LetterView) -> Option<Link> {
        view.paper.as_ref()?;
        let (lang, number) = (self.lang, view.letter.number);
        Some(Link {
            address: format!("{PATH}/{}/letters/{number}", self.about.id),
            text: lang.pick(
                format!("下载第 {number} 份函件"),
                format!("Download letter {number}"),
            ),
            note: self.t("下载会留下记录", "the download is recorded"),
        })
    }

    fn looks(&self, letters: &[LetterView], members: &[MemberView]) -> Option<Block> {
        let lang = self.lang;
        let rows: Vec<Vec<String>> = letters
            .iter()
            .rev()
            .flat_map(|view| view.looks.iter().map(|look| (view.letter.number, look)))
            .map(|(number, look)| {
                let who = members.iter().find(|it| it.representative == look.by);
                let who = who.map_or_else(
                    || self.t("已离开的成员", "a former member"),
                    |member| name_of(member, lang),
                );
                vec![minute(look.at), number.to_string(), who]
            })
            .collect();
        if rows.is_empty() {
            return None;
        }
        Some(Block::Table(self.table(
            self.t("谁下载过", "Who downloaded it"),
            &[("时间", "When"), ("函件", "Letter"), ("由谁", "By whom")],
            rows,
        )))
    }

    fn upload(&self, member: &MemberView, typed: Option<&Fields>, wrong: Wrong) -> FormView {
        let lang = self.lang;
        let now = self.site.platform.now();
        // Who replaces the file of a letter in force keeps its days unless she types others.
        let kept = member.letter.filter(|period| period.holds(now));
        let kept = kept.map(|period| {
            let last = period.until.plus_days(-1).day_in_china();
            (period.from.day_in_china().to_string(), last.to_string())
        });
        let (from, until) = match (typed, kept) {
            (Some(fields), _) => (
                fields.one("from").to_owned(),
                fields.one("until").to_owned(),
            ),
            (None, Some(days)) => days,
            (None, None) => (String::new(), String::new()),
        };
        let date = |name, label: String, value: String, note: String| {
            let input = InputView::day(name, label).with(value);
            input.because(note).needed()
        };
        let statement = self.site.platform.statement();
        let need = Need::Necessary;
        let note = why(
            statement,
            "authorisation_letter",
            "certification",
            need,
            lang,
        );
        let label = self.t(
            "已签署的函件（PDF、PNG 或 JPEG，最大 5 MiB）",
            "The signed letter (PDF, PNG or JPEG, at most 5 MiB)",
        );
        let form = FormView {
            inputs: vec![
                InputView::file(label, KINDS).because(note).needed(),
                date(
                    "from",
                    self.t("自（含当日）", "From (that day included)"),
                    from,
                    self.t("以函件所载为准。", "As the letter says."),
                ),
                date(
                    "until",
                    self.t("至（含当日）", "Until (that day included)"),
                    until,
                    self.t(
                        "到期前三十日、七日及到期时会提醒成员和管理者。",
                        "The member and who manages members are told thirty and seven days before, and when it has ended.",
                    ),
                ),
            ],
            acts: vec![("letter", self.t("登记授权函件", "Record the letter"), false)],
            ..self.form("letter", &format!("{PATH}/{}/letters", self.about.id))
        };
        wrong.into_form(form, lang)
    }
}
