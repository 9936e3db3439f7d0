"""What a scenario expects: a mail, a stage, an action outside, the goal, an end – or that nothing comes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from engine.domain.journey.decision import Line
from engine.domain.journey.draft import SCORED
from engine.domain.scenario import OUTSIDE, Then
from engine.rehearsal.life import Mailed
from engine.rehearsal.mails import Read
from engine.rehearsal.playing import HORIZON, MissedError, Playing
from engine.rehearsal.times import end_of, in_time, limit_of, words_of
from engine.rehearsal.wording import action_name, plain, shown, squeezed

_KIND_WORDS = {"stages": "stage", "goal": "the", "ended": "", "handed_over": "handed over to"}


def _mail(playing: Playing, then: Then) -> None:
    expected = words_of(playing, then, f'"{then.subject or then.mail.step}"')
    number = playing.wait_for(lambda: next(playing.untold(), None), playing.at + HORIZON)
    if number is None:
        at = then.on.start if then.on else min(playing.life.now, limit_of(playing, then))
        raise MissedError(at, expected, "no mail")
    number = _matching(playing, number, then)
    mail = playing.life.mails[number]
    if (mail.send.campaign, mail.send.step) != (then.mail.campaign, then.mail.step):
        raise MissedError(mail.at, expected, playing.told(mail))
    if not in_time(playing, then, mail.at):
        raise MissedError(mail.at, expected, f"{playing.told(mail)} {playing.tell(mail.at)}")
    _compare(playing, then, mail, playing.read(number, then))
    playing.at = mail.at


def _matching(playing: Playing, first: int, then: Then) -> int:
    """Of the mails of one instant the one that is meant; their order says nothing."""
    at = playing.life.mails[first].at
    same = (number for number in playing.untold() if playing.life.mails[number].at == at)
    return next((number for number in same if playing.life.mails[number].send.step == then.mail.step), first)


def _compare(playing: Playing, then: Then, mail: Mailed, read: Read) -> None:
    if then.subject and read.subject != then.subject:
        got = f'subject "{read.subject}"'
        raise MissedError(mail.at, f'subject "{then.subject}"', got, playing.where(mail))
    if then.says and squeezed(then.says) not in squeezed(read.text):
        got = "a text without it"
        raise MissedError(mail.at, f'a text with "{then.says}"', got, playing.where(mail))


def _no_mail(playing: Playing, then: Then) -> None:
    until = end_of(playing, then)
    playing.life.run_to(until)
    playing.none_untold(until, f"no mail until {playing.tell(until)}")
    playing.at = until


def _stage(playing: Playing, then: Then) -> None:
    """The lead is in that stage, or it is the next one that it comes to."""
    stages = _stages(playing)
    before = [stage for at, stage in stages if at <= playing.at]
    if then.on is None and then.what in (before[-1:] or [stage for at, stage in stages if at == playing.at]):
        return
    _next(playing, then, f"stage {then.what}", "stages", lambda: _stages(playing), then.what)


def _outside(playing: Playing, then: Then) -> None:
    name = action_name(playing.campaign, then.what)
    _next(playing, then, f"{then.kind} {name}", then.kind, lambda: _acts(playing, then.kind), name)


def _handed_over(playing: Playing, then: Then) -> None:
    """The lead comes to sales, by a step, a rule or a raised hand: to whoever, or to this colleague."""
    desk = playing.life.desk
    handoffs = desk.handoffs if desk is not None else []

    def found() -> list[tuple[datetime, str]]:
        return [(one.at, (one.owner or "nobody") if then.what else "") for one in handoffs]

    words = f"the lead handed over{f' to {then.what}' if then.what else ''}"
    at = _next(playing, then, words, "handed_over", found, then.what)
    because = next(one.because for one in handoffs if one.at == at)
    if then.because and then.because not in because:
        raise MissedError(at, f'{words} because of "{then.because}"', f"handed over: {because}")


def _goal(playing: Playing, then: Then) -> None:
    _next(playing, then, "the goal", "goal", lambda: [(line.at, "goal") for line in _lines(playing, "goal")], "goal")


def _leaves(playing: Playing, then: Then) -> None:
    expected = f"{then.what}" + (f' because of "{then.because}"' if then.because else "")
    line = _next(playing, then, expected, "ended", lambda: _endings(playing), then.what)
    told = next(one for one in _lines(playing, "ended") if one.at == line)
    because = str(told.data.get("because") or "")
    if then.because and then.because not in because:
        raise MissedError(told.at, expected, f"{then.what}: {because}")


def _fields(playing: Playing, then: Then) -> None:
    """The lead's fields have these values, now or within the time that is given."""
    limit = playing.at if then.on is None and then.after is None else limit_of(playing, then)
    _let_fade(playing, then)
    held = playing.wait_for(lambda: True if _holds(playing, then.values) else None, limit)
    playing.life.run_to(limit if then.on is not None else playing.life.now)
    playing.at = max(playing.at, min(playing.life.now, limit))
    _let_fade(playing, then)
    if held is None or not _holds(playing, then.values):
        got = ", ".join(f"{name} = {shown(_value(playing, name))}" for name in then.values)
        raise MissedError(playing.at, ", ".join(f"{n} = {shown(v)}" for n, v in then.values.items()), got)
    playing.none_untold(playing.at, "no other mail")


def _let_fade(playing: Playing, then: Then) -> None:
    """A score that fades is kept from day to day by the daemon, though nobody looks at the lead: so look."""
    if any(name in then.values for name in SCORED):
        playing.life.look()


def _holds(playing: Playing, values: Mapping[str, object]) -> bool:
    return all(plain(_value(playing, name)) == plain(value) for name, value in values.items())


def _value(playing: Playing, name: str) -> object:
    lead = playing.life.facts.lead
    return lead.fields.get(name) if name in lead.fields else getattr(lead, name, None)


def _next(
    playing: Playing, then: Then, words: str, kind: str, found: Callable[[], list[tuple[datetime, str]]], wanted: str
) -> datetime:
    """The next of its kind, not used by a step before; it must be the one that is wanted."""
    expected = words_of(playing, then, words)

    def unused() -> list[int]:
        return [n for n, (at, _) in enumerate(found()) if at >= playing.at and (kind, n) not in playing.used]

    limit = limit_of(playing, then)
    numbers = playing.wait_for(lambda: unused() or None, playing.at + HORIZON)
    if numbers is None:
        raise _nothing(playing, then, expected, limit)
    everything = found()
    first = everything[numbers[0]]
    number = next((n for n in numbers if everything[n] == (first[0], wanted)), numbers[0])
    at, what = everything[number]
    if what != wanted and at > limit:
        raise _nothing(playing, then, expected, limit)
    playing.none_untold(at, expected)
    if what != wanted or not in_time(playing, then, at):
        raise MissedError(at, expected, f"{_KIND_WORDS.get(kind, kind)} {what} {playing.tell(at)}".strip())
    playing.used.add((kind, number))
    playing.at = max(playing.at, at)
    return at


def _nothing(playing: Playing, then: Then, expected: str, limit: datetime) -> MissedError:
    """Nothing of the kind came in time; a mail that did is told first."""
    playing.none_untold(limit, expected)
    open_ended = then.on is None and then.after is None
    got = "nothing, however long one waits" if open_ended else f"nothing until {playing.tell(limit)}"
    return MissedError(min(limit, playing.life.now), expected, got)


def _stages(playing: Playing) -> list[tuple[datetime, str]]:
    found = _lines(playing, "entered", "advanced", "branched", "exhausted")
    return [(line.at, _leads_to(line)) for line in found]


def _acts(playing: Playing, kind: str) -> list[tuple[datetime, str]]:
    campaign = playing.scenario.campaign
    acts = [one for one in playing.life.acts if (one.act.kind, one.act.campaign) == (kind, campaign)]
    return [(one.at, action_name(playing.campaign, one.act.step)) for one in acts]


def _endings(playing: Playing) -> list[tuple[datetime, str]]:
    return [(line.at, str(line.data.get("why"))) for line in _lines(playing, "ended")]


def _lines(playing: Playing, *codes: str) -> list[Line]:
    campaign = playing.scenario.campaign
    return [line for line in playing.life.lines if line.campaign == campaign and line.code in codes]


def _leads_to(line: Line) -> str:
    """The stage that the line leads to."""
    return str(line.data.get("stage") if line.code == "entered" else line.data.get("to"))


EXPECTATIONS: Mapping[str, Callable[[Playing, Then], None]] = {
    "mail": _mail,
    "no_mail": _no_mail,
    "stage": _stage,
    **dict.fromkeys(OUTSIDE, _outside),
    "handed_over": _handed_over,
    "goal": _goal,
    "leaves": _leaves,
    "is": _fields,
}
"""What is expected, by the key of the step."""
