"""News of credit work, with pictures (信用工作信息).

Source: 源交政字〔2023〕14号 names it among what goes to 信用交通·山东; the fields are a design of
this project.
"""

from collections.abc import Iterator, Mapping
from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from xinqiao.records.date_rules import not_in_future
from xinqiao.records.doubtful_text import may_hold_identity_number, may_hold_telephone_number
from xinqiao.records.fields import IsoDate
from xinqiao.records.findings import IDENTITY_NUMBER_WRITTEN, Finding, Severity
from xinqiao.records.kind import About, SubjectInKey, define
from xinqiao.records.pictures import Pictures

_ADDRESSES = ("http://", "https://")
_FREE_TEXT = ("title", "body")


class News(BaseModel):
    """One piece of news."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field(title="标题")
    body: str = Field(title="正文")
    pictures: Pictures | None = Field(None, title="图片")
    source: str = Field(title="信息来源")
    published_on: IsoDate = Field(title="发布日期")
    author: str | None = Field(None, title="作者")
    url: str | None = Field(None, title="原文网址")


def news_rules(content: Mapping[str, str], today: date) -> Iterator[Finding]:
    """Yield what is wrong with a piece of news beyond the form of its single fields."""
    yield from not_in_future(News, content, today, "published_on")
    yield from _personal_numbers(content)
    if "url" in content and not content["url"].startswith(_ADDRESSES):
        message = "原文网址应以 http:// 或 https:// 开头，请核对"
        yield Finding("url", "address", Severity.WARNING, message)


def _personal_numbers(content: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what the platform must not publish; of other kinds a person looks before that."""
    for field in _FREE_TEXT:
        label, text = News.model_fields[field].title, content.get(field, "")
        if may_hold_identity_number(text):
            message = f"{label}里疑似写有身份证号码，信用工作信息由平台直接发布，请删去或遮盖"
            yield Finding(field, IDENTITY_NUMBER_WRITTEN, Severity.ERROR, message)
        elif may_hold_telephone_number(text):
            message = (
                f"{label}里疑似写有电话号码，信用工作信息由平台直接发布，不再有人过目："
                "个人的号码请删去，对外公布的可以不改"
            )
            yield Finding(field, "telephone_number", Severity.WARNING, message)


NEWS = define(
    "news",
    "信用工作信息",
    News,
    news_rules,
    about=About.ORGANISATIONS,
    key=("published_on", "title"),
    key_name="发布日期和标题",
    number_field="title",
    subject_in_key=SubjectInKey.NO,
    decided_on=("published_on",),
    free_text=_FREE_TEXT,
)
