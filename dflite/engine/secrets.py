"""What is not shown: passwords in requests to MONITOR and the slow log, values to the log."""

from collections.abc import Sequence
from typing import Final

HIDDEN: Final = b"(redacted)"

# Settings that hold a password, with - for _; a test compares them with the table of settings.
SECRET_SETTINGS: Final = frozenset(
    {
        b"requirepass",
        b"masterauth",
        b"primaryauth",
        b"tls-key-file-pass",
        b"tls-client-key-file-pass",
    }
)


def without_secrets(argv: list[bytes]) -> list[bytes]:
    """The request, or a copy of it with its passwords hidden."""
    name = argv[0].upper()
    if name == b"AUTH":
        return hide(argv, range(1, len(argv)))
    if name == b"HELLO":
        # behind whatever may be the option: a name can be AUTH too
        places = []
        for i in range(2, len(argv) - 2):
            if argv[i].upper() == b"AUTH":
                places += [i + 1, i + 2]
        return hide(argv, places)
    if name == b"CONFIG" and len(argv) > 3 and argv[1].upper() == b"SET":
        places = []
        for i in range(2, len(argv) - 1, 2):
            if argv[i].lower().replace(b"_", b"-") in SECRET_SETTINGS:
                places.append(i + 1)
        return hide(argv, places)
    if name == b"ACL" and len(argv) > 2:
        about = argv[1].upper()
        if about in (b"SETUSER", b"DELUSER"):
            return hide(argv, range(2, len(argv)))
        if about == b"DRYRUN" and len(argv) > 3:
            return [*argv[:3], *without_secrets(argv[3:])]
    if name == b"COMMAND" and len(argv) > 2 and argv[1].upper().startswith(b"GETKEYS"):
        return [*argv[:2], *without_secrets(argv[2:])]
    if name == b"MIGRATE":
        for i in range(6, len(argv) - 1):
            word = argv[i].upper()
            if word == b"AUTH":
                return hide(argv, range(i + 1, i + 2))
            if word == b"AUTH2":
                return hide(argv, range(i + 1, min(i + 3, len(argv))))
    return argv


def hide(argv: list[bytes], places: Sequence[int]) -> list[bytes]:
    if not places:
        return argv
    shown = argv.copy()
    for i in places:
        shown[i] = HIDDEN
    return shown


def describe_bug(argv: list[bytes], error: Exception) -> str:
    """A line for the log about an exception that is no CommandError; values are not shown."""
    name = argv[0][:32].decode("latin-1")
    where = ""
    trace = error.__traceback__
    while trace is not None:
        where = f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
        trace = trace.tb_next
    # the words of an error may quote the request
    words = "" if without_secrets(argv) != argv else f": {error}"
    return f"internal error in {name}: {type(error).__name__}{words}{where}"
