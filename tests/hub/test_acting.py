"""Whose clock counts when a person acts: the database's, whatever the machine's clock says."""

from collections.abc import Iterator
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


@pytest.fixture
def desk(tmp_path: Path, postgresql: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """A terminal on PostgreSQL whose machine's clock is an hour ahead of the server's."""
    with postgresql.fresh(migrated=False) as url:
        monkeypatch.setenv("XINQIAO_DATABASE_URL", url)
        workspace = create_workspace(
            tmp_path / "bureau", rehearsal=True, platforms=["credit_shandong"]
        )
        prepare_database(workspace)
        monkeypatch.setattr(Clock, "now", HourAhead.now)
        terminal = Terminal(workspace, monkeypatch)
        assert terminal.run("import", write_book(tmp_path / "许可.xlsx", company(1))).code == 0
        yield terminal


def is_due(desk: Terminal) -> bool:
    """Tell whether the only submission is due by the server's clock."""
    database = Database(desk.workspace.database_url)
    now = sa.func.clock_timestamp()
    with database.reading() as connection:
        due: bool = connection.execute(sa.select(submission.c.next_attempt_at <= now)).scalar_one()
    database.close()
    return due


def test_what_is_imported_is_due_at_once_by_the_servers_clock(desk: Terminal) -> None:
    assert is_due(desk)


def test_what_is_brought_forward_is_due_at_once_by_the_servers_clock(desk: Terminal) -> None:
    database = Database(desk.workspace.database_url)
    with database.writing() as connection:
        later = datetime.now(UTC) + 2 * AN_HOUR
        connection.execute(sa.update(submission).values(next_attempt_at=later))
    database.close()
    assert not is_due(desk)
    assert desk.run("queue", "retry", 1, "--reason", "马上").code == 0
    assert is_due(desk)


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
