"""N16 to N21: sources, outcomes, the waterfall, forecasts, experiments, and the systems around."""

from __future__ import annotations

from engine.service.doctor.evidence import Evidence
from engine.service.doctor.practice import Finding, half, no, yes
from engine.service.safe_mode import held_targets

_RECORD = "record deals and costs: by the API, the CRM, import-deals and import-costs"


def source(found: Evidence) -> Finding:
    known = sum(bool(one.source) for one in found.leads)
    told = f"the source of {known:,} of the newest {len(found.leads):,} leads is known"
    if not found.leads:
        return no("there are no leads yet", "ripeline import leads.csv, with a column source")
    if not known:
        return no(told, "import the column source")
    if "opportunity" not in found.kinds:
        return half(f"{told}; no deal is on record to be credited", "record deals: from the CRM or by import")
    return yes(told) if known == len(found.leads) else half(told, "import the column source for the others")


def outcomes(found: Evidence) -> Finding:
    held = [one.id for one in found.live if one.holdout]
    parts = {
        "deals": "opportunity" in found.kinds,
        "costs": "cost" in found.kinds,
        f"a holdout in {len(held)} of {len(found.live)} campaigns": bool(held),
        "leads that were held out": bool(found.held_out),
    }
    missing = [name for name, there in parts.items() if not there]
    if not missing:
        return yes(f"deals, costs, and {found.held_out:,} leads held out: ripeline report lift")
    if not held:
        step = 'holdout = "10%"   (in a campaign, to measure what it adds)'
    else:
        step = "ripeline report lift, once leads have entered" if len(missing) == 1 and not found.held_out else _RECORD
    return (half if len(missing) < len(parts) else no)(f"not there: {', '.join(missing)}", step)


def waterfall(found: Evidence) -> Finding:
    if "lifecycle_change" in found.kinds:
        return yes("leads move through the lifecycle: ripeline report funnel")
    return no("no lead has changed its stage yet", '[lifecycle.when]  engaged = "ever.clicks >= 1"')


def forecasting(found: Evidence) -> Finding:
    kept = "forecast" in found.kinds
    if kept and found.config.reports.digest_to:
        return yes("forecasts are kept and judged by what came: ripeline report forecast")
    if kept:
        return half("forecasts are kept, and nobody is told", 'digest_to = ["boss@…"]   ([reports] in config.toml)')
    return no("no forecast is kept", "ripeline report forecast --keep")


def experiments(found: Evidence) -> Finding:
    told = f"{len(found.trials)} of {len(found.mails)} mails have variants"
    if not found.trials:
        return no(told, 'variants = { subject = ["…", "…"] }   (in a step)')
    if not found.running and not found.winners:
        return half(f"{told}; none of them went out yet", "ripeline apply; then ripeline report experiments")
    return yes(f"{told}, {found.running} went out; winners chosen: {found.winners}")


def systems(found: Evidence) -> Finding:
    config = found.config
    there = {"a CRM": config.crm.kind, "the API": config.api.enabled, "webhooks": config.webhooks}
    used = [name for name, value in there.items() if value]
    held = ", ".join(f"{kind} '{target}'" for kind, target in held_targets(config))
    if held:
        step = 'deliver_to = ""   ([safety] in config.toml); ripeline outbox lists what waits'
        return half(f"connected: {', '.join(used)}; safe mode holds what goes to {held}", step)
    if len(used) >= 2:
        return yes(f"connected: {', '.join(used)}")
    step = "[api]  enabled = true" if not config.api.enabled else '[crm]  kind = "salesforce"'
    return (half if used else no)(f"connected: {', '.join(used) or 'nothing'}", step)
