/// For what an account and its sessions are good; never for both, so that nobody who reviews an enterprise acts for one.
///
/// # Clause
/// R3, R23
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Realm {
    /// People who act for themselves and for enterprises.
    Public,
    /// People who work for the operator of the platform.
    Operator,
}

impl Realm {
    /// Returns the code of the column and of the ledger.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Operator => "operator",
        }
    }

    pub(crate) fn from_code(code: &str) -> Option<Self> {
        [Self::Public, Self::Operator]
            .into_iter()
            .find(|realm| realm.code() == code)
    }
}
