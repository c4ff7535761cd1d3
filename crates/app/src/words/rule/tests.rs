use super::*;

fn lines(text: &RuleText, depth: usize, lang: yuntu_terms::Lang, out: &mut Vec<String>) {
    out.push(format!("{}{}", "  ".repeat(depth), text.line.get(lang)));
    if let Some(sql) = &text.statement {
        out.push(format!("{}| {sql}", "  ".repeat(depth)));
    }
    for part in &text.parts {
        lines(part, depth + 1, lang, out);
    }
}

#[track_caller]
fn said(json: &str, zh: &[&str], en: &[&str]) {
    let audience: Audience = serde_json::from_str(json).unwrap();
    let id: AudienceId = "aud_00000000000070008000000000000001".parse().unwrap();
    let saved = BTreeMap::from([(id, String::from("北京会员"))]);
    let rules = BTreeMap::from([(String::from("standard"), StageRules::standard().unwrap())]);
    let names = RuleNames {
        saved: &saved,
        rules: &rules,
    };
    let text = rule_text(&audience, names);
    for (lang, expected) in [(yuntu_terms::Lang::Zh, zh), (yuntu_terms::Lang::En, en)] {
        let mut out = Vec::new();
        lines(&text, 0, lang, &mut out);
        assert_eq!(out, expected);
    }
}

#[test]
fn a_difference_of_events_and_traits_is_said() {
    said(
        r#"{"kind": "minus",
            "from": {"kind": "all", "of": [
                {"kind": "event", "dataset": "purchases", "window": {"within_last_days": 90},
                 "measure": {"sum": "amount"}, "is": {"at_least": 800.0}},
                {"kind": "trait", "dataset": "people", "where": {"all": [
                    {"test": {"column": "kids", "is": {"any_of": ["1", "2"]}}},
                    {"any": [{"test": {"column": "age", "is": {"in_band": {"from": 20, "until": 30}}}},
                             {"test": {"column": "city", "is": "missing"}}]}]}}]},
            "exclude": {"kind": "event", "dataset": "contacts", "occurrence": "did_not",
                "where": {"test": {"column": "campaign", "is": {"equals": 18}}}}}"#,
        &[
            "满足第一项，但不满足第二项：",
            "  同时满足以下各项：",
            "    近 90 天内 purchases 的记录：amount 之和不少于 800",
            "    有 people 的记录（kids 为“1”、“2”之一，且（age 不少于 20，且小于 30，或 city 无值））",
            "  并非 contacts 的记录（campaign 为 18）：条数不少于 1",
        ],
        &[
            "the first holds and the second does not:",
            "  all of these hold:",
            "    rows of purchases in the last 90 days: sum of amount is at least 800",
            "    has rows of people (kids is “1” or “2” and (age is at least 20 and less than 30 or city has no value))",
            "  not rows of contacts (campaign is 18): their number is at least 1",
        ],
    );
}

#[test]
fn a_sequence_a_saved_audience_and_a_statement_are_said() {
    said(
        r#"{"kind": "any", "of": [
            {"kind": "sequence", "window": {"between_days_ago": {"from_days": 60, "until_days": 30}}, "steps": [
                {"dataset": "visits"},
                {"dataset": "orders", "max_gap_s": 604800},
                {"dataset": "returns", "occurrence": "did_not", "max_gap_s": 5400}]},
            {"kind": "saved", "audience": "aud_00000000000070008000000000000001"},
            {"kind": "saved", "audience": "aud_00000000000070008000000000000002"},
            {"kind": "subjects", "sql": "SELECT subject FROM people"},
            {"kind": "everyone"}]}"#,
        &[
            "满足以下任一项：",
            "  60 天前至 30 天前 依次发生：",
            "    先有 visits 的记录",
            "    其后在 7 天内有 orders 的记录",
            "    其后在 90 分钟内没有 returns 的记录",
            "  属于已保存的人群“北京会员”",
            "  属于已保存的人群“aud_00000000000070008000000000000002”",
            "  由以下 SQL 语句选出的人",
            "  | SELECT subject FROM people",
            "  所有准入的人",
        ],
        &[
            "at least one of these holds:",
            "  one after another from 60 to 30 days ago:",
            "    first rows of visits",
            "    then within 7 days rows of orders",
            "    then within 90 minutes no rows of returns",
            "  in the saved audience “北京会员”",
            "  in the saved audience “aud_00000000000070008000000000000002”",
            "  people named by this SQL statement",
            "  | SELECT subject FROM people",
            "  everybody who is admitted",
        ],
    );
}

#[test]
fn stages_and_draws_are_said() {
    let name = StageRules::standard().unwrap().name;
    said(
        r#"{"kind": "sample", "seed": "s1", "size": {"percent": 12.5}, "of":
            {"kind": "split", "seed": "s2", "weights": [1, 3], "take": 1, "of":
            {"kind": "not", "of":
            {"kind": "any", "of": [
                {"kind": "stage", "rules": "standard", "stages": ["aware", "ask"], "at": {"days_ago": 30}},
                {"kind": "stage_changed", "rules": "other", "from": ["opportunity"], "to": ["act"], "start": {"days_ago": 7}}]}}}}"#,
        &[
            "从以下的人中随机抽取 12.5%（种子“s1”，可重复）：",
            "  将以下的人按 1:3 随机拆分（种子“s2”），取第 2 份：",
            "    准入的人中，不满足以下一项的：",
            "      满足以下任一项：",
            &format!("        按“{}”，30 天前处于 A1 了解或 A3 问询", name.zh),
            "        按“other”，7 天前处于 O 机会，计算时处于 A4 行动",
        ],
        &[
            "a repeatable random draw of 12.5 % (seed “s1”) from:",
            "  share 2 of a random split 1:3 (seed “s2”) of:",
            "    admitted people for whom this does not hold:",
            "      at least one of these holds:",
            &format!(
                "        by “{}”, 30 days before in A1 Aware or A3 Ask",
                name.en
            ),
            "        by “other”, 7 days before in O Opportunity, at the moment of evaluation in A4 Act",
        ],
    );
}
