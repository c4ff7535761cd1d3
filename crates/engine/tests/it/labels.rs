//! How closely each column of a result is tied to persons: how it came about, and never less than what a naive reading of
//! the statement says.

use std::fmt::Write as _;

use yuntu_engine::{EngineError, Label, LabelRule, TableShape};
use yuntu_lake::{Column, ColumnRole, ColumnType, DatasetKind};
use yuntu_terms::{ColumnClass, SeededEntropy, clause};

use crate::rig::{NOW, Rig, at};

use ColumnClass::{Identifier, NonPersonal, Personal, Sensitive};

fn shape(name: &str, kind: DatasetKind, columns: &[(&str, ColumnClass)]) -> TableShape {
    let column = |(name, class): &(&str, ColumnClass)| Column {
        name: (*name).to_owned(),
        column_type: ColumnType::Int,
        class: *class,
        role: ColumnRole::Attribute,
    };
    TableShape {
        name: name.to_owned(),
        kind,
        columns: columns.iter().map(column).collect(),
    }
}

/// People with a column of each class, what they bought, and two lists about things.
fn tables() -> Vec<TableShape> {
    vec![
        shape(
            "people",
            DatasetKind::Persons,
            &[
                ("age", Personal),
                ("health", Sensitive),
                ("shop", NonPersonal),
            ],
        ),
        shape(
            "bought",
            DatasetKind::Persons,
            &[("product", NonPersonal), ("amount", Personal)],
        ),
        shape(
            "products",
            DatasetKind::Lookup,
            &[("product", NonPersonal), ("price", NonPersonal)],
        ),
        shape(
            "shops",
            DatasetKind::Lookup,
            &[("shop", NonPersonal), ("size", NonPersonal)],
        ),
    ]
}

async fn labels(rig: &Rig, sql: &str) -> Result<Vec<Label>, EngineError> {
    rig.engine(1).labels_of(tables(), sql, at(NOW)).await
}

fn because(label: &Label) -> Vec<(LabelRule, &str, Option<&str>, ColumnClass)> {
    let causes = label.because.iter();
    let shown = causes.map(|it| (it.rule, it.table.as_str(), it.column.as_deref(), it.class));
    shown.collect()
}

#[tokio::test]
async fn a_label_names_the_inputs_it_came_from_and_by_which_rule() {
    let _mark = clause::check!(R8);
    let rig = Rig::new(100).await;
    let free = labels(&rig, "select price * 2 as twice from products")
        .await
        .unwrap();
    assert_eq!(free[0].class, NonPersonal);
    let price = (LabelRule::Value, "products", Some("price"), NonPersonal);
    assert_eq!(because(&free[0]), [price]);
    let joined = labels(
        &rig,
        "select price from products join bought using (product) where amount > 3",
    )
    .await
    .unwrap();
    assert_eq!(joined[0].class, Personal);
    assert_eq!(
        because(&joined[0]),
        [
            (LabelRule::Persons, "bought", None, Personal),
            (LabelRule::Choice, "bought", Some("amount"), Personal),
            price,
            (LabelRule::Choice, "bought", Some("product"), NonPersonal),
            (LabelRule::Choice, "products", Some("product"), NonPersonal),
        ]
    );
    let both = labels(&rig, "select subject, health + age as sum from people")
        .await
        .unwrap();
    assert_eq!((both[0].class, both[1].class), (Identifier, Sensitive));
    assert_eq!(
        because(&both[1]),
        [
            (LabelRule::Value, "people", Some("health"), Sensitive),
            (LabelRule::Value, "people", Some("age"), Personal),
            (LabelRule::Persons, "people", None, Personal),
        ]
    );
    // A group by an identifier makes the rest personal and no identifier.
    let grouped = labels(
        &rig,
        "select subject, shop, count(*) as n from people group by subject, shop",
    )
    .await
    .unwrap();
    let classes: Vec<_> = grouped.iter().map(|it| it.class).collect();
    assert_eq!(classes, [Identifier, Personal, Personal]);
    let counted = because(&grouped[2]);
    assert!(counted.contains(&(LabelRule::Choice, "people", Some("subject"), Personal)));
}

#[tokio::test]
async fn a_statement_that_is_only_planned_reads_nothing_and_names_what_is_wrong() {
    let rig = Rig::new(100).await;
    for wrong in [
        "select nothing from people",
        "select age from strangers",
        "select age from people; select 1",
        "copy people to 'x'",
        "not a statement",
        "set x = 1",
    ] {
        let refused = labels(&rig, wrong).await.unwrap_err();
        assert!(matches!(refused, EngineError::Invalid(_)), "{wrong}");
    }
}

struct Dice(SeededEntropy);

impl Dice {
    fn below(&self, n: usize) -> usize {
        usize::try_from(self.0.next_u64() % (n as u64)).unwrap()
    }
    fn one_in(&self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// A statement with what a naive reading says of it: of each column the strictest class that was put into it, and of all
/// of them what the rows were chosen by.
struct Made {
    sql: String,
    columns: Vec<(String, ColumnClass)>,
    floor: ColumnClass,
}

fn chosen(class: ColumnClass) -> ColumnClass {
    if class == Identifier { Personal } else { class }
}

struct Maker {
    dice: Dice,
    names: usize,
}

impl Maker {
    fn name(&mut self, letter: char) -> String {
        self.names += 1;
        format!("{letter}{}", self.names)
    }

    fn table(&mut self) -> Made {
        let all = tables();
        let table = &all[self.dice.below(all.len())];
        let about = table.kind == DatasetKind::Persons;
        let mut columns: Vec<_> = table
            .columns
            .iter()
            .map(|it| (it.name.clone(), it.class))
            .collect();
        if about {
            columns.push((String::from("subject"), Identifier));
        }
        let list: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
        Made {
            sql: format!("select {} from {}", list.join(", "), table.name),
            columns: columns.clone(),
            floor: if about { Personal } else { NonPersonal },
        }
    }

    fn made(&mut self, depth: usize) -> Made {
        if depth == 0 {
            return self.table();
        }
        match self.dice.below(5) {
            0 => self.projected(depth),
            1 => self.filtered(depth),
            2 => self.grouped(depth),
            3 => self.joined(depth),
            _ => self.united(depth),
        }
    }

    /// Writes an expression over columns of an input; returns it with the strictest class it looks at.
    fn expression(&self, alias: &str, columns: &[(String, ColumnClass)]) -> (String, ColumnClass) {
        let mut class = NonPersonal;
        let mut pick = || {
            let (name, found) = &columns[self.dice.below(columns.len())];
            class = class.max(*found);
            format!("{alias}.{name}")
        };
        let text = match self.dice.below(4) {
            0 => pick(),
            1 => format!("({} + {})", pick(), pick()),
            2 => format!("(case when {} > 2 then {} else 0 end)", pick(), pick()),
            _ => format!("coalesce({}, 7)", pick()),
        };
        (text, class)
    }

    fn projected(&mut self, depth: usize) -> Made {
        let input = self.made(depth - 1);
        let alias = self.name('t');
        let mut columns = Vec::new();
        let mut list = Vec::new();
        for _ in 0..=self.dice.below(3) {
            let (text, class) = self.expression(&alias, &input.columns);
            let name = self.name('c');
            list.push(format!("{text} as {name}"));
            columns.push((name, class));
        }
        let distinct = if self.dice.one_in(4) { "distinct " } else { "" };
        let mut floor = input.floor;
        if !distinct.is_empty() {
            floor = columns
                .iter()
                .fold(floor, |floor, (_, class)| floor.max(chosen(*class)));
        }
        Made {
            sql: format!(
                "select {distinct}{} from ({}) {alias}",
                list.join(", "),
                input.sql
            ),
            columns,
            floor,
        }
    }

    fn filtered(&mut self, depth: usize) -> Made {
        let input = self.made(depth - 1);
        let alias = self.name('t');
        let (text, class) = self.expression(&alias, &input.columns);
        let mut floor = input.floor.max(chosen(class));
        let mut sql = format!("select * from ({}) {alias} where {text} > 1", input.sql);
        if self.dice.one_in(3) {
            // People who are looked for in another table say something too.
            let inner = self.made(depth - 1);
            let (name, of) = &inner.columns[0];
            let (own, of_own) = &input.columns[0];
            let other = self.name('t');
            let _written = write!(
                sql,
                " and {alias}.{own} in (select {other}.{name} from ({}) {other})",
                inner.sql
            );
            floor = floor.max(inner.floor).max(chosen(*of)).max(chosen(*of_own));
        }
        Made {
            sql,
            columns: input.columns,
            floor,
        }
    }

    fn grouped(&mut self, depth: usize) -> Made {
        let input = self.made(depth - 1);
        let alias = self.name('t');
        let (key, class) = self.expression(&alias, &input.columns);
        let (value, of_value) = self.expression(&alias, &input.columns);
        let (a, b) = (self.name('c'), self.name('c'));
        let function = ["max", "sum", "count"][self.dice.below(3)];
        Made {
            sql: format!(
                "select {key} as {a}, {function}({value}) as {b} from ({}) {alias} group by {key}",
                input.sql
            ),
            columns: vec![(a, class), (b, of_value)],
            floor: input.floor.max(chosen(class)),
        }
    }

    fn joined(&mut self, depth: usize) -> Made {
        let (left, right) = (self.made(depth - 1), self.made(depth - 1));
        let (a, b) = (self.name('t'), self.name('t'));
        let (one, of_one) = left.columns[self.dice.below(left.columns.len())].clone();
        let (other, of_other) = right.columns[self.dice.below(right.columns.len())].clone();
        let mut columns = Vec::new();
        let mut list = Vec::new();
        for (alias, side) in [(&a, &left), (&b, &right)] {
            for (name, class) in &side.columns {
                let renamed = self.name('c');
                list.push(format!("{alias}.{name} as {renamed}"));
                columns.push((renamed, *class));
            }
        }
        let kind = ["join", "left join", "full join"][self.dice.below(3)];
        Made {
            sql: format!(
                "select {} from ({}) {a} {kind} ({}) {b} on {a}.{one} = {b}.{other}",
                list.join(", "),
                left.sql,
                right.sql
            ),
            columns,
            floor: left
                .floor
                .max(right.floor)
                .max(chosen(of_one))
                .max(chosen(of_other)),
        }
    }

    fn united(&mut self, depth: usize) -> Made {
        let (one, other) = (self.made(depth - 1), self.made(depth - 1));
        let (a, b) = (self.name('t'), self.name('t'));
        let (x, of_x) = one.columns[0].clone();
        let (y, of_y) = other.columns[0].clone();
        let name = self.name('c');
        Made {
            sql: format!(
                "select {a}.{x} as {name} from ({}) {a} union all select {b}.{y} as {name} from ({}) {b}",
                one.sql, other.sql
            ),
            columns: vec![(name, of_x.max(of_y))],
            floor: one.floor.max(other.floor),
        }
    }
}

#[tokio::test]
async fn no_label_is_below_what_a_naive_reading_of_the_statement_says() {
    let _mark = clause::check!(R8);
    let rig = Rig::new(100).await;
    let mut maker = Maker {
        dice: Dice(SeededEntropy::new(8)),
        names: 0,
    };
    let (mut free, mut deep) = (0, 0);
    for round in 0..600 {
        let made = maker.made(1 + round % 4);
        let found = labels(&rig, &made.sql)
            .await
            .unwrap_or_else(|error| panic!("{error}: {}", made.sql));
        assert_eq!(found.len(), made.columns.len(), "{}", made.sql);
        for (label, (name, class)) in found.iter().zip(&made.columns) {
            let least = (*class).max(made.floor);
            assert!(
                label.class >= least,
                "{name} is {:?} and not {least:?}: {}",
                label.class,
                made.sql
            );
            // Whatever made it so is named.
            let named = label.because.iter().map(|it| it.class).max();
            assert!(
                named.is_none_or(|named| named >= label.class),
                "{}",
                made.sql
            );
            assert!(
                named.is_some() || label.class == NonPersonal,
                "{}",
                made.sql
            );
        }
        let personal = ["people", "bought"]
            .iter()
            .any(|it| made.sql.contains(&format!("from {it}")));
        if personal {
            deep += 1;
            assert!(
                found.iter().all(|label| label.class.is_personal()),
                "{}",
                made.sql
            );
        } else {
            // Lists about things stay free however they are combined.
            free += 1;
            assert!(
                found.iter().all(|label| label.class == NonPersonal),
                "{}",
                made.sql
            );
        }
    }
    assert!(free > 30 && deep > 300, "{free} {deep}");
}
