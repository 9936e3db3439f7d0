"""A process that has settled leaves what was loaded alone, and still finds cycles that it makes afterwards."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import gc
from engine.garbage import NEW_OBJECTS, settle

class Knot:
    found = 0
    def __init__(self):
        self.me = self
    def __del__(self):
        Knot.found += 1

settle()
assert gc.get_freeze_count() > 1000, "what was loaded is not looked through again"
made = 0
while not Knot.found and made < 3 * NEW_OBJECTS:
    Knot()
    made += 1
print(Knot.found > 0, made <= 2 * NEW_OBJECTS)
"""


def test_cycles_made_after_settling_are_found() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True"], done.stderr
