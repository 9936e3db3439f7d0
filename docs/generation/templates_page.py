"""docs/reference/templates.md: names, filters and constructs of templates."""

from __future__ import annotations

from docs.generation import template_words as words
from docs.generation.markdown import code, page, table
from engine.config.model import STANDARD_FIELDS
from engine.content.assets import CONTENT_TYPES
from engine.content.compilation import Limits
from engine.content.flatten import MAX_CHARACTERS, MAX_DEPTH, MAX_LOOPS
from engine.content.frontmatter import KEYS
from engine.content.library import FORMATS, MAX_FILE
from engine.content.names import ADDRESSES, LOOP_VALUES, Names
from engine.content.settings import STANDARD_FIELDS as CONTENT_FIELDS
from engine.content.settings import CompileSettings
from engine.content.values import FILTERS

INTRO = """\
Templates are Jinja with an allow-list: they write values, choose and repeat, and can do nothing else. How to write one:
[Write a template](../how-to/write-a-template.md).
"""
PLACES = """\
## Where a mail is found

`email = "cost"` in stage `aware` of a campaign with `theme = "data-quality"` is looked for as

1. `templates/data-quality/aware/cost.<format>`
2. `templates/data-quality/cost.<format>`
3. `templates/shared/cost.<format>`

A language stands before the format: `cost.de.md` is taken for leads whose language is `de`, `cost.md` for all others.
A file `cost.txt` beside it is the text part; without one it is derived from the HTML.
"""
HEAD = {
    "subject": "The subject. Needed, unless the step has variants of it.",
    "preheader": "What mail programs show beside the subject.",
    "from": "Who the mail is from, if not the campaign's sender.",
    "reply_to": "Where answers go.",
    "layout": "The layout of a Markdown mail: `default` or `letter`, or one of your own in `templates/layouts/`.",
    "title": "A title that layouts may show as `title`.",
    "silence": 'Warnings about this mail that are meant, by their code, and why: `silence = { W512 = "…" }`.',
    "links": 'Names of links by their addresses, as a table: `links = { pricing = "https://…" }`.',
}
MAY = (
    ("{{ value }}", "writes a value, escaped"),
    ("{{ a or b }}, {{ a if c else b }}, {{ a ~ b }}, +, -", "chooses, joins texts, adds numbers"),
    (
        "{% if %} … {% elif %} … {% else %} … {% endif %}",
        "chooses; compares with `==`, `!=`, `<`, `<=`, `>`, `>=`, `in`, `and`, `or`, `not`, `is defined`, `is none`",
    ),
    ("{% for x in lead.interests %} … {% endfor %}", "repeats, over values of the lead or a list in the template"),
    ("{% set %}, {% with %}", "names a value"),
    (
        "{% extends %}, {% block %}, {{ super() }}, {% include %}",
        "layouts and partials; the file's name stands in the template",
    ),
    ("{% macro %}, {% call %}, {% import %}, {% from … import … %}", "pieces with arguments"),
)


def templates_page() -> str:
    """The whole page."""
    names = Names.for_authors(CompileSettings(), {})
    limits = Limits()
    never = (
        f"Not allowed: `*`, `/`, `//`, `%`, `**`, calls of anything but macros, methods, names that begin with `_`, "
        f"`range`, tests and filters beyond those here. Loops are nested at most {MAX_LOOPS} deep, files and macros "
        f"{MAX_DEPTH} deep; a mail has at most {MAX_CHARACTERS:,} characters, a file {MAX_FILE // 1_000_000} MB. "
        f"Compiling happens in a process of its own with {limits.memory // 1_000_000:,} MB and {limits.seconds} s."
    )
    return page(
        "Templates",
        INTRO,
        PLACES + f"\nFormats: {', '.join(code(form) for form in FORMATS)}.",
        "## The head\n\nTOML between two lines of `+++`.\n\n"
        + table(("key", "meaning"), [(code(key), HEAD[key]) for key in KEYS]),
        "## Names\n\n" + table(("name", "meaning"), [(code(f"{root}.…"), words.ROOTS[root]) for root in names.members]),
        "## Addresses\n\n" + table(("name", "meaning"), [(code(name), words.ADDRESSES[name]) for name in ADDRESSES]),
        "## Fields of every lead\n\n"
        + ", ".join(code(f"lead.{name}") for name in {**CONTENT_FIELDS, **STANDARD_FIELDS})
        + ", and those of `[fields]`.",
        "## Filters\n\n" + table(("filter", "meaning"), [(code(name), words.FILTERS[name]) for name in FILTERS]),
        "## Constructs\n\n"
        + table(("may stand there", "what it does"), [(code(what), does) for what, does in MAY])
        + f"\n\nWithin a loop: {', '.join(code(f'loop.{name}') for name in LOOP_VALUES)}.\n\n{never}",
        "## Pictures and files\n\nIn `assets/` beside the mail, in its theme's folder or in `templates/assets/`: "
        + ", ".join(code(kind) for kind in CONTENT_TYPES)
        + ".",
    )
