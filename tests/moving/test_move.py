"""Moving a database: whole or not at all, known again after a crash, and never in two places."""

import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from tests.postgresql import Server
from tests.submission_queue.world import World, accepted
from tests.support import FrozenClock, same_database
from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.audit.founding import record_founding
from xinqiao.audit.verification.chain import verify
from xinqiao.database.engine import Database
from xinqiao.database.tables import audit, audit_head, metadata, record
from xinqiao.errors import (
    BusyError,
    DamageError,
    InputError,
    RefusedError,
    SettingsError,
    XinqiaoError,
)
from xinqiao.moving.move import Move, Moved, Stage, target_at
from xinqiao.queue.delivery import deliver
from xinqiao.queue.states import State

REASON = "科里三台机器都要用"


@pytest.fixture
def url(postgresql: Server, clock: FrozenClock) -> Iterator[str]:
    """An empty database on a server whose clock is the test's."""
    with postgresql.fresh(migrated=False) as made:
        postgresql.give_clock(made)
        postgresql.set_clock(made, clock.now())
        clock.followers.append(partial(postgresql.set_clock, made))
        yield made


@pytest.fixture
def target(url: str) -> Iterator[Database]:
    made = target_at(url, 5)
    yield made
    made.close()


@pytest.fixture
def source(world: World) -> Database:
    """A founded database with one permit accepted, one on its way and one waiting."""
    with world.database.writing() as connection:
        record_founding(
            connection, workspace="w1", rehearsal=False, actor="张科员", at=world.clock.now()
        )
    world.add(1)
    world.connector.answers = [accepted]
    deliver(world.worker, world.platform)
    world.add(2)
    deliver(world.worker, world.platform)
    world.add(3)
    assert world.states() == ["accepted", "awaiting_receipt", "ready"]
    return world.database


@pytest.fixture
def move(world: World, source: Database, target: Database) -> Move:
    return Move(source, target, world.cause(REASON), world.clock, lambda *_: None)


def audited(database: Database) -> list[str]:
    with database.reading() as connection:
        return list(
            connection.execute(sa.select(audit.c.action).order_by(audit.c.sequence)).scalars()
        )


def rows(database: Database) -> dict[str, list[Any]]:
    with database.reading() as connection:
        return {
            table.name: list(map(tuple, connection.execute(sa.select(table))))
            for table in metadata.sorted_tables
        }


def tables(database: Database) -> list[str]:
    with database.reading() as connection:
        return sa.inspect(connection).get_table_names()


def act(database: Database, world: World) -> None:
    """Do something that is audited."""
    with database.writing() as connection:
        append(connection, [Entry("something.done")], actor="张科员", at=world.clock.now())


def refused(move: Move, error: type[XinqiaoError], code: str) -> str:
    """Try to move; return what is told when it cannot be done."""
    with pytest.raises(error) as caught:
        move.run()
    assert caught.value.code == code
    return caught.value.message


def crash_after_the_copy(move: Move) -> None:
    """Let the program die after the target's commit and before the source's."""

    def die(_connection: sa.Connection) -> None:
        raise KeyboardInterrupt

    sa.event.listen(move.source.engine, "commit", die)
    with pytest.raises(KeyboardInterrupt):
        move.run()
    sa.event.remove(move.source.engine, "commit", die)


def test_everything_is_there_and_the_log_goes_on_in_both(
    move: Move, source: Database, target: Database
) -> None:
    before = rows(source)
    done = move.run()
    after = rows(target)
    entries = len(before["audit"])
    assert done == Moved(
        str(target.url.database),
        sum(map(len, before.values())),
        entries,
        {name: len(found) for name, found in before.items()},
        resumed=False,
    )
    for name in set(before) - {"audit", "audit_head"}:
        assert sorted(after[name], key=repr) == sorted(before[name], key=repr)
    for database, action in ((target, "database.copied"), (source, "database.moved")):
        assert audited(database)[entries:] == [action]
        with database.reading() as connection:
            assert verify(connection).ok
            body = connection.execute(
                sa.select(audit.c.body).where(audit.c.action == action)
            ).scalar_one()
        assert REASON in body


def test_the_work_goes_on_at_the_target(move: Move, world: World, target: Database) -> None:
    move.run()
    there = replace(world, database=target)
    there.add(4)
    there.connector.answers = [accepted]
    deliver(there.worker, there.platform)
    assert there.states() == ["accepted", "awaiting_receipt", "accepted", "accepted"]
    with target.reading() as connection:
        assert verify(connection).ok
        ids = connection.execute(sa.text("SELECT id FROM submission ORDER BY id")).scalars().all()
    assert ids == [1, 2, 3, 4]


def test_the_source_refuses_writes_afterwards_and_can_be_read(
    move: Move, world: World, source: Database
) -> None:
    move.run()
    before = rows(source)
    with pytest.raises(SettingsError, match=r"database\.url") as caught:
        act(source, world)
    assert caught.value.code == "database_moved"
    with pytest.raises(SettingsError, match="已搬到 PostgreSQL"):
        deliver(world.worker, world.platform)
    assert rows(source) == before


def test_a_second_move_says_that_it_has_moved(move: Move, source: Database) -> None:
    move.run()
    before = audited(source)
    assert "database.url" in refused(move, SettingsError, "database_moved")
    assert audited(source) == before


def test_nothing_is_lost_by_a_crash_between_the_commits_and_the_same_command_ends_it(
    move: Move, source: Database, target: Database
) -> None:
    crash_after_the_copy(move)
    assert "database.moved" not in audited(source)
    there = rows(target)
    assert audited(target)[-1] == "database.copied"
    done = move.run()
    assert done.resumed
    assert rows(target) == there
    assert (done.entries, done.rows) == (len(there["audit"]) - 1, sum(map(len, there.values())) - 1)
    assert audited(source)[-1] == "database.moved"
    refused(move, SettingsError, "database_moved")


def test_a_copy_at_which_work_was_done_since_still_retires_the_source(
    move: Move,
    world: World,
    source: Database,
    target: Database,
) -> None:
    crash_after_the_copy(move)
    act(target, world)
    assert move.run().resumed
    assert audited(source)[-1] == "database.moved"
    assert audited(target)[-1] == "something.done"


def test_a_copy_that_the_source_has_left_behind_is_not_taken_for_it(
    move: Move,
    world: World,
    source: Database,
    target: Database,
) -> None:
    crash_after_the_copy(move)
    act(source, world)
    assert "较早的一份副本" in refused(move, RefusedError, "target_behind")
    act(target, world)
    assert "不能再合并" in refused(move, DamageError, "target_diverged")
    act(source, world)  # still in use


def test_a_refused_move_in_between_does_not_hide_the_finished_copy(
    move: Move,
    source: Database,
    postgresql: Server,
) -> None:
    """Such as to a mistyped address."""
    crash_after_the_copy(move)
    with postgresql.fresh() as other:
        elsewhere = target_at(other, 5)
        refused(replace(move, target=elsewhere), RefusedError, "target_foreign")
        elsewhere.close()
    assert audited(source)[-1] == "database.copy_refused"
    assert move.run().resumed


def test_a_submission_under_a_living_lease_is_waited_for(
    move: Move, world: World, source: Database, target: Database
) -> None:
    until = world.clock.now() + timedelta(seconds=42)
    world.force(State.SENDING, lease_until=until, lease_owner="one")
    assert "42 秒" in refused(move, RefusedError, "sending")
    assert audited(source)[-1] == "database.copy_refused"
    assert tables(target) == []
    world.force(State.IN_DOUBT, lease_until=until)
    refused(move, RefusedError, "sending")
    world.clock.advance(43)
    move.run()


def test_a_target_with_other_tables_of_the_same_name_is_refused(
    move: Move, source: Database, target: Database
) -> None:
    with target.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE record (x int)")
    before = rows(source)
    assert "空库" in refused(move, RefusedError, "target_taken")
    assert tables(target) == ["record"]
    after = rows(source)
    assert audited(source)[-1] == "database.copy_refused"
    assert {name for name in before if before[name] != after[name]} == {"audit", "audit_head"}


def test_a_target_with_another_hubs_data_is_refused_and_left_alone(
    move: Move, world: World, postgresql: Server
) -> None:
    with postgresql.fresh() as url:
        foreign = target_at(url, 5)
        with foreign.writing() as connection:
            record_founding(
                connection, workspace="w2", rehearsal=False, actor="李", at=world.clock.now()
            )
        before = rows(foreign)
        refused(replace(move, target=foreign), RefusedError, "target_foreign")
        assert rows(foreign) == before
        foreign.close()


def test_tables_of_other_programs_do_no_harm(move: Move, target: Database) -> None:
    with target.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE tea (x int)")
    move.run()
    assert "tea" in tables(target)


def spoil(target: Database, table: str, column: str) -> None:
    """Let the server store something else than it is given."""

    def exchange(
        _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: Any
    ) -> tuple[str, Any]:
        if statement.startswith(f"INSERT INTO {table} "):
            parameters = [one | {column: "别的"} for one in parameters]
        return statement, parameters

    sa.event.listen(target.engine, "before_cursor_execute", exchange, retval=True)


def test_a_copy_that_differs_in_one_value_is_undone(
    move: Move, source: Database, target: Database
) -> None:
    spoil(target, "holding", "reference")
    before = rows(source)
    assert "表 holding" in refused(move, DamageError, "copy_differs")
    assert tables(target) == []
    assert rows(source) == before


def test_a_source_whose_log_does_not_hold_is_not_moved(
    move: Move, source: Database, target: Database
) -> None:
    with source.writing() as connection:
        connection.execute(sa.update(audit_head).values(hash="0" * 64))
    assert "本库的审计链不完整" in refused(move, DamageError, "audit_chain")
    assert tables(target) == []


@pytest.mark.parametrize("stage", Stage)
def test_an_interruption_at_any_stage_changes_nothing_on_either_side(
    move: Move, source: Database, target: Database, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xinqiao.audit.verification.chain._CHUNK", 2)
    before = rows(source)

    def interrupt(now: Stage, _table: str, _rows: int) -> None:
        if now is stage:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace(move, progress=interrupt).run()
    assert tables(target) == []
    assert rows(source) == before
    move.run()


def test_nobody_changes_the_source_while_it_is_copied_and_reading_goes_on(
    move: Move, world: World, source: Database
) -> None:
    impatient = same_database(source, 0.05)
    seen: list[str] = []

    def meddle(_stage: Stage, table: str, _rows: int) -> None:
        with pytest.raises(BusyError):
            act(impatient, world)
        assert len(rows(impatient)["record"]) == 3
        seen.append(table)

    replace(move, progress=meddle).run()
    assert "submission" in seen
    impatient.close()


def test_a_writer_who_waited_for_the_move_is_told_that_the_database_has_moved(
    move: Move, world: World, source: Database
) -> None:
    waiting = same_database(source, 30)
    told: list[XinqiaoError] = []
    begun = threading.Event()

    def write() -> None:
        begun.set()
        try:
            act(waiting, world)
        except XinqiaoError as error:
            told.append(error)

    thread = threading.Thread(target=write)

    def start(stage: Stage, _table: str, _rows: int) -> None:
        if stage is Stage.COPYING and not begun.is_set():
            thread.start()
            assert begun.wait(30)

    replace(move, progress=start).run()
    thread.join(30)
    waiting.close()
    assert [error.code for error in told] == ["database_moved"]


def test_a_source_that_somebody_writes_is_told_to_be_busy(
    move: Move, source: Database, target: Database
) -> None:
    impatient = same_database(source, 0.05)
    with source.writing():
        refused(replace(move, source=impatient), BusyError, "locked")
    impatient.close()
    assert tables(target) == []


def test_a_source_that_can_only_be_read_is_told(
    move: Move, source: Database, target: Database
) -> None:
    locked = Database(f"sqlite:///file:{source.url.database}?mode=ro&uri=true")
    refused(replace(move, source=locked), SettingsError, "read_only")
    locked.close()
    assert tables(target) == []


def test_a_source_whose_disk_is_full_undoes_the_copy(
    move: Move, source: Database, target: Database
) -> None:
    before = rows(source)

    def fill(connection: sa.Connection) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    sa.event.listen(source.engine, "begin", fill)
    refused(move, SettingsError, "disk")
    sa.event.remove(source.engine, "begin", fill)
    assert tables(target) == []
    assert rows(source) == before


def test_a_target_that_cannot_be_reached_changes_nothing(move: Move, source: Database) -> None:
    before = rows(source)
    nobody = target_at("postgresql://hub:geheim@127.0.0.1:1/xinqiao", 5)
    message = refused(replace(move, target=nobody), BusyError, "database_unreachable")
    nobody.close()
    assert "127.0.0.1/xinqiao" in message
    assert "geheim" not in message
    assert rows(source) == before


def test_a_target_that_cannot_hold_every_name_is_refused(move: Move, postgresql: Server) -> None:
    with postgresql.encoded("EUC_CN") as url:
        narrow = target_at(url, 5)
        refused(replace(move, target=narrow), SettingsError, "database_encoding")
        assert tables(narrow) == []
        narrow.close()


def test_what_is_no_postgresql_is_no_target(url: str) -> None:
    for wrong, error in (
        ("sqlite:////nowhere/x.db", InputError),
        ("nonsense", SettingsError),
        ("postgresql+asyncpg://hub:geheim@h/x", SettingsError),
        ("", SettingsError),
    ):
        with pytest.raises(error, match="--to") as caught:
            target_at(wrong, 5)
        assert "geheim" not in f"{caught.value.message} {caught.value.__cause__!r}"
    target_at(url, 5).close()


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(SettingsError, match="驱动") as caught:
        target_at("postgresql://h/x", 5)
    assert caught.value.code == "database_driver"


def test_what_stands_on_postgresql_already_is_not_moved(move: Move, target: Database) -> None:
    refused(replace(move, source=target), InputError, "source_dialect")
    assert record.name not in tables(target)
