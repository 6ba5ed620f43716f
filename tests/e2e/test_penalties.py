"""Penalties over HTTP: joint offenders side by side, amounts, withdrawal by deletion."""

from datetime import date
from typing import Any

import pytest
import xlsxwriter

from tests.e2e.rehearsal import BUREAU, PLATFORM, Rehearsal
from xinqiao.intake.report import FileReport
from xinqiao.queue.withdrawal import Revocation

UNIT = "云溪县交通运输局"
FIRM: dict[str, Any] = {
    "案件程序": "普通程序",
    "行政相对人名称": "云溪县青石货物运输有限公司",
    "行政相对人类别": "法人及非法人组织",
    "行政相对人代码_1(统一社会信用代码)": "91350100M000100Y43",
    "法定代表人": "试一",
    "证件类型": "",
    "证件号码": "",
    "行政处罚决定文书号": "云交罚〔2026〕0001号",
    "违法行为类型": "车辆超限运输",
    "违法事实": "车辆超限运输。",
    "处罚依据": "《公路安全保护条例》第六十四条",
    "处罚类别": "罚款、没收违法所得",
    "处罚内容": "罚款2000元，没收违法所得",
    "罚款金额(万元)": 0.2,
    "没收违法所得、没收非法财务的金额（万元）": 0.123456,
    "暂扣或吊销证照名称及编号": "",
    "处罚决定日期": "2026/11/03",
    "处罚有效期": "2099/12/31",
    "公示截止期": "2027/11/03",
    "处罚机关": UNIT,
    "处罚机关统一社会信用代码": BUREAU,
    "数据来源单位": UNIT,
    "数据来源单位统一社会信用代码": BUREAU,
}
PERSON = FIRM | {
    "行政相对人名称": "溪样三",
    "行政相对人类别": "自然人",
    "行政相对人代码_1(统一社会信用代码)": "",
    "法定代表人": "",
    "证件类型": "身份证",
    "证件号码": "370323190711118764",
}
FIRM_KEY, PERSON_KEY = (f"云交罚〔2026〕0001号｜{one['行政相对人名称']}" for one in (FIRM, PERSON))


def load(stage: Rehearsal, *rows: dict[str, Any]) -> FileReport:
    path = stage.workspace.root / "sources" / "处罚.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_string(0, 0, "行政处罚案件台账")
        sheet.write_row(1, 0, list(FIRM))
        for number, row in enumerate(rows, start=2):
            sheet.write_row(number, 0, [row[header] for header in FIRM])
    (report,) = stage.hub.importer().run(path)
    return report


def effects(stage: Rehearsal) -> dict[str, int]:
    told: dict[str, int] = stage.simulator.received()["effects"]
    return told


def test_joint_offenders_are_two_records_at_the_platform(stage: Rehearsal) -> None:
    report = load(stage, FIRM, PERSON)
    assert (report.kind, report.new, report.invalid) == ("penalty", 2, 0)
    stage.settle(accepted=2)
    assert effects(stage) == {FIRM_KEY: 1, PERSON_KEY: 1}


@pytest.mark.parametrize("fault", ["timeout_after_commit", "duplicate_reported", "timeout_before"])
def test_after_a_fault_each_offender_has_taken_effect_exactly_once(
    stage: Rehearsal, fault: str
) -> None:
    load(stage, FIRM, PERSON)
    seconds = {"seconds": 20} if fault.startswith("timeout") else {}
    stage.simulator.queue_faults([{"name": fault, **seconds}])
    stage.settle(accepted=2)
    assert effects(stage) == {FIRM_KEY: 1, PERSON_KEY: 1}


def test_a_penalty_by_simplified_procedure_is_kept_counted_and_sent_to_nobody(
    stage: Rehearsal,
) -> None:
    report = load(stage, FIRM | {"案件程序": "简易程序", "罚款金额(万元)": 0.2})
    assert (report.new, report.not_routed) == (1, 1)
    assert stage.states() == {}
    (reason,) = stage.hub.not_reported()
    assert (reason["id"], reason["records"]) == ("simplified_procedure", 1)
    assert "第十三条" in reason["basis"]


def test_the_exemption_can_be_switched_off_and_on_again(stage: Rehearsal) -> None:
    load(stage, FIRM | {"案件程序": "简易程序"})
    settings = stage.workspace.root / "xinqiao.toml"
    text = settings.read_text("utf-8")
    settings.write_text(f"{text}\n[exemptions]\nsimplified_procedure = false\n", "utf-8")
    assert stage.hub.apply_routes("县发改局要求报送").records == 1
    assert stage.board()["overdue"] == 1
    assert stage.states() == {"ready": 1}
    settings.write_text(text, "utf-8")
    assert stage.hub.apply_routes("恢复").records == 1
    assert stage.states() == {"cancelled": 1}
    assert stage.board()["overdue"] == 0
    settings.write_text(f"{text}\n[exemptions]\nsimplified_procedure = false\n", "utf-8")
    assert stage.hub.apply_routes("再次打开").records == 1
    assert stage.hub.apply_routes("再执行一次").records == 0
    stage.settle(cancelled=1, accepted=1)


def test_an_accepted_penalty_that_turns_out_exempt_is_withdrawn(stage: Rehearsal) -> None:
    load(stage, FIRM)
    stage.settle(accepted=1)
    load(stage, FIRM | {"案件程序": "简易程序"})
    stage.settle(accepted=2)
    assert [row["operation"] for row in stage.submissions()] == ["insert", "withdraw"]


@pytest.mark.parametrize("fault", [None, "timeout_after_commit", "timeout_before"])
def test_a_withdrawn_penalty_is_deleted_and_the_other_offender_stays(
    stage: Rehearsal, fault: str | None
) -> None:
    load(stage, FIRM, PERSON)
    stage.settle(accepted=2)
    found = stage.hub.find_record(
        next(row["record"] for row in stage.submissions() if row["document_number"] == FIRM_KEY)
    )
    effects_told = stage.hub.withdraw(
        found.id, Revocation(date(2026, 11, 20), "云交撤〔2026〕1号"), "复议撤销"
    )
    assert [(one.platform, one.must_go, one.legal) for one in effects_told] == [
        (PLATFORM, True, True)
    ]
    if fault is not None:
        stage.simulator.queue_faults([{"name": fault, "seconds": 20}])
    stage.settle(accepted=3)
    assert stage.simulator.received()["history"] == {
        FIRM_KEY: ["insert", "withdraw"],
        PERSON_KEY: ["insert"],
    }
    assert load(stage, FIRM | {"处罚内容": "改"}, PERSON).unchanged == 2
    stage.settle(accepted=3)


def test_a_name_corrected_after_acceptance_is_withdrawn_and_inserted_anew(
    stage: Rehearsal,
) -> None:
    load(stage, FIRM)
    stage.settle(accepted=1)
    renamed = FIRM | {"行政相对人名称": "云溪县青石货物运输有限责任公司"}
    assert load(stage, renamed).changed == 1
    stage.settle(accepted=3)
    assert [row["operation"] for row in stage.submissions()] == ["insert", "withdraw", "insert"]


def test_a_code_corrected_in_the_original_file_is_the_same_record(stage: Rehearsal) -> None:
    header = "行政相对人代码_1(统一社会信用代码)"
    load(stage, FIRM, PERSON)
    report = load(stage, FIRM | {header: "91110000600037341L"}, PERSON)
    assert (report.new, report.changed, report.unchanged) == (0, 1, 1)


def test_another_name_and_number_under_one_document_is_another_offender(
    stage: Rehearsal,
) -> None:
    load(stage, FIRM)
    assert load(stage, PERSON).new == 1
    assert load(stage, FIRM, PERSON).unchanged == 2


def test_one_offender_twice_in_a_file_with_other_content_is_an_error_on_both(
    stage: Rehearsal,
) -> None:
    report = load(stage, FIRM, FIRM | {"处罚内容": "另一内容"})
    errors = [(one.row, one.code) for one in report.findings if one.severity == "error"]
    assert errors == [(3, "key_conflict"), (4, "key_conflict")]


def test_one_name_with_a_broken_number_beside_the_right_one_is_an_error_on_both(
    stage: Rehearsal,
) -> None:
    header = "行政相对人代码_1(统一社会信用代码)"
    report = load(stage, FIRM, FIRM | {header: "91350100M000100Y44"})
    errors = {(one.row, one.code) for one in report.findings if one.severity == "error"}
    assert {(3, "key_conflict"), (4, "key_conflict"), (4, "check_digit")} == errors
