"""`dflite check`: sound files, damaged ones, none."""

from pathlib import Path

import pytest

from dflite.native.bytesops import crc64
from dflite.native.rdb_writer import Writer
from dflite.server import cli
from tests.support.resp import encode


def write(path: Path, body: bytes) -> None:
    path.write_bytes(body + crc64(body).to_bytes(8, "little"))


def test_a_sound_file_is_described(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "dump.rdb"
    body = b"REDIS0011\xfa\x09redis-ver\x057.2.4\xfe\x00\x00\x01a\x01b\x00\x01c\x01d\xff"
    write(path, body)
    assert cli.main(["check", str(path)]) == 0
    said = capsys.readouterr().out
    size = len(body) + 8
    assert said == (f"{path} is sound: 2 keys, {size} bytes, version 11, written by Redis 7.2.4\n")


def function(code: bytes) -> bytes:
    writer = Writer()
    writer.byte(0xF5)
    writer.string(code)
    return writer.take()


def test_functions_are_compiled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "dump.rdb"
    sound = b"#!lua name=lib\nredis.register_function('f', function() return 1 end)"
    write(path, b"REDIS0011" + function(sound) + b"\xff")
    assert cli.main(["check", str(path)]) == 0
    assert "sound: 0 keys, 1 library of functions," in capsys.readouterr().out
    write(path, b"REDIS0011" + function(sound.replace(b"return", b"?")) + b"\xff")
    assert cli.main(["check", str(path)]) == 1
    assert "damaged: its functions: ERR Error compiling function" in capsys.readouterr().out


def test_a_damaged_file_says_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "dump.rdb"
    path.write_bytes(b"REDIS0011\xfe\x00\x00\x01a\x09b")
    assert cli.main(["check", str(path)]) == 1
    assert capsys.readouterr().out == (
        f"{path} is damaged: it ends too soon: at byte 11 of 16, at key b'a'\n"
    )


def test_a_log_is_checked_by_its_manifest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "a.base", b"REDIS0011\xfe\x00\x00\x01a\x01b\xff")
    increment = tmp_path / "a.incr"
    increment.write_bytes(b"#TS:1\r\n" + encode(["SET", "b", "1"]) + encode(["GET", "b"]))
    manifest = tmp_path / "a.manifest"
    manifest.write_text("file a.base seq 1 type b\nfile a.incr seq 1 type i\n")
    assert cli.main(["check", str(manifest)]) == 0
    said = capsys.readouterr().out
    assert "sound: a.base (1 keys, 25 bytes, version 11), a.incr (2 requests, 54 bytes)" in said
    for damage, text in (
        (encode(["MULTI"]), "a.incr: it ends in the middle of a request: 54 of 69 bytes are whole"),
        (encode(["NONSENSE"]), "a.incr: NONSENSE: ERR unknown command"),
        (encode(["GET"]), "a.incr: GET: ERR wrong number of arguments"),
        (b"nonsense\r\n", "a.incr: there is something that is no request: at byte 54"),
    ):
        whole = increment.read_bytes()
        increment.write_bytes(whole + damage)
        assert cli.main(["check", str(manifest)]) == 1
        assert text in capsys.readouterr().out
        increment.write_bytes(whole)
    assert cli.main(["check", str(increment)]) == 0
    increment.unlink()
    assert cli.main(["check", str(manifest)]) == 1
    assert "a.incr: No such file" in capsys.readouterr().err
    manifest.write_text("nonsense")
    assert cli.main(["check", str(manifest)]) == 1
    assert "damaged: its last line does not end" in capsys.readouterr().out


def test_an_old_log_is_a_snapshot_with_requests_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "appendonly.aof"
    snapshot = b"REDIS0011\xfa\x08aof-base\xc0\x01\xff" + bytes(8)
    path.write_bytes(snapshot + encode(["SET", "b", "1"]))
    assert cli.main(["check", str(path)]) == 0
    assert "0 keys, 57 bytes, version 11, 1 requests, 27 bytes" in capsys.readouterr().out


def test_a_file_with_more_databases_than_usual(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "dump.rdb"
    write(path, b"REDIS0011\xfe\x14\x00\x01a\x01b\xff")
    assert cli.main(["check", str(path)]) == 1
    assert "database 20, where there are 16" in capsys.readouterr().out
    assert cli.main(["check", str(path), "--databases=32"]) == 0


def test_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", str(tmp_path / "none")]) == 1
    assert capsys.readouterr().err.endswith("none: No such file or directory\n")


def test_mistakes_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check"]) == 2
    assert "required: file" in capsys.readouterr().err
