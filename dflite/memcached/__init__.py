"""Memcached's text protocol, classic and meta, on the strings of database 0.

Its verbs stand in a table of their own (`verbs`), and its session runs them as steps of the engine.
Nothing here knows of RESP's commands, nor they of this.
"""

from dflite.memcached import (  # noqa: F401  (they enter their verbs in the table)
    changing,
    meta,
    meta_writes,
    retrieval,
    serving,
    stats,
    storage,
)
