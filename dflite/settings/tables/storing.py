"""Settings of files: snapshots, append-only files and where they lie."""

from typing import Final

from dflite.base.cron import BadCron, Cron
from dflite.settings.kinds import PATH, YES_NO, Choice, Int, Size, Text, check_path
from dflite.settings.lists import SaveSchedule
from dflite.settings.setting import OWN, Group, fixed, idle, live
from dflite.settings.values import INT_MAX


def check_dbfilename(name: str) -> str:
    if "/" in name:
        return "dbfilename can't be a path, just a filename"
    return check_path(name)


def check_cron(text: str) -> str:
    try:
        if text:
            Cron(text)
    except BadCron as error:
        return str(error)
    return ""


def check_appendfilename(name: str) -> str:
    if not name:
        return "appendfilename can't be empty"
    if "/" in name:
        return "appendfilename can't be a path, just a filename"
    return check_path(name)


def check_appenddirname(name: str) -> str:
    if not name:
        return "appenddirname can't be empty"
    if "/" in name:
        return "appenddirname can't be a path, just a dirname"
    return check_path(name)


STORING: Final = Group(
    "Files",
    [
        fixed(
            "dir",
            PATH,
            "",
            "Working directory; empty for the one it is started in.",
            protected=True,
        ),
        fixed(
            "dbfilename",
            Text("a file name without a path", check_dbfilename),
            "dump.rdb",
            "Name of the snapshot, where {timestamp} gives each its own; empty for none.",
            protected=True,
        ),
        live(
            "save",
            SaveSchedule(),
            "",
            "When snapshots are taken: after so many seconds, if so many changes were made.",
        ),
        live(
            "snapshot_cron",
            Text("five fields as in crontab(5), or empty", check_cron),
            "",
            "When snapshots are taken, in the words of cron.",
            OWN,
        ),
        live(
            "snapshot_retention",
            Int(0, INT_MAX),
            "0",
            "Snapshots that are kept if each has its own name; 0 keeps all.",
            OWN,
        ),
        idle("df_snapshot_format", YES_NO, "no", "Snapshots in Dragonfly's own format.", OWN),
        idle("compression_mode", Int(0, 3), "3", "How Dragonfly's snapshots are packed.", OWN),
        live("stop_writes_on_bgsave_error", YES_NO, "yes", "No writes after a failed snapshot."),
        live("rdbcompression", YES_NO, "yes", "Strings in snapshots and dumps are packed."),
        fixed("rdbchecksum", YES_NO, "yes", "Snapshots end in a checksum."),
        idle(
            "rdb_version_check",
            Choice(["strict", "relaxed"]),
            "strict",
            "Whether snapshots of later versions are refused.",
        ),
        idle(
            "sanitize_dump_payload",
            Choice(["no", "yes", "clients"]),
            "no",
            "How carefully foreign values are looked at.",
        ),
        idle("rdb_save_incremental_fsync", YES_NO, "yes", "Snapshots reach the disk piecemeal."),
        idle("rdb_del_sync_files", YES_NO, "no", "Snapshots made for replicas are removed."),
        live("appendonly", YES_NO, "no", "Every change goes to an append-only file."),
        fixed(
            "appendfilename",
            Text("a file name without a path", check_appendfilename),
            "appendonly.aof",
            "Name of the append-only file.",
        ),
        fixed(
            "appenddirname",
            Text("a directory name without a path", check_appenddirname),
            "appendonlydir",
            "Directory of the append-only files.",
        ),
        live(
            "appendfsync",
            Choice(["everysec", "always", "no"]),
            "everysec",
            "When the append-only file must have reached the disk.",
        ),
        live("no_appendfsync_on_rewrite", YES_NO, "no", "Not while another file is written."),
        live("auto_aof_rewrite_percentage", Int(0, INT_MAX), "100", "Growth to rewrite it at."),
        live("auto_aof_rewrite_min_size", Size(), "64mb", "Size below which it is left alone."),
        live("aof_load_truncated", YES_NO, "yes", "A file that ends too early is loaded."),
        idle("aof_use_rdb_preamble", YES_NO, "yes", "It starts with a snapshot."),
        live("aof_timestamp_enabled", YES_NO, "no", "It holds times."),
        idle("aof_rewrite_incremental_fsync", YES_NO, "yes", "It reaches the disk piecemeal."),
        live("aof_disable_auto_gc", YES_NO, "no", "Old append-only files are kept."),
    ],
)
