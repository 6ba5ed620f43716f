"""A bureau that goes live: platforms that hold what it reported before, and a hub beside them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

import sqlalchemy as sa

from tests.life.bureau import CONTENTS, SHARING, SITE, Bureau
from tests.reconcile.ledger_stands import LedgerPlatform
from tests.submission_queue.world import accepted
from xinqiao.adapters.base import Capabilities, LedgerEntry
from xinqiao.mapping.registry import format_for
from xinqiao.queue.transitions import Cause
from xinqiao.reconcile.adoption.adopting import Adoption, Order
from xinqiao.reconcile.adoption.findings import Adopted
from xinqiao.reconcile.ledgers.comparison import compare_ledger
from xinqiao.reconcile.ledgers.findings import LedgerFindings
from xinqiao.reconcile.ledgers.readings import Origin
from xinqiao.reconcile.window import Window
from xinqiao.routing.starts import Starts

START = date(2026, 8, 1)
GO_LIVE = datetime(2026, 8, 3, 2, 0, tzinfo=UTC)
"""Monday morning after the first day."""

TAKEN_IN = datetime(2026, 3, 6, 1, 0, tzinfo=UTC)
"""When the platform took in what was reported by hand."""

TAKEN_IN_SINCE = datetime(2026, 8, 2, 1, 0, tzinfo=UTC)
"""When it took in what was reported by hand after the start."""

OLD = "2026-03-02"
NEW = "2026-08-01"


def ledger_platform() -> LedgerPlatform:
    return LedgerPlatform(
        Capabilities(poll=True, query=True, ledger=True, visible_after=10), [accepted] * 100
    )


@dataclass
class Office(Bureau):
    """A bureau whose platforms have ledgers and that begins on the first of August."""

    connectors: dict[str, LedgerPlatform] = field(  # type: ignore[assignment] # a narrower one
        default_factory=lambda: {SITE: ledger_platform(), SHARING: ledger_platform()}
    )
    starts: Starts = field(default_factory=lambda: Starts(START))

    @property
    def adoption(self) -> Adoption:
        return Adoption(self.worker(), self.planner, self.acting_for)

    @contextmanager
    def acting_for(self, reason: str) -> Iterator[tuple[sa.Connection, Cause]]:
        with self.database.writing() as connection:
            yield connection, self.cause(reason)

    def number(self, serial: int) -> str:
        return f"沂交罚〔2026〕{serial:04}号"

    def numbered(self, serial: int, day: str = OLD, **changes: str | None) -> str:
        """Enter a penalty of that number, decided on ``day``."""
        return self.penalty(document_number=self.number(serial), decision_date=day, **changes)

    def shows(
        self,
        serial: int,
        day: str = OLD,
        platform: str = SHARING,
        at: datetime | None = TAKEN_IN,
        **changes: str,
    ) -> LedgerEntry:
        """Let a platform show a penalty as it was reported by hand, with ``changes`` of fields."""
        entry = self.entry(serial, day, platform, at, **changes)
        self.connectors[platform].shown.append(entry)
        return entry

    def entry(
        self,
        serial: int,
        day: str = OLD,
        platform: str = SHARING,
        at: datetime | None = TAKEN_IN,
        **changes: str,
    ) -> LedgerEntry:
        compiled = format_for(platform, "penalty")
        content = {
            **CONTENTS["penalty"],
            "document_number": self.number(serial),
            "decision_date": day,
        }
        values = compiled.render(content).values
        assert values is not None
        assert changes.keys() <= values.keys()
        said = {**values, **changes}
        return LedgerEntry(compiled.key_of(said), said, f"SD-{serial}", at)

    def adopt(self, platform: str = SHARING, **changes: object) -> Adopted:
        """Take over what a platform shows."""
        order = Order(platform, "penalty", Window(date(2026, 1, 1), self.today), "启用")
        order = replace(order, **changes)  # type: ignore[arg-type] # fields of an order
        return self.adoption.run(order, self.connectors[platform], Origin("api"))

    def compare(self, platform: str = SHARING, since: date = date(2026, 1, 1)) -> LedgerFindings:
        window = Window(since, self.today)
        return compare_ledger(self.worker(), self.platform(platform), "penalty", window)

    def sent(self, platform: str = SHARING) -> list[tuple[str, str]]:
        """Return the journal of a platform: operation and key of every row that ever reached it."""
        return [
            (batch.operation.value, row.key)
            for batch in self.connectors[platform].sent
            for row in batch.rows
        ]
