//! Statements that try to see what was refused. Each must show exactly what it shows over data from which the refused
//! rows, columns and values were physically deleted: the same rows in the same order, the same labels, the same error.

use yuntu_lake::ColumnType::{Int, Text};
use yuntu_terms::{ColumnClass, clause};

use crate::rig::{Loaded, MEMBER, Rig, classed, col, shown, sql, time};

const PEOPLE: u32 = 60;

/// Every third person refused; every fifth gave separate consent.
fn admitted(person: u32) -> bool {
    !person.is_multiple_of(3)
}

fn separate(person: u32) -> bool {
    person.is_multiple_of(5)
}

/// Refused people carry the traps: a text that is no number, a divisor 0, extreme values, a city of their own.
fn people_rows(deleted: bool) -> Vec<Vec<String>> {
    (0..PEOPLE)
        .filter(|p| !deleted || admitted(*p))
        .map(|p| {
            let (divisor, digits, city, age) = if admitted(p) {
                (
                    p % 7 + 1,
                    p.to_string(),
                    ["Lhasa", "Wuhan", "Xi'an"][p as usize % 3].to_owned(),
                    20 + p,
                )
            } else {
                (0, "trap".to_owned(), format!("refused{p}"), 900 + p)
            };
            let health = if deleted && !separate(p) {
                String::new()
            } else {
                format!("h{}", p % 4)
            };
            let mut row = vec![
                format!("m{p}"),
                p.to_string(),
                divisor.to_string(),
                digits,
                city,
                age.to_string(),
                health,
            ];
            if !deleted {
                row.push(format!("id{p}"));
            }
            row
        })
        .collect()
}

fn event_rows(deleted: bool) -> Vec<Vec<String>> {
    (0..PEOPLE)
        .filter(|p| !deleted || admitted(*p))
        .flat_map(|p| {
            (0..=(p % 4)).map(move |i| {
                let amount = if admitted(p) {
                    i64::from(p * 10 + i)
                } else {
                    i64::MAX
                };
                vec![
                    format!("m{p}"),
                    format!("2026-01-{:02}T{:02}:00:00Z", p % 28 + 1, i),
                    amount.to_string(),
                    ["tea", "coffee", "rice"][(p + i) as usize % 3].into(),
                    (p % 5).to_string(),
                ]
            })
        })
        .collect()
}

async fn datasets(rig: &Rig, deleted: bool) -> Vec<Loaded> {
    let mut columns = vec![
        MEMBER,
        col("n", Int),
        col("divisor", Int),
        col("digits", Text),
        col("city", Text),
        col("age", Int),
        classed("health", Text, ColumnClass::Sensitive),
    ];
    if !deleted {
        // A column whose class the permit does not admit; in the other variant it was deleted.
        columns.push(classed("hidden", Text, ColumnClass::Sensitive));
    }
    let people = rig.load("people", &columns, &people_rows(deleted)).await;
    let events = [
        MEMBER,
        time("at"),
        col("amount", Int),
        col("item", Text),
        col("store", Int),
    ];
    let events = rig.load("events", &events, &event_rows(deleted)).await;
    let stores = [
        classed("store", Int, ColumnClass::NonPersonal),
        classed("region", Text, ColumnClass::NonPersonal),
    ];
    let rows: Vec<_> = (0..5)
        .map(|s| vec![s.to_string(), format!("r{}", s % 2)])
        .collect();
    let stores = rig.load("stores", &stores, &rows).await;
    vec![people, events, stores]
}

const QUERIES: &[&str] = &[
    // Plain looks.
    "select * from people order by subject",
    "select * from people",
    "select count(*) from people",
    "select count(*), count(divisor), min(age), max(age), sum(age), avg(age) from people",
    "select min(city), max(city) from people",
    "select distinct city from people order by 1",
    "select approx_distinct(city) from people",
    "select * from people where subject = 3",
    "select * from people where city like 'refused%'",
    "select max(subject), min(subject) from people",
    "select subject from events where amount = 9223372036854775807",
    // LIMIT and OFFSET.
    "select subject from people limit 5",
    "select subject from people limit 5 offset 38",
    "select count(*) from (select * from people limit 41)",
    "select subject from events where item = 'tea' limit 3",
    "select subject from people where age > 30 limit 2",
    // Errors by design.
    "select 1 / divisor from people",
    "select subject from people where 1 / divisor > 0",
    "select 1 / (case when subject = 3 then 0 else 1 end) from people",
    "select count(*) from people where 1 / (case when subject = 3 then 0 else 1 end) > 0",
    "select count(*) from people where city = 'Wuhan' and 1 / divisor >= 0 and age < 1000",
    "select sum(cast(digits as bigint)) from people",
    "select subject from people where cast(digits as bigint) > 10",
    "select subject from people where age > 30 and cast(digits as bigint) >= 0 limit 3",
    "select sum(amount) from events",
    "select amount + 1 from events order by 1",
    "select amount * 4 from events order by 1 desc limit 1",
    "select 1 / (select count(*) from people where subject = 3)",
    "select cast(city as int) from people",
    "select arrow_cast(digits, 'Int8') from people",
    "select chr(cast(age - 100 as bigint)) from people",
    "select 1 / (age - 21) from people",
    "select substr(city, 1, -1) from people",
    // Joins and sub-queries.
    "select count(*) from people a join people b on a.divisor = b.divisor",
    "select a.subject, b.subject from people a join people b on a.age = b.age + 1 order by 1, 2",
    "select count(*) from people a left join events e on a.subject = e.subject where e.subject is null",
    "select count(*) from people a full join events e on a.n = e.amount",
    "select subject, (select count(*) from events e where e.subject = p.subject) from people p order by 1",
    "select subject from people p where exists (select 1 from events e where e.subject = p.subject and e.item = 'tea') order by 1",
    "select subject from people where subject in (select subject from events where store = 0) order by 1",
    "select subject from people where subject not in (select subject from events where item = 'tea') order by 1",
    "select (select max(age) from people)",
    "select * from people where age = (select max(age) from people)",
    "select p.subject, l.c from people p, lateral (select count(*) c from events e where e.subject = p.subject) l order by 1",
    "select s.region, count(*) from events e join stores s using (store) group by 1 order by 1",
    "select subject from people natural join events order by 1 limit 4",
    "select x.s from (values (0), (3), (6), (7)) x(s) where x.s in (select subject from people) order by 1",
    "select x.s from (values (0), (3), (6), (7)) x(s) left join people p on p.subject = x.s where p.subject is null order by 1",
    "select count(*) from people cross join stores",
    // CTE, windows, sets, unnest.
    "with x as (select subject, age from people) select max(age) from x",
    "with recursive r(n) as (select 0 union all select n + 1 from r where n < 5) select * from r",
    "with recursive r(n) as (select min(subject) from people union all select n + 3 from r where n < 60) select * from r",
    "select subject, row_number() over (order by subject) from people order by 1",
    "select subject, lag(subject) over (order by subject), lead(age) over (order by subject) from people order by 1",
    "select ntile(4) over (order by age), subject from people order by 2",
    "select subject, sum(age) over (order by subject rows between 1 preceding and 1 following) from people order by 1",
    "select subject from people except select subject from events where item = 'tea' order by 1",
    "select subject from people intersect select subject from events where store = 0 order by 1",
    "select city from people union select item from events order by 1",
    "select 'refused3' union all select city from people order by 1",
    "select unnest([1, 2, 3]), subject from people order by 2, 1 limit 5",
    "select array_agg(subject order by subject) from people",
    "select string_agg(city, ';' order by subject) from people",
    "select city, count(*) from people group by rollup (city) order by 1, 2",
    "select count(*) from people group by city having count(*) > 5 order by 1",
    "select count(distinct city) filter (where age > 30) from people",
    "select median(age), stddev(age) from people",
    "select coalesce(city, 'none'), nullif(divisor, 1) from people order by subject",
    // Columns and values that are not admitted.
    "select hidden from people",
    "select count(hidden) from people",
    "select p.\"hidden\" from people p",
    "select subject from people where hidden = 'id3'",
    "select * exclude (hidden) from people",
    "select health, count(*) from people group by 1 order by 1",
    "select subject from people where health is not null order by 1",
    "select subject from people where health = 'h1' order by 1",
    "select subject from people where length(health) / 0 > 1",
    "select min(health), max(health), count(health) from people",
    // Explaining.
    "explain select * from people where age > 30",
    "explain select count(*) from people join events using (subject)",
    "explain format tree select * from people",
    "explain analyze select * from people",
    "explain verbose select * from people",
    "explain (analyze true) select * from people",
    // Other tables, functions, files.
    "select * from read_csv('/etc/passwd')",
    "select * from read_parquet('lake')",
    "select * from '/etc/passwd'",
    "select * from \"/etc/passwd\"",
    "select * from 'file:///etc/passwd'",
    "select * from range(0, 10)",
    "select * from generate_series(1, 3)",
    "select repeat('x', 1000000000)",
    "select * from information_schema.tables",
    "select * from information_schema.df_settings",
    "select * from pg_catalog.pg_tables",
    "select * from datafusion.public.people",
    "select * from yuntu.data.people order by 1 limit 1",
    "select * from registry",
    "select * from foreign_people",
    "select * from \"People\"",
    "select \"Subject\" from people",
    "select now()",
    "select current_date",
    "select random()",
    "select uuid()",
    "select version()",
    "select @@version",
    "select $1",
    "select $purpose",
    // Anything but a query.
    "set datafusion.execution.batch_size = 1",
    "set yuntu.purpose = 'marketing'",
    "reset datafusion.execution.batch_size",
    "show tables",
    "show all",
    "show columns from people",
    "describe people",
    "use yuntu",
    "copy people to '/tmp/x.csv'",
    "copy (select * from people) to '/tmp/x.parquet'",
    "create external table t stored as csv location '/etc/passwd'",
    "create table t as select * from people",
    "create view v as select * from people",
    "create function f() returns int return 1",
    "drop table people",
    "insert into people values (1)",
    "update people set age = 1",
    "delete from people",
    "truncate table people",
    "select * into t from people",
    "prepare p as select * from people",
    "execute p",
    "deallocate p",
    "begin",
    "commit",
    "kill 1",
    "analyze table people",
    "select 1; select 2",
    "select 1; drop table people",
    "",
    ";",
    "select",
    "select * from people where",
    "select /* comment */ subject from people -- end\n order by 1 limit 1",
    "selec * from people",
    "\u{0}",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_statement_shows_is_what_it_shows_over_deleted_data() {
    let _mark = clause::check!(U4);
    let mut rig = Rig::new(1 << 20).await;
    rig.register(PEOPLE).await;
    let whole = datasets(&rig, false).await;
    let deleted = datasets(&rig, true).await;
    let consent = rig.consent(
        (0..PEOPLE).filter(|p| admitted(*p)),
        (0..PEOPLE).filter(|p| admitted(*p) && separate(*p)),
    );
    let classes = [
        ColumnClass::NonPersonal,
        ColumnClass::Personal,
        ColumnClass::Sensitive,
    ];
    let wants = ["n", "divisor", "digits", "city", "age", "health"];
    let permit_of = |datasets: &[Loaded]| {
        let (mut request, facts) = rig.asking(datasets, &classes, &consent);
        request.wants = request
            .wants
            .and_columns(datasets[0].snapshot.dataset, wants);
        yuntu_policy::RecordedPermit::recorded(yuntu_policy::decide(&request, &facts).unwrap(), 1)
    };
    assert!(QUERIES.len() >= 140);
    let mut answered = 0;
    for partitions in [1, 2] {
        let engine = rig.engine(partitions);
        for query in QUERIES {
            let mut seen = Vec::new();
            for datasets in [&whole, &deleted] {
                let permit = permit_of(datasets);
                let input = rig.input(datasets, &consent);
                seen.push(shown(&engine.run(&permit, &input, &sql(query)).await));
            }
            assert_eq!(seen[0], seen[1], "{partitions} partitions: {query}");
            if let Ok((_, rows)) = &seen[0] {
                answered += 1;
                // What is asked for by name may come back; a trap may not.
                let told = rows
                    .iter()
                    .flatten()
                    .any(|cell| cell.starts_with("refused") && !query.contains(cell.as_str()));
                assert!(!told, "{query}");
            } else if let Err(error) = &seen[0] {
                for word in ["refused", "trap", "passwd", "people", "3"] {
                    assert!(
                        !error.contains(word) || error.starts_with("Invalid line"),
                        "{query}: {error}"
                    );
                }
            }
        }
    }
    // The suite would prove nothing if everything were an error.
    assert!(answered > 120, "{answered}");
}

#[tokio::test]
async fn the_scan_shows_in_explain_with_purpose_and_consent_version() {
    let mut rig = Rig::new(1 << 20).await;
    rig.register(PEOPLE).await;
    let whole = datasets(&rig, false).await;
    let consent = rig.consent(1..10, []);
    let permit = rig.permit(
        &whole,
        &[ColumnClass::NonPersonal, ColumnClass::Personal],
        &consent,
    );
    let query = sql("explain select city from people where age > 30 and 1 / divisor > 0");
    let outcome = rig
        .engine(2)
        .run(&permit, &rig.input(&whole, &consent), &query)
        .await
        .unwrap();
    let plan = crate::rig::rows(&outcome).concat().join("\n");
    let scan = "ConsentExec: dataset=people, purpose=marketing.insight, operation=process, consent_version=9";
    assert!(plan.contains(scan), "{plan}");
    // What can fail stays above the scan.
    let filter = plan.find("FilterExec: ").unwrap();
    assert!(filter < plan.find(scan).unwrap(), "{plan}");
    assert!(plan.get(filter..).unwrap().contains("divisor"), "{plan}");
}
