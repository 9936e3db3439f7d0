"""Variants compared: a test that may be looked at every day, what it says, and which variant a step sends."""
