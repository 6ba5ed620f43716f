"""What to do about each finding that the program makes itself (疑点代码表).

The findings say what is wrong with this row; this table says, once for each code, what a person
does about it. It is a table so that a clerk can review the wording.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from pydantic import Field, model_validator

from xinqiao.feedback.actors import Actor
from xinqiao.feedback.originals import ORIGINAL, original_of
from xinqiao.feedback.shipped import shipped_text
from xinqiao.records.conditions import TablePart, Text
from xinqiao.records.shipped_tables import read_table


class OwnFinding(TablePart):
    """One code of findings.

    Attributes:
        code: The stable English identifier.
        title: What is wrong, in a few words.
        who: Who acts.
        instruction: What to do; ``{original}`` is the document that the field is checked against.
        cleaned: Whether the program put it right by itself: nobody need do anything.
    """

    code: Text
    title: Text
    who: Actor = Actor.DEPARTMENT
    instruction: Text
    cleaned: bool = False


class _OwnFindings(TablePart):
    findings: tuple[OwnFinding, ...] = Field(validation_alias="finding", min_length=1)

    @model_validator(mode="after")
    def _nothing_twice(self) -> "_OwnFindings":
        codes = [one.code for one in self.findings]
        if twice := sorted({one for one in codes if codes.count(one) > 1}):
            raise ValueError(f"代码重复：{'、'.join(twice)}")
        return self


@cache
def own_findings() -> Mapping[str, OwnFinding]:
    """Return code → what it means and what to do about it."""
    table = read_table(shipped_text("findings.toml"), "findings.toml", _OwnFindings)
    return MappingProxyType({one.code: one for one in table.findings})


@cache
def own_instruction(code: str, path: str = "") -> str:
    """Return what to do about a finding, in Chinese.

    Args:
        code: Code of the finding.
        path: Path of its field; empty for the row.

    Returns:
        Empty for a code of an earlier release that no table knows: the finding's own words stand.
    """
    found = own_findings().get(code)
    if found is None:
        return ""
    return found.instruction.format(original=original_of(path) if path else ORIGINAL)
