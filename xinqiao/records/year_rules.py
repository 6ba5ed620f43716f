"""What holds between the year that was assessed (考核年度), its period and the day of assessing."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from xinqiao.records.fields import iso_date
from xinqiao.records.findings import Finding, Severity


def year_rules(content: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what is wrong with ``year``, ``period_from``, ``period_to`` and ``assessed_on``.

    A year is assessed when it is over. The period is the calendar year for taxis
    (交运规〔2022〕2号) and usually elsewhere, so a period that leaves the year is only doubtful.
    """
    year = content.get("year", "")
    if not year.isdecimal():
        return
    assessed = iso_date(content.get("assessed_on"))
    if assessed is not None and int(year) > assessed.year:
        message = f"考核年度 {year} 晚于考核日期 {assessed} 所在的年份，请核对两处"
        yield Finding("year", "after_assessment", Severity.ERROR, message)
    elif assessed is not None and int(year) == assessed.year:
        message = f"考核日期 {assessed} 时考核年度 {year} 尚未结束，请核对两处"
        yield Finding("year", "year_not_over", Severity.WARNING, message)
    for field, label in (("period_from", "考核周期起"), ("period_to", "考核周期止")):
        day = iso_date(content.get(field))
        if day is not None and day.year != int(year):
            message = f"{label} {day} 不在考核年度 {year} 之内，请核对"
            yield Finding(field, "outside_year", Severity.WARNING, message)


def twelve_months(content: Mapping[str, str], severity: Severity) -> Iterator[Finding]:
    """Yield a finding when ``period_from`` and ``period_to`` do not span twelve months.

    Args:
        content: The record.
        severity: How much it matters, after how sure the length of the period is.
    """
    start, end = iso_date(content.get("period_from")), iso_date(content.get("period_to"))
    if start is None or end is None or end < start:
        return
    ends = [day - timedelta(days=1) for day in sorted(anniversaries(start, start.year + 1))]
    if end not in ends:
        expected = " 或 ".join(map(str, ends))
        message = f"考核周期不是 12 个月：从 {start} 起，应到 {expected} 止，现为 {end}，请核对"
        yield Finding("period_to", "not_twelve_months", severity, message)


def anniversaries(day: date, year: int) -> frozenset[date]:
    """Return the day or days of ``year`` that count as the anniversary of ``day``.

    Of 29 February that is 28 February or 1 March where there is none: no text says which.
    """
    try:
        return frozenset({day.replace(year=year)})
    except ValueError:
        return frozenset({date(year, 2, 28), date(year, 3, 1)})
