"""Settings of files: snapshots, append-only files and where they lie."""

from typing import Final

from dflite.settings.kinds import PATH, TEXT, YES_NO, Choice, Int, Size, Text
from dflite.settings.lists import SaveSchedule
from dflite.settings.setting import FIXED, OWN, Group, fixed, idle, live
from dflite.settings.values import INT_MAX


def check_dbfilename(name: str) -> str:
    return "dbfilename can't be a path, just a filename" if "/" in name else ""


def check_appendfilename(name: str) -> str:
    if not name:
        return "appendfilename can't be empty"
    return "appendfilename can't be a path, just a filename" if "/" in name else ""


def check_appenddirname(name: str) -> str:
    if not name:
        return "appenddirname can't be empty"
    return "appenddirname can't be a path, just a dirname" if "/" in name else ""


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
        idle(
            "dbfilename",
            Text("a file name without a path", check_dbfilename),
            "dump.rdb",
            "Name of the snapshot.",
            protected=True,
        ),
        idle(
            "save",
            SaveSchedule(),
            "",
            "When snapshots are taken: after so many seconds, if so many changes were made.",
        ),
        idle("snapshot_cron", TEXT, "", "When snapshots are taken, in the words of cron.", OWN),
        idle("df_snapshot_format", YES_NO, "no", "Snapshots in Dragonfly's own format.", OWN),
        idle("compression_mode", Int(0, 3), "3", "How Dragonfly's snapshots are packed.", OWN),
        idle("stop_writes_on_bgsave_error", YES_NO, "yes", "No writes after a failed snapshot."),
        live("rdbcompression", YES_NO, "yes", "Strings in snapshots and dumps are packed."),
        idle("rdbchecksum", YES_NO, "yes", "Snapshots end in a checksum.", when=FIXED),
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
        idle("appendonly", YES_NO, "no", "Every change goes to an append-only file."),
        idle(
            "appendfilename",
            Text("a file name without a path", check_appendfilename),
            "appendonly.aof",
            "Name of the append-only file.",
            when=FIXED,
        ),
        idle(
            "appenddirname",
            Text("a directory name without a path", check_appenddirname),
            "appendonlydir",
            "Directory of the append-only files.",
            when=FIXED,
        ),
        idle(
            "appendfsync",
            Choice(["everysec", "always", "no"]),
            "everysec",
            "When the append-only file must have reached the disk.",
        ),
        idle("no_appendfsync_on_rewrite", YES_NO, "no", "Not while another file is written."),
        idle("auto_aof_rewrite_percentage", Int(0, INT_MAX), "100", "Growth to rewrite it at."),
        idle("auto_aof_rewrite_min_size", Size(), "64mb", "Size below which it is left alone."),
        idle("aof_load_truncated", YES_NO, "yes", "A file that ends too early is loaded."),
        idle("aof_use_rdb_preamble", YES_NO, "yes", "It starts with a snapshot."),
        idle("aof_timestamp_enabled", YES_NO, "no", "It holds times."),
        idle("aof_rewrite_incremental_fsync", YES_NO, "yes", "It reaches the disk piecemeal."),
        idle("aof_disable_auto_gc", YES_NO, "no", "Old append-only files are kept."),
    ],
)
