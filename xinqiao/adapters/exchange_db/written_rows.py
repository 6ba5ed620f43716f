"""Which rows of a batch a commit that was answered put in, kept in its serial number (已写入的行).

Rows may be set aside by the server and the others go without them. Only of a row that was there
can its absence, or the lack of an answer, tell anything.
"""

import re
from collections.abc import Collection

from xinqiao.adapters.base import SealedBatch, SentBatch

_SERIAL = re.compile(r"(?P<number>.+)#(?P<spans>[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*)")


def serial_of(batch: SealedBatch, rows: Collection[int]) -> str:
    """Return the serial number of a delivery that wrote ``rows``: ``XQ12``, or ``XQ12#1-3,5``."""
    if {row.number for row in batch.rows} <= set(rows):
        return batch.number
    spans: list[list[int]] = []
    for row in sorted(rows):
        if spans and row == spans[-1][-1] + 1:
            spans[-1][1:] = [row]
        else:
            spans.append([row])
    return f"{batch.number}#{','.join('-'.join(map(str, span)) for span in spans)}"


def rows_of(sent: SentBatch) -> frozenset[int] | None:
    """Return the rows that a delivery wrote; None if it had no answer, or a person noted it."""
    if sent.serial == sent.batch.number:
        return frozenset(row.number for row in sent.batch.rows)
    found = _SERIAL.fullmatch(sent.serial)
    if found is None or found["number"] != sent.batch.number:
        return None
    spans = [[int(end) for end in span.split("-")] for span in found["spans"].split(",")]
    return frozenset(row for span in spans for row in range(span[0], span[-1] + 1))
