"""Settings that bound what clients and data may take, and those of memory."""

from typing import Final

from dflite.settings.kinds import (
    YES_NO,
    Choice,
    Float,
    Int,
    MemoryLimit,
    Size,
    SizeOrPercent,
)
from dflite.settings.lists import OutputLimits
from dflite.settings.setting import FIXED, OWN, Group, fixed, idle, live
from dflite.settings.values import INT64_MAX, INT_MAX, UINT64_MAX, UINT_MAX

COUNT: Final = Int(0, INT64_MAX)
SMALL: Final = Int(0, INT_MAX)

CLIENTS: Final = Group(
    "Clients",
    [
        live("maxclients", Int(1, UINT_MAX), "10000", "Clients that may be connected at a time."),
        live("timeout", SMALL, "0", "Seconds after which an idle client is cut off; 0 never."),
        live(
            "client_query_buffer_limit",
            Size(1 << 20),
            "1gb",
            "Bytes of requests not yet run that one client may pile up.",
        ),
        live(
            "client_output_buffer_limit",
            OutputLimits(),
            "normal 0 0 0 slave 256mb 64mb 60 pubsub 32mb 8mb 60",
            "Bytes of replies that a client may leave unread before it is cut off: for each class "
            "a hard limit, a soft limit and the seconds the soft one may last.",
        ),
        live(
            "max_bulk_len",
            Size(1 << 20),
            "512mb",
            "The longest argument of a request, and the longest string.",
            ("proto-max-bulk-len",),
        ),
        live(
            "max_multi_bulk_len",
            Int(1, INT_MAX),
            str(INT_MAX),
            "The most arguments of a request.",
            OWN,
        ),
        live(
            "maxmemory_clients",
            SizeOrPercent(),
            "0",
            "Bytes that all clients' buffers may take together, also as a percentage of maxmemory; "
            "beyond, those go that take most. 0 sets no bound.",
        ),
        live("tracking_table_max_keys", COUNT, "1000000", "Keys that client tracking remembers."),
        idle("send_timeout", SMALL, "0", "Seconds a reply may be stuck before a cut.", OWN),
        idle("keys_output_limit", COUNT, "0", "Keys that KEYS may return; here, all.", OWN),
        idle("pipeline_queue_limit", COUNT, "10000", "Requests of a pipeline to read ahead.", OWN),
        idle("pipeline_buffer_limit", Size(), "128mb", "Bytes of pipelines to read ahead.", OWN),
        idle("pipeline_squash", COUNT, "1", "Requests from which pipelines are squashed.", OWN),
    ],
)

EVICTION_POLICIES: Final = [
    "volatile-lru",
    "volatile-lfu",
    "volatile-random",
    "volatile-ttl",
    "allkeys-lru",
    "allkeys-lfu",
    "allkeys-random",
    "noeviction",
]

MEMORY: Final = Group(
    "Memory and expiry",
    [
        live(
            "maxmemory",
            MemoryLimit(0, UINT64_MAX),
            "0",
            "Bytes that the node may take; beyond, writes are refused or keys give way. Also as a "
            "percentage of the memory of the container or machine; 0 stands for 80%.",
        ),
        live(
            "maxmemory_policy",
            Choice(EVICTION_POLICIES),
            "noeviction",
            "Which keys give way when maxmemory is reached.",
        ),
        live(
            "cache_mode",
            YES_NO,
            "no",
            "Keys give way when maxmemory is reached, those first that are least likely to be "
            "asked for again, whatever maxmemory-policy says.",
            OWN,
        ),
        live(
            "maxmemory_samples",
            Int(1, 64),
            "5",
            "Groups of about six keys each to compare for an eviction.",
        ),
        live(
            "maxmemory_eviction_tenacity",
            Int(0, 100),
            "10",
            "How long one request may wait for eviction: 50 microseconds for each, 1 ms at most.",
        ),
        idle(
            "eviction_memory_budget_threshold",
            Float(0.0, 1.0),
            "0.1",
            "Share of maxmemory that eviction keeps free.",
            OWN,
        ),
        idle("rss_oom_deny_ratio", Float(-1e9, 1e9), "1.25", "Resident share to refuse at.", OWN),
        live("lfu_log_factor", SMALL, "10", "How slowly a frequency counter grows."),
        live("lfu_decay_time", SMALL, "1", "Minutes after which a frequency counter shrinks."),
        live(
            "active_expire_effort",
            Int(1, 10),
            "1",
            "How hard dead keys are looked for: how much of a core, and how often.",
        ),
        idle("lazyfree_lazy_eviction", YES_NO, "yes", "Evicted values are freed in slices."),
        idle("lazyfree_lazy_expire", YES_NO, "yes", "Expired values are freed in slices."),
        idle("lazyfree_lazy_server_del", YES_NO, "yes", "Overwritten values too."),
        idle("lazyfree_lazy_user_del", YES_NO, "yes", "DEL works as UNLINK."),
        idle("lazyfree_lazy_user_flush", YES_NO, "yes", "FLUSHALL works as FLUSHALL ASYNC."),
        idle("activerehashing", YES_NO, "yes", "Tables grow a bit at a time when idle."),
        idle("activedefrag", YES_NO, "no", "Memory is moved together while serving."),
        idle("active_defrag_ignore_bytes", Size(1), "100mb", "Waste that is not worth it."),
        idle("active_defrag_threshold_lower", Int(0, 1000), "10", "Waste in percent to start at."),
        idle("active_defrag_threshold_upper", Int(0, 1000), "100", "Waste to work hardest at."),
        idle("active_defrag_cycle_min", Int(1, 99), "1", "Least effort in percent."),
        idle("active_defrag_cycle_max", Int(1, 99), "25", "Most effort in percent."),
        idle("active_defrag_cycle_us", Int(0, 100000), "500", "Microseconds of one turn."),
        idle("active_defrag_max_scan_fields", Int(1, INT64_MAX), "1000", "Fields of one turn."),
        idle("jemalloc_bg_thread", YES_NO, "yes", "jemalloc purges in a thread."),
        idle("tiered_prefix", Choice([""]), "", "Files to move values to; here, none.", OWN),
    ],
)

DATA: Final = Group(
    "Databases and data types",
    [
        fixed(
            "dbnum", Int(1, INT_MAX), "16", "Number of databases that SELECT knows.", ("databases",)
        ),
        fixed("num_shards", Int(1, 1024), "1", "Parts that the keyspace is divided into.", OWN),
        live(
            "hash_max_listpack_entries",
            COUNT,
            "512",
            "Fields up to which a hash is packed.",
            ("hash-max-listpack-entries", "hash-max-ziplist-entries"),
        ),
        live(
            "hash_max_listpack_value",
            Size(),
            "64",
            "Bytes of a field up to which it is.",
            ("hash-max-listpack-value", "hash-max-ziplist-value"),
        ),
        live(
            "list_max_listpack_size",
            Int(-INT_MAX - 1, INT_MAX),
            "-2",
            "Elements, or a class of bytes, of a packed node of a list.",
            ("list-max-listpack-size", "list-max-ziplist-size"),
        ),
        idle("list_compress_depth", SMALL, "0", "Nodes at the ends that stay uncompressed."),
        live("set_max_intset_entries", COUNT, "512", "Members up to which integers are packed."),
        live("set_max_listpack_entries", COUNT, "128", "Members up to which a set is packed."),
        live("set_max_listpack_value", COUNT, "64", "Bytes of a member up to which it is."),
        live(
            "zset_max_listpack_entries",
            COUNT,
            "128",
            "Members up to which it is packed.",
            ("zset-max-listpack-entries", "zset-max-ziplist-entries"),
        ),
        live(
            "zset_max_listpack_value",
            Size(),
            "64",
            "Bytes of a member up to which it is.",
            ("zset-max-listpack-value", "zset-max-ziplist-value"),
        ),
        live("hll_sparse_max_bytes", Size(), "3000", "Bytes up to which it stays sparse."),
        live("stream_node_max_bytes", Size(), "4096", "Bytes of a packed node of a stream."),
        live("stream_node_max_entries", COUNT, "100", "Entries of a packed node of a stream."),
        idle("lock_on_hashtags", YES_NO, "no", "Keys with one {tag} live in one shard.", OWN),
        idle(
            "shard_round_robin_prefix",
            Choice([""]),
            "",
            "Keys to spread; here, none.",
            OWN,
            when=FIXED,
        ),
    ],
)
