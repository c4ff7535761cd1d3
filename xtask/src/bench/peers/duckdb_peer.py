"""DuckDB as a contestant: answers one line for each line asked."""

import os
import sys

import duckdb

EVENTS, CONSENT, WORK = sys.argv[1:4]
PARQUET = os.path.join(WORK, "events.parquet")
NOW = 1_735_689_600 + 365 * 86_400
DAY = 86_400

db = duckdb.connect()
# The same as we write: encrypted Parquet. Without its extension for it DuckDB encrypts with what it has built in, whose
# randomness it calls unsafe; for a measurement that will do.
db.execute("SET force_mbedtls_unsafe = 'true'")
db.execute("PRAGMA add_parquet_key('bench', '0123456789abcdef0123456789abcdef')")


def import_():
    db.execute(
        f"""COPY (SELECT member, event_type, channel, amount, happened FROM read_csv('{EVENTS}',
            columns = {{'member': 'UINTEGER', 'event_type': 'VARCHAR', 'channel': 'VARCHAR',
                        'amount': 'BIGINT', 'happened': 'BIGINT'}}, header = true)
            ORDER BY member, happened) TO '{PARQUET}' (FORMAT parquet, COMPRESSION zstd,
            ENCRYPTION_CONFIG {{footer_key: 'bench'}})"""
    )
    db.execute(
        f"""CREATE OR REPLACE VIEW events AS
            SELECT * FROM read_parquet('{PARQUET}', encryption_config = {{footer_key: 'bench'}})"""
    )
    db.execute(
        f"""CREATE OR REPLACE TABLE consent AS SELECT member FROM read_csv('{CONSENT}',
            columns = {{'member': 'UINTEGER'}}, header = true)"""
    )
    return db.execute("SELECT count(*) FROM events").fetchone()[0]


def where(scope):
    return "member IN (SELECT member FROM consent)" if scope == "consented" else "true"


def group(scope):
    rows = db.execute(
        f"""SELECT event_type, count(*), sum(amount) FROM events WHERE {where(scope)}
            GROUP BY event_type ORDER BY event_type"""
    ).fetchall()
    return ";".join(f"{kind}:{count}:{amount}" for kind, count, amount in rows)


def distinct(scope):
    return db.execute(
        f"""SELECT count(DISTINCT member) FROM events
            WHERE event_type = 'purchase' AND happened >= {NOW - 90 * DAY} AND {where(scope)}"""
    ).fetchone()[0]


def audience(scope):
    return db.execute(
        f"""SELECT count(*) FROM (SELECT member FROM events WHERE {where(scope)} GROUP BY member HAVING
            count(*) FILTER (WHERE event_type = 'purchase') >= 2
            AND count(*) FILTER (WHERE event_type = 'cart' AND happened >= {NOW - 90 * DAY}) >= 1
            AND count(*) FILTER (WHERE channel = 'mail' AND happened >= {NOW - 30 * DAY}) = 0)"""
    ).fetchone()[0]


def point(scope, count):
    rows = total = 0
    for turn in range(int(count)):
        member = 10_000_000 + turn * 7_919 % 100_000
        one = db.execute(
            f"SELECT count(*), coalesce(sum(amount), 0) FROM events WHERE member = {member} AND {where(scope)}"
        ).fetchone()
        rows += one[0]
        total += one[1]
    return f"{rows}:{total}"


MEMBERS = 1_000
changed = 0
minds = None


def people():
    """A database on disk: what people agreed to, and a log of the changes in the same transaction."""
    global minds
    if minds is None:
        path = os.path.join(WORK, "consents.duckdb")
        for old in (path, path + ".wal"):
            if os.path.exists(old):
                os.remove(old)
        minds = duckdb.connect(path)
        minds.execute("CREATE TABLE people (member UINTEGER, age UINTEGER)")
        minds.execute(f"INSERT INTO people SELECT i, i FROM range({MEMBERS}) t(i)")
        minds.execute("CREATE TABLE mind (member UINTEGER PRIMARY KEY, given BOOLEAN)")
        minds.execute(f"INSERT INTO mind SELECT i, true FROM range({MEMBERS}) t(i)")
        minds.execute("CREATE TABLE log (member UINTEGER, given BOOLEAN, moment TIMESTAMP)")
    return minds


def set_(member, given):
    people().execute("BEGIN")
    people().execute("UPDATE mind SET given = ? WHERE member = ?", [given, member])
    people().execute("INSERT INTO log VALUES (?, ?, now())", [member, given])
    people().execute("COMMIT")


def changes(count):
    global changed
    people()
    for _ in range(int(count)):
        set_(changed % MEMBERS, changed // MEMBERS % 2 == 1)
        changed += 1
    return count


def reached():
    return people().execute("SELECT count(*) FROM people JOIN mind USING (member) WHERE given").fetchone()[0]


def withdrawals(count):
    fewer = 0
    for turn in range(int(count)):
        set_(turn % MEMBERS, True)
        before = reached()
        set_(turn % MEMBERS, False)
        fewer += before - reached()
        set_(turn % MEMBERS, True)
    return fewer


TASKS = {"import": import_, "group": group, "distinct": distinct, "audience": audience, "point": point, "changes": changes,
         "withdrawals": withdrawals}

print("ready", flush=True)
for line in sys.stdin:
    name, *arguments = line.split()
    if name in TASKS:
        print("ok", TASKS[name](*arguments), flush=True)
    else:
        print("unable no ledger", flush=True)
