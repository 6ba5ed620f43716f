"""Words of the model: what becomes of a call, what platforms there are, what a row asks for."""

import re
from dataclasses import dataclass
from enum import StrEnum

from xinqiao.adapters.base import Operation, SealedBatch, SealedRow

MARK = re.compile(r"第(\d+)件第(\d+)版")
VOID = "2"


class Crash(BaseException):
    """The process dies here."""


class Fate(StrEnum):
    """What becomes of one call."""

    ANSWERS = "takes the rows, decides and says so"
    RECEIVES = "takes the rows and decides later"
    SILENT_TAKEN = "takes the rows, and its answer is lost"
    SILENT_LATE = "the answer is lost, and the rows arrive a little later"
    SILENT_LOST = "nothing arrives, and nobody is told"
    SLOW_TAKEN = "takes its time before it takes the rows, and its answer is lost"
    UNREACHABLE = "certainly nothing arrives"
    BUSY = "asks to be left alone for a while"
    STRANGE = "does not accept the credentials"
    DIES_BEFORE = "the caller dies before anything arrives"
    DIES_AFTER = "the caller dies after the rows were taken"


DEFINITE = frozenset({Fate.ANSWERS, Fate.RECEIVES, Fate.UNREACHABLE, Fate.BUSY, Fate.STRANGE})
"""Fates after which the caller knows whether the rows were taken."""


TROUBLED = frozenset({Fate.UNREACHABLE, Fate.BUSY, Fate.STRANGE})
"""Fates after which nobody calls for a while."""


@dataclass(frozen=True, slots=True)
class Nature:
    """What kind of platform it is.

    Attributes:
        poll: Tells receipts by batch number, and may decide later.
        query: Tells what it holds under a number.
        deduplicates: Takes an identical batch once.
        knows_numbers: Calls a second record under one number a duplicate.
        refuses_whole: Refuses a batch with a row it dislikes as a whole, naming none.
        refuses_later: Such a refusal is not said at once but told with the receipts.
        decides_later: Takes rows first and decides about them afterwards, where it tells receipts.
        visible_after: Seconds until it shows what it took.
    """

    poll: bool = True
    query: bool = True
    deduplicates: bool = False
    knows_numbers: bool = False
    refuses_whole: bool = False
    refuses_later: bool = False
    decides_later: bool = False
    visible_after: float = 10


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that took effect: which record and version, and what was asked."""

    record: int
    version: int
    operation: Operation


def mark(record: int, version: int) -> str:
    """Return the text that tells which version of which record a row is."""
    return f"道路普通货物运输（第{record}件第{version}版）"


def deed_of(batch: SealedBatch, row: SealedRow) -> Deed:
    """Return what a row asks for."""
    found = MARK.search(row.values["XK_NR"])
    assert found is not None, "every row of the model carries its mark"
    withdraws = batch.operation is Operation.WITHDRAW or row.values["XK_ZT"] == VOID
    operation = Operation.WITHDRAW if withdraws else batch.operation
    return Deed(int(found[1]), int(found[2]), operation)
