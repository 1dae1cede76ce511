"""What TLS ports speak: versions, certificates, and who has to show one."""

import os
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dflite.server.tls import make_context
from dflite.settings.settings import Settings
from dflite.settings.values import Refused
from tests.support.certificates import make_certificate


@pytest.fixture
def given(tmp_path: Path) -> Callable[..., Settings]:
    """Settings with a certificate, and with what else is given."""
    certificate, key = make_certificate(tmp_path)

    def make(**values: Any) -> Settings:
        settings = Settings()
        settings.tls_cert_file, settings.tls_key_file = str(certificate), str(key)
        for name, value in values.items():
            setattr(settings, name, value)
            settings.origins[name] = "test"
        return settings

    return make


def shake_hands(server: ssl.SSLContext, client: ssl.SSLContext) -> str | None:
    """The version that both agree on; SSLError where they do not."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [
        client.wrap_bio(to_client, to_server),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(4):
        for side in sides:
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return sides[1].version()


def client_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def refusal(settings: Settings) -> str:
    with pytest.raises(Refused) as caught:
        make_context(settings)
    return str(caught.value)


def test_a_certificate_and_its_key_are_enough(given: Callable[..., Settings]) -> None:
    assert shake_hands(make_context(given()), client_context()) == "TLSv1.3"


def test_clients_show_a_certificate_where_there_is_a_ca(given: Callable[..., Settings]) -> None:
    settings = given()
    settings.tls_ca_cert_file = settings.tls_cert_file
    server = make_context(settings)
    client = client_context()
    with pytest.raises(ssl.SSLError):
        shake_hands(server, client)
    client.load_cert_chain(settings.tls_cert_file, settings.tls_key_file)
    assert shake_hands(server, client) == "TLSv1.3"


@pytest.mark.parametrize(("word", "mode"), [("optional", ssl.CERT_OPTIONAL), ("no", ssl.CERT_NONE)])
def test_clients_need_not_show_one_where_that_is_said(
    given: Callable[..., Settings], word: str, mode: ssl.VerifyMode
) -> None:
    settings = given(tls_auth_clients=word)
    settings.tls_ca_cert_file = settings.tls_cert_file
    server = make_context(settings)
    assert server.verify_mode == mode
    assert shake_hands(server, client_context()) == "TLSv1.3"


def test_who_asks_for_clients_certificates_must_name_a_ca(given: Callable[..., Settings]) -> None:
    assert "--tls_ca_cert_file" in refusal(given(tls_auth_clients="yes"))


def test_versions_are_those_that_are_named(given: Callable[..., Settings]) -> None:
    old_only = make_context(given(tls_protocols="TLSv1.2"))
    assert shake_hands(old_only, client_context()) == "TLSv1.2"
    new_only = make_context(given(tls_protocols="tlsv1.3"))
    client = client_context()
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError):
        shake_hands(new_only, client)
    both = make_context(given(tls_protocols="TLSv1.3 TLSv1.2"))
    assert shake_hands(both, client) == "TLSv1.2"
    assert "'TLSv1.1'" in refusal(given(tls_protocols="TLSv1.1 TLSv1.2"))


def test_whose_order_of_ciphers_counts(given: Callable[..., Settings]) -> None:
    assert not make_context(given()).options & ssl.OP_CIPHER_SERVER_PREFERENCE
    settings = given(tls_prefer_server_ciphers=True)
    assert make_context(settings).options & ssl.OP_CIPHER_SERVER_PREFERENCE


def test_what_cannot_be_used_is_named(given: Callable[..., Settings], tmp_path: Path) -> None:
    good = given()
    _, other_key = make_certificate(tmp_path, "other")
    nonsense = tmp_path / "nonsense"
    nonsense.write_text("nothing to see here")
    missing = str(tmp_path / "missing")
    assert (
        refusal(given(tls_cert_file=missing)) == f"cannot read {missing}: No such file or directory"
    )
    assert (
        refusal(given(tls_key_file=missing)) == f"cannot read {missing}: No such file or directory"
    )
    assert refusal(given(tls_key_file=str(other_key))) == (
        f"the key in {other_key} is not that of the certificate in {good.tls_cert_file}"
    )
    assert "no PEM files" in refusal(given(tls_cert_file=str(nonsense)))
    assert refusal(given(tls_ca_cert_file=missing)).startswith(f"cannot read {missing}: ")
    assert "holds no certificates" in refusal(given(tls_ca_cert_file=str(nonsense)))
    assert "'ROT13'" in refusal(given(tls_ciphers="ROT13"))
    assert "--tls_cert_file" in refusal(given(tls_cert_file=""))


def test_cipher_suites_are_those_that_are_named(given: Callable[..., Settings]) -> None:
    context = make_context(given(tls_cipher_suites="TLS_AES_128_GCM_SHA256"))
    named = [row["name"] for row in context.get_ciphers() if row["protocol"] == "TLSv1.3"]
    assert named == ["TLS_AES_128_GCM_SHA256"]
    assert "'TLS_ROT13'" in refusal(given(tls_cipher_suites="TLS_ROT13"))


def test_sessions_are_resumed_unless_that_is_switched_off(given: Callable[..., Settings]) -> None:
    assert make_context(given()).num_tickets == 1
    context = make_context(given(tls_session_caching=False))
    assert context.num_tickets == 0
    assert context.options & ssl.OP_NO_TICKET


def test_parameters_of_diffie_hellman_are_read(
    given: Callable[..., Settings], tmp_path: Path
) -> None:
    path = tmp_path / "dh.pem"
    path.write_text("no parameters")
    assert "Diffie-Hellman" in refusal(given(tls_dh_params_file=str(path)))


def test_a_pipe_is_refused_and_not_waited_for(
    given: Callable[..., Settings], tmp_path: Path
) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    for name in ("tls_cert_file", "tls_key_file", "tls_ca_cert_file"):
        settings = given(**{name: str(path)})
        assert refusal(settings) == f"cannot read {path}: it is no file"
