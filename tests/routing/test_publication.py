"""Who may see a record: rows of a table, and what holds for natural persons whatever they say."""

import pytest

from xinqiao.errors import SettingsError
from xinqiao.records.kinds import KINDS
from xinqiao.routing.publication import Level, publication_of, publication_rules, read_publication
from xinqiao.routing.tables import shipped_table

TEXT = shipped_table("publication.toml").text
PERSONS = '都不向社会公开\nlevel = "'
PERSON = {"subject.category": "自然人"}


def test_every_kind_has_a_row() -> None:
    assert set(publication_rules().rows) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_about_a_natural_person_is_public(kind: str) -> None:
    content = {**PERSON, "publication": "可向社会公开"}
    found = publication_of(kind, content)
    assert found.level is not Level.PUBLIC or not KINDS[kind].is_about_person(content)


def test_a_permit_of_a_person_is_shared_by_the_article_that_says_so() -> None:
    found = publication_of("permit", PERSON)
    assert (found.level, "第二十条" in found.basis) == (Level.SHARED, True)
    assert publication_of("permit", {"subject.category": "法人及非法人组织"}).is_public


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (f"{PERSONS}shared", f"{PERSONS}public", "自然人的信息不得向社会公开"),
        ('kind = "news"', 'kind = "newz"', "没有记录类型 newz，是否应为 news"),
        ('kind = "news"', 'kind = "permit"', "这一行永远用不到"),
        ('in = ["不可公开"]', 'in = ["不公开"]', "字段 publication 不会是“不公开”"),
        ('level = "authorised"', 'level = "authorized"', "publication.level 应为"),
    ],
)
def test_a_table_that_contradicts_itself_or_the_law_is_refused(
    old: str, new: str, message: str
) -> None:
    assert TEXT.count(old) == 1
    with pytest.raises(SettingsError) as caught:
        read_publication(TEXT.replace(old, new))
    assert caught.value.message.startswith("publication.toml 第 ")
    assert message in caught.value.message


def test_a_kind_without_a_row_for_all_its_records_is_refused() -> None:
    (row,) = (one for one in TEXT.split("\n\n") if 'kind = "news"' in one)
    with pytest.raises(SettingsError, match="缺少 news 的一行"):
        read_publication(TEXT.replace(row, ""))
