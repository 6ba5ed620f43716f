"""Makes packages that a clerk uploads on the platform's own pages (人工上传)."""

import errno
import hashlib
import math
import os
import secrets
import shutil
from contextlib import suppress
from pathlib import Path

from xinqiao.adapters.base import (
    TOO_LATE,
    Outcome,
    Probe,
    Reply,
    SealedBatch,
    Surroundings,
)
from xinqiao.adapters.codes import words_for
from xinqiao.adapters.file_drop.delivery import folder_of, refusal, rendered
from xinqiao.adapters.file_drop.layout import ManualTransport
from xinqiao.adapters.file_drop.names import sealed_at
from xinqiao.adapters.file_drop.placing import sync_folder, trouble, try_out, write_whole
from xinqiao.adapters.file_drop.rendering import Unfit, UploadFile, name_parts, render_file
from xinqiao.adapters.profile import Profile
from xinqiao.adapters.words import asked_as
from xinqiao.errors import SettingsError

NOTE = "说明.txt"
"""File of a package that tells the clerk what to do."""

_TAKEN = frozenset({errno.EEXIST, errno.ENOTEMPTY})
_OWNER_ONLY = 0o700


class ManualDelivery:
    """Implements :class:`xinqiao.adapters.parts.Delivery` for ``transport.type = manual``.

    A package is a folder: the file to be uploaded, and a note. It appears whole or not at all.
    """

    def __init__(
        self, profile: Profile, transport: ManualTransport, surroundings: Surroundings
    ) -> None:
        """Prepare; nothing is written.

        Raises:
            SettingsError: A rehearsal names a folder outside of the workspace.
        """
        self._profile = profile
        self._transport = transport
        self._clock = surroundings.clock
        self._rehearsal = surroundings.rehearsal
        self._folder = folder_of(transport.folder, surroundings)

    def render(self, batch: SealedBatch) -> bytes:
        """Return the bytes of the file to be uploaded.

        Raises:
            SettingsError: The profile does not fit the batch, or a row not its template.
        """
        return rendered(self._profile, self._transport.templates, batch).content

    def submit(self, batch: SealedBatch, send_before: float = math.inf) -> Reply:
        """Make the package of ``batch``, before ``send_before`` or not at all.

        RECEIVED with the code ``waits_for_upload`` says that it lies ready; the platform knows
        nothing of it yet.

        Raises:
            SettingsError: As :meth:`render`; nothing was written.
        """
        file = render_file(self._profile, self._transport.templates, batch)
        if isinstance(file, Unfit):
            return refusal(file)
        note = self._note(batch, file)
        day = sealed_at(batch).date().isoformat()
        outcome, code = self._pack(self._folder / day / batch.number, file, note, send_before)
        return Reply(outcome, code, words_for(code))

    def probe(self) -> Probe:
        """Write a hidden file where packages go and take it away."""
        try:
            self._make_folder(self._folder)
            code = try_out(self._folder)
        except OSError as error:
            code = trouble(error)
        remark = words_for(code) if code else "可以写入"
        return Probe(not code, ((f"上报包文件夹 {self._folder}", not code, remark),))

    def close(self) -> None:
        """Give up nothing: no file stays open."""

    def _pack(
        self, package: Path, file: UploadFile, note: str, send_before: float
    ) -> tuple[Outcome, str]:
        part = package.with_name(f".{package.name}.{secrets.token_hex(8)}.part")
        try:
            if os.path.lexists(package):
                return _compare(package, file)
            self._make_folder(package.parent)
            for left in package.parent.glob(f".{package.name}.*.part"):
                shutil.rmtree(left)
            part.mkdir(_OWNER_ONLY)
            write_whole(part / file.name, file.content)
            write_whole(part / NOTE, note.encode())
            sync_folder(part)
        except OSError as error:
            shutil.rmtree(part, ignore_errors=True)
            return Outcome.RETRYABLE, trouble(error)
        if self._clock.elapsed() >= send_before:
            shutil.rmtree(part, ignore_errors=True)
            return Outcome.RETRYABLE, TOO_LATE
        return _show(part, package, file)

    def _make_folder(self, folder: Path) -> None:
        """Make a folder and those above it that are missing, each for the owner only."""
        for one in (*reversed(folder.parents), folder):
            with suppress(FileExistsError):
                if not one.is_dir():
                    one.mkdir(_OWNER_ONLY)

    def _note(self, batch: SealedBatch, file: UploadFile) -> str:
        instructions = self._transport.instructions
        operation = asked_as(batch.operation, instructions)
        what = instructions.get(operation)
        if what is None:
            raise SettingsError(
                f"{self._profile.name} 的平台配置没有 {operation.value} 操作的上传说明"
                f"（transport.instructions.{operation.value}），请补上",
                code="profile",
            )
        parts = name_parts(self._profile, batch)
        confirm = f"xinqiao queue confirm-delivery {batch.number}"
        lines = [
            *(["【演练】本包只用于演练，不得上传到真实平台。", ""] if self._rehearsal else []),
            f"平台：{self._profile.name}",
            f"批次号：{batch.number}",
            f"封存时间：{sealed_at(batch):%Y-%m-%d %H:%M:%S}（北京时间）",
            f"数据类型：{parts.kind}",
            f"操作：{parts.operation}",
            f"行数：{len(batch.rows)}",
            f"文件：{file.name}",
            f"SHA-256：{hashlib.sha256(file.content).hexdigest()}",
            "",
            "办理：",
            what.strip(),
            "",
            "请原样上传，不要打开另存；上传后登记平台的答复，证据文件为截图或平台的回复。",
            "全部入库的：",
            f"  {confirm} --accepted --evidence 证据文件 --reason 说明",
            "有退回的（写平台的原话和退回的行号，其余为入库）：",
            f"  {confirm} --accepted --rejected 原因 --rows 行号 --evidence 证据文件",
            "整个文件被退回、一行也没有入库的（平台指明了出错的行，就加 --rows 行号）：",
            f"  {confirm} --rejected 原因 --whole-file --evidence 证据文件",
            "平台给出结果文件的（保留平台给的文件名，凭它认出是哪一批）：",
            f"  {confirm} --result-file 结果文件",
            "",
        ]
        return "\r\n".join(lines)


def _show(part: Path, package: Path, file: UploadFile) -> tuple[Outcome, str]:
    try:
        part.rename(package)  # a folder that holds anything is never replaced
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        if error.errno in _TAKEN:
            return _compare(package, file)
        return Outcome.IN_DOUBT, "publish_failed"
    try:
        sync_folder(package.parent)
    except OSError:
        return Outcome.IN_DOUBT, "publish_failed"
    return Outcome.RECEIVED, "waits_for_upload"


def _compare(package: Path, file: UploadFile) -> tuple[Outcome, str]:
    """Tell whether what is to be uploaded is still in the package; the note is the clerk's."""
    try:
        same = (package / file.name).read_bytes() == file.content
    except FileNotFoundError:
        return Outcome.IN_DOUBT, "package_gone"
    except OSError:
        return Outcome.IN_DOUBT, "package_unreadable"
    return (Outcome.RECEIVED, "waits_for_upload") if same else (Outcome.IN_DOUBT, "package_changed")
