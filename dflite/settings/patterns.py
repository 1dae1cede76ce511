"""The patterns of CONFIG GET: `*`, `?`, `[a-z]`, `[^x]` and `\\`, big and small letters alike."""


def has_wildcard(pattern: str) -> bool:
    """Whether it is a pattern; anything else is looked up as a name."""
    return "*" in pattern or "?" in pattern or "[" in pattern


def matches(pattern: str, name: str) -> bool:
    return match_from(pattern.lower(), 0, name.lower(), 0)


def match_from(pattern: str, at: int, name: str, start: int) -> bool:
    while at < len(pattern) and start < len(name):
        char = pattern[at]
        if char == "*":
            while at + 1 < len(pattern) and pattern[at + 1] == "*":
                at += 1
            if at + 1 == len(pattern):
                return True
            return any(
                match_from(pattern, at + 1, name, later) for later in range(start, len(name) + 1)
            )
        if char == "[":
            at, inside = match_class(pattern, at + 1, name[start])
            if not inside:
                return False
        elif char != "?":
            if char == "\\" and at + 1 < len(pattern):
                at += 1
            if pattern[at] != name[start]:
                return False
        at += 1
        start += 1
    if start == len(name):
        while at < len(pattern) and pattern[at] == "*":
            at += 1
    return at >= len(pattern) and start == len(name)


def match_class(pattern: str, at: int, char: str) -> tuple[int, bool]:
    """Whether the class that starts at `at` holds the character, and where its `]` is.

    One that never ends goes to the end of the pattern, as in Redis.
    """
    negated = at < len(pattern) and pattern[at] == "^"
    if negated:
        at += 1
    inside = False
    while at < len(pattern) and pattern[at] != "]":
        if pattern[at] == "\\" and at + 1 < len(pattern):
            at += 1
            inside |= pattern[at] == char
        elif at + 2 < len(pattern) and pattern[at + 1] == "-":
            low, high = sorted((pattern[at], pattern[at + 2]))
            inside |= low <= char <= high
            at += 2
        else:
            inside |= pattern[at] == char
        at += 1
    return min(at, len(pattern) - 1), inside != negated
