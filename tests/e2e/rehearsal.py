"""A rehearsal workspace, the platform that it talks to, and what must hold between them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import xlsxwriter
from sqlalchemy.engine import Connection

from tests.support import wait_until
from xinqiao.audit.verification.chain import verify
from xinqiao.config.workspace import Workspace, open_workspace
from xinqiao.database.tables import batch, batch_row, submission
from xinqiao.hub import Hub
from xinqiao.intake.report import FileReport
from xinqiao.passes import SyncReport
from xinqiao.queue.listing import listing
from xinqiao.queue.selection import Selection
from xinqiao.queue.states import State
from xinqiao.simulator.process import SimulatorProcess

PLATFORM = "credit_shandong"
HEADERS = (
    "行政相对人名称",
    "行政相对人类别",
    "行政相对人代码_1(统一社会信用代码)",
    "法定代表人",
    "行政许可决定文书名称",
    "行政许可决定文书号",
    "许可类别",
    "许可内容",
    "许可决定日期",
    "有效期自",
    "有效期至",
    "许可机关",
    "许可机关统一社会信用代码",
    "当前状态",
    "数据来源单位",
    "数据来源单位统一社会信用代码",
)
UNCLEAR = frozenset(
    {
        "timeout_before",
        "timeout_after_commit",
        "reset_mid_answer",
        "slow_trickle",
        "http_500_after_commit",
        "refuse_5xx_before",
        "html_page",
        "error_inside_200",
        "wrong_encoding",
    }
)
"""Faults of a submission after which nobody can know whether the platform took it."""

BUREAU = "11420000MB15291767"


def permit(
    number: int, name: str = "云溪县青石货物运输有限公司", content: str = "货运"
) -> list[str]:
    """Return the cells of one valid permit."""
    day = "2026/11/03"
    unit = "云溪县交通运输局"
    return [
        name,
        "法人及非法人组织",
        "91350100M000100Y43",
        "试一",
        "道路运输经营许可决定书",
        f"云交许〔2026〕{number:04}号",
        "普通",
        content,
        day,
        day,
        "2099/12/31",
        unit,
        BUREAU,
        "1",
        unit,
        BUREAU,
    ]


@dataclass
class Rehearsal:
    """One rehearsal workspace and the platform that it talks to."""

    workspace: Workspace
    simulator: SimulatorProcess

    @property
    def hub(self) -> Hub:
        """Return a hub as a new process would build it."""
        return Hub(open_workspace(self.workspace.root))

    def file(self, *rows: list[str]) -> Path:
        """Write a workbook of ``rows``."""
        path = self.workspace.root / "sources" / "许可.xlsx"
        with xlsxwriter.Workbook(str(path)) as book:
            sheet = book.add_worksheet("双公示")
            for number, cells in enumerate([list(HEADERS), *rows]):
                sheet.write_row(number, 0, cells)
        return path

    def load(self, *rows: list[str], department: str = "") -> FileReport:
        """Import a workbook of ``rows``."""
        (report,) = self.hub.importer().run(self.file(*rows), department=department)
        return report

    def sync(self) -> SyncReport:
        return self.hub.sync(PLATFORM)[PLATFORM]

    def states(self) -> dict[str, int]:
        """Return how many submissions stand in each state that any stands in."""
        return {name: count for name, count in self.board()["states"].items() if count}

    def board(self) -> dict[str, Any]:
        return self.hub.status()[PLATFORM]

    def settle(self, **expected: int) -> None:
        """Make passes until the submissions stand as ``expected``, or fail after some seconds."""

        def settled() -> bool:
            self.sync()
            return self.states() == expected

        wait_until(settled, lambda: f"{self.states()} instead of {expected}")

    def submissions(self) -> list[dict[str, Any]]:
        with self.hub.database.reading() as connection:
            return listing(connection, Selection(platform=PLATFORM), 1000)

    def set(self, **replacements: tuple[str, str]) -> None:
        """Change lines of the platform's file: word → (old, new)."""
        path = self.workspace.root / "platforms" / f"{PLATFORM}.toml"
        text = path.read_text("utf-8")
        for old, new in replacements.values():
            assert old in text
            text = text.replace(old, new)
        path.write_text(text, "utf-8")

    def judge(self, *numbers: int) -> None:
        """Check what must hold after every fault: nothing lost, doubled or broken."""
        received = self.simulator.received()
        expected = {f"云交许〔2026〕{number:04}号": 1 for number in numbers}
        assert received["effects"] == expected
        with self.hub.database.reading() as connection:
            assert not unasked_resends(received, rows_of_batches(connection))
            assert verify(connection).ok
            claimed = {
                row["document_number"]
                for row in listing(
                    connection, Selection(state=State.ACCEPTED, platform=PLATFORM), 1000
                )
            }
        assert claimed == set(expected)


def rows_of_batches(connection: Connection) -> dict[str, set[tuple[int, str]]]:
    """Return batch number → (submission, document number) of its rows, as the hub noted them."""
    rows: dict[str, set[tuple[int, str]]] = {}
    statement = (
        sa.select(batch.c.number, submission.c.id, submission.c.platform_key)
        .select_from(batch_row)
        .join(batch)
        .join(submission, submission.c.id == batch_row.c.submission_id)
    )
    for number, submission_id, key in connection.execute(statement):
        rows.setdefault(number, set()).add((submission_id, key))
    return rows


def unasked_resends(
    received: dict[str, Any], rows: Mapping[str, set[tuple[int, str]]]
) -> list[tuple[str, str]]:
    """Return (batch, document number) of rows sent again while their fate was unknown.

    A row's fate is unknown from a call whose answer cannot have been read, or was none of the
    platform's, until the platform was asked about its batch or its document number.
    """
    events = sorted([*received["calls"], *received["queries"]], key=lambda one: one["sequence"])
    doubtful: set[tuple[int, str]] = set()
    culprits = []
    for event in events:
        if "parameters" in event:
            asked = event["parameters"]
            about_batch = rows.get(asked.get("batchNo", ""), set())
            key = asked.get("documentNumber")
            doubtful = {row for row in doubtful if row not in about_batch and row[1] != key}
            continue
        sent = rows[event["batchNo"]] if event["batchNo"] else set()
        culprits += [(event["batchNo"], key) for _, key in sent & doubtful]
        if event["fault"] in UNCLEAR:
            doubtful |= sent
    return culprits
