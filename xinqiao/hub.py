"""The composition root: one workspace's database, calendar, platforms and services, put together.

Everything below is handed what it needs; nothing below knows the workspace.
"""

import hashlib
import os
import secrets
import socket
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal

import structlog
from sqlalchemy.engine import Connection as DatabaseConnection

from xinqiao import logs
from xinqiao.adapters.base import Connector, Probe
from xinqiao.adapters.policies import CorrectionStrategy
from xinqiao.anchoring.service import Anchoring
from xinqiao.clock import Clock, local_date
from xinqiao.config.workspace import Workspace
from xinqiao.connections import Connection, Connections, connect, read_connections
from xinqiao.database.dialect import database_time
from xinqiao.database.engine import Database
from xinqiao.errors import InputError, RefusedError, SettingsError
from xinqiao.feedback.instructing import Instructions
from xinqiao.going_live import GoingLive
from xinqiao.intake.applications import (
    Answering,
    Entered,
    EntryDesk,
    Objecting,
    Repairing,
)
from xinqiao.intake.behaviour_editions import (
    BehaviourImport,
    StoredEdition,
    behaviours_in_force,
    import_edition,
    stored_editions,
)
from xinqiao.intake.behaviour_files import read_behaviours
from xinqiao.intake.corrections import Wanted, Workbook, write_corrections
from xinqiao.intake.files.opening import read_file
from xinqiao.intake.headers import column_labels
from xinqiao.intake.importer import Importer
from xinqiao.mapping.registry import Formats
from xinqiao.opening import open_database, person
from xinqiao.passes import SyncReport, make_pass
from xinqiao.privacy.keys import KeyRing
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.queue import board, platforms
from xinqiao.queue.batches import open_under_another
from xinqiao.queue.calendars import CalendarImport, import_notice, recount
from xinqiao.queue.ending import END_PUBLICATIONS
from xinqiao.queue.explaining import Explanation, explain
from xinqiao.queue.incidents import open_incidents
from xinqiao.queue.jobs import run_if_due
from xinqiao.queue.lease import Lease
from xinqiao.queue.lookup import RecordSummary, find_record
from xinqiao.queue.moments import MomentRule
from xinqiao.queue.notices import StoredNotice, notices_in_force, stored_notices
from xinqiao.queue.objections import Objected, objections
from xinqiao.queue.outages import Noticed, Outage, OutageDesk, noticed, outages
from xinqiao.queue.planning.planner import Planner
from xinqiao.queue.platforms import Platform
from xinqiao.queue.publicity import Line, publicity
from xinqiao.queue.publishing import STILL_DOWN, Why
from xinqiao.queue.recalculation import MovedDuty
from xinqiao.queue.rerouting import (
    Refit,
    Rerouted,
    await_reviews,
    may_be_missed,
    may_go_unapproved,
    outdated,
    refit,
    reroute,
    take_over,
)
from xinqiao.queue.retry import Backoff
from xinqiao.queue.reviews import Reviews
from xinqiao.queue.showing import Desk
from xinqiao.queue.to_handle import ToHandle, to_handle
from xinqiao.queue.to_review import Present
from xinqiao.queue.transitions import Cause
from xinqiao.queue.withdrawal import Effect, Revocation, restore, withdraw
from xinqiao.queue.worker import Worker
from xinqiao.queue.workers import signs
from xinqiao.reconcile import standing
from xinqiao.reconcile.adoption.adopting import Adoption
from xinqiao.reconcile.differences.desk import DifferenceDesk
from xinqiao.reconcile.figures.selection import Since
from xinqiao.reconcile.figures.service import Figures
from xinqiao.reconcile.ledger_files.service import LedgerFiles
from xinqiao.reconcile.receipts import collect
from xinqiao.reconcile.report import PlatformReport, local_report, reconcile_platform
from xinqiao.reconcile.source.comparison import SourceLists
from xinqiao.reconcile.span import Span
from xinqiao.reconcile.window import Window, check_window
from xinqiao.records.kinds import KINDS
from xinqiao.routing.calendar import WorkingCalendar
from xinqiao.routing.deadlines import Counting
from xinqiao.routing.exemptions import exemptions, exemptions_in_force
from xinqiao.routing.notices import read_notice
from xinqiao.routing.platforms import platforms as known_platforms
from xinqiao.routing.routes import open_routes
from xinqiao.routing.starts import Starts, checked_starts
from xinqiao.routing.switches import checked_switches, kinds_to_review
from xinqiao.routing.thresholds import Thresholds, thresholds_at, working_days_after

_log = structlog.get_logger()


class Hub:
    """Everything one workspace can do.

    Args:
        workspace: Where it lives.
        clock: What time it is.
        actor: Who acts; the name of the person at the keyboard unless given.
    """

    def __init__(self, workspace: Workspace, clock: Clock | None = None, actor: str = "") -> None:
        """Keep what is given; the database and the keys are opened when first needed."""
        self.workspace = workspace
        self.settings = workspace.settings
        self.clock = clock or Clock()
        self.actor = actor or person()
        self._taken_over: set[str] = set()
        self._reviews_awaited = False
        logs.configure(self.settings.logging.level, workspace.var / "xinqiao.log")

    @cached_property
    def database(self) -> Database:
        """The database, checked to be the right one at the present schema."""
        return open_database(self.workspace)

    @cached_property
    def anchoring(self) -> Anchoring:
        """What makes anchors of the log, brings them to their places, and proves it by them."""
        return Anchoring(self.workspace, self.database, self.clock, self.actor)

    @cached_property
    def keys(self) -> KeyRing:
        """The workspace's keys."""
        return self.workspace.keys()

    @cached_property
    def calendar(self) -> WorkingCalendar:
        """The working-day calendar."""
        with self.database.reading() as connection:
            return WorkingCalendar(notices_in_force(connection))

    @property
    def counting(self) -> Counting:
        """Whether the decision day counts."""
        return Counting(self.settings.deadlines.counting)

    @cached_property
    def formats(self) -> Formats:
        """The format tables: the workspace's own above the shipped ones."""
        return Formats((self.workspace.tables,))

    @cached_property
    def connections(self) -> Connections:
        """Every file in ``platforms/``, sound or broken."""
        return read_connections(self.workspace, self.formats)

    @property
    def platforms(self) -> Mapping[str, Connection]:
        """Platform identifier → its file, for every sound file in ``platforms/``."""
        return self.connections.sound

    def title(self, platform: str) -> str:
        """Return the Chinese name of a platform; its identifier where its file is broken."""
        sound = self.platforms.get(platform)
        return platform if sound is None else sound.profile.name

    def moments(self) -> dict[str, MomentRule]:
        """Return platform → which moment counts as reported, of every sound file."""
        return {name: one.moment for name, one in self.platforms.items()}

    def outage_desk(self) -> OutageDesk:
        """Return where outages of platforms are recorded and revoked."""
        return OutageDesk(self.acting)

    def outages(self) -> tuple[list[Outage], list[Noticed]]:
        """Return the recorded outages, and when the hub itself could not use a platform."""
        with self.database.reading() as connection:
            now = database_time(connection, self.clock)
            return outages(connection), noticed(connection, now)

    @cached_property
    def instructions(self) -> Instructions:
        """What is done about what platforms say of single rows (退回怎么改)."""
        return Instructions(
            {
                name: self.platforms[name].shipped if name in self.platforms else name
                for name in self.connections.names
            },
            self.workspace.root / "tables" / "instructions",
            column_labels,
            lambda platform, kind: self.formats.of(platform, kind).table,
            self.title,
        )

    @cached_property
    def planner(self) -> Planner:
        """What plans duties, holdings and submissions."""
        return Planner(
            # a file that somebody is mending makes nothing that is owed go unnoticed
            self.connections.names,
            self.calendar,
            self.counting,
            exemptions_in_force(self.settings.exemptions),
            frozenset(
                (name, kind)
                for name, one in self.platforms.items()
                for kind, way in one.profile.corrections.items()
                if way is CorrectionStrategy.REPLACE
            ),
            self.switches,
            self.formats,
            starts=self.starts,
            reviewed=kinds_to_review(self.settings.review),
        )

    @property
    def starts(self) -> Starts:
        """Since when the bureau reports to each platform through this hub.

        Raises:
            SettingsError: ``xinqiao.toml`` names a platform that does not exist.
        """
        start = self.settings.start
        known = {*known_platforms(), *self.connections.names}
        return checked_starts(start.report_from, start.platforms, known)

    @property
    def switches(self) -> dict[str, dict[str, bool]]:
        """Kind → platform → whether it goes there, where that differs from the table of routes.

        Raises:
            SettingsError: ``xinqiao.toml`` names a kind or a platform that does not exist, or opens
                a route that the table forbids.
        """
        return checked_switches(self.settings.routes)

    def cause(self, reason: str = "") -> Cause:
        """Return the person at the keyboard as the cause of a change now."""
        return Cause(self.actor, self.clock.now(), reason)

    @contextmanager
    def acting(self, reason: str) -> Iterator[tuple[DatabaseConnection, Cause]]:
        """Give a write transaction, and the person at the keyboard as the cause of what it does.

        The instant is the database's: by its clock the work of all machines comes due.
        """
        with self.database.writing() as connection:
            yield connection, Cause(self.actor, database_time(connection, self.clock), reason)

    def adoption(self) -> Adoption:
        """Return the service that takes over what was reported before the hub was there."""
        return Adoption(self.worker, self.planner, self.acting)

    def going_live(self, platform: str) -> GoingLive:
        """Return what takes over the ledgers of one platform.

        Raises:
            InputError: The workspace has no such platform.
            SettingsError: Its file is broken.
        """
        (name,) = self.chosen(platform)
        self.take_over()
        connection = self.platforms[name]
        return GoingLive(
            self.adoption(), name, connection, partial(self.reached, name), self.unreachable(name)
        )

    def importer(self) -> Importer:
        """Return the service that reads files in."""
        folder = self.workspace.var / "findings"
        with self.database.reading() as connection:
            behaviours = behaviours_in_force(connection)
        return Importer(
            self.database, self.keys, self.clock, self.planner, folder, self.actor, behaviours
        )

    def figures(self) -> Figures:
        """Return the service that counts the figures by which reporting is graded (考核指标)."""
        start = self.settings.start
        since = Since(start.report_from, start.platforms)
        return Figures(self.database, self.clock, self.calendar, since, self.formats.of)

    def behaviour_editions(self) -> list[StoredEdition]:
        """Return every edition of the behaviour codes that was imported, oldest first."""
        with self.database.reading() as connection:
            return stored_editions(connection)

    def import_behaviours(
        self, path: Path, edition: str, reason: str, *, dry_run: bool = False
    ) -> BehaviourImport:
        """Put an edition of the behaviour codes in force.

        Args:
            path: The file.
            edition: Name of the edition.
            reason: Why; goes to the audit log.
            dry_run: Check the file and tell what would change, and keep nothing.

        Raises:
            InputError: The file cannot be used; nothing was changed.
        """
        read = read_behaviours(path, edition)
        digest = hashlib.sha256(read_file(path)).hexdigest()
        name = mask_identity_numbers(path.name)
        with self.acting(reason) as (connection, cause):
            done = import_edition(connection, read, name, digest, cause)
            if dry_run:
                connection.rollback()
        return done

    def chosen(self, platform: str | None) -> list[str]:
        """Return the platforms that a command is about: the one named, or all that are sound.

        Raises:
            InputError: The workspace has no such platform.
            SettingsError: The file of the one named is broken.
        """
        if platform is None:
            return list(self.platforms)
        (name,) = self.named(platform)
        self.connections.require(name)
        return [name]

    def named(self, platform: str | None) -> list[str]:
        """Return the platforms that a command is about whose file need not be sound.

        Raises:
            InputError: The workspace has no such platform.
        """
        names = sorted(self.connections.names)
        if platform is None:
            return names
        if platform not in names:
            known = "、".join(names) or "（还没有）"
            raise InputError(f"本工作区没有平台“{platform}”，已有：{known}")
        return [platform]

    def sync(self, platform: str | None = None) -> dict[str, SyncReport]:
        """Make one pass: deliver what is due, resolve what is in doubt, collect receipts."""
        names = self.chosen(platform)
        self.take_over()
        run_if_due(self.worker, END_PUBLICATIONS)
        broken = self._broken_among(platform, names)
        waiting = self._await_reviews()
        if len(names) == 1 and not broken:
            done = {name: self._sync_one(name) for name in names}
        else:
            done = {name: self._sync_among_others(name) for name in names}
        for name in names:
            if waiting[name]:
                done[name].remark(
                    f"已设报送前审核，{waiting[name]} 条待报送的改为等待审核：xinqiao review list"
                )
        return done | {name: SyncReport(note=one.message) for name, one in broken.items()}

    def reconcile(
        self,
        platform: str | None,
        start: date,
        end: date,
        *,
        ledgers: Literal["window", "new", "all"] = "window",
    ) -> dict[str, PlatformReport]:
        """Collect receipts, then compare each platform's ledger with ours, and count time limits.

        Args:
            platform: Only this one, or None for all.
            start: First day.
            end: Last day, included.
            ledgers: Which days of the ledgers are read: these, what is new since the last whole
                reading, or all.

        Raises:
            InputError: No such platform, or no such span of days.
        """
        window = check_window(start, end, self.clock.today())
        names = self.chosen(platform)
        self.take_over()
        broken = self._broken_among(platform, names)
        spans = {name: self._span(name, window, ledgers) for name in names}
        if len(names) == 1 and not broken:
            return {name: self._reconcile_one(name, window, spans[name]) for name in names}
        done = {name: self._reconcile_among_others(name, window, spans[name]) for name in names}
        return done | {name: self._unusable(name, window, one) for name, one in broken.items()}

    def _broken_among(
        self, platform: str | None, sound: Sequence[str]
    ) -> Mapping[str, SettingsError]:
        """Return the broken ones of the platforms that a command is about.

        Raises:
            SettingsError: There is only one platform, and it is broken: nothing can be done.
        """
        broken = {} if platform is not None else self.connections.broken
        if not sound and len(broken) == 1:
            raise next(iter(broken.values()))
        return broken

    def _unusable(self, name: str, window: Window, error: SettingsError) -> PlatformReport:
        report = local_report(self.database, name, window, self.clock.now())
        report.note = error.message
        return report

    def _span(self, name: str, window: Window, ledgers: str) -> Span:
        start = self.settings.start
        return Span(
            self.clock.today(),
            window if ledgers == "window" else None,
            ledgers == "all",
            start.platforms.get(name, start.report_from),
            self.settings.reconcile.overlap_days,
        )

    def _reconcile_among_others(self, name: str, window: Window, span: Span) -> PlatformReport:
        try:
            return self._reconcile_one(name, window, span)
        except SettingsError as error:
            _log.warning("platform.unusable", platform=name, code=error.code)
            return self._unusable(name, window, error)

    def _reconcile_one(self, name: str, window: Window, span: Span) -> PlatformReport:
        unreachable = self.unreachable(name)
        if unreachable:
            report = local_report(self.database, name, window, self.clock.now())
            report.note = f"{unreachable}，没有核对台账"
            return report
        spoken = self.platforms[name].profile.words.kinds
        kinds = [kind for kind in self.formats.of_platform(name) if kind in spoken]
        with self._connector(name) as connector:
            platform = self._platform(name, connector)
            collect(self.worker, platform)
            return reconcile_platform(self.worker, platform, kinds, window, span, self.cause())

    def differences(self) -> DifferenceDesk:
        """Return the service that lists differences, and at which a person acts on them."""
        return DifferenceDesk(self.database, self.keys, self.acting)

    def ledger_files(self, platform: str) -> LedgerFiles:
        """Return the service that compares ledgers which people downloaded from a platform.

        The platform is not called: neither an address nor a confirmation is needed.

        Raises:
            InputError: The workspace has no such platform.
            SettingsError: Its file is broken.
        """
        (name,) = self.chosen(platform)
        connection = self.platforms[name]
        start = self.settings.start
        return LedgerFiles(
            self.worker,
            name,
            frozenset(connection.profile.words.kinds),
            connection.ledger_names,
            timedelta(seconds=connection.profile.capabilities.visible_after_seconds),
            connection.moment,
            start.platforms.get(name, start.report_from),
        )

    def source_lists(self) -> SourceLists:
        """Return the service that compares lists of the case system with the records."""
        return SourceLists(
            self.database,
            self.keys,
            self.clock,
            self.actor,
            self.calendar,
            self.counting,
            exemptions_in_force(self.settings.exemptions),
            self.switches,
            self.settings.start.report_from,
            self.settings.bureau.code,
        )

    def status(self) -> dict[str, dict[str, Any]]:
        """Return the board of every platform."""
        with self.database.reading() as connection:
            thresholds = self._thresholds(database_time(connection, self.clock))
            return {
                name: board.platform_board(connection, name, thresholds) | self._told_of(name)
                for name in sorted(self.connections.names)
            }

    def _told_of(self, name: str) -> dict[str, Any]:
        """Return what a platform's file tells for the board."""
        broken = self.connections.broken.get(name)
        if broken is not None:
            return {"confirmed": False, "name": name, "receipts": None, "broken": broken.message}
        profile = self.platforms[name].profile
        return {
            "confirmed": self.is_confirmed(name),
            "name": profile.name,
            "receipts": profile.receipts.mode.value,
            "broken": "",
        }

    def is_confirmed(self, platform: str) -> bool:
        """Tell whether real records may go to ``platform`` as it is configured now."""
        if self.settings.workspace.rehearsal:
            return True
        with self.database.reading() as connection:
            stands = platforms.standing(connection, platform)
        return stands.confirmed_digest == self.platforms[platform].digest

    def confirm(self, platform: str, reason: str) -> None:
        """Record that a person has checked the profile; lapses with any change of it.

        Raises:
            RefusedError: The workspace is a rehearsal, or the platform has no address.
        """
        (name,) = self.chosen(platform)
        if self.settings.workspace.rehearsal:
            raise RefusedError("演练工作区只连接模拟平台，无须也不能确认；正式报送请另建工作区")
        self.platforms[name].require_address()
        with self.acting(reason) as (connection, cause):
            platforms.confirm(connection, name, self.platforms[name].digest, cause)

    def under_another_profile(self, platform: str) -> int:
        """Return how many batches are under way that were sent as the profile said before.

        That they are not found as it says now proves nothing: a person is asked about them.
        """
        (name,) = self.chosen(platform)
        with self.database.reading() as connection:
            return open_under_another(connection, name, self.platforms[name].way)

    def set_paused(self, platform: str, reason: str, *, paused: bool) -> bool:
        """Stop all calls to a platform, or allow them, also one that rests after failures.

        Returns:
            Whether that changed anything; where it did not, nothing is noted.
        """
        (name,) = self.named(platform)
        with self.acting(reason) as (connection, cause):
            stands = platforms.standing(connection, name)
            if paused and stands.paused_at is None:
                platforms.pause(connection, name, cause)
                return True
            troubled = stands.hindered(cause.at) or open_incidents(connection, name)
            if not paused and troubled:
                platforms.resume(connection, name, cause)
                return True
        return False

    def check(self, platform: str) -> Probe:
        """Reach a platform without sending a record."""
        (name,) = self.chosen(platform)
        with self._connector(name) as connector:
            probe = connector.probe()
        if probe.ok:
            # it answers: what was wrong with it is over, without waiting for something to send
            with self.acting("") as (connection, cause):
                platforms.note_success(connection, name, cause)
        return probe

    def notices(self) -> list[StoredNotice]:
        """Return every notice on holidays that was imported, oldest first."""
        with self.database.reading() as connection:
            return stored_notices(connection)

    def import_calendar(self, path: Path, reason: str, *, dry_run: bool = False) -> CalendarImport:
        """Put a notice on holidays in force and count open duties anew.

        Args:
            path: The file.
            reason: Why; goes to the audit log.
            dry_run: Tell what would move, and keep nothing.

        Raises:
            InputError: The file cannot be used; nothing was changed.
        """
        content = read_file(path)
        notice = read_notice(content, path.name)
        digest = hashlib.sha256(content).hexdigest()
        with self.acting(reason) as (connection, cause):
            done = import_notice(connection, notice, path.name, digest, cause)
            if dry_run:
                connection.rollback()
        for name in ("calendar", "planner"):
            self.__dict__.pop(name, None)  # the next look counts by the new one
        return done

    def recount(self, reason: str) -> list[MovedDuty]:
        """Count open duties by the calendar in force, such as after the program was upgraded."""
        with self.acting(reason) as (connection, cause):
            return recount(connection, cause)

    def find_record(self, text: str) -> RecordSummary:
        """Return the record that a person names by 记录标识 or document number.

        Raises:
            InputError: None or several fit; several are listed.
        """
        with self.database.reading() as connection:
            return find_record(connection, text)

    def withdraw(self, record_id: str, revocation: Revocation, reason: str) -> list[Effect]:
        """Record that a decision was revoked; return what follows at each platform.

        Raises:
            RefusedError: It is withdrawn already.
            InputError: The date of the revocation cannot be.
        """
        with self.acting(reason) as (connection, cause):
            return withdraw(connection, self.planner, record_id, revocation, cause)

    def restore(self, record_id: str, reason: str) -> None:
        """Undo a withdrawal that no platform was told of.

        Raises:
            RefusedError: It is not withdrawn, or a platform was told already.
        """
        with self.acting(reason) as (connection, cause):
            restore(connection, self.planner, record_id, self.keys, cause)

    @contextmanager
    def deciding(self, reason: str) -> Iterator[Desk]:
        """Give a desk at which the person at the keyboard decides about showing records."""
        with self.acting(reason) as (connection, cause):
            yield Desk(connection, self.planner, self.keys, cause)

    def publicity(self) -> list[Line]:
        """Return what is shown to the public, until when, and what waits for a person."""
        with self.database.reading() as connection:
            today = local_date(database_time(connection, self.clock))
            days = self.settings.deadlines.due_soon_working_days
            return publicity(connection, today, working_days_after(today, days, self.calendar))

    def left_down(self) -> list[str]:
        """Return the records that a repair took down of which none says any more that they are."""
        return sorted(
            {
                one.record
                for one in self.publicity()
                if STILL_DOWN in one.warnings and one.why == Why.REPAIRED
            }
        )

    def objections(self, *, handled: bool) -> list[Objected]:
        """Return the objections that are under way, or all of them, the most urgent first."""
        with self.database.reading() as connection:
            now = database_time(connection, self.clock)
            return objections(connection, now, handled=handled)

    def to_handle(self) -> list[ToHandle]:
        """Return what waits for the bureau itself, the most urgent first."""
        with self.database.reading() as connection:
            return to_handle(connection, self._thresholds(database_time(connection, self.clock)))

    def handling(self) -> dict[str, Any]:
        """Return the figures of what the bureau must handle itself (本单位办理)."""
        with self.database.reading() as connection:
            thresholds = self._thresholds(database_time(connection, self.clock))
            return board.handling_board(connection, thresholds)

    def repair(self, record_id: str, repair: Repairing, reason: str) -> Entered:
        """Record that a record was repaired; it is shown no more, and the repair is reported.

        Raises:
            InputError: What the repair says is wrong.
            RefusedError: The record cannot be repaired, or this repair is recorded already.
        """
        with self._entering(reason) as desk:
            return desk.repair(record_id, repair)

    def open_objection(self, record_id: str, objection: Objecting, reason: str) -> Entered:
        """Record an objection; the clock for its answer starts.

        Raises:
            InputError: What the objection says is wrong.
            RefusedError: There is one of that number already, or of that day and content.
        """
        with self._entering(reason or objection.content) as desk:
            return desk.open_objection(record_id, objection)

    def close_objection(self, number: str, answer: Answering, reason: str) -> Entered:
        """Record what came of an objection; once the applicant was told, the clock stops.

        Raises:
            InputError: There is no such objection, or what is said of it is wrong.
            RefusedError: Nothing is new.
        """
        with self._entering(reason or answer.result) as desk:
            return desk.close_objection(number, answer)

    def reopen_objection(self, number: str, reason: str) -> Entered:
        """Take back what came of an objection that was closed by mistake; its clock goes on.

        Raises:
            InputError: There is no such objection.
            RefusedError: It is not closed.
        """
        with self._entering(reason) as desk:
            return desk.reopen_objection(number)

    @contextmanager
    def _entering(self, reason: str) -> Iterator[EntryDesk]:
        with self.acting(reason) as (connection, cause):
            yield EntryDesk(connection, self.planner, self.keys, cause)

    def explain_routes(self, record_id: str) -> Explanation:
        """Return why a record goes where it goes, and why nowhere else."""
        with self.database.reading() as connection:
            return explain(connection, self.planner, self.keys, record_id, self.clock.today())

    def reviews(self, reason: str = "") -> Reviews:
        """Return the service by which a second person says what may be sent (审核).

        Args:
            reason: Why something is approved or returned; goes to the audit log.
        """
        return Reviews(
            self.database, self.keys, self.planner, lambda: self.acting(reason), self._present
        )

    def _present(self, connection: DatabaseConnection) -> Present:
        now = database_time(connection, self.clock)
        return Present(now, self._thresholds(now).due_soon_at, self.calendar)

    def apply_routes(self, reason: str, *, dry_run: bool = False) -> Rerouted:
        """Plan again what routes, switches and exemptions (不报送规则) say otherwise than before.

        What was planned by format tables that were edited since is planned again too.

        Args:
            reason: Why; goes to the audit log.
            dry_run: Tell what would move, and keep nothing.
        """
        found = Refit()
        for name in sorted(self.connections.names):
            one = refit(lambda: self.acting(reason), self.planner, self.keys, name, dry_run=dry_run)
            found.fitting += one.fitting
            found.unfit += one.unfit
        done = reroute(lambda: self.acting(reason), self.planner, self.keys, dry_run=dry_run)
        done.by_tables = found
        return done

    def take_over(self, reason: str = "平台接入前已导入的记录") -> int:
        """Plan what was imported before a platform's file was there, once for these files.

        What was planned by format tables that were edited since is planned again.

        Returns:
            How many records that concerned.
        """
        taken = 0
        planner = self.planner  # settings that are wrong stop whatever plans by them
        for name in sorted(self.connections.names - self._taken_over):
            with self.database.reading() as connection:
                missed = may_be_missed(connection, self.planner, name)
            if missed:
                planned = take_over(lambda: self.acting(reason), planner, self.keys, name)
                _log.info("platform.taken_over", platform=name, records=planned)
                taken += planned
            self.refit(name)
            self._taken_over.add(name)
        return taken

    def refit(self, platform: str) -> None:
        """Plan again what was planned for ``platform`` by other format tables than those now."""
        done = refit(lambda: self.acting("格式表有改动"), self.planner, self.keys, platform)
        fitting, unfit = done.fitting[platform], done.unfit[platform]
        if fitting or unfit:
            _log.info("platform.refitted", platform=platform, fitting=fitting, unfit=unfit)

    def outdated(self, platform: str) -> int:
        """Return how many records were planned for it by other format tables than those now."""
        with self.database.reading() as connection:
            return outdated(connection, self.planner, platform)

    def unclaimed(self) -> int:
        """Return how many records are owed, but to no platform that the workspace has."""
        with self.database.reading() as connection:
            return board.unclaimed_records(
                connection,
                [one for one in KINDS if open_routes(one, self.switches.get(one))],
            )

    def standings(self, wanted: standing.Wanted) -> list[standing.Standing]:
        """Return what platforms say of our subjects beside what we say ourselves."""
        with self.database.reading() as connection:
            return standing.standings(connection, self.clock.today(), wanted)

    def corrections(self, wanted: Wanted, folder: Path | None = None) -> list[Workbook]:
        """Write workbooks of everything that must be corrected, one per department and kind.

        Args:
            wanted: Which corrections.
            folder: Where to; ``var/findings`` of the workspace unless given.

        Raises:
            SettingsError: The folder cannot be written to.
        """
        with self.database.reading() as connection:
            return write_corrections(
                connection,
                self.keys,
                self.instructions,
                wanted,
                folder or self.workspace.var / "findings",
                self.clock.now(),
            )

    def not_reported(self) -> list[dict[str, Any]]:
        """Return why records are owed to nobody, and how many each reason covers."""
        with self.database.reading() as connection:
            counted = board.exempt_records(connection)
        return [
            {
                "id": identifier,
                "title": exemptions()[identifier].title,
                "basis": exemptions()[identifier].basis,
                "records": count,
            }
            for identifier, count in counted.items()
        ]

    def _sync_among_others(self, name: str) -> SyncReport:
        """Make a pass over one of several platforms: what is wrong with it stops no other."""
        try:
            return self._sync_one(name)
        except SettingsError as error:
            _log.warning("platform.unusable", platform=name, code=error.code)
            return SyncReport(note=error.message)

    def _sync_one(self, name: str) -> SyncReport:
        unreachable = self.unreachable(name)
        if unreachable:
            return SyncReport(note=f"{unreachable}，未报送")
        with self.reached(name) as platform:
            return make_pass(self.worker, platform)

    def unreachable(self, name: str) -> str:
        """Return why a platform must not be called at all, in Chinese; empty when it may be."""
        if not self.platforms[name].connected:
            return f"还没有填写接口地址（platforms/{name}.toml）"
        if not self.is_confirmed(name):
            return "档案未经确认或确认后有改动（核对后执行 xinqiao platforms confirm）"
        return ""

    @cached_property
    def worker(self) -> Worker:
        """This very process as a worker of the queue."""
        delivery = self.settings.delivery
        name = f"{self.actor}@{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"
        return Worker(
            self.database,
            self.keys,
            self.clock,
            Lease(name, delivery.lease_seconds, delivery.deaths_before_hold),
            Backoff(delivery.backoff_first_seconds, delivery.backoff_longest_seconds),
            delivery.questions_before_hold,
            delivery.parallel_calls,
            formats=self.formats,
        )

    @contextmanager
    def reached(self, name: str) -> Iterator[Platform]:
        """Give the way to a platform as the queue sees it, closed at the end.

        Raises:
            SettingsError: Its address, a credential or the lease is wrong.
        """
        self._await_reviews()
        with self._connector(name) as connector:
            yield self._platform(name, connector)

    def _await_reviews(self) -> Counter[str]:
        """Let what is to be reviewed by these settings wait, before a platform is called.

        Returns:
            Platform → how many submissions wait from now on.
        """
        if self._reviews_awaited:
            return Counter()
        waiting = Counter[str]()
        with self.database.reading() as connection:
            some = may_go_unapproved(connection, self.planner)
        if some:
            waiting = await_reviews(lambda: self.acting("按设置须先审核"), self.planner, self.keys)
            _log.info("reviews.awaited", submissions=waiting.total())
        self._reviews_awaited = True
        return waiting

    def workers(self) -> list[dict[str, Any]]:
        """Return the processes that worked on the queue of late, the latest sign first."""
        with self.database.reading() as connection:
            now = database_time(connection, self.clock)
            return [
                {
                    "name": one.name,
                    "alive": one.alive(now),
                    "started_at": one.started_at.isoformat(),
                    "progress_at": one.progress_at.isoformat(),
                    "clock_offset": round(one.clock_offset, 1),
                    "stopped_at": one.stopped_at.isoformat() if one.stopped_at else None,
                }
                for one in signs(connection, now)
            ]

    def _connector(self, name: str) -> AbstractContextManager[Connector]:
        return connect(self.workspace, name, self.platforms[name], self.clock)

    def _platform(self, name: str, connector: Connector) -> Platform:
        lease_seconds = self.settings.delivery.lease_seconds
        return self.platforms[name].platform(name, connector, lease_seconds, self.calendar)

    def _thresholds(self, now: datetime) -> Thresholds:
        deadlines = self.settings.deadlines
        return thresholds_at(
            now, deadlines.due_soon_working_days, deadlines.slack_working_days, self.calendar
        )
