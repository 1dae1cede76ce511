"""The gate by which connections of a user with rules use the hot lane."""

from dflite.engine.acl import use_of
from dflite.engine.acl_patterns import PREFIX
from dflite.engine.acl_selector import Selector
from dflite.engine.acl_users import User
from dflite.engine.command import NOT_KEY, ROWS, Command
from dflite.native.wire.gate import Gate


def gate_for(user: User) -> Gate:
    """What the user's own rules allow; what only a selector allows is the handlers' business."""
    root = user.root
    gate = Gate(patterns_of(root), None if root.all_databases else root.databases)
    for row in ROWS:
        if row.lane > 0 and root.allowed[row.number]:
            layout = layout_of(row)
            if layout:
                gate.let(row.lane, use_in_lane(row), layout)
    return gate


def patterns_of(selector: Selector) -> list[tuple[bytes, int, int]] | None:
    if selector.all_keys:
        return None
    return [
        (pattern.start if pattern.kind == PREFIX else pattern.text, pattern.allows, pattern.kind)
        for pattern in selector.keys
    ]


def layout_of(row: Command) -> str:
    """Where its keys stand, in words that gates know; "" if in none of these ways."""
    specs = [spec for spec in row.keys if not spec.flags & NOT_KEY]
    if not specs:
        return "none"
    spec = specs[0]
    if len(specs) > 1 or row.find_keys is not None or not spec.is_plain() or spec.begin != 1:
        return ""
    if spec.last == 0:
        return "one"
    if spec.last == -1 and spec.step in (1, 2):
        return "each" if spec.step == 1 else "second"
    return ""


def use_in_lane(row: Command) -> int:
    """What it does to its keys where it has no options: the lane answers only that."""
    flags = 0
    for spec in row.keys:
        flags |= spec.flags
    if row.key_use is not None:
        flags = row.key_use([row.name.upper().encode(), b"", b""])
    return use_of(flags)
