"""Attribution: on whose word a figure stands, and through which media it came."""

from __future__ import annotations

from analysis.attribution.article import Attributions
from analysis.attribution.grammar import Grammar, load_attribution
from analysis.attribution.model import Attribution

__all__ = ["Attribution", "Attributions", "Grammar", "load_attribution"]
