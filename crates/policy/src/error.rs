/// The embedded who-may rules cannot be used; nobody may do anything then.
#[derive(Debug, thiserror::Error)]
pub enum WhoMayError {
    /// The schema does not parse.
    #[error("the schema of the who-may rules does not parse")]
    Schema(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The policies do not parse.
    #[error("the who-may rules do not parse")]
    Policies(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The policies do not fit the schema.
    #[error("the who-may rules do not fit their schema: {0}")]
    Invalid(String),
    /// A question to the policies could not be put.
    #[error("a question to the who-may rules cannot be put")]
    Question(#[source] Box<dyn std::error::Error + Send + Sync>),
}
