"""Walking a campaign on all its ways: lives under the daemon's own decisions, which differ by what the lead does.

The first life is a silent one. Wherever a way leads off it that was not taken yet, a twin is made that does what the
way asks for; if that takes it, it lives on, and ways may lead off it in turn. So every way is taken with as little as
possible happening before, or it is told why not.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from msgspec import structs

from engine.domain.campaign import Campaign, CampaignState
from engine.domain.journey.decision import Line
from engine.domain.journey.facts import Enrollment, EnrollmentStatus, Lead, LeadFacts
from engine.domain.journey.lanes import HANDED_OFF
from engine.domain.journey.mailable import window_zone
from engine.domain.journey.programme import Policy, Programme
from engine.domain.journey.telling import tell_line
from engine.domain.rules.contradictions import can_be_true
from engine.rehearsal.deeds import ComesBack, Deed, Deeds
from engine.rehearsal.letting_in import let_in
from engine.rehearsal.life import QUARANTINE, Life, Mailed
from engine.rehearsal.making_true import LINKS, Scene, deeds_for
from engine.rehearsal.watching import Watch
from engine.rehearsal.ways import Passage, Way, WayKind, stands_at, was_taken, ways

HORIZON = timedelta(days=400)
LOOKS = 1_000
"""How long, and in how many looks, one life is followed."""

PATIENCE = 5_000
"""After so many looks at all lives a further one is followed only to where an earlier one has been."""

_SOON = timedelta(minutes=10)
_IN_TIME = timedelta(minutes=4)
_A_DAY = timedelta(days=1)
_NEVER_GOES = frozenset({"dropped", "skipped_late", "had_already", "had_elsewhere", "date_unknown"})


@dataclass(frozen=True, slots=True)
class Done:
    """Something that the lead did, and when."""

    at: datetime
    deed: Deed


@dataclass
class Path:
    """A life, what the lead did in it, and how many of its lines and mails were looked at."""

    life: Life
    done: tuple[Done, ...] = ()
    lines: int = 0
    mails: int = 0

    def twin(self) -> Path:
        return Path(self.life.twin(), self.done, self.lines, self.mails)

    def do(self, deeds: Deeds, campaign: str) -> None:
        for deed in deeds:
            self.done = (*self.done, Done(self.life.now, deed))
            deed.do(self.life, campaign)


@dataclass(frozen=True, slots=True)
class Reached:
    """A way that was taken, and on which path; a mail's also as it went there."""

    way: Way
    path: Path
    mail: Mailed | None = None


@dataclass(frozen=True, slots=True)
class Missed:
    """A way that was not taken, and why, as far as is known."""

    way: Way
    because: str


@dataclass(frozen=True, slots=True)
class Walk:
    """What was found, in the order of the file.

    `start` is when the lead enters, `zone` the one in which its days count. `made_so` says what had to be made so for
    that; `by_hand`: it was put in against the campaign's rules.
    """

    campaign: Campaign
    start: datetime
    zone: ZoneInfo
    reached: tuple[Reached, ...]
    missed: tuple[Missed, ...]
    made_so: tuple[str, ...] = ()
    by_hand: bool = False


def walk(
    campaign: Campaign, policy: Policy, lead: Lead, links: LINKS, start: datetime, trigger: Mapping[str, object]
) -> Walk:
    """Take all ways of the campaign, with a lead that has no past and enters at `start`.

    `trigger` are the properties of the event that lets it in, where one does.
    """
    return _Walker(campaign, policy, lead, links).walk(start, trigger)


class _Walker:
    def __init__(self, campaign: Campaign, policy: Policy, lead: Lead, links: LINKS) -> None:
        self.watch = Watch()
        self.campaign = replace(self.watch.over(campaign), state=CampaignState.LIVE, holdout=0.0)
        self.programme = Programme(1, {campaign.id: self.campaign}, policy)
        self.lead, self.links = structs.replace(lead, handed_off_at=None), links
        self.ways = list(ways(campaign))
        self.reached: dict[Way, Reached] = {}
        self.stages: set[str] = set()
        self.places: set[tuple[str, str]] = set()
        self.looks = 0
        self.said: dict[str, Line] = {}

    def walk(self, start: datetime, trigger: Mapping[str, object]) -> Walk:
        life = Life(self.programme, LeadFacts(self.lead), start, QUARANTINE)
        self.watch.asked.clear()
        entry = let_in(life, self.campaign, trigger, self.links)
        first = Path(entry.life)
        self._note(first)
        queue = deque([self._live(first)])
        while queue and self._open():
            stops = queue.popleft()
            for other in chain(self._led_off(stops), self._given_back(stops)):
                queue.append(self._live(other))
        zone = window_zone(self.campaign.window, self.lead, self.programme)
        return Walk(
            self.campaign,
            start,
            zone,
            tuple(self.reached[way] for way in self.ways if way in self.reached),
            tuple(Missed(way, self._because(way, zone)) for way in self._open()),
            entry.made_so,
            entry.by_hand,
        )

    def _open(self) -> list[Way]:
        return [way for way in self.ways if way not in self.reached]

    # One life

    def _live(self, path: Path) -> list[Path]:
        """Let the life go on in silence to its end; a twin at each place where it stood, the last one at the end."""
        stops: list[Path] = []
        place: object = None
        known = frozenset(self.places)
        until = path.life.now + HORIZON
        for _ in range(LOOKS):
            run = path.life.run(self.campaign.id)
            if run is None or run.status is EnrollmentStatus.ENDED:
                break
            if self.looks > PATIENCE and (run.stage, run.step) in known:
                break
            self.looks += 1
            self.places.add((run.stage, run.step))
            here = (run.stage, run.step, run.visit, run.status, len(path.life.mails))
            if here != place:
                stops.append(path.twin())
                place = here
            self.watch.asked.clear()
            if not path.life.step(until):
                break
            self._note(path)
        return [*stops, path]

    def _note(self, path: Path) -> None:
        """Write down the ways that the life has taken since it was looked at last."""
        passage = self._passage(path)
        path.lines, path.mails = len(path.life.lines), len(path.life.mails)
        for run in filter(None, (passage.run,)):
            self.stages.add(run.stage)
        self.stages |= {str(line.data["to"]) for line in passage.lines if "to" in line.data}
        self.said |= {str(line.data["step"]): line for line in passage.lines if line.code in _NEVER_GOES}
        for way in self._open():
            if was_taken(way, self.campaign.id, passage):
                self.reached[way] = Reached(way, path, _mail_of(way, passage))

    def _passage(self, path: Path) -> Passage:
        life = path.life
        run = life.run(self.campaign.id)
        return Passage(life.lines[path.lines :], life.mails[path.mails :], tuple(self.watch.asked), run)

    # Other lives

    def _led_off(self, stops: Sequence[Path]) -> Iterator[Path]:
        """For each way that is not taken yet, a life that takes it, if one is found.

        Whoever asks lets it live on before it asks for the next one: what comes on its path needs no other.
        """
        for way in self._open():
            if way in self.reached:
                continue
            found = next((twin for twin in self._attempts(way, stops) if self._takes(way, twin)), None)
            if found is not None:
                self._note(found)
                yield found

    def _attempts(self, way: Way, stops: Sequence[Path]) -> Iterator[Path]:
        """Lives that do what the way asks for, at each place from which it leads off."""
        for stop in stops:
            run = stop.life.run(self.campaign.id)
            if run is None or not stands_at(way, run):
                continue
            for deeds in deeds_for(way.wish, True, Scene(stop.life, self.campaign, self.links)):
                for at in _moments(stop.life) if deeds else ():
                    twin = stop.twin()
                    twin.life.run_to(at)
                    self.watch.asked.clear()
                    twin.do(deeds, self.campaign.id)
                    yield twin

    def _takes(self, way: Way, path: Path) -> bool:
        """Whether the life takes the way from here, before it goes another one."""
        until = path.life.now + HORIZON
        for _ in range(LOOKS):
            passage = self._passage(path)
            if was_taken(way, self.campaign.id, passage):
                return True
            if _is_past(way, passage.run) or not path.life.step(until):
                return False
        return False

    def _given_back(self, stops: Sequence[Path]) -> Iterator[Path]:
        """What comes after a hand-off, when sales gives the lead back."""
        path = stops[-1]
        run = path.life.run(self.campaign.id)
        waits = run is not None and (run.status, run.waiting) == (EnrollmentStatus.PAUSED, HANDED_OFF)
        if not waits or any(isinstance(one.deed, ComesBack) for one in path.done):
            return
        twin = path.twin()
        twin.life.run_to(twin.life.now + _A_DAY)
        self.watch.asked.clear()
        twin.do((ComesBack(),), self.campaign.id)
        self._note(twin)
        yield twin

    # Why not

    def _because(self, way: Way, zone: ZoneInfo) -> str:
        if way.stage not in self.stages:
            return f"no path comes to stage {way.stage}"
        if not can_be_true(way.wish):
            return _contradiction(way)
        if way.kind is WayKind.MAIL and way.step in self.said:
            told = tell_line(self.said[way.step], self.programme, zone)
            return " ".join(part for part in (told.verb, told.what) if part) + (
                f": {told.because}" if told.because else ""
            )
        if not way.rule:
            return "the lead always goes another way before"
        return f"nothing was found that a lead can do after which this holds: {way.rule}"


def _mail_of(way: Way, passage: Passage) -> Mailed | None:
    if way.kind is not WayKind.MAIL:
        return None
    return next(mail for mail in passage.mails if mail.send.step == way.step)


def _moments(life: Life) -> Iterator[datetime]:
    """When something may happen: soon, or just in time for what comes next."""
    ahead = life.next_at
    soon = life.now + _SOON if ahead is None or ahead > life.now + 2 * _SOON else life.now
    yield soon
    if ahead is not None and ahead - life.quarantine - _IN_TIME > soon:
        yield ahead - life.quarantine - _IN_TIME


def _is_past(way: Way, run: Enrollment | None) -> bool:
    """Whether the run can no longer take the way."""
    if run is None or run.status is EnrollmentStatus.ENDED or run.stage != way.stage:
        return True
    return way.step in run.passed


def _contradiction(way: Way) -> str:
    """What of a way can never hold; a rule that contradicts itself is a mistake of its file already."""
    if way.kind is not WayKind.ARM:
        return f"this can never hold: {way.rule}"
    return "one of its ways always holds" if way.arm is None else "a way before it holds whenever this one does"
