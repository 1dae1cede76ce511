"""What is wrong with replication: its links, its roles, how many copies there are."""

from dflite.base.errors import CommandError


class NotEnoughReplicas(CommandError):
    text = b"NOREPLICAS Not enough good replicas to write."


class WaitOnReplica(CommandError):
    text = (
        b"ERR WAIT cannot be used with replica instances. Please also note that writes to replicas "
        b"are just local and are not propagated."
    )


class WaitaofOnReplica(CommandError):
    text = (
        b"ERR WAITAOF cannot be used with replica instances. Please also note that writes to "
        b"replicas are just local and are not propagated."
    )
