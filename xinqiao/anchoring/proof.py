"""The whole proof of a log: chain, anchors, state, and what lies outside (整体验证)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy.engine import Connection

from xinqiao.audit.anchors.reading import Found
from xinqiao.audit.verification.anchors import AnchorCheck, check_anchors
from xinqiao.audit.verification.chain import Verification, verify
from xinqiao.audit.verification.state import StateCheck, check_state

Progress = Callable[[str, int], None]
"""Called with what is being looked at, in Chinese, and how many entries were read."""


@dataclass(slots=True)
class Proof:
    """What was found.

    Attributes:
        chain: About every entry.
        anchors: About the anchors; None when the chain does not hold.
        state: About submissions and holdings; None when the chain does not hold.
        missing: Place → numbers of the anchors that were written there and are gone.
        unread: Places that could not be read, with the reason.
        notices: What else a person should know, such as that there is no anchor.
    """

    chain: Verification
    anchors: AnchorCheck | None = None
    state: StateCheck | None = None
    missing: dict[str, list[int]] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong that was looked at."""
        return (
            self.chain.ok
            and (self.anchors is None or self.anchors.ok)
            and (self.state is None or self.state.ok)
            and not self.missing
            and not self.unread
        )


def prove(
    connection: Connection,
    outside: Sequence[Found] = (),
    trusted_key: str | None = None,
    progress: Progress | None = None,
) -> Proof:
    """Prove a log in one transaction: its chain, then its anchors, then the tables by it.

    What follows from a log whose chain is broken, nobody can say: the rest is left out then.

    Args:
        connection: A reading connection.
        outside: Anchors that lie elsewhere.
        trusted_key: Public key that is known from elsewhere.
        progress: See :data:`Progress`.
    """

    def told(what: str) -> Callable[[int], None] | None:
        return None if progress is None else lambda count: progress(what, count)

    proof = Proof(verify(connection, told("审计链")))
    if proof.chain.ok:
        proof.anchors = check_anchors(connection, outside, trusted_key, told("锚点"))
        proof.state = check_state(connection, told("现状"))
    return proof
