"""docs/reference/rules.md: the names and functions of the rule language."""

from __future__ import annotations

from docs.generation import rule_words as words
from docs.generation.markdown import code, page, table
from engine.domain.rules.literals import TRUTHS
from engine.domain.rules.scope import CAMPAIGN_NAMES, LEAD_NAMES
from engine.domain.rules.syntax import DEPTH_LIMIT, LENGTH_LIMIT
from engine.domain.rules.values import Kind

INTRO = """\
One language says who enters, leaves, advances and is never mailed. A rule is a text such as
`source in ['webinar', 'whitepaper'] and clicks >= 2`. It looks like Python and is read by Python's parser, but has its
own small meaning; nothing is ever run.
"""
MEANING = """\
- A rule is true or false. **A missing value makes a comparison false**, also `!=`; `not` turns that around. Ask
  `known(field)` where it matters.
- Texts are compared regardless of case: `'Webinar' == 'webinar'`.
- Comparisons are `==`, `!=`, `<`, `<=`, `>`, `>=`, `in` and `not in` (a list of values, or a tag in a field of tags).
  They may be chained: `3 <= clicks < 10`. Conditions are joined by `and`, `or`, `not` and brackets.
- Numbers may be added, subtracted and multiplied. There is no `/`, `%` or `**`.
- Dates are texts in quotes: `created >= '2026-01-01'`. Lengths of time are `'10m'`, `'3h'`, `'2d'`, `'4w'`.
- A value of the wrong kind is a mistake that `ripeline check` shows, not one that happens at night.
- Opens and clicks of machines, and those of unknown programs, never count. Unsubscribe, preference and web-view links
  are no clicks.
"""


def rules_page() -> str:
    """The whole page."""
    limits = f"A rule has at most {LENGTH_LIMIT:,} characters and is nested at most {DEPTH_LIMIT} deep."
    truths = ", ".join(code(truth) for truth in TRUTHS)
    return page(
        "Rules",
        INTRO,
        "## Meaning\n\n" + MEANING + f"- The truth values are {truths}. {limits}",
        _where(),
        "## Names of a lead\n\nThe fields of `[fields]` and the standard ones stand beside them, also as `lead.field`."
        + "\n\n"
        + table(("name", "kind", "meaning"), [*_lead_names()]),
        "## Names within a campaign\n\n" + table(("name", "meaning"), _campaign_names()),
        "## Functions\n\n" + table(("for example", "meaning"), [(code(e), m) for e, m in words.FUNCTIONS.values()]),
        "## Over all time\n\n" + table(("for example", "meaning"), [(code(e), m) for e, m in words.EVER.values()]),
        "## Spaces\n\n" + table(("name", "meaning"), _SPACES),
        "## Kinds of values\n\n" + ", ".join(code(kind.value) for kind in Kind) + ".",
    )


_SPACES = (
    ("`lead.field`", "A field of the lead; the same as `field` alone."),
    ("`trigger.name`", "A property of the event that let the lead in. Only in campaigns with `on`."),
    ("`vars.name`", "A value of the campaign's `vars`."),
    ("`ever.…`", "The lead's whole history instead of this run."),
)


def _where() -> str:
    rows = (
        ("`enter`, `[never_mail] rule`, `ripeline export --where`", "the lead alone", "names of a lead, `ever.…`"),
        ("`exit`, `goal`, `advance`, `when`, `until`", "the lead in this run", "also the names within a campaign"),
    )
    return "## Where a rule stands\n\n" + table(("where", "it is asked of", "it may use"), rows)


def _lead_names() -> list[tuple[str, str, str]]:
    known = [(code(name), kind.kind.value, words.NAMES[name]) for name, kind in LEAD_NAMES.items()]
    return [*known, ("`replied`", Kind.BOOLEAN.value, words.NAMES["replied"])]


def _campaign_names() -> list[tuple[str, str]]:
    return [(code(name), words.CAMPAIGN[name]) for name in CAMPAIGN_NAMES]
