"""The book-keeper: works out by loops over lists what must be true on the evening of a day.

She reads the story and nothing of the program. Working days are counted one by one.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from tests.quarter import story
from tests.quarter.story import Case, Story

PROVINCE, SITE, TRANSPORT, SAFETY = (
    "credit_shandong",
    "county_site",
    "transport_credit",
    "safety_credit",
)
DAYS = {"D1": 7, "D2": 7, "D3": 3, "D4": 3, "D4a": 3, "D13": 7, "D13a": 7, "D14": 5, "D16": 7}
LEGAL = {"D1", "D2", "D3", "D4"}
EXTENDED = {"D1", "D4a", "D13", "D13a", "D14", "D16"}
"""Limits set by a document, not by a law, are extended by an outage of the platform."""
ON_CHANGE = {("penalty", PROVINCE): "D4", ("list_entry", PROVINCE): "D4", ("penalty", SITE): "D3"}
REQUIRED = {
    ("permit", PROVINCE): 16,
    ("permit", SITE): 12,
    ("penalty", PROVINCE): 18,
    ("penalty", SITE): 13,
    ("operator", TRANSPORT): 12,
    ("operator", SAFETY): 12,
    ("driver_assessment", TRANSPORT): 13,
    ("safety_info", SAFETY): 13,
    ("commitment", PROVINCE): 13,
    ("commitment", TRANSPORT): 16,
    ("list_entry", PROVINCE): 13,
    ("list_entry", TRANSPORT): 13,
    ("list_entry", SAFETY): 13,
}
"""Kind and platform → items that docs/formats calls 必填, counted by hand; all are filled."""

Key = tuple[str, str, str, str, str, str, bool]
"""Figure, platform, kind, department, month, way of counting, whether outages extend."""

Sums = dict[Key, tuple[int, int, int]]


def works(day: date, *, known: bool) -> bool:
    """Tell whether a day counts; ``known``: the notice on 2027 has come."""
    if day.year == 2027 and not known:
        return day.weekday() < 5
    return story.works(day)


@dataclass
class Duty:
    """What is owed to a platform for one report."""

    case: Case
    platform: str
    rule: str
    begins: date
    closed: str = ""
    reported: date | None = None

    def last(
        self, today: date, *, inclusive: bool, outages: bool, counted: date | None = None
    ) -> tuple[date, bool]:
        """Return the last day in time, as it is counted today, and whether that may move.

        ``counted`` is the day whose calendar is used, where that is not today's.
        """
        known = (counted or today) >= story.CALENDAR_COMES
        lost = set()
        if outages and self.platform == PROVINCE and self.rule in EXTENDED:
            lost = lost_days(today)
        day = self.begins if inclusive else self.begins + timedelta(1)
        left, guessed = DAYS[self.rule], False
        while True:
            guessed = guessed or (day.year == 2027 and not known)
            left -= works(day, known=known) and day not in lost
            if not left:
                return day, guessed
            day += timedelta(1)


def lost_days(today: date) -> set[date]:
    """Return the working days that the outage took, once it was recorded."""
    begins, ends = story.OUTAGE
    if today < ends:
        return set()
    days = {begins + timedelta(one) for one in range((ends - begins).days)}
    return {day for day in days if story.works(day)}


@dataclass
class Report:
    """What became of one record at one platform by one evening."""

    case: Case
    platform: str
    duty: Duty
    adopted: bool = False
    accepted: date | None = None
    wanted: bool = True
    sent: bool = False
    first: str = ""
    stored: bool = False
    changes: list[Duty] = field(default_factory=list)
    history: list[str] = field(default_factory=list)


def routes(case: Case) -> dict[str, str]:
    """Return platform → rule on the first report."""
    if case.kind in ("permit", "penalty"):
        at_site = "D2" if case.kind == "penalty" and case.safety else "D1"
        return {PROVINCE: "D1"} | ({} if case.person else {SITE: at_site})
    return {
        "operator": {TRANSPORT: "D13a", SAFETY: "D13a"},
        "driver_assessment": {TRANSPORT: "D13"},
        "safety_info": {SAFETY: "D14"},
        "commitment": {PROVINCE: "D16", TRANSPORT: "D13"},
        "list_entry": {PROVINCE: "D16", TRANSPORT: "D13"}
        | ({SAFETY: "D16"} if case.safety else {}),
    }[case.kind]


def arrives(platform: str, day: date) -> date:
    """Return when what may be sent on ``day`` reaches a platform."""
    if platform == SITE:
        return max(day, story.SITE_CONNECTED)
    begins, ends = story.OUTAGE
    return ends if platform == PROVINCE and begins <= day < ends else day


def versions(case: Case) -> list[tuple[str, date, date | None]]:
    """Return each version, when it was handed over, and when it may be sent."""
    reviewed = case.kind == "penalty"
    found: list[tuple[str, date, date | None]] = []
    if case.imported is not None:
        may = case.approved if reviewed else case.imported
        found.append(("first", case.imported, None if case.wrong == "code" else may))
    if case.mended is not None:
        found.append(("mended", case.mended, case.mended_approved if reviewed else case.mended))
    if case.changed is not None:
        found.append(("changed", case.changed, case.changed_approved if reviewed else case.changed))
    return found


def report(case: Case, platform: str, rule: str, today: date) -> Report | None:
    """Return what became of a record at a platform; None where nothing is owed there."""
    if case.imported is None or case.imported > today or not _reaches(case, platform, today):
        return None
    begins = case.imported if case.kind == "operator" else case.decided
    found = Report(case, platform, Duty(case, platform, rule, begins))
    told = [one for one in versions(case) if one[1] <= today]
    if platform == SITE and case.by_hand is not None:
        found.adopted, found.duty.closed = True, "adopted"
        found.accepted = story.SITE_CONNECTED - timedelta(1)
        told = [one for one in told if one[0] == "changed"]
    for number, (version, handed, may) in enumerate(told):
        if found.accepted is not None and found.accepted < handed:
            change = ON_CHANGE.get((case.kind, platform), "D4a")
            found.changes.append(Duty(case, platform, change, handed))
        at = None if may is None or may > today else arrives(platform, may)
        newer = [one[1] for one in told[number + 1 :]]
        if case.withdrawn is not None:
            newer.append(case.withdrawn)
        if at is not None and at <= today and not any(day <= at for day in newer):
            _receive(found, version, at)
    if case.withdrawn is not None and case.withdrawn <= today:
        _withdraw(found, case.withdrawn, today)
    return found


def _reaches(case: Case, platform: str, today: date) -> bool:
    """Tell whether a record concerns a platform at all yet."""
    if platform != SITE:
        return True
    ours = case.by_hand is not None or case.decided >= story.SITE_STARTS
    return ours and today >= story.SITE_CONNECTED


def _receive(found: Report, version: str, at: date) -> None:
    """Note that a version reached the platform."""
    case = found.case
    found.sent = True
    if found.platform == PROVINCE and version == "first" and case.wrong == "name":
        found.first = "rejected"
        return
    found.first = found.first or "accepted"
    found.stored = True
    if found.accepted is None:
        found.history.append("insert")
        found.accepted = at
        found.duty.closed, found.duty.reported = "accepted", at
    elif case.wrong == "name" and case.kind == "penalty":
        # the name is part of the key: the old one is taken away, the new one is another row
        found.history += ["withdraw", "insert"]
    else:
        found.history.append("update")
    for one in found.changes:
        if not one.closed:
            one.closed, one.reported = "accepted", at


def _withdraw(found: Report, day: date, today: date) -> None:
    case = found.case
    found.wanted = False
    if found.accepted is None:
        found.duty.closed = "waived"
        return
    rule = ON_CHANGE.get((case.kind, found.platform), "D4a")
    change = Duty(case, found.platform, rule, day)
    at = arrives(found.platform, day)
    if at <= today:
        change.closed, change.reported = "accepted", at
        # the province's permits have a status for it; everything else is taken away
        status = case.kind == "permit" and found.platform == PROVINCE
        found.history.append("update" if status else "withdraw")
    found.changes.append(change)


def reports(told: Story, today: date) -> Iterator[Report]:
    """Yield what became of everything by one evening."""
    for case in told.cases:
        for platform, rule in routes(case).items():
            found = report(case, platform, rule, today)
            if found is not None:
                _send_again(found, told, today)
                yield found


def _send_again(found: Report, told: Story, today: date) -> None:
    """Count what the platform lost as reported when it took it in once more.

    It had confirmed the record; but whoever grades us looks at the day on which it was taken in.
    """
    for one in told.mischief:
        ours = (one.platform, one.number) == (found.platform, found.case.number)
        if ours and one.action == "resend" and one.acted is not None and one.acted <= today:
            found.duty.reported = one.acted


def duties(told: Story, today: date) -> list[tuple[str, str, str, date, date, str, date | None]]:
    """Return everything that is or was owed, as it must be written down.

    A duty that is closed keeps the calendar by which it was judged.
    """
    found = []
    for one in reports(told, today):
        for duty in [*([] if one.adopted else [one.duty]), *one.changes]:
            closed = duty.reported if duty.closed == "accepted" else one.case.withdrawn
            last, _ = duty.last(
                today, inclusive=False, outages=True, counted=closed if duty.closed else None
            )
            found.append(
                (
                    *(one.case.number, one.platform, duty.rule, duty.begins, last),
                    *(duty.closed, duty.reported),
                )
            )
    return found


def histories(told: Story, today: date, platform: str) -> dict[str, list[str]]:
    """Return number → what must have taken effect at a platform."""
    found = {
        one.case.number: list(one.history)
        for one in reports(told, today)
        if one.platform == platform and one.history
    }
    for one in told.mischief:
        if one.platform != platform or one.day > today:
            continue
        if one.what == "lost":
            found[one.number] = []  # what it had is gone, until it was sent once more
        if one.acted is not None and one.acted <= today and one.action in ("resend", "correct"):
            found[one.number].append("insert" if one.what == "lost" else "update")
    return {number: operations for number, operations in found.items() if operations}


def differences(told: Story, today: date) -> list[tuple[str, str, str, str]]:
    """Return what must stand open between our book and others': where, kind, what, number."""
    words = {
        "stranger": "unknown_locally",
        "lost": "missing_at_platform",
        "altered": "different",
    }
    return [
        (one.platform, one.kind, words[one.what], one.number)
        for one in told.mischief
        if one.found <= today and (one.closed is None or today < one.closed)
    ] + [
        ("source", case.kind, "never_imported", case.number) for case in never_imported(told, today)
    ]


def never_imported(told: Story, today: date) -> list[Case]:
    """Return what the lists of the case system showed and nobody has handed over."""
    shown = [one for one in story.SOURCE_LISTS if one <= today]
    return [
        case
        for case in told.cases
        if case.kind == "permit"
        and any(day.replace(day=1) <= case.decided <= day and _absent(case, day) for day in shown)
        and _absent(case, today)
    ]


def _absent(case: Case, day: date) -> bool:
    return case.imported is None or case.imported > day


@dataclass
class Sheet:
    """A sheet of sums."""

    sums: dict[Key, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0]))

    def add(self, figure: str, case: Case, platform: str, day: date, *shares: int) -> None:
        """Add to a figure that has nothing to do with time."""
        self._add((figure, platform, case.kind, case.department, f"{day:%Y-%m}", "", True), shares)

    def add_timed(self, names: tuple[str, ...], duty: Duty, today: date) -> None:
        """Add to figures about a time limit, by every way of counting it."""
        case, month = duty.case, f"{duty.begins:%Y-%m}"
        for way in ("exclusive", "inclusive"):
            for outages in (True, False) if lost_days(today) else (True,):
                standing = stands(duty, today, way, outages=outages)
                for name in names:
                    key = (name, duty.platform, case.kind, case.department, month, way, outages)
                    self._add(key, _timed(name, standing))

    def _add(self, key: Key, shares: tuple[int, ...]) -> None:
        for place, share in enumerate(shares):
            self.sums[key][place] += share


def figures(told: Story, today: date) -> Sums:
    """Return every figure as it must be on one evening."""
    sheet = Sheet()
    for one in reports(told, today):
        for change in one.changes:
            if change.rule in LEGAL:
                sheet.add_timed(("changed_on_time",), change, today)
        if not one.adopted:
            _first_report(sheet, one, today)
    for case in never_imported(told, today):
        sheet.add("missing", case, "source", case.decided, 1, 1)
    morning = story.BEGINS
    while morning <= today:
        for file in told.files(morning):
            case = file.rows[0][0]
            sheet.add("repeated_in_files", case, "", morning, file.repeats, file.read)
        morning += timedelta(1)
    return {key: (above, below, maybe) for key, (above, below, maybe) in sheet.sums.items()}


def _first_report(sheet: Sheet, one: Report, today: date) -> None:
    duty, where = one.duty, (one.case, one.platform, one.duty.begins)
    if duty.rule in LEGAL and duty.closed != "waived":
        sheet.add_timed(("on_time", "late", "on_time_of_due", "concealed"), duty, today)
        sheet.add("missing", *where, int(duty.closed != "accepted"), 1)
    if one.first:
        sheet.add("compliance_first", *where, int(one.first == "accepted"), 1)
        sheet.add("compliance_final", *where, int(one.stored), 1)
    if one.sent:
        sheet.add("stored", *where, int(one.stored), 1)
        sheet.add("repeated", *where, 0, 1)
    if one.wanted:
        items = REQUIRED[one.case.kind, one.platform]
        sheet.add("completeness", *where, items, items)


def stands(duty: Duty, today: date, way: str, *, outages: bool) -> str:
    """Return how a duty stands: on time, late, overdue, open, or nobody knows yet."""
    last, guessed = duty.last(today, inclusive=way == "inclusive", outages=outages)
    if guessed:
        return "provisional"
    if duty.closed == "accepted":
        assert duty.reported is not None
        return "on time" if duty.reported <= last else "late"
    return "overdue" if last < today else "open"


def _timed(figure: str, standing: str) -> tuple[int, int, int]:
    if standing == "provisional":
        return 0, 0, 1
    above = {"late": "late", "concealed": "overdue"}.get(figure, "on time")
    below = ["on time", "late"]
    if figure in ("on_time_of_due", "concealed", "changed_on_time"):
        below.append("overdue")
    return int(standing == above), int(standing in below), 0
