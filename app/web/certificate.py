"""The certificate of the page on the network: made here, for this computer, and shown by its fingerprint.

No authority knows it, so a browser warns once; whoever compares the fingerprint knows that it is this computer. It is
kept, so that the warning comes once for each phone and not at each practice.
"""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dowel.settings.extras import check_extra
from dowel.settings.trims import DATA_VARIABLE, data_folder
from dowel.text.atomic_write import write_own

if TYPE_CHECKING:
    from cryptography import x509

VALID_DAYS: Final = 397
"""Apple's browsers refuse certificates that hold for longer (its support page HT211025)."""
RENEW_DAYS: Final = 14
"""One that ends so soon is replaced, so that none ends in a practice."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A PEM file with key and certificate, and the certificate's SHA-256 fingerprint as browsers show it."""

    path: Path
    fingerprint: str


def certificate_for(names: Sequence[str], now: datetime | None = None) -> Certificate:
    """The certificate for these names and addresses: the kept one where it fits, else a new one.

    Raises ``UsageError`` where the extra for it is not installed, ``InputError`` where it cannot be kept.
    """
    check_extra("phone", "Other devices")
    from cryptography.hazmat.primitives import hashes

    now = now or datetime.now(UTC)
    path = data_folder() / "page-certificate.pem"
    kept = _kept(path)
    if kept is None or not _fits(kept, names, now):
        kept = _made(path, names, now)
    digest = kept.fingerprint(hashes.SHA256()).hex().upper()
    return Certificate(path, ":".join(digest[place : place + 2] for place in range(0, len(digest), 2)))


def _kept(path: Path) -> x509.Certificate | None:
    from cryptography import x509

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path)  # with a key that fits
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):  # none yet, or damaged: a new one is made
        return None


def _fits(kept: x509.Certificate, names: Sequence[str], now: datetime) -> bool:
    from cryptography import x509

    if not kept.not_valid_before_utc <= now <= kept.not_valid_after_utc - timedelta(days=RENEW_DAYS):
        return False
    told = kept.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return set(map(_name, names)) <= set(told)


def _name(name: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _made(path: Path, names: Sequence[str], now: datetime) -> x509.Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Dowel on this computer")])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # a phone's clock may be behind
        .not_valid_after(now + timedelta(days=VALID_DAYS - 1))
        .add_extension(x509.SubjectAlternativeName(list(map(_name, names))), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem = private + made.public_bytes(serialization.Encoding.PEM)
    write_own(path, pem.decode(), f"Set {DATA_VARIABLE} to another folder.")
    return made
