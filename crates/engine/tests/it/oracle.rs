//! Random data, consents, audiences and statements against an evaluation row by row that knows nothing of the engine:
//! nobody too many, nobody too few.

use std::collections::{BTreeMap, BTreeSet};

use yuntu_engine::audience::{
    Condition, EventRule, Everyone, Measure, Occurrence, SequenceRule, Step, Test, Value, Window,
};
use yuntu_engine::{Audience, AudienceQuery, Query};
use yuntu_lake::ColumnType::{Bool, Decimal, Float, Int, Text, Timestamp as Moment};
use yuntu_terms::{ColumnClass, SeededEntropy, Timestamp, clause};

use crate::rig::{Col, Loaded, MEMBER, NOW, Rig, at, classed, col, people, rows, sql, time};

const DAY: i64 = 86_400_000_000;

#[derive(Debug, Clone, PartialEq)]
enum Val {
    Null,
    Int(i64),
    Cents(i64),
    Quarter(i64),
    Bool(bool),
    Text(String),
    Time(i64),
}

type Row = BTreeMap<&'static str, Val>;

#[derive(Debug, Clone, Default)]
struct Person {
    number: u32,
    tables: BTreeMap<&'static str, Vec<Row>>,
}

struct Dice(SeededEntropy);

impl Dice {
    fn below(&self, n: u64) -> u64 {
        self.0.next_u64() % n
    }
    fn int(&self, n: u64) -> i64 {
        self.below(n) as i64
    }
    fn chance(&self, percent: u64) -> bool {
        self.below(100) < percent
    }
    fn pick<'a, T>(&self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u64) as usize]
    }
}

const TABLES: [(&str, &[Col]); 3] = [
    (
        "people",
        &[
            MEMBER,
            col("age", Int),
            col("city", Text),
            col("score", Float),
            col("vip", Bool),
            col("joined", Moment),
            classed("health", Text, ColumnClass::Sensitive),
        ],
    ),
    (
        "purchases",
        &[
            MEMBER,
            time("at"),
            col("category", Text),
            col(
                "amount",
                Decimal {
                    precision: 12,
                    scale: 2,
                },
            ),
            col("qty", Int),
        ],
    ),
    (
        "contacts",
        &[MEMBER, time("at"), col("kind", Text), col("seconds", Int)],
    ),
];

const TEXTS: [&str; 5] = ["tea", "coffee", "rice", "tea rice", "茶"];

fn value(dice: &Dice, column: &Col) -> Val {
    if column.name != "at" && dice.chance(12) {
        return Val::Null;
    }
    match column.kind {
        Int => Val::Int(dice.int(9)),
        Float => Val::Quarter(dice.int(12)),
        Bool => Val::Bool(dice.chance(50)),
        Decimal { .. } => Val::Cents(dice.int(900) - 100),
        Moment => Val::Time(at(NOW).as_micros() - dice.int(40) * DAY + dice.int(3) * DAY / 4),
        _ => Val::Text((*dice.pick(&TEXTS)).to_owned()),
    }
}

fn csv(value: &Val) -> String {
    match value {
        Val::Null => String::new(),
        Val::Int(n) => n.to_string(),
        Val::Cents(c) => format!(
            "{}{}.{:02}",
            if *c < 0 { "-" } else { "" },
            c.abs() / 100,
            c.abs() % 100
        ),
        Val::Quarter(q) => format!("{}", *q as f64 / 4.0),
        Val::Bool(b) => b.to_string(),
        Val::Text(t) => t.clone(),
        Val::Time(t) => Timestamp::from_micros(*t).to_string(),
    }
}

fn draw_people(dice: &Dice, count: u32) -> Vec<Person> {
    (0..count)
        .map(|number| {
            let mut person = Person {
                number,
                ..Person::default()
            };
            for (table, columns) in TABLES {
                let rows = if table == "people" {
                    dice.below(3).min(1)
                } else {
                    dice.below(6)
                };
                let draw = || {
                    columns[1..]
                        .iter()
                        .map(|c| (c.name, value(dice, c)))
                        .collect()
                };
                person
                    .tables
                    .insert(table, (0..rows).map(|_| draw()).collect());
            }
            person
        })
        .collect()
}

async fn load(rig: &Rig, dice: &Dice, all: &[Person]) -> Vec<Loaded> {
    let mut loaded = Vec::new();
    for (table, columns) in TABLES {
        let mut rows: Vec<Vec<String>> = all
            .iter()
            .flat_map(|person| {
                person.tables[table].iter().map(|row| {
                    let cells = columns[1..].iter().map(|c| csv(&row[c.name]));
                    std::iter::once(format!("m{}", person.number))
                        .chain(cells)
                        .collect()
                })
            })
            .collect();
        // Rows of one person arrive in different chunks, and so in different parts.
        for i in (1..rows.len()).rev() {
            rows.swap(i, dice.below(i as u64 + 1) as usize);
        }
        loaded.push(rig.load(table, columns, &rows).await);
    }
    loaded
}

// The oracle.

fn number(value: &Val) -> Option<f64> {
    match value {
        Val::Int(n) => Some(*n as f64),
        Val::Cents(c) => Some(*c as f64 / 100.0),
        Val::Quarter(q) => Some(*q as f64 / 4.0),
        Val::Time(t) => Some(*t as f64),
        Val::Null | Val::Bool(_) | Val::Text(_) => None,
    }
}

fn literal(value: &Value) -> Option<f64> {
    match value {
        Value::Int(n) => Some(*n as f64),
        Value::Float(x) => Some(*x),
        Value::Text(t) => t.parse::<Timestamp>().ok().map(|t| t.as_micros() as f64),
        Value::Bool(_) => None,
    }
}

fn same(value: &Val, wanted: &Value) -> bool {
    match (value, wanted) {
        (Val::Text(a), Value::Text(b)) => a == b,
        (Val::Bool(a), Value::Bool(b)) => a == b,
        _ => number(value).is_some() && number(value) == literal(wanted),
    }
}

fn less(value: &Val, than: &Value) -> bool {
    match (value, than) {
        (Val::Text(a), Value::Text(b)) => a < b,
        _ => number(value).unwrap() < literal(than).unwrap(),
    }
}

fn passes(value: &Val, test: &Test, now: i64) -> bool {
    if let Test::Missing = test {
        return *value == Val::Null;
    }
    if *value == Val::Null {
        return false;
    }
    let words = || match value {
        Val::Text(t) => t.clone(),
        _ => panic!("no text"),
    };
    let micros = || number(value).unwrap() as i64;
    match test {
        Test::Equals(v) => same(value, v),
        Test::NotEquals(v) => !same(value, v),
        Test::LessThan(v) => less(value, v),
        Test::AtMost(v) => less(value, v) || same(value, v),
        Test::MoreThan(v) => !less(value, v) && !same(value, v),
        Test::AtLeast(v) => !less(value, v),
        Test::InBand { from, until } => {
            !less(value, from) && until.as_ref().is_none_or(|u| less(value, u))
        }
        Test::AnyOf(vs) => vs.iter().any(|v| same(value, v)),
        Test::NoneOf(vs) => !vs.iter().any(|v| same(value, v)),
        Test::Contains(t) => words().contains(t.as_str()),
        Test::NotContains(t) => !words().contains(t.as_str()),
        Test::StartsWith(t) => words().starts_with(t.as_str()),
        Test::EndsWith(t) => words().ends_with(t.as_str()),
        Test::Exists => true,
        Test::Missing => false,
        Test::Before(t) => micros() < t.as_micros(),
        Test::After(t) => micros() >= t.as_micros(),
        Test::WithinLastDays(n) => (now - i64::from(*n) * DAY..now).contains(&micros()),
        Test::WithinNextDays(n) => (now..now + i64::from(*n) * DAY).contains(&micros()),
        Test::BeforeLastDays(n) => micros() < now - i64::from(*n) * DAY,
    }
}

fn meets(row: &Row, condition: &Condition, now: i64) -> bool {
    match condition {
        Condition::Test { column, is } => passes(&row[column.as_str()], is, now),
        Condition::All(parts) => parts.iter().all(|part| meets(row, part, now)),
        Condition::Any(parts) => parts.iter().any(|part| meets(row, part, now)),
    }
}

fn inside(row: &Row, window: &Window, now: i64) -> bool {
    let Some(Val::Time(t)) = row.get("at") else {
        return true;
    };
    let day = |n: &u32| now - i64::from(*n) * DAY;
    match window {
        Window::Ever => *t < now,
        Window::WithinLastDays(n) => (day(n)..now).contains(t),
        Window::BetweenDaysAgo {
            from_days,
            until_days,
        } => (day(from_days)..day(until_days)).contains(t),
        Window::Between { from, until } => (from.as_micros()..until.as_micros()).contains(t),
    }
}

fn chosen<'a>(
    person: &'a Person,
    table: &str,
    r#where: Option<&Condition>,
    window: &Window,
    now: i64,
) -> Vec<&'a Row> {
    person.tables[table]
        .iter()
        .filter(|row| inside(row, window, now) && r#where.is_none_or(|c| meets(row, c, now)))
        .collect()
}

fn event(person: &Person, rule: &EventRule, now: i64) -> bool {
    let rows = chosen(
        person,
        &rule.dataset,
        rule.r#where.as_ref(),
        &rule.window,
        now,
    );
    let numbers = |column: &str| {
        rows.iter()
            .filter_map(|row| number(&row[column]))
            .collect::<Vec<_>>()
    };
    let sum = |column: &str| {
        // Cents are added as whole numbers, as money must be.
        let cents: i64 = rows
            .iter()
            .map(|r| if let Val::Cents(c) = r[column] { c } else { 0 })
            .sum();
        let others: f64 = rows
            .iter()
            .filter(|r| !matches!(r[column], Val::Cents(_)))
            .filter_map(|r| number(&r[column]))
            .sum();
        cents as f64 / 100.0 + others
    };
    let measure = match &rule.measure {
        Measure::Count => Some(rows.len() as f64),
        Measure::Distinct(c) => {
            let values: BTreeSet<_> = rows
                .iter()
                .map(|r| &r[c.as_str()])
                .filter(|v| **v != Val::Null)
                .map(|v| format!("{v:?}"))
                .collect();
            Some(values.len() as f64)
        }
        Measure::Sum(c) => Some(sum(c)),
        Measure::Average(c) => (!numbers(c).is_empty()).then(|| sum(c) / numbers(c).len() as f64),
        Measure::Min(c) => numbers(c).into_iter().reduce(f64::min),
        Measure::Max(c) => numbers(c).into_iter().reduce(f64::max),
        Measure::FirstTime => numbers("at").into_iter().reduce(f64::min),
        Measure::LastTime => numbers("at").into_iter().reduce(f64::max),
    };
    let is_time = matches!(rule.measure, Measure::FirstTime | Measure::LastTime);
    let passed = measure.is_some_and(|x| {
        let value = if is_time {
            Val::Time(x as i64)
        } else {
            Val::Quarter(0)
        };
        if is_time {
            passes(&value, &rule.is, now)
        } else {
            passes_number(x, &rule.is)
        }
    });
    passed == (rule.occurrence == Occurrence::Did)
}

fn passes_number(x: f64, test: &Test) -> bool {
    let n = |v: &Value| literal(v).unwrap();
    match test {
        Test::Equals(v) => x == n(v),
        Test::NotEquals(v) => x != n(v),
        Test::LessThan(v) => x < n(v),
        Test::AtMost(v) => x <= n(v),
        Test::MoreThan(v) => x > n(v),
        Test::AtLeast(v) => x >= n(v),
        Test::InBand { from, until } => x >= n(from) && until.as_ref().is_none_or(|u| x < n(u)),
        Test::AnyOf(vs) => vs.iter().any(|v| x == n(v)),
        Test::Exists => true,
        _ => panic!("not drawn"),
    }
}

/// Tries every way to take the steps.
fn sequence(
    person: &Person,
    rule: &SequenceRule,
    from: Option<i64>,
    step: usize,
    now: i64,
) -> bool {
    let Some(here) = rule.steps.get(step) else {
        return true;
    };
    let rows = chosen(
        person,
        &here.dataset,
        here.r#where.as_ref(),
        &rule.window,
        now,
    );
    let fits = |t: i64| match from {
        None => true,
        Some(f) => {
            t > f
                && here
                    .max_gap_s
                    .is_none_or(|gap| t - f <= i64::from(gap) * 1_000_000)
        }
    };
    let mut times = rows.iter().map(|row| {
        if let Val::Time(t) = row["at"] {
            t
        } else {
            panic!("no time")
        }
    });
    if here.occurrence == Occurrence::DidNot {
        return !times.any(fits);
    }
    times
        .filter(|t| fits(*t))
        .any(|t| sequence(person, rule, Some(t), step + 1, now))
}

fn member(person: &Person, audience: &Audience, now: i64) -> bool {
    match audience {
        Audience::Everyone(_) => true,
        Audience::Trait(rule) => !chosen(
            person,
            &rule.dataset,
            Some(&rule.r#where),
            &Window::Between {
                from: Timestamp::from_micros(i64::MIN),
                until: Timestamp::from_micros(i64::MAX),
            },
            now,
        )
        .is_empty(),
        Audience::Event(rule) => event(person, rule, now),
        Audience::Sequence(rule) => sequence(person, rule, None, 0, now),
        Audience::All(parts) => parts.of.iter().all(|part| member(person, part, now)),
        Audience::Any(parts) => parts.of.iter().any(|part| member(person, part, now)),
        Audience::Minus(d) => member(person, &d.from, now) && !member(person, &d.exclude, now),
        Audience::Not(c) => !member(person, &c.of, now),
        other => panic!("not drawn: {other:?}"),
    }
}

// The draw of audiences.

fn draw_test(dice: &Dice, column: &Col) -> Test {
    let text = || (*dice.pick(&TEXTS)).to_owned();
    let moment = || {
        Value::Text(Timestamp::from_micros(at(NOW).as_micros() - dice.int(40) * DAY).to_string())
    };
    let value = || match column.kind {
        Int => {
            if dice.chance(80) {
                Value::Int(dice.int(9))
            } else {
                Value::Float(dice.int(9) as f64 + 0.5)
            }
        }
        Float => Value::Float(dice.int(12) as f64 / 4.0),
        Decimal { .. } => {
            if dice.chance(50) {
                Value::Int(dice.int(9))
            } else {
                Value::Float(dice.int(9) as f64 + 0.5)
            }
        }
        Bool => Value::Bool(dice.chance(50)),
        Moment => moment(),
        _ => Value::Text(text()),
    };
    let values = || (0..dice.below(4)).map(|_| value()).collect::<Vec<_>>();
    let days = || dice.below(30) as u32;
    match (dice.below(10), column.kind) {
        (0, _) => Test::Exists,
        (1, _) => Test::Missing,
        (2, Bool) => Test::NotEquals(value()),
        (_, Bool) => Test::Equals(value()),
        (2, Text) => Test::Contains(dice.pick(&["ea", "茶", ""]).to_string()),
        (3, Text) => Test::NotContains("ea".into()),
        (4, Text) => Test::StartsWith("te".into()),
        (5, Text) => Test::EndsWith("rice".into()),
        (2, Moment) => Test::WithinLastDays(days()),
        (3, Moment) => Test::BeforeLastDays(days()),
        (4, Moment) => Test::WithinNextDays(days()),
        (5, Moment) => Test::Before(Timestamp::from_micros(
            at(NOW).as_micros() - dice.int(40) * DAY,
        )),
        (2, _) => Test::LessThan(value()),
        (3, _) => Test::AtMost(value()),
        (4, _) => Test::MoreThan(value()),
        (5, _) => Test::AtLeast(value()),
        (6, _) => Test::InBand {
            from: value(),
            until: dice.chance(70).then(value),
        },
        (7, _) => Test::AnyOf(values()),
        (8, _) => Test::NoneOf(values()),
        (9, _) => Test::NotEquals(value()),
        _ => Test::Equals(value()),
    }
}

fn draw_condition(dice: &Dice, columns: &[Col], depth: u32) -> Condition {
    let parts = || {
        (0..=dice.below(2))
            .map(|_| draw_condition(dice, columns, depth - 1))
            .collect()
    };
    match dice.below(6) {
        0 if depth > 0 => Condition::All(parts()),
        1 if depth > 0 => Condition::Any(parts()),
        _ => {
            let column = dice.pick(&columns[1..]);
            Condition::test(column.name, draw_test(dice, column))
        }
    }
}

fn draw_window(dice: &Dice) -> Window {
    let day = || dice.below(40) as u32;
    match dice.below(4) {
        0 => Window::Ever,
        1 => Window::WithinLastDays(day()),
        2 => {
            let (a, b) = (day(), day());
            Window::BetweenDaysAgo {
                from_days: a.max(b),
                until_days: a.min(b),
            }
        }
        _ => {
            let (a, b) = (day(), day());
            let ago = |n: u32| at(NOW).plus_days(-(n as i32));
            Window::Between {
                from: ago(a.max(b)),
                until: ago(a.min(b)),
            }
        }
    }
}

fn draw_event(dice: &Dice) -> Audience {
    let (table, columns) = *dice.pick(&TABLES[1..]);
    let numeric = if table == "purchases" {
        *dice.pick(&["amount", "qty"])
    } else {
        "seconds"
    };
    let measure = match dice.below(9) {
        0 => Measure::Distinct(dice.pick(&columns[1..]).name.into()),
        1 => Measure::Sum(numeric.into()),
        2 => Measure::Average(numeric.into()),
        3 => Measure::Min(numeric.into()),
        4 => Measure::Max(numeric.into()),
        5 => Measure::FirstTime,
        6 => Measure::LastTime,
        _ => Measure::Count,
    };
    let n = || Value::Int(dice.int(6));
    let is = if matches!(measure, Measure::FirstTime | Measure::LastTime) {
        match dice.below(4) {
            0 => Test::WithinLastDays(dice.below(30) as u32),
            1 => Test::BeforeLastDays(dice.below(30) as u32),
            2 => Test::After(at(NOW).plus_days(-(dice.int(30) as i32))),
            _ => Test::Exists,
        }
    } else {
        match dice.below(9) {
            0 => Test::Equals(n()),
            1 => Test::NotEquals(n()),
            2 => Test::LessThan(n()),
            3 => Test::AtMost(n()),
            4 => Test::MoreThan(n()),
            5 => Test::InBand {
                from: n(),
                until: dice.chance(70).then(n),
            },
            6 => Test::AnyOf(vec![n(), n()]),
            7 => Test::Exists,
            _ => Test::AtLeast(n()),
        }
    };
    Audience::Event(EventRule {
        dataset: table.into(),
        occurrence: if dice.chance(75) {
            Occurrence::Did
        } else {
            Occurrence::DidNot
        },
        r#where: dice.chance(60).then(|| draw_condition(dice, columns, 1)),
        window: draw_window(dice),
        measure,
        is,
    })
}

fn draw_sequence(dice: &Dice) -> Audience {
    let count = 2 + dice.below(2);
    let steps = (0..count).map(|i| {
        let (table, columns) = *dice.pick(&TABLES[1..]);
        Step {
            dataset: table.into(),
            r#where: dice.chance(50).then(|| draw_condition(dice, columns, 0)),
            occurrence: if i + 1 == count && dice.chance(40) {
                Occurrence::DidNot
            } else {
                Occurrence::Did
            },
            max_gap_s: dice.chance(50).then(|| dice.below(20) as u32 * 86_400),
        }
    });
    Audience::Sequence(SequenceRule {
        steps: steps.collect(),
        window: draw_window(dice),
    })
}

fn draw(dice: &Dice, depth: u32) -> Audience {
    let parts = || {
        (0..=dice.below(2))
            .map(|_| draw(dice, depth - 1))
            .collect::<Vec<_>>()
    };
    match dice.below(if depth > 0 { 9 } else { 5 }) {
        0 => Audience::having("people", draw_condition(dice, TABLES[0].1, 2)),
        1..=2 => draw_event(dice),
        3 => draw_sequence(dice),
        4 => Audience::Everyone(Everyone {}),
        5 => Audience::all(parts()),
        6 => Audience::any(parts()),
        7 => Audience::minus(draw(dice, depth - 1), draw(dice, depth - 1)),
        _ => Audience::not(draw(dice, depth - 1)),
    }
}

/// Checks one statement of a drawn kind against the model.
fn draw_sql(dice: &Dice, known: &[&Person]) -> (String, Vec<Vec<String>>) {
    let rows = |table: &'static str| {
        known
            .iter()
            .flat_map(move |p| p.tables[table].iter().map(move |r| (p.number, r)))
    };
    let n = dice.int(9);
    match dice.below(5) {
        0 => {
            let count = rows("purchases")
                .filter(|(_, r)| number(&r["qty"]).is_some_and(|q| q > n as f64))
                .count();
            (
                format!("select count(*) from purchases where qty > {n}"),
                vec![vec![count.to_string()]],
            )
        }
        1 => {
            let subjects: BTreeSet<_> = rows("contacts")
                .filter(|(_, r)| r["kind"] == Val::Text("tea".into()))
                .map(|(s, _)| s)
                .collect();
            let subjects = subjects.into_iter().map(|s| vec![s.to_string()]).collect();
            (
                "select distinct subject from contacts where kind = 'tea' order by 1".into(),
                subjects,
            )
        }
        2 => {
            let mut by: BTreeMap<String, (i64, i64)> = BTreeMap::new();
            for (_, row) in rows("purchases") {
                if let Val::Text(category) = &row["category"] {
                    let entry = by.entry(category.clone()).or_default();
                    entry.0 += 1;
                    entry.1 += if let Val::Int(q) = row["qty"] { q } else { 0 };
                }
            }
            let rows = by
                .into_iter()
                .map(|(c, (n, q))| vec![c, n.to_string(), q.to_string()]);
            ("select category, count(*), coalesce(sum(qty), 0) from purchases where category is not null group by 1 order by 1".into(), rows.collect())
        }
        3 => {
            let joined: usize = known
                .iter()
                .map(|p| p.tables["people"].len() * p.tables["purchases"].len())
                .sum();
            (
                "select count(*) from people join purchases using (subject)".into(),
                vec![vec![joined.to_string()]],
            )
        }
        _ => {
            let least = rows("people")
                .filter_map(|(_, r)| {
                    if let Val::Int(a) = r["age"] {
                        Some(a)
                    } else {
                        None
                    }
                })
                .filter(|a| *a != n)
                .min();
            (
                format!("select min(age) from people where age <> {n}"),
                vec![vec![least.map_or("∅".into(), |a| a.to_string())]],
            )
        }
    }
}

/// What is left of the people when everything refused is deleted.
fn as_seen(model: &[Person], given: &BTreeSet<u32>, separate: &BTreeSet<u32>) -> Vec<Person> {
    let mut seen: Vec<_> = model
        .iter()
        .filter(|p| given.contains(&p.number))
        .cloned()
        .collect();
    for person in seen.iter_mut().filter(|p| !separate.contains(&p.number)) {
        for row in person.tables.get_mut("people").into_iter().flatten() {
            row.insert("health", Val::Null);
        }
    }
    seen
}

/// Every row and value of every table.
fn all_rows(known: &[&Person]) -> Vec<(String, Vec<String>)> {
    TABLES
        .iter()
        .map(|(table, columns)| {
            let mut all: Vec<String> = known
                .iter()
                .flat_map(|p| {
                    p.tables[table].iter().map(|row| {
                        let cells = columns[1..].iter().map(|c| match &row[c.name] {
                            Val::Null => "∅".to_owned(),
                            Val::Quarter(q) => format!("{:?}", *q as f64 / 4.0),
                            other => csv(other),
                        });
                        format!("{} {}", p.number, cells.collect::<Vec<_>>().join("|"))
                    })
                })
                .collect();
            all.sort();
            ((*table).to_owned(), all)
        })
        .collect()
}

const WORLDS: u64 = 24;
const CONSENTS: u64 = 6;
const AUDIENCES: u64 = 72;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(
    clippy::too_many_lines,
    reason = "one walk over worlds, consents and cases"
)]
async fn nobody_is_delivered_too_many_or_too_few() {
    let _mark = clause::check!(U2);
    let mut cases = 0;
    for world in 0..WORLDS {
        let dice = Dice(SeededEntropy::new(world));
        let mut rig = Rig::new(20 + dice.below(60) as usize).await;
        let count = 5 + dice.below(40) as u32;
        rig.register(count).await;
        let model = draw_people(&dice, count);
        let loaded = load(&rig, &dice, &model).await;
        let engine = rig.engine(1 + dice.below(2) as usize);
        for round in 0..CONSENTS {
            let percent = *dice.pick(&[0, 10, 50, 90, 100]);
            let given: BTreeSet<u32> = (0..count).filter(|_| dice.chance(percent)).collect();
            let separate: BTreeSet<u32> =
                given.iter().copied().filter(|_| dice.chance(50)).collect();
            let consent = rig.consent(given.iter().copied(), separate.iter().copied());
            let classes = [
                ColumnClass::NonPersonal,
                ColumnClass::Personal,
                ColumnClass::Sensitive,
            ];
            let permit = rig.permit(&loaded, &classes, &consent);
            let input = rig.input(&loaded, &consent);
            let seen = as_seen(&model, &given, &separate);
            let known: Vec<_> = seen.iter().collect();
            // The people of the run are those with a row somewhere.
            let universe: Vec<_> = known
                .iter()
                .filter(|p| p.tables.values().any(|rows| !rows.is_empty()))
                .collect();
            for (table, expected) in all_rows(&known) {
                let outcome = engine
                    .run(&permit, &input, &sql(&format!("select * from {table}")))
                    .await
                    .unwrap();
                let mut seen: Vec<_> = rows(&outcome)
                    .iter()
                    .map(|row| format!("{} {}", row[0], row[1..].join("|")))
                    .collect();
                seen.sort();
                assert_eq!(seen, expected, "world {world}, round {round}, {table}");
                cases += 1;
            }
            for case in 0..AUDIENCES {
                if case % 12 == 0 {
                    let (text, expected) = draw_sql(&dice, &known);
                    let outcome = engine.run(&permit, &input, &sql(&text)).await.unwrap();
                    assert_eq!(
                        rows(&outcome),
                        expected,
                        "world {world}, round {round}: {text}"
                    );
                } else {
                    let audience = draw(&dice, 2);
                    let expected: Vec<_> = universe
                        .iter()
                        .filter(|p| member(p, &audience, at(NOW).as_micros()))
                        .map(|p| p.number)
                        .collect();
                    let query = Query::Audience(AudienceQuery {
                        audience: audience.clone(),
                    });
                    let outcome = engine.run(&permit, &input, &query).await.unwrap();
                    assert_eq!(
                        people(&outcome),
                        expected,
                        "world {world}, round {round}: {}",
                        serde_json::to_string(&audience).unwrap()
                    );
                }
                cases += 1;
            }
        }
    }
    assert!(cases >= 10_000, "{cases}");
}
