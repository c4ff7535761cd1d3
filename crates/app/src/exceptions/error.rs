use yuntu_statement::Proof;
use yuntu_terms::{ClauseId, ErrorKind, Lang, Text};

/// Why the use of an exception does not go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExceptionError {
    /// The law of today has no ground for it.
    #[error("exception {clause} is not available")]
    Unavailable {
        /// The exception.
        clause: ClauseId,
        /// Why, in the words of the statement.
        because: Option<Text>,
    },
    /// Its ground opens nothing for this purpose and operation.
    #[error("exception {clause} does not open this purpose and operation")]
    OpensNothing {
        /// The exception.
        clause: ClauseId,
        /// The purposes that it does open.
        purposes: Vec<Text>,
    },
    /// Proofs that the statement asks for are not on record.
    #[error("exception {clause} lacks {} proofs", proofs.len())]
    Lacks {
        /// The exception.
        clause: ClauseId,
        /// Each missing proof.
        proofs: Vec<Proof>,
    },
    /// The exception asks for no such proof, or for another form of it.
    #[error("exception {clause} does not take this as proof {proof}")]
    NotAsked {
        /// The exception.
        clause: ClauseId,
        /// The proof.
        proof: Proof,
    },
    /// It was invoked, confirmed or ended meanwhile, or is not what was shown.
    #[error("the use of the exception has changed")]
    Changed,
}

impl ExceptionError {
    /// Says what the error means to a caller.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Unavailable { .. } => ErrorKind::Refused,
            Self::OpensNothing { .. } | Self::Lacks { .. } | Self::NotAsked { .. } => {
                ErrorKind::Invalid
            }
            Self::Changed => ErrorKind::Conflict,
        }
    }

    /// Says in both languages what is wrong and what to do.
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            Self::Unavailable { clause, because } => {
                let because = because.as_ref();
                let (zh, en) = because.map_or(("", ""), |it| (it.zh.as_str(), it.en.as_str()));
                Text::new(
                    format!("例外 {clause} 不可援引，因为：{zh}"),
                    format!("exception {clause} is not available, because: {en}"),
                )
            }
            Self::OpensNothing { clause, purposes } => opens_text(*clause, purposes),
            Self::Lacks { clause, proofs } => {
                let named = |lang| {
                    let names = proofs.iter().map(|proof| proof.name(lang));
                    names.collect::<Vec<_>>().join(lang.pick("、", ", "))
                };
                Text::new(
                    format!(
                        "例外 {clause} 尚缺以下证明：{}；请逐项登记后再援引",
                        named(Lang::Zh)
                    ),
                    format!(
                        "exception {clause} lacks these proofs: {}; put each on record and invoke it then",
                        named(Lang::En)
                    ),
                )
            }
            Self::NotAsked { clause, proof } => Text::new(
                format!(
                    "例外 {clause} 不要求“{}”，或不是以这种形式要求；请查看该例外所需的证明",
                    proof.name(Lang::Zh)
                ),
                format!(
                    "exception {clause} does not ask for “{}”, or not in this form; look at the proofs it asks for",
                    proof.name(Lang::En)
                ),
            ),
            Self::Changed => Text::new(
                "该援引已被援引、确认或终止，或与所显示的内容不同；请重新打开后再操作",
                "it was invoked, confirmed or ended meanwhile, or is not what was shown; open it again first",
            ),
        }
    }
}

fn opens_text(clause: ClauseId, purposes: &[Text]) -> Text {
    let named = |lang| {
        let names = purposes.iter().map(|it| it.get(lang));
        names.collect::<Vec<_>>().join(lang.pick("、", ", "))
    };
    if purposes.is_empty() {
        return Text::new(
            format!("例外 {clause} 目前不开放任何目的：声明没有为任何目的列出它的依据；请取得同意"),
            format!(
                "exception {clause} opens no purpose at present: the statement lists its ground for none; obtain consent"
            ),
        );
    }
    Text::new(
        format!(
            "例外 {clause} 不开放此目的与处理方式；它可用于：{}",
            named(Lang::Zh)
        ),
        format!(
            "exception {clause} does not open this purpose and operation; it can be used for: {}",
            named(Lang::En)
        ),
    )
}
