"""Requests as they may be shown."""

import pytest

from dflite.engine.secrets import without_secrets


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("AUTH secret", "AUTH (redacted)"),
        ("auth user secret", "auth (redacted) (redacted)"),
        ("HELLO 3 AUTH u p SETNAME me", "HELLO 3 AUTH (redacted) (redacted) SETNAME me"),
        ("HELLO 3 SETNAME me AUTH u p", "HELLO 3 SETNAME me AUTH (redacted) (redacted)"),
        ("HELLO 3", "HELLO 3"),
        ("ECHO AUTH u p", "ECHO AUTH u p"),
        ("PING", "PING"),
    ],
)
def test_passwords_are_not_shown(line: str, shown: str) -> None:
    assert without_secrets(line.encode().split()) == shown.encode().split()


def test_the_request_itself_stays_as_it_is() -> None:
    argv = [b"AUTH", b"secret"]
    without_secrets(argv)
    assert argv == [b"AUTH", b"secret"]
