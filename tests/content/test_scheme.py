"""Mails on light and on dark screens, whatever the machine that shows them prefers."""

from __future__ import annotations

import pytest

from engine.content.scheme import follows_dark, in_scheme

META = '<meta name="color-scheme" content="light dark">'
QUERY = "@media (prefers-color-scheme: dark) { p { color: #fff } }"
NARROW = "@media screen and (PREFERS-COLOR-SCHEME:dark) and (max-width: 600px) { p { color: #fff } }"


@pytest.mark.parametrize(
    ("html", "dark", "light"),
    [
        (META, '<meta name="color-scheme" content="dark">', '<meta name="color-scheme" content="light">'),
        (QUERY, QUERY.replace("(prefers-color-scheme: dark)", "(min-width: 0)"), "@media (max-width: 0) {"),
        (
            NARROW,
            "screen and (min-width: 0) and (max-width: 600px)",
            "screen and (max-width: 0) and (max-width: 600px)",
        ),
        ("@media (prefers-color-scheme: light) {}", "@media (max-width: 0) {}", "@media (min-width: 0) {}"),
        (":root { color-scheme: light dark; }", ":root { color-scheme: dark; }", ":root { color-scheme: light; }"),
        ('<meta name="color-scheme" content="light">', 'content="light"', 'content="light"'),
        ("<p>light dark (dark)</p>", "<p>light dark (dark)</p>", "<p>light dark (dark)</p>"),
    ],
)
def test_mail_follows_the_screen_that_is_asked_for(html: str, dark: str, light: str) -> None:
    assert dark in in_scheme(html, dark=True)
    assert light in in_scheme(html, dark=False)


@pytest.mark.parametrize(
    ("html", "knows"),
    [(META, True), (QUERY, True), ("<p>dark</p>", False), ('<meta name="color-scheme" content="light only">', False)],
)
def test_a_mail_without_rules_for_dark_screens_is_known(html: str, knows: bool) -> None:
    assert follows_dark(html) is knows
