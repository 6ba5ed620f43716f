"""What a version changes, as whoever reviews it reads it: without identity numbers (变动)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.chunks import in_chunks
from xinqiao.database.record_store import load_contents, load_present_contents
from xinqiao.database.tables import holding, review
from xinqiao.privacy.keys import KeyRing
from xinqiao.privacy.masking import MASK, mask_identity_numbers
from xinqiao.queue.reviewing import Version
from xinqiao.records.kind import Kind
from xinqiao.records.kinds import kind_of
from xinqiao.records.pictures import picture_names


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a version beside the one that it replaces.

    Attributes:
        path: Where it stands in the record.
        label: Its Chinese name.
        before: What it said, masked; empty for nothing, and where there is nothing to compare with.
        after: What it says, masked; empty for nothing.
        changed: Whether the two differ; also where neither is shown.
    """

    path: str
    label: str
    before: str
    after: str
    changed: bool

    def plain(self) -> dict[str, Any]:
        """Return it as ``--json`` shows it."""
        return asdict(self)


Compared = tuple[int | None, tuple[Field, ...]]
"""The version that one replaces, if any, and the fields that differ."""


def changes_since(
    connection: Connection, keys: KeyRing, versions: Mapping[Version, str]
) -> dict[Version, Compared]:
    """Return version → what it changes against the last one that was approved or is held.

    Args:
        connection: A reading connection.
        keys: Of the workspace.
        versions: The present versions of records, each with its kind.
    """
    return {
        version: (base, tuple(one for one in fields if base is not None and one.changed))
        for version, (base, fields) in fields_of(connection, keys, versions).items()
    }


def fields_of(
    connection: Connection, keys: KeyRing, versions: Mapping[Version, str]
) -> dict[Version, Compared]:
    """Return version → the one that it replaces, and every field that either of them fills.

    Where the content of the replaced one was pruned there is nothing to compare with.
    """
    bases = _bases(connection, versions)
    now = load_present_contents(connection, versions, keys)
    then = load_contents(connection, [(one[0], base) for one, base in bases.items()], keys)
    found: dict[Version, Compared] = {}
    for version, kind in versions.items():
        base = bases.get(version)
        before = None if base is None else then.get((version[0], base))
        fields = _fields(kind_of(kind), before or {}, now[version])
        found[version] = (None if before is None else base, fields)
    return found


def _fields(kind: Kind, before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Field, ...]:
    return tuple(
        Field(
            path,
            label,
            _shown(kind, path, before.get(path, "")),
            _shown(kind, path, after.get(path, "")),
            changed=before.get(path, "") != after.get(path, ""),
        )
        for path, label in kind.labels.items()
        if path in before or path in after
    )


def _shown(kind: Kind, path: str, text: str) -> str:
    if path in kind.identity_fields and text:
        return MASK
    return mask_identity_numbers(picture_names(text) if path in kind.pictures and text else text)


def _bases(connection: Connection, versions: Mapping[Version, str]) -> dict[Version, int]:
    """Return version → the last one below it that was approved or is held, if any."""
    present = dict(versions.keys())
    approved: dict[str, int] = {}
    held: dict[str, int] = {}
    for chunk in in_chunks(sorted(present)):
        words = (
            sa.select(review.c.record_id, review.c.version, review.c.approved)
            .where(review.c.record_id.in_(chunk))
            .order_by(review.c.version, review.c.id)
        )
        last = {(row.record_id, row.version): row.approved for row in connection.execute(words)}
        for (record_id, version), said in last.items():
            if said and version < present[record_id]:
                approved[record_id] = version
        holdings = sa.select(holding.c.record_id, holding.c.held_version).where(
            holding.c.record_id.in_(chunk), holding.c.held_version.is_not(None)
        )
        for record_id, version in connection.execute(holdings):
            if version < present[record_id]:
                held[record_id] = max(version, held.get(record_id, 0))
    bases = {one: max(held.get(one, 0), approved.get(one, 0)) for one in held | approved}
    return {(one, version): bases[one] for one, version in present.items() if one in bases}
