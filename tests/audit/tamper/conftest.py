"""A small log with anchors inside and outside, and everything that may be changed about it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from sqlalchemy.engine import Connection

from tests.audit.anchors.conftest import Bureau, bureau
from tests.support import unprotect
from xinqiao.anchoring.proof import Proof, prove
from xinqiao.audit.anchors.reading import Found, anchors_in
from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.database.engine import Database

__all__ = ["anchored", "bureau"]

ENTRIES = (
    Entry("record.imported", record_id="r-1", details={"file": "许可.xlsx", "new": 1}),
    Entry("batch.sealed", "r-1", 1, "credit_shandong", details={"version": 1}),
    Entry("platform.paused", platform="county_site", reason="检修，另行通知"),
    Entry("data.viewed", "r-1", reason="核对证照", details={"complete": True, "why": None}),
)


@dataclass
class Anchored:
    """The log, its folder outside, and somebody who owns the database.

    Attributes:
        bureau: Whose it is.
        trusted: The public key that is written on paper.
    """

    bureau: Bureau
    trusted: str

    @property
    def database(self) -> Database:
        return self.bureau.database

    def outside(self) -> list[Found]:
        return anchors_in(self.bureau.outside)

    @contextmanager
    def tampering(self) -> Iterator[Connection]:
        """Give the database as its owner has it; nothing is kept."""
        with self.database.writing() as connection:
            unprotect(connection)
            yield connection
            connection.rollback()

    def proof(self, connection: Connection, outside: list[Found] | None = None) -> Proof:
        return prove(connection, self.outside() if outside is None else outside, self.trusted)


def grow(bureau: Bureau) -> None:
    """Let things happen, and an anchor be written of them."""
    with bureau.database.writing() as connection:
        append(connection, ENTRIES, actor="张三/vm", at=bureau.clock.now())
    bureau.clock.advance(90_000)
    assert bureau.service.write().anchor is not None


@pytest.fixture
def anchored(bureau: Bureau) -> Anchored:
    for _ in range(3):
        grow(bureau)
    made = Anchored(bureau, bureau.service.key().public)
    with made.database.reading() as connection:
        # submissions that the log speaks of are not there: only chain and anchors are looked at
        proof = made.proof(connection)
    assert proof.chain.ok
    assert proof.anchors is not None
    assert proof.anchors.ok
    return made
