"""What Segment's client libraries say, in our words: one message each, or why it cannot be used."""

from engine.domain.segment.message import Call, Refused, Said
from engine.domain.segment.reading import messages_of, read_message

__all__ = ["Call", "Refused", "Said", "messages_of", "read_message"]
