"""No identity number and no natural person appears in anything that is shown to everybody."""

import unicodedata

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from stdnum.cn import ric

from tests.mapping.contents import FORMATS, contents, identity_numbers, name_of
from xinqiao.mapping.engine import CompiledFormat
from xinqiao.mapping.personal import PERSONAL_PATHS, holds_identity_number
from xinqiao.records.kinds import KINDS

PUBLIC = [compiled for compiled in FORMATS if compiled.table.platform == "county_site"]
EVERY = pytest.mark.parametrize("compiled", PUBLIC, ids=name_of)
NUMBER = "370323190711118764"

BETWEEN = ["", " ", "-", "\u3000", "\n", ".", "·", "—", " - "]


@st.composite
def disguised(draw: st.DrawFn, number: str) -> str:
    """Draw ``number`` as people write it: in groups, in other digits, within other text."""
    separator = draw(st.sampled_from(BETWEEN))
    cuts = draw(st.sampled_from([(6, 14), (3, 6, 10, 14), (4, 8, 12, 16), tuple(range(1, 18))]))
    parts = [number[a:b] for a, b in zip((0, *cuts), (*cuts, 18), strict=True)]
    written = separator.join(parts)
    if draw(st.booleans()):
        written = written.lower()
    nought = draw(st.sampled_from("0０٠"))
    shift = ord(nought) - ord("0")
    written = "".join(chr(ord(c) + shift) if c in "0123456789" else c for c in written)
    before, after = draw(st.sampled_from(["", "身份证号", "No1"])), draw(st.sampled_from(["", "9"]))
    return f"{before}{written}{after}"


def digits_of(text: str) -> str:
    """Return nothing but the digits of ``text``, in plain form, and x."""
    plain = unicodedata.normalize("NFKC", text).upper()
    digits = (str(unicodedata.digit(c, c)) for c in plain)
    return "".join(c for c in digits if c in "0123456789X")


@given(data=st.data(), number=identity_numbers())
def test_a_number_is_seen_however_it_is_written(data: st.DataObject, number: str) -> None:
    assert holds_identity_number(data.draw(disguised(number)))


@given(st.text(st.sampled_from("0123456789X -"), min_size=18, max_size=40))
@example(f"1{NUMBER}")
@example(f"{NUMBER}1")
def test_no_number_that_stands_whole_is_missed(text: str) -> None:
    whole = [
        text[at : at + 18]
        for at in range(len(text) - 17)
        if text[at : at + 17].isdigit()
        and text[at] != "0"
        and text[at + 6 : at + 8] in ("18", "19", "20")
        and text[at + 10 : at + 14] == "0101"
        and ric.calc_check_digit(text[at : at + 18]) == text[at + 17]
    ]
    assert holds_identity_number(text) or not whole


@pytest.mark.parametrize(
    "text",
    [
        "鲁交运管许可淄字370323000001号",
        "91370323MAN780RD7T",
        "11370323004300270R",
        "于2026年11月3日至2026-11-04罚款20000元",
        "0533-3241234",
        "370323190711118765",
        "370323190713418761",
        "",
    ],
)
def test_other_numbers_are_not_taken_for_one(text: str) -> None:
    assert not holds_identity_number(text)


@EVERY
@settings(max_examples=60)
@given(data=st.data(), number=identity_numbers())
def test_no_identity_number_is_in_what_the_county_site_gets(
    compiled: CompiledFormat, data: st.DataObject, number: str
) -> None:
    kind = KINDS[compiled.table.kind]
    content = data.draw(contents(kind.identifier))
    places = data.draw(st.sets(st.sampled_from(sorted(set(content) - set(kind.words)))))
    spoilt = {path: data.draw(disguised(number)) for path in places}
    rendering = compiled.render({**content, **spoilt})
    values = rendering.values or {}
    for text in values.values():
        assert number not in digits_of(text)
    assert not any(number in digits_of(one.message) for one in rendering.findings)
    shown = {field.source_path for field in compiled.table.fields}
    if not kind.is_about_person(content) and places & shown:
        assert rendering.values is None
        assert {one.code for one in rendering.findings} & {
            "identity_number",
            "identity_number_as_key",
        }


@EVERY
@settings(max_examples=60)
@given(data=st.data())
def test_no_field_by_which_a_person_is_named_or_reached_is_shown(
    compiled: CompiledFormat, data: st.DataObject
) -> None:
    kind = KINDS[compiled.table.kind]
    content = data.draw(contents(kind.identifier))
    assume(not kind.is_about_person(content))
    personal = sorted((PERSONAL_PATHS | kind.identity_fields) & set(kind.labels))
    marked = {path: f"标记{number}" for number, path in enumerate(personal)}
    shown = "".join((compiled.render({**content, **marked}).values or {"": "标记"}).values())
    assert "标记" not in shown


@EVERY
def test_a_record_about_a_natural_person_is_never_shown(compiled: CompiledFormat) -> None:
    if "subject.category" not in KINDS[compiled.table.kind].labels:
        assert not KINDS[compiled.table.kind].is_about_person({})
        return
    rendering = compiled.render({"subject.category": "自然人"})
    assert rendering.values is None
    assert [one.code for one in rendering.findings] == ["natural_person"]


def test_every_identity_field_of_every_kind_is_denied() -> None:
    assert {path for kind in KINDS.values() for path in kind.identity_fields} <= PERSONAL_PATHS


def test_every_denied_path_is_one_that_a_kind_has() -> None:
    assert {path for kind in KINDS.values() for path in kind.labels} >= PERSONAL_PATHS


def test_all_that_the_county_site_gets_is_marked_public_and_nothing_else_is() -> None:
    assert {c.table.platform for c in FORMATS if c.table.public} == {"county_site"}
    assert all(compiled.table.public for compiled in PUBLIC)
