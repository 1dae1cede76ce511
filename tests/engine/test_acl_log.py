"""What ACL LOG keeps."""

from dflite.engine.acl_log import (
    AUTH,
    COMPARED,
    KEY,
    LONGEST,
    LUA,
    TOGETHER_MS,
    TOPLEVEL,
    AclLog,
)


def note(log: AclLog, subject: bytes, now_ms: int, context: bytes = TOPLEVEL) -> None:
    log.note(KEY, context, subject, b"u", b"client at %d" % now_ms, now_ms)


def subjects(log: AclLog) -> list[tuple[int, bytes, int]]:
    return [(entry.number, entry.subject, entry.count) for entry in log.entries]


def test_the_same_is_counted_together_for_a_minute() -> None:
    log = AclLog()
    note(log, b"a", 0)
    note(log, b"b", 1)
    note(log, b"a", TOGETHER_MS)
    assert subjects(log) == [(0, b"a", 2), (1, b"b", 1)]
    entry = log.entries[0]
    assert (entry.created_ms, entry.updated_ms) == (0, TOGETHER_MS)
    assert entry.client == b"client at %d" % TOGETHER_MS
    note(log, b"a", 2 * TOGETHER_MS + 1)
    assert subjects(log)[0] == (2, b"a", 1)


def test_what_differs_is_an_entry_of_its_own() -> None:
    log = AclLog()
    note(log, b"a", 0)
    note(log, b"a", 0, LUA)
    log.note(AUTH, TOPLEVEL, b"a", b"u", b"", 0)
    log.note(KEY, TOPLEVEL, b"a", b"v", b"", 0)
    assert len(log.entries) == 4


def test_only_the_newest_entries_are_compared() -> None:
    log = AclLog()
    for number in range(COMPARED + 1):
        note(log, b"%d" % number, 0)
    note(log, b"0", 0)
    assert len(log.entries) == COMPARED + 2


def test_it_is_bounded() -> None:
    log = AclLog()
    log.max_length = 2
    for subject in (b"a", b"b", b"c"):
        note(log, subject, 0)
    assert [entry.subject for entry in log.entries] == [b"c", b"b"]
    note(log, b"x" * (LONGEST + 1), 0)
    assert len(log.entries[0].subject) == LONGEST
    log.max_length = 0
    note(log, b"d", 0)
    assert not log.entries


def test_everything_is_counted_by_its_kind() -> None:
    log = AclLog()
    note(log, b"a", 0)
    note(log, b"a", 0)
    log.note(AUTH, TOPLEVEL, b"AUTH", b"u", b"", 0)
    assert (log.denied[KEY], log.denied[AUTH]) == (2, 1)
    log.forget_counts()
    assert set(log.denied.values()) == {0}
