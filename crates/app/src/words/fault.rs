use yuntu_terms::Text;

use super::parts::noun;

/// Says that there is no such thing, and why that may be.
///
/// # Clause
/// U2
#[must_use]
pub fn missing_text(what: &str) -> Text {
    let zh = noun(what);
    Text::new(
        format!("没有此{zh}，或该{zh}不属于您的企业；请核对编号"),
        format!("there is no such {what}, or it is not your enterprise's; check the id"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_told_in_the_words_of_each_language() {
        let text = missing_text("audience");
        assert_eq!(text.zh, "没有此人群，或该人群不属于您的企业；请核对编号");
        assert!(text.en.starts_with("there is no such audience"));
    }
}
