use datafusion::arrow::datatypes::Schema;
use datafusion::logical_expr::{Expr, Operator};

/// Says whether an expression can be computed on any row without failing: a column against literals of its own type.
///
/// Only such an expression may run inside the scan; whatever could fail, or calls a function, stays above it.
///
/// # Clause
/// U4
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "what is not known to be safe is not"
)]
pub(crate) fn is_leak_proof(expr: &Expr, schema: &Schema) -> bool {
    match expr {
        Expr::IsNull(inner) | Expr::IsNotNull(inner) => matches!(&**inner, Expr::Column(_)),
        Expr::BinaryExpr(binary) => {
            is_comparison(binary.op)
                && (is_column_and_literal(&binary.left, &binary.right, schema)
                    || is_column_and_literal(&binary.right, &binary.left, schema))
        }
        Expr::InList(list) => {
            matches!(&*list.expr, Expr::Column(_))
                && list
                    .list
                    .iter()
                    .all(|literal| is_column_and_literal(&list.expr, literal, schema))
        }
        _ => false,
    }
}

fn is_comparison(op: Operator) -> bool {
    matches!(
        op,
        Operator::Eq
            | Operator::NotEq
            | Operator::Lt
            | Operator::LtEq
            | Operator::Gt
            | Operator::GtEq
    )
}

fn is_column_and_literal(column: &Expr, literal: &Expr, schema: &Schema) -> bool {
    match (column, literal) {
        (Expr::Column(column), Expr::Literal(value, _)) => schema
            .field_with_name(&column.name)
            .is_ok_and(|field| *field.data_type() == value.data_type()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::datatypes::{DataType, Field};
    use datafusion::prelude::{cast, col, lit};

    use super::*;

    #[test]
    fn only_a_column_against_literals_of_its_type_is_leak_proof() {
        let schema = Schema::new(vec![
            Field::new("n", DataType::Int64, true),
            Field::new("t", DataType::Utf8, true),
        ]);
        let safe = [
            col("n").eq(lit(1_i64)),
            lit(1_i64).lt(col("n")),
            col("t").in_list(vec![lit("a"), lit("b")], false),
            col("t").is_null(),
            col("n").is_not_null(),
        ];
        for expr in safe {
            assert!(is_leak_proof(&expr, &schema), "{expr}");
        }
        let unsafe_ones = [
            (lit(1_i64) / col("n")).eq(lit(1_i64)),
            col("n").eq(lit(1_i32)),
            cast(col("t"), DataType::Int64).eq(lit(1_i64)),
            col("n").eq(col("n")),
            col("x").eq(lit(1_i64)),
            col("n").eq(lit(1_i64)).or(col("n").eq(lit(2_i64))),
            (col("n") + lit(1_i64)).is_null(),
            col("n").in_list(vec![lit(1_i64) / lit(0_i64)], false),
            (lit(1_i64) / col("n")).in_list(vec![], false),
        ];
        for expr in unsafe_ones {
            assert!(!is_leak_proof(&expr, &schema), "{expr}");
        }
    }
}
