"""Which table is found, that it is compiled once, and what the digest binds to."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest

from xinqiao.errors import SettingsError
from xinqiao.mapping.registry import Formats, format_for, formats
from xinqiao.mapping.tables import Status

SHIPPED = files("xinqiao.mapping")
PERMIT = "formats/credit_shandong/permit-2018.toml"
CLASSES = "codes/permit_class.toml"

WriteTables = Callable[..., Path]


def shipped(name: str) -> str:
    return SHIPPED.joinpath(*name.split("/")).read_text(encoding="utf-8")


def test_a_format_is_compiled_once() -> None:
    assert format_for("credit_shandong", "permit") is format_for("credit_shandong", "permit")


def test_a_workspaces_own_format_is_compiled_once_and_stays_as_it_was_read(
    write_tables: WriteTables,
) -> None:
    used = Formats((write_tables(shipped(PERMIT), PERMIT),))
    first = used.of("credit_shandong", "permit")
    write_tables("nothing but noise", PERMIT)
    assert used.of("credit_shandong", "permit") is first


def test_an_unknown_format_is_told_with_those_there_are() -> None:
    with pytest.raises(SettingsError, match="credit_shandong / permit") as caught:
        format_for("credit_shandong", "penalties")
    assert caught.value.code == "unknown_format"
    assert "没有平台 credit_shandong 的 penalties 报送格式表" in caught.value.message


def test_the_list_holds_the_permit_format_and_calls_it_a_reference() -> None:
    permit = next(t for t in formats() if (t.platform, t.kind) == ("credit_shandong", "permit"))
    assert (permit.edition, permit.status, len(permit.fields)) == ("2018", "reference", 28)
    assert all("required" in field.unconfirmed for field in permit.fields)
    assert all("length" in f.unconfirmed for f in permit.fields if f.length is not None)


def test_a_workspaces_own_table_wins_over_the_shipped_one(write_tables: WriteTables) -> None:
    own = shipped(PERMIT).replace("length = 4000", "length = 5")
    folder = write_tables(own, PERMIT)
    assert Formats((folder,)).of("credit_shandong", "permit").fields["XK_NR"].length == 5
    assert format_for("credit_shandong", "permit").fields["XK_NR"].length == 4000


def test_a_workspaces_own_code_table_serves_the_shipped_format(
    write_tables: WriteTables, organisation: dict[str, str]
) -> None:
    codes = shipped(CLASSES).replace('wire = "普通"', 'wire = "01"')
    folder = write_tables(shipped(PERMIT), PERMIT, permit_class=codes)
    values = Formats((folder,)).of("credit_shandong", "permit").render(organisation).values
    assert values is not None
    assert values["XK_XKLB"] == "01"


def test_in_one_folder_the_latest_edition_wins(write_tables: WriteTables) -> None:
    write_tables(shipped(PERMIT), PERMIT)
    newer = shipped(PERMIT).replace('edition = "2018"', 'edition = "2026"')
    folder = write_tables(newer, "formats/credit_shandong/permit-2026.toml")
    assert Formats((folder,)).of("credit_shandong", "permit").table.edition == "2026"
    assert len(Formats((folder,)).all()) == len(formats())


def test_the_digest_is_the_same_for_the_same_tables(write_tables: WriteTables) -> None:
    folder = write_tables(shipped(PERMIT), PERMIT)
    assert (
        Formats((folder,)).of("credit_shandong", "permit").digest
        == format_for("credit_shandong", "permit").digest
    )
    assert len(format_for("credit_shandong", "permit").digest) == 64


def test_the_digest_changes_with_any_edit_of_the_format_or_of_a_code_table(
    write_tables: WriteTables, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # edits that keep the length of the file
    by_format = write_tables(shipped(PERMIT).replace("length = 4000", "length = 5000"), PERMIT)
    by_codes = tmp_path_factory.mktemp("codes")
    (by_codes / "codes").mkdir()
    edited = shipped(CLASSES).replace('wire = "普通"', 'wire = "一般"')
    (by_codes / CLASSES).write_text(edited, encoding="utf-8")
    found = {
        Formats(folders).of("credit_shandong", "permit").digest
        for folders in ((), (by_format,), (by_codes,))
    }
    assert len(found) == 3


def test_only_what_a_law_or_the_county_plan_says_is_called_confirmed() -> None:
    found = {
        (table.platform, table.kind, field.code)
        for table in formats()
        for field in table.fields
        if field.status is Status.CONFIRMED
    }
    lists = ("credit_shandong", "transport_credit", "safety_credit")
    assert found == {
        # 山东省社会信用条例 §12, §13 name permits and penalties
        ("transport_credit", "permit", "info_class"),
        ("transport_credit", "penalty", "info_class"),
        # §31: who answers for serious dishonesty is named
        *((platform, "list_entry", "responsible_name") for platform in lists),
        *((platform, "list_entry", "responsible_role") for platform in lists),
        # the six sources of the county plan
        ("safety_credit", "safety_info", "source_kind"),
    }
