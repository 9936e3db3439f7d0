"""Keeping all scores true: they fade from day to day, and config may change how leads are scored.

The work goes through all leads in bites, one transaction each, so that the daemon and the senders keep writing; how far
it has come is kept in the store. A lead that is decided has its score anyway: this is for those whom nobody looks at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b

import msgspec

from engine.config.model import Config
from engine.domain.journey.grading import score_line
from engine.domain.journey.programme import Programme
from engine.service.home import Home
from engine.store.accounts import next_accounts, rescore_accounts
from engine.store.bundles import home_value, set_home_value
from engine.store.database import reading, writing
from engine.store.definitions import current_definition, note_definition
from engine.store.journey import tell_many, wake
from engine.store.scores import BulkScoring, Rescored, save_scores

BITE = 500
"""Leads in one transaction: other writers on SQLite wait some tens of milliseconds."""

MOST_BITES = 40
"""In one call of the daemon's, so that a home with a million leads does not keep it from everything else."""

SCORING = "scoring"
"""The definition's name."""

PROGRESS = "scoring:progress"
"""The store's value that says how far all leads are scored."""


class Pass(msgspec.Struct, frozen=True):
    """One way through all leads: by which scheme, as of which day, and the last lead and account that are done.

    `whole`: all leads are looked at, not only those that have a score to fade.
    """

    scheme: str
    day: str
    whole: bool
    lead: int = 0
    account: int = 0
    leads_done: bool = False
    done: bool = False


@dataclass(frozen=True, slots=True)
class Rescoring:
    """What was done: leads looked at in bites, leads and accounts with a new score, leads that are looked at again."""

    leads: int = 0
    woken: int = 0
    accounts: int = 0

    def __add__(self, other: Rescoring) -> Rescoring:
        return Rescoring(self.leads + other.leads, self.woken + other.woken, self.accounts + other.accounts)


def scheme_text(config: Config) -> str:
    """How this config scores leads, as a text that is compared and kept."""
    return config.scoring.model_dump_json()


def keep_scores(home: Home, programme: Programme, now: datetime, bites: int | None = MOST_BITES) -> Rescoring:
    """Go on with what is due, in so many bites at most: all leads after the scoring changed, otherwise once a day those
    whose score fades."""
    if not programme.policy.scoring.in_use:
        return Rescoring()
    text = scheme_text(home.config)
    with reading(home.store) as connection:
        known, before = current_definition(connection, SCORING), _read(home_value(connection, PROGRESS))
    at = _due(programme, text, before, now)
    if known == text and at.done:
        return Rescoring()
    if known != text:
        with writing(home.store) as connection:
            note_definition(connection, SCORING, text, now)
    return _go_on(home, programme, at, now, bites)


def rescore_all(
    home: Home, programme: Programme, now: datetime, progress: Callable[[int], None] = lambda _: None
) -> Rescoring:
    """Score every lead and every account now; `progress` hears the number of the last lead that is done."""
    text = scheme_text(home.config)
    with writing(home.store) as connection:
        note_definition(connection, SCORING, text, now)
    start = Pass(_digest(text), _day(now), whole=True)
    return _go_on(home, programme, start, now, None, progress)


def _due(programme: Programme, text: str, before: Pass | None, now: datetime) -> Pass:
    """The pass that is to be gone on with: the one under way, or a new one."""
    scheme, day = _digest(text), _day(now)
    if before is not None and (before.scheme, before.day) == (scheme, day):
        return before
    unfinished = before is None or before.scheme != scheme or (before.whole and not before.leads_done)
    return Pass(scheme, day, whole=unfinished or not programme.policy.scoring.only_fades)


def _go_on(
    home: Home,
    programme: Programme,
    at: Pass,
    now: datetime,
    bites: int | None,
    progress: Callable[[int], None] = lambda _: None,
) -> Rescoring:
    """So many bites, or all there are."""
    total = Rescoring()
    bulk = BulkScoring(programme.policy.scoring, now, only_scored=not at.whole)
    while not at.done and bites != 0:
        at, done = _bite_of_accounts(home, programme, at, now) if at.leads_done else _bite(home, programme, bulk, at)
        total += done
        bites = None if bites is None else bites - 1
        progress(at.lead)
    return total


def _bite(home: Home, programme: Programme, bulk: BulkScoring, at: Pass) -> tuple[Pass, Rescoring]:
    with writing(home.store) as connection:
        found, last = bulk.chunk(connection, at.lead, BITE)
        save_scores(connection, [(one.lead, one.after) for one in found])
        lines = [(one.lead, score_line(one.before, one.after, programme.score_borders, bulk.now)) for one in found]
        tell_many(connection, [(who, line) for who, line in lines if line is not None])
        woken = [one.lead for one in found if _matters(programme, one)]
        wake(connection, woken, bulk.now)
        at = msgspec.structs.replace(at, lead=last or at.lead, leads_done=last is None)
        set_home_value(connection, PROGRESS, _written(at))
    return at, Rescoring(len(found), len(woken))


def _matters(programme: Programme, one: Rescored) -> bool:
    """Whether any rule may answer otherwise now."""
    crosses = programme.score_borders.between(one.before.score, one.after.score)
    return crosses or (one.before.fit != one.after.fit and programme.asks_for_fit)


def _bite_of_accounts(home: Home, programme: Programme, at: Pass, now: datetime) -> tuple[Pass, Rescoring]:
    with writing(home.store) as connection:
        accounts = next_accounts(connection, at.account, BITE)
        changed = rescore_accounts(connection, accounts, programme.account_borders, now)
        at = msgspec.structs.replace(at, account=max(accounts, default=at.account), done=not accounts)
        set_home_value(connection, PROGRESS, _written(at))
    return at, Rescoring(accounts=changed)


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=8).hexdigest()


def _day(now: datetime) -> str:
    return now.astimezone(UTC).date().isoformat()


def _read(kept: str | None) -> Pass | None:
    return msgspec.json.decode(kept, type=Pass) if kept else None


def _written(at: Pass) -> str:
    return msgspec.json.encode(at).decode()
