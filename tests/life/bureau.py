"""A bureau with a county site that shows, and a platform that shares; both follow a script."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from tests.records.whole import QUALITY_ASSESSMENT, SAFETY_INFO
from tests.submission_queue.world import ScriptedPlatform, accepted
from tests.support import FrozenClock
from xinqiao.adapters.base import Capabilities
from xinqiao.audit.verification.chain import verify
from xinqiao.audit.verification.state import check_state
from xinqiao.clock import local_date
from xinqiao.database.engine import Database
from xinqiao.database.tables import audit, duty, holding, record, submission
from xinqiao.intake.applications import EntryDesk
from xinqiao.intake.single import enter
from xinqiao.mapping.registry import Formats
from xinqiao.privacy.keys import KeyRing
from xinqiao.queue.delivery import deliver
from xinqiao.queue.ending import END_PUBLICATIONS
from xinqiao.queue.jobs import run_if_due
from xinqiao.queue.lease import Lease
from xinqiao.queue.planning.planner import Planner
from xinqiao.queue.platforms import Platform, Withdrawal
from xinqiao.queue.publicity import Line, publicity
from xinqiao.queue.rerouting import Rerouted, reroute
from xinqiao.queue.retry import Backoff
from xinqiao.queue.showing import Desk
from xinqiao.queue.transitions import Cause
from xinqiao.queue.withdrawal import Revocation, restore, withdraw
from xinqiao.queue.worker import Worker
from xinqiao.records.findings import Finding
from xinqiao.routing.calendar import WorkingCalendar
from xinqiao.routing.deadlines import Counting
from xinqiao.routing.exemptions import exemptions_in_force
from xinqiao.routing.starts import Starts

SITE = "county_site"
SHARING = "credit_shandong"
REVOKED = Revocation(date(2026, 11, 19), "沂交撤〔2026〕1号")

UNIT = {"authority": "沂源县交通运输局", "authority_code": "11420000MB15291767"}
CODE = "91350100M000100Y43"
NAME = "沂源县示例货物运输有限公司"

PENALTY: Mapping[str, str] = {
    "subject.name": NAME,
    "subject.category": "法人及非法人组织",
    "subject.unified_social_credit_code": CODE,
    "subject.legal_representative": "试一",
    "document_number": "沂交罚〔2026〕0001号",
    "violation_kind": "车辆超限运输",
    "violation_facts": "车辆超限运输。",
    "legal_basis": "《公路安全保护条例》第六十四条",
    "penalty_kinds": "罚款",
    "content": "罚款2000元",
    "fine_amount": "0.2",
    "decision_date": "2026-11-03",
    "valid_until": "2099-12-31",
    "source_unit": "沂源县交通运输局",
    "source_unit_code": "11420000MB15291767",
    "case_procedure": "普通程序",
    **UNIT,
}
REPAIR: Mapping[str, str] = {
    "subject.name": NAME,
    "subject.category": "法人及非法人组织",
    "subject.identifier": CODE,
    "application_number": "沂交修〔2026〕1号",
    "target_number": PENALTY["document_number"],
    "target_kind": "行政处罚",
    "reason": "已履行义务",
    "applied_on": "2026-11-18",
    "decided_on": "2026-11-19",
    "status": "已通过",
    **UNIT,
}
NOTICE: Mapping[str, str] = {
    "subject.name": NAME,
    "subject.category": "法人及非法人组织",
    "subject.identifier": CODE,
    "notice_number": "鲁信修〔2026〕77号",
    "target_number": PENALTY["document_number"],
    "target_kind": "行政处罚",
    "issuer": "信用中国（山东）",
    "decided_on": "2026-11-19",
}
OBJECTION: Mapping[str, str] = {
    "subject.name": NAME,
    "subject.category": "法人及非法人组织",
    "subject.identifier": CODE,
    "application_number": "YY20261118-001",
    "target_number": PENALTY["document_number"],
    "target_kind": "行政处罚",
    "content": "金额有误",
    "received_on": "2026-11-18",
    "verified_by_others": "否",
    "status": "待核实",
    **UNIT,
}
CONTENTS = {
    "penalty": PENALTY,
    "repair": REPAIR,
    "repair_notice": NOTICE,
    "objection": OBJECTION,
    "safety_info": SAFETY_INFO,
    "quality_assessment": QUALITY_ASSESSMENT,
}


def accepting() -> ScriptedPlatform:
    """Return a platform that takes everything and can be asked."""
    abilities = Capabilities(poll=True, query=True, visible_after=10)
    return ScriptedPlatform(abilities, [accepted] * 100)


@dataclass
class Bureau:
    """One bureau's hub, with what tests do to it and want to know of it."""

    database: Database
    keys: KeyRing
    clock: FrozenClock
    connectors: dict[str, ScriptedPlatform] = field(
        default_factory=lambda: {SITE: accepting(), SHARING: accepting()}
    )
    by_hand: bool = False
    away: set[str] = field(default_factory=set)
    """Platforms whose file is not there at the moment."""
    switches: dict[str, dict[str, bool]] = field(default_factory=dict)
    formats: Formats = field(default_factory=Formats)
    starts: Starts = field(default_factory=Starts)

    @property
    def planner(self) -> Planner:
        return Planner(
            frozenset(self.connectors) - self.away,
            WorkingCalendar(),
            Counting.EXCLUSIVE,
            exemptions_in_force({}),
            switches=self.switches,
            formats=self.formats,
            starts=self.starts,
        )

    @property
    def today(self) -> date:
        return local_date(self.clock.now())

    def cause(self, reason: str = "") -> Cause:
        return Cause("张科员", self.clock.now(), reason)

    def worker(self, name: str = "one") -> Worker:
        return Worker(
            self.database,
            self.keys,
            self.clock,
            Lease(name, 60, 2),
            Backoff(60, 3600),
            3,
            1,
            formats=self.formats,
        )

    def platform(self, name: str) -> Platform:
        way = Withdrawal.BY_HAND if self.by_hand else Withdrawal.OPERATION
        ways = dict.fromkeys(("permit", *CONTENTS), way)
        return Platform(name, self.connectors[name], 20, 5, 5, 3600, ways)

    def take_in(
        self, kind: str, record_id: str | None = None, **changes: str | None
    ) -> tuple[str, tuple[Finding, ...]]:
        """Enter a record, or a new version of one; ``__`` in names of fields stands for a dot."""
        named = {name.replace("__", "."): text for name, text in changes.items()}
        content = {path: text for path, text in {**CONTENTS[kind], **named}.items() if text}
        with self.database.writing() as connection:
            return enter(
                connection,
                self.planner,
                self.keys,
                kind,
                content,
                self.today,
                self.cause(),
                said="表.xlsx",
                record_id=record_id,
            )

    def penalty(self, **changes: str | None) -> str:
        return self.take_in("penalty", **changes)[0]

    def shown(self, **changes: str | None) -> str:
        """Enter a penalty that the site shows and the platform holds."""
        record_id = self.penalty(**changes)
        self.send()
        assert self.held(SITE, record_id) == 1
        return record_id

    def desk(self, connection: sa.Connection, reason: str = "科长同意") -> Desk:
        return Desk(connection, self.planner, self.keys, self.cause(reason))

    def entry_desk(self, connection: sa.Connection, reason: str = "已履行义务") -> EntryDesk:
        return EntryDesk(connection, self.planner, self.keys, self.cause(reason))

    def withdraw(self, record_id: str) -> None:
        with self.database.writing() as connection:
            withdraw(connection, self.planner, record_id, REVOKED, self.cause("复议撤销"))

    def undo_withdrawal(self, record_id: str) -> None:
        with self.database.writing() as connection:
            restore(connection, self.planner, record_id, self.keys, self.cause("登记错了"))

    def apply_routes(self) -> Rerouted:
        return reroute(self.acting, self.planner, self.keys)

    @contextmanager
    def acting(self) -> Iterator[tuple[sa.Connection, Cause]]:
        with self.database.writing() as connection:
            yield connection, self.cause("去向有变")

    def send(self, *platforms: str) -> None:
        for name in platforms or tuple(one for one in self.connectors if one not in self.away):
            deliver(self.worker(), self.platform(name))

    def end_of_day(self, name: str = "one") -> bool:
        return run_if_due(self.worker(name), END_PUBLICATIONS)

    def pass_days(self, days: float) -> None:
        self.clock.advance(days * 86_400)

    def rows(self, table: sa.Table, *where: Any) -> list[sa.Row[Any]]:
        with self.database.reading() as connection:
            statement = sa.select(table).where(*where).order_by(*table.primary_key.columns)
            return list(connection.execute(statement))

    def held(self, platform: str, record_id: str) -> int | None:
        (row,) = self.rows(
            holding, holding.c.platform == platform, holding.c.record_id == record_id
        )
        version: int | None = row.held_version
        return version

    def asked(self, platform: str, record_id: str) -> list[tuple[str, int, str]]:
        """Return operation, version and state of everything made for a record at a platform."""
        found = self.rows(
            submission, submission.c.platform == platform, submission.c.record_id == record_id
        )
        return [(row.operation, row.version, row.state) for row in found]

    def duties(self, platform: str, record_id: str) -> list[tuple[str, date, str | None]]:
        found = self.rows(duty, duty.c.platform == platform, duty.c.record_id == record_id)
        return [(row.rule, row.due_on, row.closed_by) for row in found]

    def lines(self) -> list[Line]:
        with self.database.reading() as connection:
            return publicity(connection, self.today, self.today + timedelta(days=7))

    def line(self, record_id: str) -> Line:
        (found,) = [one for one in self.lines() if one.record == record_id]
        return found

    def entries(self, action: str) -> list[sa.Row[Any]]:
        return self.rows(audit, audit.c.action == action)

    def records(self, kind: str) -> list[sa.Row[Any]]:
        return self.rows(record, record.c.kind == kind)

    def chain_holds(self) -> bool:
        with self.database.reading() as connection:
            return verify(connection).ok and check_state(connection).ok
