"""Settings of what a node shows of itself, of its process, and of scripts and search."""

import re
from typing import Final

from dflite.settings.kinds import PATH, TEXT, YES_NO, Choice, Duration, Int, Size, Text
from dflite.settings.lists import Percentiles, ScoreAdjustments, ShutdownFlags
from dflite.settings.setting import FIXED, OWN, Group, fixed, hooked, idle, live
from dflite.settings.values import INT64_MAX, INT_MAX

COUNT: Final = Int(0, INT64_MAX)
SMALL: Final = Int(0, INT_MAX)
DELAY: Final = Int(-INT_MAX, INT_MAX)  # below 0: keys a microsecond
OFF_OR_COUNT: Final = Int(-1, INT64_MAX)
TITLE_FIELD: Final = re.compile(r"\{([^{}]*)\}")
TITLE_FIELDS: Final = (
    "title",
    "listen-addr",
    "server-mode",
    "port",
    "tls-port",
    "unixsocket",
    "config-file",
)


def check_title(template: str) -> str:
    rest = TITLE_FIELD.sub("", template)
    if "{" not in rest and all(name in TITLE_FIELDS for name in TITLE_FIELD.findall(template)):
        return ""
    return "template format is invalid or contains unknown variables"


LOGS: Final = Group(
    "Logs and figures",
    [
        hooked(
            "loglevel",
            Choice(["debug", "verbose", "notice", "warning", "nothing"]),
            "notice",
            "The least important lines that are logged.",
        ),
        fixed("logfile", PATH, "", "File to log to; empty for standard error."),
        fixed(
            "log_format",
            Choice(["text", "json", "logfmt"], {"legacy": "text"}),
            "text",
            "Form of log lines.",
        ),
        idle(
            "log_timestamp_format",
            Choice(["legacy", "iso8601", "milliseconds"]),
            "iso8601",
            "Form of times in the log; here, iso8601.",
        ),
        idle("hide_user_data_from_log", YES_NO, "yes", "No keys or values in the log."),
        idle("syslog_enabled", YES_NO, "no", "Logs to syslog.", when=FIXED),
        idle("syslog_ident", TEXT, "dflite", "Name in syslog.", when=FIXED),
        idle(
            "syslog_facility",
            Choice(["user", *(f"local{number}" for number in range(8))]),
            "local0",
            "Facility in syslog.",
            when=FIXED,
        ),
        idle("always_show_logo", YES_NO, "no", "A picture at start-up.", when=FIXED),
        idle("crash_log_enabled", YES_NO, "yes", "A report after a crash."),
        idle("crash_memcheck_enabled", YES_NO, "yes", "A look at memory after a crash."),
        live(
            "slowlog_log_slower_than",
            OFF_OR_COUNT,
            "10000",
            "Microseconds from which a command goes to SLOWLOG: 0 for all, -1 for none.",
            ("slowlog-log-slower-than", "commandlog-execution-slower-than"),
        ),
        live(
            "slowlog_max_len",
            COUNT,
            "128",
            "Commands that SLOWLOG remembers.",
            ("slowlog-max-len", "commandlog-slow-execution-max-len"),
        ),
        idle("commandlog_request_larger_than", OFF_OR_COUNT, "1048576", "Large requests."),
        idle("commandlog_large_request_max_len", COUNT, "128", "How many are remembered."),
        idle("commandlog_reply_larger_than", OFF_OR_COUNT, "1048576", "Large replies."),
        idle("commandlog_large_reply_max_len", COUNT, "128", "How many are remembered."),
        live(
            "latency_monitor_threshold",
            COUNT,
            "0",
            "Milliseconds from which LATENCY notes an event; 0 for none.",
        ),
        live("latency_tracking", YES_NO, "yes", "Each command's times are counted."),
        live(
            "latency_tracking_info_percentiles",
            Percentiles(),
            "50 99 99.9",
            "Percentiles that INFO latencystats shows.",
        ),
        live(
            "healthcheck_timeout",
            Duration(0.01, 3600.0),
            "3",
            "How long `dflite healthcheck` waits for an answer.",
            OWN,
        ),
    ],
)

PROCESS: Final = Group(
    "Process",
    [
        fixed(
            "specialization",
            Choice(["none", "bullmq", "sidekiq", "memcached"]),
            "none",
            "What the node is made for: queues are never evicted, whatever is asked for later; for "
            "memcached its port has to open, and old keys give way when memory is full.",
            OWN,
        ),
        fixed("pidfile", PATH, "", "File that holds the process number while the node runs."),
        fixed(
            "user",
            TEXT,
            "",
            "User that root becomes once the ports are open; --dir has to be theirs.",
            OWN,
        ),
        idle("daemonize", YES_NO, "no", "Goes to the background.", when=FIXED),
        idle(
            "supervised",
            Choice(["upstart", "systemd", "auto", "no"]),
            "no",
            "Who is told that it has started.",
            when=FIXED,
        ),
        idle("hz", Int(0, INT_MAX, (1, 500)), "10", "Turns a second of background work."),
        idle("dynamic_hz", YES_NO, "yes", "More of them with more clients."),
        idle("io_threads", Int(1, 256), "1", "Threads that read and write.", when=FIXED),
        idle("io_threads_do_reads", YES_NO, "no", "Threads that read.", when=FIXED),
        idle("io_threads_always_active", YES_NO, "no", "They never rest.", shown=False),
        idle("prefetch_batch_max_size", Int(0, 128), "16", "Keys to fetch ahead."),
        idle("proactor_threads", COUNT, "0", "Threads of the engine; here, one.", OWN, when=FIXED),
        idle(
            "server_cpulist",
            TEXT,
            "",
            "CPUs of the main thread.",
            ("server-cpulist", "server_cpulist"),
            when=FIXED,
        ),
        idle(
            "bio_cpulist",
            TEXT,
            "",
            "CPUs of background threads.",
            ("bio-cpulist", "bio_cpulist"),
            when=FIXED,
        ),
        idle(
            "aof_rewrite_cpulist",
            TEXT,
            "",
            "CPUs of the append-only file's rewrite.",
            ("aof-rewrite-cpulist", "aof_rewrite_cpulist"),
            when=FIXED,
        ),
        idle(
            "bgsave_cpulist",
            TEXT,
            "",
            "CPUs of snapshots.",
            ("bgsave-cpulist", "bgsave_cpulist"),
            when=FIXED,
        ),
        idle(
            "oom_score_adj",
            Choice(["no", "yes", "relative", "absolute"]),
            "no",
            "Whether the kernel's choice of victims is influenced.",
        ),
        idle("oom_score_adj_values", ScoreAdjustments(), "0 200 800", "By how much."),
        idle("disable_thp", YES_NO, "yes", "No huge pages.", when=FIXED),
        idle("set_proc_title", YES_NO, "yes", "The process shows its address.", when=FIXED),
        idle(
            "proc_title_template",
            Text("a template such as '{title} {listen-addr}'", check_title),
            "{title} {listen-addr} {server-mode}",
            "What it shows.",
        ),
        live("shutdown_timeout", SMALL, "10", "Seconds to wait for replicas at the end."),
        live("shutdown_on_sigint", ShutdownFlags(), "default", "What SIGINT adds to SHUTDOWN."),
        live("shutdown_on_sigterm", ShutdownFlags(), "default", "What SIGTERM adds to SHUTDOWN."),
        idle("ignore_warnings", TEXT, "", "Warnings to keep quiet about."),
        idle("version_check", YES_NO, "no", "Asks for new releases; here, never.", OWN, when=FIXED),
        idle("extended_redis_compatibility", YES_NO, "no", "Answers more as Redis does."),
        idle("import_mode", YES_NO, "no", "Keys do not expire while data come in."),
        idle("hash_seed", TEXT, "", "Seed of the hashes.", when=FIXED),
        idle("locale_collate", TEXT, "", "Locale that SORT ALPHA compares by."),
        # Redis' switches for its own tests: CONFIG GET shows them to those who ask by name.
        idle("watchdog_period", SMALL, "0", "Milliseconds of a watchdog.", shown=False),
        live("key_load_delay", DELAY, "0", "Slows loading: us per key.", shown=False),
        live("rdb_key_save_delay", DELAY, "0", "Slows saving: us per key.", shown=False),
        idle(
            "loading_process_events_interval_bytes",
            Size(1024),
            "2mb",
            "Bytes to load between answers.",
            shown=False,
        ),
        idle("use_exit_on_panic", YES_NO, "no", "Ends without a core file.", shown=False),
        idle(
            "enable_debug_assert", YES_NO, "no", "Checks that cost time.", shown=False, when=FIXED
        ),
        idle("debug_context", TEXT, "", "A word for crash reports.", shown=False),
        idle(
            "min_io_threads_avoid_copy_reply",
            SMALL,
            "7",
            "When replies are not copied.",
            shown=False,
        ),
        idle("min_string_size_avoid_copy_reply", SMALL, "16384", "Which are not.", shown=False),
    ],
)

SCRIPTS: Final = Group(
    "Scripts",
    [
        live(
            "busy_reply_threshold",
            COUNT,
            "5000",
            "Milliseconds after which a script may be stopped.",
            ("busy-reply-threshold", "lua-time-limit"),
        ),
        live(
            "script_memory_limit",
            Size(1 << 20),
            "512mb",
            "Bytes that the interpreter of scripts, and that of functions, may take.",
            OWN,
        ),
        idle("default_lua_flags", TEXT, "", "Flags of scripts; here, none is needed.", OWN),
        idle("lua_undeclared_keys_shas", TEXT, "", "Scripts with undeclared keys; here, all.", OWN),
        idle(
            "lua_resp2_legacy_float",
            YES_NO,
            "no",
            "Floats from scripts become integers.",
            OWN,
            when=FIXED,
        ),
        idle("lua_enable_deprecated_api", YES_NO, "no", "Old functions.", shown=False, when=FIXED),
        idle("lua_enable_insecure_api", YES_NO, "no", "Unsafe functions.", shown=False),
        idle("expose_http_api", YES_NO, "no", "Commands by HTTP POST.", OWN, when=FIXED),
    ],
)
