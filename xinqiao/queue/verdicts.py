"""What a platform's answer means for one row: pure decisions, no database and no network."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from xinqiao.adapters.base import LedgerEntry, Outcome, Reply, RowResult, SealedRow

BY_HAND = "by_hand"
"""Code of what a person recorded in the platform's place."""

_AMOUNT = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ T].*)?")


@dataclass(frozen=True, slots=True)
class Verdict:
    """The meaning of an answer for one row.

    Attributes:
        outcome: See :class:`Outcome`.
        code: The platform's code.
        message: The platform's words, or ours.
        reference: The platform's id of the record.
        at: When the platform took it in, if it said so.
        by_person: Whether a person said so in its place, with evidence.
        named: Whether the platform spoke of this very row.
    """

    outcome: Outcome
    code: str = ""
    message: str = ""
    reference: str = ""
    at: datetime | None = None
    named: bool = True
    by_person: bool = False


def of_row(result: RowResult) -> Verdict:
    """Return what a row's own result means."""
    return Verdict(result.outcome, result.code, result.message, result.reference, result.at)


def of_reply(reply: Reply, row_numbers: Sequence[int]) -> dict[int, Verdict]:
    """Return row number → verdict; rows the reply does not name share its overall outcome."""
    named = {result.row: of_row(result) for result in reply.rows}
    rest = Verdict(reply.outcome, reply.code, reply.message, named=False)
    return {number: named.get(number, rest) for number in row_numbers}


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the platform holds under a row's key, beside what we sent.

    Attributes:
        found: Whether it holds anything.
        same: Whether one of the entries is what we sent.
        entry: That entry, or the first one.
        fields: Codes of the fields that differ from the first entry.
    """

    found: bool
    same: bool
    entry: LedgerEntry | None
    fields: tuple[str, ...] = ()


def compare(row: SealedRow, entries: Sequence[LedgerEntry]) -> Comparison:
    """Compare what we sent with what the platform says it holds under the same key."""
    for entry in entries:
        # an entry that tells none of our fields proves nothing
        told = any(code in entry.values for code in row.values)
        if told and not differing(row.values, entry.values):
            return Comparison(found=True, same=True, entry=entry)
    if not entries:
        return Comparison(found=False, same=False, entry=None)
    fields = differing(row.values, entries[0].values)
    return Comparison(found=True, same=False, entry=entries[0], fields=fields)


def differing(ours: Mapping[str, str], theirs: Mapping[str, str]) -> tuple[str, ...]:
    """Return the codes of fields that both sides tell and that differ.

    Platforms give dates back with other separators than they want them in, and amounts with other
    noughts at the end; that is no difference.
    """
    return tuple(
        code for code, text in ours.items() if code in theirs and not _same(text, theirs[code])
    )


def _same(ours: str, theirs: str) -> bool:
    if ours.strip() == theirs.strip():
        return True
    if _same_amount(ours.strip(), theirs.strip()):
        return True
    our_date, their_date = _DATE.fullmatch(ours.strip()), _DATE.fullmatch(theirs.strip())
    if our_date is None or their_date is None:
        return False
    return [int(part) for part in our_date.groups()] == [int(part) for part in their_date.groups()]


def _same_amount(ours: str, theirs: str) -> bool:
    """Tell whether both are one amount: 0.2 and 0.200000. Numbers without a point are codes."""
    if not (_AMOUNT.fullmatch(ours) and _AMOUNT.fullmatch(theirs)) or "." not in ours + theirs:
        return False
    return Decimal(ours) == Decimal(theirs)
