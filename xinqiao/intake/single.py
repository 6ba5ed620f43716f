"""Entering one record without a file: through the same checks and the same writer (单条登记)."""

import hashlib
from collections.abc import Mapping
from datetime import date

from sqlalchemy.engine import Connection

from xinqiao.errors import InputError, RefusedError
from xinqiao.intake import store
from xinqiao.intake.census import Census, Place, identify
from xinqiao.intake.reading import Draft
from xinqiao.intake.versions import NewVersion, Writer
from xinqiao.privacy.keys import KeyRing
from xinqiao.queue.consequences import follow
from xinqiao.queue.planning.planner import Planner
from xinqiao.queue.transitions import Cause
from xinqiao.records.findings import Finding, Severity
from xinqiao.records.kinds import kind_of
from xinqiao.records.validation import validate

_ROW = 1


def enter(
    connection: Connection,
    planner: Planner,
    keys: KeyRing,
    kind: str,
    content: Mapping[str, str],
    today: date,
    cause: Cause,
    *,
    said: str,
    record_id: str | None = None,
) -> tuple[str, tuple[Finding, ...]]:
    """Write one record, or a new version of one, and all that follows from it.

    Args:
        connection: The write transaction.
        planner: Plans what follows.
        keys: The workspace's keys.
        kind: Kind of the record.
        content: Field path → text, blank fields absent.
        today: Legal date in Asia/Shanghai.
        cause: Who enters it, when and why.
        said: What stands in the place of a file's name, such as the command.
        record_id: The record of which this is a new version; None for a new record.

    Returns:
        Its id, and what a person should know about it.

    Raises:
        InputError: Something in it is wrong; every fault is named.
        RefusedError: There is a record of that number already, or nothing is new.
    """
    definition = kind_of(kind)
    findings = tuple(validate(kind, dict(content), today))
    wrong = [one for one in findings if one.severity is Severity.ERROR]
    if wrong:
        told = "；".join(f"{definition.labels.get(one.field, '')}：{one.message}" for one in wrong)
        raise InputError(f"{definition.name}有误，没有登记：{told}", code="invalid")
    draft = Draft(_ROW, record_id, dict(content), (), findings)
    identity = identify(kind, draft, keys)
    if identity.unusable:
        names = "、".join(definition.labels[path] for path in identity.unusable)
        raise InputError(f"{names}中疑似有身份证号码，请改写编号", code="identity_number_in_key")
    census = Census(definition)
    census.note(Place("", _ROW), identity)
    run_id = store.open_run(
        connection,
        file_name=said,
        file_sha256=hashlib.sha256(identity.digest.encode()).hexdigest(),
        kind=kind,
        department="",
        cause=cause,
    )
    writer = Writer(connection, keys, definition, run_id, "", cause, census)
    row = NewVersion(draft, identity.key, identity.document, identity.digest)
    outcome = writer.write([row])
    (written,) = outcome.rows
    expected = "new" if record_id is None else "changed"
    if written.effect != expected or written.record_id is None:
        raise _refusal(definition.key_name, written.findings, new=record_id is None)
    planner.plan(connection, outcome.changes, cause)
    followed = follow(connection, planner, outcome.changes, keys, cause)
    store.close_run(connection, run_id, {"read": 1, written.effect: 1})
    further = followed.get(written.record_id, ())
    return written.record_id, (*findings, *written.findings, *further)


def _refusal(key_name: str, findings: tuple[Finding, ...], *, new: bool) -> RefusedError:
    if findings:
        return RefusedError("；".join(one.message for one in findings), code=findings[0].code)
    if new:
        return RefusedError(
            f"这个{key_name}已经登记过，没有再登记：请核对编号", code="already_entered"
        )
    return RefusedError("内容没有变化，没有登记", code="unchanged")
