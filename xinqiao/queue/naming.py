"""By what people name a record: its number, or who it is about and when (编号).

Most kinds have a number of their own: 文书号, 承诺编码, 修复申请编号, 许可证号. Assessments and
what comes back from platforms have none; they are named by their subject and what their key says.
An identity number names nothing.
"""

from collections.abc import Collection, Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import PRESENT_VERSION, record, record_version
from xinqiao.privacy.keys import is_token
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.records.keys import plain_number
from xinqiao.records.kind import Kind
from xinqiao.records.kinds import KINDS, kind_of

HIDDEN = "（内容已加密）"
"""Stands for a text that is encrypted because it holds what looks like an identity number."""

_ESCAPE = "/"


def shown(stored: str) -> str:
    """Return a stored text as it may be shown to anybody."""
    return HIDDEN if is_token(stored) else mask_identity_numbers(stored)


def number_of(kind: str, stored: Mapping[str, str]) -> str:
    """Return the number by which people name a record, or nothing where it has none.

    Args:
        kind: Kind identifier.
        stored: Content as it is stored.
    """
    return shown(stored.get(kind_of(kind).number_field, ""))


def name_of(kind: str, stored: Mapping[str, str]) -> str:
    """Return by what people name a record: its number, or its subject and what its key says.

    A driver's assessment is 溪样三（考核周期起 2025-11-03）.

    Args:
        kind: Kind identifier.
        stored: Content as it is stored.
    """
    number = number_of(kind, stored)
    if number:
        return number
    definition = kind_of(kind)
    told = "，".join(
        f"{definition.labels[path]} {shown(stored[path])}"
        for path in definition.key_fields
        if path in stored and path not in definition.identity_fields
    )
    name = shown(stored.get("subject.name", ""))
    return f"{name}（{told}）" if told else name


def called(connection: Connection, text: str) -> list[str]:
    """Return the 记录标识 of the records that :func:`name_of` names ``text``, to the letter.

    Args:
        connection: A reading connection.
        text: What a person copied from a list, such as 溪样三（考核周期起 2025-11-03）.
    """
    _, opened, told = text.rpartition("（")
    if not opened or not told.endswith("）"):
        return []
    # each part ends in what stands in the key; the text is compared whole below
    values = [plain_number(part.rpartition(" ")[2]) for part in told[:-1].split("，")]
    rows = connection.execute(
        sa.select(record.c.id, record.c.kind, record_version.c.content)
        .join(record_version, PRESENT_VERSION)
        .where(*(record.c.document_key.contains(one, autoescape=True) for one in values if one))
        .order_by(record.c.created_at, record.c.id)
    )
    return [
        record_id
        for record_id, kind, content in rows
        if content is not None and name_of(kind, content) == text
    ]


def names_of(
    connection: Connection, versions: Collection[tuple[str, int]]
) -> dict[tuple[str, int], str]:
    """Return (record, version) → by what people name it, where the content is still there."""
    names: dict[tuple[str, int], str] = {}
    for chunk in in_chunks(versions):
        rows = connection.execute(
            sa.select(
                record_version.c.record_id,
                record_version.c.version,
                record.c.kind,
                record_version.c.content,
            )
            .join(record, record.c.id == record_version.c.record_id)
            .where(record_version.c.record_id.in_({record_id for record_id, _ in chunk}))
        )
        asked = set(chunk)
        for record_id, version, kind, content in rows:
            if content is not None and (record_id, version) in asked:
                names[record_id, version] = name_of(kind, content)
    return names


def numbered(text: str, *, whole: bool) -> sa.ColumnElement[bool]:
    """Return the condition that a record's number is ``text``, or begins with it.

    Widths, shapes of brackets, blanks and the case of letters make no difference.

    Args:
        text: What a person wrote; nothing is the number of no record.
        whole: Whether ``text`` is the whole number.
    """
    number = plain_number(text).lower()
    if not number:
        return sa.false()
    for sign in (_ESCAPE, "%", "_"):
        number = number.replace(sign, f"{_ESCAPE}{sign}")
    key = sa.func.lower(record.c.document_key)
    return sa.or_(
        *(
            sa.and_(
                record.c.kind == kind.identifier,
                key.like(_pattern(kind, number, whole=whole), escape=_ESCAPE),
            )
            for kind in KINDS.values()
            if kind.number_field
        )
    )


def _pattern(kind: Kind, number: str, *, whole: bool) -> str:
    """Return what the key of the document looks like; see :mod:`xinqiao.records.keys`."""
    place = kind.key_fields.index(kind.number_field)
    # a kind's name is no pattern: its underscores stand for themselves
    name = kind.identifier.replace("_", f"{_ESCAPE}_")
    before = f"{name}|{'%|' * place}{number}"
    # the number is the last part of the key
    return before if whole else f"{before}%"
