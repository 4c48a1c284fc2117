"""Certificates for servers on the loopback, made when a test asks for them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.x509.oid import NameOID

DAY: Final = timedelta(days=1)
HOST: Final = ip_address("127.0.0.1")


@dataclass(frozen=True, slots=True)
class Certified:
    """PEM files: who signs, a certificate with its key behind it, and both apart."""

    ca: Path
    both: Path
    certificate: Path
    key: Path


def certified(directory: Path, *, name: str = "server", host: str = str(HOST)) -> Certified:
    """A new authority and one certificate of it for `host`, in `directory`."""
    directory.mkdir(parents=True, exist_ok=True)
    authority, key = generate_private_key(SECP256R1()), generate_private_key(SECP256R1())
    signer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"authority of {name}")])
    root = _unsigned(signer, signer, authority).add_extension(x509.BasicConstraints(True, None), critical=True)
    leaf = _unsigned(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), signer, key).add_extension(
        x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False
    )
    made = Certified(*(directory / f"{name}-{what}.pem" for what in ("ca", "both", "certificate", "key")))
    made.ca.write_bytes(_pem(root.sign(authority, hashes.SHA256())))
    made.certificate.write_bytes(_pem(leaf.sign(authority, hashes.SHA256())))
    made.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    made.both.write_bytes(made.key.read_bytes() + made.certificate.read_bytes())
    return made


def _unsigned(subject: x509.Name, signer: x509.Name, key: EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
