"""Simulation: many leads live for months on a virtual clock, by the daemon's own decisions, and are counted."""
