"""Who collects what about whom (采集主体、采集对象): read from ``collection.toml``."""

from collections.abc import Mapping
from functools import cache

from pydantic import BaseModel, ConfigDict, Field

from xinqiao.records.kinds import KINDS
from xinqiao.routing.platforms import platforms
from xinqiao.routing.rules import Confidence, Text
from xinqiao.routing.tables import TableFile, shipped_table

_FILE = "collection.toml"


class Collected(BaseModel):
    """How one kind of record is collected.

    Attributes:
        kind: Record kind, such as ``permit``.
        department: The responsible department or unit (责任科室), in Chinese.
        subjects: Who and what the records are about, in Chinese.
        senders: Platforms that send such records back to us; none for what we collect ourselves.
        basis: Document, in Chinese.
        confidence: How well ``basis`` is known.
        note: Chinese remark, or empty.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Text
    department: Text
    subjects: Text = Field(alias="object")
    senders: tuple[Text, ...] = Field((), alias="from")
    basis: Text
    confidence: Confidence
    note: str = ""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    collected: tuple[Collected, ...] = Field(min_length=1)


def read_collection(text: str) -> Mapping[str, Collected]:
    """Return kind → its row of a TOML ``text``.

    Raises:
        SettingsError: The table is faulty, a kind has no row or two, a platform is unknown, or what
            comes back has no sender and what we collect has one; file and line are named.
    """
    table = TableFile(_FILE, text)
    found: dict[str, Collected] = {}
    for number, row in enumerate(table.read(_Table).collected):
        table.check_kind(row.kind, "collected", number, "kind")
        if row.kind in found:
            raise table.fault(f"{row.kind} 重复", "collected", number, "kind")
        for sender in row.senders:
            if sender not in platforms():
                known = "、".join(platforms())
                message = f"没有平台 {sender}，可用的是：{known}"
                raise table.fault(message, "collected", number, "from")
        if bool(row.senders) is not KINDS[row.kind].incoming:
            message = f"{row.kind} 由平台发回的应写 from，由本单位采集的不应写"
            raise table.fault(message, "collected", number, "from")
        found[row.kind] = row
    if missing := [kind for kind in KINDS if kind not in found]:
        raise table.fault(f"缺少 {'、'.join(missing)} 的一行", "collected")
    return found


@cache
def collection() -> Mapping[str, Collected]:
    """Return kind → its row of the table that xinqiao ships."""
    return read_collection(shipped_table(_FILE).text)
