"""The boundary that stays honest when it is looked at every day: the normal mixture of Robbins.

Robbins, "Statistical methods related to the law of the iterated logarithm" (Annals of Mathematical Statistics 41, 1970)
mixes likelihood ratios over a normal distribution of effects. The mixture is a martingale if there is no effect, so
that by Ville's inequality it ever exceeds 1/α with a probability of at most α: at whatever looks, however many. It is
the mixture sequential probability ratio test of Johari, Koomen, Pekelis and Walsh ("Always valid inference", Operations
Research 70, 2022), the two-sided normal mixture of Howard, Ramdas, McAuliffe and Sekhon ("Time-uniform, nonparametric,
nonasymptotic confidence sequences", Annals of Statistics 49, 2021), and with a variance that is estimated the
asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas ("Time-uniform central limit theory
and asymptotic confidence sequences", Annals of Statistics 52, 2024). We take that last reading: it holds for groups of
unequal size and rates that are not known.

`information` is 1 / (standard error)², `rho` what the mixture adds to it: the effects mixed over have variance 1/rho.
"""

from __future__ import annotations

from math import exp, log, sqrt


def mixture_log(score: float, information: float, rho: float) -> float:
    """The logarithm of the mixture of likelihood ratios; `score` is the difference times the information."""
    whole = information + rho
    return 0.5 * log(rho / whole) + score * score / (2 * whole)


def margin(information: float, rho: float, alpha: float) -> float:
    """Half the width of the confidence sequence around the difference, at this information."""
    whole = information + rho
    return sqrt(whole * log(whole / (alpha * alpha * rho))) / information


def rho_tightest_at(information: float, alpha: float) -> float:
    """The rho whose boundary is tightest about this information; the package confseq has the same approximation."""
    return information / _ratio(alpha)


def rho_for(smallest: float, alpha: float) -> float:
    """The rho whose boundary is tightest where it is as wide as the smallest difference worth knowing.

    It follows from what was decided before the first mail, never from what was seen: otherwise the promise were void.
    """
    ratio = _ratio(alpha)
    return (ratio + 1) * log((ratio + 1) / (alpha * alpha)) / (ratio * smallest) ** 2


def p_value(score: float, information: float, rho: float) -> float:
    """The p-value of one look; the smallest of all looks so far is always valid."""
    return min(1.0, exp(-mixture_log(score, information, rho)))


def information_needed(difference: float, rho: float, alpha: float) -> float:
    """The information at which the margin is as small as the difference."""
    low, high = 1.0, 2.0
    while margin(high, rho, alpha) > abs(difference):
        low, high = high, high * 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if margin(middle, rho, alpha) > abs(difference) else (low, middle)
    return high


def _ratio(alpha: float) -> float:
    wide = -2 * log(alpha)
    return wide + log(1 + wide)
