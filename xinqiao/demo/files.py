"""The files that the departments hand in, in the demonstration (各科室交来的文件)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from importlib import resources
from pathlib import Path

from xinqiao.demo import (
    make_assessments,
    make_commitments,
    make_operators,
    make_safety_info,
)
from xinqiao.demo.dates import bring_up_to_date


@dataclass(frozen=True, slots=True)
class HandedIn:
    """One file.

    Attributes:
        name: File name.
        department: Who hands it in.
        write: Writes it to a path, for a day.
    """

    name: str
    department: str
    write: Callable[[Path, date], None]


def _shipped(name: str, target: Path, today: date) -> None:
    with resources.as_file(resources.files("xinqiao.demo") / name) as source:
        bring_up_to_date(source, target, today)


FILES = (
    HandedIn("permits.xlsx", "行政许可科", partial(_shipped, "permits.xlsx")),
    HandedIn("penalties.xlsx", "执法监察大队", partial(_shipped, "penalties.xlsx")),
    HandedIn("operators.csv", "交通运输管理服务中心", make_operators.write),
    HandedIn("quality_assessments.xlsx", "交通运输管理服务中心", make_assessments.write_quality),
    HandedIn("driver_assessments.xlsx", "交通运输管理服务中心", make_assessments.write_drivers),
    HandedIn("safety_info.xlsx", "安全和运输管理科", make_safety_info.write),
    HandedIn("commitments.xlsx", "政策法规科", make_commitments.write),
)
"""In the order in which they are imported."""
