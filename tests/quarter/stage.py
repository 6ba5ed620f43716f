"""Plays the story: offices hand over files, people type commands, platforms have their troubles."""

import csv
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.commands.terminal import Said, Terminal
from tests.quarter import rows, stand_in, story
from tests.quarter.stand_in import ClockedStandIn
from tests.quarter.story import Case, Mischief, Story
from tests.quarter.wall import WallClock
from xinqiao.clock import local_date
from xinqiao.config.platform_files import known_platforms
from xinqiao.config.workspace import create_workspace, open_workspace
from xinqiao.database.tables import duty, record, record_version
from xinqiao.hub import Hub
from xinqiao.opening import prepare_database

PROVINCE, SITE = "credit_shandong", "county_site"
CLERK, CHIEF = "zhang", "li"
_QUICK = {
    "read_seconds = 2": "read_seconds = 0.5",
    "total_seconds = 5": "total_seconds = 1.2",
    "expected_within_seconds = 600": "expected_within_seconds = 259200",
}
_CHANNELS = {"permit": "xzxk", "penalty": "xzcf"}


class Stage:
    """One bureau, its people and its platforms."""

    def __init__(
        self, root: Path, story: Story, wall: WallClock, patch: pytest.MonkeyPatch, on: ExitStack
    ) -> None:
        self.root, self.story, self.wall, self.patch = root, story, wall, patch
        names = [one.id for one in known_platforms()]
        self.platforms = {name: on.enter_context(stand_in.start(name, wall.path)) for name in names}
        create_workspace(root, rehearsal=True, platforms=names)
        for one in known_platforms():
            self._reach(root / "platforms" / f"{one.id}.toml", one.port, self.platforms[one.id])
        # the county site is connected later
        self._set_aside = (root / "platforms" / f"{SITE}.toml").rename(root / "county_site.later")
        self.settings('[review]\npenalty = "required"\n')
        prepare_database(open_workspace(root))
        self._hub: Hub | None = None

    @property
    def hub(self) -> Hub:
        """The daemon's hub."""
        if self._hub is None:
            self._hub = Hub(open_workspace(self.root), self.wall, CLERK)
        return self._hub

    def settings(self, words: str) -> None:
        """Add lines to the settings."""
        path = self.root / "xinqiao.toml"
        path.write_text(f"{path.read_text('utf-8')}\n{words}", "utf-8")
        self._hub = None

    def type(self, *words: object, who: str = CLERK, codes: tuple[int, ...] = (0,)) -> Said:
        """Type a command; it ends with one of ``codes``."""
        with self.patch.context() as patch:
            patch.setenv("LOGNAME", who)
            said = Terminal(open_workspace(self.root), self.patch).run(*words)
        assert said.code in codes, f"{words}: {said.out}{said.err}"
        return said

    def day(self, day: date) -> None:
        """Live through one day."""
        self._dawn(day)
        if not story.works(day):
            return
        self.wall.turn_to(day, 9)
        self._import(day)
        self._decide(day)
        for hour in (10, 14):
            self.wall.turn_to(day, hour)
            self.pass_()
        self._evening(day)

    def pass_(self) -> None:
        """Let the daemon make its passes of half an hour."""
        for _ in range(2):
            self.hub.sync()
            self.wall.advance(600)

    def _dawn(self, day: date) -> None:
        self.wall.turn_to(day, 8)
        if day == story.OUTAGE[0]:
            self.platforms[PROVINCE].stand_still()
        if day == story.OUTAGE[1]:
            self.platforms[PROVINCE].go_on()
        for one in self.story.mischief:
            if one.day == day:
                self._misbehave(one)
        if day == story.CUT_OFF:
            # ledgers are read in the order of the kinds: the fifth is that of the permits
            self.platforms[PROVINCE].queue_faults(
                [{"name": "short_list", "call": "ledger", "nth": 5}]
            )
        for case in self.story.cases:
            if case.by_hand == day:
                self._type_into_the_site(case)
        if day == story.SITE_CONNECTED:
            self._connect_the_site()

    def _import(self, day: date) -> None:
        for file in self.story.files(day):
            path = self.root / "sources" / f"{day}-{file.kind}.csv"
            lines = [rows.row(case, version) for case, version in file.rows]
            lines += [lines[0]] * file.repeats
            with path.open("w", encoding="utf-8", newline="") as target:
                csv.writer(target).writerows([rows.HEADERS[file.kind], *lines])
            department = story.OFFICES[file.kind]
            said = self.type(
                *("import", path, "--kind", file.kind, "--department", department, "--json"),
                codes=(0, 3),
            )
            (report,) = said.json["files"]
            assert (report["read"], report["duplicates"]) == (file.read, file.repeats)
            for case, version in file.rows:
                if case.fault and version == "first":
                    self._queue(case)

    def _queue(self, case: Case) -> None:
        seconds = {"timeout_after_commit": 30, "late_receipts": 3600}.get(case.fault)
        fault: dict[str, object] = {"name": case.fault, "document_number": case.number}
        if seconds is not None:
            fault["seconds"] = seconds
        self.platforms[PROVINCE].queue_faults([fault])

    def _decide(self, day: date) -> None:
        approved = [case.number for case in self.story.approvals(day)]
        if approved:
            self.type("review", "approve", *approved, "--yes", who=CHIEF)
        for case in self.story.withdrawals(day):
            self.type(
                *("withdraw", case.number, "--reason", "复议撤销", "--decided-on", day),
                *("--document", "云交撤〔2026〕1号", "--yes"),
            )
        for one in self.story.mischief:
            if one.acted == day:
                self._settle(one)
        if day == story.OUTAGE[1]:
            self._record_the_outage()
        if day == story.CALENDAR_COMES:
            path = self.root / "通知.toml"
            path.write_text(story.NOTICE_2027, "utf-8")
            self.type("calendar", "import", path, codes=(0, 3))
            self._hub = None

    def _misbehave(self, one: Mischief) -> None:
        resource = _CHANNELS[one.kind] if one.platform == SITE else one.kind
        subject = rows.NAME if one.kind == "penalty" else ""
        fields: dict[str, str] | None = {"XK_WSH": one.number, "XK_XDR_MC": "外来公司"}
        if one.what != "stranger":
            fields = None if one.what == "lost" else {"CF_NR": "罚款9000元"}
        self.platforms[one.platform].plant(resource, one.number, subject=subject, fields=fields)

    def _settle(self, one: Mischief) -> None:
        (number,) = [
            item["id"]
            for item in self.differences()
            if item["document_number"].startswith(one.number)
        ]
        self.type(
            *("reconcile", "items", "act", number, "--action", one.action),
            *("--reason", "已与平台核实"),
            codes=(0, 3),
        )

    def differences(self) -> list[dict[str, Any]]:
        """Return the differences that are open."""
        told = self.type("reconcile", "items", "list", "--json", codes=(0, 3)).json
        return list(told if isinstance(told, list) else told["items"])

    def histories(self, platform: str) -> dict[str, list[str]]:
        """Return for each record what took effect at a platform, by the platform's own book."""
        named = self._named()
        told = self.platforms[platform].received()["history"]
        found: dict[str, list[str]] = {}
        for name, operations in told.items():
            if operations:
                key = named.get(name, name.partition("｜")[0])
                # a penalty whose name was wrong stood under the wrong one first
                found.setdefault(key, []).extend(operations)
        return found

    def duties(self) -> list[tuple[str, str, str, date, date, str, date | None]]:
        """Return what is written down as owed to platforms, without what was taken over."""
        named = self._named()
        with self.hub.database.reading() as connection:
            owed = connection.execute(sa.select(duty).where(duty.c.platform != "bureau")).all()
        return [
            (
                named[row.record_id],
                row.platform,
                row.rule,
                row.starts_on,
                row.due_on,
                row.closed_by or "",
                None if row.reported_at is None else local_date(row.reported_at),
            )
            for row in owed
            if row.closed_by != "adopted"
        ]

    def _named(self) -> dict[str, str]:
        """Return 记录标识 → number in the story."""
        numbers = {rows.told_by(case): case.number for case in self.story.cases}
        statement = sa.select(record.c.id, record.c.kind, record_version.c.content).join(
            record_version, record_version.c.record_id == record.c.id
        )
        found = {}
        with self.hub.database.reading() as connection:
            for row in connection.execute(statement):
                path = rows.TOLD_BY[row.kind]
                found[row.id] = numbers[row.kind, row.content[path].partition("，")[0]]
        return found

    def _record_the_outage(self) -> None:
        begins, ends = story.OUTAGE
        path = self.root / "停机公告.pdf"
        path.write_bytes(b"announcement")
        self.type(
            *("outage", "record", PROVINCE, "--from", f"{begins} 08:00", "--to", f"{ends} 08:00"),
            *("--evidence", path, "--reason", "平台公告停机"),
            codes=(0, 3),
        )

    def _evening(self, day: date) -> None:
        """Compare ledgers: the site's every day, for no page tells of a change, others weekly."""
        self.wall.turn_to(day, 17)
        wednesday = day.weekday() == 2
        if wednesday or SITE in self.hub.platforms:
            self.hub.reconcile(None if wednesday else SITE, day, day, ledgers="all")
        if day in story.SOURCE_LISTS:
            self._compare_with_the_case_system(day)
        self.wall.turn_to(day, 20)

    def _compare_with_the_case_system(self, day: date) -> None:
        first = day.replace(day=1)
        path = self.root / "sources" / f"审批系统-{day}.csv"
        with path.open("w", encoding="utf-8", newline="") as target:
            writer = csv.writer(target)
            writer.writerow(["文号", "决定日期", "申请人"])
            for case in self.story.cases:
                if case.kind == "permit" and first <= case.decided <= day:
                    writer.writerow([case.number, case.decided, rows.row(case, "changed")[0]])
        self.type(
            *("reconcile", "source", path, "--kind", "permit", "--from", first, "--to", day),
            *("--department", story.OFFICES["permit"]),
            codes=(0, 3),
        )

    def _type_into_the_site(self, case: Case) -> None:
        fields = rows.typed_into_the_site(case)
        subject = fields.get("CF_XDR_MC", "")
        self.platforms[SITE].plant(
            _CHANNELS[case.kind], case.number, subject=subject, fields=fields
        )

    def _connect_the_site(self) -> None:
        self._set_aside.rename(self.root / "platforms" / f"{SITE}.toml")
        self.settings(f"[start.platforms]\n{SITE} = {story.SITE_STARTS}\n")
        for kind in ("permit", "penalty"):
            self.type(
                *("adopt", "--platform", SITE, "--kind", kind, "--from", "2026-10-01"),
                *("--reason", "启用前由人工发布"),
                codes=(0, 3),
            )

    @staticmethod
    def _reach(path: Path, port: int, running: ClockedStandIn) -> None:
        text = path.read_text("utf-8")
        for old, new in {**_QUICK, f":{port}": f":{running.port}"}.items():
            assert old in text
            text = text.replace(old, new)
        path.write_text(text, "utf-8")

    def figures(self) -> list[dict[str, Any]]:
        """Return every figure as an operator gets it."""
        told = self.type("figures", "--json", "--by", "platform,kind,department,month")
        figures: list[dict[str, Any]] = told.json["figures"]
        return figures

    def open_differences(self) -> list[tuple[str, str, str, str]]:
        """Return platform, kind, what and number of the differences that are open."""
        return [
            (one["platform"], one["kind"], one["what"], _as_written(one["document_number"]))
            for one in self.differences()
        ]

    def stands_still(self, platform: str, day: date) -> bool:
        """Tell whether a platform answers nobody on a day."""
        begins, ends = story.OUTAGE
        return platform == PROVINCE and begins <= day < ends


def _as_written(key: str) -> str:
    """Return the document number in a key as the office writes it."""
    return key.partition("｜")[0].replace("[", "〔").replace("]", "〕")
