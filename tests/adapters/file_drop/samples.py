"""Invented batches and profiles of files."""

import copy
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

from xinqiao.adapters.base import (
    Credentials,
    Operation,
    SealedBatch,
    SealedRow,
    SentBatch,
    Surroundings,
)
from xinqiao.adapters.profile import Profile, load_profile, read_profile
from xinqiao.clock import Clock

SEALED_AT = datetime(2026, 11, 19, 16, 30, tzinfo=UTC)  # the 20th in Shandong
IDENTITY_NUMBER = "370323190711118764"
PLATFORM = "files"

BASE: Mapping[str, Any] = {
    "id": PLATFORM,
    "name": "文件平台",
    "status": "reference",
    "source": "测试自拟",
    "transport": {
        "type": "file",
        "source": "测试自拟",
        "folder": "in",
        "total_seconds": 5,
        "flag": ".ok",
        "templates": {
            "permit": {
                "format": "csv",
                "name": "{kind}_{date:%Y%m%d}_{batch}.csv",
                "header": "names",
                "max_rows": 100,
                "max_bytes": 1_000_000,
                "columns": [
                    {"role": "row_number", "label": "行号"},
                    {"field": "A", "label": "名称"},
                    {"field": "B", "label": "内容"},
                ],
            }
        },
    },
    "capabilities": {"source": "x", "deduplicates": False, "visible_after_seconds": 1},
    "limits": {"source": "x", "rows_per_batch": 100, "bytes_per_batch": 1_000_000},
    "pace": {"source": "x"},
    "receipts": {
        "source": "x",
        "mode": "receipt_file",
        "poll_after_seconds": 1,
        "poll_every_seconds": 1,
        "expected_within_seconds": 60,
        "file": {
            "source": "x",
            "folder": "out",
            "name": "{stem}_receipt*.csv",
            "format": "csv",
            "settle_seconds": 0,
            "match_by": "row",
            "columns": {"row": "row", "verdict": "result", "message": "why"},
            "verdicts": {"ok": "accepted", "bad": "rejected", "dup": "duplicate"},
        },
    },
    "words": {"operations": {"insert": "I", "withdraw": "D"}, "kinds": {"permit": "XK"}},
    "withdraw": {"permit": "operation"},
}


def profile(changes: Mapping[str, Any] | None = None) -> Profile:
    """Return the base profile with ``changes`` laid over it, table by table."""
    return read_profile(_merged(BASE, changes or {}), file="platforms/files.toml")


def template(**changes: Any) -> Profile:
    return profile({"transport": {"templates": {"permit": changes}}})


def answers(**changes: Any) -> Profile:
    return profile({"receipts": {"file": changes}})


def by_hand(**changes: Any) -> Profile:
    """Return the profile of a page to which a clerk uploads; ``changes`` are of its answers."""
    transport = {
        "type": "manual",
        "source": "x",
        "folder": "var/outbox/files",
        "total_seconds": 5,
        "templates": BASE["transport"]["templates"],
        "instructions": {"insert": "登录填报页面，上传。", "withdraw": "逐条撤销。"},
    }
    by = _merged(BASE, {"receipts": {"mode": "manual", "file": {"folder": ""} | changes}})
    return read_profile(by | {"transport": transport}, file="platforms/files.toml")


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = copy.deepcopy(dict(below))
    for key, value in above.items():
        if isinstance(value, Mapping) and isinstance(merged.get(key), Mapping):
            merged[key] = _merged(merged[key], value)
        else:
            merged[key] = value
    return merged


def row(number: int, a: str = "沂源测试汽修厂", b: str = "内容") -> SealedRow:
    return SealedRow(number, f"鲁交许〔2026〕{number}号", {"A": a, "B": b})


def batch(*rows: SealedRow, number: str = "XQ1", **changes: Any) -> SealedBatch:
    given: dict[str, Any] = {
        "number": number,
        "platform": PLATFORM,
        "kind": "permit",
        "operation": Operation.INSERT,
        "edition": "2018",
        "rows": rows or (row(1), row(2)),
        "sealed_at": SEALED_AT,
    }
    return SealedBatch(**(given | changes))


NAME = "XK_20261120_XQ1.csv"


def sent(*rows: SealedRow, number: str = "XQ1") -> SentBatch:
    return SentBatch(batch(*rows, number=number))


def surroundings(root: Path, clock: Clock, *, rehearsal: bool = False) -> Surroundings:
    return Surroundings(Credentials(), clock, rehearsal=rehearsal, root=root)


def format_codes(kind: str) -> list[str]:
    """Return the codes of the shipped format, in order."""
    path = ("mapping", "formats", "credit_shandong", f"{kind}-2018.toml")
    text = resources.files("xinqiao").joinpath(*path).read_text("utf-8")
    return [field["code"] for field in tomllib.loads(text)["field"]]


def shipped_row(kind: str, number: int, **changes: str) -> SealedRow:
    """Return a row of the shipped format as the stand-ins accept it."""
    letters = {"permit": "XK", "penalty": "CF"}[kind]
    filled = {
        f"{letters}_XDR_MC": "沂源测试汽车维修有限公司",
        f"{letters}_WSH": f"鲁交〔2026〕{number}号",
        f"{letters}_JDRQ": "2026/11/18",
        f"{letters}_NR": "道路旅客运输站经营",
        "CF_SY": "未按规定维护车辆",
    }
    values = {code: filled.get(code, "") for code in format_codes(kind)} | changes
    return SealedRow(number, values[f"{letters}_WSH"], values)


def shipped_batch(
    platform: str, kind: str, *rows: SealedRow, number: str = "XQ1", **changes: Any
) -> SealedBatch:
    placed = [replace(one, number=place) for place, one in enumerate(rows, 1)]
    return batch(*placed, number=number, platform=platform, kind=kind, **changes)


def shipped(name: str, folder: str, **receipts: Any) -> Profile:
    return load_profile(name, {"transport": {"folder": folder}, "receipts": receipts})
