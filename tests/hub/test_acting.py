"""Whose clock counts when a person acts: the database's, whatever the machine's clock says."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.commands.terminal import Terminal
from tests.imports.books import company, write_book
from tests.postgresql import Server
from tests.support import FrozenClock
from xinqiao.clock import Clock
from xinqiao.config.workspace import Workspace, create_workspace
from xinqiao.database.engine import Database
from xinqiao.database.tables import submission
from xinqiao.hub import Hub
from xinqiao.opening import prepare_database

AN_HOUR = timedelta(hours=1)


class HourAhead(Clock):
    def now(self) -> datetime:
        return datetime.now(UTC) + AN_HOUR


def test_what_is_brought_forward_is_due_at_once_by_the_servers_clock(
    tmp_path: Path, postgresql: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgresql.fresh(migrated=False) as url:
        monkeypatch.setenv("XINQIAO_DATABASE_URL", url)
        workspace = create_workspace(tmp_path / "bureau", rehearsal=True)
        prepare_database(workspace)
        terminal = Terminal(workspace, monkeypatch)
        book = write_book(tmp_path / "许可.xlsx", company(1))
        assert terminal.run("import", book).code == 0
        database = Database(url)
        later = datetime.now(UTC) + 2 * AN_HOUR
        with database.writing() as connection:
            connection.execute(sa.update(submission).values(next_attempt_at=later))
        monkeypatch.setattr(Clock, "now", HourAhead.now)
        assert terminal.run("queue", "retry", 1, "--reason", "马上").code == 0
        with database.reading() as connection:
            due = sa.select(submission.c.next_attempt_at <= sa.func.clock_timestamp())
            assert connection.execute(due).scalar_one()
        database.close()


def test_on_one_machine_its_own_clock_counts(rehearsal: Workspace) -> None:
    prepare_database(rehearsal)
    clock = FrozenClock()
    hub = Hub(rehearsal, clock, "张科员")
    with hub.acting("因为") as (_, cause):
        assert (cause.actor, cause.at, cause.reason) == ("张科员", clock.now(), "因为")


def test_what_fails_within_it_leaves_nothing(rehearsal: Workspace) -> None:
    prepare_database(rehearsal)
    hub = Hub(rehearsal)

    def fail_halfway() -> None:
        with hub.acting("因为") as (connection, _):
            connection.execute(sa.text("DELETE FROM audit_head"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    with hub.database.reading() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM audit_head")).scalar_one() == 1
