use yuntu_consent::{Exclusion, Funnel};
use yuntu_terms::{Lang, Text};

use super::grouped;

/// One line of a funnel: who is here, or who leaves and who is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunnelStep {
    /// What the line is about.
    pub name: Text,
    /// How many people leave here; nothing at the two ends.
    pub excluded: Option<u64>,
    /// How many people are left.
    pub left: u64,
}

/// Names why people are missing.
///
/// # Clause
/// U4
#[must_use]
pub fn exclusion_text(exclusion: Exclusion) -> Text {
    match exclusion {
        Exclusion::Undeclared => Text::new("未说明来源", "source not declared"),
        Exclusion::Inactive => Text::new("数据集未生效", "dataset not active"),
        Exclusion::Erased => Text::new("已删除", "erased"),
        Exclusion::Restricted => Text::new("限制处理", "restricted"),
        Exclusion::Minor => Text::new("未成年", "minors"),
        Exclusion::Objected => Text::new("本人已拒绝", "said no"),
        Exclusion::Purpose => Text::new("未同意此目的", "no consent to the purpose"),
        Exclusion::Operation => Text::new("未同意此处理方式", "no consent to the operation"),
        Exclusion::Recipient => Text::new("未同意此接收方", "no consent to the recipient"),
        Exclusion::Kind => Text::new("缺少单独或明示同意", "not consented explicitly enough"),
    }
}

/// Lists the lines of a funnel from the uploaded people to the admitted ones; what excludes nobody has no line.
///
/// # Clause
/// U4
#[must_use]
pub fn funnel_steps(funnel: &Funnel) -> Vec<FunnelStep> {
    let end = |zh, en, left| FunnelStep {
        name: Text::new(zh, en),
        excluded: None,
        left,
    };
    let mut steps = vec![end("上传", "uploaded", funnel.uploaded)];
    for (exclusion, left) in funnel.steps() {
        let excluded = funnel.excluded(exclusion);
        if excluded > 0 {
            steps.push(FunnelStep {
                name: exclusion_text(exclusion),
                excluded: Some(excluded),
                left,
            });
        }
    }
    steps.push(end("准入", "admitted", funnel.admitted));
    steps
}

/// Writes a funnel in one line: who was uploaded, who is missing and why, who is admitted.
///
/// # Clause
/// U4
#[must_use]
pub fn funnel_text(funnel: &Funnel) -> Text {
    let line = |lang: Lang| {
        let steps = funnel_steps(funnel).into_iter().map(|step| {
            let name = step.name.get(lang);
            match step.excluded {
                Some(people) => lang.pick(
                    format!("− {}（{name}）", grouped(people)),
                    format!("− {} ({name})", grouped(people)),
                ),
                None => format!("{name} {}", grouped(step.left)),
            }
        });
        let mut steps: Vec<_> = steps.collect();
        let last = steps.pop().unwrap_or_default();
        lang.pick(
            format!("{} = {last}", steps.join(" ")),
            format!("{} = {last}", steps.join(" ")),
        )
    };
    Text::new(line(Lang::Zh), line(Lang::En))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_funnel_names_who_leaves_and_adds_up() {
        let funnel = Funnel {
            uploaded: 2_469,
            minor: 150,
            purpose: 856,
            admitted: 1_463,
            ..Funnel::default()
        };
        assert!(funnel.adds_up());
        let text = funnel_text(&funnel);
        assert_eq!(
            text.zh,
            "上传 2,469 − 150（未成年） − 856（未同意此目的） = 准入 1,463"
        );
        assert_eq!(
            text.en,
            "uploaded 2,469 − 150 (minors) − 856 (no consent to the purpose) = admitted 1,463"
        );
        let left: Vec<_> = funnel_steps(&funnel).iter().map(|it| it.left).collect();
        assert_eq!(left, [2_469, 2_319, 1_463, 1_463]);
    }
}
