"""What runs: the applied bundle, read from the store and made ready to decide and to render with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.authoring.home import read_bundle_texts
from engine.authoring.policy import policy_from
from engine.content.mails import MailKey
from engine.domain.journey.programme import Programme, Standing, Winner, Winners
from engine.errors import ProblemsError
from engine.service.home import Home
from engine.service.links import LinkNames
from engine.service.mail_parts import languages
from engine.store.bundles import StoredBundle, campaign_rows, current_bundle_id, read_bundle
from engine.store.database import reading
from engine.store.winners import winners_now


@dataclass(frozen=True)
class Running:
    """The programme that decides, and the digests of its mails by key."""

    programme: Programme
    mails: Mapping[str, str]
    links: LinkNames

    @property
    def standing_still(self) -> list[str]:
        """The campaigns of the bundle that do not run now; mails of those that are gone are claimed, and dropped."""
        return [name for name in self.programme.campaigns if not self.programme.runs(name)]

    def mail_digest(self, key: MailKey, language: str) -> str | None:
        """The compiled mail for a lead's language: its own ("de-at"), the bare one ("de"), or the home's."""
        for candidate in languages(language):
            found = self.mails.get(str(replace(key, language=candidate)))
            if found is not None:
                return found
        return None


class Runner:
    """Gives the running bundle, and reads it again when another one was applied or a campaign's standing changed."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._links = LinkNames(home.store)
        self._bundle: StoredBundle | None = None
        self._programme: Programme | None = None

    @property
    def digest(self) -> str:
        """The digest of the bundle that `current` answered last; empty before the first `apply`."""
        return self._bundle.digest if self._bundle else ""

    def current(self) -> Running:
        """What runs now; an empty programme before the first `apply`.

        Raises:
            ProblemsError: the stored texts cannot be read with the home's config as it is now.
        """
        with reading(self._home.store) as connection:
            number = current_bundle_id(connection)
            rows = campaign_rows(connection)
            chosen = winners_now(connection)
            if number is not None and (self._bundle is None or self._bundle.id != number):
                self._bundle = read_bundle(connection, number)
                self._programme = None
        standings = {name: Standing(row.live_since, row.paused_at is not None) for name, row in rows.items()}
        if self._programme is None:
            self._programme = self._read()
        programme = replace(self._programme, standings=standings, winners=_by_place(chosen))
        return Running(programme, self._bundle.mails if self._bundle else {}, self._links)

    def _read(self) -> Programme:
        if self._bundle is None:
            return Programme(0, {}, policy_from(self._home.config))
        _, campaigns, problems = read_bundle_texts(self._bundle.files)
        errors = [problem for problem in problems if problem.is_error]
        if errors:
            raise ProblemsError(errors)
        return Programme(self._bundle.id, campaigns, policy_from(self._home.config))


def winners_of(home: Home) -> Winners:
    """The variants that every lead to come gets, whatever files run."""
    with reading(home.store) as connection:
        return _by_place(winners_now(connection))


def _by_place(chosen: Sequence[Any]) -> Winners:
    return {(one.campaign, one.step, one.part): Winner(one.text, one.chosen_at) for one in chosen}
