"""WATCH: which clients' transactions a change of a key breaks."""

from dflite.engine.client import WATCHED, Client, WatchedKey
from dflite.store.db import Db
from dflite.store.effects import Change


class Watching:
    """The watched keys of all clients, by database and key, then by the client's id.

    Coming and going cost the same however many clients watch a key.
    """

    def __init__(self) -> None:
        self.watchers: dict[tuple[int, bytes], dict[int, WatchedKey]] = {}
        self.memory = 0  # bytes, about

    def watch(self, client: Client, db: Db, key: bytes) -> None:
        """Break `client`'s next EXEC if key changes before it."""
        place = (db.index, key)
        watchers = self.watchers.get(place)
        if watchers is None:
            self.watchers[place] = watchers = {}
        elif client.id in watchers:
            return
        watched = WatchedKey(client, db.index, key, db.table(key).type_of(key) < 0)
        watchers[client.id] = watched
        client.watched.append(watched)
        self.memory += WATCHED + len(key)

    def unwatch(self, client: Client) -> None:
        """Forget all that `client` watches, and what became of it."""
        self.leave(client)
        client.watch_broken = False

    def leave(self, client: Client) -> None:
        for watched in client.watched:
            place = (watched.db, watched.key)
            watchers = self.watchers[place]
            del watchers[client.id]
            self.memory -= WATCHED + len(watched.key)
            if not watchers:
                del self.watchers[place]
        client.watched.clear()

    def touch(self, change: Change) -> None:
        """A key changed: those who watch it are broken.

        That a key that was due when it was watched is now removed is no change to who watched it.
        """
        watchers = self.watchers.get((change.db, change.key))
        if watchers is None:
            return
        for watched in list(watchers.values()):
            if change.event == "expired" and watched.was_due:
                watched.was_due = False
            else:
                watched.client.watch_broken = True
                self.leave(watched.client)  # nothing can become of it any more

    def touch_database(self, db: Db, other: Db | None = None) -> None:
        """To be called before every key of `db` goes, or is exchanged with those of `other`.

        Whoever watches a key that is there, or will be, is broken; but not where it was due and
        stays due, or is gone.
        """
        for (index, key), watchers in self.watchers.items():
            if index != db.index:
                continue
            before = db.table(key).type_of(key)
            after = other.table(key).type_of(key) if other is not None else 0
            if before == 0 and after == 0:
                continue
            for watched in watchers.values():
                if watched.was_due and after <= 0:
                    watched.was_due = after < 0
                elif before == 0 and after < 0:
                    watched.was_due = True
                else:
                    watched.client.watch_broken = True

    def is_broken(self, client: Client, dbs: list[Db]) -> bool:
        """Has anything that `client` watches changed, or expired?"""
        if client.watch_broken:
            return True
        for watched in client.watched:
            if not watched.was_due and dbs[watched.db].table(watched.key).type_of(watched.key) < 0:
                return True
        return False

    def check(self) -> None:
        """Assert that clients and keys agree; for tests."""
        for place, watchers in self.watchers.items():
            assert watchers, "a key that nobody watches"
            for number, watched in watchers.items():
                assert place == (watched.db, watched.key), "a watched key in the wrong place"
                assert number == watched.client.id, "a watched key under another client's id"
                assert watched in watched.client.watched, "a key that its client does not know"
