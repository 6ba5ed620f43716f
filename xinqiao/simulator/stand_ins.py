"""The stand-ins there are, by the name of the profile that each is made for."""

from collections.abc import Callable, Mapping

from xinqiao.simulator.async_serial import AsyncSerial
from xinqiao.simulator.county_site import CountySite
from xinqiao.simulator.credit_shandong import CreditShandong
from xinqiao.simulator.exchange_db import ExchangeDb, load_layout
from xinqiao.simulator.file_drop import FileDrop
from xinqiao.simulator.plan import FaultPlan
from xinqiao.simulator.rules import load_rules
from xinqiao.simulator.safety_credit import SafetyCredit
from xinqiao.simulator.sd_gateway import SdGateway
from xinqiao.simulator.stand_in import Setup, StandIn
from xinqiao.simulator.transport_credit import TransportCredit
from xinqiao.simulator.upload_page import UploadPage
from xinqiao.simulator.wire import Wire


def _over_http(wire: type[Wire]) -> Callable[[Setup, FaultPlan], StandIn]:
    return lambda setup, plan: wire(load_rules(setup.platform), setup, plan)


def _exchange_db(setup: Setup, plan: FaultPlan) -> StandIn:
    return ExchangeDb(load_layout(setup.platform), setup, plan)


STAND_INS: Mapping[str, Callable[[Setup, FaultPlan], StandIn]] = {
    "credit_shandong": _over_http(CreditShandong),
    "transport_credit": _over_http(TransportCredit),
    "safety_credit": _over_http(SafetyCredit),
    "county_site": _over_http(CountySite),
    "sd_gateway_credit": _over_http(SdGateway),
    "async_serial": _over_http(AsyncSerial),
    "credit_template_2018": UploadPage,
    "transport_csv_folder": FileDrop,
    "credit_frontdb_2018": _exchange_db,
    "void_and_insert": _exchange_db,
}
"""Name → what makes the stand-in."""
