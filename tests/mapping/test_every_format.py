"""Of every shipped format: what is sent obeys its own table and can be read back."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.mapping.contents import FORMATS, contents, identity_numbers, name_of
from xinqiao.mapping.engine import CompiledFormat
from xinqiao.mapping.tables import FormatField
from xinqiao.records.conditions import Condition
from xinqiao.records.doubtful_text import may_hold_identity_number
from xinqiao.records.kinds import KINDS, reported_kinds

EVERY = pytest.mark.parametrize("compiled", FORMATS, ids=name_of)
# each property is tried on every one of the formats; how fast a record is invented proves nothing
FEWER = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])


def rendered(compiled: CompiledFormat, content: Mapping[str, str]) -> dict[str, str] | None:
    """Return what is sent; None of a record that is not shown since it is about a person."""
    rendering = compiled.render(content)
    if compiled.table.public and KINDS[compiled.table.kind].is_about_person(content):
        assert [one.code for one in rendering.findings] == ["natural_person"]
        return None
    assert rendering.findings == ()
    return rendering.values


def holds(condition: Condition, content: Mapping[str, str]) -> bool:
    """Judge a condition without the engine."""
    text = content.get(condition.field, "").strip()
    if condition.words is not None:
        return text in condition.words
    if condition.any_word is not None:
        return any(one.split("-")[0] in condition.any_word for one in text.split("；"))
    return bool(text) == condition.filled


def is_blanked(field: FormatField, content: Mapping[str, str]) -> bool:
    return bool(field.blank_when) and all(holds(one, content) for one in field.blank_when)


def extent(field: FormatField, text: str, charset: str) -> int:
    if field.type in ("decimal", "integer"):
        return sum(character.isdigit() for character in text)
    return len(text) if field.unit == "characters" else len(text.encode(charset))


@EVERY
@FEWER
@given(data=st.data())
def test_what_is_sent_obeys_the_table(compiled: CompiledFormat, data: st.DataObject) -> None:
    content = data.draw(contents(compiled.table.kind))
    values = rendered(compiled, content)
    if values is None:
        return
    assert list(values) == [field.code for field in compiled.table.fields]
    for field in compiled.table.fields:
        text = values[field.code]
        assert extent(field, text, compiled.table.charset) <= (field.length or 10)
        asked = field.required == "always" or (
            bool(field.required_when) and all(holds(one, content) for one in field.required_when)
        )
        if is_blanked(field, content):
            assert text == ""
        elif asked:
            assert text.strip()


def read_back(compiled: CompiledFormat, field: FormatField, text: str) -> str | Decimal:
    """Return what the record holds, read from what was sent without the engine."""
    if field.type == "date":
        pattern = field.pattern or ""
        written = pattern.replace("YYYY", "%Y").replace("MM", "%m").replace("DD", "%d")
        return datetime.strptime(text, written).date().isoformat()  # noqa: DTZ007 - a date has no zone
    if field.type in ("decimal", "integer"):
        return Decimal(text)
    if field.codes is None:
        return text
    words = {entry.wire: entry.word for entry in compiled.codes[field.codes].entries}
    parts = text.split(field.separator) if field.separator is not None else [text]
    details = [part.partition("-") for part in parts]
    return "；".join(f"{words[wire]}{dash}{detail}" for wire, dash, detail in details)


@EVERY
@FEWER
@given(data=st.data())
def test_what_is_sent_reads_back_as_the_record(
    compiled: CompiledFormat, data: st.DataObject
) -> None:
    content = data.draw(contents(compiled.table.kind))
    values = rendered(compiled, content)
    for field in compiled.table.fields if values is not None else ():
        text = (values or {})[field.code]
        if field.constant is not None:
            assert text == field.constant
        elif field.source_path not in content or is_blanked(field, content):
            assert text == ""
        elif field.codes is None or not compiled.codes[field.codes].merges:
            held = content[field.source_path or ""]
            number = field.type in ("decimal", "integer")
            assert read_back(compiled, field, text) == (Decimal(held) if number else held)


@EVERY
@FEWER
@given(data=st.data())
def test_the_same_record_is_always_sent_in_the_same_way(
    compiled: CompiledFormat, data: st.DataObject
) -> None:
    content = data.draw(contents(compiled.table.kind))
    again = dict(data.draw(st.permutations(list(content.items()))))
    more = {**again, "unknown": "x"}
    assert compiled.render(content) == compiled.render(again) == compiled.render(more)


@EVERY
@FEWER
@given(data=st.data())
def test_no_key_holds_an_identity_number_wherever_it_was_entered(
    compiled: CompiledFormat, data: st.DataObject
) -> None:
    content = data.draw(contents(compiled.table.kind))
    number = data.draw(identity_numbers())
    texts = sorted(set(content) - set(KINDS[compiled.table.kind].words) - {"record.id"})
    content |= dict.fromkeys(data.draw(st.sets(st.sampled_from(texts))), number)
    values = compiled.render(content).values
    if values is not None:
        assert number not in compiled.key_of(values)
        assert not may_hold_identity_number(compiled.asked_by(values))


def test_every_field_of_a_kind_that_we_report_goes_to_some_platform() -> None:
    sent = {
        (compiled.table.kind, field.source_path)
        for compiled in FORMATS
        for field in compiled.table.fields
    }
    kept = {
        (kind.identifier, path)
        for kind in reported_kinds()
        for path in kind.labels
        if (kind.identifier, path) not in sent
    }
    assert kept == {("penalty", "case_procedure"), ("penalty", "severity")}
