use std::ops::ControlFlow;

use datafusion::common::format::ExplainStatementOptions;
use datafusion::sql::parser::{DFParserBuilder, ExplainStatement, Statement};
use datafusion::sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, Ident,
    ObjectName, SetExpr, Statement as SqlStatement, Value, visit_expressions_mut,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use yuntu_terms::Timestamp;

use super::failure;
use crate::error::{EngineError, Problem};

/// The longest statement that is read.
const STATEMENT_BYTES_MAX: usize = 64 * 1024;
const AS_OF: &str = "$as_of";

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever is not named is refused"
)]
/// Reads exactly one SELECT, or a plain EXPLAIN of one, and puts the moment of evaluation in for `$as_of`.
pub(super) fn parse(sql: &str, as_of: Timestamp) -> Result<Statement, EngineError> {
    if sql.len() > STATEMENT_BYTES_MAX {
        return Err(EngineError::invalid("statement", Problem::TooLong));
    }
    let mut statements = DFParserBuilder::new(sql)
        .with_dialect(&GenericDialect {})
        .with_recursion_limit(64)
        .build()
        .and_then(|mut parser| parser.parse_statements())
        .map_err(|error| failure::of_reading(&error))?;
    let (Some(mut statement), None) = (statements.pop_front(), statements.pop_front()) else {
        return Err(EngineError::invalid("statement", Problem::NotOneStatement));
    };
    let query = match &mut statement {
        Statement::Statement(query) => Some(&mut **query),
        // ANALYZE counts what ran, VERBOSE shows every rule's work; neither is shown, nor any other option.
        Statement::Explain(ExplainStatement { options, statement })
            if *options == ExplainStatementOptions::default() =>
        {
            match &mut **statement {
                Statement::Statement(query) => Some(&mut **query),
                _ => None,
            }
        }
        _ => None,
    };
    match query {
        Some(SqlStatement::Query(query)) if is_select(&query.body) => {
            bind_as_of(query, as_of);
            Ok(statement)
        }
        _ => Err(EngineError::invalid("statement", Problem::NotAQuery)),
    }
}

fn is_select(body: &SetExpr) -> bool {
    match body {
        SetExpr::Select(select) => select.into.is_none(),
        SetExpr::Values(_) => true,
        SetExpr::Query(query) => is_select(&query.body),
        SetExpr::SetOperation { left, right, .. } => is_select(left) && is_select(right),
        SetExpr::Insert(_)
        | SetExpr::Update(_)
        | SetExpr::Delete(_)
        | SetExpr::Merge(_)
        | SetExpr::Table(_) => false,
    }
}

fn bind_as_of(query: &mut datafusion::sql::sqlparser::ast::Query, as_of: Timestamp) {
    let flow: ControlFlow<()> = visit_expressions_mut(query, |expr| {
        if matches!(expr, Expr::Value(value) if matches!(&value.value, Value::Placeholder(name) if name == AS_OF))
        {
            *expr = timestamp(as_of);
        }
        ControlFlow::Continue(())
    });
    debug_assert!(flow.is_continue());
}

/// Writes a moment as an expression of the type that times have in the lake.
fn timestamp(moment: Timestamp) -> Expr {
    let text = |text: String| {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(
            Value::SingleQuotedString(text).into(),
        )))
    };
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::new("arrow_cast")]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: vec![
                text(moment.to_string()),
                text("Timestamp(Microsecond, Some(\"+00:00\"))".to_owned()),
            ],
            clauses: Vec::new(),
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(sql: &str) -> Option<Problem> {
        match parse(sql, Timestamp::from_micros(0)) {
            Err(EngineError::Invalid(invalid)) => Some(invalid.problem()),
            _ => None,
        }
    }

    #[test]
    fn only_one_query_passes() {
        for fine in [
            "select 1",
            "select * from a union all select * from b",
            "with x as (select 1) select * from x",
            "explain select 1",
            "values (1), (2)",
            "select 1;",
        ] {
            assert_eq!(problem(fine), None, "{fine}");
        }
        for (bad, why) in [
            ("", Problem::NotOneStatement),
            ("select 1; select 2", Problem::NotOneStatement),
            ("selekt 1", Problem::Syntax),
            ("select * into x from y", Problem::NotAQuery),
            ("insert into a values (1)", Problem::NotAQuery),
            (
                "with x as (select 1) insert into a select * from x",
                Problem::NotAQuery,
            ),
            ("explain analyze select 1", Problem::NotAQuery),
            ("explain verbose select 1", Problem::NotAQuery),
            ("explain insert into a values (1)", Problem::NotAQuery),
            ("set x = 1", Problem::NotAQuery),
            ("show tables", Problem::NotAQuery),
            ("describe a", Problem::NotAQuery),
            ("copy a to 'x.csv'", Problem::NotAQuery),
            ("prepare p as select 1", Problem::NotAQuery),
            (
                "create external table t stored as csv location '/etc/passwd'",
                Problem::NotAQuery,
            ),
        ] {
            assert_eq!(problem(bad), Some(why), "{bad}");
        }
    }

    #[test]
    fn the_moment_of_evaluation_is_put_in_everywhere() {
        let statement = parse(
            "select $as_of where exists (select $as_of)",
            Timestamp::from_micros(0),
        )
        .unwrap();
        let text = statement.to_string();
        assert!(!text.contains('$'), "{text}");
        assert_eq!(text.matches("1970-01-01T00:00:00Z").count(), 2);
    }

    #[test]
    fn a_place_is_a_number_and_nothing_of_the_text() {
        let error = parse("select 'secret' frm x y z", Timestamp::from_micros(0)).unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
        assert!(error.to_string().starts_with("line 1, column "), "{error}");
    }
}
