"""What becomes of rows that a platform says it holds already (重复): compared, never believed."""

from dataclasses import replace

from xinqiao.adapters.base import Outcome, Reply, RowResult, SentBatch
from xinqiao.errors import XinqiaoError
from xinqiao.queue.asking import Inquiry, NotNowError
from xinqiao.queue.batches import LostClaimError, Sending
from xinqiao.queue.platforms import Platform
from xinqiao.queue.verdicts import compare, of_reply
from xinqiao.queue.worker import Worker


def resolve_duplicates(worker: Worker, platform: Platform, sending: Sending, reply: Reply) -> Reply:
    """Ask what the platform holds for every row that it calls a duplicate.

    The same as ours means accepted; something else stays in doubt and becomes a conflict when the
    doubt is resolved. What cannot be asked now is asked then too.
    """
    if not platform.connector.capabilities.query:
        return reply
    results = {result.row: result for result in reply.rows}
    held = list(sending.tickets.values())
    inquiry = Inquiry(worker, platform, sending.batch_id, SentBatch(sending.batch), held, own=1)
    for number, verdict in of_reply(reply, list(sending.tickets)).items():
        if verdict.outcome is not Outcome.DUPLICATE:
            continue
        row = sending.batch.rows[number - 1]
        try:
            asked = inquiry.record(row).answer
        except (NotNowError, LostClaimError, XinqiaoError):
            # whatever keeps us from asking now: what the platform has said so far is settled
            break
        comparison = compare(row, asked.entries or ())
        if comparison.same and comparison.entry is not None:
            results[number] = RowResult(
                number,
                Outcome.ACCEPTED,
                verdict.code,
                "平台已有相同内容",
                comparison.entry.reference,
                comparison.entry.at,
            )
    return replace(reply, rows=tuple(results[number] for number in sorted(results)))
