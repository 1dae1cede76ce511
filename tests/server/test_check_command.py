"""`dflite check`: sound files, damaged ones, none."""

from pathlib import Path

import pytest

from dflite.native.base.bytesops import crc64
from dflite.native.rdb.writer import Writer
from dflite.persistence.manifest import UNFINISHED
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
        f'{path} is damaged: it ends too soon: at byte 11 of 16, at key "a"\n'
    )


def test_a_key_that_is_there_twice_is_damage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "dump.rdb"
    write(path, b"REDIS0011\xfe\x00\x00\x01a\x01b\x00\x01a\x01c\xff")
    assert cli.main(["check", str(path)]) == 1
    assert "is damaged: a key that was there before: at byte 16 of " in capsys.readouterr().out
    write(path, b"REDIS0011\xfe\x00\x00\x01a\x01b\xfe\x01\x00\x01a\x01c\xff")
    assert cli.main(["check", str(path)]) == 0


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
        (encode(["MULTI"]), "is cut off: a.incr at byte 54 of 69, in the middle of a request; a "),
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


def length(number: int) -> bytes:
    return b"\x80" + number.to_bytes(4, "big")


@pytest.mark.parametrize("database", [20, 1024, 65_535])
def test_a_file_may_have_any_number_of_databases(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], database: int
) -> None:
    path = tmp_path / "dump.rdb"
    write(path, b"REDIS0011\xfe" + length(database) + b"\x00\x01a\x01b\xff")
    assert cli.main(["check", str(path)]) == 0
    assert "is sound: 1 keys" in capsys.readouterr().out
    manifest = tmp_path / "a.manifest"
    manifest.write_text("file dump.rdb seq 1 type b\n")
    assert cli.main(["check", str(manifest)]) == 0
    capsys.readouterr()
    assert cli.main(["check", str(path), f"--databases={database}"]) == 1
    assert capsys.readouterr().out == (
        f"{path} is damaged: it has a database {database}, where {database} are looked at: "
        "--databases says how many there may be\n"
    )


def test_more_databases_than_anybody_has_are_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "dump.rdb"
    write(path, b"REDIS0011\xfe" + length(70_000) + b"\x00\x01a\x01b\xff")
    assert cli.main(["check", str(path)]) == 1
    assert "database 70000, where 65536 are looked at: --databases" in capsys.readouterr().out
    assert cli.main(["check", str(path), "--databases=70001"]) == 0


def test_a_log_that_is_cut_off_is_damaged_only_where_more_stands_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = encode(["SET", "a", "1"])
    (tmp_path / "a.1.incr").write_bytes(whole + whole[:9])
    behind = tmp_path / "a.2.incr"
    behind.write_bytes(b"")
    manifest = tmp_path / "a.manifest"
    manifest.write_text("file a.1.incr seq 1 type i\nfile a.2.incr seq 2 type i\n")
    at = f"at byte {len(whole)} of {len(whole) + 9}, in the middle of a request"
    how = "a start of which this is the log's end cuts it there and goes on, unless "
    how += "--aof_load_truncated=no"
    assert cli.main(["check", str(manifest)]) == 1
    assert capsys.readouterr().out == f"{manifest} is cut off: a.1.incr {at}; {how}\n"
    assert cli.main(["check", str(tmp_path / "a.1.incr")]) == 1
    assert capsys.readouterr().out == f"{tmp_path}/a.1.incr is cut off: {at}; {how}\n"
    behind.write_bytes(whole)
    assert cli.main(["check", str(manifest)]) == 1
    said = f"is damaged: a.1.incr is cut off {at}, and it is not the last file of the log\n"
    assert capsys.readouterr().out == f"{manifest} {said}"


def test_keys_are_quoted_and_a_wrong_checksum_is_called_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "dump.rdb"
    path.write_bytes(b"REDIS0011\xfe\x00\x00\x03s\xe9\x22\x09b")
    assert cli.main(["check", str(path)]) == 1
    assert capsys.readouterr().out.endswith('at key "s\\xe9\\""\n')
    path.write_bytes(b"REDIS0011\xff" + bytes(7) + b"\x01")
    assert cli.main(["check", str(path)]) == 1
    assert "is damaged: wrong checksum (CRC error): it ends with 01000" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("dump.rdb", b"", "is empty: no snapshot, and no log"),
        ("appendonly.aof", b"", "is empty: no snapshot, and no log"),
        ("notes.txt", b"Some notes\nof mine\n", "is neither a snapshot nor a log"),
        ("notes.txt", b"# Notes\nof mine\n", "is damaged: there is something that is no request"),
        ("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(100), "is neither a snapshot nor a log"),
        ("zeros", bytes(5000), "is neither a snapshot nor a log"),
        ("dump.rdb", b"REDI", "is damaged: it ends too soon"),
        ("dump.rdb", b"REDIS9999\xff", "is damaged: "),
        ("a.manifest", b"", "is damaged: it names no files"),
        ("a.manifest", b"fil", "is damaged: its last line does not end"),
    ],
)
def test_what_is_none_of_ours_is_told_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert cli.main(["check", str(path)]) == 1
    out = capsys.readouterr().out
    assert out.startswith(f"{path} {said}")
    assert out.count("\n") == 1


def test_a_directory_is_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", str(tmp_path)]) == 1
    said = "is a directory: name a snapshot, or the manifest of a log"
    assert capsys.readouterr().err == f"dflite check: {tmp_path} {said}\n"


def test_an_increment_that_was_just_begun_is_sound(tmp_path: Path) -> None:
    (tmp_path / "appendonly.aof.1.incr.aof").touch()
    assert cli.main(["check", str(tmp_path / "appendonly.aof.1.incr.aof")]) == 0


def test_a_log_that_is_nothing_yet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "appendonly.aof.manifest"
    path.write_text(UNFINISHED)
    assert cli.main(["check", str(path)]) == 0
    assert "is sound: the first base is not finished, there are no data" in capsys.readouterr().out


def test_a_file_that_is_cut_anywhere_is_told_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    snapshot = (
        b"REDIS0011\xfa\x09redis-ver\x057.2.4\xfe\x00\xfb\x02\x00\x00\x01a\x01b\x00\x01c\x01d\xff"
    )
    snapshot += crc64(snapshot).to_bytes(8, "little")
    requests = [
        encode(["MULTI"]) + encode(["SET", "b", "1"]) + encode(["EXEC"]),
        encode(["GET", "b"]),
    ]
    manifest = b"file a.base seq 1 type b\nfile a.incr seq 1 type i\n"
    (tmp_path / "a.base").write_bytes(snapshot)
    (tmp_path / "a.incr").write_bytes(b"")
    for name, content, wholes in (
        ("dump.rdb", snapshot, ()),
        ("log.aof", b"".join(requests), (len(requests[0]),)),
        ("a.manifest", manifest, (manifest.index(b"\n") + 1,)),
    ):
        path = tmp_path / name
        for length in range(len(content)):
            path.write_bytes(content[:length])
            assert cli.main(["check", str(path)]) == (0 if length in wholes else 1)
            said, complaint = capsys.readouterr()
            assert (said + complaint).count("\n") == 1
        path.write_bytes(content)
        assert cli.main(["check", str(path)]) == 0
        capsys.readouterr()


def test_a_name_that_is_no_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path) + "/\udcff"
    assert cli.main(["check", path]) == 1
    assert capsys.readouterr().err.endswith("\ufffd: No such file or directory\n")


def test_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", str(tmp_path / "none")]) == 1
    assert capsys.readouterr().err.endswith("none: No such file or directory\n")


def test_mistakes_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check"]) == 2
    assert "required: file" in capsys.readouterr().err
