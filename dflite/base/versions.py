"""Whose behaviour clients may rely on."""

from typing import Final

REDIS_VERSION: Final = b"7.4.0"  # what clients are told: they switch features by it
