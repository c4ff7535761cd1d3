use datafusion::common::DataFusionError;

use crate::error::{Budget, EngineError, Problem};

/// Says why a statement cannot be read.
pub(super) fn of_reading(error: &DataFusionError) -> EngineError {
    let place = place_in_message(&error.to_string());
    EngineError::invalid(
        place.unwrap_or_else(|| "statement".to_owned()),
        Problem::Syntax,
    )
}

/// Says why a statement cannot be planned.
///
/// That a table or column does not exist and that it may not be seen are one answer.
pub(super) fn of_planning(error: &DataFusionError) -> EngineError {
    if let Some(ours) = our_own(error) {
        return ours;
    }
    let span = error.diagnostic().and_then(|diagnostic| diagnostic.span);
    let place = span.map_or_else(
        || "statement".to_owned(),
        |span| format!("line {}, column {}", span.start.line, span.start.column),
    );
    EngineError::invalid(place, Problem::Unplannable)
}

/// Says why a statement failed while it ran.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "what is no fault of the statement is one of ours"
)]
pub(super) fn of_running(error: &DataFusionError) -> EngineError {
    if let Some(ours) = our_own(error) {
        return ours;
    }
    match error.find_root() {
        DataFusionError::ResourcesExhausted(_) => EngineError::Budget(Budget::Memory),
        // The scan's own errors were found above; what else comes from outside is a function's, such as a bad pattern's.
        DataFusionError::External(_)
        | DataFusionError::ArrowError(..)
        | DataFusionError::Execution(_)
        | DataFusionError::Plan(_)
        | DataFusionError::SchemaError(..)
        | DataFusionError::NotImplemented(_)
        | DataFusionError::Configuration(_)
        | DataFusionError::SQL(..) => EngineError::invalid("statement", Problem::Expression),
        // The library takes a pattern that compiles to too much for a fault of its own.
        DataFusionError::Internal(message) if message.starts_with("failed to call 'regex_") => {
            EngineError::invalid("statement", Problem::Expression)
        }
        _ => EngineError::internal("query engine"),
    }
}

/// Finds an error of the scan inside the engine's wrappings.
fn our_own(error: &DataFusionError) -> Option<EngineError> {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(current) = next {
        if let Some(ours) = current.downcast_ref::<EngineError>() {
            return Some(ours.clone());
        }
        if let Some(DataFusionError::External(inner)) = current.downcast_ref::<DataFusionError>()
            && let Some(ours) = inner.downcast_ref::<EngineError>()
        {
            return Some(ours.clone());
        }
        if let Some(DataFusionError::Shared(inner)) = current.downcast_ref::<DataFusionError>() {
            return our_own(inner);
        }
        next = current.source();
    }
    None
}

/// Reads line and column out of the parser's message, and nothing else of it.
fn place_in_message(message: &str) -> Option<String> {
    let number = |after: &str| -> Option<u64> {
        let (_, rest) = message.rsplit_once(after)?;
        let digits: String = rest
            .trim_start()
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        digits.parse().ok()
    };
    Some(format!(
        "line {}, column {}",
        number("Line:")?,
        number("Column:")?
    ))
}
