"""What platforms answered, as people record it: which deliveries wait for it (登记平台答复)."""

import errno
import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from xinqiao.adapters.base import ASKED_FOR, BatchProgress, BatchReport, Outcome, Reply
from xinqiao.adapters.file_drop.layout import FileTransport, ManualTransport
from xinqiao.adapters.file_drop.receipts import read_result_file
from xinqiao.adapters.profile import Profile
from xinqiao.clock import local_date
from xinqiao.errors import InputError
from xinqiao.hub import Hub
from xinqiao.queue import batches
from xinqiao.queue.confirming import (
    Answer,
    Confirmed,
    Said,
    confirm_delivery,
    said_of,
)
from xinqiao.queue.deliveries import (
    Delivery,
    WaitingDelivery,
    find_delivery,
    superseded,
    waiting_deliveries,
)
from xinqiao.queue.operations import Evidence, Proven, proven_on
from xinqiao.queue.verdicts import BY_HAND


@dataclass(frozen=True, slots=True)
class Handed:
    """What a person hands in about one delivery.

    Attributes:
        said: What is said of its rows, or None.
        result_file: The platform's own result file, or None.
        serial: 受理号, or empty.
        evidence: File that the record rests on; a result file is its own evidence.
        reason: Why, for the log.
        reported_on: Day on which the platform took it in, as the evidence shows; None if unknown.
    """

    said: Said | None
    result_file: Path | None
    serial: str
    evidence: Path | None
    reason: str
    reported_on: date | None = None


_UNREADABLE = {
    errno.ENOENT: "没有这个文件，请核对文件名和所在文件夹",
    errno.ENOTDIR: "没有这个文件，请核对文件名和所在文件夹",
    errno.EISDIR: "这是文件夹，请写其中的文件",
    errno.EACCES: "没有读取它的权限",
}
"""Number of a system error → what is wrong with a file that a person names."""


def evidence_of(path: Path) -> Evidence:
    """Return the name and SHA-256 of a file that is shown as evidence.

    Raises:
        InputError: It cannot be read.
    """
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        why = _UNREADABLE.get(error.errno or 0, "请检查它所在的磁盘和权限")
        raise InputError(f"文件 {path} 无法读取：{why}") from error
    return Evidence(path.name, digest)


def awaited(hub: Hub) -> list[tuple[WaitingDelivery, str]]:
    """Return the deliveries that wait for a person, each with its package folder or empty.

    Of a platform whose file is broken nobody knows whether it is asked for receipts: what merely
    awaits one there is left out, and what a person must look into all the same is not.
    """
    asked = {name for name, one in hub.platforms.items() if one.profile.receipts.mode in ASKED_FOR}
    asked |= set(hub.connections.broken)
    with hub.database.reading() as connection:
        waiting = waiting_deliveries(connection, asked)
    return [(one, package_of(hub, one.delivery)) for one in waiting]


def package_of(hub: Hub, delivery: Delivery) -> str:
    """Return where the package of a delivery lies; empty where none is found."""
    connected = hub.platforms.get(delivery.platform)
    transport = connected.profile.transport if connected is not None else None
    if not isinstance(transport, FileTransport | ManualTransport):
        return ""
    folder = hub.workspace.root / transport.folder
    return str(next(folder.glob(f"*/{delivery.number}"), ""))


def superseded_packages(hub: Hub) -> list[str]:
    """Return the packages that must not be uploaded any more: rows of them go another way."""
    packages = {
        package.name: package
        for one in hub.platforms.values()
        if isinstance(one.profile.transport, ManualTransport)
        for package in (hub.workspace.root / one.profile.transport.folder).glob("*/*/")
    }
    with hub.database.reading() as connection:
        numbers = superseded(connection, packages)
    return [str(packages[number]) for number in sorted(numbers)]


def record_answer(hub: Hub, text: str, handed: Handed, *, dry_run: bool = False) -> Confirmed:
    """Record what a platform answered to the delivery that ``text`` names.

    Args:
        hub: The workspace.
        text: Batch number, its beginning, or 受理号.
        handed: The answer.
        dry_run: Tell what would follow, and keep nothing.

    Raises:
        InputError: No such delivery or row, or a file that cannot be used.
        RefusedError: The answer does not fit what is known; nothing was recorded.
        SettingsError: The profile does not say how result files are read.
    """
    shown = handed.result_file if handed.evidence is None else handed.evidence
    evidence = None if shown is None else evidence_of(shown)
    with hub.acting(handed.reason) as (connection, cause):
        delivery = find_delivery(connection, text)
        report = BatchReport(BatchProgress.PENDING, Reply(Outcome.RECEIVED, BY_HAND))
        if handed.result_file is not None:
            sent = batches.open_batch(connection, delivery.id, hub.keys)
            report = read_result_file(_profile(hub, delivery), handed.result_file, sent)
        elif handed.said is not None:
            report = said_of(connection, delivery, handed.said)
        day = proven_on(handed.reported_on, local_date(cause.at))
        proven = Proven(day, hub.moments())
        spelled_out = handed.said is not None
        answer = Answer(report, handed.serial, evidence, spelled_out, proven)
        confirmed = confirm_delivery(connection, hub.worker, delivery, answer, cause)
        if dry_run:
            connection.rollback()
    return confirmed


def _profile(hub: Hub, delivery: Delivery) -> Profile:
    (name,) = hub.chosen(delivery.platform)
    return hub.platforms[name].profile
