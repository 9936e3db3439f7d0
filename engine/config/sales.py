"""What marketing and sales agree on: the lifecycle, scores, accounts, who gets a ripe lead, and by when it is answered.

Rules and lengths of time are texts here; `engine.authoring` reads them and points at mistakes.
"""

from __future__ import annotations

from datetime import date

from pydantic import Field

from engine.config.section import Section


class Lifecycle(Section):
    """The stages of a lead's life."""

    stages: tuple[str, ...] = Field(
        ("subscriber", "inquiry", "engaged", "mql", "sal", "sql", "customer"),
        description="The stages of a lead's life in order; beside them `recycled` and `disqualified`.",
    )
    start: str = Field("subscriber", description="The stage of a new lead.")
    when: dict[str, str] = Field(
        {},
        description="Rules by which a lead reaches a stage by itself; the furthest one that holds counts.",
        examples=[{"engaged": "ever.clicks >= 1"}],
    )
    transitions: dict[str, tuple[str, ...]] = Field(
        {},
        description="Where a lead may go from a stage; one that is not named leads to every later stage, to "
        "`recycled` and to `disqualified`.",
        examples=[{"disqualified": ["recycled"]}],
    )
    owners: dict[str, str] = Field(
        {},
        description="Who answers for the leads in a stage who have no owner of their own.",
        examples=[{"inquiry": "marketing", "mql": "sales"}],
    )
    within: dict[str, str] = Field(
        {},
        description="How long a lead should be in a stage at most; the report tells who stays longer.",
        examples=[{"mql": "5 business days"}],
    )


class Points(Section):
    """Points for something that a lead does."""

    name: str = Field(description="What it is, in the words of whoever reads a score.", examples=["came to a webinar"])
    each: str = Field(
        description="What is counted, each time: `event(…)`, `ever.clicked(…)`, `ever.opened(…)`, `ever.clicks`, "
        "`ever.opens` or `replied`.",
        examples=["event('webinar_attended')"],
    )
    when: str = Field("", description="Only for leads of whom this rule holds.", examples=["country == 'DE'"])
    points: float = Field(ge=-10_000, le=10_000, description="How many, fresh; negative ones take away.", examples=[15])
    half_life: str = Field("", description="After which time they are worth half; the scoring's own when empty.")
    most: float = Field(
        0, ge=0, le=10_000, description="How many points this gives (or takes) at most; 0 sets no limit."
    )


class FitPoints(Section):
    """Points for what a lead is."""

    name: str = Field(description="What it is, in words.", examples=["decides about budgets"])
    when: str = Field(description="The rule that must hold.", examples=["contains(title, 'head')"])
    points: float = Field(ge=-10_000, le=10_000, description="How many; negative ones take away.", examples=[20])


class Scoring(Section):
    """How leads are scored: what they do, which fades, and who they are, which does not."""

    half_life: str = Field("30d", description="After which time points for what a lead did are worth half.")
    most: float = Field(100, gt=0, le=10_000, description="A score is never more than this, and never less than 0.")
    points: tuple[Points, ...] = Field((), description="Points for what a lead does.")
    fit: tuple[FitPoints, ...] = Field((), description="Points for who a lead is, which make its grade.")
    grades: dict[str, float] = Field(
        {"A": 60, "B": 40, "C": 20},
        description="From how many points of fit on a lead has a grade; fewer than all of them is D.",
    )


class Accounts(Section):
    """Companies: leads of one company are seen, and scored, together."""

    personal_domains: tuple[str, ...] = Field(
        (),
        description="More domains of mail for private persons, which make no company, beside those that are known.",
        examples=[["provider.example"]],
    )
    roles: tuple[str, ...] = Field(
        ("decides", "pays", "recommends", "uses"),
        description="Which roles a person can have in buying (the field `role`).",
    )


class Absence(Section):
    """Days on which somebody gets no leads, the first and the last one among them."""

    first: date = Field(description="The first day away.", examples=["2026-12-24"])
    last: date = Field(description="The last day away.", examples=["2027-01-02"])


class Salesperson(Section):
    """Somebody who gets leads."""

    name: str = Field(description="The `owner` of their leads; the address stands in sender.owners.", examples=["ann"])
    capacity: int = Field(0, ge=0, description="Leads in hand at most, not yet answered for good; 0 sets no limit.")
    weight: float = Field(
        1, gt=0, description="How many leads, in proportion to the others; who accepts more of them gets more."
    )
    absent: tuple[Absence, ...] = Field(
        (), description="When they are away.", examples=[[{"first": "2026-12-24", "last": "2027-01-02"}]]
    )


class Route(Section):
    """Who gets which leads; the first route that fits is taken."""

    name: str = Field(description="What it is, for the reason that stands with each lead.", examples=["Germany"])
    when: str = Field("", description="The rule that must hold; empty for all leads.", examples=["country == 'DE'"])
    accounts: tuple[str, ...] = Field(
        (), description="Only leads of these companies, by domain.", examples=[["northwind.example"]]
    )
    to: tuple[str, ...] = Field(description="Who takes turns, by the name of the salesperson.", examples=[["ann"]])


class Reason(Section):
    """Why sales gives a lead back, and what comes of it."""

    title: str = Field(description="What the salesperson reads on the button.", examples=["Too early"])
    campaign: str = Field("", description="The campaign that takes the lead in again.", examples=["wake-up"])
    rest: str = Field("", description="How long the lead is left alone by sales; the general `rest` when empty.")
    disqualify: bool = Field(False, description="The lead is disqualified instead of recycled.")


class Sales(Section):
    """Handing ripe leads over, and taking them back."""

    hand_raises: tuple[str, ...] = Field(
        (),
        description="Events by which a lead asks for a person: it is handed over at once, whatever its score.",
        examples=[["demo_requested"]],
    )
    person: tuple[Salesperson, ...] = Field((), description="Who gets leads.")
    route: tuple[Route, ...] = Field((), description="Who gets which; the first route that fits.")
    fallback: str = Field("", description="Who gets a lead that no route and nobody with room takes.", examples=["ann"])
    sla: str = Field("1 business day", description="Within which time sales answers a lead; then it is escalated.")
    escalate_to: str = Field(
        "", description="Who hears of a lead that nobody answered: an owner, or an address.", examples=["head"]
    )
    recycle_after: str = Field(
        "3 business days", description="A lead that nobody answered goes back to marketing after this time."
    )
    rest: str = Field(
        "30d", description="A lead that sales gave back ripens again only after this time, unless it raises its hand."
    )
    reasons: dict[str, Reason] = Field(
        {
            "too_early": Reason(title="Too early"),
            "no_budget": Reason(title="No budget"),
            "wrong_person": Reason(title="The wrong person"),
            "no_answer": Reason(title="Does not answer"),
            "no_fit": Reason(title="Not for us", disqualify=True),
        },
        description="Why sales may give a lead back.",
    )
    webhook: str = Field("", description="The webhook that hears of every hand-off and answer.", examples=["crm"])
    answers_at: str = Field(
        "", description="The public address of the buttons in alerts; the tracker's when empty; HTTPS when live."
    )
