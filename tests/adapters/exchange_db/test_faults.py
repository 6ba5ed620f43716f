"""Faults at every step of a delivery: the outcome is true, and nothing is ever there twice."""

import sqlite3
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from tests.adapters.exchange_db.front import Front, answered, batch, in_doubt, profile_values, row
from xinqiao.adapters.base import TOO_LATE, BatchProgress, Operation, Outcome
from xinqiao.adapters.connector import ProfileConnector
from xinqiao.clock import Clock

TWO = batch("B1", row(1, "1号"), row(2, "2号"))
UNCERTAIN = Outcome.IN_DOUBT


def engine_of(connector: ProfileConnector) -> sa.Engine:
    engine: sa.Engine = connector._delivery._exchange.database._engine  # type: ignore[attr-defined]  # looks inside
    return engine


class Count:
    """Counts the statements of a delivery, and lets one of them fail."""

    def __init__(self, connector: ProfileConnector, act: Callable[[Any], None], at: int) -> None:
        self.seen = 0
        self._act = act
        self._at = at
        event.listen(engine_of(connector), "before_cursor_execute", self._note)

    def _note(self, connection: sa.Connection, *_: Any) -> None:
        self.seen += 1
        if self.seen == self._at:
            self._act(connection)


def broken(_: Any) -> None:
    raise OperationalError("statement", None, sqlite3.OperationalError("line is dead"))


def killed(front: Front) -> Callable[[sa.Connection], None]:
    """Let the server end the connection that is about to be used."""

    def act(connection: sa.Connection) -> None:
        raw: Any = connection.connection.dbapi_connection
        pid = raw.info.backend_pid
        with psycopg.connect(front.admin_url.replace("+psycopg", ""), autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

    return act


def submitted_whole(front: Front) -> None:
    assert sorted(one["XK_WSH"] for one in front.rows()) == ["1号", "2号"]


def statements_of_a_delivery(front: Front) -> int:
    connector = front.connector()
    counter = Count(connector, broken, at=0)
    connector.submit(TWO)
    front.remove()
    return counter.seen


def test_an_error_at_any_statement_leaves_nothing_and_may_be_tried_again(front: Front) -> None:
    front.create()
    steps = statements_of_a_delivery(front)
    assert steps >= 3
    for step in range(1, steps + 1):
        connector = front.connector()
        counter = Count(connector, broken, at=step)
        reply = connector.submit(TWO)
        assert counter.seen >= step
        assert reply.outcome is Outcome.RETRYABLE, step
        assert front.rows() == [], step


@pytest.mark.parametrize("front", ["postgresql"], indirect=True)
def test_a_connection_killed_at_any_statement_leaves_nothing(front: Front) -> None:
    front.create()
    for step in range(1, statements_of_a_delivery(front) + 1):
        connector = front.connector()
        Count(connector, killed(front), at=step)
        reply = connector.submit(TWO)
        assert (reply.outcome, reply.code) == (Outcome.RETRYABLE, "connection_broken"), step
        assert front.rows() == [], step


def fail_at_commit(connector: ProfileConnector, *, done: bool) -> None:
    """Let the answer to one commit be lost, after it was done or before."""
    dialect: Any = engine_of(connector).dialect
    commit = dialect.do_commit

    def lose(connection: Any) -> None:
        dialect.do_commit = commit
        if done:
            commit(connection)
        raise ConnectionResetError

    dialect.do_commit = lose


def test_a_commit_without_an_answer_is_in_doubt_and_found_again(front: Front) -> None:
    front.create()
    connector = front.connector()
    fail_at_commit(connector, done=True)
    reply = connector.submit(TWO)
    assert (reply.outcome, reply.code, reply.serial) == (UNCERTAIN, "commit_unanswered", "")
    assert connector.poll(in_doubt(TWO)).progress is BatchProgress.PENDING
    assert connector.submit(TWO).code == "already_there"
    submitted_whole(front)


def test_a_commit_that_was_not_done_is_in_doubt_and_then_proven_absent(front: Front) -> None:
    front.create()
    connector = front.connector()
    fail_at_commit(connector, done=False)
    assert connector.submit(TWO).outcome is UNCERTAIN
    assert connector.poll(in_doubt(TWO)).progress is BatchProgress.UNKNOWN_BATCH
    assert connector.submit(TWO).code == "rows_written"
    submitted_whole(front)


@pytest.mark.parametrize("front", ["postgresql"], indirect=True)
def test_a_server_that_dies_at_the_commit_is_in_doubt(front: Front) -> None:
    front.create()
    connector = front.connector()
    act = killed(front)

    def kill(connection: sa.Connection) -> None:
        act(connection)

    event.listen(engine_of(connector), "commit", kill, once=True)
    assert connector.submit(TWO).outcome is UNCERTAIN
    assert connector.poll(in_doubt(TWO)).progress is BatchProgress.UNKNOWN_BATCH
    assert connector.submit(TWO).code == "rows_written"
    submitted_whole(front)


@pytest.mark.parametrize("front", ["postgresql"], indirect=True)
def test_a_constraint_checked_at_the_commit_is_a_certain_refusal(front: Front) -> None:
    front.create()
    with front.admin() as connection:
        connection.exec_driver_sql(
            'ALTER TABLE "370323_XK" ADD UNIQUE ("XK_XDR_MC") DEFERRABLE INITIALLY DEFERRED'
        )
    connector = front.connector()
    reply = connector.submit(TWO)
    assert (reply.outcome, reply.code) == (Outcome.REJECTED, "constraint_failed")
    assert front.rows() == []


class FreezingClock(Clock):
    """Lets a process be frozen between two looks: the second one is an hour later."""

    def __init__(self, looks: int) -> None:
        self.looks = looks

    def elapsed(self) -> float:
        self.looks -= 1
        return super().elapsed() + (3600 if self.looks < 0 else 0)


@pytest.mark.parametrize("looks", [0, 1, 2])
def test_a_process_that_was_frozen_past_its_time_commits_nothing(front: Front, looks: int) -> None:
    front.create()
    # one look begins the delivery, one precedes the connection, one the commit
    front.clock = FreezingClock(looks)
    reply = front.connector().submit(TWO, send_before=Clock().elapsed() + 60)
    assert (reply.outcome, reply.code) == (Outcome.RETRYABLE, TOO_LATE)
    assert front.rows() == []


def test_a_process_that_is_slower_than_its_whole_time_commits_nothing(front: Front) -> None:
    front.create()
    front.clock = FreezingClock(1)
    reply = front.connector().submit(TWO)
    assert (reply.outcome, reply.code) == (Outcome.RETRYABLE, "total_timeout")
    assert front.rows() == []


def test_what_a_database_alters_in_silence_is_not_reported(front: Front) -> None:
    front.create()
    connector = front.connector()

    def alter(connection: sa.Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT"):
            table = front.table()
            chosen = table.c.XK_WSH == "2号"
            values = {"XK_XDR_MC": "沂源????汽修厂"}
            connection.execute(sa.update(table).where(chosen).values(values))

    event.listen(engine_of(connector), "after_cursor_execute", alter)
    reply = connector.submit(TWO)
    (refused,) = reply.rows
    assert (refused.row, refused.outcome, refused.code) == (2, Outcome.REJECTED, "altered")
    assert "XK_XDR_MC" in refused.message
    assert [one["XK_WSH"] for one in front.rows()] == ["1号"]


def test_a_row_that_the_other_side_locks_is_waited_for_and_then_left(front: Front) -> None:
    front.create()
    values = profile_values(table={"update": "in_place"}, statement_seconds=1)
    connector = front.connector(values)
    connector.submit(TWO)
    newer = batch("B2", row(1, "1号", XK_NR="客运"), operation=Operation.UPDATE)
    engine = sa.create_engine(front.admin_url, poolclass=sa.NullPool)
    with engine.connect() as locking:
        table = front.table()
        change = sa.update(table).where(table.c.XK_WSH == "1号").values(ERR="...")
        locking.execute(change)
        reply = connector.submit(newer)
    engine.dispose()
    assert reply.outcome is Outcome.RETRYABLE
    assert reply.code in {"row_locked", "statement_timeout"}
    assert connector.submit(newer).code == "rows_written"
    assert {one["XK_NR"] for one in front.rows()} == {"客运", "道路货物运输"}


@pytest.mark.parametrize("front", ["postgresql"], indirect=True)
def test_refused_credentials_pause_the_platform(front: Front) -> None:
    front.user = "nobody_known"
    reply = front.connector().submit(TWO)
    assert (reply.outcome, reply.code) == (Outcome.AUTH, "login_refused")
    report = front.connector().poll(answered(TWO))
    assert report.progress is BatchProgress.NO_ANSWER
    assert report.reply.outcome is Outcome.AUTH


def test_a_database_that_is_away_may_be_tried_again(file_front: Front) -> None:
    connector = file_front.connector()
    (file_front.root / "front.db").unlink()
    reply = connector.submit(TWO)
    assert (reply.outcome, reply.code) == (Outcome.RETRYABLE, "connect_failed")
    assert not (file_front.root / "front.db").exists()
    report = connector.poll(answered(TWO))
    assert (report.progress, report.reply.outcome) == (BatchProgress.NO_ANSWER, Outcome.RETRYABLE)


def test_between_look_and_insertion_nobody_else_writes_in_a_file(file_front: Front) -> None:
    file_front.create()
    connector = file_front.connector()
    refused: list[str] = []

    def intrude(_connection: sa.Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("SELECT") and not refused:
            other = sqlite3.connect(file_front.root / "front.db", timeout=0)
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute('DELETE FROM "370323_XK"')
            other.close()
            refused.append(statement)

    event.listen(engine_of(connector), "after_cursor_execute", intrude)
    assert connector.submit(TWO).outcome is Outcome.RECEIVED
    assert refused


def test_a_question_does_not_lock_a_file(file_front: Front) -> None:
    file_front.create()
    connector = file_front.connector()
    connector.submit(TWO)

    def write(_connection: sa.Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("BEGIN"):
            assert file_front.write({"NO": 1}, SIGN="1") == 1

    event.listen(engine_of(connector), "after_cursor_execute", write)
    assert len(connector.poll(answered(TWO)).rows) == 1


def test_a_number_that_a_database_alters_in_silence_is_not_reported(file_front: Front) -> None:
    file_front.create()
    with file_front.admin() as connection:
        connection.exec_driver_sql(
            'CREATE TRIGGER alter_it AFTER INSERT ON "370323_XK" BEGIN '
            'UPDATE "370323_XK" SET "QTY" = 4 WHERE "ROWGUID" = NEW."ROWGUID"; END'
        )
    reply = file_front.connector().submit(batch("B1", row(1, "1号")))
    assert [(one.outcome, one.code) for one in reply.rows] == [(Outcome.REJECTED, "altered")]
    assert "QTY" in reply.rows[0].message
    assert file_front.rows() == []
