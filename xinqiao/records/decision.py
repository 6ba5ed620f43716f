"""What every decision of an authority has: a date that has come, and units with right codes."""

from collections.abc import Iterator, Mapping
from datetime import date

from xinqiao.records.fields import iso_date
from xinqiao.records.findings import Finding, Severity
from xinqiao.records.identifiers import check_credit_code


def decision_rules(content: Mapping[str, str], today: date, label: str) -> Iterator[Finding]:
    """Yield what is wrong with date and units; ``label`` is the Chinese name of the date."""
    decided = iso_date(content.get("decision_date"))
    if decided is not None and decided > today:
        message = f"{label} {decided} 晚于今天（{today}），请核对"
        yield Finding("decision_date", "in_future", Severity.ERROR, message)
    for field in ("authority_code", "source_unit_code"):
        if code := content.get(field):
            yield from check_credit_code(code, field)
