"""WATCH: which clients' transactions a change of a key breaks."""

from dflite.engine.client import Client, WatchedKey
from dflite.store.db import Db
from dflite.store.effects import Change


class Watching:
    """The watched keys of all clients."""

    def __init__(self) -> None:
        self.watchers: dict[tuple[int, bytes], list[Client]] = {}

    def watch(self, client: Client, db: Db, key: bytes) -> None:
        """Break `client`'s next EXEC if key changes before it."""
        place = (db.index, key)
        clients = self.watchers.get(place)
        if clients is None:
            self.watchers[place] = clients = []
        if client in clients:
            return
        clients.append(client)
        client.watched.append(WatchedKey(db.index, key, db.table(key).type_of(key) < 0))

    def unwatch(self, client: Client) -> None:
        """Forget all that `client` watches."""
        for watched in client.watched:
            place = (watched.db, watched.key)
            clients = self.watchers[place]
            clients.remove(client)
            if not clients:
                del self.watchers[place]
        client.watched.clear()
        client.watch_broken = False

    def touch(self, change: Change) -> None:
        """A key changed: those who watch it are broken.

        That an already due key is now removed is no change to who watched it in that state.
        """
        clients = self.watchers.get((change.db, change.key))
        if clients is None:
            return
        for client in clients:
            if change.event == "expired":
                for watched in client.watched:
                    if watched.db == change.db and watched.key == change.key:
                        if watched.was_due:
                            watched.was_due = False
                        else:
                            client.watch_broken = True
            else:
                client.watch_broken = True

    def touch_database(self, db: Db, other: Db | None = None) -> None:
        """Every key of `db` goes (FLUSHDB), or is exchanged with those of `other` (SWAPDB)."""
        for (index, key), clients in self.watchers.items():
            if index != db.index:
                continue
            there = db.table(key).type_of(key) > 0
            if not there and other is not None:
                there = other.table(key).type_of(key) > 0
            if there:
                for client in clients:
                    client.watch_broken = True

    def is_broken(self, client: Client, dbs: list[Db]) -> bool:
        """Has anything that `client` watches changed, expired included?"""
        if client.watch_broken:
            return True
        for watched in client.watched:
            if not watched.was_due and dbs[watched.db].table(watched.key).type_of(watched.key) < 0:
                return True
        return False
