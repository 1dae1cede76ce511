"""What an endpoint of each kind is, by its settings, its folder, and CONFIG SET."""

from pathlib import Path
from typing import Any

import pytest

from dflite.server import endpoint as module
from dflite.server.endpoint import (
    Endpoint,
    announced_host,
    apply_profile,
    makes_certificate,
    names_of,
    outward_addresses,
    plain_name,
)
from dflite.settings.command_line import UsageError, read_command_line
from dflite.settings.loading import load_settings
from dflite.settings.settings import Settings
from dflite.settings.values import ChangeRefused, Refused


def given(*flags: str) -> Settings:
    settings, _ = load_settings(read_command_line(list(flags), frozenset()), {})
    return settings


def public(*flags: str) -> Settings:
    settings = given("--endpoint=public", *flags)
    apply_profile(settings)
    return settings


def test_a_private_endpoint_is_what_other_flags_say() -> None:
    settings = given()
    assert apply_profile(settings) == []
    assert (settings.endpoint, settings.tls, settings.requirepass) == ("private", False, "")
    assert settings.bind == ["127.0.0.1", "-::1"]
    assert not makes_certificate(given("--tls"))


def test_a_public_endpoint_listens_everywhere_in_tls_and_tells_strangers_no_figures() -> None:
    settings = public()
    assert settings.tls
    assert settings.bind == ["*", "-::*"]
    assert settings.memcached_port == 0
    assert not settings.primary_port_http_enabled
    assert makes_certificate(settings)


def test_what_is_given_stands() -> None:
    settings = public("--bind=10.0.0.1", "--primary_port_http_enabled", "--tls_cert_file=c")
    assert settings.bind == ["10.0.0.1"]
    assert settings.primary_port_http_enabled
    assert not makes_certificate(settings)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--memcached_port=6371"], "memcached's protocol knows no passkey"),
        (["--requirepass="], "a public endpoint needs a passkey"),
        (["--admin_port=9", "--admin_nopass"], "on its admin port too"),
        (["--admin_port=9", "--no_tls_on_admin_port"], "TLS on its admin port too"),
    ],
)
def test_what_would_open_it_is_refused(flags: list[str], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        apply_profile(given("--endpoint=public", *flags))


def test_the_admin_port_may_be_open_on_this_machine() -> None:
    public("--admin_port=9", "--admin_nopass", "--no_tls_on_admin_port", "--admin_bind=127.0.0.1")


def test_tls_is_left_out_only_with_a_warning() -> None:
    settings = given("--endpoint=public", "--tls=no", "--requirepass=short")
    warnings = apply_profile(settings)
    assert not settings.tls
    assert ["in the clear" in text or "shorter" in text for text in warnings] == [True, True]


def test_passkey_and_certificate_are_made_once(tmp_path: Path) -> None:
    first = Endpoint(public(f"--dir={tmp_path}"))
    assert len(first.furnish()) == 3
    second = Endpoint(public(f"--dir={tmp_path}"))
    assert second.furnish() == []
    assert first.settings.requirepass == second.settings.requirepass
    assert len(first.settings.requirepass) == 40
    assert first.settings.tls_cert_file == str(tmp_path / "dflite.crt")
    assert second.keeps_passkey
    assert second.own_certificate


def test_a_passkey_that_is_given_is_not_kept(tmp_path: Path) -> None:
    endpoint = Endpoint(public(f"--dir={tmp_path}", "--requirepass=sesame", "--tls=no"))
    assert endpoint.furnish() == []
    assert list(tmp_path.iterdir()) == []


def test_while_a_passkey_is_changed_both_are_known(tmp_path: Path) -> None:
    endpoint = Endpoint(public(f"--dir={tmp_path}", "--tls=no"))
    endpoint.passkeys.write(["new", "old"])
    endpoint.furnish()
    assert endpoint.settings.requirepass == "new"
    assert endpoint.settings.older_passkeys == ["old"]


def test_config_set_cannot_open_it(tmp_path: Path) -> None:
    settings = public(f"--dir={tmp_path}")
    endpoint = Endpoint(settings)
    endpoint.furnish()
    endpoint.guard()
    for name, value in (("requirepass", ""), ("tls", "no")):
        with pytest.raises(ChangeRefused, match="a public endpoint"):
            settings.change([(name, value)])
    settings.change([("requirepass", "another"), ("tls", "yes")])
    assert endpoint.passkeys.read() == ["another"]


def test_a_private_one_may_be_opened(tmp_path: Path) -> None:
    settings = given(f"--dir={tmp_path}", "--requirepass=sesame")
    endpoint = Endpoint(settings)
    assert endpoint.furnish() == []
    endpoint.guard()
    settings.on_change("requirepass", lambda: None)
    settings.change([("requirepass", "")])
    assert settings.requirepass == ""


def test_what_is_settled_is_not_written_to_files(tmp_path: Path) -> None:
    flags = tmp_path / "flags"
    flags.write_text("--endpoint=public\n")
    settings = public(f"--flagfile={flags}", f"--dir={tmp_path}")
    Endpoint(settings).furnish()
    settings.rewrite()
    assert settings.requirepass not in flags.read_text()


def test_a_certificate_is_renewed_before_its_end_and_a_failure_is_tried_again_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = Endpoint(public(f"--dir={tmp_path}"))
    endpoint.furnish()
    tries: list[int] = []

    def fail() -> list[str]:
        tries.append(1)
        raise OSError(28, "full")

    monkeypatch.setattr(endpoint, "make_certificate", fail)
    for now_s in (10_000, 10_001, 10_000 + module.HOUR_S):
        endpoint.renew(now_s)
    assert len(tries) == 2


@pytest.mark.parametrize(
    ("flags", "host"),
    [
        (["--announce_ip=db.example.org"], "db.example.org"),
        (["--bind=10.0.0.7 127.0.0.1"], "10.0.0.7"),
        (["--bind=127.0.0.1 -::1"], "127.0.0.1"),
    ],
)
def test_the_host_that_clients_get(flags: list[str], host: str) -> None:
    settings = given(*flags)
    assert announced_host(settings) == host
    assert host in names_of(settings)


def test_names_have_one_spelling_each() -> None:
    names = names_of(given("--bind=::1 127.0.0.1", "--announce_ip=DB.Example.org"))
    assert names[0] == "db.example.org"
    assert {"localhost", "127.0.0.1", "::1"} <= set(names)
    assert len(names) == len(set(names))
    assert plain_name("[2001:DB8:0::1]") == "2001:db8::1"
    assert plain_name("fe80::1%eth0") == "fe80::1"
    assert plain_name("bücher") == ""


def test_a_node_that_listens_everywhere_is_known_by_its_outward_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers: list[Any] = [["192.0.2.9"], []]
    monkeypatch.setattr(module, "outward_addresses", lambda: answers[0])
    assert announced_host(public()) == "192.0.2.9"
    assert "192.0.2.9" in names_of(public())
    answers[0] = []
    assert announced_host(public()) == "127.0.0.1"
    assert all(isinstance(address, str) for address in outward_addresses())


def test_a_change_that_is_refused_leaves_the_passkeys_as_they_were(tmp_path: Path) -> None:
    settings = public(f"--dir={tmp_path}")
    endpoint = Endpoint(settings)
    endpoint.passkeys.write(["new", "old"])
    endpoint.furnish()
    endpoint.guard()
    required: list[str] = []
    settings.on_change(
        "requirepass", lambda: required.append(settings.requirepass), always=True, last=True
    )

    def refuse() -> None:
        raise Refused("bad file")

    settings.on_change("tls_cert_file", refuse, always=True)
    with pytest.raises(ChangeRefused, match="bad file"):
        settings.change([("requirepass", "third"), ("tls-cert-file", "/nowhere")])
    assert endpoint.passkeys.read() == ["new", "old"]
    assert settings.older_passkeys == ["old"]
    assert required == []
    settings.change([("requirepass", "third")])
    assert endpoint.passkeys.read() == ["third"]
    assert settings.older_passkeys == []
    assert required == ["third"]


@pytest.mark.parametrize("passkey", ["a\nb", " a", "a\t", "a\x7fb", "a\rb", "\0"])
def test_a_passkey_that_is_no_line_of_a_file_is_refused(tmp_path: Path, passkey: str) -> None:
    settings = public(f"--dir={tmp_path}")
    endpoint = Endpoint(settings)
    endpoint.furnish()
    endpoint.guard()
    before = endpoint.passkeys.read()
    with pytest.raises(ChangeRefused, match="a line of a file"):
        settings.change([("requirepass", passkey)])
    assert endpoint.passkeys.read() == before == [settings.requirepass]


def test_a_passkey_that_config_set_gave_is_not_written_to_the_config_file(tmp_path: Path) -> None:
    path = tmp_path / "dflite.conf"
    path.write_text("maxmemory 1gb\n")
    settings = given(str(path), "--endpoint=public", f"--dir={tmp_path}")
    apply_profile(settings)
    endpoint = Endpoint(settings)
    endpoint.furnish()
    endpoint.guard()
    settings.change([("requirepass", "another")])
    settings.rewrite()
    assert "another" not in path.read_text()


def test_what_a_killed_process_left_is_removed_at_the_start(tmp_path: Path) -> None:
    for name in ("dflite.passkey.0123abcd", "dflite.key.0123abcd", "dflite.passkey.old"):
        (tmp_path / name).write_text("x")
    Endpoint(public(f"--dir={tmp_path}", "--tls=no")).furnish()
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"dflite.passkey", "dflite.passkey.lock", "dflite.passkey.old"}
