"""Compiles a format table once into a pydantic model and renders records with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model, model_validator

from xinqiao.mapping.loading import TableSet
from xinqiao.mapping.messages import finding_of
from xinqiao.mapping.tables import CodeTable, FormatField, FormatTable
from xinqiao.mapping.values import annotate
from xinqiao.records.conditions import Test, always, compile_conditions, is_blank, never
from xinqiao.records.findings import Finding, Severity
from xinqiao.records.kind import CATEGORY
from xinqiao.records.kinds import KINDS

KEY_SEPARATOR = "｜"
"""Stands between the fields of a key of several."""

NATURAL_PERSON = Finding(
    CATEGORY,
    "natural_person",
    Severity.ERROR,
    "自然人的信息不向社会公开（《山东省社会信用条例》第二十条）",
)
"""Why a record about a natural person is not shown."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """One record in the form of one platform.

    Attributes:
        values: Field code → text in the order of the table, every field present, ``""`` for
            blank; None when there are findings.
        findings: What keeps the record from being sent; ``field`` is the path in our record.
    """

    values: dict[str, str] | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class CompiledFormat:
    """A format table ready to render records; made by :func:`compile_format`.

    Attributes:
        table: The format table, for those who show it.
        codes: Name of the code table → the table.
        digest: SHA-256 in hex over the table files; a confirmation by a person binds to it.
        model: The compiled table.
        fields: Field code → field.
        withheld: Tells of a record whether the platform never gets it: one about a natural person
            where what is sent is shown to everybody (山东省社会信用条例 §20).
    """

    table: FormatTable
    codes: Mapping[str, CodeTable]
    digest: str
    model: type[BaseModel]
    fields: Mapping[str, FormatField]
    withheld: Test

    def render(self, content: Mapping[str, str]) -> Rendering:
        """Return ``content`` in the form of the platform, or what keeps it from being sent.

        Args:
            content: Field path → text; dates written YYYY-MM-DD, enumerations as Chinese words.
        """
        if self.withheld(content):
            return Rendering(None, (NATURAL_PERSON,))
        try:
            row = self.model.model_validate(content)
        except ValidationError as error:
            findings = (
                finding_of(problem, self.fields[str(problem["loc"][0])], self.table, self.codes)
                for problem in error.errors(include_url=False)
            )
            return Rendering(None, tuple(findings))
        return Rendering(row.model_dump(by_alias=True), ())

    def asked_by(self, values: Mapping[str, str]) -> str:
        """Return the number by which the platform can be asked for the record (文书号)."""
        return values[self.table.key_fields[0]]

    def names_same_record(self, ours: Mapping[str, str], theirs: Mapping[str, str]) -> bool:
        """Tell whether two rows are about one record, by as much of the key as ``theirs`` tells."""
        return all(
            ours[code].strip() == theirs[code].strip()
            for code in self.table.key_fields
            # what was sent before the table was edited may lack a field that it has now
            if code in theirs and code in ours
        )

    def key_of(self, values: Mapping[str, str]) -> str:
        """Return the text by which the platform knows the record, all fields of the key joined.

        A record whose key differs from that of the version the platform holds is not an update:
        it is a withdrawal and an insert.
        """
        return KEY_SEPARATOR.join(values[code] for code in self.table.key_fields)


def compile_format(tables: TableSet) -> CompiledFormat:
    """Return ``tables`` compiled; do this once and keep the result.

    Args:
        tables: A format table with every code table that it names.
    """
    table = tables.format
    # numbered names leave every code free, also one that a pydantic model uses itself
    definitions: dict[str, Any] = {
        f"field_{number}": (
            annotate(
                field,
                tables.codes,
                table.charset,
                public=table.public,
                key=field.code in table.key_fields,
            ),
            Field(alias=field.code),
        )
        for number, field in enumerate(table.fields, start=1)
    }
    validators: dict[str, Any] = {"pick": model_validator(mode="before")(_picker(table))}
    model = create_model(
        f"{table.platform}_{table.kind}_{table.edition}",
        __config__=ConfigDict(frozen=True, hide_input_in_errors=True),
        __validators__=validators,
        **definitions,
    )
    fields = {field.code: field for field in table.fields}
    kind = KINDS.get(table.kind)
    withheld = kind.is_about_person if table.public and kind is not None else never
    return CompiledFormat(table, tables.codes, tables.digest, model, fields, withheld)


@dataclass(frozen=True, slots=True)
class _Step:
    """How one field is picked from a record."""

    code: str
    path: str
    constant: str | None
    blank: Test
    required: Test


def _picker(table: FormatTable) -> Any:
    """Return the class method that picks every field from a record's content.

    A required field without a value is left out, so that the model reports it as missing together
    with everything else that is wrong.
    """
    steps = tuple(_step(field) for field in table.fields)

    def pick(_model: Any, content: Mapping[str, str]) -> dict[str, str]:
        picked: dict[str, str] = {}
        for step in steps:
            if step.blank(content):
                picked[step.code] = ""
                continue
            text = step.constant if step.constant is not None else content.get(step.path, "")
            if not is_blank(text):
                picked[step.code] = text
            elif not step.required(content):
                picked[step.code] = ""
        return picked

    return classmethod(pick)


def _step(field: FormatField) -> _Step:
    fixed = {"always": always, "never": never}
    return _Step(
        code=field.code,
        path=field.source_path or "",
        constant=field.constant,
        blank=compile_conditions(field.blank_when),
        required=fixed.get(field.required) or compile_conditions(field.required_when),
    )
