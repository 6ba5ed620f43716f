"""Asking a platform what it holds of one row (按编号查询)."""

from dataclasses import replace

from xinqiao.adapters.base import KeyReport, SealedBatch, SealedRow
from xinqiao.mapping.registry import format_for
from xinqiao.queue.platforms import Platform


def ask_for(platform: Platform, batch: SealedBatch, row: SealedRow) -> KeyReport:
    """Return what ``platform`` holds of the record in ``row``.

    Several subjects may stand under the number that the platform is asked by (共同违法): what is
    about another subject is left out.
    """
    asked = platform.connector.query(batch.kind, row.key)
    if asked.entries is None:
        return asked
    compiled = format_for(batch.platform, batch.kind)
    ours = tuple(
        entry for entry in asked.entries if compiled.names_same_record(row.values, entry.values)
    )
    return replace(asked, entries=ours)
