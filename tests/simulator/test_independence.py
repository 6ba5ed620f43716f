import subprocess
import sys

ALLOWED = {"xinqiao", "xinqiao.clock", "xinqiao.errors"}
LIST_MODULES = """
import sys
import xinqiao.simulator.__main__, xinqiao.simulator.process
print("\\n".join(name for name in sys.modules if name.split(".")[0] == "xinqiao"))
"""


def test_the_judge_shares_no_part_with_the_hub() -> None:
    listed = subprocess.run(
        [sys.executable, "-c", LIST_MODULES], capture_output=True, text=True, check=True
    )
    shared = {name for name in listed.stdout.split() if "simulator" not in name}
    assert shared <= ALLOWED
