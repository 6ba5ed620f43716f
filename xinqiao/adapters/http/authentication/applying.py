"""Puts the values of steps into a request, in order (依次附加)."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from xinqiao.adapters.http.authentication.signing import Attempt, Known, sign
from xinqiao.adapters.http.authentication.steps import AnyStep, SignStep, StaticStep, TokenStep
from xinqiao.adapters.http.exchange import HttpRequest
from xinqiao.adapters.http.stamping import stamp


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the steps put in, never shown in any representation.

    Attributes:
        settings: The workspace's values.
        credentials: The secrets.
        tokens: Position of the step in the chain → token.
    """

    settings: Mapping[str, str] = field(repr=False)
    credentials: Mapping[str, str] = field(repr=False)
    tokens: Mapping[int, str] = field(repr=False)

    def named(self, steps: Sequence[AnyStep]) -> Known:
        """Return the same for placeholders: tokens by the names that ``steps`` give them."""
        names = {
            step.known_as: self.tokens[position]
            for position, step in enumerate(steps)
            if isinstance(step, TokenStep) and position in self.tokens
        }
        return Known(self.settings, self.credentials, names)


def apply_steps(
    steps: Sequence[AnyStep],
    request: HttpRequest,
    caller: str,
    holdings: Holdings,
    now: datetime,
) -> HttpRequest:
    """Return ``request`` with what each step puts in.

    Args:
        steps: The chain, or its beginning: a token is asked for with the steps before it.
        request: The request as it was rendered.
        caller: Operation or token that the request is for.
        holdings: What is put in.
        now: The present instant.

    Raises:
        SettingsError: As :func:`xinqiao.adapters.http.authentication.signing.sign`.
    """
    known = holdings.named(steps)
    for position, step in enumerate(steps):
        if not is_carried(step, caller):
            continue
        if isinstance(step, SignStep):
            request = sign(step, request, known, Attempt(now, make_nonce(step))).request
        else:
            secret = (
                holdings.credentials[step.credential]
                if isinstance(step, StaticStep)
                else holdings.tokens[position]
            )
            text = step.pattern.replace("{secret}", secret)
            request = stamp(request, step.place, step.name, text)
    return request


def is_carried(step: AnyStep, caller: str) -> bool:
    """Return whether requests of ``caller`` carry ``step``."""
    return not step.carried_by or caller in step.carried_by


def make_nonce(step: SignStep) -> str:
    """Return a random text that cannot be foreseen (随机串)."""
    return "".join(secrets.choice(step.nonce_alphabet) for _ in range(step.nonce_length))
