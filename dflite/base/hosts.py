"""What can be the name or the address of a machine."""

from typing import Final

LONGEST: Final = 255


def is_host(text: str) -> bool:
    """Whether a resolver could be asked for it; not whether there is such a machine."""
    if not text or len(text) > LONGEST or not text.isprintable() or " " in text:
        return False
    try:
        text.encode("idna")
    except UnicodeError:
        return False
    return True
