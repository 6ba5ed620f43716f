"""What a trial question tells: network, credentials, clock."""

from datetime import datetime

from xinqiao.adapters.base import Probe
from xinqiao.adapters.codes import words_for
from xinqiao.adapters.expressions import EvaluationError, evaluate
from xinqiao.adapters.http.calls import ProbeCall, ProbeMeaning
from xinqiao.adapters.http.exchange import HttpFailure
from xinqiao.adapters.http.judgement import AUTH, Judgement
from xinqiao.adapters.http.reading import as_instant

_NETWORK, _CREDENTIALS, _CLOCK = "网络", "认证", "时钟"


def without_question(credentials: str, failure: HttpFailure | None = None) -> Probe:
    """Return the checks where the profile has no trial question.

    What nobody looked at is no fault; its remark says that it was not looked at.

    Args:
        credentials: What is known of them.
        failure: Why the platform could not be reached.
    """
    if failure is not None:
        return Probe(ok=False, checks=((_NETWORK, False, words_for(failure.code)),))
    checks = (
        (_NETWORK, True, "可以连通"),
        (_CREDENTIALS, True, credentials),
        (_CLOCK, True, "平台配置没有连通检查（operations.probe），未核对"),
    )
    return Probe(ok=True, checks=checks)


def probe_result(
    call: ProbeCall | None, judged: Judgement, began: datetime, ended: datetime
) -> Probe:
    """Return the checks.

    Args:
        call: The trial question; None when the profile has none and only a token was asked for.
        judged: What the answer means.
        began: Our clock before the call.
        ended: Our clock after it.
    """
    if judged.context is None:
        return Probe(ok=False, checks=((_NETWORK, False, judged.message),))
    known = judged.means == ProbeMeaning.OK
    offset = _offset(call, judged, began, ended) if call is not None else None
    checks = (
        (_NETWORK, True, "可以连通"),
        (_CREDENTIALS, known, "平台认可" if known else _why_unknown(judged)),
        _clock_check(call, offset),
    )
    return Probe(ok=all(passed for _, passed, _ in checks), checks=checks, clock_offset=offset)


def _why_unknown(judged: Judgement) -> str:
    reason = "平台不认可凭据" if judged.means == AUTH else "未能确认平台是否认可凭据"
    return f"{reason}：{judged.message}（{judged.code}）"


def _offset(call: ProbeCall, judged: Judgement, began: datetime, ended: datetime) -> float | None:
    try:
        told = as_instant(evaluate(call.time, judged.context or {}))
    except EvaluationError:
        return None
    if told is None:
        return None
    # the answer was made at some time in between; the middle errs least
    return (told - (began + (ended - began) / 2)).total_seconds()


def _clock_check(call: ProbeCall | None, offset: float | None) -> tuple[str, bool, str]:
    if call is None or offset is None:
        return _CLOCK, True, "平台没有说明时间，未核对"
    if abs(offset) <= call.clock_tolerance_seconds:
        return _CLOCK, True, f"相差 {abs(offset):.0f} 秒"
    side = "快" if offset > 0 else "慢"
    return _CLOCK, False, f"平台时钟比本机{side} {abs(offset):.0f} 秒，请校准本机时钟"
