"""Settings of replicas, of the cluster and of users."""

from typing import Final

from dflite.settings.kinds import (
    PATH,
    PORT,
    TEXT,
    YES_NO,
    Choice,
    Int,
    Size,
    Text,
    YesNoOr,
)
from dflite.settings.lists import KeyspaceEvents, Primary
from dflite.settings.setting import FIXED, OWN, Group, fixed, idle, live
from dflite.settings.values import INT64_MAX, INT_MAX, UINT64_MAX

COUNT: Final = Int(0, INT64_MAX)
SMALL: Final = Int(0, INT_MAX)


def both(name: str) -> tuple[str, str]:
    """The name with replica and the older one with slave, as Redis shows both."""
    dashed = name.replace("_", "-")
    return (dashed, dashed.replace("replica", "slave"))


def check_hostname(name: str) -> str:
    if len(name) > 255:
        return "Hostnames must be less than 256 characters"
    if all(char.isascii() and (char.isalnum() or char in "-.") for char in name):
        return ""
    return "Hostnames may only contain alphanumeric characters, hyphens or dots"


def check_node_name(name: str) -> str:
    if len(name) > 255:
        return "Node names must be less than 256 characters"
    if all(char.isascii() and (char.isalnum() or char in "-._") for char in name):
        return ""
    return "Node names may only contain alphanumeric characters, hyphens, dots or underscores"


REPLICATION: Final = Group(
    "Replication",
    [
        fixed(
            "replicaof",
            Primary(),
            "",
            "The node to follow as a replica.",
            ("replicaof", "slaveof"),
        ),
        live("masteruser", TEXT, "", "User to log in as there.", ("masteruser", "primaryuser")),
        live(
            "masterauth",
            TEXT,
            "",
            "Password to log in with there.",
            ("masterauth", "primaryauth"),
            secret=True,
        ),
        live(
            "replica_priority",
            SMALL,
            "100",
            "Rank in an election of Sentinel; 0 never.",
            both("replica_priority"),
        ),
        live(
            "replica_announce_ip",
            TEXT,
            "",
            "Address that a primary shall show for it.",
            both("replica_announce_ip"),
        ),
        live(
            "replica_announce_port",
            PORT,
            "0",
            "Port that a primary shall show for it.",
            both("replica_announce_port"),
        ),
        live("replica_announced", YES_NO, "yes", "Sentinel shall know of this replica."),
        live(
            "replica_read_only",
            YES_NO,
            "yes",
            "A replica refuses writes.",
            both("replica_read_only"),
        ),
        live(
            "replica_serve_stale_data",
            YES_NO,
            "yes",
            "A cut-off replica goes on answering.",
            both("replica_serve_stale_data"),
        ),
        idle(
            "replica_lazy_flush",
            YES_NO,
            "yes",
            "Old data are freed in slices before a sync.",
            both("replica_lazy_flush"),
        ),
        live(
            "replica_ignore_maxmemory",
            YES_NO,
            "yes",
            "Eviction is left to the primary.",
            both("replica_ignore_maxmemory"),
        ),
        live(
            "replica_ignore_disk_write_errors",
            YES_NO,
            "no",
            "A replica goes on when its disk cannot be written; else it ends.",
        ),
        live("repl_diskless_sync", YES_NO, "yes", "Replicas get the snapshot by socket."),
        live("repl_diskless_sync_delay", SMALL, "5", "Seconds to wait for more replicas."),
        live("repl_diskless_sync_max_replicas", SMALL, "0", "Replicas not to wait longer for."),
        live(
            "repl_diskless_load",
            Choice(["disabled", "on-empty-db", "swapdb", "flush-before-load"]),
            "disabled",
            "How a replica loads what comes by socket.",
        ),
        live(
            "repl_ping_replica_period",
            Int(1, INT_MAX),
            "10",
            "Seconds between pings.",
            both("repl_ping_replica_period"),
        ),
        live("repl_timeout", Int(1, INT_MAX), "60", "Seconds after which a link counts as dead."),
        idle("repl_disable_tcp_nodelay", YES_NO, "no", "Links to replicas may collect bytes."),
        live(
            "repl_backlog_size",
            Size(1, INT64_MAX, (16384, INT64_MAX)),
            "1mb",
            "Bytes of history kept for replicas that come back.",
        ),
        live("repl_backlog_ttl", COUNT, "3600", "Seconds it is kept without any replica."),
        idle("repl_mptcp", YES_NO, "no", "Multipath TCP for replicas.", when=FIXED),
        idle("dual_channel_replication_enabled", YES_NO, "no", "Snapshot and changes apart."),
        live(
            "min_replicas_to_write",
            SMALL,
            "0",
            "Replicas without which writes are refused.",
            both("min_replicas_to_write"),
        ),
        live(
            "min_replicas_max_lag",
            SMALL,
            "10",
            "Seconds after which one counts as missing.",
            both("min_replicas_max_lag"),
        ),
        live(
            "propagation_error_behavior",
            Choice(["ignore", "panic", "panic-on-replicas"]),
            "ignore",
            "What an error in the stream ends: nothing, replicas, or (panic) starts too.",
        ),
        live("announce_port", PORT, "0", "Port that clients shall use: in the printed URI.", OWN),
        idle("replication_timeout", SMALL, "30000", "Milliseconds a stuck replica gets.", OWN),
        live("replica_partial_sync", YES_NO, "yes", "A replica that comes back goes on.", OWN),
        idle(
            "break_replication_on_master_restart",
            YES_NO,
            "no",
            "A replica leaves a primary that was restarted.",
            OWN,
        ),
    ],
)

CLUSTER: Final = Group(
    "Cluster",
    [
        idle("cluster_enabled", YES_NO, "no", "Runs as a node of a cluster.", when=FIXED),
        idle(
            "cluster_mode",
            Choice(["", "emulated", "yes"]),
            "",
            "emulated: answers as a cluster of one node would.",
            OWN,
            when=FIXED,
        ),
        idle("cluster_node_id", TEXT, "", "Identity in the cluster.", OWN, when=FIXED),
        idle("cluster_config_file", PATH, "nodes.conf", "What a node remembers.", when=FIXED),
        idle("cluster_port", PORT, "0", "Port of the cluster's bus.", when=FIXED),
        idle("cluster_databases", Int(1, INT_MAX), "1", "Databases in a cluster.", when=FIXED),
        idle("cluster_node_timeout", COUNT, "15000", "Milliseconds until a node counts as dead."),
        idle("cluster_ping_interval", SMALL, "1000", "Milliseconds between pings.", shown=False),
        idle(
            "cluster_replica_validity_factor",
            SMALL,
            "10",
            "Age of a replica to elect.",
            both("cluster_replica_validity_factor"),
        ),
        idle(
            "cluster_replica_no_failover",
            YES_NO,
            "no",
            "This replica is never elected.",
            both("cluster_replica_no_failover"),
        ),
        idle("cluster_migration_barrier", SMALL, "1", "Replicas that a primary keeps."),
        idle("cluster_allow_replica_migration", YES_NO, "yes", "Replicas may change primaries."),
        idle("cluster_require_full_coverage", YES_NO, "yes", "A missing slot stops all."),
        idle("cluster_allow_reads_when_down", YES_NO, "no", "Reads go on nevertheless."),
        idle("cluster_allow_pubsubshard_when_down", YES_NO, "yes", "So do shard channels."),
        idle("cluster_link_sendbuf_limit", Size(0, UINT64_MAX), "0", "Bytes of a bus link."),
        idle("cluster_announce_ip", TEXT, "", "Address to announce."),
        idle(
            "cluster_announce_hostname",
            Text("a host name", check_hostname),
            "",
            "Host name to announce.",
        ),
        idle(
            "cluster_announce_human_nodename",
            Text("a name", check_node_name),
            "",
            "Name to announce for people.",
        ),
        idle("cluster_announce_port", PORT, "0", "Port to announce."),
        idle("cluster_announce_tls_port", PORT, "0", "TLS port to announce."),
        idle("cluster_announce_bus_port", PORT, "0", "Bus port to announce."),
        idle("cluster_announce_client_ipv4", TEXT, "", "IPv4 address for clients."),
        idle("cluster_announce_client_ipv6", TEXT, "", "IPv6 address for clients."),
        idle("cluster_announce_client_port", PORT, "0", "Port for clients."),
        idle("cluster_announce_client_tls_port", PORT, "0", "TLS port for clients."),
        idle(
            "cluster_preferred_endpoint_type",
            Choice(["ip", "hostname", "unknown-endpoint"]),
            "ip",
            "What clients are sent to.",
        ),
        idle("cluster_blacklist_ttl", COUNT, "60", "Seconds a forgotten node stays so."),
        idle(
            "cluster_config_save_behavior",
            Choice(["sync", "best-effort"]),
            "sync",
            "How the cluster's file is written.",
        ),
        idle("cluster_manual_failover_timeout", Int(1, INT_MAX), "5000", "Milliseconds for it."),
        idle("cluster_slot_stats_enabled", YES_NO, "no", "Figures for each slot."),
        idle("cluster_slot_migration_log_max_len", COUNT, "1000", "Migrations remembered."),
        idle(
            "slot_migration_max_failover_repl_bytes",
            Size(-1),
            "0",
            "Bytes that may be missing at the end of a migration.",
        ),
        idle("availability_zone", TEXT, "", "Zone that INFO and HELLO name."),
    ],
)

USERS: Final = Group(
    "Users and events",
    [
        live(
            "requirepass",
            TEXT,
            "",
            "Password of the user default, unless the file of users names that user; empty for "
            "none.",
            secret=True,
        ),
        fixed("aclfile", PATH, "", "File of users: see docs/acl.md."),
        live("acllog_max_len", COUNT, "128", "Refusals that ACL LOG remembers."),
        live(
            "auth_failure_delay",
            COUNT,
            "100",
            "Milliseconds that an attempt to authenticate waits after five failures from its "
            "address, doubled with each further one up to three seconds; 0 for never.",
            OWN,
        ),
        live(
            "acl_pubsub_default",
            Choice(["allchannels", "resetchannels"]),
            "resetchannels",
            "What channels a new user may use.",
        ),
        fixed(
            "enable_debug_command",
            YesNoOr(["no", "yes", "local"]),
            "no",
            "Who may send DEBUG: nobody, all, or clients of this machine.",
        ),
        idle(
            "enable_module_command",
            YesNoOr(["no", "yes", "local"]),
            "no",
            "Who may send MODULE.",
            when=FIXED,
        ),
        fixed(
            "enable_protected_configs",
            YesNoOr(["no", "yes", "local"]),
            "no",
            "Who may change protected settings such as dir by CONFIG SET.",
        ),
        idle("restricted_commands", TEXT, "", "Commands for the admin port only.", OWN, when=FIXED),
        idle("command_alias", TEXT, "", "Further names of commands.", OWN, when=FIXED),
        live(
            "notify_keyspace_events", KeyspaceEvents(), "", "Which changes of keys are published."
        ),
    ],
)
