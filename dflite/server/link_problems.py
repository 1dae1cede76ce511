"""What is wrong with a link to another node, in sentences that name the setting to look at."""

import ssl
from typing import Final

from dflite.base.errors import CommandError
from dflite.persistence.rdb_file import DamagedFile

# What a TLS port says to who does not speak TLS begins so: an alert.
ALERT: Final = b"\x15\x03"
PLAIN: Final = (
    "WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG",
    "UNEXPECTED_MESSAGE", "BAD_RECORD_TYPE", "HTTP_REQUEST",
)  # fmt: skip
WANTS_CERTIFICATE: Final = (
    "TLSV13_ALERT_CERTIFICATE_REQUIRED",
    "SSLV3_ALERT_HANDSHAKE_FAILURE",
    "SSLV3_ALERT_BAD_CERTIFICATE",
)
UNKNOWN_AUTHORITY: Final = "TLSV1_ALERT_UNKNOWN_CA"
SPEAKS_TLS: Final = "it speaks TLS: this node needs --tls_replication for that"
MAY_SPEAK_TLS: Final = (
    "it closed the connection without a word; if it speaks TLS, this node needs --tls_replication"
)
MAY_SPEAK_NO_TLS: Final = (
    "the TLS handshake takes too long: perhaps it speaks no TLS there, and --tls_replication is on"
)


def describe(problem: BaseException) -> str:
    """Why an attempt to follow has ended."""
    if isinstance(problem, DamagedFile):
        return f"the snapshot cannot be loaded: {problem}"
    if isinstance(problem, CommandError):
        return f"functions of the snapshot cannot be loaded: {problem.wire().decode()}"
    return str(problem)


def of_tls(error: ssl.SSLError) -> str:
    """Why TLS has come to nothing."""
    reason = getattr(error, "reason", None) or ""
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"its certificate cannot be trusted ({error.verify_message}): "
            "--tls_ca_cert_file says whose signature is good"
        )
    if reason in PLAIN:
        return f"it speaks no TLS there, and --tls_replication is on ({words_of(reason)})"
    if reason in WANTS_CERTIFICATE:
        return (
            "it wants a certificate of this node: give --tls_client_cert_file and "
            f"--tls_client_key_file, or start it with --tls_auth_clients=no ({words_of(reason)})"
        )
    if reason == UNKNOWN_AUTHORITY:
        return (
            "it does not trust this node's certificate: its --tls_ca_cert_file says whose "
            f"signature is good ({words_of(reason)})"
        )
    return f"TLS: {words_of(reason) or error.strerror or error}"


def words_of(reason: str) -> str:
    """OpenSSL's reason as words."""
    return reason.replace("_", " ").lower()
