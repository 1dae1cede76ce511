"""What TLS ports speak: an SSL context made from the settings."""

import _ssl
import ctypes
import os
import ssl
import stat
from typing import Final

from dflite.settings.settings import Settings
from dflite.settings.values import Refused

VERSIONS: Final = {"TLSV1.2": ssl.TLSVersion.TLSv1_2, "TLSV1.3": ssl.TLSVersion.TLSv1_3}
# What a context is made of: it is made anew when CONFIG SET says one of them.
FOLLOWED: Final = (
    "tls",
    "tls_port",
    "tls_cert_file",
    "tls_key_file",
    "tls_key_file_pass",
    "tls_ca_cert_file",
    "tls_ca_cert_dir",
    "tls_auth_clients",
    "tls_protocols",
    "tls_ciphers",
    "tls_cipher_suites",
    "tls_prefer_server_ciphers",
    "tls_session_caching",
    "tls_dh_params_file",
)


def make_context(settings: Settings) -> ssl.SSLContext:
    """Refused tells in a sentence what cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    load_certificate(context, settings)
    if settings.tls_ca_cert_file or settings.tls_ca_cert_dir:
        load_ca(context, settings.tls_ca_cert_file, settings.tls_ca_cert_dir)
    context.verify_mode = verify_mode(settings)
    versions = read_versions(settings.tls_protocols)
    context.minimum_version, context.maximum_version = min(versions), max(versions)
    if settings.tls_ciphers:
        try:
            context.set_ciphers(settings.tls_ciphers)
        except ssl.SSLError:
            raise Refused(f"OpenSSL knows no tls_ciphers '{settings.tls_ciphers}'") from None
    if settings.tls_cipher_suites:
        set_suites(context, settings.tls_cipher_suites)
    if settings.tls_prefer_server_ciphers:
        context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
    else:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    context.options |= ssl.OP_NO_RENEGOTIATION
    if settings.tls_session_caching:
        context.num_tickets = 1
    else:
        context.options |= ssl.OP_NO_TICKET
        context.num_tickets = 0
    if settings.tls_dh_params_file:
        load_dh_params(context, settings.tls_dh_params_file)
    return context


def make_client_context(settings: Settings) -> ssl.SSLContext:
    """What is spoken with a primary. Refused tells what cannot be used.

    Whom one's own authority has signed is trusted whatever his name; where there is none, those of
    the system decide, and the name has to be right.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if settings.tls_ca_cert_file or settings.tls_ca_cert_dir:
        context.check_hostname = False
        load_ca(context, settings.tls_ca_cert_file, settings.tls_ca_cert_dir)
    else:
        context.load_default_certs()
    certificate, key = settings.tls_client_cert_file, settings.tls_client_key_file
    phrase = settings.tls_client_key_file_pass
    if not certificate:
        certificate, key = settings.tls_cert_file, settings.tls_key_file
        phrase = settings.tls_key_file_pass
    if certificate and key:
        check_readable(certificate)
        check_readable(key)
        try:
            context.load_cert_chain(certificate, key, phrase)
        except ssl.SSLError:
            raise Refused(f"{certificate} and {key} are no certificate and its key") from None
    versions = read_versions(settings.tls_protocols)
    context.minimum_version, context.maximum_version = min(versions), max(versions)
    return context


def set_suites(context: ssl.SSLContext, suites: str) -> None:
    """The cipher suites of TLS 1.3. Before Python 3.15 `ssl` has no words for them: OpenSSL has."""
    own = getattr(context, "set_ciphersuites", None)
    try:
        if own is not None:
            own(suites)
            return
        library = ctypes.CDLL(_ssl.__file__)
        # an SSLContext is the head of an object, and the pointer to OpenSSL's context behind it
        inner = ctypes.c_void_p.from_address(id(context) + object.__basicsize__)
        known = library.SSL_CTX_set_ciphersuites(inner, suites.encode()) == 1
    except ssl.SSLError:
        known = False
    except (AttributeError, OSError):
        raise Refused("this build of Python cannot choose tls_cipher_suites") from None
    if not known:
        raise Refused(f"OpenSSL knows no tls_cipher_suites '{suites}'")


def load_dh_params(context: ssl.SSLContext, path: str) -> None:
    check_readable(path)
    try:
        context.load_dh_params(path)
    except ssl.SSLError:
        raise Refused(f"{path} holds no Diffie-Hellman parameters in PEM") from None


def load_certificate(context: ssl.SSLContext, settings: Settings) -> None:
    certificate, key = settings.tls_cert_file, settings.tls_key_file
    if not certificate or not key:
        raise Refused(
            "TLS needs a certificate and its key: give --tls_cert_file and --tls_key_file"
        )
    check_readable(certificate)
    check_readable(key)
    try:
        # An empty pass phrase, because without any OpenSSL would ask for it on the terminal.
        context.load_cert_chain(certificate, key, settings.tls_key_file_pass)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise Refused(
                f"the key in {key} is not that of the certificate in {certificate}"
            ) from None
        raise Refused(
            f"{certificate} and {key} are no PEM files of a certificate and its key, "
            "or tls_key_file_pass is wrong"
        ) from None


def check_authority(settings: Settings) -> None:
    """Refused if there is none where one is named."""
    path, folder = settings.tls_ca_cert_file, settings.tls_ca_cert_dir
    if path or folder:
        load_ca(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), path, folder)


def load_ca(context: ssl.SSLContext, path: str, folder: str) -> None:
    if path:
        check_readable(path)
    try:
        context.load_verify_locations(path or None, folder or None)
    except ssl.SSLError:
        raise Refused(f"{path} holds no certificates in PEM") from None


def check_readable(path: str) -> None:
    """OpenSSL would not say which file it is that cannot be read."""
    try:
        # whoever opens a pipe may wait for ever
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise Refused(f"cannot read {path}: {error.strerror or error}") from None
    if not regular:
        raise Refused(f"cannot read {path}: it is no file")


def read_versions(text: str) -> list[ssl.TLSVersion]:
    """The versions that tls_protocols names; nothing stands for all that are spoken."""
    versions = []
    for word in text.split() or VERSIONS:
        version = VERSIONS.get(word.upper())
        if version is None:
            raise Refused(f"tls_protocols takes TLSv1.2 and TLSv1.3, not '{word}'")
        versions.append(version)
    return versions


def verify_mode(settings: Settings) -> ssl.VerifyMode:
    """Must clients show a certificate? By default they must where there is a CA to check it by."""
    if not settings.tls_ca_cert_file and not settings.tls_ca_cert_dir:
        if settings.tls_auth_clients == "yes" and settings.given("tls_auth_clients"):
            raise Refused(
                "tls_auth_clients needs the CA that signs clients' certificates: "
                "give --tls_ca_cert_file or --tls_ca_cert_dir"
            )
        return ssl.CERT_NONE
    if settings.tls_auth_clients == "yes":
        return ssl.CERT_REQUIRED
    return ssl.CERT_OPTIONAL if settings.tls_auth_clients == "optional" else ssl.CERT_NONE
