"""The audit log only grows, and any other change of it is found and named."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tests.support import START
from xinqiao.audit.append import append
from xinqiao.audit.chain import GENESIS, Entry, body_of, hash_of
from xinqiao.audit.review import Filter, entries, entry
from xinqiao.audit.verify import Verification, verify
from xinqiao.database.engine import Database
from xinqiao.errors import InputError

NUMBER = "370323190806133086"


def write(database: Database, *actions: str) -> None:
    """Append one entry per action, each in a transaction of its own."""
    for action in actions:
        with database.writing() as connection:
            append(connection, [Entry(action, record_id="r1")], actor="张科员", at=START)


def verified(database: Database) -> Verification:
    with database.reading() as connection:
        return verify(connection)


def damage(database: Database, *statements: str) -> None:
    """Do what somebody with full power over the database file could do."""
    with database.writing() as connection:
        for verb in ("update", "delete"):
            connection.exec_driver_sql(f"DROP TRIGGER audit_no_{verb}")
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_a_log_as_it_was_written_holds(database: Database) -> None:
    write(database, *(f"step.{number}" for number in range(5)))
    assert verified(database) == Verification(5, ok=True, message="审计链完整，共 5 条")


def test_an_empty_log_holds(database: Database) -> None:
    assert verified(database).ok


def test_the_canonical_form_does_not_drift() -> None:
    body = body_of(
        Entry("submission.accepted", "r1", 7, "credit_shandong", "理由", {"version": 1}),
        sequence=1,
        at=START,
        actor="张科员",
        previous=GENESIS,
    )
    assert body == (
        '{"action":"submission.accepted","actor":"张科员","algorithm":"sha256",'
        '"at":"2026-11-20T02:00:00+00:00","details":{"version":1},"format":"xinqiao-audit/1",'
        f'"platform":"credit_shandong","previous":"{GENESIS}","reason":"理由","record":"r1",'
        '"sequence":1,"submission":7}'
    )
    assert hash_of(body) == hashlib.sha256(body.encode()).hexdigest()


def test_entries_undone_with_their_transaction_leave_no_gap(database: Database) -> None:
    write(database, "first")
    with database.writing() as connection:
        append(connection, [Entry("undone")], actor="x", at=START)
        connection.rollback()
    write(database, "second")
    assert verified(database).ok
    with database.reading() as connection:
        assert [one["action"] for one in entries(connection, Filter(), 10)] == ["first", "second"]


@pytest.mark.parametrize(
    "statement", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit", "UPDATE audit SET hash = ''"]
)
def test_the_database_refuses_to_change_or_remove_an_entry(
    database: Database, statement: str
) -> None:
    write(database, "first")
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), database.writing() as connection:
        connection.exec_driver_sql(statement)


def rehash(connection: Connection, number: int, changes: dict[str, object]) -> None:
    """Change an entry and give it the hash that its new text has."""
    body = json.loads(
        connection.exec_driver_sql(
            "SELECT body FROM audit WHERE sequence = ?", (number,)
        ).scalar_one()
    )
    text = json.dumps({**body, **changes}, ensure_ascii=False, sort_keys=True)
    connection.exec_driver_sql(
        "UPDATE audit SET body = ?, hash = ? WHERE sequence = ?", (text, hash_of(text), number)
    )


SWAP = (
    "UPDATE audit SET sequence = 99 WHERE sequence = 2",
    "UPDATE audit SET sequence = 2 WHERE sequence = 3",
    "UPDATE audit SET sequence = 3 WHERE sequence = 99",
)
CLOSE_GAP = (
    "DELETE FROM audit WHERE sequence = 3",
    "UPDATE audit SET sequence = 3 WHERE sequence = 4",
    "UPDATE audit SET sequence = 4 WHERE sequence = 5",
)
COPY = """
    INSERT INTO audit
    SELECT 4, at, actor, action, record_id, submission_id, platform, body, hash
    FROM audit WHERE sequence = 3
"""
INSERT = (
    "UPDATE audit SET sequence = 6 WHERE sequence = 5",
    "UPDATE audit SET sequence = 5 WHERE sequence = 4",
    COPY,
)


@pytest.mark.parametrize(
    ("statements", "first_bad"),
    [
        pytest.param(("UPDATE audit SET body = '{}' WHERE sequence = 3",), 3, id="text"),
        pytest.param(("UPDATE audit SET actor = '李四' WHERE sequence = 3",), 3, id="a column"),
        pytest.param(("UPDATE audit SET hash = 'f' WHERE sequence = 3",), 3, id="hash"),
        pytest.param(("DELETE FROM audit WHERE sequence = 1",), 1, id="first removed"),
        pytest.param(("DELETE FROM audit WHERE sequence = 3",), 3, id="middle removed"),
        pytest.param(CLOSE_GAP, 3, id="removed and numbers closed up"),
        pytest.param(SWAP, 2, id="two swapped"),
        pytest.param(INSERT, 4, id="one inserted"),
    ],
)
def test_the_first_bad_entry_is_named(
    database: Database, statements: tuple[str, ...], first_bad: int
) -> None:
    write(database, *(f"step.{number}" for number in range(1, 6)))
    damage(database, *statements)
    found = verified(database)
    assert (found.ok, found.first_bad) == (False, first_bad)
    assert found.message


@pytest.mark.parametrize(
    "statements",
    [
        pytest.param(("DELETE FROM audit WHERE sequence = 5",), id="tail cut"),
        pytest.param(("UPDATE audit_head SET hash = 'f'",), id="head changed"),
        pytest.param(("DELETE FROM audit_head",), id="head removed"),
        pytest.param(("DELETE FROM audit",), id="all removed"),
    ],
)
def test_a_cut_end_is_found_by_the_head(database: Database, statements: tuple[str, ...]) -> None:
    write(database, *(f"step.{number}" for number in range(1, 6)))
    damage(database, *statements)
    assert not verified(database).ok


@pytest.mark.parametrize(
    "changes", [{"actor": "李四"}, {"reason": "别的"}, {"previous": GENESIS}, {"sequence": 4}]
)
def test_an_entry_changed_together_with_its_hash_is_found(
    database: Database, changes: dict[str, object]
) -> None:
    write(database, *(f"step.{number}" for number in range(1, 6)))
    damage(database)
    with database.writing() as connection:
        rehash(connection, 3, changes)
    found = verified(database)
    assert not found.ok
    assert found.first_bad in (3, 4)


def test_an_entry_of_a_newer_form_is_not_called_damaged_by_mistake(database: Database) -> None:
    write(database, "first")
    damage(database)
    with database.writing() as connection:
        rehash(connection, 1, {"format": "xinqiao-audit/9"})
    assert verified(database).damage == "unknown_format"


def test_writers_in_parallel_give_one_unbroken_chain(database: Database) -> None:
    def work(name: int) -> None:
        for step in range(10):
            write(database, f"worker{name}.step{step}")

    with ThreadPoolExecutor(max_workers=4) as pool:
        for done in [pool.submit(work, name) for name in range(4)]:
            done.result()
    found = verified(database)
    assert (found.ok, found.entries) == (True, 40)


def test_progress_is_told_while_a_long_log_is_read(database: Database) -> None:
    with database.writing() as connection:
        many = [Entry(f"step.{number}") for number in range(4500)]
        append(connection, many, actor="x", at=START)
    told: list[int] = []
    with database.reading() as connection:
        assert verify(connection, told.append).ok
    assert told == [2000, 4000]


def test_an_identity_number_never_reaches_an_entry(database: Database) -> None:
    secret = Entry("x", reason=f"核对{NUMBER}", details={"message": f"证件号码{NUMBER}有误"})
    with database.writing() as connection:
        append(connection, [secret], actor="张科员", at=START)
    with database.reading() as connection:
        body = connection.exec_driver_sql("SELECT body FROM audit").scalar_one()
    assert NUMBER not in body
    assert "证件号已隐去" in body


@pytest.mark.parametrize(
    ("wanted", "actions"),
    [
        (Filter(record_id="r1"), ["a.one"]),
        (Filter(submission_id=7), ["a.two"]),
        (Filter(platform="county_site"), ["b.three"]),
        (Filter(action="a."), ["a.one", "a.two"]),
        (Filter(), ["a.one", "a.two", "b.three"]),
    ],
)
def test_entries_can_be_looked_for(database: Database, wanted: Filter, actions: list[str]) -> None:
    log = [
        Entry("a.one", record_id="r1"),
        Entry("a.two", submission_id=7),
        Entry("b.three", platform="county_site"),
    ]
    with database.writing() as connection:
        append(connection, log, actor="x", at=START)
    with database.reading() as connection:
        assert [one["action"] for one in entries(connection, wanted, 10)] == actions
        assert [one["action"] for one in entries(connection, wanted, 1)] == actions[-1:]


def test_one_entry_is_shown_with_its_hash_and_a_missing_one_is_named(database: Database) -> None:
    write(database, "first")
    with database.reading() as connection:
        assert len(entry(connection, 1)["hash"]) == 64
        with pytest.raises(InputError, match="第 9 条"):
            entry(connection, 9)
