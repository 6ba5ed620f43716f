"""What must fit together in a chain of authentication steps, told when a profile is read."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from xinqiao.adapters.http.authentication.applying import is_carried
from xinqiao.adapters.http.authentication.patterns import placeholders_in
from xinqiao.adapters.http.authentication.steps import (
    AnyStep,
    Placed,
    SignStep,
    StaticStep,
    TokenStep,
)
from xinqiao.adapters.http.calls import Call, Ledger, Poll, ProbeCall, Query, Submit
from xinqiao.adapters.http.stamping import BODIES

_OPERATIONS = tuple(call.operation for call in (Submit, Poll, Query, Ledger, ProbeCall))


def problem_with_steps(
    steps: Sequence[AnyStep],
    operations: Mapping[str, Call],
    settings: Collection[str],
    credentials: Collection[str],
) -> str:
    """Return what does not fit together, in Chinese and with its key; empty when everything does.

    Args:
        steps: The chain.
        operations: Name → operation that the profile has.
        settings: Names of the values that the workspace must give.
        credentials: Names of the secrets that it must give.
    """
    problems = (
        f"authentication[{position + 1}].{problem}"
        for position, step in enumerate(steps)
        for problem in (
            *_unknown_names(step, _tokens(steps[:position]), settings, credentials),
            *_unknown_callers(step, _tokens(steps[position + 1 :])),
            *_misplaced(step, _callers(steps[position + 1 :], operations)),
            *_named_twice(step, _tokens(steps[:position])),
        )
    )
    return next(problems, "")


def _tokens(steps: Sequence[AnyStep]) -> tuple[str, ...]:
    return tuple(step.known_as for step in steps if isinstance(step, TokenStep) and step.known_as)


def _callers(
    steps: Sequence[AnyStep], operations: Mapping[str, Call]
) -> Iterator[tuple[str, str, Call]]:
    """Yield (name, what it is, call) of everything that comes after a step."""
    for step in steps:
        if isinstance(step, TokenStep):
            yield step.known_as, f"令牌请求 {step.path}", step
    for name, call in operations.items():
        yield name, f"operations.{name}", call


def _unknown_names(
    step: AnyStep,
    tokens: Collection[str],
    settings: Collection[str],
    credentials: Collection[str],
) -> Iterator[str]:
    tables = {"settings": settings, "credentials": credentials, "tokens": tokens}
    for key, placeholder in _placeholders(step):
        root, _, name = placeholder.partition(".")
        if name and name not in tables[root]:
            where = "前面步骤的 known_as" if root == "tokens" else f"[{root}]"
            yield f"{key} 中的 {{{placeholder}}} 没有出处，应在{where}中写明"
    if isinstance(step, StaticStep) and step.credential not in credentials:
        yield "credential 没有出处，应在[credentials]中写明"


def _placeholders(step: AnyStep) -> Iterator[tuple[str, str]]:
    if not isinstance(step, SignStep):
        return
    patterns = [("text", step.text), ("key", step.key or ""), ("pattern", step.pattern)]
    patterns += [(f"values[{at + 1}].value", one.value) for at, one in enumerate(step.values)]
    for key, pattern in patterns:
        for placeholder in placeholders_in(pattern):
            yield key, placeholder


def _unknown_callers(step: AnyStep, later: Collection[str]) -> Iterator[str]:
    known = (*_OPERATIONS, *later)
    for position, caller in enumerate(step.carried_by, 1):
        if caller not in known:
            # what stands there is not quoted: it may be a secret in the wrong place
            yield (
                f"carried_by 第 {position} 项不是操作，也不是后面令牌的 known_as，"
                f"可写 {'、'.join(known)}"
            )


def _misplaced(step: AnyStep, callers: Iterator[tuple[str, str, Call]]) -> Iterator[str]:
    placed: list[Placed] = [step, *(step.values if isinstance(step, SignStep) else ())]
    in_body = {one.place for one in placed} & BODIES.keys()
    for name, called, call in callers:
        for place in sorted(in_body):
            has_room = call.method == "POST" and call.body_as in BODIES[place]
            if is_carried(step, name) and not has_room:
                yield (
                    f"place = {place}，但 {called} 不是 body_as = {'、'.join(BODIES[place])} 的 "
                    "POST 请求；请改放 header 或 query，或用 carried_by 写明由哪些请求携带"
                )


def _named_twice(step: AnyStep, earlier: Collection[str]) -> Iterator[str]:
    if isinstance(step, TokenStep) and step.known_as in {*earlier, *_OPERATIONS}:
        yield "known_as 已用作别的令牌或操作的名称，请换一个"
