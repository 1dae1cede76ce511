"""INFO tls: handshakes, clients, and the certificate in use."""

from dflite.server.credentials import Certificate, date_text
from dflite.server.figures import Figures


def tls_section(figures: Figures) -> list[str]:
    handshakes = figures.doorman.handshakes
    credentials = figures.credentials
    return [
        *expiry_lines("server", credentials.certificate),
        *expiry_lines("client", None),  # the node shows its one certificate to everybody
        *expiry_lines("ca", credentials.authority),
        f"tls_clients:{figures.tls_clients()}",
        f"tls_handshakes_started:{handshakes.started}",
        f"tls_handshakes_completed:{handshakes.completed}",
        f"tls_handshakes_going_on:{len(handshakes.going)}",
        *[f"tls_handshakes_failed_{kind}:{n}" for kind, n in sorted(handshakes.failures.items())],
        f"tls_certificate_loads:{credentials.reloads + (credentials.loaded_s > 0)}",
        f"tls_certificate_last_load_time:{credentials.loaded_s}",
        f"tls_certificate_failures:{credentials.failures}",
        f"tls_certificate_problem:{credentials.problem}",
    ]


def expiry_lines(whose: str, certificate: Certificate | None) -> list[str]:
    """Serial number and rest of life, in Valkey's words."""
    serial = certificate.serial if certificate is not None else "none"
    left_s = max(certificate.left_s(), 0) if certificate is not None else 0
    return [f"tls_{whose}_cert_serial:{serial}", f"tls_{whose}_cert_expires_in_seconds:{left_s}"]


def certificate_lines(figures: Figures) -> list[str]:
    """The certificate in use, in Dragonfly's words; nothing where TLS is not spoken."""
    certificate = figures.credentials.certificate
    if certificate is None:
        return []
    return [
        f"tls_cert_subject:{certificate.subject}",
        f"tls_cert_issuer:{certificate.issuer}",
        f"tls_cert_not_before:{date_text(certificate.not_before)}",
        f"tls_cert_not_after:{date_text(certificate.not_after)}",
    ]
