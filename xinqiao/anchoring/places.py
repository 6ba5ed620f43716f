"""The places that a workspace's settings name, and the secret that mail needs (锚点存放处)."""

import os
import stat
from functools import partial
from pathlib import Path

from xinqiao.audit.anchors.places.folder import FolderPlace
from xinqiao.audit.anchors.places.mail import MailPlace
from xinqiao.audit.anchors.places.place import Place
from xinqiao.config.workspace import Workspace
from xinqiao.errors import SettingsError

_MAIL_VARIABLE = "XINQIAO_SECRET_ANCHOR_MAIL"


def folders_of(workspace: Workspace) -> list[FolderPlace]:
    """Return the folders; relative ones lie in the workspace."""
    paths = (
        workspace.root / Path(one).expanduser() for one in workspace.settings.audit.anchors.folders
    )
    # the name of a place stands in the log: one folder has one name
    return [FolderPlace(Path(os.path.normpath(path))) for path in paths]


def places_of(workspace: Workspace) -> list[Place]:
    """Return every place; whether one can be used shows when it is."""
    places: list[Place] = [*folders_of(workspace)]
    recipients = workspace.settings.audit.anchors.mail
    if recipients:
        way = partial(_mail_way, workspace)
        places += [MailPlace(one, way) for one in recipients]
    return places


def _mail_way(workspace: Workspace) -> str:
    """Return the address by which mail leaves, from the environment or ``secrets/``."""
    told = os.environ.get(_MAIL_VARIABLE, "").strip()
    if told:
        return told
    path = workspace.root / "secrets" / "anchor-mail.txt"
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise SettingsError(
                f"发信地址文件 {path} 能被他人读取：请执行 chmod 600 {path}",
                code="anchor_mail_mode",
            )
        text = path.read_text("utf-8").strip()
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"锚点要用邮件发送，但没有发信地址：请把 mailtos://用户:密码@smtp.example.org "
            f"这样的一行写入 {path}，再执行 chmod 600 {path}",
            code="anchor_mail_missing",
        ) from error
    return text
