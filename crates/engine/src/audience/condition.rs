use serde::{Deserialize, Serialize};
use yuntu_terms::Timestamp;

/// What a row must meet.
///
/// A test on an empty value is not met, and neither is its opposite; only [`Test::Missing`] finds empty values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// A test on one column.
    Test {
        /// The column.
        column: String,
        /// The test.
        is: Test,
    },
    /// All of the parts are met.
    All(Vec<Condition>),
    /// At least one of the parts is met.
    Any(Vec<Condition>),
}

/// A test on one value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// The value is this.
    Equals(Value),
    /// The value is something else.
    NotEquals(Value),
    /// The value is smaller; for times, earlier.
    LessThan(Value),
    /// The value is this or smaller.
    AtMost(Value),
    /// The value is larger; for times, later.
    MoreThan(Value),
    /// The value is this or larger.
    AtLeast(Value),
    /// The value lies in a band: from the first up to, and without, the second.
    InBand {
        /// The lower end, inside.
        from: Value,
        /// The upper end, outside; no end when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Value>,
    },
    /// The value is one of these.
    AnyOf(Vec<Value>),
    /// The value is none of these.
    NoneOf(Vec<Value>),
    /// The text contains this.
    Contains(String),
    /// The text does not contain this.
    NotContains(String),
    /// The text begins with this.
    StartsWith(String),
    /// The text ends with this.
    EndsWith(String),
    /// There is a value.
    Exists,
    /// There is no value.
    Missing,
    /// The time lies before this.
    Before(Timestamp),
    /// The time lies at this or after.
    After(Timestamp),
    /// The time lies in the last so many days before the moment of evaluation.
    WithinLastDays(u32),
    /// The time lies in the so many days that begin with the moment of evaluation.
    WithinNextDays(u32),
    /// The time lies more than so many days before the moment of evaluation.
    BeforeLastDays(u32),
}

/// A literal; a time is written as RFC 3339 text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// A text.
    Text(String),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl Condition {
    /// Tests one column.
    #[must_use]
    pub fn test(column: impl Into<String>, is: Test) -> Self {
        Self::Test {
            column: column.into(),
            is,
        }
    }

    /// Tests that one column has a value.
    #[must_use]
    pub fn equals(column: impl Into<String>, value: impl Into<Value>) -> Self {
        Self::test(column, Test::Equals(value.into()))
    }

    /// Lists the columns the condition reads.
    pub fn columns(&self) -> Vec<&str> {
        match self {
            Self::Test { column, .. } => vec![column],
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::columns).collect(),
        }
    }
}
