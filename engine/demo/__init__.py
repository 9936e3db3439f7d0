"""The demo: the real services in a temporary home, with an inbox that is really mailed and people who really click."""
