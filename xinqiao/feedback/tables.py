"""Tables of what a platform's codes mean and what is done about them (平台代码处理说明).

One table lies beside each shipped profile; a workspace lays its own over it, because what a code
really means is learnt by meeting it. They are no part of a profile: a better wording must not make
the confirmation of a platform lapse.
"""

import re
import string
from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from xinqiao.adapters.base import Operation
from xinqiao.feedback.actors import Actor
from xinqiao.records.conditions import FieldPath, TablePart, Text

PLACEHOLDERS: Mapping[str, str] = {
    "field": "哪一栏，如 第3项“统一社会信用代码”",
    "original": "对照哪份原件，如 营业执照",
    "platform": "平台的名称",
}
"""What may stand in braces in an instruction → what takes its place. There is none for the value:
any field may turn out to hold an identity number."""


class Instruction(TablePart):
    """What is done about one code, or about certain words of the platform.

    Attributes:
        code: The platform's code; blank where the words alone decide.
        message: Regular expression that is looked for in the platform's words; blank where the
            code alone decides.
        operations: Operations that it is about; blank for all.
        means: What the platform means, in Chinese.
        who: Who acts.
        instruction: What to do; see :data:`PLACEHOLDERS`.
        fields: Paths of record fields that it is about where the words name none: the first that
            the platform's format has.
        source: Where it comes from (依据); that of the table where it is left out.
        status: ``confirmed`` only when an official text or the platform owner's document says so.
    """

    code: str = ""
    message: str = ""
    operations: tuple[Operation, ...] = ()
    means: Text
    who: Actor
    instruction: Text
    fields: tuple[FieldPath, ...] = ()
    source: str = ""
    status: Literal["reference", "confirmed"] = "reference"

    @field_validator("message")
    @classmethod
    def _compiles(cls, text: str) -> str:
        try:
            re.compile(text)
        except re.error:
            raise ValueError("不是合法的正则表达式，请检查括号和反斜杠") from None
        return text

    @field_validator("instruction")
    @classmethod
    def _known_placeholders(cls, text: str) -> str:
        known = "、".join(f"{{{one}}}" for one in PLACEHOLDERS)
        try:
            named = [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
        except ValueError:
            raise ValueError(f"花括号没有成对，可用的有：{known}") from None
        if unknown := [name for name in named if name not in PLACEHOLDERS]:
            raise ValueError(f"不认识的 {{{unknown[0]}}}，可用的有：{known}")
        return text

    @model_validator(mode="after")
    def _about_something(self) -> Self:
        if not self.code and not self.message:
            raise ValueError("code（代码）与 message（平台的说法）至少写一项")
        return self

    def fits(self, code: str, message: str, operation: str) -> bool:
        """Tell whether this is about a refusal."""
        if self.operations and operation not in self.operations:
            return False
        if self.code and self.code != code:
            return False
        return not self.message or re.search(self.message, message) is not None


class InstructionTable(TablePart):
    """The instructions of one platform or profile, the first that fits counts.

    Attributes:
        source: Where the table comes from (依据).
        instructions: The rows; ``[[instruction]]`` in the file.
    """

    source: Text
    instructions: tuple[Instruction, ...] = Field(validation_alias="instruction", min_length=1)


def covers(earlier: Instruction, later: Instruction) -> bool:
    """Tell whether whatever fits ``later`` fits ``earlier`` too, as far as can be seen."""
    return (
        earlier.code in ("", later.code)
        and earlier.message in ("", later.message)
        and (
            not earlier.operations or set(earlier.operations) >= set(later.operations or Operation)
        )
    )
