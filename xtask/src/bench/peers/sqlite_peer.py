"""What a project without a platform does, as a contestant: a table of consents and a chain of hashes in SQLite."""

import hashlib
import os
import sqlite3
import sys

_, CONSENT, WORK = sys.argv[1:4]
PATH = os.path.join(WORK, "consents.db")

db = None
members = []
head = b""
withdrawn = 0


def change(member, status):
    """Changes one consent and notes it, durably."""
    global head
    leaf = f"{member}:marketing.insight:{status}".encode()
    head = hashlib.sha256(head + leaf).digest()
    with db:
        db.execute("UPDATE consent SET status = ?, changes = changes + 1 WHERE member = ?", (status, member))
        db.execute("INSERT INTO log (leaf, head) VALUES (?, ?)", (leaf, head))


def people():
    global db, members
    for ending in ("", "-wal", "-shm"):
        if os.path.exists(PATH + ending):
            os.remove(PATH + ending)
    db = sqlite3.connect(PATH)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE consent (member INTEGER PRIMARY KEY, status TEXT, changes INTEGER)")
    db.execute("CREATE TABLE log (seq INTEGER PRIMARY KEY, leaf BLOB, head BLOB)")
    with open(CONSENT) as file:
        members = [int(line) for line in file.read().splitlines()[1:]]
    with db:
        db.executemany("INSERT INTO consent VALUES (?, 'given', 0)", [(member,) for member in members])
    return len(members)


def give(count, _clients):
    given = members[-int(count) :]
    for member in given:
        change(member, "renewed")
    return len(given)


def read(count):
    shown = 0
    for member in members[-int(count) :]:
        shown += len(db.execute("SELECT * FROM consent WHERE member = ?", (member,)).fetchall())
    return shown


def withdraw(count):
    global withdrawn
    left = db.execute("SELECT count(*) FROM consent WHERE status != 'withdrawn'").fetchone()[0]
    whom = members[withdrawn : withdrawn + int(count)]
    for member in whom:
        change(member, "withdrawn")
        admitted = db.execute("SELECT count(*) FROM consent WHERE status != 'withdrawn'").fetchone()[0]
        assert admitted + 1 == left
        left = admitted
    withdrawn += len(whom)
    return len(whom)


TASKS = {"people": people, "give": give, "read": read, "withdraw": withdraw}

print("ready", flush=True)
for line in sys.stdin:
    name, *arguments = line.split()
    if name in TASKS:
        print("ok", TASKS[name](*arguments), flush=True)
    else:
        print("unable it has consents alone", flush=True)
