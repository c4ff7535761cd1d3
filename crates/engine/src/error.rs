use yuntu_terms::{ClauseId, ErrorKind};

/// A run did not come to a result.
///
/// No message quotes a value, a literal or a name of the statement: an error tells no more than the same statement over
/// data from which everything refused was deleted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// A clause says no.
    #[error("refused under {}: {}", .0.clause, .0.fact)]
    Refused(Refused),
    /// The query is wrong; the caller can mend it.
    #[error("{}: {}", .0.place, .0.problem)]
    Invalid(Invalid),
    /// The query needs more than a run may use.
    #[error("the run needs more {0} than its budget allows")]
    Budget(Budget),
    /// The permit ended before the result was complete.
    #[error("the permit expired before the run was complete")]
    Expired,
    /// The caller stopped the run.
    #[error("the run was cancelled")]
    Cancelled,
    /// A part the engine stands on failed.
    #[error("{0} failed")]
    Internal(&'static str),
}

/// A refusal of the engine: the permit or the data does not reach what the query asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    clause: ClauseId,
    fact: &'static str,
}

impl Refused {
    /// Returns the clause that says no.
    pub fn clause(&self) -> ClauseId {
        self.clause
    }

    /// Returns what is missing.
    pub fn fact(&self) -> &'static str {
        self.fact
    }
}

/// What is wrong with a query, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    place: String,
    problem: Problem,
}

impl Invalid {
    /// Returns where: `line 1, column 8` of a statement, or a path such as `of[0].where` of an audience.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Returns what is wrong.
    pub fn problem(&self) -> Problem {
        self.problem
    }
}

/// What is wrong with a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The text is no SQL.
    #[error("the statement cannot be read")]
    Syntax,
    /// More or less than one statement.
    #[error("expected exactly one statement")]
    NotOneStatement,
    /// Something other than a query.
    #[error("only SELECT and EXPLAIN are possible")]
    NotAQuery,
    /// The statement is longer than a run reads.
    #[error("the statement is too long")]
    TooLong,
    /// The statement cannot be planned: an unknown table, column or function, or types that do not meet.
    #[error("unknown table, column or function, or types that do not fit")]
    Unplannable,
    /// An expression failed on a row the permit admits, or on a constant.
    #[error("an expression could not be computed")]
    Expression,
    /// The first column of a statement for people is not `subject`.
    #[error("the first column must be `subject`, a number of a person")]
    NoSubject,
    /// The run has no dataset of this name.
    #[error("unknown dataset")]
    UnknownDataset,
    /// The dataset is not about persons.
    #[error("the dataset is not about persons")]
    NotAboutPersons,
    /// The dataset has no column of this name.
    #[error("unknown column")]
    UnknownColumn,
    /// The literal or the test does not fit the type of the column.
    #[error("the value or the test does not fit the column")]
    TypeMismatch,
    /// The dataset has no time of events.
    #[error("the dataset has no time of events")]
    NoEventTime,
    /// The window ends before it begins.
    #[error("the window is empty")]
    EmptyWindow,
    /// A set operation without parts.
    #[error("expected at least one part")]
    NoParts,
    /// A sequence without two steps, or with "then did not" before its end.
    #[error("expected two to eight steps, of which only the last may be one that was not done")]
    BadSteps,
    /// A percentage outside 0 to 100, or a share that is not there.
    #[error("the size of the sample or split is out of range")]
    BadShare,
    /// The run has no saved audience of this id.
    #[error("unknown audience")]
    UnknownAudience,
    /// The run has no stage rules of this name.
    #[error("unknown stage rules")]
    UnknownRules,
    /// Audiences and rules refer to each other too deeply, or in a circle.
    #[error("nested too deeply, or in a circle")]
    TooDeep,
    /// With everything put in that it refers to, the audience has too many parts.
    #[error("too many parts, with those of the audiences and rules it refers to")]
    TooManyParts,
    /// The rules name behaviours for O.
    #[error("O is the absence of the other stages and has no rule of its own")]
    StageOpportunityRule,
}

/// What a run may use up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Budget {
    /// Memory.
    Memory,
    /// Rows of the result.
    Rows,
    /// Bytes of all cells of the result together.
    Bytes,
    /// Time.
    Time,
}

impl std::fmt::Display for Budget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Memory => "memory",
            Self::Rows => "rows",
            Self::Bytes => "bytes of its result",
            Self::Time => "time",
        })
    }
}

impl EngineError {
    pub(crate) fn refused(clause: ClauseId, fact: &'static str) -> Self {
        Self::Refused(Refused { clause, fact })
    }

    pub(crate) fn invalid(place: impl Into<String>, problem: Problem) -> Self {
        Self::Invalid(Invalid {
            place: place.into(),
            problem,
        })
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "callers act on no other fault of the lake"
    )]
    pub(crate) fn of_lake(error: &yuntu_lake::LakeError) -> Self {
        use yuntu_lake::LakeError;
        match error {
            LakeError::NotPermitted { clause, .. } => {
                Self::refused(*clause, "the permit does not open a dataset of the run")
            }
            LakeError::PermitExpired { .. } => Self::Expired,
            LakeError::PartGone(_) => Self::Internal("a part that was changed meanwhile"),
            _ => Self::Internal("the lake"),
        }
    }

    pub(crate) fn internal(part: &'static str) -> Self {
        Self::Internal(part)
    }

    /// Returns what the error means to a caller.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Refused(_) | Self::Expired => ErrorKind::Refused,
            Self::Invalid(_) | Self::Budget(_) => ErrorKind::Invalid,
            Self::Cancelled => ErrorKind::Conflict,
            Self::Internal(_) => ErrorKind::Internal,
        }
    }
}
