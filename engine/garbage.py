"""The collector of cycles, told what a process is like that works for long on many small values.

Left alone it looks for cycles after every 700 new objects, and now and then through all that was ever imported. Our
hot paths make thousands of values a second that hold no cycles; looking for them took about an eighth of the
processor's time of a decision and of a mail.
"""

from __future__ import annotations

import gc

NEW_OBJECTS = 50_000
"""So many more objects made than freed ask for a look at the youngest: some megabytes at most wait for it."""


def settle() -> None:
    """Call it once all is loaded: what is there now stays, and is not looked through again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, 20, 20)
