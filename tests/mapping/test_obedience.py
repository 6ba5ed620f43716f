"""Whatever a record holds, rendering never raises and what is sent obeys the table."""

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from xinqiao.mapping.engine import CompiledFormat
from xinqiao.mapping.registry import format_for
from xinqiao.records.conditions import is_blank

PATHS = [str(f.source_path) for f in format_for("credit_shandong", "permit").table.fields]


def any_text(field: str) -> st.SearchStrategy[str]:
    good = {
        "subject.category": ["法人及非法人组织", "自然人", "个体工商户"],
        "permit_class": ["普通", "其他-备案"],
        "status": ["有效", "无效"],
    }.get(field, ["身份证"] if field.endswith("_type") else ["2026-11-03", "甲"])
    everything = st.text(st.characters(exclude_categories=[]), max_size=300)
    return st.sampled_from(good) | st.just("2099-12-31") | everything


def obeys_the_table(compiled: CompiledFormat, values: dict[str, str]) -> None:
    assert list(values) == [field.code for field in compiled.table.fields]
    json.dumps(values, ensure_ascii=False).encode("utf-8")
    for field in compiled.table.fields:
        text = values[field.code]
        assert field.length is None or len(text) <= field.length
        assert field.required != "always" or not is_blank(text)
        assert field.pattern is None or re.fullmatch(r"([0-9]{4}/[0-9]{2}/[0-9]{2})?", text)
        if field.codes is not None and text:
            entries = compiled.codes[field.codes].entries
            assert any(
                text == e.wire or (e.detail and text.startswith(f"{e.wire}-")) for e in entries
            )


@given(st.fixed_dictionaries({}, optional={path: any_text(path) for path in PATHS}))
def test_render_never_raises_and_what_it_sends_obeys_the_table(content: dict[str, str]) -> None:
    compiled = format_for("credit_shandong", "permit")
    rendering = compiled.render(content)
    assert (rendering.values is None) == bool(rendering.findings)
    if rendering.values is not None:
        obeys_the_table(compiled, rendering.values)


@given(st.data())
def test_what_is_sent_of_a_nearly_good_record_obeys_the_table(data: st.DataObject) -> None:
    """Starts from a record that can be sent, so that many examples are sent."""
    content = dict.fromkeys(PATHS, "甲")
    content |= {path: "2026-11-03" for path in PATHS if path.endswith(("_date", "_from", "_until"))}
    content |= {path: "身份证" for path in PATHS if path.endswith("_type")}
    content |= {"permit_class": "普通", "status": "有效", "subject.category": "自然人"}
    field = data.draw(st.sampled_from(PATHS))
    compiled = format_for("credit_shandong", "permit")
    assert compiled.render(content).values is not None
    rendering = compiled.render({**content, field: data.draw(any_text(field))})
    if rendering.values is not None:
        obeys_the_table(compiled, rendering.values)
    else:
        assert rendering.findings
