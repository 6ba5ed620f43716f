"""What connectors are asked about."""

from xinqiao.adapters.base import Operation, SealedBatch, SentBatch


def sent(number: str, kind: str = "permit", serial: str = "") -> SentBatch:
    """Return a batch that was sent, known by its number or by ``serial``."""
    return SentBatch(
        SealedBatch(number, "credit_shandong", kind, Operation.INSERT, "2018", ()), serial
    )
