"""The certificate in use: loaded, watched, taken up anew without dropping a connection.

A connection keeps the context it began with, so a change is for those that come. Files are looked
at each second (a `stat` each). What has changed is taken up once all of it is good: who replaces a
certificate and its key writes one before the other, and half a file first. If it is not good within
`PATIENCE_S`, the old certificate goes on serving, and the log, INFO and the metrics say so.
"""

import _ssl
import os
import ssl
import time
from datetime import UTC, datetime
from typing import Final

from dflite.server.logs import LOG, NOTICE
from dflite.server.tls import make_context
from dflite.settings.settings import Settings
from dflite.settings.values import Refused

PATIENCE_S: Final = 5.0
DAY_S: Final = 86_400
WARN_DAYS: Final = (30, 14, 7, 3, 1, 0)  # before the end: one line each

Mark = tuple[int, int, int]


class Certificate:
    """What a certificate file says."""

    def __init__(self, path: str) -> None:
        facts = _ssl._test_decode_cert(path)  # type: ignore[attr-defined]
        self.subject = name_text(facts.get("subject", ()))
        self.issuer = name_text(facts.get("issuer", ()))
        self.serial = str(facts.get("serialNumber", ""))
        self.not_before = ssl.cert_time_to_seconds(facts["notBefore"])
        self.not_after = ssl.cert_time_to_seconds(facts["notAfter"])

    def left_s(self) -> int:
        """Seconds until it expires; negative afterwards."""
        return self.not_after - int(time.time())


class Credentials:
    """The context that new connections get."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.context: ssl.SSLContext | None = None
        self.certificate: Certificate | None = None
        self.authority: Certificate | None = None  # that signs clients'
        self.problem = ""  # why what the files hold now is not in use
        self.loaded_s = 0
        self.reloads = 0
        self.failures = 0
        self.marks: dict[str, Mark] = {}
        self.changed_at = 0.0  # when files were seen changed that are not in use yet
        self.looked_at = 0.0
        self.warned_days = len(WARN_DAYS)

    def load(self) -> None:
        """Use what the settings and their files say; Refused leaves everything as it is."""
        marks = self.look()
        context = make_context(self.settings)
        certificate = read_certificate(self.settings.tls_cert_file)
        authority = self.settings.tls_ca_cert_file
        self.authority = read_certificate(authority) if authority else None
        self.marks = marks
        self.context = context
        self.certificate = certificate
        self.problem = ""
        self.changed_at = 0.0
        self.loaded_s = int(time.time())
        self.warned_days = len(WARN_DAYS)
        self.warn_of_end()

    def drop(self) -> None:
        """TLS is spoken nowhere any more."""
        self.context = self.certificate = self.authority = None
        self.problem = ""
        self.changed_at = 0.0

    def reload(self, why: str) -> None:
        """The same for who cannot be refused: what is no good is told in the log, and in INFO."""
        before = self.certificate
        try:
            self.load()
        except Refused as refusal:
            self.note(str(refusal))
            return
        self.reloads += 1
        assert self.certificate is not None
        same = before is not None and before.serial == self.certificate.serial
        what = "the same certificate" if same else f"new certificate {self.certificate.subject}"
        until = date_text(self.certificate.not_after)
        LOG.log(NOTICE, "TLS: %s: %s, valid until %s", why, what, until)

    def note(self, problem: str) -> None:
        self.failures += 1
        self.problem = problem
        LOG.warning("TLS: %s; the certificate in use stays", problem)

    def tick(self) -> None:
        """To be called each second: have files changed, does the certificate end?"""
        if self.context is None:
            return
        now = time.monotonic()
        if now - self.looked_at < self.settings.tls_auto_reload_interval:
            return
        self.looked_at = now
        marks = self.look()
        if marks != self.marks:
            self.marks = marks
            self.changed_at = now
            self.try_files(now)
        elif self.changed_at:
            self.try_files(now)
        self.warn_of_end()

    def try_files(self, now: float) -> None:
        """Take up changed files if they are good; say so if they have not been for a while."""
        before = self.certificate
        try:
            self.load()
        except Refused as refusal:
            if now - self.changed_at >= PATIENCE_S:
                self.changed_at = 0.0  # until they change again
                self.note(str(refusal))
            return
        self.reloads += 1
        assert self.certificate is not None
        if before is None or before.serial != self.certificate.serial:
            LOG.log(
                NOTICE,
                "TLS: the files have changed: new certificate %s, valid until %s",
                self.certificate.subject,
                date_text(self.certificate.not_after),
            )

    def look(self) -> dict[str, Mark]:
        """What tells a changed file from the one that was loaded."""
        settings = self.settings
        marks = {}
        for path in (
            settings.tls_cert_file,
            settings.tls_key_file,
            settings.tls_ca_cert_file,
            settings.tls_ca_cert_dir,
        ):
            if path:
                try:
                    found = os.stat(path)
                    marks[path] = (found.st_mtime_ns, found.st_size, found.st_ino)
                except OSError:
                    marks[path] = (0, 0, 0)
        return marks

    def warn_of_end(self) -> None:
        """A line in the log for each of WARN_DAYS that comes nearer."""
        if self.certificate is None:
            return
        left_s = self.certificate.left_s()
        reached = sum([left_s > days * DAY_S for days in WARN_DAYS])
        if reached >= self.warned_days:
            return
        self.warned_days = reached
        until = date_text(self.certificate.not_after)
        if left_s <= 0:
            LOG.warning("TLS: the certificate has expired on %s: clients will refuse it", until)
        else:
            LOG.warning("TLS: the certificate expires on %s, in %d days", until, left_s // DAY_S)


def read_certificate(path: str) -> Certificate:
    """The first of a file."""
    try:
        return Certificate(path)
    except ssl.SSLError:
        raise Refused(f"{path} holds no certificate") from None


def name_text(parts: object) -> str:
    """CN=node, O=Example."""
    short = {"commonName": "CN", "organizationName": "O", "organizationalUnitName": "OU"}
    words = []
    if isinstance(parts, tuple):
        for part in parts:
            for name, value in part:
                words.append(f"{short.get(name, name)}={value}")
    return ", ".join(words)


def date_text(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
