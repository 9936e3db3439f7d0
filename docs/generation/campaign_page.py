"""docs/reference/campaign.md: every key of a campaign file."""

from __future__ import annotations

from collections.abc import Mapping

from docs.generation.markdown import code, page, table
from engine.authoring import campaign_words as words
from engine.authoring.campaign_file import CAMPAIGN_KEYS, STAGE_KEYS
from engine.authoring.step_keys import COMMON_KEYS, STEP_KEYS

INTRO = """\
A campaign is a file `campaigns/<id>.toml`; its id is the file's name: small letters, digits and dashes. Keys of the
whole campaign stand above the first header. What happens when, exactly: [the journey](../explanation/journey.md).
"""
TIME = """\
## Time

| where | what may stand there |
| --- | --- |
| `wait`, `after`, `max`, `expires` | `10m` · `2h` · `3d` · `2w` · `1d 12h` · `3 business days` (not `expires`) |
| `wait`, too | `until Tue 10:00` |
| `reenter` | `after 180d` |
| `at` | `3 days before trigger.trial_ends 10:00` · `on lead.renewal 09:00` · `1h before vars.starts` |
| `cadence` | `every 4 weeks Tue 10:00` · `every day 08:00` · `every month 1st Tue 10:00` · `every 10 days` |
| `window` days | `Mon-Thu` · `Mon, Wed, Fri` · `weekdays` · `every day` |
| `window` hours | `09:00-17:00` · `22:00-02:00` (belongs to the day on which it opens) |

Days and weeks keep the local time of day across a change of clocks; hours and minutes are elapsed time. Business days
leave out weekends and the holidays of `[holidays]`.
"""


def campaign_page() -> str:
    """The whole page."""
    parts = [
        INTRO,
        "## The campaign\n\n" + _keys(words.CAMPAIGN, CAMPAIGN_KEYS),
        "## A stage\n\nBelow its header `[stage.NAME]`.\n\n" + _keys(words.STAGE, STAGE_KEYS),
        "## Every step\n\nBelow its header `[[stage.NAME.step]]`. A step does one thing.\n\n"
        + _keys(words.EVERY_STEP, COMMON_KEYS),
        *(_kind(kind) for kind in STEP_KEYS),
        "## Tables as values\n\n" + _inside(),
        TIME,
    ]
    return page("Campaign files", *parts)


def _keys(meanings: Mapping[str, tuple[str, str]], keys: Mapping[str, object] | tuple[str, ...]) -> str:
    rows = [(code(key), meanings[key][0], code(meanings[key][1])) for key in keys]
    return table(("key", "meaning", "for example"), rows)


def _inside() -> str:
    rows = [
        (code(f"{key}.{name}"), meaning, code(example))
        for key, keys in words.INSIDE.items()
        for name, (meaning, example) in keys.items()
    ]
    return table(("key", "meaning", "for example"), rows)


def _kind(kind: str) -> str:
    keys = STEP_KEYS[kind]
    own = _keys(words.OF_KIND[kind], keys.keys) if keys.keys else "It has no further keys."
    return f"### {code(kind)}\n\n{code(f'{kind} = {keys.example}')}\n\n{words.KINDS[kind]}\n\n{own}"
