"""Holding the log against its anchors: those it keeps, and those that lie outside (锚点核验).

The chain alone proves that nobody changed a part. Whoever owns the database can write the whole of
it anew, or cut its end and mend the head, and the chain holds again. An anchor that lies elsewhere
still says which entry was the last at its time, and by that hash everything before it.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.audit.anchors.form import NONE_BEFORE, Anchor, hash_of_text, read_anchor
from xinqiao.audit.anchors.reading import Found
from xinqiao.audit.anchors.signing import fingerprint, is_signed, paper
from xinqiao.audit.anchors.store import Stored, hashes, stored_anchors, workspace_of
from xinqiao.audit.anchors.tree import Root
from xinqiao.audit.anchors.writing import WRITTEN
from xinqiao.database.tables import audit

_MOST_FINDINGS = 100

_WORDS = {
    "form": "不是完好的锚点（内容被改动过）",
    "columns": "各列与锚点内容不符（被改动过）",
    "signature": "签名不符：内容被改动过，或是伪造的",
    "workspace": "不是本工作区的锚点",
    "number": "编号不连续：有锚点被删除、调换或插入",
    "previous": "与前一号锚点不衔接：前一号或这一号被换过",
    "range": "覆盖范围与前一号锚点不衔接",
    "key": "不是用应有的密钥签名的：密钥被换过，或锚点是伪造的",
    "trusted_key": "没有一个锚点是用给定的公钥签名的：锚点全被重写过，或公钥不是本工作区的",
    "announced_key": "给定的公钥只被预告过，还没有签过锚点，不能作证：请执行 xinqiao audit anchor "
    "以后再验证；仍然如此的，锚点是伪造的",
    "cut_off": "日志比锚点短：末尾被截断，或数据库是旧的",
    "head": "日志与锚点不符：锚点所指的那一条或它以前的内容被重写过",
    "root": "日志与锚点不符：它覆盖的条目里有被换过的",
    "unlogged": "日志里没有写过这个锚点：是后来放进去的",
    "other": "与日志里写下的不是同一个：被换过",
    "removed": "日志里写过这个锚点，库里没有：被删除过",
    "not_stored": "库里没有这一号锚点：数据库是旧的，或锚点被删除过",
    "differs": "与库里同号的锚点不同：有一个被换过",
    "misnamed": "文件名与内容不符：文件被调换过",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong with an anchor, or with the log by it.

    Attributes:
        kind: English word; see the table of messages.
        place: Where the anchor lies: ``database``, or a folder.
        number: The anchor's number, as far as known.
        sequence: Number of the first entry that is bad, as far as known.
        message: The same in Chinese.
    """

    kind: str
    place: str
    number: int | None
    sequence: int | None
    message: str


@dataclass(slots=True)
class AnchorCheck:
    """What the check of the anchors found.

    Attributes:
        stored: How many anchors the database keeps.
        outside: How many were read elsewhere.
        covered: Number of the last entry that an anchor covers; 0 for none.
        outside_covered: The same, by the anchors that lie outside and hold.
        last_at: When the last anchor was made; empty without one.
        key: Fingerprint of the key that is in force; empty without one.
        findings: The first so many things that are wrong.
        count: How many there are in all.
    """

    stored: int = 0
    outside: int = 0
    covered: int = 0
    outside_covered: int = 0
    last_at: str = ""
    key: str = ""
    findings: list[Finding] = field(default_factory=list)
    count: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return self.count == 0

    def add(
        self, kind: str, place: str, number: int | None = None, sequence: int | None = None
    ) -> None:
        """Keep what was found, as far as there is room for it."""
        self.count += 1
        if len(self.findings) >= _MOST_FINDINGS:
            return
        which = "" if number is None else f"第 {number} 号锚点"
        where = "" if place == DATABASE else f"（{place}）"
        tail = "" if sequence is None else f"；第一处不对的是日志第 {sequence} 条或更早"
        text = f"{which}{where}{'：' if which or where else ''}{_WORDS[kind]}{tail}"
        self.findings.append(Finding(kind, place, number, sequence, text))


DATABASE = "database"
"""The place of the anchors that the database itself keeps."""


@dataclass(slots=True)
class _Chain:
    """What is known after some anchors: what the next one must build on.

    Attributes:
        number: Of the last one.
        last: Number of the last entry it covers.
        hash: Its hash.
        public_key: By which the next one must be signed; None before the first.
        signers: The keys by which anchors are signed. A key that is merely announced proves
            nothing: it is public, and anybody can name it.
    """

    number: int = 0
    last: int = 0
    hash: str = NONE_BEFORE
    public_key: str | None = None
    signers: set[str] = field(default_factory=set)

    def trouble_with(self, trusted_key: str | None) -> str:
        """Return what speaks against the key that is known from elsewhere; empty if nothing."""
        if trusted_key is None or not self.signers or trusted_key in self.signers:
            return ""
        return "announced_key" if trusted_key == self.public_key else "trusted_key"


def check_anchors(
    connection: Connection,
    outside: Sequence[Found] = (),
    trusted_key: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> AnchorCheck:
    """Hold the log, whose chain was verified in the same transaction, against its anchors.

    Args:
        connection: A reading connection.
        outside: Anchors that lie elsewhere.
        trusted_key: Public key that is known from elsewhere: on paper, or this workspace's own.
        progress: Called now and then with the number of the entry up to which anchors hold.
    """
    found = AnchorCheck()
    workspace = workspace_of(connection) or ""
    chain = _Chain()
    logged = _logged(connection)
    kept: dict[int, str] = {}
    for row in stored_anchors(connection):
        found.stored += 1
        kept[row.number] = hash_of_text(row.body)
        _check_stored(connection, found, row, workspace, chain)
        if progress is not None:
            progress(chain.last)
    _check_logged(found, kept, logged)
    _check_outside(connection, found, outside, workspace, chain, kept, trusted_key)
    trouble = chain.trouble_with(trusted_key)
    if trouble:
        found.add(trouble, DATABASE)
    found.covered = chain.last
    found.key = "" if chain.public_key is None else fingerprint(chain.public_key)
    return found


def _check_stored(
    connection: Connection, found: AnchorCheck, row: Stored, workspace: str, chain: _Chain
) -> None:
    anchor = _read(row.body)
    if anchor is None:
        found.add("form", DATABASE, row.number)
        return
    columns = (anchor.number, anchor.last, anchor.at) == (row.number, row.last, row.at)
    signed = is_signed(anchor)
    links = (
        ("columns", columns),
        ("signature", signed),
        ("workspace", anchor.workspace == workspace),
        ("number", anchor.number == chain.number + 1),
        ("previous", anchor.previous == chain.hash),
        ("range", _fits_range(anchor) and anchor.first == chain.last + 1),
        ("key", chain.public_key in (None, anchor.public_key)),
    )
    for kind, holds in links:
        if not holds:
            found.add(kind, DATABASE, row.number)
    _check_log(connection, found, anchor, DATABASE)
    chain.number, chain.last = anchor.number, anchor.last
    chain.hash = hash_of_text(row.body)
    if signed:
        chain.signers.add(anchor.public_key)
    chain.public_key = anchor.next_key or anchor.public_key
    found.last_at = anchor.at


def _check_logged(found: AnchorCheck, kept: Mapping[int, str], logged: Mapping[int, str]) -> None:
    for number, digest in kept.items():
        if number not in logged:
            found.add("unlogged", DATABASE, number)
        elif logged[number] != digest:
            found.add("other", DATABASE, number)
    for number in sorted(logged.keys() - kept.keys()):
        found.add("removed", DATABASE, number)


def _check_outside(
    connection: Connection,
    found: AnchorCheck,
    outside: Sequence[Found],
    workspace: str,
    chain: _Chain,
    kept: Mapping[int, str],
    trusted_key: str | None,
) -> None:
    keys = {*chain.signers, chain.public_key, trusted_key} - {None}
    for one in outside:
        found.outside += 1
        place = f"{one.place}/{one.name}"
        anchor = _read(one.text)
        if anchor is None:
            found.add("form", place)
            continue
        if one.named and anchor.file_name != one.name:
            found.add("misnamed", place, anchor.number)
        if not is_signed(anchor):
            found.add("signature", place, anchor.number)
        elif anchor.workspace != workspace:
            found.add("workspace", place, anchor.number)
        elif kept.get(anchor.number) == hash_of_text(one.text):
            # it was held against the log already, where the database keeps it
            found.outside_covered = max(found.outside_covered, anchor.last)
        else:
            known = anchor.number in kept
            found.add("differs" if known else "not_stored", place, anchor.number)
            if keys and anchor.public_key not in keys:
                found.add("key", place, anchor.number)
            _check_log(connection, found, anchor, place)


def _check_log(connection: Connection, found: AnchorCheck, anchor: Anchor, place: str) -> None:
    """Tell whether the log still is what the anchor says of it."""
    root, last = Root(), ""
    if not _fits_range(anchor):
        found.add("range", place, anchor.number)
        return
    for one in hashes(connection, anchor.first, anchor.last):
        root.add(one)
        last = one
    if root.count < anchor.count:
        found.add("cut_off", place, anchor.number, anchor.first + root.count)
    elif last != anchor.head:
        found.add("head", place, anchor.number, anchor.last)
    elif root.hex() != anchor.root:
        found.add("root", place, anchor.number, anchor.last)


def _fits_range(anchor: Anchor) -> bool:
    return anchor.count == anchor.last - anchor.first + 1 and anchor.count > 0


def _read(text: object) -> Anchor | None:
    if not isinstance(text, str):
        return None
    try:
        return read_anchor(text)
    except ValueError:
        return None


def _logged(connection: Connection) -> dict[int, str]:
    """Return number → hash of every anchor that the log says was made."""
    return dict(_logged_pairs(connection))


def _logged_pairs(connection: Connection) -> Iterator[tuple[int, str]]:
    statement = sa.select(audit.c.body).where(audit.c.action == WRITTEN).order_by(audit.c.sequence)
    for body in connection.execute(statement).scalars():
        details = json.loads(body)["details"]
        yield details["number"], details["hash"]


def told_key(found: AnchorCheck) -> str:
    """Return the fingerprint of the key in force as it is written on paper; empty without one."""
    return paper(found.key) if found.key else ""
