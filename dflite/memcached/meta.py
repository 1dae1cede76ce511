"""mg, mn, me: meta requests that read."""

from typing import Final

from dflite.engine.command import FAST, READONLY, WRITE
from dflite.memcached.meta_flags import MOST_WORDS, Flags
from dflite.memcached.numbers import seconds_left
from dflite.memcached.service import Call
from dflite.memcached.verbs import BAD_FORMAT, LONGEST_KEY, MANY, verb
from dflite.native.memcached import mc_items
from dflite.ops import items
from dflite.store.db import NEVER

TOO_MANY_FLAGS: Final = b"CLIENT_ERROR options flags are too long\r\n"


@verb("mn", 1, MANY, READONLY | FAST, False)
def mc_mn(call: Call) -> bytes:
    return b"MN\r\n"


@verb("me", 1, MANY, READONLY | FAST, False, like="GET")
def mc_me(call: Call) -> bytes:
    words = call.words
    if len(words) < 2 or len(words[1]) > LONGEST_KEY:
        return BAD_FORMAT
    call.figures.cmd_meta += 1
    key = words[1]
    if len(words) > 2 and words[2] == b"b":
        flags = Flags(call, 2, 3)
        if flags.error:
            return BAD_FORMAT
        key = flags.key
    db = call.db
    if not items.is_item(db, key):
        return b"EN\r\n"
    table = db.table(key)
    deadline = table.deadline(key)
    # for people: how long ago it expired, so a number below zero
    expired = -1 if deadline == NEVER else -seconds_left(deadline, call.now_ms)
    return b"ME %b exp=%d la=%d cas=%d fetch=%b cls=1 size=%d\r\n" % (
        words[1],
        expired,
        table.idle_seconds(key),
        items.cas_of(db, key),
        b"yes" if mc_items.is_fetched(table, key) else b"no",
        table.memory_of(key),
    )


@verb("mg", 2, MANY, WRITE | FAST, False, like="GETEX")
def mc_mg(call: Call) -> bytes:
    words = call.words
    if len(words[1]) > LONGEST_KEY:
        return BAD_FORMAT
    if len(words) > MOST_WORDS:
        return TOO_MANY_FLAGS
    flags = Flags(call, 2, len(words))
    if flags.error:
        return flags.error
    db, key, figures = call.db, flags.key, call.figures
    created = False
    idle = db.table(key).idle_seconds(key)
    value, size = read_untouched(call, key, flags.value)
    missed = size < 0
    if missed and flags.vivify and db.type_of(key) == 0 and call.ctx.engine.make_room():
        items.store(db, key, b"", items.SET, 0, vivified(flags))
        figures.total_items += 1
        created = True
        size = idle = 0
    count_get(call, flags, missed and not created)
    if not flags.check_opaque():
        return flags.error
    if size < 0:
        return b"" if flags.quiet else b"EN" + flags.echoes() + b"\r\n"
    head = b"VA %d" % size if flags.value else b"HD"
    answer = head + answers(call, flags, size, created, max(idle, 0)) + b"\r\n"
    if not flags.no_update:
        db.table(key).touch(key)
        mc_items.mark_fetched(db.table(key), key)
    return b"".join([answer, value, b"\r\n"]) if flags.value else answer


def vivified(flags: Flags) -> int:
    """The deadline of what a flag N makes, or T: whichever comes last."""
    deadline = NEVER
    for word in flags.words:
        if word[:1] == b"N":
            deadline = flags.vivify_deadline
        elif word[:1] == b"T":
            deadline = flags.deadline
    return deadline


def read_untouched(call: Call, key: bytes, whole: bool) -> tuple[bytes, int]:
    """The item's value, if it is asked for, and its size, -1 without an item.

    That it was used is noted later.
    """
    touching = call.db.touching
    call.db.touching = False
    value = items.read(call.db, key) if whole else None
    size = items.size(call.db, key) if not whole else -1 if value is None else len(value)
    call.db.touching = touching
    return value or b"", size


def count_get(call: Call, flags: Flags, missed: bool) -> None:
    figures = call.figures
    figures.cmd_meta += 1
    if missed:
        figures.cmd_get += 1
        figures.get_misses += 1
    elif flags.has_ttl:
        figures.cmd_touch += 1
        figures.touch_hits += 1
    else:
        figures.cmd_get += 1
        figures.get_hits += 1


def answers(call: Call, flags: Flags, size: int, created: bool, idle: int) -> bytes:
    """What the flags ask for, in their order; what they change is changed on the way."""
    db, key = call.db, flags.key
    table = db.table(key)
    answer = b""
    won = False
    deadline = NEVER if created else table.deadline(key)
    marks = mc_items.marks(table, key)
    for word in flags.words:
        letter = word[:1]
        if letter == b"T":
            deadline = flags.deadline
        elif letter == b"N":
            if created:
                deadline = flags.vivify_deadline
                won = True
        elif letter == b"R":
            left = seconds_left(deadline, call.now_ms)
            soon = 0 <= left < seconds_left(flags.recache_ms, call.now_ms)
            won = won or (soon and not created and not marks & mc_items.MARK_WON)
        elif letter == b"s":
            answer += b" s%d" % size
        elif letter == b"t":
            answer += b" t%d" % seconds_left(deadline, call.now_ms)
        elif letter == b"c":
            answer += b" c%d" % items.cas_of(db, key)
        elif letter == b"f":
            answer += b" f%d" % items.flags_of(db, key)
        elif letter == b"l":
            answer += b" l%d" % idle
        elif letter == b"h":
            answer += b" h%d" % mc_items.is_fetched(table, key)
        elif letter == b"O":
            answer += b" " + word
        elif letter == b"k":
            answer += flags.key_token()
    if marks & mc_items.MARK_WON:
        answer += b" Z"
    if marks & mc_items.MARK_STALE:
        answer += b" X"
        won = won or not marks & mc_items.MARK_WON
    if flags.has_ttl and not created:
        items.touch(db, key, flags.deadline)
    if won:
        answer += b" W"
        if items.is_item(db, key):
            items.mark(db, key, marks | mc_items.MARK_WON)
    return answer
