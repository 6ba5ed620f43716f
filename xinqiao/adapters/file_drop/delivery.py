"""Delivers batches as files in a folder from which the other side takes them (文件报送)."""

import hashlib
import math
from collections.abc import Mapping
from pathlib import Path

from xinqiao.adapters.base import (
    Outcome,
    Probe,
    Reply,
    SealedBatch,
    Surroundings,
)
from xinqiao.adapters.codes import words_for
from xinqiao.adapters.file_drop.layout import FileTransport, Template
from xinqiao.adapters.file_drop.placing import Drop, put, try_out
from xinqiao.adapters.file_drop.rendering import Unfit, UploadFile, render_file
from xinqiao.adapters.profile import Profile
from xinqiao.errors import SettingsError

STAND_IN_MARK = ".xinqiao-simulator"
"""File by which the folder of a stand-in is known; a rehearsal writes into no other."""


class FileDelivery:
    """Implements :class:`xinqiao.adapters.parts.Delivery` for ``transport.type = file``."""

    def __init__(
        self, profile: Profile, transport: FileTransport, surroundings: Surroundings
    ) -> None:
        """Prepare; nothing is written.

        Raises:
            SettingsError: A rehearsal names a folder outside of the workspace.
        """
        self._profile = profile
        self._transport = transport
        self._clock = surroundings.clock
        self._rehearsal = surroundings.rehearsal
        self._drop = Drop(
            folder_of(transport.folder, surroundings),
            int(transport.mode, 8),
            transport.flag,
            transport.files_stay,
        )

    def render(self, batch: SealedBatch) -> bytes:
        """Return the file's bytes.

        Raises:
            SettingsError: The profile does not fit the batch, or a row not its template.
        """
        return rendered(self._profile, self._transport.templates, batch).content

    def submit(self, batch: SealedBatch, send_before: float = math.inf) -> Reply:
        """Put the file of ``batch`` into the folder, before ``send_before`` or not at all.

        Raises:
            SettingsError: As :meth:`render`; nothing was written.
        """
        file = render_file(self._profile, self._transport.templates, batch)
        if isinstance(file, Unfit):
            return refusal(file)
        if self._rehearsal and not self._is_stand_in():
            code = "not_a_stand_in" if self._drop.folder.is_dir() else "folder_missing"
            return Reply(Outcome.RETRYABLE, code, words_for(code))
        outcome, code = put(
            self._drop,
            file.name,
            file.content,
            self._flag_content(file.content),
            lambda: self._clock.elapsed() < send_before,
        )
        return Reply(outcome, code, words_for(code) if code else "")

    def probe(self) -> Probe:
        """Write a hidden file into the folder and take it away."""
        code = try_out(self._drop.folder)
        remark = words_for(code) if code else "可以写入"
        checks = [(f"上报文件夹 {self._drop.folder}", not code, remark)]
        if self._rehearsal:
            marked = self._is_stand_in()
            words = "是模拟平台的文件夹" if marked else words_for("not_a_stand_in")
            checks.append(("演练", marked, words))
        return Probe(all(ok for _, ok, _ in checks), tuple(checks))

    def close(self) -> None:
        """Give up nothing: no file stays open."""

    def _is_stand_in(self) -> bool:
        try:
            return (self._drop.folder / STAND_IN_MARK).is_file()
        except OSError:
            return False

    def _flag_content(self, content: bytes) -> bytes:
        told = {
            "empty": b"",
            "size": b"%d\n" % len(content),
            "sha256": hashlib.sha256(content).hexdigest().encode() + b"\n",
        }
        return told[self._transport.flag_content]


def folder_of(folder: str, surroundings: Surroundings) -> Path:
    """Return the folder that a profile names.

    Raises:
        SettingsError: It lies outside of the workspace, in a rehearsal.
    """
    path = surroundings.root / folder
    if surroundings.rehearsal:
        root = surroundings.root.resolve()
        if not path.resolve().is_relative_to(root):
            raise SettingsError(
                f"演练只能使用工作区内的文件夹，{folder} 在工作区之外，请更正平台配置",
                code="profile",
            )
    return path


def rendered(profile: Profile, templates: Mapping[str, Template], batch: SealedBatch) -> UploadFile:
    """Return the file of ``batch``.

    Raises:
        SettingsError: The profile does not fit the batch, or a row not its template.
    """
    file = render_file(profile, templates, batch)
    if isinstance(file, Unfit):
        reason = next((result.message for result in file.rows), words_for("batch_too_large"))
        raise SettingsError(reason, code="profile")
    return file


def refusal(unfit: Unfit) -> Reply:
    """Return the reply to a batch that was not written because it does not fit."""
    if not unfit.rows:
        return Reply(Outcome.REJECTED, "batch_too_large", words_for("batch_too_large"))
    return Reply(Outcome.RETRYABLE, "rows_unfit", words_for("rows_unfit"), unfit.rows)
