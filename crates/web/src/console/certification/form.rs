use yuntu_app::certification::{
    ApplicationView, CertificationError, Field, FieldFault, Shown, Typed, industries,
};
use yuntu_app::policy::{ApplicationField, ApplicationState};
use yuntu_terms::{Lang, Pii, clause};

use crate::forms::Fields;
use crate::report::{InputKind, InputView};
use crate::view::Wrong;

/// Reads what was typed into the form.
pub(super) fn typed(fields: &Fields) -> Typed {
    let texts = ApplicationField::ALL.iter().filter(|it| !it.is_file());
    let values = texts.map(|field| (*field, Pii::new(fields.one(field.code()).to_owned())));
    let removes = fields.all("remove").filter_map(ApplicationField::from_code);
    Typed {
        values: values.collect(),
        removes: removes.filter(|field| field.is_sensitive()).collect(),
        agrees: fields.one("agrees") == "yes",
    }
}

/// Makes the fields of the form, with what was typed last or else what is kept.
pub(super) fn inputs(
    all: &[Field],
    view: &ApplicationView,
    (again, error): (Option<&Fields>, Option<&CertificationError>),
    (assessed, lang): (bool, Lang),
) -> Vec<InputView> {
    clause::hit!(U1);
    let texts = all.iter().filter(|field| !field.code.is_file());
    let (sensitive, others): (Vec<_>, Vec<_>) = texts.partition(|field| field.code.is_sensitive());
    let one = |field: &Field| input(field, view, (again, error), lang);
    let mut inputs: Vec<_> = others.into_iter().map(one).collect();
    let on = again.map_or(view.application.consented.is_some(), |fields| {
        fields.one("agrees") == "yes"
    });
    // U1: before the impact assessment neither is asked for; what is kept can still be erased.
    if assessed {
        inputs.push(consent(&sensitive, on, lang));
    }
    for field in sensitive {
        if assessed {
            inputs.push(input(field, view, (again, error), lang));
        }
        if view.values.contains_key(&field.code) {
            inputs.push(removal(field, lang));
        }
    }
    if view.application.state == ApplicationState::Asked {
        let label = lang.pick("给审核人员的答复", "Your answer to the reviewer");
        let note = lang.pick(
            "选填。随提交送达审核人员，最多 1000 个字符；请勿写入证件号码。",
            "Optional. It reaches the reviewer when you submit; at most 1,000 characters. Please write no identity number here.",
        );
        let answer = again.map_or("", |fields| fields.one("answer"));
        inputs.push(InputView::line("answer", label).with(answer).because(note));
    }
    inputs
}

fn input(
    field: &Field,
    view: &ApplicationView,
    (again, error): (Option<&Fields>, Option<&CertificationError>),
    lang: Lang,
) -> InputView {
    let code = field.code;
    let kept = view.values.get(&code);
    let shown = match (again, kept) {
        // R29: nothing of a minor's number is shown again.
        (Some(_), _) if is_minor(error, code) => "",
        (Some(fields), _) => fields.one(code.code()),
        (None, Some(Shown::Plain(text))) => text,
        (None, Some(Shown::Masked(_)) | None) => "",
    };
    let label = field.name.get(lang);
    let mut input = match code {
        ApplicationField::Industry => {
            let blank = lang.pick("请选择", "Please choose").to_owned();
            let mut options = vec![(String::new(), blank, shown.is_empty())];
            options.extend(industries().map(|(value, name)| {
                (value.to_owned(), name.get(lang).to_owned(), value == shown)
            }));
            InputView::one(code.code(), label, options)
        }
        ApplicationField::LetterUntil | ApplicationField::LicenceUntil => InputView {
            kind: InputKind::Line("date"),
            ..InputView::line(code.code(), label)
        },
        ApplicationField::EnterpriseName
        | ApplicationField::CreditCode
        | ApplicationField::LegalRepresentative
        | ApplicationField::Agent
        | ApplicationField::Address
        | ApplicationField::BankAccount
        | ApplicationField::IdNumber
        | ApplicationField::Letter
        | ApplicationField::Licence => InputView::line(code.code(), label),
    };
    input.required = field.necessary;
    let mut note = note(field, lang);
    if let Some(Shown::Masked(text)) = kept {
        note.push_str(&lang.pick(
            format!("已保存 {text}；留空则保留。"),
            format!(" Kept: {text}; leave this empty to keep it."),
        ));
        input.required = false;
    }
    input.with(shown).because(note)
}

fn is_minor(error: Option<&CertificationError>, code: ApplicationField) -> bool {
    let Some(CertificationError::Faults(faults)) = error else {
        return false;
    };
    let minor = faults.contains(&(code, FieldFault::Minor));
    if minor {
        clause::hit!(R29);
    }
    minor
}

/// Says why a field is asked, whether it is necessary and how long it is kept.
pub(super) fn note(field: &Field, lang: Lang) -> String {
    let need = if field.necessary {
        lang.pick("必填。", "Necessary. ")
    } else {
        lang.pick("选填。", "Optional. ")
    };
    let (why, kept) = (field.why.get(lang), field.kept());
    let kept = kept.get(lang);
    lang.pick(
        format!("{why}{need}保存：{kept}。"),
        format!("{why} {need}Kept {kept}."),
    )
}

/// Makes the box of the separate consent, which says why each number is necessary and what a leak could do.
fn consent(sensitive: &[&Field], on: bool, lang: Lang) -> InputView {
    let label = lang.pick(
        "我单独同意为核验本企业与办理人，处理以下两项敏感个人信息",
        "I separately agree that the two sensitive items below are used to verify the enterprise and who acts for it",
    );
    let impacts = sensitive.iter().filter_map(|field| {
        let impact = field.impact?.get(lang);
        Some(lang.pick(
            format!("{}：{impact}", field.name.get(lang)),
            format!("{}: {impact} ", field.name.get(lang)),
        ))
    });
    let impacts: String = impacts.collect();
    let end = lang.pick(
        "不同意只影响认证，不影响其他使用；取消勾选并保存，两项即刻删除。",
        "Saying no affects the certification alone. Untick and save, and both are erased at once.",
    );
    let tick = InputView {
        kind: InputKind::Tick { on },
        ..InputView::tick("agrees", "yes", label)
    };
    tick.because(format!("{impacts}{end}"))
}

fn removal(field: &Field, lang: Lang) -> InputView {
    let name = field.name.get(lang);
    let label = lang.pick(
        format!("删除已保存的{name}"),
        format!("Erase what is kept: {name}"),
    );
    InputView {
        apart: format!("-{}", field.code.code()),
        ..InputView::tick("remove", field.code.code(), label)
    }
}

/// Says what is wrong, beside the field where it has one in the form.
pub(super) fn wrong(error: &CertificationError, all: &[Field]) -> Wrong {
    let mut wrong = Wrong::default();
    if let CertificationError::Faults(faults) = error {
        for (code, fault) in faults {
            let mut text = fault.text();
            if code.is_file() {
                let field = all.iter().find(|field| field.code == *code);
                let name = |lang| field.map_or("", |field| field.name.get(lang));
                text.zh = format!("{}：{}", name(Lang::Zh), text.zh);
                text.en = format!("{}: {}", name(Lang::En), text.en);
            }
            wrong.add(code.code(), text);
        }
    } else {
        wrong.add("", error.text());
    }
    wrong
}
