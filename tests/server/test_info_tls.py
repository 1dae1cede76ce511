"""INFO tls."""

from pathlib import Path

import pytest

from dflite.server.figures import Figures
from dflite.server.info import render
from dflite.server.info_tls import certificate_lines, tls_section
from dflite.server.metrics import pieces
from tests.support.certificates import make_certificate
from tests.support.figures import figures_of
from tests.support.node import Node


@pytest.fixture
def figures(node: Node) -> Figures:
    return figures_of(node)


def test_without_tls_there_are_figures_and_no_certificate(figures: Figures) -> None:
    assert certificate_lines(figures) == []
    lines = tls_section(figures)
    assert "tls_clients:0" in lines
    assert "tls_certificate_loads:0" in lines
    assert b"# TLS" not in render(figures, [])
    assert render(figures, ["tls"]).startswith(b"# TLS\r\n")


def test_the_certificate_in_use_and_what_went_wrong(figures: Figures, tmp_path: Path) -> None:
    settings = figures.settings
    settings.tls_cert_file, settings.tls_key_file = map(str, make_certificate(tmp_path))
    figures.credentials.load()
    assert figures.credentials.certificate is not None
    figures.credentials.note("the new one is no good")
    figures.doorman.handshakes.failed("plaintext", "somebody")
    lines = tls_section(figures)
    assert settings.tls_cert_file.endswith("node.crt")
    assert f"tls_server_cert_serial:{figures.credentials.certificate.serial}" in lines
    assert "tls_ca_cert_serial:none" in lines
    assert "tls_certificate_problem:the new one is no good" in lines
    assert "tls_handshakes_failed_plaintext:1" in lines
    assert b"tls_cert_issuer:CN=node" in render(figures, ["server"])
    text = b"".join(pieces(figures)).decode()
    assert "dflite_tls_certificate_problem 1.0" in text
    assert 'dflite_tls_handshake_failures_total{reason="plaintext"} 1.0' in text
