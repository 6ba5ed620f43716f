"""The story of a quarter (2026-10-01 … 2026-12-31): what the offices decide, and what befalls it.

Plain data, made from a seed. Nobody here knows what the program makes of it: the stage plays the
story, and the book-keeper works out what must be true.
"""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

BEGINS, ENDS = date(2026, 10, 8), date(2026, 12, 31)
SITE_STARTS = date(2026, 10, 26)
"""Decisions from here on are owed to the county site through the hub …"""
SITE_CONNECTED = date(2026, 11, 2)
"""… which is connected on this Monday; until then a clerk types some of them into the site."""
OUTAGE = (date(2026, 11, 17), date(2026, 11, 20))
"""信用·山东 stands still from the first morning to the second; three working days are lost."""
CALENDAR_COMES = date(2026, 12, 29)
"""The notice on the holidays of 2027 is imported, long after decisions needed it."""
CUT_OFF = date(2026, 11, 25)
"""The ledger of permits breaks off in the middle."""

SOURCE_LISTS = (date(2026, 10, 30), date(2026, 11, 30), date(2026, 12, 31))
"""On these days the case system's list of the month's permits is compared with the hub."""

OFFICES = {
    "permit": "审批服务科",
    "penalty": "执法监察大队",
    "operator": "运输管理服务中心",
    "driver_assessment": "运输管理服务中心",
    "safety_info": "安全和运输管理科",
    "commitment": "政策法规科",
    "list_entry": "政策法规科",
}
"""Kind → which office keeps it."""

HOLIDAYS = {date(2026, 10, day) for day in range(1, 8)} | {date(2026, 9, 25)}
MADE_UP = {date(2026, 9, 20), date(2026, 10, 10)}
OFF_2027 = {date(2027, 1, day) for day in (1, 2, 3)}
MADE_UP_2027 = {date(2027, 1, 9)}
NOTICE_2027 = """
number = "示例〔2026〕1号"
year = 2027
working = [2027-01-09]
[[off]]
name = "元旦"
from = 2027-01-01
to = 2027-01-03
"""


def works(day: date) -> bool:
    """Tell whether people work, by the notices on the holidays of 2026 and 2027."""
    if day in MADE_UP | MADE_UP_2027:
        return True
    return day.weekday() < 5 and day not in HOLIDAYS | OFF_2027


def working_days(begins: date, ends: date) -> list[date]:
    """Return the working days from ``begins`` to ``ends``, both included."""
    days = (begins + timedelta(one) for one in range((ends - begins).days + 1))
    return [day for day in days if works(day)]


def later(day: date, working: int) -> date:
    """Return the day so many working days after ``day``; nought: the next one that is one."""
    while not works(day):
        day += timedelta(1)
    while working:
        day += timedelta(1)
        working -= works(day)
    return day


@dataclass
class Case:
    """One record, and what becomes of it.

    Attributes:
        kind: Record kind.
        number: Document number, or what stands for it.
        decided: The day of the decision.
        imported: When its office hands it over; None: never.
        approved: When a second person approves what was imported; only penalties need that.
        person: About a natural person, and so never on the county site.
        safety: About safety at work, and so also owed to others or under another law.
        wrong: ``code``: our own checks find a wrong USCC; ``name``: the province knows no such
            firm. Empty: sound.
        mended: When the office hands over the mended row.
        mended_approved: When that is approved.
        changed: When a correction of what is held everywhere is handed over.
        changed_approved: When that is approved.
        withdrawn: When the decision is revoked.
        by_hand: When a clerk typed it into the county site, before the hub was connected to it.
        fault: What befalls the call that first takes it to 信用·山东.
        index: Running number within its kind.
    """

    kind: str
    number: str
    decided: date
    imported: date | None
    approved: date | None = None
    person: bool = False
    safety: bool = False
    wrong: str = ""
    mended: date | None = None
    mended_approved: date | None = None
    changed: date | None = None
    changed_approved: date | None = None
    withdrawn: date | None = None
    by_hand: date | None = None
    fault: str = ""
    index: int = 0

    @property
    def department(self) -> str:
        """Which office keeps it."""
        return OFFICES[self.kind]

    def version(self, day: date) -> str:
        """Return which of its versions was handed over last."""
        if self.changed is not None and self.changed <= day:
            return "changed"
        if self.mended is not None and self.mended <= day:
            return "mended"
        return "first"


@dataclass(frozen=True)
class Mischief:
    """What a platform does to its own book, found and settled by the bureau.

    Attributes:
        day: The morning on which it happens.
        platform: Where.
        what: ``stranger``: a record of nobody's appears; ``lost``: one of ours is gone;
            ``altered``: one of ours says something else.
        kind: Of the record.
        number: Of the record.
        found: The evening on which a ledger shows it.
        action: What a person does about it; empty: nothing.
        acted: When.
        closed: On which evening it is settled; None: it stays open.
    """

    day: date
    platform: str
    what: str
    kind: str
    number: str
    found: date
    action: str = ""
    acted: date | None = None
    closed: date | None = None


@dataclass
class File:
    """A file that an office hands over on one morning."""

    day: date
    kind: str
    rows: list[tuple[Case, str]] = field(default_factory=list)
    repeats: int = 0

    @property
    def read(self) -> int:
        """How many rows it has."""
        return len(self.rows) + self.repeats


@dataclass
class Story:
    """Everything that happens."""

    cases: list[Case]
    repeated_on: set[date]
    mischief: list[Mischief]

    def files(self, day: date) -> Iterator[File]:
        """Yield the files of one morning."""
        found: dict[str, File] = {}
        for case in self.cases:
            for version in ("first", "mended", "changed"):
                if _comes(case, version) == day:
                    file = found.setdefault(case.kind, File(day, case.kind))
                    file.rows.append((case, version))
        for file in found.values():
            file.repeats = int(day in self.repeated_on)
            yield file

    def approvals(self, day: date) -> list[Case]:
        """Return what a second person approves on one day."""
        return [
            case
            for case in self.cases
            if day in (case.approved, case.mended_approved, case.changed_approved)
        ]

    def withdrawals(self, day: date) -> list[Case]:
        """Return what is revoked on one day."""
        return [case for case in self.cases if case.withdrawn == day]


def _comes(case: Case, version: str) -> date | None:
    return {"first": case.imported, "mended": case.mended, "changed": case.changed}[version]


SIZES = {
    "permit": 80,
    "penalty": 60,
    "operator": 14,
    "driver_assessment": 10,
    "safety_info": 14,
    "commitment": 14,
    "list_entry": 8,
}
_NUMBERS = {
    "permit": "云交许〔2026〕{:04}号",
    "penalty": "云交罚〔2026〕{:04}号",
    "list_entry": "云交单〔2026〕{:04}号",
}
_LAGS = (0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 7, 9)
"""Working days from the decision to the import: some come too late."""


def make(seed: int) -> Story:
    """Return the story of one quarter."""
    chance = random.Random(seed)  # noqa: S311 - a story, not a secret
    days = working_days(BEGINS, ENDS)
    cases = [
        _case(chance, kind, index, days)
        for kind, size in SIZES.items()
        for index in range(1, size + 1)
    ]
    _trouble(chance, cases)
    return Story(cases, set(chance.sample(days, 12)), _mischief(chance, cases))


def _mischief(chance: random.Random, cases: list[Case]) -> list[Mischief]:
    quiet = [
        case
        for case in cases
        if _plain(case) and not case.person and case.imported and case.decided < OUTAGE[0]
    ]
    permit = chance.choice([case for case in quiet if case.kind == "permit"])
    penalty = chance.choice([case for case in quiet if case.kind == "penalty"])
    province, site = "credit_shandong", "county_site"
    return [
        Mischief(
            *(date(2026, 10, 21), province, "stranger", "permit", "外来〔2026〕1号"),
            *(date(2026, 10, 21), "accept-theirs", date(2026, 10, 23), date(2026, 10, 23)),
        ),
        # the ledger breaks off that very evening: it is found a week later
        Mischief(
            *(CUT_OFF, province, "lost", "permit", permit.number, date(2026, 12, 2)),
            *("resend", date(2026, 12, 3), date(2026, 12, 9)),
        ),
        Mischief(
            *(date(2026, 12, 9), province, "altered", "penalty", penalty.number),
            *(date(2026, 12, 9), "correct", date(2026, 12, 10), date(2026, 12, 16)),
        ),
        Mischief(
            *(date(2026, 12, 15), site, "stranger", "permit", "外来〔2026〕2号"),
            date(2026, 12, 15),
        ),
    ]


def _case(chance: random.Random, kind: str, index: int, days: list[date]) -> Case:
    # the first two of each kind are decided at either end of the quarter
    decided = {1: days[0], 2: date(2026, 12, 23), 3: date(2026, 12, 24)}.get(index)
    decided = decided or chance.choice(days)
    imported = later(decided, chance.choice(_LAGS))
    number = _NUMBERS.get(kind, kind + "{:04}").format(index)
    if kind == "commitment":
        number = f"370323{decided:%Y%m%d}{index:06}"
    case = Case(kind, number, decided, imported, index=index)
    if kind in ("permit", "penalty"):
        case.person = chance.random() < 0.2
    if kind == "penalty":
        case.approved = later(imported, chance.choice((0, 0, 1, 2, 3)))
        case.safety = chance.random() < 0.2
    if kind == "list_entry":
        case.safety = index % 2 == 0
    return case


FAULTS = (
    "timeout_after_commit",
    "duplicate_reported",
    "reset_mid_answer",
    "html_page",
    "late_receipts",
)


def _trouble(chance: random.Random, cases: list[Case]) -> None:
    """Let things go wrong, at most one thing with each record but the first three of a kind."""
    by_kind: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        by_kind[case.kind].append(case)
    for kind in ("permit", "penalty"):
        free = by_kind[kind][3:]
        chance.shuffle(free)
        _by_hand(chance, free)
        for case in [free.pop() for _ in range(8)]:
            case.wrong = ("code", "name")[case.index % 2]
            case.by_hand, case.person = None, False
            _mend(chance, case)
        for case in [free.pop() for _ in range(8)]:
            _change(chance, case)
        for case in [free.pop() for _ in range(4)]:
            day = max(_may_be_sent(case), SITE_CONNECTED)
            case.withdrawn = later(day, chance.choice((5, 8)))
        for fault in FAULTS:
            free.pop().fault = fault
    for case in [case for case in by_kind["permit"][3:] if _plain(case)][:3]:
        case.imported = None
    for kind in ("operator", "commitment"):
        for case in by_kind[kind][3:6]:
            _change(chance, case)


def _may_be_sent(case: Case) -> date:
    day = case.approved or case.imported
    assert day is not None
    return day


def _plain(case: Case) -> bool:
    special = (case.mended, case.changed, case.withdrawn, case.by_hand, case.fault or None)
    return not case.wrong and all(one is None for one in special)


def _by_hand(chance: random.Random, cases: list[Case]) -> None:
    for case in cases:
        known = _may_be_sent(case)
        if not case.person and known < SITE_CONNECTED and chance.random() < 0.6:
            case.by_hand = known


def _mend(chance: random.Random, case: Case) -> None:
    case.mended = later(_may_be_sent(case), chance.choice((2, 4, 7)))
    if case.kind == "penalty":
        if case.wrong == "code":
            case.approved = None  # nobody can approve what cannot be sent
        case.mended_approved = later(case.mended, chance.choice((0, 1)))


def _change(chance: random.Random, case: Case) -> None:
    # in any case after the outage and after the site was connected
    case.changed = later(max(_may_be_sent(case), SITE_CONNECTED), chance.choice((6, 9)))
    if case.kind == "penalty":
        case.changed_approved = later(case.changed, chance.choice((0, 1, 4)))
