use yuntu_terms::Text;

/// Says that there is no such thing, and why that may be.
///
/// # Clause
/// U2
#[must_use]
pub fn missing_text(what: &str) -> Text {
    let zh = match what {
        "audience" => "人群",
        "dataset" => "数据集",
        "enterprise" => "企业",
        "import of the dataset" => "数据集的导入",
        "instruction" => "指示",
        "ledger leaf" => "账本记录",
        "permit" => "许可",
        "person in the enterprise's data" => "个人",
        "receipt" => "收据",
        "representative" => "用户代表",
        _ => "对象",
    };
    Text::new(
        format!("没有此{zh}，或该{zh}不属于您的企业；请核对编号"),
        format!("there is no such {what}, or it is not your enterprise's; check the id"),
    )
}

/// Says what is wrong with what was given.
///
/// # Clause
/// U2
#[must_use]
pub fn invalid_text(what: &str, reason: &str) -> Text {
    let en = format!("the {what} is not valid: {reason}");
    let zh = match reason {
        "the statement has no such purpose" => "声明中没有此目的",
        "the question stands on more than 64 of them" => "一个问题最多引用 64 个已保存的人群",
        "it uses a dataset under a name that the question gives to another dataset" => {
            "所引用的人群用同一名称指另一个数据集"
        }
        "it uses stage rules under a name that is given to other rules" => {
            "所引用的人群用同一名称指另一套阶段规则"
        }
        "expected 1 to 200 characters in one line" => "名称须为一行一至二百个字符",
        "expected an end" => "须写明截止时间",
        "expected at least one" => "至少需要一项",
        "it ends before it begins" => "截止时间早于起始时间",
        "its columns or their classes are not those that were confirmed for the dataset" => {
            "字段或其类别与该数据集已确认的不一致"
        }
        _ => return Text::new(format!("输入不正确（{en}）"), en),
    };
    Text::new(zh, en)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_told_in_the_words_of_each_language() {
        let text = missing_text("audience");
        assert_eq!(text.zh, "没有此人群，或该人群不属于您的企业；请核对编号");
        assert!(text.en.starts_with("there is no such audience"));
        let text = invalid_text("purpose", "the statement has no such purpose");
        assert_eq!(text.zh, "声明中没有此目的");
        assert!(invalid_text("x", "unheard of").zh.contains("unheard of"));
    }
}
