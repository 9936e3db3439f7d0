"""docs/reference/scenarios.md: every key of a file of scenarios."""

from __future__ import annotations

from collections.abc import Mapping

from docs.generation.markdown import code, page, table
from engine.authoring import scenario_words as words

INTRO = """\
Scenarios of a campaign stand beside it in `campaigns/<id>.test.toml`; `ripeline test` plays them. Their files are no
part of what is applied. How to write and run them: [Test a campaign](../how-to/test-a-campaign.md).
"""
STEPS = """\
## Steps

Each step of `then` is one table `{ }` on one line, or stands below a header `[[scenario.then]]`. It does one thing, or
expects one. An act without a time happens at the time of the step before; an expectation without one may come any
time, up to 400 days later.
"""
MEANING = """\
## What it means, exactly

- The campaign under test is live, whatever its file says. Caps, `never_mail`, holidays, fields and the quarantine are
  those of the home's `config.toml`.
- Every mail must be spoken of, in order, unless it goes during `silent`. Mails of one instant may stand in any order.
- Times are compared by the minute. An open or click counts when its quarantine (60 s by default) is over.
- A mail ends its step at once, as if the relay took it in the same second.
- A lead that is handed over goes to whom the routes name, with nobody busy. What sales does not answer in time, the
  clock of `[sales]` takes back.
- The lead is in nobody's holdout, unless the scenario says so. It gets the variant that the scenario names, else the
  winner that this home has chosen, else the first. Without the home's store, as in a job, there is no winner: name the
  variant where a scenario is about its words.
- Decisions are those of the daemon: the same function is asked, on a clock that jumps from one due instant to the next.
"""


def scenarios_page() -> str:
    """The whole page."""
    return page(
        "Scenario files",
        INTRO,
        "## A scenario\n\nBelow its header `[[scenario]]`.\n\n" + _keys(words.SCENARIO),
        "### The lead\n\nAnd every field of `[fields]` and of [the standard ones](config.md#standard-lead-fields).\n\n"
        + _keys(words.LEAD),
        STEPS,
        "### What happens\n\n" + _steps(words.ACTS),
        "### What you expect\n\n" + _steps(words.EXPECTATIONS),
        "### More of a step\n\n" + _keys(words.FURTHER),
        "### When\n\n" + _keys(words.TIMES),
        MEANING,
    )


def _keys(meanings: Mapping[str, tuple[str, str]]) -> str:
    rows = [(code(key), meaning, code(example)) for key, (meaning, example) in meanings.items()]
    return table(("key", "meaning", "for example"), rows)


def _steps(meanings: Mapping[str, tuple[str, str]]) -> str:
    rows = [
        (code(key), meaning, " or ".join(code(one) for one in example.split(" or ")))
        for key, (meaning, example) in meanings.items()
    ]
    return table(("step", "meaning", "for example"), rows)
