"""From what an exchange means to the values of the contract: replies, receipts, ledger pages.

For calls that only read, the outcome of the reply says how the call went and nothing about rows:
RECEIVED when it was answered, AUTH, RATE_LIMITED, and IN_DOUBT for everything that leaves us as
wise as before.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from xinqiao.adapters.base import (
    BatchProgress,
    BatchReport,
    KeyReport,
    LedgerEntry,
    LedgerPage,
    Outcome,
    ReceiptMode,
    Reply,
    RowResult,
)
from xinqiao.adapters.codes import words_for
from xinqiao.adapters.expressions import EvaluationError, evaluate, holds
from xinqiao.adapters.http.calls import (
    Entries,
    Ledger,
    Poll,
    Query,
    ReadMeaning,
    Rows,
    RowVerdict,
    Submit,
)
from xinqiao.adapters.http.judgement import NEVER_SENT, UNKNOWN, Judgement
from xinqiao.adapters.http.reading import as_count, as_instant, as_text
from xinqiao.adapters.words import words_with_field

_ABOUT_ROWS = frozenset({Outcome.ACCEPTED, Outcome.RECEIVED, Outcome.REJECTED, Outcome.DUPLICATE})
_TELLS_ROWS = frozenset({BatchProgress.PENDING, BatchProgress.COMPLETE, BatchProgress.REFUSED})
_TAKEN = frozenset({Outcome.ACCEPTED, Outcome.RECEIVED})


class _UnreadableError(Exception):
    """The answer contradicts itself or the profile; the text is the code."""


def submission_reply(call: Submit, judged: Judgement, rows: int, mode: ReceiptMode) -> Reply:
    """Return what an answer means for a batch of ``rows`` rows.

    A result for a row that was not sent makes the whole answer unknown: nobody can say which of
    our rows it meant. Where every row is decided in the answer (``sync_rows``), one that a good
    answer leaves out is in doubt: no later receipt will tell, and the platform may not have it.
    """
    outcome = _submission_outcome(judged)
    if judged.context is None or outcome not in _ABOUT_ROWS:
        return _reply(outcome, judged)
    try:
        results = _row_results(call.rows, judged.context, rows) if call.rows else ()
        serial = as_text(evaluate(call.serial, judged.context)) if call.serial else ""
    except (EvaluationError, _UnreadableError) as error:
        return _unreadable(judged, error, "rows_unreadable")
    if mode is ReceiptMode.SYNC_ROWS and outcome in _TAKEN and len(results) < rows:
        return replace(_unreadable(judged, None, "rows_unreadable"), rows=results, serial=serial)
    return _reply(outcome, judged, rows=results, serial=serial)


def batch_report(call: Poll | None, judged: Judgement) -> BatchReport:
    """Return the receipts in an answer."""
    if call is None or judged.context is None or judged.means not in set(BatchProgress):
        return BatchReport(BatchProgress.NO_ANSWER, _read_reply(judged, answered=False))
    progress = BatchProgress(judged.means)
    reply = _read_reply(judged, answered=progress is not BatchProgress.NO_ANSWER)
    if progress not in _TELLS_ROWS:
        return BatchReport(progress, reply)
    try:
        return BatchReport(progress, reply, _receipts(call.rows, judged.context, progress))
    except (EvaluationError, _UnreadableError) as error:
        return BatchReport(BatchProgress.NO_ANSWER, _unreadable(judged, error, "rows_unreadable"))


def key_report(call: Query | None, judged: Judgement, key: str) -> KeyReport:
    """Return what is held under ``key``; a list that is not whole is no answer.

    A record with another key is no answer either: a platform that writes keys its own way must
    not be taken for one that does not hold the record.
    """
    if judged.means == ReadMeaning.ABSENT:
        return KeyReport(_read_reply(judged, answered=True), ())
    if call is None or judged.context is None or judged.means != ReadMeaning.LISTED:
        return KeyReport(_read_reply(judged, answered=False), None)
    try:
        entries = _entries_under(key, call.entries, judged.context)
    except (EvaluationError, _UnreadableError) as error:
        return KeyReport(_unreadable(judged, error, "entries_unreadable"), None)
    return KeyReport(_read_reply(judged, answered=True), entries)


def ledger_page(call: Ledger | None, judged: Judgement, page: int) -> LedgerPage:
    """Return one page; it is complete only when page, pages, total and records agree."""
    if judged.means == ReadMeaning.ABSENT:
        return LedgerPage(_read_reply(judged, answered=True), complete=True)
    if call is None or judged.context is None or judged.means != ReadMeaning.LISTED:
        return LedgerPage(_read_reply(judged, answered=False))
    try:
        entries = _entries(call.entries, judged.context)
        pages = as_count(evaluate(call.pages, judged.context))
        told = as_count(evaluate(call.page, judged.context))
        total = _total(call.entries, judged.context)
    except (EvaluationError, _UnreadableError) as error:
        return LedgerPage(_unreadable(judged, error, "entries_unreadable"))
    if told != page or pages is None or not _whole(call, page, pages, total, len(entries)):
        reply = _unreadable(judged, None, "list_cut_short")
        return LedgerPage(reply, entries)
    reply = _read_reply(judged, answered=True)
    following = page + 1 if page < pages else None
    return LedgerPage(reply, entries, following, complete=True, total=total)


def _whole(call: Ledger, page: int, pages: int, total: int | None, found: int) -> bool:
    """Tell whether ``found`` records are as many as the page must hold."""
    if page < pages:
        return found == call.page_size
    if found and page > pages:
        # records on a page that there is not: the platform contradicts itself
        return False
    if total is None:
        # only the first page of a ledger may be empty
        return found > 0 or page == 1
    return found == total - call.page_size * (page - 1)


def _row_results(
    table: Rows, context: Mapping[str, Any], rows: int | None
) -> tuple[RowResult, ...]:
    listed = evaluate(table.list, context)
    if listed is None:
        return ()
    if not isinstance(listed, list):
        raise _UnreadableError("rows_unreadable")
    # what is said twice in the same words is said once
    results = tuple(dict.fromkeys(_row_result(table, element) for element in listed))
    numbers = [result.row for result in results]
    if any(number < 1 or (rows is not None and number > rows) for number in numbers):
        raise _UnreadableError("row_outside_batch")
    if len(set(numbers)) != len(numbers):
        raise _UnreadableError("row_named_twice")
    return results


def _receipts(
    table: Rows, context: Mapping[str, Any], progress: BatchProgress
) -> tuple[RowResult, ...]:
    results = _row_results(table, context, None)
    if progress is BatchProgress.COMPLETE and not results:
        # a batch holds a row at least: the profile looks in the wrong place
        raise _UnreadableError("rows_unreadable")
    if progress is BatchProgress.REFUSED and any(one.outcome in _TAKEN for one in results):
        # nothing was taken of a batch that was refused as a whole: the answer contradicts itself
        raise _UnreadableError("row_both_ways")
    return results


def _row_result(table: Rows, element: Any) -> RowResult:
    number = as_count(evaluate(table.index, element))
    code = as_text(evaluate(table.code, element))
    if number is None or not code:
        raise _UnreadableError("rows_unreadable")
    return RowResult(
        row=number,
        outcome=Outcome(_verdict(table, element, code).value),
        code=code,
        message=words_with_field(
            as_text(_optional(table.message, element)), as_text(_optional(table.field, element))
        ),
        reference=as_text(_optional(table.reference, element)),
        at=as_instant(_optional(table.time, element)),
    )


def _verdict(table: Rows, element: Any, code: str) -> RowVerdict:
    for case in table.cases:
        if holds(case.when, element):
            return case.means
    return table.verdicts.get(code, table.otherwise)


def _entries_under(key: str, table: Entries, context: Mapping[str, Any]) -> tuple[LedgerEntry, ...]:
    entries = _entries(table, context)
    if _total(table, context) not in {None, len(entries)}:
        raise _UnreadableError("list_cut_short")
    if any(entry.key != key for entry in entries):
        raise _UnreadableError("other_key")
    return entries


def _entries(table: Entries, context: Mapping[str, Any]) -> tuple[LedgerEntry, ...]:
    listed = evaluate(table.list, context)
    if not isinstance(listed, list):
        raise _UnreadableError("entries_unreadable")
    return tuple(_entry(table, element) for element in listed)


def _entry(table: Entries, element: Any) -> LedgerEntry:
    key = as_text(evaluate(table.key, element))
    values = evaluate(table.values, element)
    if not key or not isinstance(values, dict):
        raise _UnreadableError("entries_unreadable")
    return LedgerEntry(
        key=key,
        values={code: as_text(value) for code, value in values.items() if value is not None},
        reference=as_text(_optional(table.reference, element)),
        at=as_instant(_optional(table.time, element)),
    )


def _total(table: Entries, context: Mapping[str, Any]) -> int | None:
    if table.total is None:
        return None
    total = as_count(evaluate(table.total, context))
    if total is None:
        raise _UnreadableError("entries_unreadable")
    return total


def _optional(expression: str | None, element: Any) -> Any:
    return None if expression is None else evaluate(expression, element)


def _submission_outcome(judged: Judgement) -> Outcome:
    if judged.means == NEVER_SENT:
        return Outcome.RETRYABLE
    return Outcome.IN_DOUBT if judged.means == UNKNOWN else Outcome(judged.means)


def _read_reply(judged: Judgement, *, answered: bool) -> Reply:
    if answered:
        return _reply(Outcome.RECEIVED, judged)
    stops = (Outcome.AUTH, Outcome.RATE_LIMITED)
    outcome = Outcome(judged.means) if judged.means in stops else Outcome.IN_DOUBT
    return _reply(outcome, judged)


def _unreadable(judged: Judgement, error: Exception | None, usual: str) -> Reply:
    code = str(error) if isinstance(error, _UnreadableError) else usual
    return Reply(Outcome.IN_DOUBT, code, words_for(code), raw=judged.raw)


def _reply(
    outcome: Outcome, judged: Judgement, rows: tuple[RowResult, ...] = (), serial: str = ""
) -> Reply:
    return Reply(
        outcome=outcome,
        code=judged.code,
        message=judged.message,
        rows=rows,
        serial=serial,
        retry_after=judged.retry_after,
        raw=judged.raw,
    )
