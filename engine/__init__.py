"""Ripeline: lead nurturing as code."""

__version__ = "0.1.0"
