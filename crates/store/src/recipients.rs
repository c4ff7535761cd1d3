use yuntu_terms::{PartnerId, Recipient};

/// Writes a recipient for a column: `enterprise`, `public`, or the id of a partner.
pub(crate) fn recipient_code(recipient: Recipient) -> String {
    recipient.to_string()
}

/// Reads a recipient from a column.
pub(crate) fn recipient_of(code: &str) -> Option<Recipient> {
    match code {
        "enterprise" => Some(Recipient::Enterprise),
        "public" => Some(Recipient::Public),
        partner => partner.parse::<PartnerId>().ok().map(Recipient::Partner),
    }
}
