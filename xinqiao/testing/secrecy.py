"""What no connector shows: secrets, and what stands in the fields of a row (保密)."""

import logging
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from xinqiao.errors import XinqiaoError
from xinqiao.testing.stand import Fault, Stand
from xinqiao.testing.trial import Trial

_SHORTEST = 4
"""Letters from which on a field's text is told from a word of the wire."""

_LEFT_BY_ITSELF = frozenset({Fault.SILENT_BEFORE, Fault.SILENT_AFTER})


class Secrecy:
    """Tests of representations, log events, standard output and messages."""

    def test_no_secret_and_no_field_value_is_shown(
        self,
        stand: Stand,
        caplog: pytest.LogCaptureFixture,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        """Whether things go well, the credentials are wrong or the answers are faulty."""
        caplog.set_level(logging.DEBUG)
        shown: list[str] = []
        words: set[str] = set()
        messages: list[str] = []
        usual = sorted(stand.faults & {*Fault} - _LEFT_BY_ITSELF - {Fault.RECEIPT_LATE})
        with capture_logs() as events:
            for variation in (None, *sorted(stand.variations)):
                try:
                    connector = stand.connect(variation)
                except XinqiaoError as error:
                    messages.append(f"{error!r} {error.__cause__!r}")
                    continue
                for fault in (None, *(usual if variation is None else ())):
                    trial = Trial(stand, connector, stand.batch(2))
                    if fault is not None:
                        stand.cause(fault, rows=(1,) if fault is Fault.ROW_REFUSED else ())
                    _everything(trial, messages)
                    words |= _values(trial)
                shown.append(repr(connector))
                connector.close()
        said = "\n".join([*shown, repr(events), caplog.text, *capsys.readouterr()])
        for secret in stand.secrets:
            assert secret not in said, "显示了密钥"
            assert secret not in "\n".join(messages), "消息里有密钥"
        assert sorted(word for word in words if word in said) == [], "显示了字段内容"


def _everything(trial: Trial, messages: list[str]) -> None:
    """Call all there is; add to ``messages`` what people are told."""
    stand, connector = trial.stand, trial.connector
    today = stand.clock.today()
    key = trial.batch.rows[0].key
    try:
        reply = trial.submit()
        report = trial.poll()
        found = connector.query(stand.kind, key)
        page = connector.ledger(stand.kind, today - timedelta(days=1), today)
        probe = connector.probe()
    except XinqiaoError as error:
        messages.append(f"{error!r} {error.__cause__!r}")
        return
    replies = (reply, report.reply, found.reply, page.reply)
    messages += [f"{one!r} {one.code} {one.message}" for one in replies]
    messages += [one.message for one in (*reply.rows, *report.rows)]
    messages.append(repr(probe.checks))


def _values(trial: Trial) -> set[str]:
    return {
        text for row in trial.batch.rows for text in row.values.values() if len(text) >= _SHORTEST
    }
