//! The rule of an audience as a person reads it: the same tree, in words of both languages.

use std::collections::{BTreeMap, BTreeSet};

use yuntu_engine::audience::{Sample, SampleSize, Split, StageChange, StageMembership};
use yuntu_engine::{
    Audience, EventRule, Measure, Moment, Occurrence, SequenceRule, StageRules, Step, Window,
};
use yuntu_terms::{AudienceId, RelationStage, Text};

use super::condition::{all, condition_text, test_text};
use super::{apart, grouped, minute};

/// A line of a rule with the lines below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleText {
    /// The line.
    pub line: Text,
    /// A statement the line is about, as it was written.
    pub statement: Option<String>,
    /// What the line is made of.
    pub parts: Vec<RuleText>,
}

/// The names by which a rule speaks of other things.
#[derive(Debug, Clone, Copy)]
pub struct RuleNames<'a> {
    /// Saved audiences.
    pub saved: &'a BTreeMap<AudienceId, String>,
    /// Stage rules, by the name the rule uses.
    pub rules: &'a BTreeMap<String, StageRules>,
}

/// Says a rule in words.
///
/// # Shape
/// The lines stand in the order of the rule, one below another as its parts do.
/// # Clause
/// U2
#[must_use]
pub fn rule_text(audience: &Audience, names: RuleNames<'_>) -> RuleText {
    let parts = |of: &[Audience]| of.iter().map(|part| rule_text(part, names)).collect();
    let one = |of: &Audience| vec![rule_text(of, names)];
    match audience {
        Audience::Everyone(_) => leaf(Text::new("所有准入的人", "everybody who is admitted")),
        Audience::Trait(rule) => {
            let rows = rows(&rule.dataset, Some(&rule.r#where), &Window::Ever);
            leaf(Text::new(
                format!("有{}", apart(&rows.zh)),
                format!("has {}", rows.en),
            ))
        }
        Audience::Event(rule) => leaf(event(rule)),
        Audience::Sequence(rule) => sequence(rule),
        Audience::Saved(rule) => {
            let name = names.saved.get(&rule.audience);
            let name = name.map_or_else(|| rule.audience.to_string(), String::clone);
            leaf(Text::new(
                format!("属于已保存的人群“{name}”"),
                format!("in the saved audience “{name}”"),
            ))
        }
        Audience::Stage(rule) => leaf(stage(rule, names.rules)),
        Audience::StageChanged(rule) => leaf(stage_changed(rule, names.rules)),
        Audience::Subjects(rule) => RuleText {
            statement: Some(rule.sql.clone()),
            ..leaf(Text::new(
                "由以下 SQL 语句选出的人",
                "people named by this SQL statement",
            ))
        },
        Audience::All(of) => group("同时满足以下各项", "all of these hold", parts(&of.of)),
        Audience::Any(of) => group(
            "满足以下任一项",
            "at least one of these holds",
            parts(&of.of),
        ),
        Audience::Minus(of) => group(
            "满足第一项，但不满足第二项",
            "the first holds and the second does not",
            [one(&of.from), one(&of.exclude)].concat(),
        ),
        Audience::Not(of) => group(
            "准入的人中，不满足以下一项的",
            "admitted people for whom this does not hold",
            one(&of.of),
        ),
        Audience::Sample(of) => sample(of, one(&of.of)),
        Audience::Split(of) => split(of, one(&of.of)),
    }
}

fn leaf(line: Text) -> RuleText {
    RuleText {
        line,
        statement: None,
        parts: Vec::new(),
    }
}

fn group(zh: &str, en: &str, parts: Vec<RuleText>) -> RuleText {
    RuleText {
        parts,
        ..leaf(Text::new(format!("{zh}："), format!("{en}:")))
    }
}

/// Names rows of a dataset.
fn rows(dataset: &str, of: Option<&yuntu_engine::Condition>, window: &Window) -> Text {
    let window = window_text(window);
    let of = of.map(condition_text);
    let which = of.map_or_else(
        || Text::new(String::new(), String::new()),
        |of| Text::new(format!("（{}）", of.zh), format!(" ({})", of.en)),
    );
    Text::new(
        format!("{}{dataset} 的记录{}", window.zh, which.zh),
        format!("rows of {dataset}{}{}", window.en, which.en),
    )
}

fn window_text(window: &Window) -> Text {
    match window {
        Window::Ever => Text::new(String::new(), String::new()),
        Window::WithinLastDays(days) => Text::new(
            format!("近 {days} 天内 "),
            format!(" in the last {days} days"),
        ),
        Window::BetweenDaysAgo {
            from_days,
            until_days,
        } => Text::new(
            format!("{from_days} 天前至 {until_days} 天前 "),
            format!(" from {from_days} to {until_days} days ago"),
        ),
        Window::Between { from, until } => {
            let (from, until) = (minute(*from), minute(*until));
            Text::new(
                format!("{from} 起、{until} 之前 "),
                format!(" from {from} until before {until}"),
            )
        }
    }
}

fn event(rule: &EventRule) -> Text {
    let rows = rows(&rule.dataset, rule.r#where.as_ref(), &rule.window);
    let measure = measure_text(&rule.measure);
    let test = test_text(&rule.is);
    let done = Text::new(
        format!("{}：{}{}", rows.zh, measure.zh, test.zh),
        format!("{}: {} {}", rows.en, measure.en, test.en),
    );
    match rule.occurrence {
        Occurrence::Did => done,
        Occurrence::DidNot => Text::new(
            format!("并非{}", apart(&done.zh)),
            format!("not {}", done.en),
        ),
    }
}

fn measure_text(measure: &Measure) -> Text {
    let of = |column: &str, zh: &str, en: &str| {
        Text::new(format!("{column} {zh}"), format!("{en} of {column}"))
    };
    match measure {
        Measure::Count => Text::new("条数", "their number"),
        Measure::Distinct(column) => of(column, "的不同值个数", "number of different values"),
        Measure::Sum(column) => of(column, "之和", "sum"),
        Measure::Average(column) => of(column, "的平均值", "mean"),
        Measure::Min(column) => of(column, "的最小值", "smallest value"),
        Measure::Max(column) => of(column, "的最大值", "largest value"),
        Measure::FirstTime => Text::new("首次时间", "time of the first"),
        Measure::LastTime => Text::new("最近一次时间", "time of the last"),
    }
}

fn sequence(rule: &SequenceRule) -> RuleText {
    let window = window_text(&rule.window);
    let steps = rule
        .steps
        .iter()
        .enumerate()
        .map(|(place, it)| step(place, it));
    RuleText {
        parts: steps.collect(),
        ..leaf(Text::new(
            format!("{}依次发生：", window.zh),
            format!("one after another{}:", window.en),
        ))
    }
}

fn step(place: usize, step: &Step) -> RuleText {
    let rows = rows(&step.dataset, step.r#where.as_ref(), &Window::Ever);
    let gap = step.max_gap_s.filter(|_| place > 0).map(|seconds| {
        let time = span_text(seconds);
        Text::new(format!("在 {}内", time.zh), format!(" within {}", time.en))
    });
    let gap = gap.unwrap_or_else(|| Text::new(String::new(), String::new()));
    leaf(match (step.occurrence, place) {
        (Occurrence::Did, 0) => Text::new(
            format!("先有{}", apart(&rows.zh)),
            format!("first {}", rows.en),
        ),
        (Occurrence::Did, _) => Text::new(
            format!("其后{}有{}", gap.zh, apart(&rows.zh)),
            format!("then{} {}", gap.en, rows.en),
        ),
        (Occurrence::DidNot, _) => Text::new(
            format!("其后{}没有{}", gap.zh, apart(&rows.zh)),
            format!("then{} no {}", gap.en, rows.en),
        ),
    })
}

/// Writes seconds in the largest unit that keeps them whole.
fn span_text(seconds: u32) -> Text {
    let (many, zh, en) = match seconds {
        s if s.is_multiple_of(86_400) => (s / 86_400, "天", "days"),
        s if s.is_multiple_of(3_600) => (s / 3_600, "小时", "hours"),
        s if s.is_multiple_of(60) => (s / 60, "分钟", "minutes"),
        s => (s, "秒", "seconds"),
    };
    Text::new(format!("{many} {zh}"), format!("{many} {en}"))
}

fn stages_text(stages: &BTreeSet<RelationStage>) -> Text {
    let name = |stage: &RelationStage| {
        let name = stage.name();
        let code = stage.code();
        Text::new(format!("{code} {}", name.zh), format!("{code} {}", name.en))
    };
    all(stages.iter().map(name), "或", "or")
}

fn rules_name(rules: &str, known: &BTreeMap<String, StageRules>) -> Text {
    let name = known.get(rules).map(|it| it.name.clone());
    name.unwrap_or_else(|| Text::new(rules, rules))
}

fn moment_text(moment: Moment) -> Text {
    match moment {
        Moment::Now => Text::new("计算时", "at the moment of evaluation"),
        Moment::DaysAgo(days) => Text::new(format!("{days} 天前"), format!("{days} days before")),
        Moment::At(at) => Text::new(format!("{} 时", minute(at)), format!("at {}", minute(at))),
    }
}

fn stage(rule: &StageMembership, rules: &BTreeMap<String, StageRules>) -> Text {
    let (name, stages) = (rules_name(&rule.rules, rules), stages_text(&rule.stages));
    let at = moment_text(rule.at);
    Text::new(
        format!("按“{}”，{}处于 {}", name.zh, at.zh, stages.zh),
        format!("by “{}”, {} in {}", name.en, at.en, stages.en),
    )
}

fn stage_changed(rule: &StageChange, rules: &BTreeMap<String, StageRules>) -> Text {
    let name = rules_name(&rule.rules, rules);
    let (from, to) = (stages_text(&rule.from), stages_text(&rule.to));
    let (start, end) = (moment_text(rule.start), moment_text(rule.end));
    Text::new(
        format!(
            "按“{}”，{}处于 {}，{}处于 {}",
            name.zh, start.zh, from.zh, end.zh, to.zh
        ),
        format!(
            "by “{}”, {} in {}, {} in {}",
            name.en, start.en, from.en, end.en, to.en
        ),
    )
}

fn sample(sample: &Sample, parts: Vec<RuleText>) -> RuleText {
    let size = match sample.size {
        SampleSize::Percent(percent) => Text::new(format!("{percent}%"), format!("{percent} %")),
        SampleSize::People(people) => {
            let people = grouped(people.into());
            Text::new(format!("{people} 人"), format!("{people} people"))
        }
    };
    let seed = &sample.seed;
    group(
        &format!("从以下的人中随机抽取 {}（种子“{seed}”，可重复）", size.zh),
        &format!(
            "a repeatable random draw of {} (seed “{seed}”) from",
            size.en
        ),
        parts,
    )
}

fn split(split: &Split, parts: Vec<RuleText>) -> RuleText {
    let weights: Vec<_> = split.weights.iter().map(u32::to_string).collect();
    let (weights, number) = (weights.join(":"), split.take.saturating_add(1));
    let seed = &split.seed;
    group(
        &format!("将以下的人按 {weights} 随机拆分（种子“{seed}”），取第 {number} 份"),
        &format!("share {number} of a random split {weights} (seed “{seed}”) of"),
        parts,
    )
}

#[cfg(test)]
mod tests;
