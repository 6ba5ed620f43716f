"""A platform that is handed files in a folder and answers with receipt files (文件夹平台).

Files appear in ``in/`` and count once their flag file stands beside them; the platform takes both
away. Receipts are written into ``out/`` under a hidden name and renamed. A file that appears a
second time is taken a second time: this platform knows no batches.
"""

import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from xinqiao.errors import InputError, SettingsError
from xinqiao.simulator.faults import Fault
from xinqiao.simulator.file_forms import (
    OPERATION,
    ROW,
    file_forms,
    read_form,
    resource_of,
    write_csv,
)
from xinqiao.simulator.journal import CallEntry, Journal
from xinqiao.simulator.misbehaviour import twist_of
from xinqiao.simulator.plan import Call, FaultPlan
from xinqiao.simulator.planting import Planting
from xinqiao.simulator.platform import Payload, Platform
from xinqiao.simulator.rules import load_rules
from xinqiao.simulator.stand_in import Routes, Setup
from xinqiao.simulator.submission import Item, Operation, Submission

MARK = ".xinqiao-simulator"
"""File by which a rehearsal knows the folder of a stand-in."""

FLAG = ".ok"
"""Ending of the flag file."""

_OPERATIONS: dict[str, Operation] = {"I": "insert", "U": "update", "D": "withdraw"}
_HEADINGS = ("ROW_NO", "DOCUMENT_NO", "RESULT", "MESSAGE", "RECORD_ID", "TIME")


@dataclass(frozen=True, slots=True)
class Delivered:
    """A file that was taken.

    Attributes:
        name: Its name.
        batch: Number under which the platform keeps it; a second arrival has another one.
        fault: What befell it.
    """

    name: str
    batch: str
    fault: Fault | None


class FileDrop:
    """The stand-in for ``transport_csv_folder``. Not safe for threads: the caller holds a lock."""

    def __init__(self, setup: Setup, plan: FaultPlan) -> None:
        """Take possession of the folder, and clear away what an earlier stand-in left.

        Raises:
            SettingsError: No folder is named, or it holds something that is not a stand-in's.
        """
        self._rules = load_rules(setup.platform)
        self._forms = file_forms(setup.platform)
        self._clock = setup.clock
        self._plan = plan
        self._platform = Platform(
            self._rules, setup.clock, setup.receipt_delay, accept_repeats=setup.accept_repeats
        )
        self._journal = Journal()
        self._waiting: list[Delivered] = []
        self._halves: list[tuple[datetime, Path, bytes]] = []
        self._ignored: set[str] = set()
        self._inbox, self._outbox = open_folders(setup.where, ("in", "out"))

    @property
    def routes(self) -> Routes:
        """None: it is not reached over HTTP."""
        return {}

    def received(self) -> Payload:
        """Return what was really received, and what came of it, per document number."""
        history = self._platform.history()
        effects = {number: len(operations) for number, operations in history.items()}
        return {**self._journal.plain(), "effects": effects, "history": history}

    def plant(self, change: Planting) -> None:
        """Change what the platform holds behind the client's back."""
        self._platform.plant(change)

    def work(self) -> None:
        """Take the files that are flagged, and write the receipts that are due."""
        for flag in sorted(self._inbox.glob(f"*{FLAG}")):
            file = flag.with_name(flag.name.removesuffix(FLAG))
            if file.name not in self._ignored and file.is_file():
                self._take(file, flag)
        for delivered in list(self._waiting):
            receipt = self._platform.receipts(delivered.batch)["data"]
            if receipt["status"] == "done":
                self._waiting.remove(delivered)
                lines = [_line(result) for result in receipt["results"]]
                self._answer(delivered.name, lines, delivered.fault)
        for half in [half for half in self._halves if half[0] <= self._clock.now()]:
            self._halves.remove(half)
            half[1].write_bytes(half[2])

    def _take(self, file: Path, flag: Path) -> None:
        content = file.read_bytes()
        entry = CallEntry(
            sequence=self._journal.next_sequence(),
            at=self._clock.now(),
            body_hash=hashlib.sha256(content).hexdigest(),
            batch_number=file.name,
            resource=resource_of(self._forms, file.name),
        )
        self._journal.add_call(entry)
        told = flag.read_text(encoding="ascii").strip()
        try:
            if told and told != entry.body_hash:
                raise InputError("文件与标志文件中的校验值不符")  # noqa: TRY301 - one way to refuse
            sent = self._submission(entry, content)
        except InputError as error:
            entry.code = "4001"
            self._remove(file, flag)
            self._answer(file.name, [["", "", "4001", error.message, "", ""]], None)
            return
        key = self._rules.resources[entry.resource].key
        numbers = frozenset(item.fields[key] for item in sent.items)
        fault = self._plan.draw(Call("file", sent.operation, numbers))
        entry.fault = fault.name if fault else None
        if fault is not None and fault.name == "file_ignored":
            self._ignored.add(file.name)
            return
        self._remove(file, flag)
        if fault is not None and fault.name == "whole_batch_refused":
            entry.code = "4001"
            words = self._rules.messages["4001"]
            self._answer(file.name, [["", "", "4001", words, "", ""]], fault)
            return
        taken = self._platform.submit(sent, entry.body_hash, twist_of(fault, sent, key))
        entry.applied, entry.code = taken.applied, taken.reply["code"]
        self._waiting.append(Delivered(file.name, sent.batch_number, fault))

    def _submission(self, entry: CallEntry, content: bytes) -> Submission:
        form = self._forms.get(entry.resource)
        if form is None:
            raise InputError("文件名不合要求")
        rows = read_form(form, content)
        if not rows:
            raise InputError("文件没有数据行")
        words = {row.pop(OPERATION) for row in rows}
        operation = _OPERATIONS.get(next(iter(words))) if len(words) == 1 else None
        positions = [row.pop(ROW) for row in rows]
        if operation is None or positions != [str(n) for n in range(1, len(rows) + 1)]:
            raise InputError("行号或操作不合要求")
        entry.operation, entry.rows = operation, len(rows)
        return submission(f"{entry.batch_number}#{entry.sequence}", entry, rows, operation)

    def _remove(self, file: Path, flag: Path) -> None:
        file.unlink()
        flag.unlink()

    def _answer(self, name: str, lines: list[list[str]], fault: Fault | None) -> None:
        stem = name.removesuffix(".csv")
        befallen = fault.name if fault else ""
        if befallen == "receipt_row_missing":
            lines = lines[:-1]
        content = write_csv([_HEADINGS, *lines])
        if befallen == "wrong_encoding":
            content = content.decode().encode("gb18030")
        path = self._outbox / f"{stem}_receipt.csv"
        if befallen == "receipt_half_written" and fault is not None:
            path.write_bytes(content[: len(content) // 2])
            due = self._clock.now() + timedelta(seconds=fault.duration)
            self._halves.append((due, path, content))
            return
        second = self._outbox / f"{stem}_receipt_2.csv"
        if befallen == "receipt_twice":
            put_whole(second, content)
        if befallen == "receipt_contradictory":
            instant = self._clock.now().timestamp()
            other = write_csv([_HEADINGS, *lines[:-1], _opposite(lines[-1])])
            put_whole(second, other, instant)
            put_whole(path, content, instant)
            return
        put_whole(path, content)


def open_folders(where: str, names: Sequence[str]) -> list[Path]:
    """Return the folders of these names below ``where``, empty, each with the stand-in's mark.

    Raises:
        SettingsError: No folder is named, or it holds something that is not a stand-in's.
    """
    if not where:
        raise SettingsError("请用 --where 指明模拟平台使用的文件夹")
    root = Path(where)
    try:
        root.mkdir(parents=True, exist_ok=True)
        if any(root.iterdir()) and not (root / MARK).is_file():
            raise SettingsError(f"{root} 里有别的文件，不是模拟平台的文件夹，请换一个")
        (root / MARK).touch()
        folders = [root / name for name in names]
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            (folder / MARK).touch()
    except OSError:
        raise SettingsError(f"模拟平台不能使用文件夹 {root}，请检查路径和权限") from None
    return folders


def put_whole(path: Path, content: bytes, instant: float | None = None) -> None:
    """Write a file under a hidden name and rename it; ``instant`` becomes its time of change."""
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    if instant is not None:
        os.utime(part, (instant, instant))
    part.replace(path)


def submission(
    number: str, entry: CallEntry, rows: Sequence[dict[str, str]], operation: Operation
) -> Submission:
    """Return what a file asks for, in the shape in which the platform takes it."""
    items = [Item(index=place, fields=row) for place, row in enumerate(rows, 1)]
    return Submission(
        batchNo=number[-128:],
        resource=entry.resource,
        operation=operation,
        orgCode="370323",
        items=items,
    )


def _line(result: Payload) -> list[str]:
    names = ("index", "documentNumber", "code", "message", "recordId", "time")
    return [str(result[name]) for name in names]


def _opposite(line: list[str]) -> list[str]:
    code = "1003" if line[2] == "0000" else "0000"
    return [*line[:2], code, *line[3:]]
