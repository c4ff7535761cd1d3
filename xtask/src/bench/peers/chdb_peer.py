"""chDB, the ClickHouse engine in a process, as a contestant: answers one line for each line asked."""

import os
import sys

from chdb import session

EVENTS, CONSENT, WORK = sys.argv[1:4]
NOW = 1_735_689_600 + 365 * 86_400
DAY = 86_400

db = session.Session(os.path.join(WORK, "session"))


def rows(sql):
    text = str(db.query(sql, "TabSeparated")).strip()
    return [line.split("\t") for line in text.splitlines()]


def import_():
    db.query("CREATE DATABASE IF NOT EXISTS bench ENGINE = Atomic")
    db.query("DROP TABLE IF EXISTS bench.events")
    db.query("DROP TABLE IF EXISTS bench.consent")
    db.query(
        """CREATE TABLE bench.events (member UInt32, event_type LowCardinality(String), channel LowCardinality(String),
           amount Int64, happened Int64) ENGINE = MergeTree ORDER BY (member, happened)"""
    )
    db.query("CREATE TABLE bench.consent (member UInt32) ENGINE = MergeTree ORDER BY member")
    db.query(
        f"""INSERT INTO bench.events SELECT * FROM file('{EVENTS}', CSVWithNames,
            'member UInt32, event_type String, channel String, amount Int64, happened Int64')"""
    )
    db.query(f"INSERT INTO bench.consent SELECT * FROM file('{CONSENT}', CSVWithNames, 'member UInt32')")
    return rows("SELECT count() FROM bench.events")[0][0]


def where(scope):
    return "member IN (SELECT member FROM bench.consent)" if scope == "consented" else "1"


def group(scope):
    found = rows(
        f"""SELECT event_type, count(), sum(amount) FROM bench.events WHERE {where(scope)}
            GROUP BY event_type ORDER BY event_type"""
    )
    return ";".join(":".join(row) for row in found)


def distinct(scope):
    return rows(
        f"""SELECT uniqExact(member) FROM bench.events
            WHERE event_type = 'purchase' AND happened >= {NOW - 90 * DAY} AND {where(scope)}"""
    )[0][0]


def audience(scope):
    return rows(
        f"""SELECT count() FROM (SELECT member FROM bench.events WHERE {where(scope)} GROUP BY member HAVING
            countIf(event_type = 'purchase') >= 2
            AND countIf(event_type = 'cart' AND happened >= {NOW - 90 * DAY}) >= 1
            AND countIf(channel = 'mail' AND happened >= {NOW - 30 * DAY}) = 0)"""
    )[0][0]


def point(scope, count):
    total_rows = total = 0
    for turn in range(int(count)):
        member = 10_000_000 + turn * 7_919 % 100_000
        one = rows(f"SELECT count(), sum(amount) FROM bench.events WHERE member = {member} AND {where(scope)}")[0]
        total_rows += int(one[0])
        total += int(one[1])
    return f"{total_rows}:{total}"


TASKS = {"import": import_, "group": group, "distinct": distinct, "audience": audience, "point": point}

print("ready", flush=True)
for line in sys.stdin:
    name, *arguments = line.split()
    if name in TASKS:
        print("ok", TASKS[name](*arguments), flush=True)
    else:
        print("unable", "no transaction" if name in ("changes", "withdrawals") else "no ledger", flush=True)
