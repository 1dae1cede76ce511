"""Passwords are hidden wherever requests are shown."""

import pytest

from dflite.engine.secrets import SECRET_SETTINGS, without_secrets
from dflite.settings.registry import SETTINGS


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("AUTH x", "AUTH *"),
        ("auth user x", "auth * *"),
        ("HELLO 3 AUTH user x SETNAME me", "HELLO 3 AUTH * * SETNAME me"),
        ("hello 3 setname auth auth user x", "hello 3 setname auth * * *"),
        ("CONFIG SET requirepass x", "CONFIG SET requirepass *"),
        ("config set timeout 5 MASTERAUTH x", "config set timeout 5 MASTERAUTH *"),
        ("CONFIG SET tls_key_file_pass x", "CONFIG SET tls_key_file_pass *"),
        ("CONFIG SET requirepass", "CONFIG SET requirepass"),
        ("CONFIG GET requirepass", "CONFIG GET requirepass"),
        ("ACL SETUSER joe >x", "ACL SETUSER * *"),
        ("ACL WHOAMI", "ACL WHOAMI"),
        ("ACL DRYRUN joe GET a", "ACL DRYRUN joe GET a"),
        ("ACL DRYRUN joe AUTH x", "ACL DRYRUN joe AUTH *"),
        ("COMMAND GETKEYS ACL SETUSER joe >x", "COMMAND GETKEYS ACL SETUSER * *"),
        ("MIGRATE h 1 k 0 10 AUTH x KEYS a", "MIGRATE h 1 k 0 10 AUTH * KEYS a"),
        ("MIGRATE h 1 k 0 10 AUTH2 user x", "MIGRATE h 1 k 0 10 AUTH2 * *"),
        ("SET AUTH x", "SET AUTH x"),
    ],
)
def test_passwords_are_replaced(line: str, shown: str) -> None:
    argv = line.encode().split()
    before = argv.copy()
    found = b" ".join(without_secrets(argv)).decode()
    assert found == shown.replace("*", "(redacted)")
    assert argv == before


def test_every_secret_setting_is_known() -> None:
    names = {name for row in SETTINGS if row.secret for name in row.config_names}
    assert names == {name.decode() for name in SECRET_SETTINGS}
