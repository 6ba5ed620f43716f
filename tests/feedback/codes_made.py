"""Every code of a finding that the program can make, read from its source.

A code is a literal, a constant, or what a function or a class hands on that was given one. What is
neither is named in :data:`HANDED_ON`, with where its codes come from; a place that is new and of
none of these makes :func:`codes_made` fail, so that no code goes unseen.
"""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

import xinqiao
from xinqiao.mapping.messages import _TEXTS
from xinqiao.records.validation import _UNKNOWN_ERROR, MESSAGES

ROOT = Path(xinqiao.__file__).parent

MAKERS: Mapping[str, int] = {
    "Finding": 1,
    "CellRule": 0,
    "RecordRule": 0,
    "UnreadableDateError": 0,
    "UnusablePictureError": 0,
}
"""Class → position of the code among its arguments."""

HANDED_ON: Mapping[tuple[str, str], Callable[[], set[str]]] = {
    # made by CellRule, RecordRule and the two errors
    ("intake/cleaning.py", "rule.code"): set,
    ("intake/cells.py", "error.code"): set,
    ("intake/pictures.py", "error.code"): set,
    ("records/validation.py", "code"): lambda: {
        _UNKNOWN_ERROR[0],
        *(code for code, _ in MESSAGES.values()),
    },
    ("mapping/messages.py", "code"): lambda: set(_TEXTS),
}
"""(file, expression) → codes that it may be, beside those that other makers were given."""


@dataclass(frozen=True, slots=True)
class Made:
    """One place where a code is given."""

    code: str
    file: str
    line: int


class UnknownMakerError(AssertionError):
    """A finding is made in a way that this module does not follow."""


@cache
def codes_made() -> tuple[Made, ...]:
    """Return every code that can be made, with the places."""
    return tuple(
        made
        for path in sorted(ROOT.rglob("*.py"))
        if path.relative_to(ROOT).parts[0] not in {"simulator", "testing", "demo"}
        for made in _in_file(path)
    )


def _in_file(path: Path) -> Iterator[Made]:
    file = path.relative_to(ROOT).as_posix()
    tree = ast.parse(path.read_text("utf-8"))
    module = f"xinqiao.{file.removesuffix('.py').replace('/', '.')}"
    makers = {**MAKERS, **_makers_of(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            if name in makers and not _is_copy(node):
                argument = _argument(node, makers[name])
                for code in _codes(argument, tree, module, file):
                    yield Made(code, file, node.lineno)
        if isinstance(node, ast.Dict):
            keys = [key.value for key in node.keys if isinstance(key, ast.Constant)]
            if {"code", "severity", "message"} <= set(keys):
                value = node.values[keys.index("code")]
                for code in _codes(value, tree, module, file):
                    yield Made(code, file, node.lineno)


def _is_copy(node: ast.Call) -> bool:
    """Tell whether a stored finding is read back: ``Finding(**…)``."""
    return not node.args and all(keyword.arg is None for keyword in node.keywords)


def _makers_of(tree: ast.Module) -> dict[str, int]:
    """Return the functions of a module that hand their own argument on as the code."""
    found: dict[str, int] = {}
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        names = [argument.arg for argument in function.args.args]
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                position = MAKERS.get(node.func.id)
                if position is None or _is_copy(node):
                    continue
                given = _argument(node, position)
                if isinstance(given, ast.Name) and given.id in names:
                    found[function.name] = names.index(given.id)
    return found


def _argument(node: ast.Call, position: int) -> ast.expr:
    named = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
    return named[0] if named else node.args[position]


def _codes(given: ast.expr, tree: ast.Module, module: str, file: str) -> set[str]:
    if isinstance(given, ast.Constant) and isinstance(given.value, str):
        return {given.value}
    text = ast.unparse(given)
    if (file, text) in HANDED_ON:
        return HANDED_ON[file, text]()
    if isinstance(given, ast.Name):
        constant = getattr(import_module(module), given.id, None)
        if isinstance(constant, str):
            return {constant}
        if given.id in {one.arg for one in _arguments(tree, given)}:
            return set()  # its callers give it
    raise UnknownMakerError(f"{file}:{given.lineno}: {text}")


def _arguments(tree: ast.Module, given: ast.expr) -> list[ast.arg]:
    """Return the arguments of the functions around an expression."""
    return [
        argument
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        and function.lineno <= given.lineno <= (function.end_lineno or 0)
        for argument in function.args.args
    ]
