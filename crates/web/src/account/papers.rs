//! What is kept of a person as somebody who acts for enterprises: her seats and letters, and the applications that she
//! handled, each field with why it is asked, whether it is necessary and how long it is kept.

use yuntu_app::certification::{Field, OwnApplication, OwnSeat, industries};
use yuntu_app::policy::ApplicationField;
use yuntu_app::words::minute;
use yuntu_terms::Lang;

use crate::report::{Block, Link, Part, Section, opened, section};

/// What is kept, in one language.
pub(super) struct Papers {
    pub(super) seats: Vec<OwnSeat>,
    pub(super) applications: Vec<OwnApplication>,
    pub(super) fields: Vec<Field>,
    pub(super) lang: Lang,
}

impl Papers {
    fn t(&self, zh: &str, en: &str) -> String {
        self.lang.pick(zh, en).to_owned()
    }

    /// Says what is kept in a category of the statement; nothing when it is not one of a certification, or nothing is.
    pub(super) fn value(&self, category: &str) -> Option<String> {
        let mut found: Vec<String> = Vec::new();
        for application in &self.applications {
            for (field, kept) in &application.kept {
                if field.category() == category && !field.is_file() {
                    let (name, kept) = (&application.enterprise, self.shown(*field, kept));
                    found.push(
                        self.lang
                            .pick(format!("{name}：{kept}"), format!("{name}: {kept}")),
                    );
                }
            }
        }
        let applied = self.applications.iter().flat_map(|it| &it.kept);
        let applied = applied.filter(|(field, _)| field.is_file() && field.category() == category);
        let mut files: usize = applied
            .filter_map(|(_, count)| count.parse::<usize>().ok())
            .sum();
        if category == "authorisation_letter" {
            let letters = self.seats.iter().flat_map(|seat| &seat.letters);
            files += letters.filter(|letter| letter.paper.is_some()).count();
        }
        if files > 0 {
            found.push(self.lang.pick(
                format!("{files} 个加密保存的文件"),
                format!("{files} files, kept encrypted"),
            ));
        }
        (!found.is_empty()).then(|| found.join(self.lang.pick("；", "; ")))
    }

    fn shown(&self, field: ApplicationField, kept: &str) -> String {
        let industry = industries()
            .find(|(code, _)| field == ApplicationField::Industry && *code == kept)
            .map(|(_, name)| name.get(self.lang).to_owned());
        industry.unwrap_or_else(|| kept.to_owned())
    }

    /// Shows her seats with their letters.
    pub(super) fn seats(&self) -> Section {
        let lang = self.lang;
        let mut blocks = Vec::new();
        let mut links = Vec::new();
        for seat in &self.seats {
            let mut facts = vec![
                (self.t("角色", "Role"), opened(seat.role.name(lang), lang)),
                (self.t("开始于", "Since"), minute(seat.since)),
            ];
            if seat.ended {
                facts.push((self.t("状态", "State"), self.t("已结束", "ended")));
            }
            for view in &seat.letters {
                let letter = &view.letter;
                let (from, until) = (minute(letter.period.from), minute(letter.period.until));
                let revoked = if letter.revoked.is_some() {
                    self.t("（已撤销）", " (revoked)")
                } else {
                    String::new()
                };
                let looks = view.looks.len();
                let number = letter.number;
                facts.push((
                    lang.pick(
                        format!("第 {number} 份授权函件"),
                        format!("Letter of authorisation {number}"),
                    ),
                    lang.pick(
                        format!("{from} 至 {until}{revoked}；文件被查看 {looks} 次"),
                        format!("{from} to {until}{revoked}; its file was opened {looks} times"),
                    ),
                ));
                if view.paper.is_some() {
                    let name = &seat.enterprise;
                    links.push(Link {
                        address: format!("/account/letters/{}/{number}", seat.representative),
                        text: lang.pick(
                            format!("下载第 {number} 份授权函件（{name}）"),
                            format!("Download letter {number} ({name})"),
                        ),
                        note: self.t("下载会留下记录", "the download is recorded"),
                    });
                }
            }
            blocks.push(Block::Part(Part {
                title: seat.enterprise.clone(),
                facts,
            }));
        }
        if blocks.is_empty() {
            blocks.push(Block::Text(
                self.t("您没有代表任何企业。", "You act for no enterprise."),
            ));
        }
        if !links.is_empty() {
            blocks.push(Block::Links(links));
        }
        let title = lang.pick(
            "我代表的企业与授权",
            "Enterprises I act for, and my authority",
        );
        section("seats", title, blocks)
    }

    /// Shows the applications for certification that she handled, field by field.
    pub(super) fn applications(&self) -> Section {
        let lang = self.lang;
        let mut blocks = vec![Block::Text(self.t(
            "您经办的企业认证申请中保存的内容，值部分遮挡；每项写明用途、是否必填和保存多久，依据为您的单独同意。",
            "What is kept of the applications for certification that you handled, partly hidden; each item with what for, whether it is necessary and how long. The ground is your separate consent.",
        ))];
        for application in &self.applications {
            let state = application.state.name();
            let mut facts = vec![
                (self.t("状态", "State"), opened(state.get(lang), lang)),
                (self.t("开始于", "Begun"), minute(application.created)),
            ];
            let consent = application
                .consented
                .map_or_else(|| self.t("没有同意", "not given"), minute);
            facts.push((
                self.t(
                    "对敏感信息的单独同意",
                    "Separate consent to the sensitive items",
                ),
                consent,
            ));
            if let Some(at) = application.sensitive_erased {
                facts.push((
                    self.t("敏感号码已删除于", "Sensitive numbers erased"),
                    minute(at),
                ));
            }
            facts.extend(
                self.fields
                    .iter()
                    .map(|field| self.field(field, application)),
            );
            blocks.push(Block::Part(Part {
                title: application.enterprise.clone(),
                facts,
            }));
        }
        if self.applications.is_empty() {
            blocks.push(Block::Text(self.t(
                "您没有经办过认证申请，没有保存相应内容。",
                "You have handled no application, and nothing of the kind is kept.",
            )));
        }
        let title = lang.pick("我经办的企业认证", "Certifications I handled");
        section("certification", title, blocks)
    }

    fn field(&self, field: &Field, application: &OwnApplication) -> (String, String) {
        let lang = self.lang;
        let value = application.kept.get(&field.code);
        let value = value.map_or_else(
            || self.t("没有", "nothing"),
            |kept| {
                if field.code.is_file() {
                    lang.pick(format!("{kept} 个文件"), format!("{kept} files"))
                } else {
                    self.shown(field.code, kept)
                }
            },
        );
        let need = if field.necessary {
            self.t("必填", "necessary")
        } else {
            self.t("选填", "optional")
        };
        let (why, kept) = (field.why.get(lang), field.kept());
        let kept = kept.get(lang);
        (
            field.name.get(lang).to_owned(),
            lang.pick(
                format!("{value}。{why}{need}；保存：{kept}。"),
                format!("{value}. {why} It is {need}; kept {kept}."),
            ),
        )
    }
}
