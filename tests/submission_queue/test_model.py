"""Whatever happens in whatever order, the queue keeps its promises: beside a plain model."""

from pathlib import Path

import pytest

from tests.postgresql import Server
from tests.submission_queue.chances import KINDS
from tests.submission_queue.model import on_postgresql, on_sqlite, run

STEPS = 30


@pytest.mark.parametrize("kind", KINDS)
def test_no_walk_on_sqlite_loses_doubles_or_forgets_anything(kind: str, tmp_path: Path) -> None:
    run(on_sqlite(tmp_path), KINDS[kind], examples=8, steps=STEPS, shortest=False)


@pytest.mark.parametrize("kind", KINDS)
def test_no_walk_on_postgresql_loses_doubles_or_forgets_anything(
    kind: str, postgresql: Server, tmp_path: Path
) -> None:
    run(on_postgresql(postgresql, tmp_path), KINDS[kind], examples=3, steps=STEPS, shortest=False)
