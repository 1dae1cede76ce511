"""What is wrong with a link: the sentence names what to set."""

import ssl

import pytest

from dflite.base.errors import CommandError
from dflite.persistence.rdb_file import DamagedFile
from dflite.server.link_problems import describe, of_tls


def with_reason(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, "something")
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("reason", "named"),
    [
        ("WRONG_VERSION_NUMBER", "speaks no TLS"),
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "--tls_client_cert_file"),
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "--tls_auth_clients=no"),
        ("TLSV1_ALERT_UNKNOWN_CA", "its --tls_ca_cert_file"),
        ("NO_SHARED_CIPHER", "TLS: no shared cipher"),
    ],
)
def test_openssls_reasons_are_explained(reason: str, named: str) -> None:
    assert named in of_tls(with_reason(reason))


def test_a_certificate_that_nobody_vouches_for_is_a_matter_of_the_authority() -> None:
    error = ssl.SSLCertVerificationError(1, "failed")
    error.verify_message = "self-signed certificate"
    assert "(self-signed certificate): --tls_ca_cert_file" in of_tls(error)


def test_what_cannot_be_loaded_is_said_to_be_so() -> None:
    assert describe(DamagedFile("it ends")) == "the snapshot cannot be loaded: it ends"
    assert describe(CommandError()).startswith("functions of the snapshot")
    assert describe(OSError("no more")) == "no more"
