"""What the entries of a ledger are beside what we believe a platform holds (逐条核对)."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy.engine import Connection

from xinqiao.adapters.base import LedgerEntry, Operation
from xinqiao.clock import local_date
from xinqiao.database.record_store import load_contents
from xinqiao.mapping.engine import CompiledFormat
from xinqiao.mapping.identity import identified
from xinqiao.privacy.keys import KeyRing
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.queue.adopted import records_beside
from xinqiao.queue.states import State
from xinqiao.queue.verdicts import differing
from xinqiao.reconcile.differences.store import Found
from xinqiao.reconcile.ledgers.findings import Different, LedgerFindings, Unexpected, Waiting
from xinqiao.reconcile.ledgers.lines import Block, SeenLines
from xinqiao.reconcile.ledgers.ours import (
    Held,
    Scope,
    Sent,
    held_by_reference,
    held_under,
    sent_under,
)
from xinqiao.records.kinds import kind_of

_REMOVED = {Operation.WITHDRAW: "withdrawn", Operation.TAKE_DOWN: "taken_down"}
"""Last thing that a platform did with a record → why it should not be in its ledger."""

_NOT_SHOWN = "（证件号码不显示）"
_PICTURES_NOT_SHOWN = "（图片不显示）"
_LONGEST_SHOWN = 80

FORMAT_CHANGED = "格式表已改，已报送的版本无法按现在的格式比较"
CONTENT_PRUNED = "平台现有的旧版本内容已按保存期限清理，本地无从比较"


@dataclass(slots=True)
class Judged:
    """What some pages came to.

    Attributes:
        found: Differences.
        holdings: Key → our holding, for entries that are ours.
        shown: Keys that the pages show: nothing under them is missing.
        known: Keys of entries that are ours.
        alike: Keys of records that both sides hold alike.
        undecided: Keys of which nothing can be said, such as those under way.
    """

    found: list[Found] = field(default_factory=list)
    holdings: dict[str, int] = field(default_factory=dict)
    shown: set[str] = field(default_factory=set)
    known: set[str] = field(default_factory=set)
    alike: set[str] = field(default_factory=set)
    undecided: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Judge:
    """Compares entries with ours.

    Attributes:
        scope: Whose ledger it is.
        compiled: The platform's format of the kind.
        keys: Of the workspace.
        findings: Where everything is counted.
        window: First and last day of the ledger.
    """

    scope: Scope
    compiled: CompiledFormat
    keys: KeyRing
    findings: LedgerFindings
    window: tuple[date, date]

    def judge(self, connection: Connection, block: Block, lines: SeenLines) -> Judged:
        """Return what the entries of ``block`` are."""
        judged = Judged(shown=set(block.fresh) | set(block.repeated))
        by_key = block.fresh
        held = held_under(connection, self.scope, by_key.keys())
        known = {key: (one, by_key[key]) for key, one in held.items()}
        strangers = {key: entry for key, entry in by_key.items() if key not in held}
        sent = sent_under(connection, self.scope, strangers.keys())
        unsent = {key: entry for key, entry in strangers.items() if key not in sent}
        seen_here = {one.id for one in held.values()}
        renamed = self._renamed(connection, unsent, seen_here, lines)
        known |= {key: (one, strangers.pop(key)) for key, one in renamed.items()}
        versions = [(one.record_id, one.version) for one, _ in known.values() if one.version]
        contents = load_contents(connection, versions, self.keys)
        for key, (one, entry) in known.items():
            judged.holdings[key] = one.id
            judged.known.add(key)
            judged.shown.add(one.key)
            if one.version is None:
                self._compare(judged, one, entry, self.compiled.table.void)
            elif (content := contents.get((one.record_id, one.version))) is None:
                self._differ(judged, one, entry, [self._beyond(one, CONTENT_PRUNED)])
            else:
                rendering = self.compiled.render(identified(one.record_id, content))
                self._compare(judged, one, entry, rendering.values)
        adopted = self._adopted(connection, judged, strangers.keys() - sent.keys())
        for key, entry in strangers.items():
            if key not in judged.known:
                self._take_stranger(judged, key, entry, sent.get(key, []), adopted.get(key, ""))
        self._take_repeated(connection, judged, block.repeated)
        return judged

    def _adopted(
        self, connection: Connection, judged: Judged, unsent: Collection[str]
    ) -> dict[str, str]:
        """Note what was there before us and is known; return key → record of what differs from it.

        What was taken over and has no record here is no stranger. Where a record of ours has that
        key, and was not taken over as this, the two differ.
        """
        platform, kind = self.scope.platform, self.scope.kind
        found = records_beside(connection, self.keys, platform, kind, unsent)
        known = {key for key, record_id in found.items() if record_id is None}
        judged.known |= known
        self.findings.taken_over += len(known)
        return {key: record_id for key, record_id in found.items() if record_id is not None}

    def _renamed(
        self,
        connection: Connection,
        unsent: Mapping[str, LedgerEntry],
        seen_here: set[int],
        lines: SeenLines,
    ) -> dict[str, Held]:
        """Return those whose key we never used but whose id at the platform is that of ours."""
        references = {entry.reference: key for key, entry in unsent.items() if entry.reference}
        found = held_by_reference(connection, self.scope, references.keys())
        seen = seen_here | lines.holdings(connection, [one.id for one in found.values()])
        return {
            references[reference]: one for reference, one in found.items() if one.id not in seen
        }

    def _compare(
        self, judged: Judged, held: Held, entry: LedgerEntry, ours: Mapping[str, str] | None
    ) -> None:
        if ours is None:
            self._differ(judged, held, entry, [self._beyond(held, FORMAT_CHANGED)])
            return
        told = [code for code in ours if code in entry.values]
        codes = differing(ours, entry.values)
        if codes and held.unsettled:
            self.findings.under_way += 1
            judged.undecided.add(held.key)
        elif not codes and set(told) <= set(self.compiled.table.key_fields):
            self.findings.by_number_only += 1
            judged.undecided.add(held.key)
        elif not codes:
            self.findings.matched += 1
            judged.alike.add(held.key)
        else:
            fields = [self._field(held, code, ours[code], entry.values[code]) for code in codes]
            theirs = {code: entry.values[code] for code in codes}
            self._differ(judged, held, entry, fields, theirs)

    def _differ(
        self,
        judged: Judged,
        held: Held,
        entry: LedgerEntry,
        fields: Sequence[Different],
        theirs: Mapping[str, str] | None = None,
    ) -> None:
        self.findings.note_different(fields)
        told = [
            {"field": one.field, "name": one.name, "ours": one.ours, "theirs": one.theirs}
            for one in fields
        ]
        content = json.dumps([held.version, theirs], sort_keys=True, ensure_ascii=False)
        days = days_of(entry.at, self.window)
        judged.found.append(
            Found(
                "different",
                held.key,
                days,
                held.record_id,
                details={"fields": told},
                content=content,
            )
        )

    def _beyond(self, held: Held, why: str) -> Different:
        number = mask_identity_numbers(held.key)
        return Different(held.record_id, self.scope.kind, number, "", "整条", why, "")

    def _field(self, held: Held, code: str, ours: str, theirs: str) -> Different:
        template = self.compiled.fields[code]
        kind = kind_of(self.scope.kind)
        if template.source_path in kind.identity_fields:
            shown = [_NOT_SHOWN] * 2
        elif template.source_path in kind.pictures:
            shown = [_PICTURES_NOT_SHOWN] * 2
        else:
            shown = [_shown(ours), _shown(theirs)]
        number = mask_identity_numbers(held.key)
        return Different(held.record_id, self.scope.kind, number, code, template.name, *shown)

    def _take_stranger(
        self, judged: Judged, key: str, entry: LedgerEntry, sent: Sequence[Sent], differing: str
    ) -> None:
        """Tell what an entry is that no holding names: by what was ever sent under its key.

        Args:
            judged: Where it is noted.
            key: The platform's key of it.
            entry: What the platform shows.
            sent: What was ever sent under the key.
            differing: Our record that has the key and differs from what was there before us.
        """
        number = mask_identity_numbers(key)
        if not all(one.settled(self.scope.settled_by) for one in sent):
            self.findings.under_way += 1
            judged.undecided.add(key)
            self.findings.note_waiting(
                [
                    Waiting(one.id, one.record_id, number, one.state)
                    for one in sent
                    if one.state in {State.IN_DOUBT, State.HELD}
                ]
            )
            return
        why = "not_adopted" if differing else _why(sent)
        if why == "withdrawn" and self._void(entry):
            self.findings.matched += 1
            judged.known.add(key)
            return
        record_id = sent[-1].record_id if sent else differing
        reference = mask_identity_numbers(entry.reference)
        stranger = Unexpected(self.scope.kind, number, reference, why, record_id)
        self.findings.note_unexpected([stranger])
        days = days_of(entry.at, self.window)
        details = {"why": why, "reference": reference}
        judged.found.append(Found("unknown_locally", key, days, record_id or None, details=details))

    def _void(self, entry: LedgerEntry) -> bool:
        marks = self.compiled.table.void
        told = all(code in entry.values for code in marks)
        return bool(marks) and told and not differing(marks, entry.values)

    def _take_repeated(
        self, connection: Connection, judged: Judged, repeated: Mapping[str, LedgerEntry]
    ) -> None:
        """Note the keys that stand there more than once."""
        held = held_under(connection, self.scope, repeated.keys())
        for key, entry in repeated.items():
            self.findings.note_repeated([mask_identity_numbers(key)])
            ours = held[key].record_id if key in held else None
            days = days_of(entry.at, self.window)
            judged.found.append(Found("repeated", key, days, ours))


def days_of(at: datetime | None, window: tuple[date, date]) -> tuple[date, date]:
    """Return the days on which an entry may stand in a ledger that was read for ``window``."""
    if at is not None and window[0] <= (day := local_date(at)) <= window[1]:
        return day, day
    return window


def _why(sent: Sequence[Sent]) -> str:
    """Return why an entry should not be there, by what was sent under its key, oldest first."""
    taken = [one for one in sent if one.state is State.ACCEPTED]
    if taken:
        return _REMOVED.get(taken[-1].operation, "replaced")
    return "refused" if sent else "never_sent"


def _shown(text: str) -> str:
    masked = mask_identity_numbers(text)
    return masked if len(masked) <= _LONGEST_SHOWN else f"{masked[:_LONGEST_SHOWN]}…"
