use datafusion::arrow::datatypes::Schema;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{Expr, Operator};
use roaring::RoaringBitmap;

/// Says whether an expression can be computed on any row without failing: a column against literals of its own type,
/// and such tests joined by `or`.
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
        Expr::BinaryExpr(binary) if binary.op == Operator::Or => {
            is_leak_proof(&binary.left, schema) && is_leak_proof(&binary.right, schema)
        }
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

/// Lists the people that tests of equality name, so that only their rows are opened; `None` when no test names any.
///
/// It only narrows what is read: every test still runs on the rows that were opened.
pub(crate) fn named_subjects(filters: &[Expr], subject: &str) -> Option<RoaringBitmap> {
    filters
        .iter()
        .filter_map(|filter| named_by(filter, subject))
        .reduce(|all, named| all & named)
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "what does not name people narrows nothing"
)]
fn named_by(filter: &Expr, subject: &str) -> Option<RoaringBitmap> {
    let is_subject = |expr: &Expr| matches!(expr, Expr::Column(column) if column.name == subject);
    match filter {
        Expr::BinaryExpr(binary) if binary.op == Operator::Eq => {
            match (is_subject(&binary.left), is_subject(&binary.right)) {
                (true, false) => numbers([&*binary.right]),
                (false, true) => numbers([&*binary.left]),
                _ => None,
            }
        }
        Expr::BinaryExpr(binary) if binary.op == Operator::Or => {
            Some(named_by(&binary.left, subject)? | named_by(&binary.right, subject)?)
        }
        Expr::InList(list) if !list.negated && is_subject(&list.expr) => numbers(&list.list),
        _ => None,
    }
}

/// Collects literals as subject numbers; nothing equals null, so null names nobody.
fn numbers<'a>(literals: impl IntoIterator<Item = &'a Expr>) -> Option<RoaringBitmap> {
    let mut named = RoaringBitmap::new();
    for literal in literals {
        let Expr::Literal(ScalarValue::UInt32(number), _) = literal else {
            return None;
        };
        named.extend(*number);
    }
    Some(named)
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
            col("n").eq(lit(1_i64)).or(col("t").is_null()),
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
            col("n")
                .eq(lit(1_i64))
                .or((lit(1_i64) / col("n")).eq(lit(2_i64))),
            (lit(1_i64) / col("n"))
                .eq(lit(2_i64))
                .or(col("n").eq(lit(1_i64))),
            (col("n") + lit(1_i64)).is_null(),
            col("n").in_list(vec![lit(1_i64) / lit(0_i64)], false),
            (lit(1_i64) / col("n")).in_list(vec![], false),
        ];
        for expr in unsafe_ones {
            assert!(!is_leak_proof(&expr, &schema), "{expr}");
        }
    }

    #[test]
    fn tests_of_equality_name_people_and_others_do_not() {
        let named = |filters: &[Expr]| {
            named_subjects(filters, "subject").map(|set| set.into_iter().collect::<Vec<_>>())
        };
        let one = |n: u32| lit(n);
        assert_eq!(named(&[col("subject").eq(one(7))]), Some(vec![7]));
        assert_eq!(named(&[one(7).eq(col("subject"))]), Some(vec![7]));
        let list = col("subject").in_list(vec![one(7), one(9), one(7)], false);
        assert_eq!(named(std::slice::from_ref(&list)), Some(vec![7, 9]));
        let either = col("subject").eq(one(7)).or(list.clone());
        assert_eq!(named(&[either]), Some(vec![7, 9]));
        let both = [list.clone(), col("subject").eq(one(9))];
        assert_eq!(named(&both), Some(vec![9]));
        let none = [list, col("subject").eq(one(8))];
        assert_eq!(named(&none), Some(vec![]));
        let null = lit(ScalarValue::UInt32(None));
        assert_eq!(named(&[col("subject").eq(null)]), Some(vec![]));
        for other in [
            col("subject").gt(one(7)),
            col("subject").in_list(vec![one(7)], true),
            col("subject").eq(lit(7_i64)),
            col("subject").eq(col("subject")),
            col("n").eq(one(7)),
            col("subject").eq(one(7)).or(col("n").eq(one(9))),
            col("subject").is_null(),
        ] {
            assert_eq!(named(std::slice::from_ref(&other)), None, "{other}");
        }
    }
}
