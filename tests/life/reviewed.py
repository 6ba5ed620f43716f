"""A bureau in which a second person approves penalties before they are sent."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from tests.life.bureau import Bureau
from xinqiao.adapters.base import Operation, SealedBatch
from xinqiao.clock import end_of
from xinqiao.database.tables import batch, batch_row, import_run, record_version, submission
from xinqiao.queue.planning.planner import Planner
from xinqiao.queue.reviewing import Version, last_words, same_person
from xinqiao.queue.reviews import Decided, Reviews
from xinqiao.queue.to_review import Line, Present, Wanted
from xinqiao.queue.transitions import Cause
from xinqiao.routing.calendar import WorkingCalendar

CLERK, CHIEF, OTHER = "zhang", "li", "wang"


@dataclass
class ReviewedBureau(Bureau):
    """One bureau's hub whose penalties are reviewed; ``actor`` is the person at the keyboard."""

    actor: str = CLERK
    reviewed: frozenset[str] = frozenset({"penalty"})
    judged: dict[str, int] = field(default_factory=dict)

    @property
    def planner(self) -> Planner:
        return replace(super().planner, reviewed=self.reviewed)

    def cause(self, reason: str = "") -> Cause:
        return Cause(self.actor, self.clock.now(), reason)

    @contextmanager
    def sitting(self, actor: str) -> Iterator[None]:
        """Let another person sit at the keyboard for a while."""
        before, self.actor = self.actor, actor
        yield
        self.actor = before

    @contextmanager
    def saying(self, reason: str) -> Iterator[tuple[sa.Connection, Cause]]:
        with self.database.writing() as connection:
            yield connection, self.cause(reason)

    def reviews(self, reason: str = "") -> Reviews:
        return Reviews(
            self.database, self.keys, self.planner, lambda: self.saying(reason), self.now
        )

    def now(self, _connection: sa.Connection) -> Present:
        return Present(self.clock.now(), end_of(self.today), WorkingCalendar())

    def version(self, record_id: str) -> Version:
        return self.reviews().present_version(record_id)

    def approve(self, *records: str | Version, actor: str = CHIEF, reason: str = "") -> Decided:
        with self.sitting(actor):
            return self.reviews(reason).approve(self._versions(records))

    def send_back(self, *records: str | Version, actor: str = CHIEF) -> Decided:
        with self.sitting(actor):
            return self.reviews("金额有误").send_back(self._versions(records))

    def waiting(self, **wanted: Any) -> list[Line]:
        reviews = self.reviews()
        return reviews.lines(reviews.waiting(Wanted(**wanted)))

    def codes(self, decided: Decided) -> list[str]:
        return [one.code for one in decided.refused.values()]

    def _versions(self, records: tuple[str | Version, ...]) -> list[Version]:
        return [self.version(one) if isinstance(one, str) else one for one in records]

    def judge(self) -> None:
        """Check everything that the platforms were handed since the last time this was asked.

        What is disclosed of a reviewed kind was approved last, by somebody who did not import it.
        """
        for name, connector in self.connectors.items():
            fresh = connector.sent[self.judged.get(name, 0) :]
            self.judged[name] = len(connector.sent)
            for sealed in fresh:
                if sealed.kind in self.reviewed and sealed.operation in _DISCLOSES:
                    self._judge(sealed)

    def _judge(self, sealed: SealedBatch) -> None:
        statement = (
            sa.select(submission.c.record_id, submission.c.version, import_run.c.actor)
            .select_from(batch_row)
            .join(batch, batch.c.id == batch_row.c.batch_id)
            .join(submission, submission.c.id == batch_row.c.submission_id)
            .join(
                record_version,
                sa.and_(
                    record_version.c.record_id == submission.c.record_id,
                    record_version.c.version == submission.c.version,
                ),
            )
            .join(import_run, import_run.c.id == record_version.c.import_run_id)
            .where(batch.c.number == sealed.number)
        )
        with self.database.reading() as connection:
            rows = connection.execute(statement).all()
            assert len(rows) == len(sealed.rows) > 0
            words = last_words(connection, [(row.record_id, row.version) for row in rows])
        for row in rows:
            word = words[row.record_id, row.version]
            assert word.approved
            assert not same_person(word.actor, row.actor)


_DISCLOSES = (Operation.INSERT, Operation.UPDATE)
