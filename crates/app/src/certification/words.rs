use yuntu_terms::Text;

/// Says what an entry of the ledger means to the person who did it.
pub(crate) fn words(kind: &str) -> Text {
    match kind {
        "certification.begun" => {
            Text::new("开始企业认证申请", "Began an application for certification")
        }
        "certification.file_added" => Text::new(
            "上传认证文件",
            "Added a file to the application for certification",
        ),
        "certification.file_removed" => Text::new(
            "删除认证文件",
            "Removed a file from the application for certification",
        ),
        "certification.saved" => {
            Text::new("保存认证申请", "Saved the application for certification")
        }
        "certification.submitted" => Text::new(
            "提交认证申请",
            "Handed in the application for certification",
        ),
        "certification.withdrawn" => Text::new(
            "撤回认证申请",
            "Took back the application for certification",
        ),
        "certification.account_checked" => Text::new(
            "记录小额打款核验的结果",
            "Recorded how a payment to a bank account came out",
        ),
        "certification.approved" => Text::new("通过一份企业认证", "Approved a certification"),
        "certification.asked" => Text::new(
            "请企业补正认证申请",
            "Asked an enterprise about its application",
        ),
        "certification.rejected" => Text::new(
            "驳回一份认证申请",
            "Rejected an application for certification",
        ),
        _ => Text::new("企业认证的其他操作", "Something else about certification"),
    }
}
