"""docs/reference/errors.md: every code of `ripeline check`."""

from __future__ import annotations

from docs.generation.markdown import page, table
from engine.authoring.error_codes import CODES
from engine.authoring.findings import FINDINGS, Finding, can_be_silenced

INTRO = """\
`ripeline check` tells every mistake with its place, a code, and what was probably meant. E is a mistake: the files
cannot be applied. W is a warning. The text beside the code says what was found; here is what each code stands for.
`ripeline check --explain CODE` says the same.
"""
WARNINGS = """\
## Warnings

What is better mended. One that is meant is silenced where it is told, with the reason:

```text
silence = { W512 = "the grey of our brand; the sentence stands in the text part too" }
```

The line stands in the head of a template (between the lines of `+++`), at the top of a campaign file, or below
`[check]` in `config.toml`, where it reaches all files. A silence that silences nothing is told (W002); a mistake cannot
be silenced. How to work with findings: [Judge mails and campaigns](../how-to/judge-mails.md).
"""
GROUPS = (
    ("E0", "Files and keys"),
    ("E1", "Rules"),
    ("E2", "Campaigns, and the people and fields they name"),
    ("E3", "Templates"),
    ("E4", "Scenarios"),
    ("E5", "Files of deals and costs, as they are imported"),
)
GROUPS_OF_WARNINGS = (
    ("W0", "Files"),
    ("W1", "Rules"),
    ("W2", "Campaigns"),
    ("W4", "Templates"),
    ("W5", "What mail programs, readers and mailboxes make of a mail"),
)

IN_CONFIG = frozenset(("W001", "W225", "W232", "W409"))
"""Findings that no file but config can silence."""
RULES = frozenset(("W110", "W111"))


def errors_page() -> str:
    """The whole page."""
    warnings = (_warnings(*group) for group in GROUPS_OF_WARNINGS)
    return page("Mistakes that check finds", INTRO, *(_group(*group) for group in GROUPS), WARNINGS, *warnings)


def _group(start: str, title: str) -> str:
    rows = [(f"`{name}`", reason) for name, reason in CODES.items() if name.startswith(start)]
    return f"## {title}\n\n{table(('code', 'meaning'), rows)}"


def _warnings(start: str, title: str) -> str:
    found = [(code, finding) for code, finding in FINDINGS.items() if code.startswith(start)]
    return "\n\n".join([f"### {title}", *(_warning(code, finding) for code, finding in found)])


def _warning(code: str, finding: Finding) -> str:
    parts = [f"#### {code}", f"**{finding.reason}** {finding.why}", f"*To mend it:* {finding.mend}"]
    if can_be_silenced(code):
        parts.append(f'*If it is meant:* `silence = {{ {code} = "…" }}` {_where_silenced(code)}.')
    return "\n\n".join(parts)


def _where_silenced(code: str) -> str:
    if code in IN_CONFIG:
        return "below `[check]` in `config.toml`"
    if code in RULES:
        return "at the top of the campaign file, or for rules of config below `[check]` there"
    return "at the top of the campaign file" if code.startswith("W2") else "in the head of the template"
