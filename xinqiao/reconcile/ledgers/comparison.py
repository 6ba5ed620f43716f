"""Comparing a platform's ledger with what we believe it holds (台账对账).

A difference changes nothing: it is told to a person. What shows as it was sent is a receipt for
what had none. A ledger that breaks off proves nothing about what it did not show, so nothing is
called missing then.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy.engine import Connection

from xinqiao.adapters.base import LedgerEntry, Operation
from xinqiao.database.record_store import load_contents
from xinqiao.mapping.engine import CompiledFormat
from xinqiao.mapping.identity import identified
from xinqiao.mapping.registry import format_for
from xinqiao.privacy.keys import KeyRing
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.queue.adopted import known_without_record
from xinqiao.queue.calls import admission
from xinqiao.queue.platforms import Platform
from xinqiao.queue.states import State
from xinqiao.queue.verdicts import differing
from xinqiao.queue.worker import Worker
from xinqiao.reconcile.ledgers.findings import (
    Different,
    LedgerFindings,
    Missing,
    Unexpected,
    Waiting,
)
from xinqiao.reconcile.ledgers.ours import (
    Held,
    Scope,
    Sent,
    held_by_reference,
    held_under,
    sent_under,
    taken_in,
)
from xinqiao.reconcile.ledgers.pages import LedgerReader, identity
from xinqiao.reconcile.ledgers.permitted import PermittedLedger, words
from xinqiao.reconcile.ledgers.shown import accept_shown
from xinqiao.reconcile.window import Window
from xinqiao.records.kinds import kind_of

_NOT_WORTH_TRYING = frozenset({"paused", "resting", "closed"})
_REMOVED = {Operation.WITHDRAW: "withdrawn", Operation.TAKE_DOWN: "taken_down"}
"""Last thing that a platform did with a record → why it should not be in its ledger."""

_NOT_SHOWN = "（证件号码不显示）"
_PICTURES_NOT_SHOWN = "（图片不显示）"
_LONGEST_SHOWN = 80

FORMAT_CHANGED = "格式表已改，已报送的版本无法按现在的格式比较"
CONTENT_PRUNED = "平台现有的旧版本内容已按保存期限清理，本地无从比较"
_KEY_NOT_TOLD = "台账没有给出区分各条记录的全部字段，不能逐条核对"


def compare_ledger(worker: Worker, platform: Platform, kind: str, window: Window) -> LedgerFindings:
    """Compare the ledger of one kind of record with ours.

    A platform that is paused or rests is not called.

    Args:
        worker: What the queue's work needs; no transaction is open while the platform is asked.
        platform: The platform; it must have a ledger.
        kind: Record kind.
        window: Days of the ledger.
    """
    with worker.database.reading() as connection:
        now = worker.cause(connection).at
        refused = admission(connection, platform, now)
    if refused.why in _NOT_WORTH_TRYING:
        return LedgerFindings(incomplete=words(refused))
    visible_after = timedelta(seconds=platform.connector.capabilities.visible_after)
    scope = Scope(platform.id, kind, settled_by=now - visible_after)
    comparison = _Comparison(scope, format_for(platform.id, kind))
    source = PermittedLedger(worker, platform)
    reader = LedgerReader(source, kind, window.start, window.end)
    for entries in reader.pages():
        by_key = comparison.unseen(entries)
        comparison.findings.accepted += accept_shown(worker, scope, by_key)
        with worker.database.reading() as connection:
            comparison.take(connection, worker.keys, by_key)
    findings = comparison.findings
    findings.incomplete = reader.incomplete or findings.incomplete
    if not findings.incomplete:
        with worker.database.reading() as connection:
            comparison.find_missing(connection, window)
    return findings


@dataclass(slots=True)
class _Comparison:
    scope: Scope
    compiled: CompiledFormat
    findings: LedgerFindings = field(default_factory=LedgerFindings)
    _seen_holdings: set[int] = field(default_factory=set)
    _seen_keys: dict[str, Hashable] = field(default_factory=dict)

    def take(
        self, connection: Connection, keys: KeyRing, by_key: Mapping[str, LedgerEntry]
    ) -> None:
        """Compare the entries of one page."""
        held = held_under(connection, self.scope, by_key.keys())
        known = {key: (one, by_key[key]) for key, one in held.items()}
        strangers = {key: entry for key, entry in by_key.items() if key not in held}
        sent = sent_under(connection, self.scope, strangers.keys())
        renamed = self._renamed(
            connection, {key: entry for key, entry in strangers.items() if key not in sent}
        )
        known |= {key: (one, strangers.pop(key)) for key, one in renamed.items()}
        versions = [(one.record_id, one.version) for one, _ in known.values() if one.version]
        contents = load_contents(connection, versions, keys)
        for one, entry in known.values():
            self._seen_holdings.add(one.id)
            if one.version is None:
                self._compare(one, entry, self.compiled.table.void)
            elif (content := contents.get((one.record_id, one.version))) is None:
                self._note(one, "", "整条", [CONTENT_PRUNED, ""])
            else:
                rendering = self.compiled.render(identified(one.record_id, content))
                self._compare(one, entry, rendering.values)
        never_sent = [key for key in strangers if key not in sent]
        adopted = known_without_record(
            connection, keys, self.scope.platform, self.scope.kind, never_sent
        )
        self.findings.taken_over += len(adopted)
        for key, entry in strangers.items():
            if key not in adopted:
                self._take_stranger(key, entry, sent.get(key, []))

    def find_missing(self, connection: Connection, window: Window) -> None:
        """Note what must stand in the ledger of the window and did not show."""
        for one in taken_in(connection, self.scope, window):
            if one.holding_id not in self._seen_holdings:
                number = mask_identity_numbers(one.key)
                missing = Missing(one.record_id, self.scope.kind, number, one.at.isoformat())
                self.findings.missing.append(missing)

    def unseen(self, entries: Sequence[LedgerEntry]) -> dict[str, LedgerEntry]:
        """Return key → entry for what no earlier page showed; note keys that stand there twice."""
        fresh: dict[str, LedgerEntry] = {}
        for entry in entries:
            key = self._key(entry)
            if key not in self._seen_keys:
                self._seen_keys[key] = identity(entry)
                fresh[key] = entry
            # the very same entry on a later page is no repetition: the pages moved, as is told
            elif key in fresh or self._seen_keys[key] != identity(entry):
                self.findings.repeated.append(mask_identity_numbers(key))
        return fresh

    def _key(self, entry: LedgerEntry) -> str:
        codes = self.compiled.table.key_fields
        if all(code in entry.values for code in codes):
            return self.compiled.key_of({code: entry.values[code].strip() for code in codes})
        if len(codes) > 1:
            self.findings.incomplete = _KEY_NOT_TOLD
        return entry.key

    def _renamed(
        self, connection: Connection, strangers: Mapping[str, LedgerEntry]
    ) -> dict[str, Held]:
        """Return those whose key we never used but whose id at the platform is that of ours."""
        references = {entry.reference: key for key, entry in strangers.items() if entry.reference}
        found = held_by_reference(connection, self.scope, references.keys())
        return {
            references[reference]: one
            for reference, one in found.items()
            if one.id not in self._seen_holdings
        }

    def _compare(self, held: Held, entry: LedgerEntry, ours: Mapping[str, str] | None) -> None:
        if ours is None:
            self._note(held, "", "整条", [FORMAT_CHANGED, ""])
            return
        told = [code for code in ours if code in entry.values]
        codes = differing(ours, entry.values)
        if codes and held.unsettled:
            self.findings.under_way += 1
        elif not codes and set(told) <= set(self.compiled.table.key_fields):
            self.findings.by_number_only += 1
        elif not codes:
            self.findings.matched += 1
        else:
            for code in codes:
                self._differs(held, code, ours[code], entry.values[code])

    def _differs(self, held: Held, code: str, ours: str, theirs: str) -> None:
        template = self.compiled.fields[code]
        kind = kind_of(self.scope.kind)
        if template.source_path in kind.identity_fields:
            shown = [_NOT_SHOWN] * 2
        elif template.source_path in kind.pictures:
            shown = [_PICTURES_NOT_SHOWN] * 2
        else:
            shown = [_shown(ours), _shown(theirs)]
        self._note(held, code, template.name, shown)

    def _note(self, held: Held, code: str, name: str, shown: Sequence[str]) -> None:
        number = mask_identity_numbers(held.key)
        self.findings.different.append(
            Different(held.record_id, self.scope.kind, number, code, name, *shown)
        )

    def _take_stranger(self, key: str, entry: LedgerEntry, sent: Sequence[Sent]) -> None:
        """Tell what an entry is that no holding names: by what was ever sent under its key."""
        number = mask_identity_numbers(key)
        if not all(one.settled(self.scope.settled_by) for one in sent):
            self.findings.under_way += 1
            self.findings.waiting += [
                Waiting(one.id, one.record_id, number, one.state)
                for one in sent
                if one.state in {State.IN_DOUBT, State.HELD}
            ]
            return
        why = _why(sent)
        if why == "withdrawn" and self._void(entry):
            self.findings.matched += 1
            return
        record_id = sent[-1].record_id if sent else ""
        reference = mask_identity_numbers(entry.reference)
        self.findings.unexpected.append(
            Unexpected(self.scope.kind, number, reference, why, record_id)
        )

    def _void(self, entry: LedgerEntry) -> bool:
        marks = self.compiled.table.void
        told = all(code in entry.values for code in marks)
        return bool(marks) and told and not differing(marks, entry.values)


def _why(sent: Sequence[Sent]) -> str:
    """Return why an entry should not be there, by what was sent under its key, oldest first."""
    taken = [one for one in sent if one.state is State.ACCEPTED]
    if taken:
        return _REMOVED.get(taken[-1].operation, "replaced")
    return "refused" if sent else "never_sent"


def _shown(text: str) -> str:
    masked = mask_identity_numbers(text)
    return masked if len(masked) <= _LONGEST_SHOWN else f"{masked[:_LONGEST_SHOWN]}…"
