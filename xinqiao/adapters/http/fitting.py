"""Whether the calls of a profile fit the way receipts come back, and a batch the character set."""

from xinqiao.adapters.base import Outcome, ReceiptMode, Reply, RowResult, SealedBatch
from xinqiao.adapters.codes import words_for
from xinqiao.adapters.expressions import names_in
from xinqiao.adapters.http.calls import Call, PageCheck, Rows, RowVerdict, Submit
from xinqiao.adapters.http.encoding import fits
from xinqiao.adapters.http.paths import names_in_path
from xinqiao.errors import SettingsError

_NOT_ENCODABLE = "not_encodable"


def names_in_call(call: Call | PageCheck) -> frozenset[str]:
    """Return every name that path, query and body read."""
    expressions = list(call.query.values())
    if isinstance(call, Call) and call.body is not None:
        expressions.append(call.body)
    return names_in_path(call.path).union(*map(names_in, expressions))


def problem_with_calls(
    submit: Submit | None, mode: ReceiptMode, page: PageCheck | None, rows_per_batch: int
) -> str:
    """Return what of the calls does not fit, in Chinese; empty when everything does."""
    if mode is ReceiptMode.SYNC and submit is not None and not _accepts_whole(submit):
        return (
            "receipts.mode = sync 时，operations.submit.answers 至少应有一条 means = accepted，"
            "否则报送永远没有结果"
        )
    if mode is ReceiptMode.SYNC_ROWS and (submit is None or not _accepts_rows(submit.rows)):
        return (
            "receipts.mode = sync_rows 时，operations.submit.rows 至少应有一种代码表示 accepted，"
            "否则报送永远没有结果"
        )
    if page is not None and "key" in names_in_call(page):
        return _problem_with_page_by_key(page, rows_per_batch)
    return ""


def _problem_with_page_by_key(page: PageCheck, rows_per_batch: int) -> str:
    by_key = "receipts.page 按文书号（key）打开页面，"
    if rows_per_batch != 1:
        return f"{by_key}一次只能核对一行，limits.rows_per_batch 应为 1"
    if page.nothing is None:
        return f"{by_key}须写 nothing（页面表示没有记录的文字），否则不能认定记录已撤下"
    if not any("values" in names_in(one) for one in page.shows):
        return (
            f"{by_key}页面可能只是重复查询的文书号，须在 shows 中写至少一个同时显示的值（values.…）"
        )
    return ""


def not_encodable(call: Submit, batch: SealedBatch) -> Reply:
    """Return the reply for a batch that was not sent; rows and fields at fault are named.

    Raises:
        SettingsError: No row is at fault: the character stands in the profile or the settings.
    """
    rows = tuple(
        RowResult(row.number, Outcome.REJECTED, _NOT_ENCODABLE, _words(call, codes))
        for row in batch.rows
        if (codes := [c for c, text in row.values.items() if not _fits(call, text)])
    )
    if not rows:
        raise SettingsError(
            f"平台配置或工作区设置中有 {call.charset} 容纳不了的字，没有发送，请更正",
            code="profile",
        )
    return Reply(Outcome.REJECTED, _NOT_ENCODABLE, words_for(_NOT_ENCODABLE), rows)


def _fits(call: Submit, text: str) -> bool:
    return fits(call.body_as, text, call.charset)


def _words(call: Submit, codes: list[str]) -> str:
    return f"{'、'.join(codes)} 中有 {call.charset} 容纳不了或报文不能带的字，没有发送，请更正"


def _accepts_whole(submit: Submit) -> bool:
    return any(answer.means is Outcome.ACCEPTED for answer in submit.answers)


def _accepts_rows(table: Rows | None) -> bool:
    if table is None:
        return False
    means = {table.otherwise, *table.verdicts.values(), *(case.means for case in table.cases)}
    return RowVerdict.ACCEPTED in means
