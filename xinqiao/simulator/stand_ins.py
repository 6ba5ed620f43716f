"""The stand-ins there are, by the name of the profile that each is made for."""

from collections.abc import Callable, Mapping

from xinqiao.simulator.async_serial import AsyncSerial
from xinqiao.simulator.credit_shandong import CreditShandong
from xinqiao.simulator.exchange_db import ExchangeDb, load_layout
from xinqiao.simulator.file_drop import FileDrop
from xinqiao.simulator.plan import FaultPlan
from xinqiao.simulator.rules import load_rules
from xinqiao.simulator.sd_gateway import SdGateway
from xinqiao.simulator.stand_in import Setup, StandIn
from xinqiao.simulator.upload_page import UploadPage


def _credit_shandong(setup: Setup, plan: FaultPlan) -> StandIn:
    return CreditShandong(load_rules(setup.platform), setup, plan)


def _sd_gateway_credit(setup: Setup, plan: FaultPlan) -> StandIn:
    return SdGateway(load_rules(setup.platform), setup, plan)


def _async_serial(setup: Setup, plan: FaultPlan) -> StandIn:
    return AsyncSerial(load_rules(setup.platform), setup, plan)


def _exchange_db(setup: Setup, plan: FaultPlan) -> StandIn:
    return ExchangeDb(load_layout(setup.platform), setup, plan)


STAND_INS: Mapping[str, Callable[[Setup, FaultPlan], StandIn]] = {
    "credit_shandong": _credit_shandong,
    "sd_gateway_credit": _sd_gateway_credit,
    "async_serial": _async_serial,
    "credit_template_2018": UploadPage,
    "transport_csv_folder": FileDrop,
    "credit_frontdb_2018": _exchange_db,
    "void_and_insert": _exchange_db,
}
"""Name → what makes the stand-in."""
