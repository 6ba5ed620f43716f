"""A workspace whose anchors go to a folder outside, and its service."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.support import FrozenClock
from xinqiao.anchoring.service import Anchoring
from xinqiao.audit.anchors.places.place import Bounded
from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.audit.founding import record_founding
from xinqiao.config.settings import AnchorsSection, AuditSection
from xinqiao.config.workspace import Workspace
from xinqiao.database.engine import Database

PATIENCE = 0.5
"""Seconds that a place may take in these tests, where none is slow for a reason of its own."""


@dataclass
class Bureau:
    """A workspace, its database, and a folder outside."""

    workspace: Workspace
    database: Database
    clock: FrozenClock
    outside: Path
    patience: float = PATIENCE

    def settings(self, **changes: Any) -> None:
        """Write other settings of anchors."""
        anchors = AnchorsSection.model_validate({"folders": (str(self.outside),), **changes})
        settings = self.workspace.settings.model_copy(
            update={"audit": AuditSection(anchors=anchors)}
        )
        self.workspace = replace(self.workspace, settings=settings)

    @property
    def service(self) -> Anchoring:
        return Anchoring(self.workspace, self.database, self.clock, "张三", Bounded(self.patience))

    def happen(self, count: int = 1) -> None:
        """Let so many things happen."""
        with self.database.writing() as connection:
            entries = [Entry("platform.paused", platform="county_site", reason="检修")] * count
            append(connection, entries, actor="张三", at=self.clock.now())

    def files(self) -> list[Path]:
        return sorted(self.outside.iterdir())

    def rows(self, table: sa.Table) -> list[Any]:
        with self.database.reading() as connection:
            columns = table.primary_key.columns
            return list(connection.execute(sa.select(table).order_by(*columns)))


@pytest.fixture
def bureau(database: Database, clock: FrozenClock, rehearsal: Workspace, tmp_path: Path) -> Bureau:
    with database.writing() as connection:
        record_founding(connection, workspace="one", rehearsal=True, actor="张三", at=clock.now())
    outside = tmp_path / "outside"
    outside.mkdir()
    made = Bureau(rehearsal, database, clock, outside)
    made.settings()
    made.happen(5)
    return made
