"""N8 to N12: alerts while a lead is warm, a hand-off with its story, answers, recycling, companies."""

from __future__ import annotations

from engine.domain.journey.programme import Programme
from engine.service.doctor.evidence import DAYS, Evidence
from engine.service.doctor.practice import Finding, half, no, yes

WARM_MINUTES = 15


def warm(found: Evidence) -> Finding:
    minutes = found.minutes_to_alert
    if minutes is None:
        told = f"no hand-off was told to sales in the last {DAYS} days"
        if not found.config.sales.hand_raises:
            return no(told, 'hand_raises = ["demo_requested"]   ([sales] in config.toml)')
        return half(told, "ripeline report sales, once leads ripen")
    told = f"half of the alerts were out {minutes:.0f} min after the event"
    unanswered = _unanswered(found)
    if unanswered:
        answer = f"on = \"event('{unanswered[0]}')\" and operational mail, as in campaigns/demo.toml of a new home"
        return half(f"{told}; no campaign answers whoever tells {unanswered[0]}", answer)
    return yes(told) if minutes <= WARM_MINUTES else half(told, "ripeline report sales shows where the time goes")


def _unanswered(found: Evidence) -> list[str]:
    """The raised hands that no live campaign answers while sales has the lead."""
    answering = Programme(0, {campaign.id: campaign for campaign in found.live}).answering
    heard = {one.on.event.casefold() for one in found.live if one.on is not None and one.id in answering}
    return [name for name in found.config.sales.hand_raises if name.casefold() not in heard]


def story(found: Evidence) -> Finding:
    if not found.handoffs:
        return no(f"no lead was handed over in the last {DAYS} days", "sales_ready and [[sales.person]] in config.toml")
    return yes(f"handed over with their story in the last {DAYS} days: {len(found.handoffs):,}")


def loop(found: Evidence) -> Finding:
    if not found.handoffs:
        return no(f"nothing to answer in the last {DAYS} days", "ripeline report sales, once leads are handed over")
    share = found.ignored / len(found.handoffs)
    told = f"{share:.0%} of {len(found.handoffs):,} hand-offs ended without an answer"
    if not found.config.sales.escalate_to:
        return half(f"{told}; nobody hears of them", 'escalate_to = "head"   ([sales] in config.toml)')
    return yes(told) if share <= 0.25 else half(told, "ripeline report sales --by owner")


def recycling(found: Evidence) -> Finding:
    reasons = {name: one for name, one in found.config.sales.reasons.items() if not one.disqualify}
    led = [name for name, one in reasons.items() if one.campaign]
    told = f"{len(led)} of {len(reasons)} reasons to give a lead back lead into a campaign"
    name = next((name for name in reasons if name not in led), "too_early")
    step = f'[sales.reasons.{name}]  campaign = "wake-up"'
    return yes(told) if len(led) == len(reasons) else (half if led else no)(told, step)


def companies(found: Evidence) -> Finding:
    roles = sum(bool(one.fields.get("role")) for one in found.leads)
    told = f"{roles:,} of the newest {len(found.leads):,} leads have a role in buying"
    if "account" not in found.kinds:
        return no("leads are not gathered into companies yet", "they are by their address, as the daemon runs")
    return yes(told) if roles else half(f"companies are known; {told}", "import the column role")
