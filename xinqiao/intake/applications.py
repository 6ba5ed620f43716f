"""Repairs and objections that a person enters about a record that is here (修复、异议登记).

What is entered becomes a record like an imported one, by the same writer, so that it is reported,
counted and corrected in the same way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy.engine import Connection

from xinqiao.clock import local_date
from xinqiao.errors import RefusedError
from xinqiao.intake.about_record import about, repairable_as
from xinqiao.intake.single import enter
from xinqiao.privacy.keys import KeyRing
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.queue.changes import Change
from xinqiao.queue.objections import find_objection, free_number
from xinqiao.queue.planning.planner import Planner
from xinqiao.queue.present import present_changes
from xinqiao.queue.targets import objections_to
from xinqiao.queue.transitions import Cause
from xinqiao.records.fields import NO, YES
from xinqiao.records.findings import Finding
from xinqiao.records.kinds import kind_of
from xinqiao.records.objection import DONE
from xinqiao.records.repair import PASSED

_ANSWER = frozenset({"result", "correction", "decided_on", "told_on"})
"""Paths of what came of an objection."""


@dataclass(frozen=True, slots=True)
class Entered:
    """What was entered.

    Attributes:
        record: Its 记录标识.
        number: The number by which people name it.
        findings: What a person should know about it.
    """

    record: str
    number: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Repairing:
    """What a person says about a repair that was granted.

    Attributes:
        decided_on: The day on which it was granted.
        document: Number of the document that says so.
        applied_on: The day of the application; None for that of the decision.
        severity: The class of the dishonesty, or empty.
    """

    decided_on: date
    document: str
    applied_on: date | None = None
    severity: str = ""


@dataclass(frozen=True, slots=True)
class Objecting:
    """What a person says about an objection that came in.

    Attributes:
        content: What the applicant says is wrong.
        received_on: The day on which it came.
        others_verify: Whether another unit has to verify it.
        number: Its number; empty to be given one.
    """

    content: str
    received_on: date
    others_verify: bool = False
    number: str = ""


@dataclass(frozen=True, slots=True)
class Answering:
    """What came of an objection.

    Attributes:
        result: One of the words of 处理结果.
        decided_on: The day of the decision.
        told_on: The day on which the applicant was told; None while not told.
        correction: What was corrected, or empty.
    """

    result: str
    decided_on: date
    told_on: date | None = None
    correction: str = ""


@dataclass(frozen=True, slots=True)
class EntryDesk:
    """Where a person enters repairs and objections: one write transaction.

    Attributes:
        connection: The transaction.
        planner: Plans what follows.
        keys: The workspace's keys.
        cause: The person, when, and why.
    """

    connection: Connection
    planner: Planner
    keys: KeyRing
    cause: Cause

    def repair(self, record_id: str, repair: Repairing) -> Entered:
        """Enter a repair that was granted; see :meth:`xinqiao.hub.Hub.repair`."""
        target = self._present(record_id)
        content = {
            **about(target),
            "application_number": repair.document,
            "target_kind": repairable_as(target),
            "severity": repair.severity,
            "reason": self.cause.reason,
            "applied_on": (repair.applied_on or repair.decided_on).isoformat(),
            "decided_on": repair.decided_on.isoformat(),
            "status": PASSED[0],
        }
        return self._enter("repair", content, "xinqiao repair")

    def open_objection(self, record_id: str, objection: Objecting) -> Entered:
        """Enter an objection; see :meth:`xinqiao.hub.Hub.open_objection`."""
        target = self._present(record_id)
        if not objection.number:
            self._refuse_same(record_id, objection)
        number = objection.number or free_number(self.connection, objection.received_on)
        content = {
            **about(target),
            "application_number": number,
            "target_kind": kind_of(target.kind).name,
            "content": objection.content,
            "received_on": objection.received_on.isoformat(),
            "verified_by_others": YES if objection.others_verify else NO,
            "status": "待核实",
        }
        return self._enter("objection", content, "xinqiao objection open")

    def close_objection(self, number: str, answer: Answering) -> Entered:
        """Enter what came of an objection; see :meth:`xinqiao.hub.Hub.close_objection`."""
        before = self._present(find_objection(self.connection, number))
        content = {
            **before.content,
            "result": answer.result,
            "decided_on": answer.decided_on.isoformat(),
            "told_on": answer.told_on.isoformat() if answer.told_on is not None else "",
            "correction": answer.correction,
            "status": DONE,
        }
        said = "xinqiao objection close"
        return self._enter("objection", content, said, record_id=before.record_id)

    def reopen_objection(self, number: str) -> Entered:
        """Take back what came of an objection; see :meth:`xinqiao.hub.Hub.reopen_objection`."""
        before = self._present(find_objection(self.connection, number))
        if not _ANSWER & before.content.keys():
            raise RefusedError("这件异议还没有办结，不必重新办理", code="not_closed")
        kept = {path: text for path, text in before.content.items() if path not in _ANSWER}
        # the remark tells the version apart from the one before the answer
        again = f"{local_date(self.cause.at)} 重新办理：{mask_identity_numbers(self.cause.reason)}"
        remarks = "；".join(filter(None, (kept.get("remarks"), again)))
        content = kept | {"status": "待核实", "remarks": remarks}
        said = "xinqiao objection reopen"
        return self._enter("objection", content, said, record_id=before.record_id)

    def _refuse_same(self, record_id: str, objection: Objecting) -> None:
        """Refuse what was entered already.

        Raises:
            RefusedError: There is an objection to the record of the same day and content.
        """
        earlier = objections_to(self.connection, record_id)
        for one in present_changes(self.connection, earlier, self.keys):
            said = one.content.get("content"), one.content.get("received_on")
            if said == (objection.content, objection.received_on.isoformat()):
                number = one.content.get("application_number", "")
                raise RefusedError(
                    f"同一天、同样内容的异议已经登记过，编号 {mask_identity_numbers(number)}；"
                    "确是另一件的，用 --number 写明它的编号",
                    code="already_entered",
                )

    def _present(self, record_id: str) -> Change:
        return present_changes(self.connection, [record_id], self.keys)[0]

    def _enter(
        self, kind: str, content: Mapping[str, str], said: str, record_id: str | None = None
    ) -> Entered:
        filled = {path: text for path, text in content.items() if text}
        made, findings = enter(
            self.connection,
            self.planner,
            self.keys,
            kind,
            filled,
            local_date(self.cause.at),
            self.cause,
            said=said,
            record_id=record_id,
        )
        return Entered(made, filled[kind_of(kind).number_field], findings)
