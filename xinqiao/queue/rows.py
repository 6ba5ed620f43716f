"""Submissions in the form of their platform: what exactly is asked of it, row by row (报送行)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import Operation
from xinqiao.database.chunks import in_chunks
from xinqiao.database.record_store import load_contents
from xinqiao.database.tables import holding, take_down, withdrawal
from xinqiao.errors import DamageError
from xinqiao.mapping.engine import CompiledFormat
from xinqiao.mapping.identity import identified
from xinqiao.mapping.registry import Formats
from xinqiao.mapping.removal import DECIDED_ON, DOCUMENT, REASON
from xinqiao.privacy.keys import KeyRing
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.queue.adopted import HOW_TO_CORRECT, held_before
from xinqiao.queue.batches import Rendered
from xinqiao.queue.platforms import Correction, Platform, Withdrawal
from xinqiao.queue.tickets import Ticket

BY_HAND = "这个平台的撤回须由人到平台页面上办理；办好后用 xinqiao queue resolve --as accepted 登记"

CORRECT_BY_HAND = (
    "这个平台的变更须由人到平台页面上办理；办好后用 xinqiao queue resolve --as accepted 登记"
)

TAKE_DOWN_BY_HAND = (
    "这个平台的下架须由人到平台页面上办理；办好后用 xinqiao queue resolve --as accepted 登记"
)

KEY_CHANGED = (
    "格式表中平台主键的写法改过，平台现有的这条记在原来的主键之下，不能由程序变更或撤回；"
    "请到平台页面上办理，再用 xinqiao queue resolve --as accepted 登记"
)
"""What goes out under a key that the platform does not know would change nothing, or another."""

PRUNED = (
    "这一旧版本的内容已按保存期限清理，不能再由程序报送；请到平台核实、办理，"
    "再用 xinqiao queue resolve 登记结果"
)
"""A late receipt may have the platform hold a version again that was replaced years ago."""

HELD_BEFORE = (
    "平台原有同一编号的一条（接管时记下），内容与本条不一致或者还没有比较，没有报送；"
    "请用 xinqiao adopt --platform 平台 --dry-run 核对：平台对的，更正后重新导入；"
    f"本条对的，{HOW_TO_CORRECT}"
)
"""Whatever way a submission came to be: what the platform held before us is not sent once more."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What can be sent of some submissions, and what cannot.

    Attributes:
        rendered: Submission id → its row.
        unfit: Submissions that cannot be sent, each with the reason in Chinese.
        operation: What is asked of the platform for all rows.
        edition: Edition of the format.
    """

    rendered: dict[int, Rendered]
    unfit: list[tuple[Ticket, str]]
    operation: Operation
    edition: str


def render(
    connection: Connection,
    platform: Platform,
    tickets: Sequence[Ticket],
    keys: KeyRing,
    formats: Formats,
) -> Rows:
    """Return ``tickets``, all of one kind and operation, in the form of ``platform``."""
    head = tickets[0]
    compiled = formats.of(platform.id, head.kind)
    operation = Operation(head.operation)
    if operation is Operation.UPDATE and platform.correction(head.kind) is Correction.BY_HAND:
        unfit = [(ticket, CORRECT_BY_HAND) for ticket in tickets]
        return Rows({}, unfit, operation, compiled.table.edition)
    marks: Mapping[str, str] = {}
    way = platform.withdrawal(head.kind)
    # a page that shows a record as void still shows it
    if operation is Operation.TAKE_DOWN and way is not Withdrawal.OPERATION:
        unfit = [(ticket, TAKE_DOWN_BY_HAND) for ticket in tickets]
        return Rows({}, unfit, operation, compiled.table.edition)
    if operation is Operation.WITHDRAW:
        if way is Withdrawal.BY_HAND:
            unfit = [(ticket, BY_HAND) for ticket in tickets]
            return Rows({}, unfit, operation, compiled.table.edition)
        marks = compiled.table.void
        if way is Withdrawal.VOID_ROW:
            operation = Operation.UPDATE
    rows = Rows({}, [], operation, compiled.table.edition)
    contents = _contents(connection, tickets, keys, rows.unfit)
    reasons = _reasons(connection, tickets)
    keys_there = _keys_there(connection, tickets)
    for ticket in tickets:
        if ticket.id not in contents:
            continue
        content = {**contents[ticket.id], **reasons.get(ticket.id, {})}
        rendering = compiled.render(identified(ticket.record_id, content))
        known_by = keys_there.get(ticket.holding_id)
        if rendering.values is None:
            why = "；".join(finding.message for finding in rendering.findings)
            rows.unfit.append((ticket, why))
        elif known_by is not None and known_by != compiled.key_of(rendering.values):
            rows.unfit.append((ticket, KEY_CHANGED))
        else:
            rows.rendered[ticket.id] = _row(compiled, {**rendering.values, **marks})
    return rows


def leave_out_held_before(
    connection: Connection, platform: str, tickets: Sequence[Ticket], keys: KeyRing, rows: Rows
) -> None:
    """Make unfit what would be inserted beside an entry that the platform held before us."""
    if rows.operation is not Operation.INSERT:
        return
    wanted = {row.key for row in rows.rendered.values()}
    there = held_before(connection, keys, platform, tickets[0].kind, wanted)
    for ticket in tickets:
        row = rows.rendered.get(ticket.id)
        if row is not None and row.key in there:
            del rows.rendered[ticket.id]
            rows.unfit.append((ticket, HELD_BEFORE))


def _contents(
    connection: Connection,
    tickets: Sequence[Ticket],
    keys: KeyRing,
    damaged: list[tuple[Ticket, str]],
) -> dict[int, Mapping[str, str]]:
    """Return submission id → content; one that cannot be read goes to ``damaged``, alone."""
    versions = [(ticket.record_id, ticket.version) for ticket in tickets]
    try:
        together = load_contents(connection, versions, keys)
    except DamageError:
        together = {}
    contents: dict[int, Mapping[str, str]] = {}
    for ticket, version in zip(tickets, versions, strict=True):
        try:
            content = (together or load_contents(connection, [version], keys)).get(version)
        except DamageError as error:
            damaged.append((ticket, error.message))
            continue
        if content is None:
            damaged.append((ticket, PRUNED))
        else:
            contents[ticket.id] = content
    return contents


def _keys_there(connection: Connection, tickets: Sequence[Ticket]) -> dict[int, str]:
    """Return holding → key under which the platform holds it, for what is about such a row."""
    found: dict[int, str] = {}
    about = [one.holding_id for one in tickets if one.operation != Operation.INSERT]
    for chunk in in_chunks(about):
        statement = sa.select(holding.c.id, holding.c.held_key).where(
            holding.c.id.in_(chunk), holding.c.held_key.is_not(None)
        )
        found.update((row[0], row[1]) for row in connection.execute(statement))
    return found


def _reasons(connection: Connection, tickets: Sequence[Ticket]) -> dict[int, Mapping[str, str]]:
    """Return submission id → why its record is removed, for formats that tell it.

    行政处罚法 §48 asks for the reasons in public. They are a person's words: what looks like an
    identity number is masked.
    """
    table = _REASONS.get(tickets[0].operation)
    if table is None:
        return {}
    noted: dict[str, Mapping[str, str]] = {}
    for chunk in in_chunks(sorted({ticket.record_id for ticket in tickets})):
        for row in connection.execute(sa.select(table).where(table.c.record_id.in_(chunk))):
            told = {
                REASON: row.reason,
                DOCUMENT: row.document,
                # a take-down has no day of its own beside that of its document
                DECIDED_ON: getattr(row, "decided_on", None),
            }
            noted[row.record_id] = {
                path: mask_identity_numbers(str(text)) for path, text in told.items() if text
            }
    return {one.id: noted[one.record_id] for one in tickets if one.record_id in noted}


_REASONS = {Operation.WITHDRAW.value: withdrawal, Operation.TAKE_DOWN.value: take_down}
"""Operation → where it was noted why."""


def _row(compiled: CompiledFormat, values: Mapping[str, str]) -> Rendered:
    return Rendered(compiled.asked_by(values), compiled.key_of(values), values)
