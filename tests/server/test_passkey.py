"""Passkeys, and the file that keeps them."""

import os
import stat
from pathlib import Path
from urllib.parse import quote

from dflite.server.passkey import LENGTH, PasskeyFile, is_line, make_passkey


def test_a_passkey_is_long_new_and_plain() -> None:
    made = {make_passkey() for _ in range(100)}
    assert len(made) == 100
    assert all(len(passkey) == LENGTH and quote(passkey, safe="") == passkey for passkey in made)


def test_the_file_keeps_passkeys_in_their_order(tmp_path: Path) -> None:
    file = PasskeyFile(str(tmp_path))
    assert file.read() == []
    file.write(["new", "old"])
    assert file.read() == ["new", "old"]
    assert stat.S_IMODE(os.stat(file.path).st_mode) == 0o600


def test_a_file_written_by_hand_is_read_and_closed(tmp_path: Path) -> None:
    file = PasskeyFile(str(tmp_path))
    Path(file.path).write_text("  by hand \r\n\n")
    os.chmod(file.path, 0o644)
    assert file.read() == ["by hand"]
    assert file.protect()
    assert not file.protect()


def test_only_a_newline_ends_a_passkey(tmp_path: Path) -> None:
    file = PasskeyFile(str(tmp_path))
    for passkey in ("a\u2028b", "a\x85b", "a\u00a0", "\udcff"):
        assert is_line(passkey)
        file.write([passkey, "old"])
        assert file.read() == [passkey, "old"]
    assert not any(is_line(passkey) for passkey in ("a\nb", " a", "a ", "a\x1fb"))
