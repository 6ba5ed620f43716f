"""Going live at one platform: its ledgers, from wherever they come, are taken over (启用)."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from xinqiao.connections import Connection
from xinqiao.errors import InputError, RefusedError
from xinqiao.queue.acting import refusals_noted
from xinqiao.queue.platforms import Platform
from xinqiao.reconcile.adoption.adopting import Adoption, Order
from xinqiao.reconcile.adoption.findings import Adopted
from xinqiao.reconcile.ledger_files.ledger import LedgerFile
from xinqiao.reconcile.ledger_files.opening import Claims, open_ledger
from xinqiao.reconcile.ledgers.permitted import PermittedLedger
from xinqiao.reconcile.ledgers.readings import Origin
from xinqiao.records.kinds import kind_of


@dataclass(frozen=True, slots=True)
class GoingLive:
    """Takes over what one platform holds.

    Attributes:
        adoption: The service that does it.
        platform: Identifier.
        connection: Its file in the workspace.
        reached: Gives the way to it.
        unreachable: Why it must not be called, in Chinese; empty when it may be.
    """

    adoption: Adoption
    platform: str
    connection: Connection
    reached: Callable[[], AbstractContextManager[Platform]]
    unreachable: str

    def adopt(self, order: Order, path: Path | None) -> list[Adopted]:
        """Take over the ledger in a file, or what the platform itself tells.

        Args:
            order: What a person asks for; without a kind all that the platform has are meant.
            path: A ledger that was downloaded from the platform; None to ask the platform.

        Raises:
            InputError: No such kind there, or the file is not the ledger that was asked for.
            RefusedError: The platform cannot be asked.
            SettingsError: Its address or a credential is wrong.
        """
        if order.dry_run:
            return self._adopt(order, path)
        with refusals_noted(
            self.adoption.acting,
            order.reason,
            "adoption.refused",
            platform=self.platform,
            details={"kind": order.kind, "file": path.name if path is not None else ""},
        ):
            return self._adopt(order, path)

    def _adopt(self, order: Order, path: Path | None) -> list[Adopted]:
        kinds = self._kinds(order.kind)
        if path is not None:
            return [self._from_file(replace(order, kind=self._only(kinds)), path)]
        with self._asked() as platform:
            source = PermittedLedger(self.adoption.worker, platform)
            return [
                self.adoption.run(replace(order, kind=kind), source, self._origin(kind))
                for kind in kinds
            ]

    def _kinds(self, kind: str) -> Sequence[str]:
        spoken = self.connection.profile.words.kinds
        tables = self.adoption.worker.formats.of_platform(self.platform)
        known = [kind for kind in tables if kind in spoken]
        if not kind:
            return known
        if kind not in known:
            names = "、".join(f"{one}（{kind_of(one).name}）" for one in known)
            raise InputError(
                f"平台 {self.platform} 没有记录类型“{kind}”，可以写：{names}", code="unknown_kind"
            )
        return [kind]

    def _only(self, kinds: Sequence[str]) -> str:
        if len(kinds) != 1:
            names = "、".join(f"{one}（{kind_of(one).name}）" for one in kinds)
            raise InputError(
                f"一个台账文件只有一类记录，请用 --kind 写明是哪一类：{names}", code="kind_missing"
            )
        return kinds[0]

    def _origin(self, kind: str) -> Origin:
        return Origin("table" if kind in self.connection.profile.ledger_tables else "api")

    @contextmanager
    def _asked(self) -> Iterator[Platform]:
        if self.unreachable:
            raise RefusedError(
                f"{self.unreachable}，不能读取它的台账；也可以从平台下载台账，"
                "用 xinqiao adopt --ledger 文件 接管",
                code="unreachable",
            )
        with self.reached() as platform:
            if not platform.connector.capabilities.ledger:
                raise RefusedError(
                    f"平台 {self.platform} 没有可读的台账：请从平台下载台账，"
                    "用 xinqiao adopt --ledger 文件 --kind 类型 接管",
                    code="no_ledger",
                )
            yield platform

    def _from_file(self, order: Order, path: Path) -> Adopted:
        ledger = self._opened(order, path)
        origin = Origin("file", ledger.name, ledger.sha256)
        found = self.adoption.run(order, ledger, origin, ledger.lacking)
        found.note = found.note or "；".join(ledger.remarks)
        return found

    def _opened(self, order: Order, path: Path) -> LedgerFile:
        compiled = self.adoption.worker.formats.of(self.platform, order.kind)
        now = self.adoption.worker.clock.now()
        return open_ledger(
            path, compiled, self.connection.ledger_names, order.window, Claims(), now
        )
