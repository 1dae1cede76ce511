"""One database: finding, changing and expiring its keys, with the effects that each change has."""

from typing import Final, Protocol, cast

from dflite.base.errors import WrongType
from dflite.native.base.clock import Clock
from dflite.native.keyspace.index import before_change
from dflite.native.keyspace.remains import Remains
from dflite.native.keyspace.table import EXPIRED as DUE
from dflite.native.keyspace.table import Table
from dflite.native.values import element_deadlines
from dflite.store.effects import (
    EXPIRED,
    FAR,
    GENERIC,
    HASH,
    MISS,
    SET,
    STRING,
    Change,
    Effects,
    Record,
)
from dflite.store.element_deadlines import ElementDeadlines
from dflite.store.shards import shard_of

NEVER: Final = -1  # no deadline
WHOLE: Final = 1 << 48  # more keys than any table has
ELEMENTS: Final = 1024  # that expire by one request of the journal
SEGMENTS: Final = 1 << 20  # of a collection, looked at for those
TYPE_STRING: Final = 1
TYPE_LIST: Final = 2
TYPE_SET: Final = 3
TYPE_ZSET: Final = 4
TYPE_HASH: Final = 5
TYPE_STREAM: Final = 6
TYPE_NAMES: Final = ["none", "string", "list", "set", "zset", "hash", "stream"]


class Value(Protocol):
    """What the values of all types but strings have. `encoding` is Redis' name of their form."""

    encoding: bytes

    def copy(self) -> object:
        """A value that is equal and shares nothing that can change."""


class Db:
    """A database. `tables` has a table a shard; deadlines are Unix ms, NEVER for none.

    `read_*` is for commands that only read: they count hits and misses and mark the key as used.
    `find_*` is for commands that are about to change the key.
    """

    def __init__(self, index: int, tables: list[Table], clock: Clock, effects: Effects) -> None:
        self.index = index
        self.tables = tables
        self.shards = len(tables)
        self.clock = clock
        self.effects = effects
        self.hits = 0
        self.misses = 0
        self.expires_itself = True  # a replica waits for its primary's DEL
        self.touching = True  # CLIENT NO-TOUCH turns it off for a command
        self.element_deadlines = ElementDeadlines()
        # of keys which clients of a replica have written: its primary does not say when they go
        self.own_deadlines = ElementDeadlines()

    # -- finding -----------------------------------------------------------------------------------

    def table(self, key: bytes) -> Table:
        """The table of the shard that owns key."""
        return self.tables[0] if self.shards == 1 else self.tables[shard_of(key, self.shards)]

    def read(self, key: bytes) -> object:
        """The value at key, for a command that only reads it; None if there is none."""
        value = self.table(key).read(key, self.touching)
        if value is DUE:
            self.expire(key)
            value = None
        if value is None:
            self.missed(key)
        else:
            self.hits += 1
        return value

    def read_string(self, key: bytes) -> bytes | None:
        """The string at key, counted as a hit or a miss."""
        value = self.read(key)
        if value is None or isinstance(value, bytes):
            return value
        raise WrongType

    def read_type(self, key: bytes, touch: bool = False) -> int:
        """The number of key's type, 0 if there is no such key, counted as a hit or a miss."""
        kind = self.table(key).type_of(key, touch and self.touching)
        if kind < 0:
            self.expire(key)
            kind = 0
        if kind:
            self.hits += 1
        else:
            self.missed(key)
        return kind

    def reads_string(self, key: bytes) -> bool:
        """Is a string there, of which a part is about to be read? Counted as a hit or a miss."""
        kind = self.read_type(key, True)
        if kind > TYPE_STRING:
            raise WrongType
        return kind == TYPE_STRING

    def reads_type(self, key: bytes, kind: int) -> bool:
        """Is a value of this type there, to be read? Counted as a hit or a miss; or WrongType."""
        found = self.read_type(key, True)
        if found and found != kind:
            raise WrongType
        return found != 0

    def is_type(self, key: bytes, kind: int) -> bool:
        """Is a value of this type there, which may be changed? WrongType if it is another."""
        found = self.type_of(key)
        if found and found != kind:
            raise WrongType
        return found != 0

    def find_string(self, key: bytes) -> bytes | None:
        """The string at key, for a command that may change it."""
        value = self.table(key).read(key, self.touching)
        if value is None or isinstance(value, bytes):
            return value
        if value is DUE:
            self.expire(key)
            return None
        raise WrongType

    def type_of(self, key: bytes) -> int:
        """The number of key's type, 0 if there is no such key. Neither counts nor touches."""
        kind = self.table(key).type_of(key)
        if kind < 0:
            self.expire(key)
            return 0
        return kind

    def exists(self, key: bytes) -> bool:
        """Is key there? Neither counts nor touches."""
        return self.type_of(key) != 0

    def is_string(self, key: bytes) -> bool:
        """Is a string there? WrongType if it is something else."""
        kind = self.type_of(key)
        if kind > TYPE_STRING:
            raise WrongType
        return kind == TYPE_STRING

    def deadline(self, key: bytes) -> int:
        """Unix ms; NEVER without a deadline, -2 without such a key."""
        return self.table(key).deadline(key) if self.exists(key) else -2

    def find_deadline(self, key: bytes) -> int:
        """As `deadline`, for a command that may change the key."""
        table = self.table(key)
        if table.type_of(key, self.touching) < 0:
            self.expire(key)
            return -2
        return table.deadline(key)

    def is_past(self, deadline: int) -> bool:
        """Would a key with this deadline be gone at once? On a replica its primary says when."""
        return deadline <= self.clock.now_ms and self.expires_itself

    def string_length(self, key: bytes) -> int:
        """Bytes of the string at key, which has to be there."""
        return self.table(key).string_length(key)

    def string_slice(self, key: bytes, start: int, end: int) -> bytes:
        """Bytes `start` to `end` (exclusive) of the string at key, which has to be that long."""
        return self.table(key).slice(key, start, end)

    # -- changing ----------------------------------------------------------------------------------

    def put_string(
        self, key: bytes, value: bytes, deadline: int = NEVER, mc_flags: int = 0
    ) -> None:
        """A string at key, in the place of whatever was there."""
        self.table(key).set_string(key, value, deadline, mc_flags)
        if deadline != NEVER:
            self.deadline_given(key, deadline)

    def update_string(self, key: bytes, value: bytes, raw: bool = False) -> None:
        """Another string at key, where a string or nothing is; it keeps its deadline.

        `raw` is for what is no integer to Redis even if it looks like one.
        """
        self.table(key).update_string(key, value, raw)

    def overwrite(self, key: bytes, offset: int, patch: bytes) -> int:
        """Lay `patch` over the string at key from `offset` on, zeros in a gap; the new length."""
        return self.table(key).overwrite(key, offset, patch)

    def put_value(self, key: bytes, kind: int, value: object, deadline: int = NEVER) -> None:
        """A value of any type at key, as `read` answers it."""
        if isinstance(value, bytes):
            self.table(key).set_string(key, value, deadline)
        else:
            self.table(key).set_object(key, kind, value, deadline)
        if deadline != NEVER:
            self.deadline_given(key, deadline)

    def set_deadline(self, key: bytes, deadline: int) -> bool:
        """Give key a deadline, or NEVER; False without such a key."""
        if deadline != NEVER:
            self.deadline_given(key, deadline)
        return self.table(key).set_deadline(key, deadline)

    def deadline_given(self, key: bytes, deadline: int) -> None:
        """This key has got this deadline."""
        if self.effects.beside_primary:
            self.own_deadlines.note(key, deadline)
        self.effects_of_deadline(deadline)

    def effects_of_deadline(self, deadline: int) -> None:
        """Some key has got this deadline: the expiry cycle may have to run sooner."""
        effects = self.effects
        if deadline < effects.soonest_deadline:
            effects.soonest_deadline = deadline
            if effects.on_sooner is not None:
                effects.on_sooner(deadline)

    def delete(self, key: bytes) -> bool:
        """Remove key, without an announcement; a key that is due is expired instead: False."""
        table = self.table(key)
        if self.expires_itself and table.type_of(key) < 0:
            self.expire(key)
            return False
        return table.delete(key)

    def remove(self, key: bytes, event: str = "del") -> bool:
        """Remove key and announce it."""
        if not self.delete(key):
            return False
        self.changed(key, event, GENERIC)
        return True

    def expire(self, key: bytes) -> None:
        """The deadline of key has passed: remove it and say so, unless that is for a primary."""
        if not self.expires_itself:
            return
        self.expire_here(key)

    def expire_here(self, key: bytes) -> None:
        """As `expire`, whoever else may be to say so."""
        self.table(key).delete(key)
        self.effects.expired += 1
        self.announce_expired(key)

    def expire_before_write(self, key: bytes) -> None:
        """Where a client of a replica is about to write, a key that is due is none."""
        if self.table(key).type_of(key) < 0:
            self.expire_here(key)

    def expire_own(self) -> None:
        """The next of a replica's own keys has come to its deadline, unless that has changed."""
        key = self.own_deadlines.take()
        table = self.table(key)
        if table.type_of(key) < 0:
            self.expire_here(key)
            return
        deadline = table.deadline(key)
        if deadline > self.clock.now_ms:
            self.own_deadlines.note(key, deadline)

    def announce_expired(self, key: bytes) -> None:
        """Key was removed, because it was due: say so."""
        if self.effects.journaling:
            self.effects.records.append(Record(self.index, [b"DEL", key]))
        if self.effects.observed:
            self.effects.changes.append(Change(self.index, key, "expired", EXPIRED))

    def expire_elements(self, key: bytes, limit: int, segments: int) -> int:
        """Expire some elements of key that are due, and note when to look again; how many did."""
        kind = self.type_of(key)
        table = self.table(key)
        before_change(table, key)
        if kind != TYPE_HASH and kind != TYPE_SET:
            return 0  # what had deadlines is gone
        due = element_deadlines.due_elements(table, key, limit, segments)[0]
        if due:
            element_deadlines.expire_elements(table, key, due)
            if kind == TYPE_HASH:
                self.elements_expired(key, due, b"HDEL", "hexpired", HASH)
            else:
                self.elements_expired(key, due, b"SREM", "srem", SET)
        soonest = element_deadlines.next_deadline(table, key)
        if soonest >= 0:
            self.element_deadlines.note(key, max(soonest, self.clock.now_ms))
        return len(due)

    def expire_due_elements(self, key: bytes) -> None:
        """Let no element of key be due, before a command that changes it, or stores what it reads.

        Who repeats the command has no clock, so what is due has to be gone there too.
        """
        deadlines = self.element_deadlines
        now_ms = self.clock.now_ms
        if not self.expires_itself or deadlines.first.get(key, FAR) > now_ms:
            return
        due = True
        while due:
            deadlines.forget(key)
            self.expire_elements(key, ELEMENTS, SEGMENTS)
            due = 0 <= self.next_element_deadline(key) <= now_ms

    def next_element_deadline(self, key: bytes) -> int:
        """No element of key is due before; -1 if none has a deadline."""
        table = self.table(key)
        kind = table.type_of(key)
        if kind != TYPE_HASH and kind != TYPE_SET:
            return -1
        return element_deadlines.next_deadline(table, key)

    def elements_expired(
        self, key: bytes, elements: list[bytes], command: bytes, event: str, kind: int
    ) -> None:
        """Elements of key were deleted because they were due: say so."""
        self.effects.expired_elements += len(elements)
        if self.effects.journaling:
            self.effects.records.append(Record(self.index, [command, key, *elements]))
        if self.effects.observed:
            self.effects.changes.append(Change(self.index, key, event, kind))
            if self.table(key).type_of(key) == 0:
                self.effects.changes.append(Change(self.index, key, "del", GENERIC))

    def move(self, key: bytes, target: "Db", new_key: bytes) -> None:
        """Key's value, deadline, flags to `new_key` of `target`, in the place of what is there."""
        self.pass_own_deadline(key, target, new_key)
        self.table(key).move(key, target.table(new_key), new_key)
        self.pass_element_deadline(key, target, new_key)

    def copy(self, key: bytes, target: "Db", new_key: bytes) -> None:
        """A copy of key's value, its deadline too, at `new_key`, in the place of what is there."""
        source = self.table(key)
        table = target.table(new_key)
        self.pass_element_deadline(key, target, new_key)
        self.pass_own_deadline(key, target, new_key)
        if source.copy_inline(key, table, new_key):
            return
        value = cast(Value, source.read(key))
        table.set_object(new_key, source.type_of(key), value.copy(), source.deadline(key))

    def note_element_deadline(self, key: bytes, deadline: int) -> None:
        """A field or member of key has got this deadline."""
        self.element_deadlines.note(key, deadline)
        self.effects_of_deadline(deadline)

    def pass_element_deadline(self, key: bytes, target: "Db", new_key: bytes) -> None:
        """What is at key will be at `new_key` of `target`, with the deadlines of its elements."""
        deadline = self.element_deadlines.first.get(key)
        if deadline is not None:
            target.note_element_deadline(new_key, deadline)

    def pass_own_deadline(self, key: bytes, target: "Db", new_key: bytes) -> None:
        """On a replica what a client puts somewhere else goes there when it is due."""
        if self.effects.beside_primary:
            deadline = self.table(key).deadline(key)
            if deadline > NEVER:
                target.deadline_given(new_key, deadline)

    def clear(self) -> list[Remains]:
        """Empty the database; what it held is freed by whoever gets the remains."""
        remains = []
        self.element_deadlines = ElementDeadlines()
        self.own_deadlines = ElementDeadlines()
        for table in self.tables:
            if len(table):
                remains.append(table.clear())
        return remains

    # -- effects -----------------------------------------------------------------------------------

    def changed(self, key: bytes, event: str, kind: int = STRING) -> None:
        """Key was changed; to be called once per change, by what changed it."""
        self.effects.changed += 1
        if self.effects.observed:
            self.effects.changes.append(Change(self.index, key, event, kind))

    def also(self, key: bytes, event: str, kind: int = GENERIC) -> None:
        """A further event of a change that was counted already, of this key or another one."""
        if self.effects.observed:
            self.effects.changes.append(Change(self.index, key, event, kind))

    def missed(self, key: bytes) -> None:
        """A command that reads has found no such key."""
        self.misses += 1
        if self.effects.noting_misses:
            self.effects.changes.append(Change(self.index, key, "keymiss", MISS))

    def replicate_as(self, argv: list[bytes]) -> None:
        """Journal `argv` in the place of the request: what is deterministic about it."""
        self.effects.replaced = True
        if self.effects.journaling and not self.effects.withheld:
            self.effects.records.append(Record(self.index, argv))

    # -- walking ----------------------------------------------------------------------------------

    def keys(self, pattern: bytes | None) -> list[bytes]:
        """All keys that match, those that are due left out."""
        found = []
        for table in self.tables:
            found += table.scan(0, WHOLE, pattern)[1]
        return found

    # -- figures -----------------------------------------------------------------------------------

    def __len__(self) -> int:
        return sum([len(table) for table in self.tables])

    def expiring(self) -> int:
        """Keys with a deadline."""
        return sum([table.expiring for table in self.tables])

    def memory(self) -> int:
        """Bytes of keys, values and tables."""
        return sum([table.memory for table in self.tables])

    def now_ms(self) -> int:
        return self.clock.now_ms
