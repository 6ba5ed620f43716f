"""The platforms that a new workspace has a file for, and what stands in it (平台文件)."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from string import Template

from pydantic import BaseModel, ConfigDict, Field

from xinqiao.errors import InputError

_TEMPLATES = "templates"


class Credential(BaseModel):
    """A secret that a platform asks for.

    Attributes:
        name: Its name in ``secrets/<platform>.toml``.
        label: What it is, in Chinese.
        rehearsal: What the stand-in of the platform asks for; opens nothing real.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    label: str
    rehearsal: str


class KnownPlatform(BaseModel):
    """A platform that a new workspace has a file for.

    Attributes:
        id: Identifier, and the name of the shipped profile that the file is laid over.
        name: Chinese name.
        port: Port on this machine of its stand-in in a rehearsal.
        rows: Most rows of a delivery in a rehearsal.
        credentials: What it asks for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str
    port: int = Field(ge=1024, le=65535)
    rows: int = Field(ge=1)
    credentials: tuple[Credential, ...]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    platform: tuple[KnownPlatform, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class PlatformText:
    """What is written for a platform: its file, and its secrets (empty: none are written)."""

    file: str
    secrets: str


@cache
def known_platforms() -> tuple[KnownPlatform, ...]:
    """Return the platforms of ``templates/platforms.toml``, in its order."""
    return _Table.model_validate(tomllib.loads(_template("platforms.toml"))).platform


def chosen_platforms(wanted: tuple[str, ...] | None) -> tuple[KnownPlatform, ...]:
    """Return the platforms named ``wanted``; all where it is None.

    Raises:
        InputError: One is not known.
    """
    known = {one.id: one for one in known_platforms()}
    if wanted is None:
        return tuple(known.values())
    for name in wanted:
        if name not in known:
            raise InputError(
                f"没有随附平台“{name}”的文件，可写的有：{'、'.join(known)}；"
                "另外的平台由自己在 platforms/ 中写一份，见 docs/connectors.md",
                code="unknown_platform",
            )
    return tuple(one for name, one in known.items() if name in wanted)


def texts(platform: KnownPlatform, *, rehearsal: bool) -> PlatformText:
    """Return what a new workspace has for ``platform``."""
    if not rehearsal:
        lines = "\n".join(f'#   {one.name} = "…" # {one.label}' for one in platform.credentials)
        return PlatformText(_filled("platform.txt", platform, lines), "")
    lines = "\n".join(f'{one.name} = "{one.rehearsal}"' for one in platform.credentials)
    return PlatformText(
        _filled("platform-rehearsal.txt", platform, lines),
        _filled("credentials.txt", platform, lines),
    )


def _filled(template: str, platform: KnownPlatform, credentials: str) -> str:
    facts = platform.model_dump(include={"id", "name", "port", "rows"})
    return Template(_template(template)).substitute(facts, credentials=credentials)


def _template(name: str) -> str:
    folder = resources.files("xinqiao.config") / _TEMPLATES
    return (folder / name).read_text("utf-8")
