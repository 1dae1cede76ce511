"""The certificate in use: taken up anew with its files, never given up for a worse one."""

import os
from pathlib import Path

import pytest

from dflite.server import credentials as module
from dflite.server.credentials import Certificate, Credentials, date_text, name_text
from dflite.server.logs import LOG
from dflite.settings.settings import Settings
from dflite.settings.values import Refused
from tests.support.certificates import make_certificate


@pytest.fixture
def credentials(tmp_path: Path) -> Credentials:
    settings = Settings()
    certificate, key = make_certificate(tmp_path)
    settings.tls_cert_file, settings.tls_key_file = str(certificate), str(key)
    made = Credentials(settings)
    made.load()
    return made


def replace(credentials: Credentials, folder: Path) -> None:
    """Another certificate under the same names."""
    other = folder / "other"
    other.mkdir(exist_ok=True)
    certificate, key = make_certificate(other)
    os.replace(certificate, credentials.settings.tls_cert_file)
    os.replace(key, credentials.settings.tls_key_file)


def test_what_the_certificate_says_is_known(credentials: Credentials) -> None:
    certificate = credentials.certificate
    assert certificate is not None
    assert certificate.subject == certificate.issuer == "CN=node"
    assert 29 * 86_400 < certificate.left_s() < 31 * 86_400
    assert date_text(0) == "1970-01-01 00:00 UTC"
    assert name_text(((("organizationName", "O"),), (("commonName", "c"),))) == "O=O, CN=c"


def test_nothing_happens_while_files_stay(credentials: Credentials) -> None:
    context = credentials.context
    credentials.tick()
    assert credentials.context is context
    assert credentials.reloads == 0


def test_changed_files_are_taken_up(credentials: Credentials, tmp_path: Path) -> None:
    before = credentials.certificate
    assert before is not None
    replace(credentials, tmp_path)
    credentials.tick()
    assert credentials.certificate is not None
    assert credentials.certificate.serial != before.serial
    assert (credentials.reloads, credentials.problem) == (1, "")


def test_half_a_change_is_waited_out(credentials: Credentials, tmp_path: Path) -> None:
    context = credentials.context
    key = Path(credentials.settings.tls_key_file)
    old_key = key.read_bytes()
    replace(credentials, tmp_path)
    new_key = key.read_bytes()
    key.write_bytes(old_key)
    credentials.tick()
    credentials.tick()
    assert credentials.context is context
    assert (credentials.reloads, credentials.problem) == (0, "")
    key.write_bytes(new_key)
    credentials.tick()
    assert credentials.context is not context
    assert credentials.problem == ""


def test_a_bad_certificate_is_told_of_after_a_while(
    credentials: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 0.0)
    context = credentials.context
    Path(credentials.settings.tls_cert_file).write_text("no certificate")
    credentials.tick()
    assert credentials.context is context
    assert "no PEM files" in credentials.problem
    assert credentials.failures == 1
    credentials.tick()
    assert credentials.failures == 1


def test_a_reload_that_fails_is_told_of_at_once(credentials: Credentials) -> None:
    context = credentials.context
    os.unlink(credentials.settings.tls_key_file)
    credentials.reload("SIGHUP received")
    assert credentials.context is context
    assert credentials.problem.startswith("cannot read")


def test_a_reload_makes_a_new_context(credentials: Credentials) -> None:
    context = credentials.context
    credentials.reload("SIGHUP received")
    assert credentials.context is not context
    assert credentials.reloads == 1


def test_the_end_of_a_certificate_is_warned_of_once_a_stage(
    credentials: Credentials, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LOG, "propagate", True)
    certificate = credentials.certificate
    assert certificate is not None
    credentials.warned_days = len(module.WARN_DAYS)
    with caplog.at_level("WARNING", "dflite"):
        for days in (20, 19, 1.5, -1):
            certificate.not_after = int(certificate.not_before + 86_400 + days * 86_400)
            credentials.warn_of_end()
    words = [record.getMessage() for record in caplog.records]
    assert len(words) == 3
    assert "has expired" in words[-1]


def test_a_file_that_is_no_certificate_is_refused(credentials: Credentials, tmp_path: Path) -> None:
    credentials.settings.tls_cert_file = str(tmp_path / "missing")
    with pytest.raises(Refused):
        credentials.load()
    assert isinstance(credentials.certificate, Certificate)


def test_without_tls_there_is_nothing_to_look_at(credentials: Credentials) -> None:
    credentials.drop()
    credentials.tick()
    assert credentials.context is None
