"""A platform on whose page a clerk uploads files and downloads results (上传页面).

A file that is copied into ``uploads/insert/``, ``uploads/update/`` or ``uploads/withdraw/`` was
uploaded on that page; it stays there. The result appears in ``results/``, under the file's name
with ``_result.xlsx``. As an importer that was seen does, the first fault refuses the whole file.
"""

import hashlib
from pathlib import Path
from typing import get_args

from xinqiao.errors import InputError
from xinqiao.simulator.file_drop import open_folders, put_whole, submission
from xinqiao.simulator.file_forms import file_forms, read_form, resource_of, write_workbook
from xinqiao.simulator.journal import CallEntry, Journal
from xinqiao.simulator.plan import Call, FaultPlan
from xinqiao.simulator.planting import Planting
from xinqiao.simulator.platform import Payload, Platform
from xinqiao.simulator.rules import load_rules, refusal
from xinqiao.simulator.stand_in import Routes, Setup
from xinqiao.simulator.submission import Operation, Submission

_HEADINGS = ("行号", "文书号", "错误类型", "错误原因")
_SHEET = "导入结果"
_FORMAT_FAULT, _DUPLICATE, _FILE_FAULT = "1", "2", "3"


class UploadPage:
    """The stand-in for ``credit_template_2018``. Not safe for threads: the caller holds a lock."""

    def __init__(self, setup: Setup, plan: FaultPlan) -> None:
        """Take possession of the folder, and clear away what an earlier stand-in left.

        Raises:
            SettingsError: As :func:`xinqiao.simulator.file_drop.open_folders`.
        """
        self._rules = load_rules(setup.platform)
        self._forms = file_forms(setup.platform)
        self._clock = setup.clock
        self._plan = plan
        self._repeats = setup.accept_repeats
        # an import is decided at once: what is refused is told in the same minute
        self._platform = Platform(self._rules, setup.clock, accept_repeats=setup.accept_repeats)
        self._journal = Journal()
        self._seen: set[Path] = set()
        self._uploads, self._results = open_folders(setup.where, ("uploads", "results"))
        for operation in get_args(Operation):
            (self._uploads / operation).mkdir()

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
        """Change what the platform holds behind the clerk's back."""
        self._platform.plant(change)

    def work(self) -> None:
        """Import every file that was uploaded since."""
        for operation in get_args(Operation):
            for file in sorted((self._uploads / operation).glob("[!.]*")):
                if file not in self._seen:
                    self._seen.add(file)
                    self._import(file, operation)

    def _import(self, file: Path, operation: Operation) -> None:
        content = file.read_bytes()
        entry = CallEntry(
            sequence=self._journal.next_sequence(),
            at=self._clock.now(),
            body_hash=hashlib.sha256(content).hexdigest(),
            batch_number=file.name,
            operation=operation,
            resource=resource_of(self._forms, file.name),
        )
        self._journal.add_call(entry)
        try:
            sent = self._submission(entry, content, operation)
        except InputError as error:
            entry.code = "4001"
            self._tell(file, [("", "", _FILE_FAULT, error.message)])
            return
        key = self._rules.resources[entry.resource].key
        numbers = frozenset(item.fields[key] for item in sent.items)
        fault = self._plan.draw(Call("file", operation, numbers))
        entry.fault = fault.name if fault else None
        if fault is not None and fault.name == "file_ignored":
            return
        faults = self._faults(sent)
        if fault is not None and fault.name == "whole_batch_refused":
            faults = [("", "", _FILE_FAULT, self._rules.messages["4001"])]
        if fault is not None and fault.name == "partial_rejection":
            last = sent.items[-1]
            code = fault.platform_code
            words = self._rules.messages.get(code, "")
            faults = [(str(last.index), last.fields[key], _FORMAT_FAULT, f"{code} {words}")]
        if faults:
            entry.code = "4001"
        else:
            taken = self._platform.submit(sent, entry.body_hash)
            entry.applied, entry.code = taken.applied, taken.reply["code"]
        self._tell(file, faults)

    def _submission(self, entry: CallEntry, content: bytes, operation: Operation) -> Submission:
        form = self._forms.get(entry.resource)
        if form is None:
            raise InputError("文件名不合要求")
        rows = read_form(form, content)
        if not rows:
            raise InputError("文件没有数据行")
        entry.rows = len(rows)
        return submission(f"{entry.batch_number}#{entry.sequence}", entry, rows, operation)

    def _faults(self, sent: Submission) -> list[tuple[str, str, str, str]]:
        """Return what is wrong with a file, in lines of its result."""
        rules = self._rules.resources[sent.resource]
        lines = []
        for item in sent.items:
            number = item.fields[rules.key]
            code, place = refusal(rules, sent.operation, item.fields)
            if not code and rules.unknown_subject in item.fields[rules.subject]:
                code, place = "1001", rules.subject
            held = self._platform.records(sent.resource, number)["data"]["items"]
            same = [
                one for one in held if _subject(rules.subject, one) == item.fields[rules.subject]
            ]
            if not code and sent.operation == "insert" and same and not self._repeats:
                words = self._rules.messages["0040"]
                lines.append((str(item.index), number, _DUPLICATE, words))
            elif not code and sent.operation != "insert" and not held:
                code, place = "0041", rules.key
            if code:
                words = f"{code} {self._rules.messages[code]}：{place}"
                lines.append((str(item.index), number, _FORMAT_FAULT, words))
        return lines

    def _tell(self, file: Path, lines: list[tuple[str, str, str, str]]) -> None:
        content = write_workbook(_SHEET, [_HEADINGS, *lines])
        put_whole(self._results / f"{file.name}_result.xlsx", content)


def _subject(code: str, held: Payload) -> str:
    return str(held["fields"].get(code, ""))
