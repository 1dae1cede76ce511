"""ms, md, ma: meta requests that change."""

from typing import Final

from dflite.engine.command import DENYOOM, FAST, WRITE
from dflite.memcached.changing import NOT_A_NUMBER, note_count
from dflite.memcached.meta import vivified
from dflite.memcached.meta_flags import MOST_WORDS, Flags
from dflite.memcached.numbers import seconds_left
from dflite.memcached.service import Call
from dflite.memcached.storage import BAD_CHUNK, NO_MEMORY_TEXT, TOO_LARGE_TEXT
from dflite.memcached.verbs import (
    BAD_BLOCK,
    BAD_FORMAT,
    BAD_LINE,
    LONGEST_KEY,
    MANY,
    TOO_LARGE,
    verb,
)
from dflite.native.memcached import mc_items
from dflite.ops import items
from dflite.store.db import NEVER

TOO_MANY_FLAGS: Final = b"CLIENT_ERROR options flags too long\r\n"
BAD_FLAGS: Final = b"CLIENT_ERROR invalid or duplicate flag\r\n"
CODES: Final = [b"HD", b"NS", b"EX", b"NF"]
MODES: Final = {
    b"": items.SET,
    b"S": items.SET,
    b"E": items.ADD,
    b"A": items.APPEND,
    b"P": items.PREPEND,
    b"R": items.REPLACE,
}


# -- ms --------------------------------------------------------------------------------------------


def refuse(call: Call, reason: int) -> bytes:
    words = call.words
    if reason == BAD_LINE:
        if len(words) > MOST_WORDS and len(words[1]) <= LONGEST_KEY:
            return TOO_MANY_FLAGS
        return BAD_FORMAT
    flags = Flags(call, 3, len(words))
    error = error_of_set(flags)
    if error:
        return error
    if reason == BAD_BLOCK:
        return BAD_CHUNK
    items.delete(call.db, flags.key)  # better nothing than what is out of date
    if reason == TOO_LARGE:
        call.figures.store_too_large += 1
        return TOO_LARGE_TEXT
    call.figures.store_no_memory += 1
    return NO_MEMORY_TEXT


def error_of_set(flags: Flags) -> bytes:
    if flags.error:
        return flags.error
    opaque = flags.check_opaque()
    if flags.mode not in MODES:
        return b"CLIENT_ERROR invalid mode for ms M token\r\n"
    return b"" if opaque else flags.error


@verb("ms", 2, MANY, WRITE | DENYOOM | FAST, False, refused=refuse, like="SET")
def mc_ms(call: Call) -> bytes:
    flags = Flags(call, 3, len(call.words) - 1)
    error = error_of_set(flags)
    if error:
        return error
    db, key, figures = call.db, flags.key, call.figures
    figures.cmd_meta += 1
    figures.cmd_set += 1
    how = MODES[flags.mode]
    value = call.words[-1]
    stale = False
    marks = 0
    deadline = flags.deadline
    outcome = items.DONE
    if flags.has_cas and how in (items.SET, items.REPLACE):
        outcome, stale = compare(call, flags)
        how = items.SET
        if stale:  # an old value takes the place of another one: it is as out of date
            marks = mc_items.marks(db.table(key), key) | mc_items.MARK_STALE
            deadline = db.table(key).deadline(key)
    elif flags.cas and how >= items.APPEND and items.is_item(db, key):
        outcome = items.compare(db, key, flags.cas)
    if outcome == items.DONE:
        if how >= items.APPEND:
            outcome = append(call, flags, how, value)
        else:
            outcome = items.store(db, key, value, how, flags.mc_flags, deadline)
    there = outcome == items.DONE and items.is_item(db, key)
    if there:
        figures.total_items += 1
        if flags.new_cas:
            mc_items.set_cas(db.table(key), key, flags.new_cas)
        if stale:
            items.mark(db, key, marks)
    if outcome == items.DONE and flags.quiet:
        return b""
    answer = CODES[outcome]
    for word in flags.words:
        letter = word[:1]
        if letter == b"O":
            answer += b" " + word
        elif letter == b"k":
            answer += flags.key_token()
        elif letter == b"c":
            answer += b" c%d" % (items.cas_of(db, key) if outcome == items.DONE else 0)
    return answer + b"\r\n"


def append(call: Call, flags: Flags, how: int, value: bytes) -> int:
    db, key = call.db, flags.key
    if flags.vivify and db.type_of(key) == 0:
        return items.store(db, key, value, items.SET, flags.mc_flags, flags.vivify_deadline)
    most = call.figures.max_item_size
    return items.extend(db, key, value, how == items.PREPEND, most)


def compare(call: Call, flags: Flags) -> tuple[int, bool]:
    """May it be stored, by its CAS number? And is it stale then, being older than what is there?"""
    figures = call.figures
    outcome = items.compare(call.db, flags.key, flags.cas)
    if outcome == items.DONE:
        figures.cas_hits += 1
    elif outcome == items.NOT_FOUND:
        figures.cas_misses += 1
    elif flags.stale and 0 < flags.cas < items.cas_of(call.db, flags.key):
        figures.cas_hits += 1
        return items.DONE, True
    else:
        figures.cas_badval += 1
    return outcome, False


# -- md --------------------------------------------------------------------------------------------


def check_line(call: Call) -> bytes:
    """The error of a line whose key or number of flags is wrong."""
    if len(call.words[1]) > LONGEST_KEY:
        return BAD_FORMAT
    return TOO_MANY_FLAGS if len(call.words) > MOST_WORDS else b""


@verb("md", 2, MANY, WRITE | FAST, False, like="DEL")
def mc_md(call: Call) -> bytes:
    error = check_line(call)
    if error:
        return error
    flags = Flags(call, 2, len(call.words))
    if flags.error:
        return BAD_FLAGS
    if not flags.check_opaque():
        return flags.error
    figures = call.figures
    figures.cmd_meta += 1
    outcome = delete(call, flags)
    if outcome == items.DONE:
        if flags.quiet:
            return b""
    else:
        figures.delete_misses += 1
    return CODES[outcome] + flags.echoes() + b"\r\n"


def delete(call: Call, flags: Flags) -> int:
    db, key = call.db, flags.key
    if not items.is_item(db, key):
        return items.NOT_FOUND
    if flags.has_cas and items.compare(db, key, flags.cas) != items.DONE:
        return items.EXISTS
    if flags.stale:
        items.make_stale(db, key, flags.deadline if flags.has_ttl else -2)
        if flags.new_cas and items.is_item(db, key):
            mc_items.set_cas(db.table(key), key, flags.new_cas)
    else:
        call.figures.delete_hits += 1
        items.delete(db, key)
    return items.DONE


# -- ma --------------------------------------------------------------------------------------------


@verb("ma", 2, MANY, WRITE | DENYOOM | FAST, False, like="INCRBY")
def mc_ma(call: Call) -> bytes:
    error = check_line(call)
    if error:
        return error
    flags = Flags(call, 2, len(call.words))
    if flags.error:
        return BAD_FLAGS
    if flags.mode not in (b"", b"I", b"i", b"+", b"D", b"d", b"-"):
        return b"CLIENT_ERROR invalid mode for ma M token\r\n"
    db, key = call.db, flags.key
    call.figures.cmd_meta += 1
    up = flags.mode not in (b"D", b"d", b"-")
    created = False
    outcome = items.EXISTS
    if items.is_item(db, key) and not db.string_length(key):
        outcome = items.NOT_A_NUMBER
    elif not flags.cas or items.compare(db, key, flags.cas) != items.EXISTS:
        outcome = items.count(db, key, flags.delta, up)
    if outcome == items.NOT_FOUND and flags.vivify and db.type_of(key) == 0:
        value = b"%d" % flags.initial
        items.store(db, key, value, items.SET, 0, vivified(flags))
        call.figures.total_items += 1
        created = True
        outcome = items.DONE
    else:
        note_count(call, outcome, up)
    if outcome == items.NOT_A_NUMBER:
        return NOT_A_NUMBER
    if not flags.check_opaque():
        return flags.error
    if outcome != items.DONE:
        return CODES[outcome] + flags.echoes() + b"\r\n"
    if not created:
        number = db.find_string(key)
        assert number is not None
        value = number
    answer = answer_count(call, flags, value, created)
    return b"" if flags.quiet and not created else answer


def answer_count(call: Call, flags: Flags, value: bytes, created: bool) -> bytes:
    db, key = call.db, flags.key
    answer = b"VA %d" % len(value) if flags.value else b"HD"
    deadline = NEVER if created else db.table(key).deadline(key)
    if flags.new_cas and items.is_item(db, key):
        mc_items.set_cas(db.table(key), key, flags.new_cas)
    for word in flags.words:
        letter = word[:1]
        if letter == b"c":
            answer += b" c%d" % items.cas_of(db, key)
        elif letter == b"t":
            answer += b" t%d" % seconds_left(deadline, call.now_ms)
        elif letter == b"T":
            deadline = flags.deadline
        elif letter == b"N" and created:
            deadline = flags.vivify_deadline
        elif letter == b"O":
            answer += b" " + word
        elif letter == b"k":
            answer += flags.key_token()
    if flags.has_ttl and not created:
        items.touch(db, key, flags.deadline)
    answer += b"\r\n"
    return answer + value + b"\r\n" if flags.value else answer
