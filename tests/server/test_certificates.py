"""Certificates of the node's own making: made once, made anew when they have to be."""

import os
import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from dflite.server.certificates import furnish
from dflite.server.credentials import Certificate
from dflite.server.own_files import OwnFiles
from tests.server.test_tls import shake_hands

NAMES = ["10.1.2.3", "localhost", "::1"]


@pytest.fixture
def files(tmp_path: Path) -> OwnFiles:
    return OwnFiles(str(tmp_path))


def contents(files: OwnFiles) -> list[bytes]:
    return [Path(path).read_bytes() for path in files.all()]


def server(files: OwnFiles) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    return context


@pytest.mark.parametrize("name", NAMES)
def test_who_trusts_the_authority_trusts_the_node_by_each_name(files: OwnFiles, name: str) -> None:
    furnish(files, NAMES)
    client = ssl.create_default_context(cafile=files.authority)
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [
        client.wrap_bio(to_client, to_server, server_hostname=name),
        server(files).wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(4):
        for side in sides:
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert sides[0].version() == "TLSv1.3"


def test_nobody_else_reads_any_of_it(files: OwnFiles) -> None:
    furnish(files, NAMES)
    assert {stat.S_IMODE(os.stat(path).st_mode) for path in files.all()} == {0o600}
    os.chmod(files.key, 0o644)
    assert furnish(files, NAMES) == [f"took the right to read {files.key} away from others"]
    assert stat.S_IMODE(os.stat(files.key).st_mode) == 0o600


def test_what_is_good_is_used_again(files: OwnFiles) -> None:
    assert len(furnish(files, NAMES)) == 2
    before = contents(files)
    assert furnish(files, NAMES[:2]) == []
    assert contents(files) == before


def test_another_name_or_the_coming_end_makes_a_new_certificate_of_the_same_authority(
    files: OwnFiles,
) -> None:
    furnish(files, NAMES)
    first = contents(files)
    assert len(furnish(files, ["example.org", *NAMES])) == 1
    second = contents(files)
    assert second[:2] == first[:2]
    assert second[2] != first[2]
    later = datetime.now(UTC) + timedelta(days=380)
    assert len(furnish(files, NAMES, later)) == 1
    assert contents(files)[:2] == first[:2]
    assert Certificate(files.certificate).not_after > later.timestamp()


def test_an_authority_that_ends_is_made_anew(files: OwnFiles) -> None:
    furnish(files, NAMES)
    before = contents(files)
    assert len(furnish(files, NAMES, datetime.now(UTC) + timedelta(days=3640))) == 2
    assert contents(files)[0] != before[0]


@pytest.mark.parametrize("spoilt", [0, 1, 2, 3])
def test_spoilt_files_are_made_anew(files: OwnFiles, spoilt: int) -> None:
    furnish(files, NAMES)
    Path(files.all()[spoilt]).write_bytes(b"spoilt")
    furnish(files, NAMES)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(files.authority)
    context.check_hostname = False
    assert shake_hands(server(files), context) == "TLSv1.3"


def test_the_validity_is_sane(files: OwnFiles) -> None:
    furnish(files, NAMES)
    certificate = x509.load_pem_x509_certificate(Path(files.certificate).read_bytes())
    lasts = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert timedelta(days=390) < lasts < timedelta(days=400)
    assert certificate.not_valid_before_utc < datetime.now(UTC)
