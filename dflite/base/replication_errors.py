"""What is wrong with replication: its links, its roles, how many copies there are."""

from dflite.base.errors import CommandError, QuotingError


class NotEnoughReplicas(CommandError):
    text = b"NOREPLICAS Not enough good replicas to write."


class BadPrimaryPort(CommandError):
    text = b"ERR Invalid master port"


class BadPrimaryHost(CommandError):
    text = b"ERR Invalid master host"


class FollowsItself(CommandError):
    text = b"ERR that is this node itself: it cannot be its own replica"


class ReadOnlyReplica(CommandError):
    text = b"READONLY You can't write against a read only replica."


class ScriptOnReplica(CommandError):
    text = b"READONLY Can not run script with write flag on readonly replica."


class PrimaryDown(CommandError):
    text = b"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."


class PrimaryDownForScript(CommandError):
    text = (
        b"MASTERDOWN Link with MASTER is down, replica-serve-stale-data is set to 'no' and "
        b"'allow-stale' flag is not set on the script."
    )


class StaleForScripts(CommandError):
    text = b"ERR Can not execute the command on a stale replica"


class BecameReplica(CommandError):
    text = (
        b"UNBLOCKED force unblock from blocking operation, instance state changed "
        b"(master -> replica?)"
    )


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


class NoPrimaryLink(CommandError):
    text = b"NOMASTERLINK Can't SYNC while not connected with my master"


class UnknownReplicaOption(QuotingError):
    text = b"ERR Unrecognized REPLCONF option: %b"


class TooLongAddress(QuotingError):
    text = b"ERR REPLCONF ip-address provided by replica instance is too long: %b bytes"


class BadVersion(QuotingError):
    text = b"ERR Unrecognized version format: %b"


class UnsupportedFilter(QuotingError):
    text = b"ERR Unsupported rdb-filter-only option: %b"


class FailoverOnReplica(CommandError):
    text = b"ERR FAILOVER is not valid when server is a replica."


class FailoverRunning(CommandError):
    text = b"ERR FAILOVER already in progress."


class NoReplicas(CommandError):
    text = b"ERR FAILOVER requires connected replicas."


class ForceNeedsMore(CommandError):
    text = b"ERR FAILOVER with force option requires both a timeout and target HOST and IP."


class NotAReplicaHere(CommandError):
    text = b"ERR FAILOVER target HOST and PORT is not a replica."


class NotOnline(CommandError):
    text = b"ERR FAILOVER target replica is not online."


class TimeoutNotPositive(CommandError):
    text = b"ERR FAILOVER timeout must be greater than 0"


class NoFailover(CommandError):
    text = b"ERR No failover in progress."


class HandedOverToPrimary(CommandError):
    text = b"ERR PSYNC FAILOVER can't be sent to a master."


class AnotherHistory(CommandError):
    text = b"ERR PSYNC FAILOVER replid must match my replid."


class GivenUp(CommandError):
    text = b"ERR PSYNC FAILOVER is too late: this replica has given up its takeover."


class NoTakeover(QuotingError):
    text = b"ERR Couldn't execute takeover: %b"


class FailingOver(CommandError):
    text = b"ERR REPLICAOF not allowed while failing over."
