"""The stand-ins there are, by the name of the profile that each is made for."""

from collections.abc import Callable, Mapping

from xinqiao.simulator.exchange_db import ExchangeDb, load_layout
from xinqiao.simulator.plan import FaultPlan
from xinqiao.simulator.rules import load_rules
from xinqiao.simulator.stand_in import Setup, StandIn
from xinqiao.simulator.wire import Wire


def _credit_shandong(setup: Setup, plan: FaultPlan) -> StandIn:
    return Wire(load_rules(setup.platform), setup, plan)


def _exchange_db(setup: Setup, plan: FaultPlan) -> StandIn:
    return ExchangeDb(load_layout(setup.platform), setup, plan)


STAND_INS: Mapping[str, Callable[[Setup, FaultPlan], StandIn]] = {
    "credit_shandong": _credit_shandong,
    "credit_frontdb_2018": _exchange_db,
    "void_and_insert": _exchange_db,
}
"""Name → what makes the stand-in."""
