"""What a downloaded ledger comes to as a whole, before any of it is believed (台账概览).

A file does not tell which days were asked for when it was downloaded, nor when that was. What can
be known of both is counted here, so that a file of another month, an empty one, or one that was
cut off makes no difference.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from xinqiao.clock import local_date
from xinqiao.reconcile.below_table import Note, Total
from xinqiao.reconcile.ledger_files.rows import Doubt, Record
from xinqiao.reconcile.row_numbers import Rows
from xinqiao.reconcile.window import Window

_DOUBTS = {
    Doubt.DIGITS_LOST: "被 Excel 当成数字、后几位已丢失",
    Doubt.MASKED: "有遮盖（*）",
    Doubt.NO_DATE: "不是日期",
}


@dataclass(slots=True)
class Survey:
    """What the rows of one file come to.

    Attributes:
        window: The days that are compared.
        dated: Whether the file tells when records were taken in.
        records: Rows that are records.
        inside: Those of them that are compared: they say which record they are, and were taken in
            within the window or do not say when.
        oldest: The first time of taking in, of all records.
        newest: The last one.
        outside: Records outside the window.
        undated: Records without a time of taking in that can be read, where there is a column.
        unidentified: Records that do not tell which one they are.
        notes: Rows that are no records.
        promised: The number of records that the file itself gives below the table.
        doubts: (why, field code) → cells that are not compared.
    """

    window: Window
    dated: bool
    records: int = 0
    inside: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None
    outside: Rows = field(default_factory=Rows)
    undated: Rows = field(default_factory=Rows)
    unidentified: Rows = field(default_factory=Rows)
    notes: Rows = field(default_factory=Rows)
    promised: int | None = None
    doubts: Counter[tuple[Doubt, str]] = field(default_factory=Counter)

    def note(self, row: Record | Total | Note) -> None:
        """Count a row in."""
        if isinstance(row, Note):
            self.notes.note(row.row)
        elif isinstance(row, Total):
            self.promised = row.count if self.promised is None else self.promised
        else:
            self._note_record(row)

    def _note_record(self, record: Record) -> None:
        self.records += 1
        at = record.entry.at
        if at is not None:
            self.oldest = at if self.oldest is None else min(self.oldest, at)
            self.newest = at if self.newest is None else max(self.newest, at)
        if not self._within(record):
            self.outside.note(record.row)
            return
        if not record.dated:
            self.undated.note(record.row)
        if record.identified:
            self.inside += 1
            self.doubts.update((why, code) for code, why in record.doubts.items())
        else:
            self.unidentified.note(record.row)

    def takes(self, record: Record) -> bool:
        """Tell whether a record is compared."""
        return record.identified and self._within(record)

    def _within(self, record: Record) -> bool:
        at = record.entry.at
        return at is None or self.window.start <= local_date(at) <= self.window.end

    @property
    def span(self) -> str:
        """From when to when the records were taken in, in Chinese."""
        if self.oldest is None or self.newest is None:
            return "没有入库时间"
        return f"入库时间从 {local_date(self.oldest)} 至 {local_date(self.newest)}"

    @property
    def lacking(self) -> str:
        """Why nothing can be called missing by this file, in Chinese; empty when it can."""
        if not self.dated:
            return "文件里没有入库时间一列，分不清哪些记录该在里面；请下载带入库时间的台账"
        if self.unidentified.count:
            return f"{self.unidentified.shown}没有写全编号，认不出是哪条记录"
        if self.undated.count:
            return f"{self.undated.shown}的入库时间读不出，请改正后再对"
        if self.promised is not None and self.promised != self.records:
            return f"文件末尾写共 {self.promised} 条，实际只有 {self.records} 条，可能没有下载全"
        return ""

    def remarks(self, titles: dict[str, str]) -> list[str]:
        """Return what a person should know of the file, in Chinese.

        Args:
            titles: Field code → what people call the column.
        """
        told = [
            f"“{titles[code]}”有 {count} 格{_DOUBTS[why]}，没有比较这些格"
            for (why, code), count in sorted(self.doubts.items())
        ]
        if self.outside.count:
            told.append(
                f"{self.outside.count} 行的入库时间不在 {self.window.start} 至 {self.window.end} "
                "之内，没有比较"
            )
        if self.notes.count:
            told.append(f"{self.notes.shown}只有一格文字，不当作记录")
        return told
