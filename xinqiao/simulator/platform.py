"""The state of the platform that is stood in for: batches, records and the receipts of rows.

Rows of wrong form are refused at once; everything else is decided when the row's receipt is due.
A decision is made late but never missed: each look at the state first settles what is due.
"""

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from xinqiao.clock import SHANGHAI, Clock, local_date
from xinqiao.simulator.planting import Planting
from xinqiao.simulator.rules import PlatformRules, refusal
from xinqiao.simulator.submission import Item, Submission

Payload = dict[str, Any]
"""A JSON object of the wire."""

_REMOVING = frozenset({"withdraw", "take_down"})


@dataclass(frozen=True, slots=True)
class Twist:
    """How a fault changes the fate of a batch's rows; positions count from 1.

    Attributes:
        refused: Row → code with which it is refused at once.
        delayed: Row → seconds by which its receipt is later than usual.
        duplicates: Rows that are taken in although the platform says it held them.
        vanished: Rows that are said to be taken in and are not held.
        refused_later: Not None: the whole batch is refused when its receipts are due; row → code
            for those that are said to be at fault.
    """

    refused: Mapping[int, str] = field(default_factory=dict)
    delayed: Mapping[int, float] = field(default_factory=dict)
    duplicates: frozenset[int] = frozenset()
    vanished: frozenset[int] = frozenset()
    refused_later: Mapping[int, str] | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a submission: the answer, and whether this call was the one that counted."""

    reply: Payload
    applied: bool


@dataclass(frozen=True, slots=True)
class _Verdict:
    code: str
    message: str
    at: datetime
    record_id: str = ""


@dataclass(slots=True)
class _Row:
    index: int
    key: str
    subject: str
    resource: str
    operation: str
    fields: Mapping[str, str]
    due: datetime
    report_duplicate: bool = False
    vanishes: bool = False
    verdict: _Verdict | None = None


@dataclass(slots=True)
class _Batch:
    body_hash: str
    reply: Payload
    rows: list[_Row]
    refused_at: datetime | None = None


@dataclass(slots=True)
class _Record:
    record_id: str
    key: str
    name: str
    ingested_at: datetime
    fields: dict[str, str]
    history: list[str]


class Platform:
    """Batches and records of one platform. Not safe for threads: the caller holds a lock.

    Args:
        rules: What the platform checks and says.
        clock: Tells when receipts are due.
        receipt_delay: Seconds from a submission to the decision about its rows.
        accept_repeats: Whether a document number that is held is taken in once more, as platforms
            do that know no key: every unasked repeat then has an effect of its own.
        decides_at_once: Whether rows are decided in the answer to the submission, whatever
            ``receipt_delay`` is; only a fault can then make a decision late.
    """

    def __init__(
        self,
        rules: PlatformRules,
        clock: Clock,
        receipt_delay: float = 0.0,
        *,
        accept_repeats: bool = False,
        decides_at_once: bool = False,
    ) -> None:
        self._rules = rules
        self._accept_repeats = accept_repeats
        self._decides_at_once = decides_at_once
        self._clock = clock
        self._delay = 0.0 if decides_at_once else receipt_delay
        self._batches: dict[str, _Batch] = {}
        # resource and document number → subject → record
        self._records: dict[tuple[str, str], dict[str, _Record]] = {}
        self._made = 0
        self._deleted: list[_Record] = []
        self._waiting: list[tuple[datetime, int, _Row]] = []
        self._rows_seen = 0

    def submit(self, sent: Submission, body_hash: str, twist: Twist | None = None) -> Taken:
        """Take a batch, or recognise one that was taken before, and answer.

        A batch number with the same bytes again has the same answer and no second effect; with
        other bytes it is refused (4009).
        """
        known = self._batches.get(sent.batch_number)
        if known is not None:
            same = known.body_hash == body_hash
            return Taken(known.reply if same else self.plain("4009"), applied=False)
        if sent.resource not in self._rules.resources:
            return Taken(self.plain("4001"), applied=False)
        self.settle()
        now = self._clock.now()
        twist = twist or Twist()
        rows = [self._receive(sent, item, now, twist) for item in sent.items]
        if self._decides_at_once:
            self.settle()
        # Rows that have no verdict yet are answered "received", even when they are due at once.
        reply = self._confirmation(sent.batch_number, rows)
        batch = _Batch(body_hash, reply, rows)
        if twist.refused_later is not None:
            self._refuse_later(batch, twist.refused_later, now)
        self._batches[sent.batch_number] = batch
        return Taken(reply, applied=twist.refused_later is None)

    def receipts(self, batch_number: str) -> Payload:
        """Return the receipts of a batch decided so far (回执); 4040 for an unknown batch."""
        self.settle()
        batch = self._batches.get(batch_number)
        if batch is None:
            return self.plain("4040")
        if batch.refused_at is not None and self._clock.now() < batch.refused_at:
            return _success({"batchNo": batch_number, "status": "processing", "results": []})
        decided = [_receipt(row, row.verdict) for row in batch.rows if row.verdict is not None]
        status = "done" if len(decided) == len(batch.rows) else "processing"
        if batch.refused_at is not None:
            status = "refused"
        return _success({"batchNo": batch_number, "status": status, "results": decided})

    def records(self, resource: str, key: str) -> Payload:
        """Return what is held under one document number, of every subject."""
        self.settle()
        held = self._records.get((resource, key), {}).values()
        items = [_entry(record, self._untold(resource)) for record in held]
        return _success({"total": len(items), "items": items})

    def ledger(self, resource: str, start: date, end: date, page: int, size: int) -> Payload:
        """Return one page of the records taken in from ``start`` to ``end``, both included."""
        self.settle()
        held = [
            record
            for (kind, _), records in self._records.items()
            for record in records.values()
            if kind == resource and start <= local_date(record.ingested_at) <= end
        ]
        held.sort(key=lambda record: (record.ingested_at, record.record_id))
        shown = held[(page - 1) * size : page * size]
        return _success(
            {
                "page": page,
                "pages": -(-len(held) // size),
                "total": len(held),
                "items": [_entry(record, self._untold(resource)) for record in shown],
            }
        )

    def published(self, resource: str) -> list[tuple[str, str]]:
        """Return (document number, subject's name) of every record that the public may see."""
        subject = self._rules.resources[resource].subject
        return [(key, fields.get(subject, "")) for key, fields in self.public_records(resource)]

    def public_records(self, resource: str) -> list[tuple[str, dict[str, str]]]:
        """Return (document number, fields) of every record that the public may see."""
        self.settle()
        rules = self._rules.resources[resource]
        return [
            (record.key, dict(record.fields))
            for (kind, _), records in self._records.items()
            for record in records.values()
            if kind == resource
            and rules.public
            and not (rules.status and record.fields.get(rules.status) == rules.withdrawn)
        ]

    def plant(self, change: Planting) -> None:
        """Change, make or take away a record as somebody else at the platform could."""
        self.settle()
        under_number = self._records.setdefault((change.resource, change.number), {})
        if change.fields is None:
            under_number.pop(change.subject, None)
            return
        record = under_number.get(change.subject)
        if record is None:
            place = (change.resource, change.number, change.subject)
            record = self._new_record(*place, self._clock.now())
        record.fields.update(change.fields)

    def history(self) -> dict[str, list[str]]:
        """Return document number → operations that took effect, oldest first.

        Where several subjects stand under one number, the name follows it after a fullwidth bar.
        """
        self.settle()
        told: dict[str, list[str]] = {}
        held = [record for records in self._records.values() for record in records.values()]
        for record in [*self._deleted, *held]:
            told.setdefault(record.name, []).extend(record.history)
        return told

    def plain(self, code: str) -> Payload:
        """Return an answer of nothing but ``code`` and the platform's words for it."""
        return {"code": code, "message": self._rules.messages.get(code, "")}

    def _receive(self, sent: Submission, item: Item, now: datetime, twist: Twist) -> _Row:
        rules = self._rules.resources[sent.resource]
        duplicate = item.index in twist.duplicates
        wait = 0.0 if duplicate else self._delay + twist.delayed.get(item.index, 0.0)
        row = _Row(
            index=item.index,
            key=item.fields.get(rules.key, ""),
            subject="｜".join(item.fields.get(name, "") for name in rules.apart),
            resource=sent.resource,
            operation=sent.operation,
            fields=item.fields,
            due=now + timedelta(seconds=wait),
            report_duplicate=duplicate,
            vanishes=item.index in twist.vanished,
        )
        code, place = refusal(rules, sent.operation, item.fields)
        code = code or twist.refused.get(item.index, "")
        if code:
            row.verdict = self._verdict(code, now, place=place)
        elif duplicate:
            row.verdict = self._decide(row)
        elif twist.refused_later is None:
            self._rows_seen += 1
            heapq.heappush(self._waiting, (row.due, self._rows_seen, row))
        return row

    def _refuse_later(self, batch: _Batch, at_fault: Mapping[int, str], now: datetime) -> None:
        batch.refused_at = now + timedelta(seconds=self._delay)
        for row in batch.rows:
            code = at_fault.get(row.index, "")
            row.verdict = self._verdict(code, batch.refused_at) if code else None

    def settle(self) -> None:
        """Decide every row whose receipt is due."""
        now = self._clock.now()
        while self._waiting and self._waiting[0][0] <= now:
            _, _, row = heapq.heappop(self._waiting)
            row.verdict = self._decide(row)

    def _decide(self, row: _Row) -> _Verdict:
        rules = self._rules.resources[row.resource]
        under_number = self._records.setdefault((row.resource, row.key), {})
        held = under_number.get(row.subject)
        if rules.unknown_subject and rules.unknown_subject in row.fields[rules.subject]:
            return self._verdict("1001", row.due)
        if row.operation == "insert" and held is not None and not self._accept_repeats:
            return self._verdict("0040", row.due)
        if row.operation != "insert" and held is None:
            return self._verdict(self._rules.absent.get(row.operation, "0041"), row.due)
        if row.vanishes:
            return self._verdict("0000", row.due, record_id="R00000000")
        record = held or self._new_record(row.resource, row.key, row.subject, row.due)
        record.fields = dict(row.fields)
        record.history.append(row.operation)
        if row.operation in _REMOVING and rules.status:
            record.fields[rules.status] = rules.withdrawn
        elif row.operation in _REMOVING:
            self._deleted.append(under_number.pop(row.subject))
        if row.report_duplicate:
            return self._verdict("0040", row.due)
        return self._verdict("0000", row.due, record_id=record.record_id)

    def _new_record(self, resource: str, number: str, subject: str, at: datetime) -> _Record:
        self._made += 1
        name = f"{number}｜{subject}" if subject else number
        record = _Record(f"R{self._made:08d}", number, name, at, {}, [])
        self._records[resource, number][subject] = record
        return record

    def _verdict(
        self, code: str, at: datetime, *, place: str = "", record_id: str = ""
    ) -> _Verdict:
        words = self._rules.messages.get(code, "")
        return _Verdict(code, f"{words}：{place}" if place else words, at, record_id)

    def _confirmation(self, batch_number: str, rows: Iterable[_Row]) -> Payload:
        serial = f"S{len(self._batches) + 1:08d}"
        tell = _answer_at_once if self._decides_at_once else _first_answer
        results = [tell(row) for row in rows]
        return _success({"batchNo": batch_number, "serialNo": serial, "results": results})

    def _untold(self, resource: str) -> tuple[str, ...]:
        rules = self._rules.resources.get(resource)
        return rules.untold if rules is not None else ()


def _success(data: Payload) -> Payload:
    return {"code": "200", "message": "", "data": data}


def _first_answer(row: _Row) -> Payload:
    if row.verdict is None:
        return {"index": row.index, "code": "received", "message": ""}
    return {"index": row.index, "code": row.verdict.code, "message": row.verdict.message}


def _answer_at_once(row: _Row) -> Payload:
    return _first_answer(row) if row.verdict is None else _receipt(row, row.verdict)


def _receipt(row: _Row, verdict: _Verdict) -> Payload:
    return {
        "index": row.index,
        "documentNumber": row.key,
        "code": verdict.code,
        "message": verdict.message,
        "recordId": verdict.record_id,
        "time": _local(verdict.at),
    }


def _entry(record: _Record, untold: Iterable[str]) -> Payload:
    return {
        "recordId": record.record_id,
        "documentNumber": record.key,
        "ingestedAt": _local(record.ingested_at),
        "fields": {name: text for name, text in record.fields.items() if name not in untold},
    }


def _local(instant: datetime) -> str:
    return instant.astimezone(SHANGHAI).isoformat(timespec="seconds")
