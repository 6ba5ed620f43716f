"""The whole job on the platforms that have formats of their own, alone and all together.

The platform's own book is the judge, as in ``test_every_profile.py``, which proves the other
profiles on permits.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from io import BytesIO
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest
from PIL import Image

from tests.e2e import invented
from tests.e2e.bureau import Bureau, open_bureau
from tests.e2e.journey import WAYS
from tests.support import wait_until
from xinqiao.adapters.profile import SHIPPED
from xinqiao.audit.verification.chain import verify
from xinqiao.config.platform_files import known_platforms

Open = Callable[..., Bureau]
ALL = tuple(one.id for one in known_platforms())


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Open a bureau that reports to the platforms given."""
    with ExitStack() as running:
        yield partial(open_bureau, tmp_path / "ws", running=running)


def load(bureau: Bureau, platform: str) -> int:
    """Import three records that are owed to ``platform``; return how many."""
    match platform:
        case "transport_credit":
            bureau.load("operators", invented.OPERATORS, *map(invented.operator, (1, 2, 3)))
        case "safety_credit":
            bureau.load("safety", invented.SAFETY, *map(invented.safety, (1, 2, 3)))
        case _:
            bureau.load("permits", invented.PERMITS, *map(invented.permit, (1, 2, 3)))
    return 3


def prove_chain(bureau: Bureau) -> None:
    with bureau.hub.database.reading() as connection:
        assert verify(connection).ok


def page(bureau: Bureau, address: str) -> str:
    """Return a page of the county site as a person gets it."""
    with build_opener(ProxyHandler({})).open(
        f"{bureau.simulators['county_site'].base_url}/{address}", timeout=10
    ) as answer:
        text: str = answer.read().decode()
        return text


def test_every_shipped_profile_travels_here_or_there() -> None:
    assert {*WAYS, *ALL} == set(SHIPPED)


@pytest.mark.parametrize("platform", ALL)
def test_every_record_takes_effect_exactly_once_and_its_duty_is_closed(
    opened: Open, platform: str
) -> None:
    bureau = opened([platform])
    count = load(bureau, platform)
    bureau.settle(**{platform: {"accepted": count}})
    assert sorted(bureau.effects(platform).values()) == [1] * count
    assert bureau.hub.status()[platform]["oldest_due"] is None
    prove_chain(bureau)
    # a second run has nothing to do
    assert bureau.hub.sync()[platform].delivered == 0
    assert sorted(bureau.effects(platform).values()) == [1] * count


_BEFORE = (
    {"name": "timeout_before", "seconds": 20},
    {"name": "refuse_5xx_before"},
    {"name": "html_page"},
    {"name": "rate_limited", "seconds": 1},
    {"name": "busy"},
    {"name": "whole_batch_refused"},
)
_AFTER = (
    {"name": "timeout_after_commit", "seconds": 20},
    {"name": "reset_mid_answer"},
    {"name": "http_500_after_commit"},
    {"name": "wrong_encoding"},
)
_ASKED = (
    {"name": "html_page", "call": "receipts"},
    {"name": "timeout_after_commit", "call": "receipts", "seconds": 20},
)
FAULTS: Mapping[str, tuple[Mapping[str, object], ...]] = {
    "transport_credit": (
        *_BEFORE,
        *_AFTER,
        *_ASKED,
        {"name": "duplicate_reported"},
        {"name": "late_receipts", "seconds": 1},
        {"name": "batch_refused_later"},
        {"name": "double_receipt", "call": "receipts"},
    ),
    "safety_credit": (*_BEFORE, *_AFTER, {"name": "duplicate_reported"}, {"name": "token_expired"}),
    # a refusal of the one article that a delivery holds is the refusal of that record
    "county_site": (*_BEFORE[:-1], *_AFTER, *_ASKED, {"name": "late_receipts", "seconds": 1}),
}
"""Platform → faults after which every record must still take effect, exactly once."""


@pytest.mark.parametrize(
    ("platform", "fault"),
    [(platform, fault) for platform, faults in FAULTS.items() for fault in faults],
    ids=lambda one: one if isinstance(one, str) else "-".join(map(str, one.values())),
)
def test_after_a_fault_every_record_has_taken_effect_exactly_once(
    opened: Open, platform: str, fault: Mapping[str, object]
) -> None:
    bureau = opened([platform])
    count = load(bureau, platform)
    bureau.simulators[platform].queue_faults([fault])
    bureau.settle(**{platform: {"accepted": count}})
    assert sorted(bureau.effects(platform).values()) == [1] * count
    assert befell(bureau, platform, fault) == 1
    prove_chain(bureau)


def befell(bureau: Bureau, platform: str, fault: Mapping[str, object]) -> int:
    """Return how many of the calls that ``fault`` is meant for it befell."""
    received = bureau.simulators[platform].received()
    if fault.get("call") != "receipts":
        return sum(one["fault"] == fault["name"] for one in received["calls"])
    asked = [one for one in received["queries"] if one["query"] in {"receipts", "page"}]
    # a look at the site's first page is no look for a record
    meant = [one for one in asked if one["query"] != "page" or "number" in one["parameters"]]
    return sum(one["fault"] == fault["name"] for one in meant)


def test_a_correction_finds_its_record_at_the_platform_by_the_record_number(
    opened: Open,
) -> None:
    """Though what was corrected is the very name by which people know it."""
    bureau = opened(["transport_credit", "safety_credit"])
    bureau.load("operators", invented.OPERATORS, invented.operator(1))
    bureau.settle(transport_credit={"accepted": 1}, safety_credit={"accepted": 1})
    renamed = ["云溪县青石汽车修理有限公司", *invented.operator(1)[1:]]
    assert bureau.load("operators", invented.OPERATORS, renamed).changed == 1
    bureau.settle(transport_credit={"accepted": 2}, safety_credit={"accepted": 2})
    assert bureau.history("transport_credit") == [["insert", "update"]]
    assert bureau.history("safety_credit") == [["insert", "update"]]
    prove_chain(bureau)


@pytest.mark.parametrize("platform", ["transport_credit", "safety_credit"])
def test_a_withdrawal_deletes_the_record_at_the_platform(opened: Open, platform: str) -> None:
    bureau = opened([platform])
    bureau.load("operators", invented.OPERATORS, invented.operator(1))
    bureau.settle(**{platform: {"accepted": 1}})
    withdraw(bureau, next(iter(bureau.effects(platform))))
    bureau.settle(**{platform: {"accepted": 2}})
    assert bureau.history(platform) == [["insert", "withdraw"]]
    prove_chain(bureau)


def withdraw(bureau: Bureau, record: str) -> None:
    bureau.run(
        *("withdraw", record, "--reason", "决定被撤销", "--decided-on", "2026-11-20"),
        *("--document", "云交撤〔2026〕1号", "--yes"),
    )


def test_a_withdrawn_permit_is_shown_to_nobody_any_more(opened: Open) -> None:
    bureau = opened(["county_site"])
    bureau.load("permits", invented.PERMITS, *map(invented.permit, (1, 2)))
    bureau.settle(county_site={"accepted": 2})
    shown = page(bureau, "zwgk/xygs?channel=xzxk")
    assert "云交许〔2026〕0001号" in shown
    withdraw(bureau, "云交许〔2026〕0001号")
    bureau.settle(county_site={"accepted": 3})
    shown = page(bureau, "zwgk/xygs?channel=xzxk")
    assert "云交许〔2026〕0001号" not in shown
    assert "云交许〔2026〕0002号" in shown
    assert bureau.hub.status()["county_site"]["oldest_due"] is None


def test_a_corrected_permit_is_changed_on_the_site_and_its_list_of_articles_tells_so(
    opened: Open,
) -> None:
    """A page cannot: it might still be that of the version before."""
    bureau = opened(["county_site"])
    bureau.load("permits", invented.PERMITS, invented.permit(1))
    bureau.settle(county_site={"accepted": 1})
    bureau.load("permits", invented.PERMITS, invented.permit(1, "货运（增加危险货物）"))
    bureau.settle(county_site={"accepted": 1, "awaiting_receipt": 1})
    assert "增加危险货物" in page(bureau, "zwgk/xygs?channel=xzxk")
    today = bureau.hub.clock.today()

    def told_by_the_list() -> bool:
        bureau.hub.reconcile(None, today, today)
        return bureau.states() == {"county_site": {"accepted": 2}}

    wait_until(told_by_the_list, lambda: str(bureau.states()))
    assert bureau.history("county_site") == [["insert", "update"]]
    assert bureau.hub.status()["county_site"]["oldest_due"] is None


def test_all_platforms_get_what_they_are_owed_and_the_site_nothing_of_a_person(
    opened: Open,
) -> None:
    bureau = opened(ALL)
    permits = [*map(invented.permit, (1, 2)), invented.persons_permit(3)]
    bureau.load("permits", invented.PERMITS, *permits)
    bureau.load("operators", invented.OPERATORS, *map(invented.operator, (1, 2)))
    bureau.load("drivers", invented.DRIVERS, invented.driver())
    bureau.load("safety", invented.SAFETY, invented.safety(1))
    bureau.settle(
        credit_shandong={"accepted": 3},
        transport_credit={"accepted": 3},
        safety_credit={"accepted": 3},
        county_site={"accepted": 2},
    )
    for platform in ALL:
        assert set(bureau.effects(platform).values()) == {1}, platform
    site = bureau.simulators["county_site"].received()
    assert site["pages"] == {"xzxk": 2, "xzcf": 0, "zlxy": 0}
    assert site["identityNumbers"] == []
    for shown in ("zwgk/xygs", "zwgk/xygs?channel=xzxk"):
        assert invented.PERSON not in page(bureau, shown)
        assert "云试一" not in page(bureau, shown)
    prove_chain(bureau)


def test_a_platform_that_is_away_holds_up_none_of_the_others(opened: Open) -> None:
    bureau = opened(["transport_credit", "safety_credit"])
    bureau.load("operators", invented.OPERATORS, *map(invented.operator, (1, 2)))
    bureau.simulators["transport_credit"].stop()
    bureau.hub.sync()
    assert bureau.states() == {"transport_credit": {"ready": 2}, "safety_credit": {"accepted": 2}}


def test_every_other_kind_reaches_every_platform_of_its_default_routes(opened: Open) -> None:
    bureau = opened(ALL)
    (bureau.root / "sources" / "活动.png").write_bytes(picture())
    both = (False, True)
    loaded = [
        bureau.load("commitments", invented.COMMITMENTS, invented.commitment()),
        bureau.load(
            "lists",
            invented.LIST_ENTRIES,
            *(invented.list_entry(safety_related=one) for one in both),
        ),
        bureau.load(
            "repairs", invented.REPAIRS, *(invented.repair(safety_related=one) for one in both)
        ),
        bureau.load(
            "objections",
            invented.OBJECTIONS,
            *(invented.objection(safety_related=one) for one in both),
        ),
        bureau.load("taxi", invented.TAXI_DRIVERS, invented.taxi_driver()),
        bureau.load(
            "news",
            invented.NEWS,
            ["信用宣传活动", "开展宣传", "活动.png", "云溪县交通运输局", "2026-11-03"],
        ),
    ]
    assert [(one.kind, one.new, one.invalid) for one in loaded] == [
        ("commitment", 1, 0),
        ("list_entry", 2, 0),
        ("repair", 2, 0),
        ("objection", 2, 0),
        ("taxi_driver_assessment", 1, 0),
        ("news", 1, 0),
    ]
    bureau.settle(
        credit_shandong={"accepted": 7},
        transport_credit={"accepted": 9},
        safety_credit={"accepted": 3},
        county_site={},
    )
    assert bureau.effects("county_site") == {}
    prove_chain(bureau)


def picture() -> bytes:
    """Return a small picture."""
    made = BytesIO()
    Image.new("RGB", (8, 8), "red").save(made, "PNG")
    return made.getvalue()
