"""The workspace (工作区): one folder that holds settings, profiles, secrets and the database.

::

    xinqiao.toml    settings
    platforms/      one small file per connected platform, laid over its shipped profile
    tables/         format and code tables of its own, laid over the shipped ones
    sources/        descriptions of files and tables that records come from
    secrets/        keys and credentials (0700)
    var/            database, log, findings workbooks
"""

import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from xinqiao.config.loading import parse, read_toml
from xinqiao.config.platform_files import KnownPlatform, chosen_platforms, known_platforms, texts
from xinqiao.config.settings import Settings
from xinqiao.errors import InputError, SettingsError, reason_of
from xinqiao.privacy.keys import KeyRing, create_key_file, load_key_file

SETTINGS_FILE = "xinqiao.toml"
_FOLDERS = {
    "platforms": 0o755,
    "tables": 0o755,
    "sources": 0o755,
    "secrets": 0o700,
    "var": 0o700,
}


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace on disk.

    Attributes:
        root: Absolute path of the folder.
        settings: What its ``xinqiao.toml`` says.
    """

    root: Path
    settings: Settings

    @property
    def database_url(self) -> str:
        """URL of the database; ``XINQIAO_DATABASE_URL`` in the environment wins over the file."""
        configured = os.environ.get("XINQIAO_DATABASE_URL") or self.settings.database.url
        return configured or f"sqlite:///{self.root / 'var' / 'xinqiao.db'}"

    @property
    def var(self) -> Path:
        """Folder of everything the program writes by itself."""
        return self.root / "var"

    @property
    def tables(self) -> Path:
        """Folder of its own format tables (``formats/``) and code tables (``codes/``)."""
        return self.root / "tables"

    @property
    def key_file(self) -> Path:
        """File of the encryption keys."""
        return self.root / "secrets" / "keys.toml"

    @property
    def anchor_key_file(self) -> Path:
        """File of the key that signs anchors of the log."""
        return self.root / "secrets" / "anchor.pem"

    def keys(self) -> KeyRing:
        """Load the keys; raises SettingsError as :func:`load_key_file`."""
        return load_key_file(self.key_file)

    def platform_files(self) -> dict[str, Path]:
        """Return platform identifier → its file, in order of name."""
        return {path.stem: path for path in sorted((self.root / "platforms").glob("*.toml"))}

    def credentials(self, platform: str) -> dict[str, str]:
        """Return the secrets of ``platform`` from ``secrets/<platform>.toml`` or the environment.

        ``XINQIAO_SECRET_<PLATFORM>_<NAME>`` wins over the file.

        Raises:
            SettingsError: The file can be read by others, or holds something other than text.
        """
        path = self.root / "secrets" / f"{platform}.toml"
        values: dict[str, str] = {}
        if path.exists():
            if stat.S_IMODE(path.stat().st_mode) & 0o077:
                raise SettingsError(f"凭据文件 {path} 能被他人读取：请执行 chmod 600 {path}")
            for name, value in read_toml(path).items():
                if not isinstance(value, str):
                    raise SettingsError(f"凭据文件 {path}：“{name}”应为文字（加引号）")
                values[name] = value
        prefix = f"XINQIAO_SECRET_{platform.upper()}_"
        for name, value in os.environ.items():
            if name.startswith(prefix):
                values[name.removeprefix(prefix).lower()] = value
        return values


def open_workspace(root: Path) -> Workspace:
    """Open the workspace at ``root``.

    Raises:
        SettingsError: There is none, or its settings cannot be read.
    """
    root = root.absolute()
    path = root / SETTINGS_FILE
    if not path.is_file():
        raise SettingsError(
            f"{root} 不是信桥工作区（没有 {SETTINGS_FILE}）。"
            "用 -w 指定工作区，或先执行 xinqiao init 新建一个",
            code="workspace_missing",
        )
    return Workspace(root, parse(Settings, read_toml(path), path))


def create_workspace(
    root: Path, *, rehearsal: bool, platforms: Sequence[str] | None = None
) -> Workspace:
    """Write a new, commented workspace; a second run completes what is missing, changes nothing.

    A workspace stays what it is: a second run on a rehearsal completes the rehearsal. A second run
    adds no platform but those that are named: records would be owed to it from then on, and its
    file may have been taken away on purpose.

    Args:
        root: The folder.
        rehearsal: Whether it can only ever talk to stand-ins on this machine.
        platforms: Platforms that it has files for; None for all of a new workspace.

    Raises:
        InputError: ``root`` is a file, a folder with other things in it, or a real workspace that
            was to become a rehearsal; or a platform is not known.
        SettingsError: The folder cannot be written, or the workspace has lost its keys: new ones
            would make what is stored unreadable for good.
    """
    root = root.absolute()
    wanted = None if platforms is None else tuple(platforms)
    chosen = chosen_platforms(wanted)
    try:
        if (root / SETTINGS_FILE).exists():
            return _complete(open_workspace(root), wanted or (), rehearsal=rehearsal)
        _refuse_foreign(root)
        return _write(root, chosen, rehearsal=rehearsal)
    except OSError as error:
        raise SettingsError(f"无法写入 {root}：{reason_of(error)}，请检查权限") from error


def _refuse_foreign(root: Path) -> None:
    if root.exists() and not root.is_dir():
        raise InputError(f"{root} 是一个文件，不能作为工作区；请换一个文件夹名")
    if root.is_dir() and any(root.iterdir()):
        raise InputError(f"{root} 里已有别的文件，不会混在一起；请换一个空文件夹")


def _write(root: Path, platforms: Sequence[KnownPlatform], *, rehearsal: bool) -> Workspace:
    _write_folders(root)
    create_key_file(root / "secrets" / "keys.toml")
    _write_files(root, platforms, rehearsal=rehearsal)
    # last, so that a folder with settings is a whole workspace
    settings = "rehearsal.toml" if rehearsal else "xinqiao.toml"
    _write_once(root / SETTINGS_FILE, _template(settings))
    return open_workspace(root)


def _complete(workspace: Workspace, added: Sequence[str], *, rehearsal: bool) -> Workspace:
    is_rehearsal = workspace.settings.workspace.rehearsal
    if rehearsal and not is_rehearsal:
        raise InputError(f"{workspace.root} 是正式工作区，不能改作演练；请为演练另选一个空文件夹")
    workspace.keys()
    _write_folders(workspace.root)
    theirs = {*workspace.platform_files(), *added}
    platforms = [one for one in known_platforms() if one.id in theirs]
    _write_files(workspace.root, platforms, rehearsal=is_rehearsal)
    return workspace


def _write_folders(root: Path) -> None:
    root.mkdir(parents=True, exist_ok=True)
    for name, mode in _FOLDERS.items():
        folder = root / name
        if not folder.exists():
            folder.mkdir(mode=mode)
            folder.chmod(mode)


def _write_files(root: Path, platforms: Sequence[KnownPlatform], *, rehearsal: bool) -> None:
    for platform in platforms:
        written = texts(platform, rehearsal=rehearsal)
        _write_once(root / "platforms" / f"{platform.id}.toml", written.file)
        if written.secrets:
            _write_once(root / "secrets" / f"{platform.id}.toml", written.secrets, mode=0o600)
    _write_once(root / "sources" / "README.txt", _template("sources.txt"))
    _write_once(root / "tables" / "README.txt", _template("tables.txt"))


def _template(name: str) -> str:
    return (resources.files("xinqiao.config") / "templates" / name).read_text("utf-8")


def _write_once(path: Path, text: str, mode: int = 0o666) -> None:
    """Write ``text`` to ``path`` unless there is something."""
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode())
