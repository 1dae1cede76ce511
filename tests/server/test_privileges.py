"""--user: the node becomes that user when its ports are open, or does not start."""

import os
import pwd
from collections.abc import Callable
from pathlib import Path

import pytest

from dflite.server.privileges import CannotBecome, become
from tests.support.servers import DidNotStart, Server, start_dflite

RunDflite = Callable[..., Server]
NOBODY = "nobody"


def uids(server: Server) -> set[int]:
    """Real, effective, saved and that for files."""
    lines = Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
    return {int(word) for line in lines if line.startswith("Uid:") for word in line.split()[1:]}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_the_node_becomes_that_user(run_dflite: RunDflite, tmp_path: Path) -> None:
    theirs = pwd.getpwnam(NOBODY)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.is_relative_to("/tmp/"):
            folder.chmod(0o755)
    os.chown(tmp_path, theirs.pw_uid, theirs.pw_gid)
    server = run_dflite(f"--user={NOBODY}", f"--dir={tmp_path}", "--appendonly=yes")
    assert uids(server) == {theirs.pw_uid}
    with server.connect() as client:
        assert client.call("SET", "a", "1").text == "OK"
        assert client.call("SAVE").text == "OK"
    assert (tmp_path / "dump.rdb").stat().st_uid == theirs.pw_uid
    assert (tmp_path / "appendonlydir").stat().st_uid == theirs.pw_uid


def test_without_such_a_user_it_does_not_start() -> None:
    with pytest.raises(DidNotStart, match="--user=nemo: there is no such user"):
        start_dflite("--user=nemo")


def test_who_one_is_one_may_stay() -> None:
    become(pwd.getpwuid(os.geteuid()).pw_name)


def test_only_root_can_become_another(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    monkeypatch.setattr(os, "initgroups", refuse)
    with pytest.raises(CannotBecome, match="only root can become another user"):
        become(NOBODY)
