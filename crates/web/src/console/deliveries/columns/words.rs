//! What a column may be, and what people read of it.

use yuntu_app::lake::{
    ColumnMapping, ColumnRole, ColumnType, Evidence, IdentifierForm, IdentifierKind,
};
use yuntu_terms::{ColumnClass, Lang};

pub(super) const CLASSES: [ColumnClass; 4] = [
    ColumnClass::NonPersonal,
    ColumnClass::Personal,
    ColumnClass::Sensitive,
    ColumnClass::Identifier,
];

/// Says whether a class was chosen that is lower than identifier or sensitive, as proposed, for a column that comes in.
pub(super) fn is_lowered(proposed: &ColumnMapping, (role, class): (&str, &str)) -> bool {
    let guarded = matches!(
        proposed.class,
        ColumnClass::Identifier | ColumnClass::Sensitive
    );
    let stays = matches!(
        serde_json::from_str(role),
        Ok(ColumnRole::Identifier { .. } | ColumnRole::Ignored)
    );
    let class = CLASSES.into_iter().find(|it| it.code() == class);
    guarded && !stays && class.is_some_and(|class| class < proposed.class)
}

/// Lists what a column may be for; what was proposed is always among them.
pub(super) fn roles_for(proposed: &ColumnMapping) -> Vec<ColumnRole> {
    let plain = |kind, keep_original| ColumnRole::Identifier {
        kind,
        form: IdentifierForm::Plain,
        keep_original,
    };
    let kinds = [
        IdentifierKind::MemberId,
        IdentifierKind::Phone,
        IdentifierKind::Email,
        IdentifierKind::Oaid,
        IdentifierKind::Idfa,
    ];
    let identifiers = kinds
        .into_iter()
        .flat_map(|kind| [plain(kind.clone(), false), plain(kind, true)]);
    let mut roles: Vec<_> = identifiers.collect();
    roles.extend([
        ColumnRole::Attribute,
        ColumnRole::EventTime,
        ColumnRole::EventType,
        ColumnRole::Property,
    ]);
    // Whether somebody agreed is a yes or a no.
    roles.extend((proposed.column_type == ColumnType::Bool).then_some(ColumnRole::ConsentFlag));
    roles.push(ColumnRole::Ignored);
    if !roles.contains(&proposed.role) {
        roles.insert(0, proposed.role.clone());
    }
    roles
}

pub(super) fn code_of(role: &ColumnRole) -> String {
    // A role is a few words; writing them does not fail.
    serde_json::to_string(role).unwrap_or_default()
}

pub(super) fn role_word(role: &ColumnRole, lang: Lang) -> String {
    let ColumnRole::Identifier {
        kind,
        form,
        keep_original,
    } = role
    else {
        return plain_role(role, lang).to_owned();
    };
    let kept = if *keep_original {
        lang.pick(
            "，加密保留，可列入征询名单",
            ", kept sealed to list whom to ask",
        )
    } else {
        ""
    };
    let kind = match kind {
        IdentifierKind::Phone => lang.pick("手机号", "telephone"),
        IdentifierKind::Email => lang.pick("邮箱", "mail address"),
        IdentifierKind::MemberId => lang.pick("会员编号", "member id"),
        IdentifierKind::Oaid => "OAID",
        IdentifierKind::Idfa => "IDFA",
        IdentifierKind::Other(name) => name.as_str(),
    };
    let form = match form {
        IdentifierForm::Plain => "",
        IdentifierForm::Sha256 => lang.pick("（SHA-256）", " (SHA-256)"),
        IdentifierForm::Md5 => lang.pick("（MD5）", " (MD5)"),
    };
    lang.pick(
        format!("标识：{kind}{form}{kept}"),
        format!("identifier: {kind}{form}{kept}"),
    )
}

fn plain_role(role: &ColumnRole, lang: Lang) -> &'static str {
    match role {
        ColumnRole::Attribute => lang.pick("属性", "attribute"),
        ColumnRole::EventType => lang.pick("事件类型", "type of the event"),
        ColumnRole::EventTime => lang.pick("事件时间", "time of the event"),
        ColumnRole::Property => lang.pick("事件属性", "property of the event"),
        ColumnRole::ConsentFlag => lang.pick("同意标志", "flag of a consent"),
        ColumnRole::Ignored => lang.pick("不导入", "left out"),
        ColumnRole::Identifier { .. } => lang.pick("标识", "identifier"),
    }
}

pub(super) fn evidence_word(evidence: Evidence, lang: Lang) -> &'static str {
    match evidence {
        Evidence::CheckDigits => lang.pick("校验码正确", "right check digits"),
        Evidence::Shape => lang.pick("值的形状", "the shape of the values"),
        Evidence::Name => lang.pick("字段名", "the name"),
        Evidence::Type => lang.pick("值的类型", "the type of the values"),
    }
}
