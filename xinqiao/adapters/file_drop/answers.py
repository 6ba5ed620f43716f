"""What one answer of the other side says about one batch (一份回执)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from xinqiao.adapters.base import Outcome, RowResult, SealedBatch
from xinqiao.adapters.file_drop.layout import ReceiptFile
from xinqiao.adapters.file_drop.reading import Line, UnreadableError, read_lines
from xinqiao.adapters.http.reading import as_count, as_instant
from xinqiao.adapters.words import words_with_field

_OUTSIDE = "row_outside_batch"
_FAULTS = frozenset({Outcome.REJECTED, Outcome.DUPLICATE})


@dataclass(frozen=True, slots=True)
class Statement:
    """What an answer says about a batch.

    Attributes:
        rows: Row number → what became of it, of every row that is named.
        ambiguous: Rows whose key several rows of the batch share: it is unknown which one is meant.
        whole: Whether every row that is not named is meant too, and was taken.
        refused: Whether the file was refused as a whole.
        proven: Whether the file is about the batch by its name, by batch number, or by the keys of
            the rows it decides: any batch has a first row. Keys prove no list of refused rows: it
            decides others too, and a record that was corrected has its key once more.
        reason: The platform's words about the file as a whole, where it has any.
    """

    rows: Mapping[int, RowResult] = field(default_factory=dict)
    ambiguous: frozenset[int] = frozenset()
    whole: bool = False
    refused: bool = False
    proven: bool = False
    reason: str = field(default="", repr=False)

    def decisions(self, batch: SealedBatch) -> dict[int, RowResult]:
        """Return row number → result, of every row that this decides."""
        told = dict(self.rows)
        if self.whole and not self.refused:
            for row in batch.rows:
                if row.number not in told and row.number not in self.ambiguous:
                    told[row.number] = RowResult(row.number, Outcome.ACCEPTED)
        return told


def read_statement(
    layout: ReceiptFile, content: bytes, batch: SealedBatch, *, only_refused: bool, named: bool
) -> Statement | None:
    """Return what the file in ``content`` says about ``batch``; None when it speaks of others.

    Args:
        layout: How it is read.
        content: Its bytes.
        batch: What was sent.
        only_refused: Whether it names refused rows only.
        named: Whether the name of the file says that it is about ``batch``. Only then are rows that
            a list of refused ones leaves out taken for accepted: it is whole.

    Raises:
        UnreadableError: It cannot be read, or contradicts itself or the batch.
    """
    whole = only_refused and named
    lines = list(_answers(layout, read_lines(layout, content), batch, whole=whole))
    own = [line for line in lines if line.get("batch", batch.number) == batch.number]
    if lines and not own:
        return None
    if own:
        said = _said(layout, own, batch)
    elif named and not (whole and layout.empty_means_all_fine):
        # that nothing is found in it does not mean that nothing is wrong
        raise UnreadableError("empty")
    else:
        said = Statement()
    proven = named or any("batch" in line for line in own)
    by_key = not only_refused and any(line.get("key") for line in own)
    return replace(said, whole=whole, proven=proven or by_key)


def _said(layout: ReceiptFile, lines: Sequence[Mapping[str, str]], batch: SealedBatch) -> Statement:
    if layout.match_by == "batch":
        return _for_all(layout, lines, batch)
    return _row_by_row(layout, lines, batch)


def _answers(
    layout: ReceiptFile, lines: Sequence[Line], batch: SealedBatch, *, whole: bool
) -> Iterator[dict[str, str]]:
    """Yield role → text for every line that says anything."""
    used = {role: place for role, place in layout.columns.model_dump().items() if place is not None}
    if layout.format == "xml":
        for line in lines:
            named = line.named or {}
            if any(place not in named for place in used.values()):
                raise UnreadableError("headings_differ")
            yield {role: named[place].strip() for role, place in used.items()}
        return
    places = _places(layout, lines, used)
    first = layout.first_row or layout.header_row + 1
    if whole and any(_is_about(line, places, layout, batch) for line in lines[: first - 1]):
        # passed over, it would be taken for accepted
        raise UnreadableError("headings_differ")
    for line in lines[first - 1 :]:
        if not any(cell.strip() for cell in line.cells):
            continue
        if len(line.cells) <= max(places.values()):
            raise UnreadableError("rows_unreadable")
        yield {role: line.cells[place].strip() for role, place in places.items()}


def _is_about(
    line: Line, places: Mapping[str, int], layout: ReceiptFile, batch: SealedBatch
) -> bool:
    """Tell whether a line among the headings speaks of a row of the batch."""
    told = {
        role: line.cells[place].strip() for role, place in places.items() if place < len(line.cells)
    }
    number = as_count(told.get("row", ""))
    return (
        (number is not None and 1 <= number + 1 - layout.rows_from <= len(batch.rows))
        or told.get("key") in {row.key for row in batch.rows}
        or told.get("batch") == batch.number
    )


def _places(
    layout: ReceiptFile, lines: Sequence[Line], used: Mapping[str, str | int]
) -> dict[str, int]:
    if layout.header_row > len(lines):
        raise UnreadableError("headings_differ")
    headings = lines[layout.header_row - 1].cells if layout.header_row else ()
    named = [heading.strip() for heading in headings]
    places = {}
    for role, place in used.items():
        if isinstance(place, int):
            places[role] = place - 1
        elif named.count(place) == 1:
            places[role] = named.index(place)
        else:
            raise UnreadableError("headings_differ")
    return places


def _for_all(
    layout: ReceiptFile, lines: Sequence[Mapping[str, str]], batch: SealedBatch
) -> Statement:
    """Read an answer of which one line is about every row."""
    results = [
        {row.number: _result(layout, line, row.number) for row in batch.rows} for line in lines
    ]
    if any(result != results[0] for result in results):
        raise UnreadableError("row_named_twice")
    if all(result.outcome is Outcome.REJECTED for result in results[0].values()):
        # which row is at fault is not said: none is named
        return Statement(refused=True, reason=lines[0].get("message", ""))
    return Statement(results[0])


def _row_by_row(
    layout: ReceiptFile, lines: Sequence[Mapping[str, str]], batch: SealedBatch
) -> Statement:
    rows: dict[int, RowResult] = {}
    ambiguous: set[int] = set()
    refused, reason = False, ""
    for line in lines:
        if not line[layout.match_by]:
            _refuse_unless_about_the_file(layout, line)
            refused, reason = True, reason or line.get("message", "")
            continue
        numbers = _meant(layout, line, batch)
        if len(numbers) > 1:
            ambiguous.update(numbers)
            continue
        result = _result(layout, line, numbers[0])
        if rows.setdefault(result.row, result) != result:
            raise UnreadableError("row_named_twice")
    faulty = any(result.outcome in _FAULTS for result in rows.values())
    refused = refused or (layout.whole_file_refused and faulty)
    if refused and any(result.outcome is Outcome.ACCEPTED for result in rows.values()):
        raise UnreadableError("contradictory")
    return Statement(rows, frozenset(ambiguous), refused=refused, reason=reason)


def _refuse_unless_about_the_file(layout: ReceiptFile, line: Mapping[str, str]) -> None:
    """Let pass a line that names no row only if it refuses the file as a whole (整批退回).

    Raises:
        UnreadableError: It is something else.
    """
    told = "verdict" in line or layout.whole_file_refused
    if not told or _result(layout, line, 0).outcome is not Outcome.REJECTED:
        raise UnreadableError("rows_unreadable")


def _meant(layout: ReceiptFile, line: Mapping[str, str], batch: SealedBatch) -> list[int]:
    """Return the numbers of the rows that a line may mean: one, or those that share its key.

    Raises:
        UnreadableError: It means none.
    """
    if "row" in line:
        number = as_count(line["row"])
        if number is None:
            raise UnreadableError("rows_unreadable")
        number += 1 - layout.rows_from
        if not 1 <= number <= len(batch.rows):
            raise UnreadableError(_OUTSIDE)
        key = batch.rows[number - 1].key
        if line.get("key", key) != key:
            raise UnreadableError("other_key")
        return [number]
    numbers = [row.number for row in batch.rows if row.key == line["key"]]
    if not numbers:
        raise UnreadableError(_OUTSIDE)
    return numbers


def _result(layout: ReceiptFile, line: Mapping[str, str], row: int) -> RowResult:
    word = line.get("verdict", "")
    means = layout.verdicts.get(word, layout.otherwise) if "verdict" in line else "rejected"
    if means == "unknown":
        raise UnreadableError("verdict_unknown")
    return RowResult(
        row,
        Outcome(means),
        code=word,
        message=words_with_field(line.get("message", ""), line.get("field", "")),
        reference=line.get("reference", ""),
        at=as_instant(line.get("time", "")),
    )
