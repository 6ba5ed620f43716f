"""What importing one file came to, for people and for ``--json``."""

from dataclasses import asdict, dataclass, field
from typing import Any

from xinqiao.feedback.own import own_instruction
from xinqiao.queue.adopting import DIFFERS_THERE
from xinqiao.queue.consequences import NO_SUCH_RECORD, REPAIRED_TOO_EARLY
from xinqiao.queue.publishing import IDENTITY_NUMBER, RELEASABLE, STILL_DOWN
from xinqiao.records.findings import Finding, Severity

_MOST_FINDINGS = 20_000

WAITS_FOR_A_PERSON = RELEASABLE | {
    IDENTITY_NUMBER,
    DIFFERS_THERE,
    NO_SUCH_RECORD,
    REPAIRED_TOO_EARLY,
    STILL_DOWN,
}
"""Codes of what is no error of the row and has nothing done about it until a person sees to it."""


@dataclass(frozen=True, slots=True)
class RowFinding:
    """A finding with its place in the file.

    Attributes:
        row: Sheet row number, title and header rows counted; 0 for the whole file.
        column: Header as spelled in the file; empty for the whole row.
        code: Stable English identifier.
        severity: See :class:`Severity`.
        message: Chinese text.
        instruction: What to do about it, in Chinese.
    """

    row: int
    column: str
    code: str
    severity: Severity
    message: str
    instruction: str

    @classmethod
    def of(cls, row: int, column: str, finding: Finding) -> "RowFinding":
        """Return ``finding`` with its place in the file, and with what to do about it."""
        instruction = own_instruction(finding.code, finding.field)
        return cls(row, column, finding.code, finding.severity, finding.message, instruction)


@dataclass(slots=True)
class FileReport:
    """Counts and findings of one file; ``read`` is the sum of the five that follow it.

    Attributes:
        file: Name of the file as given.
        sheet: Name of the worksheet; empty for a text file.
        kind: Record kind that was recognised.
        read: Rows with data.
        new: Records not in the hub before.
        changed: Records that gained a version.
        unchanged: Rows that the hub holds already.
        duplicates: Repeats of an earlier row of the same file.
        invalid: Rows with errors; kept, and owed, but not reported.
        not_routed: Valid new or changed records that nobody is owed (不报送).
        unclaimed: Valid new or changed records that are owed, but to no platform that the
            workspace has (没有平台接收).
        before_start: Valid new or changed records that were decided before the hub reported to
            some platform: nobody owes it them (启用前).
        to_review: Records of the file whose present version waits for a second person (待审核).
        run: Number of the import (导入批次); 0 where nothing was read.
        waiting: Findings that are no errors and wait for a person.
        findings: Errors, warnings and cleanings, by row; of a file with very many the first ones.
        findings_not_listed: How many more there are.
        findings_file: Workbook of the bad rows, to correct and import again; empty if none.
        error: Why the file as a whole could not be read; empty if it could.
    """

    file: str
    sheet: str = ""
    kind: str = ""
    read: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    duplicates: int = 0
    invalid: int = 0
    not_routed: int = 0
    unclaimed: int = 0
    before_start: int = 0
    to_review: int = 0
    run: int = 0
    waiting: int = 0
    findings: list[RowFinding] = field(default_factory=list)
    findings_not_listed: int = 0
    findings_file: str = ""
    error: str = ""

    def note(self, finding: RowFinding) -> None:
        """Keep one finding, as long as there are not too many for anybody to read."""
        self.waiting += finding.code in WAITS_FOR_A_PERSON
        if len(self.findings) < _MOST_FINDINGS:
            self.findings.append(finding)
        else:
            self.findings_not_listed += 1

    @property
    def counts(self) -> dict[str, int]:
        """The figures alone, by name."""
        names = ("read", "new", "changed", "unchanged", "duplicates", "invalid")
        further = ("not_routed", "unclaimed", "before_start")
        return {name: getattr(self, name) for name in (*names, *further)}

    def plain(self) -> dict[str, Any]:
        """Return the report as ``--json`` shows it."""
        return asdict(self)
