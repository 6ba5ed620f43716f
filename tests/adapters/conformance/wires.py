"""The wires of the shipped profiles: what each needs, what its platform says, what is sent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from xinqiao.adapters.base import (
    BatchReport,
    Outcome,
    Reply,
    SealedBatch,
    SealedRow,
    SentBatch,
)
from xinqiao.adapters.connector import ProfileConnector

Connect = Callable[..., ProfileConnector]
Batch = Callable[..., SealedBatch]
KEY = "鲁交许〔2026〕1号"
FIRM = "沂源测试汽车维修有限公司"


@dataclass(frozen=True)
class Wire:
    """What a profile needs, and what its platform says.

    Attributes:
        name: The profile's name.
        secrets: The rehearsal's credentials.
        codes: Fault → code that its answer carries.
        by_serial: Receipts are asked for by serial number alone.
        refuses_at_once: Rows of wrong form are named in the first answer.
    """

    name: str
    secrets: Mapping[str, str]
    codes: Mapping[str, str]
    by_serial: bool = False
    refuses_at_once: bool = True


GATEWAY = Wire(
    "sd_gateway_credit",
    {
        "api_key": "rehearsal-gateway-key",
        "client_id": "xinqiao-demo",
        "client_secret": "rehearsal-only",
    },
    {
        "rate_limited": "429",
        "busy": "503",
        "whole_batch_refused": "4001",
        "error_inside_200": "9999",
    },
)
ASYNC = Wire(
    "async_serial",
    {"app_id": "xinqiao-demo", "app_secret": "rehearsal-only"},
    {
        "rate_limited": "-5",
        "busy": "-6",
        "whole_batch_refused": "-1",
        "error_inside_200": "-99",
    },
    by_serial=True,
    refuses_at_once=False,
)


def row(number: int, key: str, **changes: str) -> SealedRow:
    values = {
        "XK_XDR_MC": FIRM,
        "XK_WSH": key,
        "XK_JDRQ": "2026/11/20",
        "XK_XKLB": "普通",
        "XK_NR": '道路旅客运输站经营 & <其他> "引号"',
        "XK_ZT": "1",
    }
    return SealedRow(number, key, values | changes)


def asked(connector: ProfileConnector, batch: SealedBatch, reply: Reply) -> BatchReport:
    return connector.poll(SentBatch(batch, reply.serial))


def results(report: BatchReport) -> list[tuple[int, Outcome]]:
    return [(one.row, one.outcome) for one in report.rows]
