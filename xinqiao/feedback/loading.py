"""Finding the instructions for a platform: the workspace's own above the shipped ones (读取)."""

from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from xinqiao.errors import SettingsError, reason_of
from xinqiao.feedback.shipped import shipped_text
from xinqiao.feedback.tables import Instruction, InstructionTable, covers
from xinqiao.routing.tables import TableFile

ENDING = ".toml"


@dataclass(frozen=True, slots=True)
class Known:
    """One instruction and where it stands.

    Attributes:
        row: The instruction.
        source: Where it comes from.
        file: The table that holds it.
        own: Whether that is the workspace's.
    """

    row: Instruction
    source: str
    file: str
    own: bool


def shipped_instructions(profile: str) -> tuple[Known, ...]:
    """Return the instructions beside the shipped profile ``profile``; none where it has no table.

    Raises:
        SettingsError: The table is broken; never so in a release.
    """
    text = _shipped(profile)
    return () if text is None else _known(TableFile(f"{profile}{ENDING}", text), own=False)


@cache
def _shipped(profile: str) -> str | None:
    folder = resources.files("xinqiao.adapters").joinpath("profiles", "instructions")
    file = folder.joinpath(f"{profile}{ENDING}")
    return file.read_text("utf-8") if profile and file.is_file() else None


@cache
def usual_instructions() -> tuple[Known, ...]:
    """Return what is done about words that many platforms use, whatever their codes are."""
    name = "usual.toml"
    return _known(TableFile(name, shipped_text(name)), own=False)


def own_instructions(file: Path) -> tuple[Known, ...]:
    """Return the instructions in a workspace's own table; none where there is no such file.

    Raises:
        SettingsError: It cannot be read or is broken; the message names file and line.
    """
    try:
        text = file.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return ()
    except UnicodeDecodeError as error:
        raise SettingsError(f"{file} 不是 UTF-8 编码，请另存为 UTF-8") from error
    except OSError as error:
        raise SettingsError(f"{file} 无法读取（{reason_of(error)}），请检查权限") from error
    return _known(TableFile(str(file), text), own=True)


def _known(file: TableFile, *, own: bool) -> tuple[Known, ...]:
    table = file.read(InstructionTable)
    for number, one in enumerate(table.instructions):
        if any(covers(other, one) for other in table.instructions[:number]):
            what = f"{one.code or one.message} 永远轮不到：前面已有一条包括了它"
            raise file.fault(what, "instruction", number)
    return tuple(
        Known(one, one.source or table.source, file.name, own) for one in table.instructions
    )
