"""A command that fails repeats no identity number that somebody typed."""

import pytest

from tests.commands.terminal import Terminal

NUMBER = "370323190711118764"

COMMANDS: tuple[tuple[str, ...], ...] = (
    (NUMBER,),
    ("queue", NUMBER),
    ("queue", "show", NUMBER),
    ("queue", "list", "--platform", NUMBER),
    ("queue", "list", "--kind", NUMBER),
    ("queue", "list", f"--{NUMBER}"),
    ("queue", "retry", NUMBER, "--reason", "再试"),
    ("audit", "show", NUMBER),
    ("audit", "list", "--record", NUMBER),
    ("formats", "show", NUMBER),
    ("formats", "show", "credit_shandong", NUMBER),
    ("formats", "template", NUMBER),
    ("deadline", NUMBER),
    ("deadline", "2026-11-20", "--rule", NUMBER),
    ("import", f"{NUMBER}.xlsx"),
    ("import", "--kind", NUMBER, f"{NUMBER}.xlsx"),
    ("behaviours", "import", f"{NUMBER}.xlsx", "--reason", "新版"),
    ("platforms", "check", NUMBER),
    ("platforms", "pause", NUMBER, "--reason", "停"),
    ("reconcile", "--platform", NUMBER),
    ("routes", "explain", NUMBER),
    ("withdraw", NUMBER, "--date", NUMBER, "--document", "1", "--reason", "撤"),
    ("publication", "classify", NUMBER, "--severity", NUMBER),
    ("objection", "open", NUMBER),
    ("repair", NUMBER),
)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("json", [(), ("--json",)], ids=["text", "json"])
def test_no_command_repeats_the_number(
    terminal: Terminal, words: tuple[str, ...], json: tuple[str, ...]
) -> None:
    shown = terminal.run(*words, *json)
    assert NUMBER not in shown.out + shown.err
    if words != ("audit", "list", "--record", NUMBER):
        assert shown.code in {1, 2}, shown.out


def test_a_workspace_that_is_not_there_is_told_without_the_number(terminal: Terminal) -> None:
    shown = terminal.run_bare("-w", f"/没有/{NUMBER}", "status")
    assert shown.code == 1
    assert NUMBER not in shown.out + shown.err
    assert "［证件号已隐去］" in shown.err
