"""How fast files are read and imported, and how much memory that takes (``make bench``).

Every figure comes from a process of its own, so that its peak memory is its own too.
"""

import argparse
import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from xlsxwriter import Workbook

from xinqiao.config.workspace import create_workspace
from xinqiao.demo.make_permits import make_rows
from xinqiao.hub import Hub
from xinqiao.intake.headers import header_table
from xinqiao.intake.reading import read_tables
from xinqiao.opening import prepare_database

TODAY = date(2026, 11, 20)
FORMATS = ("xlsx", "csv")


def make(folder: Path, rows: int) -> dict[str, Path]:
    """Write ``rows`` invented permits in every format; return format → file."""
    fields = header_table("permit").fields
    good = [row.values for row in make_rows() if row.values["permit_class"] != "批准"][:5]
    lines = [
        [
            f"云交许〔2026〕{number:06}号"
            if path == "document_number"
            else str(good[number % 5].get(path, ""))
            for path in fields
        ]
        for number in range(rows)
    ]
    labels = [field.label for field in fields.values()]
    files = {name: folder / f"permits.{name}" for name in FORMATS}
    with Workbook(str(files["xlsx"]), {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, line in enumerate([labels, *lines]):
            sheet.write_row(number, 0, line)
    with files["csv"].open("w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows([labels, *lines])
    return files


def read(path: Path) -> int:
    """Read a file as the hub does, and keep nothing."""
    return sum(1 for table in read_tables(path, kind=None, today=TODAY) for _ in table.drafts())


def import_into(path: Path, folder: Path) -> int:
    """Import a file into a new workspace."""
    workspace = create_workspace(folder, rehearsal=True, platforms=["credit_shandong"])
    prepare_database(workspace)
    (report,) = Hub(workspace).importer().run(path)
    return report.new


def measure(job: str, path: Path) -> dict[str, float]:
    """Do ``job`` here; return rows, seconds and peak memory in MiB."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        rows = read(path) if job == "read" else import_into(path, Path(folder) / "ws")
        seconds = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"rows": rows, "seconds": seconds, "peak": peak}


def main() -> None:
    """Measure each job on each format in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--job", choices=("read", "import"))
    parser.add_argument("--file", type=Path)
    given = parser.parse_args()
    if given.job:
        print(json.dumps(measure(given.job, given.file)))
        return
    with tempfile.TemporaryDirectory() as folder:
        files = make(Path(folder), given.rows)
        for name, path in files.items():
            size = path.stat().st_size / 2**20
            for job in ("read", "import"):
                command = [sys.executable, __file__, "--job", job, "--file", str(path)]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                told = json.loads(done.stdout.splitlines()[-1])
                print(
                    f"{job:6} {name:4} {told['rows']:>7,.0f} rows  {told['seconds']:6.1f} s  "
                    f"{told['rows'] / told['seconds']:>7,.0f} rows/s  "
                    f"peak {told['peak']:5.0f} MiB  (file {size:.0f} MiB)"
                )


if __name__ == "__main__":
    main()
