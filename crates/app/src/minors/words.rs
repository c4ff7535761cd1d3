use yuntu_terms::Text;

/// Says what an entry of the ledger means to the operator who did it.
pub(crate) fn words(kind: &str) -> Text {
    match kind {
        "minor_report.upheld" => Text::new(
            "认定一份未成年人帐号举报属实",
            "Upheld a report of a minor's account",
        ),
        "minor_report.dismissed" => Text::new(
            "未支持一份未成年人帐号举报",
            "Did not uphold a report of a minor's account",
        ),
        _ => Text::new(
            "未成年人帐号举报的其他操作",
            "Something else about reports of minors' accounts",
        ),
    }
}
