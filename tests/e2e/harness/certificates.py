"""A certificate authority of the tests' own, and a server's certificate that it signs."""

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Certificate:
    ca: Path  # what clients trust
    certificate: Path
    key: Path


def make(folder, names):
    """For host names, wildcards among them, and IP addresses."""
    folder.mkdir(parents=True, exist_ok=True)
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca_name, name = (_name(text) for text in ("certificate authority of the tests", "server of the tests"))
    ca = _unsigned(ca_name, ca_name, ca_key).add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
    server = _unsigned(name, ca_name, key).add_extension(
        x509.SubjectAlternativeName([_alternative(each) for each in names]), False
    )
    made = Certificate(folder / "ca.pem", folder / "public.crt", folder / "private.key")
    for path, certificate in ((made.ca, ca), (made.certificate, server)):
        signed = certificate.sign(ca_key, hashes.SHA256())
        path.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    made.key.write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ))  # fmt: skip
    return made


def _unsigned(subject, issuer, key):
    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
    )


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _alternative(name):
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
