"""Records per second from a workbook on disk to accepted, audited receipts.

Run it as ``make bench``: it makes a workbook of invented permits, imports it into a new rehearsal
workspace on SQLite with full durability, and delivers to the simulated platform in a process of
its own. Beside it stands the floor: the same batches posted in a bare loop that keeps nothing.
"""

import argparse
import json
import random
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import xlsxwriter

from xinqiao.config.workspace import Workspace, create_workspace
from xinqiao.database.engine import Database
from xinqiao.database.migration import upgrade
from xinqiao.demo.invention import credit_code
from xinqiao.hub import Hub
from xinqiao.simulator.process import SimulatorProcess, start

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
BUREAU = "11420000MB15291767"


def write_workbook(path: Path, rows: int) -> None:
    """Write ``rows`` valid permits decided in the days before today."""
    generator = random.Random(20261120)  # noqa: S311 - invented data, not a secret
    today = date.today()  # noqa: DTZ011 - the day on the machine is near enough
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as workbook:
        sheet = workbook.add_worksheet("双公示")
        sheet.write_row(0, 0, HEADERS)
        for row in range(1, rows + 1):
            decided = today - timedelta(days=row % 9)
            cells = (
                f"云溪县示例{row:06}货物运输有限公司",
                "法人及非法人组织",
                credit_code(generator, "91"),
                "试一",
                "道路运输经营许可决定书",
                f"云交许〔2026〕{row:06}号",
                "普通",
                "道路普通货物运输",
                f"{decided:%Y/%m/%d}",
                f"{decided:%Y/%m/%d}",
                "2099/12/31",
                "云溪县交通运输局",
                BUREAU,
                "1",
                "云溪县交通运输局",
                BUREAU,
            )
            sheet.write_row(row, 0, cells)


def settle(hub: Hub, rows: int) -> None:
    """Make passes until every record is accepted."""
    while hub.status()[PLATFORM]["states"]["accepted"] < rows:
        hub.sync(PLATFORM)
        time.sleep(0.05)


def workspace_for(folder: Path, simulator: SimulatorProcess, rows_per_batch: int) -> Workspace:
    """Make a rehearsal workspace that talks to ``simulator``."""
    workspace = create_workspace(folder, rehearsal=True, platforms=["credit_shandong"])
    path = folder / "platforms" / f"{PLATFORM}.toml"
    text = path.read_text("utf-8").replace(":8642", f":{simulator.port}")
    text = text.replace("rows_per_batch = 20", f"rows_per_batch = {rows_per_batch}")
    text = text.replace("poll_after_seconds = 1", "poll_after_seconds = 0.05")
    path.write_text(text.replace("poll_every_seconds = 1", "poll_every_seconds = 0.05"), "utf-8")
    database = Database(workspace.database_url)
    upgrade(database)
    database.close()
    return workspace


def floor(simulator: SimulatorProcess, rows: int, rows_per_batch: int) -> None:
    """Post as many rows in a bare loop: no record kept, no receipt asked for."""
    credentials = {
        "client_id": "xinqiao-demo",
        "client_secret": "rehearsal-only",
        "grant_type": "client_credentials",
    }
    with httpx.Client(base_url=simulator.base_url, trust_env=False) as client:
        answer = client.post("/oauth/token", json=credentials).json()
        headers = {"Authorization": f"Bearer {answer['data']['access_token']}"}
        for first in range(0, rows, rows_per_batch):
            numbers = range(first, min(first + rows_per_batch, rows))
            items: list[dict[str, Any]] = [
                {"index": index, "fields": {"XK_WSH": f"底数〔2026〕{number}号", "XK_NR": "内容"}}
                for index, number in enumerate(numbers, 1)
            ]
            body = {
                "batchNo": f"floor{first}",
                "resource": "permit",
                "operation": "insert",
                "orgCode": BUREAU,
                "items": items,
            }
            client.post("/api/v1/submissions", json=body, headers=headers).raise_for_status()


def timed(work: Callable[[], object]) -> float:
    """Return how many seconds ``work`` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measure(rows: int, rows_per_batch: int) -> dict[str, float]:
    """Measure one run; figures are records per second."""
    with tempfile.TemporaryDirectory() as folder, start(PLATFORM) as simulator:
        workbook = Path(folder) / "permits.xlsx"
        write_workbook(workbook, rows)
        workspace = workspace_for(Path(folder) / "workspace", simulator, rows_per_batch)
        hub = Hub(workspace)
        importing = timed(lambda: hub.importer().run(workbook)[0])
        delivering = timed(lambda: settle(hub, rows))
        bare = timed(lambda: floor(simulator, rows, rows_per_batch))
    return {
        "rows": rows,
        "rows_per_batch": rows_per_batch,
        "import": round(rows / importing),
        "deliver": round(rows / delivering),
        "end_to_end": round(rows / (importing + delivering)),
        "bare_loop": round(rows / bare),
    }


def main() -> None:
    """Measure and print one line of JSON per run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--batches", type=int, nargs="+", default=[50, 500])
    options = parser.parse_args()
    for rows_per_batch in options.batches:
        print(json.dumps(measure(options.rows, rows_per_batch)), flush=True)


if __name__ == "__main__":
    main()
