"""Runs the walk of :mod:`tests.submission_queue.machine`; as a program, for as long as wanted.

``python -m tests.submission_queue.model 2000 60`` walks 2000 times 60 steps with each kind of
platform on each database.
"""

import logging
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa
import structlog
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.postgresql import Server, running
from tests.submission_queue.chances import KINDS
from tests.submission_queue.fates import Nature
from tests.submission_queue.machine import Opening, QueueMachine
from tests.support import FrozenClock
from xinqiao.database.engine import Database
from xinqiao.database.migration import upgrade
from xinqiao.privacy.keys import KeyRing, create_key_file, load_key_file


def run(
    opening: Opening, nature: Nature, examples: int, steps: int, *, shortest: bool = True
) -> None:
    """Walk ``examples`` times up to ``steps`` steps; raises what the first failing walk did.

    Args:
        opening: Opens the database of each walk.
        nature: What kind of platform it is.
        examples: How many walks.
        steps: Most steps of one.
        shortest: Whether to look for a shorter walk that fails too; that may take minutes.
    """
    # thousands of events would bury the walk that failed
    quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=quiet)
    phases = set(Phase) if shortest else set(Phase) - {Phase.shrink}
    run_state_machine_as_test(
        # the library calls what it is given and wants no more of it
        cast("type[QueueMachine]", partial(QueueMachine, opening, nature)),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            print_blob=True,
            phases=phases,
            suppress_health_check=list(HealthCheck),
        ),
    )


def on_sqlite(folder: Path) -> Opening:
    """Give every walk a file of its own in ``folder``, copied from one with the present schema."""
    keys = _keys(folder)
    template = folder / "template.db"
    made = Database(f"sqlite:///{template}")
    upgrade(made)
    made.close()

    @contextmanager
    def opening(_: FrozenClock) -> Iterator[tuple[Database, KeyRing]]:
        with tempfile.TemporaryDirectory(dir=folder) as own:
            path = Path(shutil.copy(template, own))
            opened = Database(f"sqlite:///{path}", busy_seconds=5)
            sa.event.listen(opened.engine, "connect", _careless)
            try:
                yield opened, keys
            finally:
                opened.close()

    return opening


def _careless(connection: Any, _record: Any) -> None:
    """Wait for no disk: no walk has a power cut in it."""
    connection.execute("PRAGMA synchronous = OFF")


def on_postgresql(server: Server, folder: Path) -> Opening:
    """Give every walk a fresh database on ``server``."""
    keys = _keys(folder)

    @contextmanager
    def opening(clock: FrozenClock) -> Iterator[tuple[Database, KeyRing]]:
        with server.fresh() as url:
            server.set_clock(url, clock.now())
            clock.followers.append(lambda now: server.set_clock(url, now))
            opened = Database(url, busy_seconds=5)
            try:
                yield opened, keys
            finally:
                opened.close()

    return opening


def _keys(folder: Path) -> KeyRing:
    path = folder / "keys.toml"
    create_key_file(path)
    return load_key_file(path)


def main(examples: int, steps: int) -> None:
    """Walk on both databases."""
    with tempfile.TemporaryDirectory() as name, running() as server:
        for what, opening in (
            ("SQLite", on_sqlite(Path(name))),
            ("PostgreSQL", on_postgresql(server, Path(tempfile.mkdtemp(dir=name)))),
        ):
            for kind, nature in KINDS.items():
                run(opening, nature, examples, steps)
                told = f"{what}, a platform that {kind}: {examples} walks, nothing found\n"
                sys.stdout.write(told)
                sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
