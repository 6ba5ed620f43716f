"""Every finding of our own has an instruction, and no instruction is for a code nobody makes."""

import ast
import re
from importlib import resources

import click
import pytest

from tests.feedback.codes_made import UnknownMakerError, _codes, codes_made
from xinqiao.adapters.profile import SHIPPED
from xinqiao.cli import COMMANDS, cli
from xinqiao.feedback.loading import shipped_instructions, usual_instructions
from xinqiao.feedback.originals import ORIGINAL, _originals, original_of
from xinqiao.feedback.own import own_findings, own_instruction
from xinqiao.intake.headers import header_table
from xinqiao.records.kinds import KINDS

TEXTS = [
    *(one.instruction for one in own_findings().values()),
    *(one.row.instruction for one in usual_instructions()),
    *(one.row.instruction for name in SHIPPED for one in shipped_instructions(name)),
]


def test_every_code_that_can_be_made_has_an_instruction() -> None:
    without = {f"{one.code}（{one.file}:{one.line}）" for one in codes_made()}
    assert {one for one in without if one.partition("（")[0] not in own_findings()} == set()


def test_no_instruction_is_for_a_code_that_nobody_makes() -> None:
    assert set(own_findings()) - {one.code for one in codes_made()} == set()


def test_the_reading_of_the_source_sees_each_way_of_making_a_finding() -> None:
    """One of each way, so that a reading that became blind does not pass for a complete one."""
    made = {one.code for one in codes_made()}
    for code in (
        "check_digit",  # a literal
        "still_down",  # a constant of another module
        "unknown_record",  # a function that hands it on
        "nought",  # another
        "full_width",  # a table of rules
        "no_such_date",  # an error that is caught
        "picture_missing",
        "score",  # a table of messages
        "detail_missing",
        "invalid",  # a plain dictionary
    ):
        assert code in made


def test_a_new_way_of_making_a_finding_is_not_passed_over_in_silence() -> None:
    tree = ast.parse("def f(x): return Finding('', x.kind, S, 'm')")
    given = ast.parse("x.kind", mode="eval").body
    with pytest.raises(UnknownMakerError):
        _codes(given, tree, "xinqiao.records.findings", "records/findings.py")


@pytest.mark.parametrize("code", own_findings())
def test_an_instruction_says_what_to_do_and_fills_its_placeholder(code: str) -> None:
    text = own_instruction(code, "subject.unified_social_credit_code")
    assert "{" not in text
    assert "{" not in own_instruction(code)
    assert re.search(r"请|不用处理|不用改|应当|程序已", text)
    assert own_findings()[code].title != own_findings()[code].instruction


def test_a_wrong_credit_code_is_to_be_held_against_the_business_licence() -> None:
    assert "营业执照" in own_instruction("check_digit", "subject.unified_social_credit_code")
    assert "身份证件" in own_instruction("check_digit", "subject.certificate_number")
    assert "决定书" in own_instruction("date", "decision_date")
    assert "对照原件" in own_instruction("required", "news_of_no_document")


def test_a_code_of_another_release_has_no_instruction_and_breaks_nothing() -> None:
    assert own_instruction("code_of_another_release", "subject.name") == ""


def test_every_pattern_of_the_table_of_originals_is_for_a_field_that_there_is() -> None:
    paths = {path for kind in KINDS for path in header_table(kind).fields}
    met = {original_of(path) for path in paths}
    assert {one.document for one in _originals().originals} <= met | {ORIGINAL}


@pytest.mark.parametrize("text", sorted({one for text in TEXTS for one in [text]}))
def test_every_command_that_an_instruction_names_can_be_typed(text: str) -> None:
    context = click.Context(cli)
    for words in re.findall(r"xinqiao ((?:[a-z-]+ ?)+)", text):
        name, *rest = words.split()
        assert name in COMMANDS
        command = cli.get_command(context, name)
        options = [one for one in rest if one.startswith("--")]
        rest = [one for one in rest if not one.startswith("--")]
        if isinstance(command, click.Group) and rest:
            command = command.get_command(context, rest[0])
        assert command is not None
        known = {one for parameter in command.params for one in parameter.opts}
        assert set(options) <= known


def test_the_tables_are_shipped() -> None:
    folder = resources.files("xinqiao.adapters") / "profiles" / "instructions"
    assert {one.name for one in folder.iterdir()} == {f"{name}.toml" for name in SHIPPED}
