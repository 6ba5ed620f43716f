"""The whole life of records on the four platforms, each in a process of its own.

First report, correction, objection, repair, a notice of a repair, withdrawal, and the end of a
period of publicity. The platforms' own books and the public pages are the judges.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

import pytest

from tests.e2e import invented
from tests.e2e.bureau import Bureau, open_bureau
from tests.e2e.test_penalties import FIRM
from tests.postgresql import Server
from tests.support import wait_until
from xinqiao.audit.verification.chain import verify
from xinqiao.clock import Clock
from xinqiao.config.platform_files import known_platforms
from xinqiao.config.workspace import open_workspace
from xinqiao.hub import Hub

ALL = tuple(one.id for one in known_platforms())
A, B, C, D = (f"云交罚〔2026〕000{number}号" for number in (1, 2, 3, 4))
CODE = FIRM["行政相对人代码_1(统一社会信用代码)"]
_LATER = timedelta(days=40)


class _LaterClock(Clock):
    """The clock of a day after the period of publicity is over."""

    def now(self) -> datetime:
        return super().now() + _LATER


@pytest.fixture
def bureau(tmp_path: Path) -> Iterator[Bureau]:
    with ExitStack() as running:
        yield open_bureau(tmp_path / "ws", ALL, running)


def penalties(bureau: Bureau, *numbers: str, **changes: str) -> Any:
    rows = [FIRM | {"行政处罚决定文书号": number} | changes for number in numbers]
    return bureau.load(
        "penalties", list(FIRM), *([str(one) for one in row.values()] for row in rows)
    )


def page(bureau: Bureau) -> str:
    """Return what the public reads of penalties."""
    address = f"{bureau.simulators['county_site'].base_url}/zwgk/xygs?channel=xzcf"
    with build_opener(ProxyHandler({})).open(address, timeout=10) as answer:
        text: str = answer.read().decode()
        return text


def shown(bureau: Bureau) -> set[str]:
    text = page(bureau)
    return {number for number in (A, B, C, D) if number in text}


def rest(bureau: Bureau, hub: Hub | None = None, **accepted: int) -> None:
    """Make passes until each platform has accepted so many submissions and none waits."""

    def states() -> Mapping[str, Mapping[str, int]]:
        boards = (hub or bureau.hub).status()
        moving = (
            "ready",
            "sending",
            "awaiting_receipt",
            "in_doubt",
            "held",
            "rejected",
            "conflict",
        )
        return {
            name: {"accepted": board["states"]["accepted"]}
            | {state: board["states"][state] for state in moving if board["states"][state]}
            for name, board in boards.items()
        }

    wanted = {name: {"accepted": count} for name, count in accepted.items()}

    def at_rest() -> bool:
        (hub or bureau.hub).sync()
        return states() == wanted

    wait_until(at_rest, lambda: f"{states()} instead of {wanted}")


def compare_with_the_list(bureau: Bureau) -> None:
    """Let the site's list of articles tell of an update, which no page can."""
    today = bureau.hub.clock.today()
    bureau.hub.sync()

    def told() -> bool:
        bureau.hub.reconcile("county_site", today, today)
        return not bureau.hub.status()["county_site"]["states"]["awaiting_receipt"]

    wait_until(told, lambda: str(bureau.states()))


def live_until_withdrawn(bureau: Bureau) -> None:
    """Take four penalties and an operator from the first report to the withdrawal of one."""
    tomorrow = (bureau.hub.clock.today() + timedelta(days=1)).isoformat()
    # first report
    penalties(bureau, A, B, C)
    penalties(bureau, D, 公示截止期=tomorrow)
    bureau.load("operators", invented.OPERATORS, invented.operator(1))
    rest(bureau, credit_shandong=4, county_site=4, transport_credit=1, safety_credit=1)
    assert shown(bureau) == {A, B, C, D}

    # correction
    penalties(bureau, A, 处罚内容="罚款2000元，没收违法所得，已缴纳")
    bureau.load(
        "operators", invented.OPERATORS, ["云溪县青石汽车修理有限公司", *invented.operator(1)[1:]]
    )
    compare_with_the_list(bureau)
    rest(bureau, credit_shandong=5, county_site=5, transport_credit=2, safety_credit=2)
    assert "已缴纳" in page(bureau)

    # objection: nothing is taken down meanwhile
    today = bureau.hub.clock.today().isoformat()
    bureau.run("objection", "open", A, "--content", "金额有误", "--received-on", today)
    (objection,) = bureau.hub.objections(handled=False)
    rest(bureau, credit_shandong=6, county_site=5, transport_credit=3, safety_credit=2)
    assert (shown(bureau), bureau.hub.handling()["open"]) == ({A, B, C, D}, 1)
    bureau.run(
        *("objection", "close", objection.number, "--result", "异议不成立"),
        *("--decided-on", today, "--told-on", today),
    )
    rest(bureau, credit_shandong=7, county_site=5, transport_credit=4, safety_credit=2)
    assert bureau.hub.handling()["open"] == 0

    # repair by the bureau, and a notice of one from a platform
    bureau.run(
        *("repair", A, "--reason", "已履行义务", "--decided-on", today),
        *("--document", "云交修〔2026〕1号"),
    )
    notice = ("云溪县青石货物运输有限公司", "法人及非法人组织", CODE, "鲁信修〔2026〕7号", B)
    bureau.load(
        "notices",
        (
            "主体名称",
            "主体类别",
            "主体代码",
            "修复通知编号",
            "修复的文书号",
            "修复的信息类型",
            "通知单位",
            "修复日期",
        ),
        (*notice, "行政处罚", "信用中国（山东）", today),
    )
    rest(bureau, credit_shandong=8, county_site=7, transport_credit=5, safety_credit=2)
    assert shown(bureau) == {C, D}

    # withdrawal, everywhere
    for record in (C, next(iter(bureau.effects("safety_credit")))):
        bureau.run(
            *("withdraw", record, "--reason", "复议撤销", "--decided-on", today),
            *("--document", "云交撤〔2026〕1号", "--yes"),
        )
    rest(bureau, credit_shandong=9, county_site=8, transport_credit=6, safety_credit=3)
    assert shown(bureau) == {D}


def test_the_whole_life_of_records_on_four_platforms(bureau: Bureau) -> None:
    live_until_withdrawn(bureau)

    # end of the period of publicity
    later = Hub(open_workspace(bureau.root), _LaterClock())
    rest(bureau, later, credit_shandong=9, county_site=9, transport_credit=6, safety_credit=3)
    assert shown(bureau) == set()

    # no import puts anything up again, nor is anything sent twice; that D bears another date now
    # is told to the platform that shares it
    penalties(bureau, A, B, C, D)
    rest(bureau, later, credit_shandong=10, county_site=9, transport_credit=6, safety_credit=3)
    assert shown(bureau) == set()
    assert sorted(bureau.history("county_site")) == [
        ["insert", "take_down"],
        ["insert", "take_down"],
        ["insert", "update", "take_down"],
        ["insert", "withdraw"],
    ]
    assert bureau.simulators["county_site"].received()["identityNumbers"] == []
    with bureau.hub.database.reading() as connection:
        assert verify(connection).ok


def test_the_life_of_records_up_to_their_withdrawal_is_the_same_on_postgresql(
    tmp_path: Path, postgresql: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not the end of their period: the server tells the day there, and nobody turns its clock."""
    with ExitStack() as running:
        url = running.enter_context(postgresql.fresh(migrated=False))
        monkeypatch.setenv("XINQIAO_DATABASE_URL", url)
        bureau = open_bureau(tmp_path / "ws", ALL, running)
        assert bureau.hub.database.dialect == "postgresql"
        live_until_withdrawn(bureau)
        assert sorted(bureau.history("county_site")) == [
            ["insert"],
            ["insert", "take_down"],
            ["insert", "update", "take_down"],
            ["insert", "withdraw"],
        ]
        assert bureau.simulators["county_site"].received()["identityNumbers"] == []
        with bureau.hub.database.reading() as connection:
            assert verify(connection).ok
