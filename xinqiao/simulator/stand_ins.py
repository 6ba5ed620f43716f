"""The stand-ins there are, by the name of the profile that each is made for."""

from collections.abc import Callable, Mapping

from xinqiao.simulator.file_drop import FileDrop
from xinqiao.simulator.plan import FaultPlan
from xinqiao.simulator.rules import load_rules
from xinqiao.simulator.stand_in import Setup, StandIn
from xinqiao.simulator.upload_page import UploadPage
from xinqiao.simulator.wire import Wire


def _credit_shandong(setup: Setup, plan: FaultPlan) -> StandIn:
    return Wire(load_rules(setup.platform), setup, plan)


STAND_INS: Mapping[str, Callable[[Setup, FaultPlan], StandIn]] = {
    "credit_shandong": _credit_shandong,
    "credit_template_2018": UploadPage,
    "transport_csv_folder": FileDrop,
}
"""Name → what makes the stand-in."""
