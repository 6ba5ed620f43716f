"""The suite passes a connector that keeps its promises, and catches each that does not."""

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent

CAUGHT = {
    "AcceptsWithoutEffect": "every_row_of_a_good_batch_has_exactly_one_effect",
    "DoublesOnResend": "an_identical_resend_has_no_second_effect",
    "TriesAgainWhatMayHaveArrived": "a_fault_has_a_true_outcome_and_never_two_effects",
    "IgnoresItsTime": "nothing_is_sent_at_or_after_its_time",
    "SendsAndThenSaysTooLate": "nothing_is_sent_at_or_after_its_time",
    "ShowsItsSecret": "no_secret_and_no_field_value_is_shown",
    "LogsItsSecret": "no_secret_and_no_field_value_is_shown",
    "TellsItsSecret": "no_secret_and_no_field_value_is_shown",
    "PrintsFieldValues": "no_secret_and_no_field_value_is_shown",
    "InventsRows": "receipts_tell_every_row_once_and_accept_what_was_taken",
    "TellsARowTwice": "receipts_tell_every_row_once_and_accept_what_was_taken",
    "LosesARow": "every_row_of_a_good_batch_has_exactly_one_effect",
    "TellsTooFewRows": "receipts_tell_every_row_once_and_accept_what_was_taken",
    "AcceptsRefusedRows": "a_partial_rejection_names_exactly_the_rows_refused",
    "CallsDoubtAFailure": "a_fault_has_a_true_outcome_and_never_two_effects",
    "TakesAPageForSuccess": "a_fault_has_a_true_outcome_and_never_two_effects",
    "Raises": "a_fault_has_a_true_outcome_and_never_two_effects",
    "CallsWrongCredentialsRetryable": "credentials_that_are_refused_are_told_and_nothing_was_taken",
    "RendersAnewEachTime": "what_leaves_is_the_same_for_the_same_batch",
    "IsNoGoodWithThreads": "batches_sent_from_several_threads_have_one_effect_each",
    "KnowsEveryBatch": "a_batch_that_was_never_sent_is_not_said_to_be_decided",
    "TakesAnUnreadableAnswerForAbsence": "an_answer_that_cannot_be_read_is_no_answer",
    "TellsAnotherRecord": "a_query_tells_what_was_sent_and_nothing_under_another_key",
    "CutsTheLedgerShort": "the_ledger_is_read_whole_and_holds_every_record_once",
    "ProbesWithARecord": "a_probe_passes_and_changes_nothing",
    "SendsAfterClosing": "a_closed_connector_sends_nothing_and_says_so",
    "CannotBeClosedTwice": "a_closed_connector_sends_nothing_and_says_so",
    "KeepsNoEvidence": "the_answer_is_kept_for_evidence",
    "AcceptsAtOnce": "the_answer_is_of_the_kind_that_the_receipts_mode_says",
}
"""Connector → the test that must catch it."""

Results = dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Connector → test → passed, failed or why it was skipped."""
    told = tmp_path_factory.mktemp("suite") / "results.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=no"]
    command += [f"--junit-xml={told}", str(HERE / "bad_connectors.py")]
    subprocess.run(command, cwd=ROOT, capture_output=True, timeout=100, check=False)
    results: Results = {}
    for case in ET.parse(told).iter("testcase"):  # noqa: S314 - written by our own process
        connector = case.attrib["classname"].rpartition(".Test")[2]
        skipped = case.find("skipped")
        outcome = "passed" if skipped is None else skipped.attrib["message"]
        bad = case.find("failure") is not None or case.find("error") is not None
        name = re.sub(r"^test_", "", case.attrib["name"])
        results.setdefault(connector, {})[name] = "failed" if bad else outcome
    return results


def failed(results: Results, connector: str) -> set[str]:
    return {
        name.partition("[")[0]
        for name, outcome in results[connector].items()
        if outcome == "failed"
    }


def test_a_connector_that_keeps_its_promises_passes(results: Results) -> None:
    assert failed(results, "GoodConnector") == set()
    passed = [name for name, told in results["GoodConnector"].items() if told == "passed"]
    assert len(passed) >= 20


@pytest.mark.parametrize("connector", CAUGHT)
def test_a_broken_promise_is_caught_by_the_test_that_is_named_after_it(
    results: Results, connector: str
) -> None:
    assert CAUGHT[connector] in failed(results, connector)


def test_every_bad_connector_there_is_is_expected_to_be_caught(results: Results) -> None:
    assert set(results) == {*CAUGHT, "GoodConnector"}


def test_what_a_stand_does_not_offer_is_skipped_with_its_reason(results: Results) -> None:
    skipped = [told for told in results["GoodConnector"].values() if told != "passed"]
    assert "the stand does not offer rate_limited" in skipped
    assert "the stand has no rows for take_down" in skipped
    assert all(skipped)
