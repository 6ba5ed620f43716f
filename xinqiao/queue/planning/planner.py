"""From changed records to duties, holdings and submissions (报送计划).

A duty opens at the decision date even for a record that cannot be sent yet. A submission exists
only for a version that is valid and fits the platform's format.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy.engine import Connection

from xinqiao.adapters.base import Operation
from xinqiao.clock import local_date
from xinqiao.errors import SettingsError
from xinqiao.mapping.engine import CompiledFormat
from xinqiao.mapping.identity import identified
from xinqiao.mapping.registry import Formats
from xinqiao.queue.changes import Change
from xinqiao.queue.duties import Owed, open_duties, reopen_waived
from xinqiao.queue.handling import keep_clocks
from xinqiao.queue.holdings import may_hold, replan, write_holdings
from xinqiao.queue.planning.outcomes import Moved, Refitted, Reviewed, Unreported
from xinqiao.queue.planning.rows import INVALID, NO_TABLE, removal_from, unwanted_row
from xinqiao.queue.planning.stored import (
    BY_TABLES,
    Place,
    adopted_places,
    findings_planned,
    held_versions,
    owed_places,
    planned_rows,
    versions_owed,
    wanted_versions,
)
from xinqiao.queue.planning.writing import note_exemptions, owe_again, write, write_decided
from xinqiao.queue.publishing import (
    CHINESE,
    Facts,
    Standing,
    Stop,
    Why,
    doubtful_fields,
    facts_of,
    note_stops,
    past_bound,
    standing,
)
from xinqiao.queue.reviewing import of_reviews, reviews_of
from xinqiao.queue.starting import noted_before_start, places_before_start
from xinqiao.queue.transitions import Cause
from xinqiao.records.findings import Finding
from xinqiao.records.kinds import kind_of
from xinqiao.routing.calendar import WorkingCalendar
from xinqiao.routing.deadlines import Counting
from xinqiao.routing.exemptions import Exemption, exemption_of
from xinqiao.routing.routes import Route, chosen_routes, open_routes, routes_for, routes_of
from xinqiao.routing.rules import OpensOn, rule
from xinqiao.routing.starts import Starts


@dataclass(slots=True)
class _Plan:
    """What follows from a number of changes."""

    duties: list[Owed] = field(default_factory=list)
    holdings: list[dict[str, Any]] = field(default_factory=list)
    exempt: dict[str, str | None] = field(default_factory=dict)
    stopped: dict[str, Standing] = field(default_factory=dict)
    unreported: Unreported = field(default_factory=Unreported)


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans for one workspace.

    Attributes:
        platforms: Identifiers of the connected platforms. What is planned for another one already
            goes on being planned, and is sent once its file is back.
        calendar: Working days.
        counting: Whether the decision day counts.
        exemptions: What is owed to nobody (不报送).
        replacing: (platform, kind) whose newer versions are taken only after the old one was
            withdrawn (先撤后报).
        switches: Kind → platform → whether it goes there, where that differs from the table.
        formats: The format tables in use.
        only: Platforms that are planned for; None for all.
        starts: Since when the hub reports to each platform.
        reviewed: Kinds of which a second person approves each version before it is sent.
    """

    platforms: frozenset[str]
    calendar: WorkingCalendar
    counting: Counting
    exemptions: tuple[Exemption, ...]
    replacing: frozenset[tuple[str, str]] = frozenset()
    switches: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    formats: Formats = field(default_factory=Formats)
    only: frozenset[str] | None = None
    starts: Starts = field(default_factory=Starts)
    reviewed: frozenset[str] = frozenset()

    def plan(self, connection: Connection, changes: Sequence[Change], cause: Cause) -> Unreported:
        """Open duties, bring holdings up to date, create or replace submissions.

        Returns:
            How many of the valid ``changes`` go to no platform.
        """
        plan = _Plan()
        ids = [change.record_id for change in changes]
        held, owed = held_versions(connection, ids), owed_places(connection, ids)
        wanted = wanted_versions(connection, ids)
        standings = self._standings(connection, changes, cause)
        early = self._before_start(connection, changes, held)
        for change in changes:
            self._plan_one(plan, change, held, owed, standings, early, cause)
        self._note_stopped(connection, plan, cause)
        open_duties(connection, plan.duties, self.counting, self.calendar, cause)
        note_exemptions(connection, plan.exempt)
        owe_again(connection, plan.holdings, wanted, cause)
        keep_clocks(connection, changes, self.counting, self.calendar, cause)
        write(connection, plan.holdings, cause)
        return plan.unreported

    def plan_publication(
        self, connection: Connection, changes: Sequence[Change], cause: Cause
    ) -> None:
        """Plan again what platforms that publish should show, after a decision about that.

        Nothing else follows: the records themselves did not change.

        Args:
            connection: The transaction.
            changes: The present versions of records that are owed and not withdrawn.
            cause: Who decided, and when.
        """
        plan = _Plan()
        ids = [change.record_id for change in changes]
        held, owed = held_versions(connection, ids), owed_places(connection, ids)
        standings = self._standings(connection, changes, cause)
        early = self._before_start(connection, changes, held)
        for change in changes:
            now = standings.get(change.record_id, Standing())
            taken = self._taken(change, held)
            publishing = self._publishing(change.kind)
            for platform in self._places(change, held):
                place = (change.record_id, platform)
                if platform not in publishing or place in early:
                    continue
                if platform not in taken and place not in held:
                    continue
                if platform not in taken:
                    # it went there once: what a decision ends must end there too
                    plan.holdings.append(unwanted_row(place, Operation.TAKE_DOWN, cause))
                    if now.stopped is not None:
                        plan.stopped[change.record_id] = now
                    continue
                plan.holdings.append(self._row_at(change, platform, now, cause))
                opened = None
                if now.stopped is not None:
                    plan.stopped[change.record_id] = now
                elif place not in owed:
                    opened = _first_report(taken[platform], change, local_date(cause.at))
                if opened is not None and opened.rule is not None:
                    plan.duties.append(Owed(*place, opened.rule, change.version, opened.starts_on))
        self._note_stopped(connection, plan, cause)
        open_duties(connection, plan.duties, self.counting, self.calendar, cause)
        shown = [row for row in plan.holdings if row["wanted_version"] is not None]
        platforms = sorted({row["platform"] for row in shown})
        reopen_waived(connection, [row["record_id"] for row in shown], cause, platforms)
        write_decided(connection, plan.holdings, cause)

    def plan_routes(
        self, connection: Connection, changes: Sequence[Change], cause: Cause
    ) -> list[Moved]:
        """Plan again where records go, after rules or switches changed and the records did not.

        Only what differs from before is written, also where an older version is planned than the
        present one. What goes to a platform no longer is taken back there at once, under no time
        limit: nothing was revoked.

        Args:
            connection: The transaction.
            changes: The present versions of records that are not withdrawn.
            cause: Who decided, and when.

        Returns:
            What differs.
        """
        plan = _Plan()
        ids = [change.record_id for change in changes]
        wanted, held = wanted_versions(connection, ids), held_versions(connection, ids)
        by_version = versions_owed(connection, ids)
        owed = {(record_id, platform) for record_id, platform, _ in by_version}
        owed |= adopted_places(connection, ids)
        standings = self._standings(connection, changes, cause)
        early = self._before_start(connection, changes, wanted)
        noted = noted_before_start(connection, ids)
        moved: list[Moved] = []
        for change in changes:
            exemption = exemption_of(change.kind, change.content, self.exemptions)
            plan.exempt[change.record_id] = exemption.id if exemption is not None else None
            taken = self._taken(change, wanted) if exemption is None else {}
            now = standings.get(change.record_id, Standing())
            publishing = self._publishing(change.kind)
            for platform in self._places(change, wanted):
                place = (change.record_id, platform)
                stopped = platform in publishing and now.stopped is not None
                goes = platform in taken and not stopped and place not in early
                same = wanted.get(place) == (change.version if goes else None)
                if same and (place in early) == (place in noted):
                    continue
                if not same:
                    moved.append(Moved(*place, goes))
                if place in early:
                    plan.holdings.append(self._early_row(change, platform, cause))
                    continue
                if not goes:
                    removal = removal_from(platform, publishing)
                    plan.holdings.append(unwanted_row(place, removal, cause))
                    continue
                plan.holdings.append(self._row_at(change, platform, now, cause))
                opened = None
                if (*place, change.version) not in by_version:
                    opened = self._opened(taken, change, place, held, owed, cause)
                if opened is not None and opened.rule is not None:
                    plan.duties.append(Owed(*place, opened.rule, change.version, opened.starts_on))
        open_duties(connection, plan.duties, self.counting, self.calendar, cause)
        note_exemptions(connection, plan.exempt)
        for platform in sorted({one.platform for one in moved if one.goes}):
            again = [one.record_id for one in moved if one.goes and one.platform == platform]
            reopen_waived(connection, again, cause, [platform])
        write_decided(connection, plan.holdings, cause)
        return moved

    def plan_tables(
        self, connection: Connection, platform: str, changes: Sequence[Change], cause: Cause
    ) -> list[Refitted]:
        """Plan again what ``platform`` should hold, after format tables changed.

        The records did not change: what the platform holds already is not sent once more. Whatever
        else comes out differently is written; every holding is noted as planned by these tables.
        What should not be held any more stays as it is: whoever takes it down notes why.

        Args:
            connection: The transaction.
            platform: Which platform.
            changes: The present versions of records, planned for it as such.
            cause: Who changed the tables, or what noticed it.

        Returns:
            What differs.
        """
        standings = self._standings(connection, changes, cause)
        before = planned_rows(connection, platform, [change.record_id for change in changes])
        rows, found = [], []
        for change in changes:
            row = self._row_at(change, platform, standings.get(change.record_id, Standing()), cause)
            planned = before[change.record_id]
            if row["wanted_version"] != planned["wanted_version"]:
                continue
            if all(row[name] == planned[name] for name in BY_TABLES):
                row["updated_at"] = planned["updated_at"]
            else:
                fits = not row["findings"]
                found.append(Refitted(change.record_id, platform, fits=fits))
            rows.append(row)
        write_holdings(connection, rows, cause)
        replan(connection, [(one.record_id, one.platform) for one in found], cause)
        return found

    def plan_reviews(
        self, connection: Connection, changes: Sequence[Change], cause: Cause
    ) -> list[Reviewed]:
        """Plan again what waits for a second person, after that changed and the records did not.

        Somebody approved a version or returned it, or a kind is to be reviewed that was not, or no
        longer. What a platform holds, or may come to hold, stays as it is.

        Args:
            connection: The transaction.
            changes: The present versions of records.
            cause: Who decided, and when.

        Returns:
            What differs.
        """
        standings = self._standings(connection, changes, cause)
        planned = findings_planned(connection, [change.record_id for change in changes])
        rows, found = [], []
        for change in changes:
            now = standings.get(change.record_id, Standing())
            for platform, version, before in planned.get(change.record_id, ()):
                if version != change.version:
                    continue
                row = self._row_at(change, platform, now, cause)
                if row["wanted_version"] != version or (
                    of_reviews(row["findings"]) == of_reviews(before)
                ):
                    continue
                rows.append(row)
                waits = bool(of_reviews(row["findings"]))
                found.append(Reviewed(change.record_id, platform, waits=waits))
        write(connection, rows, cause)
        return found

    def rows_at(
        self, connection: Connection, change: Change, platforms: Sequence[str], cause: Cause
    ) -> list[dict[str, Any]]:
        """Return the holdings of ``platforms`` that were planned for, as they should be now."""
        now = self._standings(connection, [change], cause).get(change.record_id, Standing())
        exempt = exemption_of(change.kind, change.content, self.exemptions) is not None
        planned = {(change.record_id, platform) for platform in platforms}
        taken = {} if exempt else self._taken(change, planned)
        publishing = self._publishing(change.kind)
        early = self._before_start(connection, [change], planned)
        return [
            self._early_row(change, platform, cause)
            if (change.record_id, platform) in early
            else self._row_at(change, platform, now, cause)
            if platform in taken
            else unwanted_row(
                (change.record_id, platform), removal_from(platform, publishing), cause
            )
            for platform in platforms
        ]

    def plan_adopted(
        self, connection: Connection, platform: str, changes: Sequence[Change], cause: Cause
    ) -> None:
        """Plan what ``platform`` should hold from now on of records that it was found to hold.

        What it holds and should hold is sent no second time; what it should not show is taken down.

        Args:
            connection: The transaction, in which they are noted as held already.
            platform: Which platform.
            changes: The present versions of records that are not withdrawn.
            cause: Who took them over, and when.
        """
        plan = _Plan()
        standings = self._standings(connection, changes, cause)
        for change in changes:
            place = (change.record_id, platform)
            exempt = exemption_of(change.kind, change.content, self.exemptions) is not None
            publishing = self._publishing(change.kind)
            if exempt or platform not in self._taken(change, {place}):
                removal = removal_from(platform, publishing)
                plan.holdings.append(unwanted_row(place, removal, cause))
                continue
            now = standings.get(change.record_id, Standing())
            plan.holdings.append(self._row_at(change, platform, now, cause))
            if platform in publishing and now.stopped is not None:
                plan.stopped[change.record_id] = now
        self._note_stopped(connection, plan, cause)
        write(connection, plan.holdings, cause)

    def owe_first(
        self, connection: Connection, platform: str, changes: Sequence[Change], cause: Cause
    ) -> None:
        """Open the first report to ``platform`` where none was ever noted.

        What was taken over as held has none: it is owed once that turns out to be a mistake.

        Args:
            connection: The transaction, in which they are noted as held no more.
            platform: Which platform.
            changes: The present versions of records that it should hold.
            cause: Who found the mistake, and when.
        """
        owed = owed_places(connection, [change.record_id for change in changes])
        found = []
        for change in changes:
            place = (change.record_id, platform)
            route = self._taken(change, {place}).get(platform)
            if route is None or place in owed:
                continue
            opened = _first_report(route, change, local_date(cause.at))
            if opened is not None and opened.rule is not None:
                found.append(Owed(*place, opened.rule, change.version, opened.starts_on))
        open_duties(connection, found, self.counting, self.calendar, cause)

    def _plan_one(
        self,
        plan: _Plan,
        change: Change,
        held: Mapping[Place, int | None],
        owed: set[Place],
        standings: Mapping[str, Standing],
        early: set[Place],
        cause: Cause,
    ) -> None:
        exemption = exemption_of(change.kind, change.content, self.exemptions)
        plan.exempt[change.record_id] = exemption.id if exemption is not None else None
        taken = self._taken(change, held) if exemption is None else {}
        plan.unreported.before_start += change.valid and any(
            (change.record_id, platform) in early for platform in taken
        )
        # a row with errors is counted as one, whatever it would be owed
        if not taken and change.valid and not kind_of(change.kind).incoming:
            anywhere = open_routes(change.kind, self.switches.get(change.kind))
            owed_here = exemption is None and bool(chosen_routes(anywhere, change.content))
            plan.unreported.unclaimed += owed_here
            plan.unreported.not_owed += not owed_here
        now = standings.get(change.record_id, Standing())
        publishing = self._publishing(change.kind)
        for platform in self._places(change, held):
            place = (change.record_id, platform)
            if place in early:
                plan.holdings.append(self._early_row(change, platform, cause))
                continue
            if platform in taken:
                plan.holdings.append(self._row_at(change, platform, now, cause))
            elif place in held:
                # it was owed before this version and is not any more
                plan.holdings.append(unwanted_row(place, removal_from(platform, publishing), cause))
            else:
                continue
            if platform in taken and platform in publishing and now.stopped is not None:
                # what must not be shown is not owed to whoever shows it
                plan.stopped[change.record_id] = now
                continue
            opened = self._opened(taken, change, place, held, owed, cause)
            if opened is not None and opened.rule is not None:
                plan.duties.append(Owed(*place, opened.rule, change.version, opened.starts_on))

    def _places(self, change: Change, planned: Collection[Place]) -> list[str]:
        """Return the platforms of which a record is planned: connected, or planned for already.

        Those whose route is switched off are among them: one may hold what it got before.
        """
        return [
            platform
            for platform in dict.fromkeys(one.platform for one in routes_of(change.kind))
            if (platform in self.platforms or (change.record_id, platform) in planned)
            and (self.only is None or platform in self.only)
        ]

    def _taken(self, change: Change, planned: Collection[Place]) -> dict[str, Route]:
        """Return platform → the row that a record takes, of :meth:`_places`."""
        places = self._places(change, planned)
        routes = routes_for(change.kind, places, self.switches.get(change.kind))
        return chosen_routes(routes, change.content)

    def _before_start(
        self, connection: Connection, changes: Sequence[Change], planned: Collection[Place]
    ) -> set[Place]:
        """Return the places that nobody owes: decided before the hub reported there."""
        if not self.starts.any:
            return set()
        owed = [
            (change, self._taken(change, planned))
            for change in changes
            if exemption_of(change.kind, change.content, self.exemptions) is None
        ]
        return places_before_start(connection, self.starts, owed)

    def _early_row(self, change: Change, platform: str, cause: Cause) -> dict[str, Any]:
        """Return the holding of what nobody owes; by its key it is found should it be held."""
        key = self.wanted_row(change, platform, cause)["wanted_key"]
        nothing = unwanted_row((change.record_id, platform), Operation.WITHDRAW, cause)
        return nothing | {"wanted_key": key, "before_start": True}

    def _opened(
        self,
        taken: Mapping[str, Route],
        change: Change,
        place: Place,
        held: Mapping[Place, int | None],
        owed: set[Place],
        cause: Cause,
    ) -> "_Occasion | None":
        """Return what a new version opens at a platform: a first report, or a correction."""
        platform, today = place[1], local_date(cause.at)
        if platform in taken and place not in owed:
            first = _first_report(taken[platform], change, today)
            if first is not None:
                return first
        if held.get(place) in (None, change.version):
            return None
        # the platform holds it already: a correction has a time limit of its own
        return _Occasion(self.change_rules(change.kind, change.content).get(platform), today)

    def doubtful(self, change: Change, cause: Cause) -> list[Finding]:
        """Return what a person must look at in a record before it is shown anywhere."""
        routes = open_routes(change.kind, self.switches.get(change.kind))
        taken = chosen_routes(routes, change.content)
        places = sorted(set(taken) & self._publishing(change.kind))
        found = [one for platform in places for one in self._doubtful(change, platform)]
        today = local_date(cause.at)
        now = standing(change.kind, change.content, change.decided_on, Facts(), today)
        found += [past_bound(change.kind)] if places and now.past_bound else []
        return list({one.field: one for one in found}.values())

    def _doubtful(self, change: Change, platform: str) -> Iterator[Finding]:
        table = self.formats.of(platform, change.kind).table
        shown = dict.fromkeys(
            one.source_path
            for one in table.fields
            if one.source_path is not None and one.type in ("text", "long_text")
        )
        return doubtful_fields(change.kind, change.content, shown)

    def _standings(
        self, connection: Connection, changes: Sequence[Change], cause: Cause
    ) -> dict[str, Standing]:
        """Return record → whether it may be shown and sent, of those that anybody asks it of."""
        shown = [change for change in changes if self._publishing(change.kind)]
        facts = facts_of(connection, [change.record_id for change in shown])
        today = local_date(cause.at)
        places: dict[str, list[str]] = {}
        for record_id, platform in may_hold(connection, [change.record_id for change in shown]):
            places.setdefault(record_id, []).append(platform)
        found = {
            change.record_id: standing(
                change.kind,
                change.content,
                change.decided_on,
                facts.get(change.record_id, Facts()),
                today,
                frozenset(places.get(change.record_id, ())),
            )
            for change in shown
        }
        reviewed = [change for change in changes if change.kind in self.reviewed]
        for record_id, one in reviews_of(connection, reviewed).items():
            found[record_id] = replace(found.get(record_id, Standing()), review=one)
        return found

    @staticmethod
    def _publishing(kind: str) -> frozenset[str]:
        """Return the platforms that show records of ``kind`` to everybody, connected or not."""
        return frozenset(one.platform for one in routes_of(kind) if one.publishes)

    def _note_stopped(self, connection: Connection, plan: _Plan, cause: Cause) -> None:
        """Note what was shown, or is repaired, as taken down: no import puts it up again."""
        noted = facts_of(connection, plan.stopped)
        shown = {record_id for record_id, _ in may_hold(connection, list(plan.stopped))}
        stops = [
            Stop(record_id, now.stopped, now.document, cause.reason or CHINESE[now.stopped])
            for record_id, now in plan.stopped.items()
            if now.stopped is not None
            and noted.get(record_id, Facts()).taken_down is None
            and (now.stopped is Why.REPAIRED or record_id in shown)
        ]
        note_stops(connection, stops, cause)

    def _row_at(self, change: Change, platform: str, now: Standing, cause: Cause) -> dict[str, Any]:
        """Return the holding of a platform that takes the record."""
        row = self._row_if_approved(change, platform, now, cause)
        if row["wanted_version"] is not None and not row["findings"]:
            # what is wrong is put right first: nobody is asked to approve it
            row["findings"] = [asdict(one) for one in now.review.at(platform)]
        return row

    def _row_if_approved(
        self, change: Change, platform: str, now: Standing, cause: Cause
    ) -> dict[str, Any]:
        publishing = self._publishing(change.kind)
        if platform not in publishing:
            return self.wanted_row(change, platform, cause)
        if now.stopped is not None:
            return unwanted_row((change.record_id, platform), Operation.TAKE_DOWN, cause)
        row = self.wanted_row(change, platform, cause)
        doubts: list[Finding] = []
        if self.formats.is_sound(platform, change.kind):
            doubts += self._doubtful(change, platform)
        if now.past_bound and platform not in now.shown_at:
            doubts.append(past_bound(change.kind))
        row["findings"] += [asdict(one) for one in doubts if not now.allows(one, change.content)]
        return row | {"removal": Operation.TAKE_DOWN.value, "shown_until": now.until}

    @staticmethod
    def change_rules(kind: str, content: Mapping[str, str]) -> dict[str, str]:
        """Return platform → rule on changing or taking back what it holds, where there is one.

        Also of platforms that the record no longer goes to: they may hold it all the same.
        """
        rows = routes_of(kind)
        # one whose conditions it does not fulfil any more took it under some row: under the last
        last = {row.platform: row for row in rows}
        return {
            platform: row.change_rule
            for platform, row in (last | chosen_routes(rows, content)).items()
            if row.change_rule is not None
        }

    def wanted_row(self, change: Change, platform: str, cause: Cause) -> dict[str, Any]:
        """Return the values of the holding by which ``platform`` should hold a new version."""
        compiled: CompiledFormat | None = None
        key, stored = None, []
        try:
            compiled = self.formats.of(platform, change.kind)
        except SettingsError as error:
            # it is owed all the same, and planned again once somebody has mended the table
            stored = [
                {"field": "", "code": NO_TABLE, "severity": "error", "message": error.message}
            ]
        else:
            rendering = compiled.render(identified(change.record_id, change.content))
            stored = [asdict(finding) for finding in rendering.findings]
            if rendering.values is not None:
                key = compiled.key_of(rendering.values)
        if not change.valid:
            stored.insert(
                0, {"field": "", "code": "invalid", "severity": "error", "message": INVALID}
            )
        return {
            "record_id": change.record_id,
            "platform": platform,
            "wanted_version": change.version,
            "wanted_key": key,
            "findings": stored,
            "replaces": (platform, change.kind) in self.replacing,
            "removal": Operation.WITHDRAW.value,
            "shown_until": None,
            "leaves_key": None if compiled is None else bool(compiled.table.void),
            "format_digest": None if compiled is None else compiled.digest,
            "before_start": False,
            "updated_at": cause.at,
        }


@dataclass(frozen=True, slots=True)
class _Occasion:
    """What opens a duty: a rule, if there is a time limit, and the day its clock starts."""

    rule: str | None
    starts_on: date


def _first_report(route: Route, change: Change, today: date) -> _Occasion | None:
    if route.rule is not None and rule(route.rule).opens_on is OpensOn.RECORDED:
        return _Occasion(route.rule, today)
    return None if change.decided_on is None else _Occasion(route.rule, change.decided_on)
