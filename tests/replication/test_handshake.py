"""The handshake with a primary: what is said, and what the answers mean."""

import pytest

from dflite.base.resp import request
from dflite.replication.handshake import Announcement, Answer, Greeting, Refused

ID = "0123456789abcdef0123456789abcdef01234567"


def said(greeting: Greeting) -> list[bytes]:
    return [data for _, data in greeting.steps]


def test_a_replica_introduces_itself() -> None:
    assert said(Greeting("", "", 7000, "")) == [
        request(b"PING"),
        request(b"REPLCONF", b"listening-port", b"7000"),
        request(b"REPLCONF", b"capa", b"eof", b"capa", b"psync2", b"capa", b"dflite"),
        request(b"REPLCONF", b"version", b"9.0.0"),
    ]


def test_passwords_and_addresses_are_told_where_there_are_some() -> None:
    steps = said(Greeting("", "secret", 1, "10.0.0.1"))
    assert steps[1] == request(b"AUTH", b"secret")
    assert request(b"REPLCONF", b"ip-address", b"10.0.0.1") in steps
    assert said(Greeting("me", "secret", 1, ""))[1] == request(b"AUTH", b"me", b"secret")


@pytest.mark.parametrize(
    "answer",
    [
        b"+PONG",
        b"-NOAUTH first",
        b"-NOPERM no",
        b"-ERR operation not permitted",
        b"-MISCONF Errors writing to the AOF file: No space left on device",
    ],
)
def test_a_primary_that_wants_a_password_or_room_is_there(answer: bytes) -> None:
    Greeting("", "secret", 1, "").answered("PING", answer)


@pytest.mark.parametrize(
    ("name", "answer"),
    [("PING", b"-LOADING wait"), ("AUTH", b"-WRONGPASS no"), ("AUTH", b"-ERR no password is set")],
)
def test_refusals_end_it(name: str, answer: bytes) -> None:
    with pytest.raises(Refused, match=answer[1:5].decode()):
        Greeting("", "x", 1, "").answered(name, answer)


@pytest.mark.parametrize("name", ["PING", "REPLCONF", "version"])
def test_a_password_that_is_wanted_and_not_there_ends_it(name: str) -> None:
    with pytest.raises(Refused, match="--masterauth"):
        Greeting("", "", 1, "").answered(name, b"-NOAUTH Authentication required.")


def test_a_primary_need_not_know_everything() -> None:
    greeting = Greeting("", "", 1, "")
    greeting.answered("REPLCONF", b"-ERR Unrecognized REPLCONF option: capa")
    assert len(greeting.warnings) == 1


def test_that_it_does_not_ask_for_versions_is_worth_a_remark_only() -> None:
    greeting = Greeting("", "", 1, "")
    assert greeting.steps[-1][0] == "version"
    greeting.answered("version", b"-ERR Unrecognized REPLCONF option: version")
    assert not greeting.warnings
    assert len(greeting.remarks) == 1


def test_it_goes_on_or_begins_anew() -> None:
    answer = Answer(b"+CONTINUE " + ID.encode())
    assert (answer.partial, answer.history) == (True, ID)
    answer = Answer(b"+CONTINUE")
    assert (answer.partial, answer.history) == (True, "")
    answer = Answer(b"+FULLRESYNC " + ID.encode() + b" 123")
    assert (answer.partial, answer.history, answer.offset) == (False, ID, 123)


@pytest.mark.parametrize(
    "line",
    [
        b"-NOMASTERLINK no",
        b"-LOADING no",
        b"-ERR unknown command",
        b"+OK",
        b"+FULLRESYNC x",
        b"+FULLRESYNC x 1",
        b"+FULLRESYNC " + ID.encode() + b" 9999999999999999999",
    ],
)
def test_other_answers_are_none(line: bytes) -> None:
    with pytest.raises(Refused):
        Answer(line)


def test_who_asked_for_a_snapshot_cannot_go_on_without() -> None:
    with pytest.raises(Refused, match="a snapshot was asked for"):
        Answer(b"+CONTINUE " + ID.encode(), can_go_on=False)


def test_a_snapshot_is_announced_by_its_length_or_its_end() -> None:
    by_length, by_mark = Announcement(b"$17"), Announcement(b"$EOF:" + ID.encode())
    assert (by_length.size, by_length.mark) == (17, b"")
    assert (by_mark.size, by_mark.mark) == (-1, ID.encode())


@pytest.mark.parametrize("line", [b"-ERR no disk", b"$EOF:short", b"$x", b"+OK"])
def test_anything_else_announces_nothing(line: bytes) -> None:
    with pytest.raises(Refused):
        Announcement(line)
