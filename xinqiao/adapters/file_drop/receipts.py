"""Reads receipts from files that the other side puts into a folder, or a clerk hands over (回执).

Files are only ever read: never changed, renamed or taken away.
"""

import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from xinqiao.adapters.base import (
    BatchProgress,
    BatchReport,
    Outcome,
    Probe,
    ReceiptMode,
    Reply,
    RowResult,
    SealedBatch,
    SentBatch,
    Surroundings,
)
from xinqiao.adapters.codes import words_for
from xinqiao.adapters.file_drop.answers import Statement, read_statement
from xinqiao.adapters.file_drop.delivery import folder_of
from xinqiao.adapters.file_drop.layout import (
    FileTransport,
    ManualTransport,
    ReceiptFile,
    Template,
)
from xinqiao.adapters.file_drop.names import (
    NameParts,
    any_search_expression,
    binds,
    search_expression,
    search_text,
)
from xinqiao.adapters.file_drop.reading import LARGEST, UnreadableError
from xinqiao.adapters.file_drop.rendering import name_parts, sent_name
from xinqiao.adapters.profile import Profile
from xinqiao.errors import SettingsError

_OPEN = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_DECIDED = frozenset({Outcome.ACCEPTED, Outcome.REJECTED, Outcome.DUPLICATE})
_PIECE = 1 << 20
_DIGITS = re.compile("[0-9]+")
_LONGEST_NAME = 255
_COARSEST_SECONDS = 2.0
"""Steps in which the coarsest file system keeps times of change (FAT)."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """One file that is, or may be, about a batch.

    Attributes:
        name: Its name.
        age: What tells it from newer ones: the greater, the newer.
        statement: What it says; None when it cannot be read.
        problem: Why not.
        content: Its bytes.
    """

    name: str
    age: tuple[int, str]
    statement: Statement | None = None
    problem: str = ""
    content: bytes = field(default=b"", repr=False)


class ReceiptFolder:
    """Implements :class:`xinqiao.adapters.parts.ReceiptSource` for receipt and error files."""

    answers_in_doubt = False
    """No file is no proof: the other side may not have got to it."""

    def __init__(self, profile: Profile, layout: ReceiptFile, surroundings: Surroundings) -> None:
        """Prepare; nothing is read.

        Raises:
            SettingsError: A rehearsal names a folder outside of the workspace.
        """
        self._profile = profile
        self._layout = layout
        self._clock = surroundings.clock
        self._folder = folder_of(layout.folder, surroundings)

    def poll(self, sent: SentBatch) -> BatchReport:
        """Read what the folder holds about a batch.

        No file yet is PENDING. A file that is not whole, is about something else or cannot be read
        is never taken for an answer.
        """
        try:
            parts = _parts(self._profile, sent.batch)
            answers, unsettled = self._look(parts, sent)
        except SettingsError as error:
            return _no_answer(Outcome.IN_DOUBT, "settings", error.message)
        except OSError:
            words = words_for("folder_unreadable")
            return _no_answer(Outcome.RETRYABLE, "folder_unreadable", words)
        if unsettled or not answers:
            # what is being written may say otherwise
            return _pending("not_settled" if unsettled else "no_receipt_file")
        return _report(answers, sent.batch)

    def probe(self) -> Probe:
        """Look whether the folder can be read."""
        try:
            count = sum(1 for _ in self._folder.iterdir())
            ok, remark = True, f"可以读取，现有 {count} 个文件"
        except OSError:
            ok, remark = False, words_for("folder_unreadable")
        return Probe(ok, ((f"回执文件夹 {self._folder}", ok, remark),))

    def close(self) -> None:
        """Give up nothing: no file stays open."""

    def _look(self, parts: NameParts, sent: SentBatch) -> tuple[list[_Answer], bool]:
        """Return the answers about a batch, oldest first, and whether others may be half written.

        Raises:
            OSError: The folder cannot be read.
        """
        layout = self._layout
        expression = search_expression(layout.name, parts)
        all_fine = search_expression(layout.all_fine_name, parts) if layout.all_fine_name else None
        named = binds(layout.name)
        entries = sorted(entry.name for entry in self._folder.iterdir())
        answers, unsettled = [], False
        for name in entries:
            fine = all_fine is not None and all_fine.fullmatch(name) is not None
            if name.startswith(".") or not (fine or expression.fullmatch(name)):
                continue
            if layout.flag and (name.endswith(layout.flag) or name + layout.flag not in entries):
                continue
            if not (fine or named) and self._is_older(name, sent):
                continue
            try:
                read = self._read(name)
            except UnreadableError as error:
                answers.append(_Answer(name, self._age(name), problem=error.code))
                continue
            except OSError:
                read = None  # renamed, taken away or locked meanwhile
            if read is None:
                unsettled = True
            elif answer := self._understand(name, read, parts.batch, fine=fine):
                answers.append(answer)
        return sorted(answers, key=lambda answer: answer.age), unsettled

    def _read(self, name: str) -> bytes | None:
        """Return the content of a file that is whole; None while it may still be written.

        Raises:
            OSError: It is not there any more, or cannot be read now.
            UnreadableError: It is no plain file, or too large.
        """
        path = self._folder / name
        before = path.lstat()
        content = _content(path)
        after = path.lstat()
        quiet = self._clock.now().timestamp() - after.st_mtime
        changed = (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns)
        if changed or len(content) != after.st_size or quiet < self._layout.settle_seconds:
            return None
        return content

    def _is_older(self, name: str, sent: SentBatch) -> bool:
        """Tell whether a file was there before the batch was."""
        # a batch is sent after it was sealed, maybe several times
        since = sent.batch.sealed_at or sent.sent_at
        if since is None:
            return False
        try:
            changed = (self._folder / name).lstat().st_mtime
        except OSError:
            return False  # it is gone, and reading it will tell
        return changed + _COARSEST_SECONDS < since.timestamp()

    def _age(self, name: str) -> tuple[int, str]:
        if self._layout.newest_by == "name":
            return 0, _DIGITS.sub(lambda run: run.group().zfill(_LONGEST_NAME), name)
        with suppress(OSError):
            return (self._folder / name).lstat().st_mtime_ns, ""
        return 0, ""

    def _understand(
        self, name: str, content: bytes, batch: SealedBatch, *, fine: bool
    ) -> _Answer | None:
        age = self._age(name)
        if fine:
            return _Answer(name, age, Statement(whole=True), content=content)
        only_refused = _only_refused(self._profile, self._layout)
        named = binds(self._layout.name)
        try:
            statement = read_statement(
                self._layout, content, batch, only_refused=only_refused, named=named
            )
        except UnreadableError as error:
            return _Answer(name, age, problem=error.code, content=content)
        if statement is None:
            # a name that names no batch may be anybody's; one that names ours contradicts itself
            foreign = _Answer(name, age, problem="foreign_file", content=content)
            return foreign if named else None
        if not statement.proven:
            return None  # it says nothing of ours
        return _Answer(name, age, statement, content=content)


def read_result_file(profile: Profile, path: Path, sent: SentBatch) -> BatchReport:
    """Return what a result file that a clerk hands over says about a batch (平台的结果文件).

    The file must show by itself that it is about this batch: by its name, a batch number or, where
    it tells the result of every row, their keys. A clerk may have picked the wrong one, and a list
    of errors would let the rows of any batch that it does not name pass for accepted.

    Args:
        profile: How the file is read (``receipts.file``).
        path: The file; it is only read.
        sent: The batch.

    Raises:
        SettingsError: The profile does not say how result files are read.
    """
    layout = profile.receipts.file
    if layout is None:
        raise SettingsError(
            f"{profile.name} 的平台配置没有说明结果文件的版式（receipts.file），请补上，"
            "或逐行登记平台的答复",
            code="profile",
        )
    only_refused = _only_refused(profile, layout)
    named = _named_for(profile, layout, path.name, sent.batch)
    try:
        content = _content(path.resolve())
        statement = read_statement(
            layout, content, sent.batch, only_refused=only_refused, named=named
        )
        if statement is None or (not named and _named_for_another(profile, layout, path.name)):
            raise UnreadableError("foreign_file")  # noqa: TRY301 - one way out for what is no answer
        if not statement.proven:
            raise UnreadableError("batch_unproven")  # noqa: TRY301 - the same
    except OSError:
        return _no_answer(Outcome.IN_DOUBT, "file_damaged", words_for("file_damaged"))
    except UnreadableError as error:
        words = words_for(error.code) + _expected(profile, layout, error.code, sent.batch)
        return _no_answer(Outcome.IN_DOUBT, error.code, words)
    answer = _Answer(path.name, (0, ""), statement, content=content)
    return _report([answer], sent.batch)


def _expected(profile: Profile, layout: ReceiptFile, code: str, batch: SealedBatch) -> str:
    """Return what the file should have been, where that helps whoever handed it over."""
    if code in ("batch_unproven", "foreign_file") and binds(layout.name):
        return f"；这一批的结果文件名应形如 {search_text(layout.name, _parts(profile, batch))}"
    if code == "headings_differ" and layout.header_row:
        places = layout.columns.model_dump().values()
        headings = "、".join(place for place in places if isinstance(place, str))
        return f"；第 {layout.header_row} 行应是表头，其中有列：{headings}"
    return ""


def _named_for(profile: Profile, layout: ReceiptFile, name: str, batch: SealedBatch) -> bool:
    expression = search_expression(layout.name, _parts(profile, batch))
    return binds(layout.name) and expression.fullmatch(name) is not None


def _named_for_another(profile: Profile, layout: ReceiptFile, name: str) -> bool:
    """Tell whether a name that is not that of a batch's answer is that of another batch's."""
    sent = [template.name for template in _templates(profile).values()]
    words = profile.words
    expression = any_search_expression(
        layout.name, sent, tuple(words.kinds.values()), tuple(words.operations.values())
    )
    return binds(layout.name) and expression.fullmatch(name) is not None


def _only_refused(profile: Profile, layout: ReceiptFile) -> bool:
    mode = profile.receipts.mode
    handed_over = mode is ReceiptMode.MANUAL and layout.only_refused
    return mode is ReceiptMode.ERROR_FILE or handed_over


def _templates(profile: Profile) -> Mapping[str, Template]:
    transport = profile.transport
    return transport.templates if isinstance(transport, FileTransport | ManualTransport) else {}


def _parts(profile: Profile, batch: SealedBatch) -> NameParts:
    parts = name_parts(profile, batch)
    name = sent_name(profile, _templates(profile), batch)
    return NameParts(batch, parts.kind, parts.operation, name)


def _content(path: Path) -> bytes:
    """Return the bytes of a plain file.

    Raises:
        OSError: It cannot be read, or is no plain file.
        UnreadableError: It is too large.
    """
    descriptor = os.open(path, _OPEN)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size > LARGEST:
            raise UnreadableError("file_too_large")
        return b"".join(_pieces(descriptor))
    finally:
        os.close(descriptor)


def _pieces(descriptor: int) -> Iterator[bytes]:
    left = LARGEST
    while left > 0 and (piece := os.read(descriptor, _PIECE)):
        left -= len(piece)
        yield piece


def _report(answers: Sequence[_Answer], batch: SealedBatch) -> BatchReport:
    """Put the answers about a batch together, oldest first; the newest counts."""
    newest = answers[-1]
    if newest.statement is None:
        message = f"回执文件 {newest.name}：{words_for(newest.problem)}"
        return _no_answer(Outcome.IN_DOUBT, newest.problem, message, newest.content)
    readable = [answer for answer in answers if answer.statement is not None]
    current = [answer for answer in readable if answer.age == newest.age]
    if any(_contradict(one, newest, batch) for one in current):
        return _pending("contradictory", newest.content)
    # of one that is not about every row, older ones may tell more
    of_all = newest.statement.whole or newest.statement.refused
    counted = current if of_all else readable
    told: dict[int, RowResult] = {}
    for answer in counted:
        told |= answer.statement.decisions(batch) if answer.statement else {}
    rows = tuple(told[number] for number in sorted(told))
    if newest.statement.refused:
        reply = Reply(
            Outcome.RECEIVED,
            "whole_file_refused",
            newest.statement.reason or words_for("whole_file_refused"),
            raw=newest.content,
        )
        named = tuple(row for row in rows if row.outcome is not Outcome.ACCEPTED)
        return BatchReport(BatchProgress.REFUSED, reply, named)
    ambiguous = newest.statement.ambiguous - told.keys()
    code = "row_ambiguous" if ambiguous else ""
    reply = Reply(Outcome.RECEIVED, code, words_for(code) if code else "", raw=newest.content)
    decided = [row for row in rows if row.outcome in _DECIDED]
    complete = len(decided) == len(batch.rows)
    return BatchReport(BatchProgress.COMPLETE if complete else BatchProgress.PENDING, reply, rows)


def _contradict(one: _Answer, other: _Answer, batch: SealedBatch) -> bool:
    if one.statement is None or other.statement is None:
        return False
    if one.statement.refused != other.statement.refused:
        return True
    mine, theirs = one.statement.decisions(batch), other.statement.decisions(batch)
    return any(mine[row].outcome is not theirs[row].outcome for row in mine.keys() & theirs.keys())


def _pending(code: str, raw: bytes = b"") -> BatchReport:
    reply = Reply(Outcome.RECEIVED, code, words_for(code), raw=raw)
    return BatchReport(BatchProgress.PENDING, reply)


def _no_answer(outcome: Outcome, code: str, message: str, raw: bytes = b"") -> BatchReport:
    return BatchReport(BatchProgress.NO_ANSWER, Reply(outcome, code, message, raw=raw))
