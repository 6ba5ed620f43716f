"""From what a platform said about a row to what is done about it (退回怎么改)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import structlog

from xinqiao.adapters.codes import safe_code
from xinqiao.errors import SettingsError
from xinqiao.feedback.actors import ACTORS, Actor
from xinqiao.feedback.loading import (
    ENDING,
    Known,
    own_instructions,
    shipped_instructions,
    usual_instructions,
)
from xinqiao.feedback.originals import ORIGINAL, original_of
from xinqiao.feedback.places import Labels, Place, place_of, places_named
from xinqiao.mapping.tables import FormatTable
from xinqiao.privacy.masking import mask_identity_numbers

_log = structlog.get_logger()

FormatOf = Callable[[str, str], FormatTable]
"""Takes platform and kind; gives the format table, or raises SettingsError where none is usable."""

_ANSWERED = frozenset({"rejected", "conflict"})
_WAITING = frozenset({"in_doubt", "held"})
"""States of submissions after which somebody must look at the row, surely and perhaps."""

UNNAMED = "平台没有指明的一栏"
"""Stands for the field where nothing tells which one it is."""


@dataclass(frozen=True, slots=True)
class Refused:
    """What a platform said about one row.

    Attributes:
        platform: Identifier.
        kind: Kind of the record.
        code: The platform's code.
        message: Its words, masked.
        operation: What was asked of it.
    """

    platform: str
    kind: str
    code: str
    message: str
    operation: str = "insert"


@dataclass(frozen=True, slots=True)
class Advice:
    """What is done about a refusal.

    Attributes:
        means: What the platform means.
        who: Who acts.
        text: What to do, with the fields named; never holds a value.
        places: The fields it is about, as far as the platform or its table tells.
        known: The instruction that was used; None where none fits and the usual way is told.
    """

    means: str
    who: Actor
    text: str
    places: tuple[Place, ...] = ()
    known: Known | None = None

    @property
    def acts(self) -> str:
        """Chinese name of who acts."""
        return ACTORS[self.who]

    @property
    def short(self) -> str:
        """The advice in a few words, for lists."""
        where = "、".join(one.words for one in self.places)
        return f"{self.acts}：{where or self.means}"


class Instructions:
    """The instructions for the platforms of one workspace.

    Args:
        profiles: Platform → name of the shipped profile that its file is laid over; what is left
            out goes by its own name.
        folder: Folder with the workspace's own tables, one for each platform; None for none.
        labels: Headings of the import tables.
        format_of: The format tables.
        titles: Platform → Chinese name.
    """

    def __init__(
        self,
        profiles: Mapping[str, str],
        folder: Path | None,
        labels: Labels,
        format_of: FormatOf,
        titles: Callable[[str], str] = str,
    ) -> None:
        """Keep what is given; tables are read when they are first needed."""
        self._profiles = profiles
        self._folder = folder
        self._labels = labels
        self._format_of = format_of
        self._titles = titles
        self._read: dict[str, tuple[Known, ...]] = {}
        self._broken: dict[str, SettingsError] = {}

    def of(self, platform: str) -> tuple[Known, ...]:
        """Return the instructions for a platform in the order in which they are tried.

        A broken table of the workspace is left out, and :meth:`broken` tells what is wrong with it.
        """
        if platform not in self._read:
            own: tuple[Known, ...] = ()
            if self._folder is not None:
                try:
                    own = own_instructions(self._folder / f"{platform}{ENDING}")
                except SettingsError as error:
                    self._broken[platform] = error
                    _log.warning("instructions.broken", platform=platform)
            shipped = shipped_instructions(self._profiles.get(platform, platform))
            self._read[platform] = (*own, *shipped)
        return self._read[platform]

    def broken(self, platform: str) -> SettingsError | None:
        """Return what is wrong with the workspace's own table for a platform, if anything is."""
        self.of(platform)
        return self._broken.get(platform)

    @cached_property
    def strays(self) -> tuple[str, ...]:
        """Names of tables of the workspace that are for no platform of it, sorted."""
        if self._folder is None or not self._folder.is_dir():
            return ()
        names = {file.name.removesuffix(ENDING) for file in self._folder.glob(f"*{ENDING}")}
        return tuple(sorted(names - set(self._profiles)))

    def name(self, platform: str) -> str:
        """Return the Chinese name of a platform."""
        return self._titles(platform)

    def covers(self, platform: str, code: str) -> bool:
        """Tell whether a platform's code has an instruction of its own."""
        return any(one.row.code == code for one in self.of(platform))

    def advise(self, refused: Refused) -> Advice:
        """Return what is done about a refusal."""
        known = self._fitting(refused)
        places = self._places(refused, known)
        if known is None:
            return self._unknown(refused, places)
        filled_in = bool(places) and not any(one.path for one in places)
        if filled_in and known.row.who is Actor.DEPARTMENT:
            return _program_filled(known, places)
        text = known.row.instruction.format(
            field="、".join(one.words for one in places) or UNNAMED,
            original=original_of(places[0].path) if places else ORIGINAL,
            platform=self._titles(refused.platform),
        )
        return Advice(known.row.means, known.row.who, text, places, known)

    def title(self, platform: str, kind: str) -> str:
        """Return what a platform and its format of ``kind`` are called, for people."""
        try:
            return self._format_of(platform, kind).title
        except SettingsError:
            return f"平台 {platform} "

    def advise_on(self, told: Mapping[str, Any]) -> Advice | None:
        """Return what is done about a submission; None where the platform wants nothing done.

        Args:
            told: The submission as lists and stories tell it: ``platform``, ``kind``, ``state``,
                ``code``, ``message`` and ``operation``.
        """
        state, code = told["state"], told["code"]
        # what waits for an answer is about the row only where a table says so of this very code
        in_doubt = state in _WAITING and bool(code) and self.covers(told["platform"], code)
        if state not in _ANSWERED and not in_doubt:
            return None
        if not code and not told["message"]:
            return None
        return self.advise(
            Refused(told["platform"], told["kind"], code, told["message"], told["operation"])
        )

    def _fitting(self, refused: Refused) -> Known | None:
        tried = (*self.of(refused.platform), *usual_instructions())
        what = (refused.code, refused.message, refused.operation)
        return next((one for one in tried if one.row.fits(*what)), None)

    def _places(self, refused: Refused, known: Known | None) -> tuple[Place, ...]:
        labels = self._labels(refused.kind)
        try:
            table = self._format_of(refused.platform, refused.kind)
        except SettingsError:
            return ()  # somebody is mending the table: what to do is told all the same
        named = places_named(refused.message, table, labels)
        if named or known is None:
            return named
        usual = place_of(known.row.fields, table, labels)
        return () if usual is None else (usual,)

    def _unknown(self, refused: Refused, places: Sequence[Place]) -> Advice:
        code = mask_identity_numbers(safe_code(refused.code))
        what = f"代码 {code}" if code else "平台的说法"
        where = "、".join(one.words for one in places)
        look = f"请先由科室核对{where}；" if where else ""
        text = (
            f"{what}没有现成的办法：{look}请经办人向{self._titles(refused.platform)}问明含义，"
            f"把问到的写进 tables/instructions/{refused.platform}.toml；"
            "是数据有误的由科室改正后重新导入，是平台有误的用 xinqiao queue retry 再报"
        )
        return Advice(f"没有说明的{what}", Actor.OPERATOR, text, tuple(places))


def _program_filled(known: Known, places: tuple[Place, ...]) -> Advice:
    """Return the advice about a field that no department fills in."""
    where = "、".join(f"{one.words}（{one.code}）" for one in places)
    text = f"{where}由本系统填写，科室不用改：请系统管理员对照平台方的文件核对格式表"
    return Advice(known.row.means, Actor.ADMINISTRATOR, text, places, known)
