"""Where a person looks at differences and acts on them (差异处置台)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from xinqiao.audit.chain import Detail
from xinqiao.database.engine import Database
from xinqiao.privacy.keys import KeyRing
from xinqiao.queue.acting import ActingFor, refusals_noted
from xinqiao.queue.operations import Evidence
from xinqiao.reconcile.differences.acting import act
from xinqiao.reconcile.differences.listing import Wanted, count, difference_story, differences


@dataclass(frozen=True, slots=True)
class DifferenceDesk:
    """Lists differences, tells the story of one, and acts.

    Attributes:
        database: Of the workspace.
        keys: Of the workspace.
        acting: Gives a write transaction, and who acts, for a reason.
    """

    database: Database
    keys: KeyRing
    acting: ActingFor

    @contextmanager
    def listed(
        self, wanted: Wanted, limit: int | None = None
    ) -> Iterator[Iterator[dict[str, Any]]]:
        """Give the differences that are wanted, oldest first, in a stream."""
        with self.database.reading() as connection:
            yield differences(connection, wanted, limit)

    def count(self, wanted: Wanted) -> int:
        """Return how many differences are wanted."""
        with self.database.reading() as connection:
            return count(connection, wanted)

    def story(self, number: int) -> dict[str, Any]:
        """Return one difference with its history.

        Raises:
            InputError: There is none of that number.
        """
        with self.database.reading() as connection:
            return difference_story(connection, number)

    def act(self, number: int, action: str, reason: str, evidence: Sequence[Evidence]) -> None:
        """Do ``action`` about a difference; one that is refused is audited too.

        Raises:
            InputError: There is no such difference.
            RefusedError: As things stand it cannot be done.
        """
        asked: dict[str, Detail] = {"difference": number, "action": action}
        with (
            refusals_noted(self.acting, reason, "difference.act_refused", details=asked),
            self.acting(reason) as (connection, cause),
        ):
            act(connection, number, action, evidence, self.keys, cause)
