//! The form of a declaration: what is asked, filled in with what was typed, drafted or declared last.

use yuntu_app::policy::{Collected, Confirms, DeclarationGap, DeclarationPart, Period, SourceKind};
use yuntu_app::store::About;
use yuntu_app::{DeclarationView, SourceView, TypedDeclaration};
use yuntu_terms::{LegalBasis, Pii, Text, Timestamp};

use super::{View, path};
use crate::forms::Fields;
use crate::report::{Block, ChoiceView, InputView, Section, opened, section};
use crate::view::Wrong;

/// Reads what was typed; what is confirmed is read only when it is to be confirmed.
pub(super) fn read(fields: &Fields, confirms: bool) -> Result<TypedDeclaration, Wrong> {
    let mut wrong = Wrong::default();
    let mut moment = |name: &'static str, end: bool| {
        let typed = fields.one(name).trim();
        let day = (!typed.is_empty()).then(|| wrong.day(name, typed, end));
        day.flatten()
    };
    let collected = (
        moment("collected_from", false),
        moment("collected_until", true),
    );
    let period = (moment("from", false), moment("until", true));
    let together = |text: (&str, &str)| Text::new(text.0, text.1);
    let is_empty = |name| fields.one(name).trim().is_empty();
    if is_empty("collected_from") && !is_empty("collected_until") {
        let text = ("请同时填写开始的日期", "Give the first day too.");
        wrong.add("collected_from", together(text));
    }
    if is_empty("from") != is_empty("until") {
        let text = (
            "请同时填写开始与结束的日期",
            "Give both the first and the last day.",
        );
        wrong.add("until", together(text));
    }
    if !wrong.is_nothing() {
        return Err(wrong);
    }
    let ticked = fields.all("confirms").filter_map(Confirms::from_code);
    Ok(TypedDeclaration {
        kind: SourceKind::from_code(fields.one("source_kind")),
        collected_how: fields.one("collected_how").to_owned(),
        collected: collected.0.map(|from| Collected {
            from,
            until: collected.1,
        }),
        bases: fields
            .all("bases")
            .filter_map(LegalBasis::from_code)
            .collect(),
        notice: Some(fields.one("notice").to_owned()),
        period: period
            .0
            .zip(period.1)
            .map(|(from, until)| Period { from, until }),
        contact: Some(Pii::new(fields.one("contact").to_owned())),
        evidence: fields
            .all("evidence")
            .filter_map(|it| it.parse().ok())
            .collect(),
        confirms: ticked.filter(|_| confirms).collect(),
    })
}

/// Names the field of the form that something missing is told at.
pub(super) const fn field_of(gap: DeclarationGap) -> &'static str {
    match gap.part() {
        DeclarationPart::Collected => "collected_from",
        DeclarationPart::Period => "until",
        part @ (DeclarationPart::SourceKind
        | DeclarationPart::CollectedHow
        | DeclarationPart::Bases
        | DeclarationPart::Notice
        | DeclarationPart::Contact
        | DeclarationPart::Evidence
        | DeclarationPart::Confirms) => part.code(),
    }
}

/// What stands in the form.
struct Filled<'a> {
    typed: Option<&'a Fields>,
    kept: Option<&'a DeclarationView>,
}

impl Filled<'_> {
    fn text(&self, name: &str, kept: impl FnOnce(&DeclarationView) -> Option<String>) -> String {
        match self.typed {
            Some(fields) => fields.one(name).to_owned(),
            None => self.kept.and_then(kept).unwrap_or_default(),
        }
    }

    fn is_ticked(
        &self,
        name: &str,
        value: &str,
        kept: impl FnOnce(&DeclarationView) -> bool,
    ) -> bool {
        match self.typed {
            Some(fields) => fields.all(name).any(|it| it == value),
            None => self.kept.is_some_and(kept),
        }
    }
}

fn first_day(moment: Timestamp) -> String {
    moment.day_in_china().to_string()
}

/// Returns the last day before a moment at which a period ends.
pub(super) fn last_day(moment: Timestamp) -> String {
    moment.plus_days(-1).day_in_china().to_string()
}

impl View {
    pub(super) fn form_section(
        &self,
        source: &SourceView,
        typed: Option<&Fields>,
        wrong: Wrong,
    ) -> Section {
        let lang = self.lang;
        let kept = source.draft().or_else(|| source.in_force());
        let filled = Filled { typed, kept };
        let mut form = self.form("declare", &path(self.about.dataset));
        form.inputs = self.first_inputs(&filled);
        form.inputs.extend(self.ground_inputs(&filled));
        form.inputs.extend(self.period_inputs(&filled));
        form.inputs.push(self.paper_input(source, &filled));
        form.inputs.push(self.confirm_input(source, typed));
        form.acts = vec![
            ("confirm", self.t("确认并生效", "Confirm"), false),
            ("draft", self.t("保存草稿", "Save as a draft"), true),
        ];
        let lead = self.t(
            "由持有有效授权函件的代表填写并确认；确认的文字与全部内容一起成为该版本的一部分，其摘要记入账本。未填完可先保存草稿，数据集在确认之前一直隔离。",
            "A representative with a letter in force fills this in and confirms it; the confirmed words become a part of the version with everything it says, and the ledger has its digest. What is not complete is saved as a draft; until it is confirmed the dataset waits in quarantine.",
        );
        let title = match (source.draft(), source.in_force()) {
            (Some(_), _) => lang.pick("草稿", "The draft"),
            (None, Some(_)) => lang.pick("更新说明", "Declare anew"),
            (None, None) => lang.pick("填写说明", "Declare the source"),
        };
        let form = wrong.into_form(form, lang);
        section(
            "declare",
            title,
            vec![Block::Text(lead), Block::Form(Box::new(form))],
        )
    }

    fn date(
        &self,
        name: &'static str,
        label: (&str, &str),
        value: String,
        note: (&str, &str),
    ) -> InputView {
        InputView::day(name, self.t(label.0, label.1))
            .with(value)
            .because(self.t(note.0, note.1))
    }

    fn first_inputs(&self, filled: &Filled<'_>) -> Vec<InputView> {
        let lang = self.lang;
        let chosen = filled.text("source_kind", |it| {
            it.declaration
                .declared
                .kind
                .map(|kind| kind.code().to_owned())
        });
        let kinds = SourceKind::ALL.iter().map(|kind| {
            let text = kind.text();
            (kind.code().to_owned(), opened(text.get(lang), lang))
        });
        let collected = |filled: &Filled<'_>, name, pick: fn(&Collected) -> Option<String>| {
            filled.text(name, |it| {
                it.declaration.declared.collected.as_ref().and_then(pick)
            })
        };
        vec![
            self.pick("source_kind", self.t("来源类型", "Kind of source"), &chosen, kinds).because(self.t(
                "来自合作方、购买或公开来源的，须有协议、合同或公开来源的证明。",
                "Data from a partner, a purchase or a public source needs its agreement, contract or proof.",
            )),
            InputView::lines("collected_how", self.t("如何收集", "How it was collected"))
                .with(filled.text("collected_how", |it| Some(it.declaration.declared.collected_how.clone())))
                .because(self.t(
                    "在何处、由谁、以何种方式收集。请勿写入个人信息。",
                    "Where, by whom and in which way. Write no personal data here.",
                )),
            self.date(
                "collected_from",
                ("收集自（含当日）", "Collected from (that day included)"),
                collected(filled, "collected_from", |it| Some(first_day(it.from))),
                ("开始收集的日期。", "The day on which collecting began."),
            ),
            self.date(
                "collected_until",
                ("收集至（含当日）", "Collected until (that day included)"),
                collected(filled, "collected_until", |it| it.until.map(last_day)),
                ("仍在收集的，留空。", "Leave this empty while it goes on."),
            ),
        ]
    }

    fn ground_inputs(&self, filled: &Filled<'_>) -> Vec<InputView> {
        let lang = self.lang;
        let bases = LegalBasis::ALL.into_iter().map(|basis| {
            let (code, text) = (basis.code(), basis.text());
            let on = filled.is_ticked("bases", code, |it| {
                it.declaration.declared.bases.contains(&basis)
            });
            choice(code.to_owned(), opened(text.get(lang), lang), on)
        });
        let label = self.t("合法性基础", "Lawful grounds");
        let mut inputs = vec![
            InputView::several("bases", label, bases.collect()).because(self.t(
                "个人信息保护法第十三条所列各项；可选多项。不涉及个人的数据可不选。",
                "As PIPL 13 lists them; any number. Data about no person needs none.",
            )),
        ];
        inputs.push(
            InputView::lines("notice", self.t("向个人告知了什么", "What people were told"))
                .with(filled.text("notice", |it| it.declaration.declared.notice.clone()))
                .because(self.t(
                    "个人看到的告知文本；也可改为上传告知文本作为证明。公开来源或计算得出的数据可不填。",
                    "The notice as people read it; it may be a paper instead. Not needed for public or computed data.",
                )),
        );
        inputs.push(
            InputView::line("contact", self.t("联系人的邮箱或电话", "Whom to ask: email or phone"))
                .with(filled.text("contact", |it| it.contact.clone()))
                .because(self.t(
                    "对此数据负责的人，核查时与其联系。加密保存，只有可声明来源的代表能看到；随协议终止后三年删除。",
                    "Who answers for this data and is asked when it is checked. Kept encrypted, shown to representatives who may declare, erased three years after the agreement ends.",
                )),
        );
        inputs
    }

    fn period_inputs(&self, filled: &Filled<'_>) -> Vec<InputView> {
        let period = |name, pick: fn(&Period) -> String| {
            filled.text(name, |it| it.declaration.declared.period.as_ref().map(pick))
        };
        vec![
            self.date(
                "from",
                ("说明自（含当日）", "The declaration speaks from (that day included)"),
                period("from", |it| first_day(it.from)),
                ("此日起，对数据的处理以本说明为据。", "From that day on, work on the data rests on it."),
            ),
            self.date(
                "until",
                ("说明至（含当日）", "Until (that day included)"),
                period("until", |it| last_day(it.until)),
                (
                    "最长三年。到期前三十日、七日提醒；到期后处理随即停止。",
                    "At most three years. You are told thirty and seven days before; then the work stops.",
                ),
            ),
        ]
    }

    fn paper_input(&self, source: &SourceView, filled: &Filled<'_>) -> InputView {
        let lang = self.lang;
        let good = source
            .papers
            .iter()
            .filter(|it| it.paper.revoked.is_none() && it.file.is_some());
        let papers = good.map(|view| {
            let it = &view.paper.evidence;
            let value = it.paper.to_string();
            let on = filled.is_ticked("evidence", &value, |kept| {
                kept.declaration.declared.evidence.contains(it)
            });
            choice(value, self.title(view), on)
        });
        let papers: Vec<ChoiceView> = papers.collect();
        let note = if papers.is_empty() {
            lang.pick(
                "还没有证明：请先保存草稿，在下方上传，再回到此处勾选。",
                "There is no paper yet: save a draft, add papers below, then tick them here.",
            )
        } else {
            lang.pick(
                "勾选的证明是本说明的依据。",
                "The declaration rests on those that are ticked.",
            )
        };
        InputView::several("evidence", self.t("证明文件", "Papers"), papers).because(note)
    }

    fn confirm_input(&self, source: &SourceView, typed: Option<&Fields>) -> InputView {
        let persons = source.dataset.about == About::Persons;
        let asked = Confirms::asked(persons).map(|it| {
            let text = it.text();
            let on = typed.is_some_and(|fields| fields.all("confirms").any(|on| on == it.code()));
            choice(it.code().to_owned(), text.get(self.lang).to_owned(), on)
        });
        let label = self.t("确认事项", "What you confirm");
        InputView::several("confirms", label, asked.collect()).because(self.t(
            "逐项核对后勾选；每次确认都重新勾选。保存草稿无需勾选。",
            "Tick each after checking it, anew each time. A draft needs none.",
        ))
    }
}

fn choice(value: String, label: String, on: bool) -> ChoiceView {
    ChoiceView {
        value,
        label,
        note: String::new(),
        on,
    }
}
