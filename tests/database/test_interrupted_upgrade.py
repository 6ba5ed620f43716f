"""An upgrade that is killed leaves the old schema whole; two at a time do it once."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.commands.terminal import Terminal
from tests.database.dumps import Rows, columns_of, read_rows
from tests.database.test_migration import schema
from tests.database.test_previous_release import check_counts, check_kept, old_rows, reading
from xinqiao.database.engine import Database

HALTING = """
import sys
from sqlalchemy import event
from sqlalchemy.engine import Engine
from xinqiao.cli import main

@event.listens_for(Engine, "before_cursor_execute")
def halt(connection, cursor, statement, *_):
    if statement.startswith("UPDATE alembic_version"):
        print("migrated, not committed", flush=True)
        sys.stdin.readline()

main()
"""
"""Runs ``xinqiao``, and waits for a line once every table is changed and nothing is committed."""

TELLING = """
from xinqiao import opening
from xinqiao.cli import main

def upgrade(database, really=opening.upgrade):
    print("at the door", flush=True)
    really(database)

opening.upgrade = upgrade
main()
"""
"""Runs ``xinqiao``, and says when it is about to upgrade."""


@contextmanager
def initialising(terminal: Terminal, program: str) -> Iterator["subprocess.Popen[str]"]:
    """Give ``init`` of the workspace in a process of its own, once it has said its first word."""
    command = [sys.executable, "-c", program, "init", str(terminal.workspace.root)]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    ) as process:
        assert process.stdout is not None
        try:
            said = process.stdout.readline()
            assert said in ("migrated, not committed\n", "at the door\n"), process.stderr
            yield process
        finally:
            process.kill()


def look(terminal: Terminal) -> tuple[Any, Rows]:
    """Return tables and rows as they are."""
    database = Database(terminal.workspace.database_url)
    tables = schema(database)
    database.close()
    return tables, old_rows(terminal)


def check_upgraded(terminal: Terminal, before: Rows) -> None:
    assert terminal.run("status").code == 3  # opened; something waits for a person
    with reading(terminal) as connection:
        assert set(columns_of(connection)) > set(before)
        kept = {name: list(rows[0]) for name, rows in before.items() if rows}
        check_kept(read_rows(connection, kept), before)
        check_counts(connection)
    assert terminal.run("audit", "verify").code == 0


def test_an_upgrade_that_is_killed_leaves_the_old_schema_whole_and_the_next_one_finishes(
    previous: Terminal,
) -> None:
    before = look(previous)
    with initialising(previous, HALTING) as process:
        process.kill()
        process.wait()
    assert look(previous) == before
    assert previous.run("status", "--json").json["error"]["code"] == "schema_old"
    assert previous.run("init", previous.workspace.root).code == 0
    check_upgraded(previous, before[1])


def test_while_an_upgrade_runs_everybody_else_is_told_that_one_is_needed(
    previous: Terminal,
) -> None:
    with initialising(previous, HALTING):
        assert previous.run("status", "--json").json["error"]["code"] == "schema_old"


def test_of_two_upgrades_at_once_the_second_waits_and_both_end_well(previous: Terminal) -> None:
    _, before = look(previous)
    with (
        initialising(previous, HALTING) as first,
        initialising(previous, TELLING) as second,
    ):
        with pytest.raises(subprocess.TimeoutExpired):
            second.wait(1)  # it cannot end before the first one has
        _, errors = first.communicate("go on\n", timeout=30)
        assert (first.returncode, errors) == (0, "")
        _, errors = second.communicate(timeout=30)
        assert (second.returncode, errors) == (0, "")
    check_upgraded(previous, before)
