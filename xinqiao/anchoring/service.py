"""One workspace's anchors: made when due, brought to their places, looked for there (锚点)."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import sqlalchemy as sa
import structlog

from xinqiao.anchoring.listing import newest
from xinqiao.anchoring.places import folders_of, places_of
from xinqiao.anchoring.proof import Progress, Proof, prove
from xinqiao.audit.anchors.form import Anchor, file_prefix, read_anchor
from xinqiao.audit.anchors.keeping import key_in_force, next_key, put_in_force
from xinqiao.audit.anchors.places.place import Bounded, Place
from xinqiao.audit.anchors.reading import Found, anchors_given, anchors_in
from xinqiao.audit.anchors.signing import SigningKey, load_key, read_public_key
from xinqiao.audit.anchors.store import (
    Stored,
    body_of,
    copies,
    last_anchor,
    missing_at,
    note_copies,
    workspace_of,
)
from xinqiao.audit.anchors.writing import write_anchor
from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.clock import SHANGHAI, Clock
from xinqiao.config.workspace import Workspace
from xinqiao.database.dialect import database_time
from xinqiao.database.engine import Database
from xinqiao.database.tables import audit_head
from xinqiao.errors import BusyError, XinqiaoError, reason_of
from xinqiao.queue.incidents import IncidentKind, close_incident, note_incident
from xinqiao.queue.transitions import Cause

_log = structlog.get_logger()

SUBJECT = "anchors"
"""Stands where incidents name a platform."""

COPIED = "anchor.copied"
COPIED_AGAIN = "anchor.copied_again"
_AT_ONCE = 50
_AGAIN_SECONDS = 900.0
_TRIES = 5
_LATE = 2


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of bringing anchors to one place: their numbers, and why not all of them."""

    place: str
    numbers: tuple[int, ...] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """The anchor that was made, if the log had anything new, and where anchors were brought."""

    anchor: Anchor | None
    places: tuple[Delivered, ...]


@dataclass(slots=True)
class Standing:
    """How it stands with the anchors.

    Attributes:
        number: Of the last one; 0 without any.
        at: When it was made.
        new_entries: How many entries no anchor covers.
        places: How many places there are.
        late: Whether the next one should have been made long ago.
        pending: Place → how many anchors were not written there yet.
        missing: Place → numbers of those that were written there and are gone.
        unread: Place → why it cannot be looked at.
    """

    number: int = 0
    at: datetime | None = None
    new_entries: int = 0
    places: int = 0
    late: bool = False
    pending: dict[str, int] = field(default_factory=dict)
    missing: dict[str, list[int]] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Outside:
    """What the folders hold: this workspace's anchors, and what is to be said about each place."""

    found: list[Found] = field(default_factory=list)
    missing: dict[str, list[int]] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    strangers: dict[str, int] = field(default_factory=dict)


class Anchoring:
    """The service.

    Args:
        workspace: Whose anchors.
        database: Its database.
        clock: What time it is.
        actor: Who acts.
        bounded: Sees to it that a place that hangs holds up nobody for long.
    """

    def __init__(
        self,
        workspace: Workspace,
        database: Database,
        clock: Clock,
        actor: str,
        bounded: Bounded | None = None,
    ) -> None:
        """Keep what is given; nothing is opened before it is needed."""
        self._workspace = workspace
        self._database = database
        self._clock = clock
        self._actor = actor
        self._bounded = bounded or Bounded()
        self._again_at: dict[str, float] = {}

    def key(self) -> SigningKey:
        """Return the key in force; made where there never was one.

        Raises:
            SettingsError: It is lost, or others can read it.
        """
        path = self._workspace.anchor_key_file
        return key_in_force(path, self._database, actor=self._actor, at=self._now())

    def write(self, reason: str = "") -> Written:
        """Make an anchor now, and bring to each place what it does not have.

        Raises:
            DamageError: The log contradicts the anchor before.
            SettingsError: The key is lost, or a place is not described rightly.
        """
        made = write_anchor(
            self._database, self.key(), actor=self._actor, at=self._now(), reason=reason
        )
        return Written(made, tuple(self._deliver(places_of(self._workspace))))

    def if_due(self) -> bool:
        """Make an anchor if one is due, and try places that did not take theirs.

        However many processes ask: of one number there is one anchor, and who comes second with it
        leaves the first one's in place.

        Returns:
            Whether one was made.
        """
        made, after = None, self._due_after()
        if after is not None:
            try:
                made = write_anchor(
                    self._database, self.key(), actor=self._actor, at=self._now(), after=after
                )
            except XinqiaoError as error:
                self._note_trouble(error.message)
                raise
        now = time.monotonic()
        places = [
            one for one in places_of(self._workspace) if self._again_at.get(one.name, 0.0) <= now
        ]
        self._deliver(places)
        return made is not None

    def refill(self, reason: str) -> list[Delivered]:
        """Bring to each folder again what was written there and is gone.

        Done by a person and never by itself: that an anchor is gone may be the trace of a deed.

        Args:
            reason: What became of them; goes to the audit log.
        """
        places = {one.name: one for one in folders_of(self._workspace)}
        done = []
        for name, gone in self._outside().missing.items():
            with self._database.reading() as connection:
                bodies = [body for number in gone if (body := body_of(connection, number))]
            numbers, trouble = self._put(places[name], bodies)
            if numbers:
                self._note(COPIED_AGAIN, name, numbers, reason)
            done.append(Delivered(name, tuple(numbers), trouble))
        return done

    def renew_key(self, reason: str) -> Anchor:
        """Change the key: an anchor signed by the old one announces the new one, which signs next.

        The new key signs an anchor at once: before it has signed one, it proves nothing to whoever
        holds its public half.

        Args:
            reason: Why; goes to the audit log.

        Raises:
            BusyError: Others were faster again and again.
            SettingsError: The old key is lost.
        """
        path = self._workspace.anchor_key_file
        key, following = self.key(), next_key(path)
        for _ in range(_TRIES):
            made = write_anchor(
                self._database,
                key,
                actor=self._actor,
                at=self._now(),
                reason=reason,
                next_key=following.public,
            )
            if made is not None:
                put_in_force(path)
                write_anchor(self._database, following, actor=self._actor, at=self._now())
                self._deliver(places_of(self._workspace))
                return made
            key = self.key()
        raise BusyError("别的程序正在写锚点，密钥没有更换：请再执行一次", code="anchor_busy")

    def standing(self) -> Standing:
        """Tell how it stands; changes nothing."""
        settings = self._workspace.settings.audit.anchors
        found = Standing(places=len(self._names()))
        with self._database.reading() as connection:
            now = database_time(connection, self._clock)
            last = last_anchor(connection)
            head = connection.execute(sa.select(audit_head.c.sequence)).scalar_one_or_none() or 0
            if last is not None:
                found.number, found.at = last.number, _instant(last.at)
            found.new_entries = head - (0 if last is None else last.last)
            found.pending = {
                name: count
                for name in self._names()
                if (count := len(missing_at(connection, name, last.number if last else 0)))
            }
        patience = timedelta(hours=settings.every_hours) * _LATE
        found.late = found.at is not None and now - found.at > patience
        outside = self._outside()
        found.missing, found.unread = outside.missing, outside.unread
        return found

    def anchors(self, limit: int) -> list[tuple[Anchor, dict[str, datetime]]]:
        """Return the newest anchors, oldest first, each with where it was written and when."""
        with self._database.reading() as connection:
            return newest(connection, limit)

    def prove(
        self,
        given: Sequence[Path] = (),
        public_key: Path | None = None,
        progress: Progress | None = None,
    ) -> Proof:
        """Prove the log, by everything there is inside and outside.

        Args:
            given: Files and folders with anchors, handed in by hand.
            public_key: File of the public key that was kept elsewhere; None for this workspace's.
            progress: Told how far it is.

        Raises:
            InputError: A file cannot be used.
        """
        outside = self._outside()
        outside.found += anchors_given(given)
        if public_key is not None:
            trusted: str | None = read_public_key(public_key)
        else:
            key = load_key(self._workspace.anchor_key_file)
            trusted = None if key is None else key.public
        with self._database.reading() as connection:
            proof = prove(connection, outside.found, trusted, progress)
        proof.missing, proof.unread = outside.missing, outside.unread
        proof.notices = self._notices(proof, own_key=public_key is None, known=trusted is not None)
        proof.notices += [
            f"{place} 里另有 {count} 个别的工作区的锚点，没有核对：那里只有本工作区的，"
            "说明整个数据库被换过，请用 --anchors 指定这个文件夹再验证"
            for place, count in outside.strangers.items()
        ]
        return proof

    def _notices(self, proof: Proof, *, own_key: bool, known: bool) -> list[str]:
        if proof.anchors is None:
            return []
        told = []
        if proof.anchors.stored == 0:
            told.append("还没有锚点，末尾被截断或整库被重写发现不了：请执行 xinqiao audit anchor")
        elif proof.anchors.outside == 0:
            told.append(
                "没有核对库外的锚点，整库被重写发现不了：请用 --anchors 指定，"
                "或在 xinqiao.toml 的 [audit.anchors] 里设置存放处"
            )
        if own_key and known and proof.anchors.stored:
            told.append("公钥取自本机：要防本机的密钥被换，请用 --public-key 指定另外保存的公钥")
        if self.standing().late:
            told.append("最近一个锚点已过了该写下一个的时间：请检查 xinqiao daemon 是否在运行")
        return told

    def _names(self) -> list[str]:
        settings = self._workspace.settings.audit.anchors
        folders = [one.name for one in folders_of(self._workspace)]
        return [*folders, *(f"mail:{one}" for one in settings.mail)]

    def _due_after(self) -> int | None:
        """Return the number of the anchor after which another one is due; None if none is."""
        settings = self._workspace.settings.audit.anchors
        with self._database.reading() as connection:
            now = database_time(connection, self._clock)
            last = last_anchor(connection)
            head = connection.execute(sa.select(audit_head.c.sequence)).scalar_one_or_none() or 0
        if last is None:
            return 0 if head else None
        at = _instant(last.at)
        old = at is None or now - at >= timedelta(hours=settings.every_hours)
        many = head - last.last >= settings.after_entries
        return last.number if old or many or _announces(last) else None

    def _deliver(self, places: Sequence[Place]) -> list[Delivered]:
        """Bring to each place what it does not have; one that fails is noted and tried again."""
        done = [self._deliver_to(place) for place in places]
        troubles = [f"{one.place}：{one.trouble}" for one in done if one.trouble]
        if troubles:
            self._note_trouble("；".join(troubles))
        elif len(done) == len(self._names()):
            self._note_peace()
        return done

    def _deliver_to(self, place: Place) -> Delivered:
        with self._database.reading() as connection:
            waiting = missing_at(connection, place.name, _AT_ONCE)
        numbers, trouble = self._put(place, [one.body for one in waiting])
        if trouble:
            self._again_at[place.name] = time.monotonic() + _AGAIN_SECONDS
            _log.warning("anchor.not_placed", place=place.name)
        if numbers:
            self._note_copies(place.name, numbers)
        return Delivered(place.name, tuple(numbers), trouble)

    def _put(self, place: Place, bodies: Sequence[str]) -> tuple[list[int], str]:
        """Leave anchors at a place, up to the first that it does not take; tell why it does not."""
        numbers: list[int] = []
        try:
            for body in bodies:
                anchor = read_anchor(body)
                # outside of any transaction: a place may take as long as it likes
                self._bounded.run(place.name, partial(place.put, anchor.file_name, body))
                numbers.append(anchor.number)
        except XinqiaoError as error:
            return numbers, error.message
        except ValueError:
            return numbers, "库里的锚点被改动过：请执行 xinqiao audit verify 查看"
        return numbers, ""

    def _note_copies(self, place: str, numbers: Sequence[int]) -> None:
        with self._database.writing() as connection:
            at = database_time(connection, self._clock)
            fresh = note_copies(connection, place, numbers, at)
            append(connection, _entries(COPIED, place, fresh), actor=self._actor, at=at)

    def _note(self, action: str, place: str, numbers: Sequence[int], reason: str) -> None:
        with self._database.writing() as connection:
            at = database_time(connection, self._clock)
            entries = _entries(action, place, numbers, reason)
            append(connection, entries, actor=self._actor, at=at)

    def _note_trouble(self, message: str) -> None:
        with self._database.writing() as connection:
            cause = Cause(self._actor, database_time(connection, self._clock))
            note_incident(connection, IncidentKind.ANCHORS, SUBJECT, message, cause)

    def _note_peace(self) -> None:
        with self._database.writing() as connection:
            cause = Cause(self._actor, database_time(connection, self._clock))
            close_incident(connection, IncidentKind.ANCHORS, SUBJECT, cause)

    def _outside(self) -> _Outside:
        """Look into the folders."""
        outside = _Outside()
        with self._database.reading() as connection:
            workspace = workspace_of(connection) or ""
            written = {
                one.name: copies(connection, one.name) for one in folders_of(self._workspace)
            }
        for place in folders_of(self._workspace):
            try:
                there = self._bounded.run(place.name, partial(anchors_in, place.path))
            except OSError as error:
                outside.unread[place.name] = f"{reason_of(error)}：请检查磁盘是否接好、权限是否够"
                continue
            except XinqiaoError as error:
                outside.unread[place.name] = error.message
                continue
            ours = [one for one in there if one.name.startswith(file_prefix(workspace))]
            outside.found += ours
            if len(there) > len(ours):
                outside.strangers[place.name] = len(there) - len(ours)
            present = {_number(one.name) for one in ours}
            gone = [number for number in written[place.name] if number not in present]
            if gone:
                outside.missing[place.name] = gone
        return outside

    def _now(self) -> datetime:
        with self._database.reading() as connection:
            return database_time(connection, self._clock)


def _entries(action: str, place: str, numbers: Sequence[int], reason: str = "") -> list[Entry]:
    return [
        Entry(action, reason=reason, details={"number": number, "place": place})
        for number in numbers
    ]


def _number(name: str) -> int:
    """Return the number in the name of an anchor's file; 0 where there is none."""
    pieces = name.split("-")
    digits = pieces[3] if len(pieces) > 3 else ""  # noqa: PLR2004 - the fourth part of the name
    return int(digits) if digits.isdigit() else 0


def _announces(last: Stored) -> bool:
    """Tell whether an anchor names another key, which is to sign the next one without delay."""
    try:
        return read_anchor(last.body).next_key is not None
    except ValueError:  # damaged: whoever makes the next one is told
        return False


def _instant(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=SHANGHAI)
