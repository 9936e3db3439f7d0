"""A lead's story in the terminal: who, what happened when and why, what comes next, what never will."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.cli.screen import Line, Segment, cells, clock_time, columns, padded, show, width
from engine.service.happenings import Moment
from engine.service.home import Home
from engine.service.running import Runner
from engine.service.story_words import Tone
from engine.service.why import Ahead, Head, LeadStory, story_of_lead

if TYPE_CHECKING:
    from rich.console import Console

_STYLES = {Tone.PLAIN: "", Tone.GOOD: "green", Tone.BAD: "red", Tone.MUTED: "dim"}
_LONGEST_WHAT = 12
_LONGEST_ABOUT, _SHORTER_ABOUT = 36, 22
_WIDE = 110
"""On a terminal with so many columns, subjects have more room."""


def print_story(home: Home, runner: Runner, name: str, console: Console) -> None:
    """Tell the story of the lead that is called so.

    Raises:
        RipelineError: nobody is called so, or several are.
    """
    from rich.text import Text

    for line in told(story_of_lead(home, runner.current(), name, home.clock.now())):
        console.print(Text.assemble(*line), soft_wrap=True)


def show_story(story: LeadStory) -> None:
    """Print a story."""
    show(told(story))


def told(story: LeadStory) -> Iterator[Line]:
    """The story, line by line."""
    yield from _head(story.head)
    if story.head.ripe:
        verdict, _, because = story.head.ripe.partition(": ")
        yield [(f"{verdict}  ", "bold"), (because, "")]
    for concern in story.concerns:
        yield [(concern, "yellow")]
    yield []
    yield from columns(list(_moments(story)), indent=0)
    yield from _after(story)


def _head(head: Head) -> Iterator[Line]:
    names = [head.name or head.email or head.id]
    needs = f" (needs {head.needs:g})" if head.needs is not None else ""
    score = f"score {head.score:g}{needs}" if head.score or needs else ""
    facts = [head.company, head.lifecycle, score, f"fit {head.fit}" if head.fit else ""]
    facts += [head.zone, f"on {', '.join(head.lists)}" if head.lists else "", f"consent: {head.consent}"]
    if head.name:
        names.append(head.email)
    first, *more = [part for part in (*names, *facts) if part]
    return columns([[(first, "bold"), (f"· {' · '.join(more)}", "")]], gap=1)


def _moments(story: LeadStory) -> Iterator[list[Segment]]:
    today = story.now.astimezone(story.zone).date()
    longest = _LONGEST_ABOUT if (width() or _WIDE) >= _WIDE else _SHORTER_ABOUT
    room = min(_LONGEST_WHAT, max((cells(moment.what) for moment in story.moments), default=0))
    for moment in story.moments:
        style = _STYLES[moment.tone]
        about = _shortened(moment.about, longest)
        yield [
            (clock_time(moment.at, story.zone, today), "dim" if moment.tone is Tone.MUTED else ""),
            (f"{padded(moment.what, room)} {about}".rstrip(), style),
            (_why(moment), "dim" if moment.tone is Tone.MUTED else ""),
        ]


def _why(moment: Moment) -> str:
    """Why, and which mail it is about: `ripeline show` takes its number."""
    named = moment.delivery is not None and moment.what in ("sent", "opened", "clicked")
    shown = f"  #{moment.delivery}" if named else ""
    return f"{moment.why}{shown}".strip()


def _shortened(words: str, most: int) -> str:
    if cells(words) <= most:
        return words
    end = '"' if words.endswith('"') else ""
    return words[: most - 1 - len(end)].rstrip() + "…" + end


def _after(story: LeadStory) -> Iterator[Line]:
    """What comes next, what never will, and why other campaigns let the lead out."""
    rows = [[(entry.label, "bold green" if entry.label == "next" else "bold"), *_ahead(entry)] for entry in story.ahead]
    yield []
    yield from columns(rows or [[("next", "bold"), ("nothing is planned", "")]])
    yield from columns([[("never", "bold red"), (f"{entry.what}: {entry.why}", "")] for entry in story.never])
    yield from columns([[("not in", "bold"), (entry.what, ""), (entry.why, "dim")] for entry in story.outside])


def _ahead(entry: Ahead) -> list[Segment]:
    told = entry.what.strip() or entry.campaign
    is_rule = entry.unless.startswith(("unless", "sooner"))
    return [(f"{told}, {entry.unless}" if is_rule else f"{told}: {entry.unless}".rstrip(": "), "")]
