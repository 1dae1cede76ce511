"""Certificates that the node makes for itself: an authority of its own, which signs the node's.

Clients trust the authority once, and the certificate can be made anew (when it nears its end, or
the node has another address) without a word to them. Keys are on the curve P-256: a handshake costs
a fraction of what it costs with RSA.
"""

import os
import socket
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from dflite.server.own_files import OwnFiles
from dflite.server.private_files import close_to_others, write_private

AUTHORITY_DAYS: Final = 3650
NODE_DAYS: Final = 397
RENEWED_DAYS: Final = 30  # before its end
SKEW: Final = timedelta(days=1)  # of a client's clock

Key = ec.EllipticCurvePrivateKey


def furnish(files: OwnFiles, names: list[str], now: datetime | None = None) -> list[str]:
    """Have a valid certificate for these names at hand; what was made, in words."""
    now = now or datetime.now(UTC)
    done = []
    authority = read_authority(files, now)
    if authority is None:
        authority = make_authority(now)
        write_private(files.authority_key, key_pem(authority[1]))
        write_private(files.authority, authority[0].public_bytes(serialization.Encoding.PEM))
        done.append(f"made an authority for certificates: clients have to trust {files.authority}")
    if done or not is_good(files, authority[0], names, now):
        certificate, key = make_certificate(authority, names, now)
        chain = b"".join(
            [one.public_bytes(serialization.Encoding.PEM) for one in (certificate, authority[0])]
        )
        write_private(files.key, key_pem(key))
        write_private(files.certificate, chain)
        done.append(f"made a certificate for {', '.join(names)}: {files.certificate}")
    for path in files.all():
        if close_to_others(path):
            done.append(f"took the right to read {path} away from others")
    return done


def read_authority(files: OwnFiles, now: datetime) -> tuple[x509.Certificate, Key] | None:
    """The authority that was made before, if it still serves."""
    if not os.path.exists(files.authority) or not os.path.exists(files.authority_key):
        return None
    try:
        with open(files.authority, "rb") as file:
            certificate = x509.load_pem_x509_certificate(file.read())
        with open(files.authority_key, "rb") as file:
            key = serialization.load_pem_private_key(file.read(), None)
    except ValueError:
        return None
    left = certificate.not_valid_after_utc - now
    if left < timedelta(days=RENEWED_DAYS) or not isinstance(key, ec.EllipticCurvePrivateKey):
        return None
    return (certificate, key) if key.public_key() == certificate.public_key() else None


def is_good(files: OwnFiles, authority: x509.Certificate, names: list[str], now: datetime) -> bool:
    """Is the certificate at hand signed by the authority, for these names, and to last?"""
    if not os.path.exists(files.certificate) or not os.path.exists(files.key):
        return False
    try:
        with open(files.certificate, "rb") as file:
            certificate = x509.load_pem_x509_certificate(file.read())
        with open(files.key, "rb") as file:
            key = serialization.load_pem_private_key(file.read(), None)
        certificate.verify_directly_issued_by(authority)
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except Exception:  # whatever is wrong with it, another one is made
        return False
    known = set(found.get_values_for_type(x509.DNSName))
    known |= {str(address) for address in found.get_values_for_type(x509.IPAddress)}
    return (
        key.public_key() == certificate.public_key()
        and known.issuperset(names)
        and certificate.not_valid_before_utc <= now
        and certificate.not_valid_after_utc - now > timedelta(days=RENEWED_DAYS)
    )


def make_authority(now: datetime) -> tuple[x509.Certificate, Key]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "dflite"),
            x509.NameAttribute(
                NameOID.COMMON_NAME, f"dflite authority of {socket.gethostname()[:40]}"
            ),
        ]
    )
    builder = new_builder(name, name, key, now, AUTHORITY_DAYS)
    certificate = (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return certificate, key


def make_certificate(
    authority: tuple[x509.Certificate, Key], names: list[str], now: datetime
) -> tuple[x509.Certificate, Key]:
    signer, signing_key = authority
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    days = min(NODE_DAYS, (signer.not_valid_after_utc - now).days)
    both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    certificate = (
        new_builder(subject, signer.subject, key, now, days)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(both), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()),
            critical=False,
        )
        .add_extension(
            x509.SubjectAlternativeName([general_name(name) for name in names]), critical=False
        )
        .sign(signing_key, hashes.SHA256())
    )
    return certificate, key


def new_builder(
    subject: x509.Name, issuer: x509.Name, key: Key, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def usage(signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def key_pem(key: Key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
