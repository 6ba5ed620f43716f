"""Looking codes up: our findings, what platforms say, what happens on the way (代码词典)."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import Any

from xinqiao.adapters.codes import known_words
from xinqiao.feedback.actors import ACTORS, Actor
from xinqiao.feedback.instructing import UNNAMED, Instructions
from xinqiao.feedback.loading import Known
from xinqiao.feedback.originals import ORIGINAL
from xinqiao.feedback.own import OwnFinding, own_findings

_OURS = "本系统的疑点"
_ON_THE_WAY = "通信情况"
_STATUS = {"reference": "参考，未经平台方确认", "confirmed": "已按平台方文件核对"}


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known about one code.

    Attributes:
        code: The code; empty where a platform's words alone decide.
        message: What is looked for in the platform's words, or empty.
        operations: Operations that it is about; empty for all.
        where: Whose code it is, in Chinese.
        platform: Identifier of the platform, or empty.
        means: What it means.
        acts: Who acts, in Chinese; empty where nobody need.
        instruction: What to do; empty where the meaning says it.
        source: Where the row comes from; empty for our own codes.
        status: How sure that is, in Chinese; empty for our own codes.
        file: The table it stands in; empty for our own codes.
    """

    code: str
    message: str
    operations: tuple[str, ...]
    where: str
    platform: str
    means: str
    acts: str
    instruction: str
    source: str = ""
    status: str = ""
    file: str = ""

    def plain(self) -> dict[str, Any]:
        """Return it as ``--json`` shows it."""
        return asdict(self)

    def lines(self) -> list[str]:
        """Return it as lines for people, a head first."""
        words = f"，平台的说法含“{self.message}”" if self.message else ""
        about = f"，操作 {'、'.join(self.operations)}" if self.operations else ""
        lines = [f"{self.code}（{self.where}{words}{about}）：{self.means}"]
        if self.instruction:
            lines.append(f"怎么办（{self.acts}）：{self.instruction}")
        if self.source:
            lines.append(f"依据：{self.source}（{self.status}）；见 {self.file}")
        return lines


def entries(
    instructions: Instructions,
    platforms: Sequence[str],
    code: str | None,
    *,
    only_platforms: bool = False,
) -> Iterator[Entry]:
    """Yield what is known about ``code``; about every code where it is None.

    Args:
        instructions: Those of the workspace.
        platforms: Platforms to look at.
        code: The code.
        only_platforms: Leave out codes that are no platform's.
    """
    if not only_platforms:
        yield from (_own(one) for one in own_findings().values() if code in (None, one.code))
    for platform in platforms:
        for known in instructions.of(platform):
            if code in (None, known.row.code):
                yield _of_platform(known, platform, instructions.name(platform))
    if not only_platforms:
        for name, words in known_words().items():
            if code in (None, name):
                yield Entry(name, "", (), _ON_THE_WAY, "", words, "", "")


def nearest(instructions: Instructions, platforms: Sequence[str], code: str) -> list[str]:
    """Return codes that are spelled nearly like ``code``."""
    known = sorted({one.code for one in entries(instructions, platforms, None) if one.code})
    return get_close_matches(code, known, n=3)


def _own(one: OwnFinding) -> Entry:
    acts = "" if one.cleaned else ACTORS[one.who]
    text = one.instruction.format(original=ORIGINAL)
    return Entry(one.code, "", (), _OURS, "", one.title, acts or ACTORS[Actor.OPERATOR], text)


def _of_platform(known: Known, platform: str, title: str) -> Entry:
    row = known.row
    text = row.instruction.format(field=UNNAMED, original=ORIGINAL, platform=title)
    return Entry(
        row.code,
        row.message,
        tuple(one.value for one in row.operations),
        title,
        platform,
        row.means,
        ACTORS[row.who],
        text,
        known.source,
        _STATUS[row.status],
        known.file,
    )
