"""Makes the dump of a release's database: works in a real rehearsal workspace, then writes it down.

Run it with the code of the release whose database is wanted; README.md beside it says how. It
uses that release's commands and its simulator only, so every row was written as at an office.
"""

import argparse
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import xlsxwriter

import xinqiao
from xinqiao.simulator.process import SimulatorProcess, start

PLATFORM = "credit_shandong"
BUREAU = "11420000MB15291767"
UNIT = "云溪县交通运输局"
FIRM = "云溪县青石货物运输有限公司"
UNKNOWN_FIRM = "云溪县未登记货物运输有限公司"
PERMIT: Mapping[str, Any] = {
    "行政相对人名称": FIRM,
    "行政相对人类别": "法人及非法人组织",
    "行政相对人代码_1(统一社会信用代码)": "91350100M000100Y43",
    "法定代表人": "试一",
    "法定代表人证件类型": "身份证",
    "法定代表人证件号码": "370323190711118764",  # invented
    "行政许可决定文书名称": "道路运输经营许可决定书",
    "行政许可决定文书号": "",
    "许可类别": "普通",
    "许可内容": "道路普通货物运输",
    "许可决定日期": "2026/11/18",
    "有效期自": "2026/11/18",
    "有效期至": "2099/12/31",
    "许可机关": UNIT,
    "许可机关统一社会信用代码": BUREAU,
    "当前状态": "1",
    "数据来源单位": UNIT,
    "数据来源单位统一社会信用代码": BUREAU,
}
PENALTY: Mapping[str, Any] = {
    "案件程序": "普通程序",
    "行政相对人名称": FIRM,
    "行政相对人类别": "法人及非法人组织",
    "行政相对人代码_1(统一社会信用代码)": "91350100M000100Y43",
    "法定代表人": "试一",
    "证件类型": "",
    "证件号码": "",
    "行政处罚决定文书号": "",
    "违法行为类型": "车辆超限运输",
    "违法事实": "车辆超限运输。",
    "处罚依据": "《公路安全保护条例》第六十四条",
    "处罚类别": "罚款",
    "处罚内容": "罚款2000元",
    "罚款金额(万元)": 0.2,
    "处罚决定日期": "2026/11/18",
    "处罚有效期": "2099/12/31",
    "公示截止期": "2027/11/18",
    "处罚机关": UNIT,
    "处罚机关统一社会信用代码": BUREAU,
    "数据来源单位": UNIT,
    "数据来源单位统一社会信用代码": BUREAU,
}
PERSON = {
    "行政相对人名称": "溪样三",
    "行政相对人类别": "自然人",
    "行政相对人代码_1(统一社会信用代码)": "",
    "法定代表人": "",
    "证件类型": "身份证",
    "证件号码": "370323190711118764",
}
NOTICE = """number = "示例〔2026〕1号"
year = 2027
working = [2027-01-09]
[[off]]
name = "元旦"
from = 2027-01-01
to = 2027-01-03
"""
PLANTED = {"XK_WSH": "云交许〔2026〕0010号", "XK_XDR_MC": FIRM, "XK_NR": "别的许可内容"}
SETTINGS = {"backoff_first_seconds = 1": "backoff_first_seconds = 240"}
SETTINGS |= {"backoff_longest_seconds = 5": "backoff_longest_seconds = 240"}
"""So that what is in doubt stays so until the dump is made."""

PROGRAM = (
    "import socket; socket.gethostname = lambda: 'rehearsal';"  # no machine's name in the log
    "from xinqiao.cli import main; main()"
)
PATIENCE = 90.0


def permit(number: int, **changes: Any) -> dict[str, Any]:
    """Return the row of permit ``number``, with ``changes`` by header."""
    return {**PERMIT, "行政许可决定文书号": f"云交许〔2026〕{number:04}号", **changes}


def penalty(number: int, **changes: Any) -> dict[str, Any]:
    """Return the row of penalty ``number``, with ``changes`` by header."""
    return {**PENALTY, "行政处罚决定文书号": f"云交罚〔2026〕{number:04}号", **changes}


class Office:
    """A rehearsal workspace with the commands that a clerk types in it."""

    def __init__(self, root: Path, simulator: SimulatorProcess) -> None:
        self.root = root
        self.simulator = simulator
        self._files = 0
        self.run("init", root, "--rehearsal")
        self._change(root / "xinqiao.toml", SETTINGS)
        port = {":8642": f":{simulator.port}"}
        self._change(root / "platforms" / f"{PLATFORM}.toml", port)

    def run(self, *words: object) -> str:
        """Run a command, and return what it says; 3 is no failure: a person may be needed."""
        done = subprocess.run(self._command(words), **self._how(), check=False)
        if done.returncode not in (0, 3):
            raise SystemExit(f"{words}: {done.returncode}\n{done.stdout}{done.stderr}")
        return str(done.stdout)

    def load(self, *rows: Mapping[str, Any]) -> None:
        """Import a workbook of ``rows``."""
        self._files += 1
        path = self.root / "sources" / f"第{self._files}次.xlsx"
        with xlsxwriter.Workbook(str(path)) as book:
            sheet = book.add_worksheet()
            for line, cells in enumerate([list(rows[0]), *(row.values() for row in rows)]):
                sheet.write_row(line, 0, cells)
        self.run("import", path, "--department", "行政审批科")

    def meet(self, *faults: Mapping[str, object]) -> None:
        """Make passes until deliveries have met ``faults``, in a row.

        A release may leave a platform alone that did not answer: a person then lets it go on.
        """
        before = len(self._faulty())
        self.simulator.queue_faults(faults)

        def met() -> bool:
            self.run("sync")
            if len(self._faulty()) == before + len(faults):
                return True
            self.resume()
            return False

        wait(met, lambda: self.run("sync"))

    def resume(self) -> None:
        """Let the platform be called again at once."""
        self.run("platforms", "resume", PLATFORM, "--reason", "演练")

    def settle(self, **least: int) -> None:
        """Make passes until at least so many stand in each state."""

        def settled() -> bool:
            self.run("sync")
            return all(len(self.ids(state)) >= count for state, count in least.items())

        wait(settled, lambda: self.run("status", "--json") + self.run("queue", "list"))

    def ids(self, state: str, number: str = "") -> list[int]:
        """Return the submissions in ``state`` whose document number holds ``number``."""
        rows = json.loads(self.run("queue", "list", "--state", state, "--limit", "500", "--json"))
        found = rows if isinstance(rows, list) else rows["submissions"]
        return [row["id"] for row in found if number in (row["document_number"] or "")]

    def queue(self, verb: str, *ids: int) -> None:
        """Let a person act on submissions."""
        self.run("queue", verb, *ids, "--reason", "演练")

    def withdraw(self, number: str) -> None:
        """Withdraw a record by its document number."""
        told = ("--reason", "撤销", "--decided-on", "2026-11-20", "--document", "云交撤〔2026〕1号")
        self.run("withdraw", number, *told, "--yes")

    def die_in(self, fault: str) -> None:
        """Kill a pass with SIGKILL while its delivery waits for an answer.

        A release may make no call beside that of a pass killed before: then this takes as long as
        that one's lease, and what it held is in doubt by then.
        """
        before = len(self._faulty())
        self.simulator.queue_faults([{"name": fault, "seconds": 60}])
        self.resume()

        def died() -> bool:
            with subprocess.Popen(self._command(["sync"]), **self._how()) as process:
                while process.poll() is None and len(self._faulty()) == before:
                    time.sleep(0.05)
                process.kill()
            return len(self._faulty()) > before

        wait(died)

    def _faulty(self) -> list[str]:
        return [call["batchNo"] for call in self.simulator.received()["calls"] if call["fault"]]

    def _command(self, words: Any) -> list[str]:
        return [sys.executable, "-c", PROGRAM, "-w", str(self.root), *map(str, words)]

    def _how(self) -> dict[str, Any]:
        environment = {**os.environ, "LOGNAME": "张科员", "PYTHONPATH": code()}
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return {"text": True, "env": environment, "cwd": self.root.parent, **streams}

    @staticmethod
    def _change(path: Path, replacements: Mapping[str, str]) -> None:
        text = path.read_text("utf-8")
        for old, new in replacements.items():
            if old not in text:
                raise SystemExit(f"{path.name}: {old}")
            text = text.replace(old, new)
        path.write_text(text, "utf-8")


def wait(settled: Callable[[], bool], explain: Callable[[], str] = str) -> None:
    """Try until ``settled`` holds; give up with the words of ``explain``."""
    ends_at = time.monotonic() + PATIENCE
    while not settled():
        if time.monotonic() > ends_at:
            raise SystemExit(f"did not settle: {explain()}")
        time.sleep(0.1)


def code() -> str:
    """Return the folder of the release that runs."""
    return str(Path(xinqiao.__file__).parent.parent)


def settled_work(office: Office) -> None:
    """Bring records to where nothing more is to be done, or a person is needed."""
    office.load(*(permit(number) for number in (1, 6, 14, 15, 16)))
    office.load(*(penalty(number) for number in (1, 2, 3, 6)), penalty(1, **PERSON))
    office.settle(accepted=10)
    office.simulator.plant("permit", PLANTED["XK_WSH"], fields=PLANTED)
    office.load(*(permit(one, 行政相对人名称=UNKNOWN_FIRM) for one in (7, 8, 9)), permit(10))
    office.settle(rejected=3, conflict=1)
    office.load(permit(7))
    office.load(permit(12), permit(13))
    office.queue("cancel", *office.ids("ready", "0012"))
    office.load(permit(13, 许可内容="道路旅客运输"))
    office.withdraw("云交许〔2026〕0014号")
    office.settle(accepted=13)
    office.load(penalty(4, 案件程序="简易程序"), penalty(5))
    office.load(permit(17, 许可类别="批准"), permit(11))
    office.queue("hold", *office.ids("ready", "0011"))
    (office.root / "sources" / "通知.toml").write_text(NOTICE, "utf-8")
    office.run("calendar", "import", office.root / "sources" / "通知.toml")


def unsettled_work(office: Office) -> None:
    """Leave records in the middle of things; nothing here is waited for."""
    office.meet({"name": "html_page"})  # penalty 5
    office.load(permit(18), permit(19))
    office.meet({"name": "timeout_after_commit"})
    office.load(permit(20))
    office.meet({"name": "timeout_before"})
    office.load(permit(16, 许可内容="网约车"))
    office.meet({"name": "timeout_before"})
    office.withdraw("云交许〔2026〕0015号")
    office.meet({"name": "timeout_after_commit"})
    office.withdraw("云交罚〔2026〕0006号")
    office.meet({"name": "timeout_after_commit"})
    office.resume()
    office.load(permit(22), permit(24, 行政相对人名称=UNKNOWN_FIRM))
    office.meet({"name": "late_receipts", "seconds": 3600})
    office.load(permit(25), permit(26))
    office.meet({"name": "whole_batch_refused"}, {"name": "rate_limited", "seconds": 1})
    office.queue("hold", *office.ids("ready", "0025"), *office.ids("ready", "0026"))
    office.load(permit(29))
    office.die_in("timeout_before")
    office.load(permit(31))
    office.die_in("timeout_after_commit")
    office.queue("release", *office.ids("held", "0025"), *office.ids("held", "0026"))
    office.load(permit(8), permit(18, 许可内容="网约车"), permit(6, 许可内容="网约车"))
    office.load(permit(33))
    office.load(penalty(3, 行政相对人名称="云溪县青石货物运输有限责任公司"))
    office.withdraw("云交罚〔2026〕0002号")


@contextmanager
def office_at_work() -> Iterator[Office]:
    """Give an office whose work is partly done; its simulator runs until the end."""
    folder = Path(tempfile.mkdtemp(prefix="xinqiao-previous-"))
    try:
        with start(PLATFORM) as simulator:
            office = Office(folder / "ws", simulator)
            settled_work(office)
            unsettled_work(office)
            yield office
    finally:
        shutil.rmtree(folder)


def main() -> None:
    """Write ``schema-NAME.sql``, ``.keys.toml`` and ``.platform.json`` beside this file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="revision of the release's schema, such as 0002")
    target = Path(__file__).parent / f"schema-{parser.parse_args().name}"
    with office_at_work() as office:
        database = sqlite3.connect(office.root / "var" / "xinqiao.db")
        sql = "\n".join(database.iterdump())
        database.close()
        target.with_suffix(".sql").write_text(f"{sql}\n", "utf-8")
        keys = (office.root / "secrets" / "keys.toml").read_text("utf-8")
        note = "# Keys of invented data, for tests only: they open nothing else.\n"
        target.with_suffix(".keys.toml").write_text(note + keys, "utf-8")
        planted = [{"resource": "permit", "number": PLANTED["XK_WSH"], "fields": PLANTED}]
        platform = {"planted": planted, **office.simulator.received()}
        text = json.dumps(platform, ensure_ascii=False, indent=1)
        target.with_suffix(".platform.json").write_text(f"{text}\n", "utf-8")


if __name__ == "__main__":
    main()
