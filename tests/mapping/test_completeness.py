"""Required items are counted by the table: always, on a condition, never, or sent blank."""

from collections.abc import Callable
from pathlib import Path

import pytest

from xinqiao.mapping.completeness import Items, item_counter
from xinqiao.mapping.engine import CompiledFormat
from xinqiao.mapping.registry import Formats, format_for

FIELDS = """
platform = "demo"
kind = "permit"
edition = "1"
title = "完整率试表"
source = "测试"
status = "reference"
key_fields = ["NUMBER"]
charset = "utf-8"
"""

FIELD = """
[[field]]
code = "{code}"
name = "{code}"
{filled_from}
type = "text"
length = 50
source = "测试"
status = "reference"
{required}
"""

OF_ORGANISATIONS = 'field = "subject.category"\nin = ["法人及非法人组织"]'

ROWS = (
    ("NUMBER", 'from = "document_number"', 'required = "always"'),
    ("NAME", 'from = "subject.name"', 'required = "always"'),
    ("FIXED", 'constant = "1"', 'required = "always"'),
    ("OWN", 'from = "record.id"', 'required = "always"'),
    ("REMARKS", 'from = "remarks"', 'required = "never"'),
    (
        "BOSS",
        'from = "subject.legal_representative"',
        f'required = "when"\n[[field.required_when]]\n{OF_ORGANISATIONS}',
    ),
    (
        "CARD",
        'from = "subject.certificate_number"',
        f'required = "always"\n[[field.blank_when]]\n{OF_ORGANISATIONS}',
    ),
)

ORGANISATION = {"subject.category": "法人及非法人组织"}
PERSON = {"subject.category": "自然人"}
BOTH = {"document_number": "1号", "subject.name": "沂源县示例物流有限公司"}


@pytest.fixture
def compiled(write_tables: Callable[..., Path]) -> CompiledFormat:
    rows = (
        FIELD.format(code=code, filled_from=filled_from, required=required)
        for code, filled_from, required in ROWS
    )
    folder = write_tables(FIELDS + "".join(rows), "formats/demo/permit-1.toml")
    return Formats((folder,)).of("demo", "permit")


@pytest.mark.parametrize(
    ("content", "filled", "required"),
    [
        # number, name, constant, own id, representative
        ({**ORGANISATION, **BOTH, "subject.legal_representative": "试一"}, 5, 5),
        ({**ORGANISATION, **BOTH}, 4, 5),
        ({**ORGANISATION, **BOTH, "subject.legal_representative": "  "}, 4, 5),
        ({**ORGANISATION, "subject.certificate_number": "x"}, 2, 5),
        # number, name, constant, own id, certificate
        ({**PERSON, **BOTH}, 4, 5),
        ({**PERSON, **BOTH, "subject.certificate_number": "密文", "remarks": "无"}, 5, 5),
    ],
)
def test_what_the_table_requires_of_this_very_record_is_counted(
    compiled: CompiledFormat, content: dict[str, str], filled: int, required: int
) -> None:
    assert item_counter(compiled)(content) == Items(filled, required)


def test_a_record_that_fits_lacks_nothing(
    permit_format: CompiledFormat, organisation: dict[str, str]
) -> None:
    count = item_counter(permit_format)
    whole = count(organisation)
    assert whole is not None
    assert whole.filled == whole.required > 13
    assert count({**organisation, "content": ""}) == Items(whole.filled - 1, whole.required)


def test_what_a_platform_never_gets_is_not_counted(natural_person: dict[str, str]) -> None:
    assert item_counter(format_for("county_site", "permit"))(natural_person) is None
