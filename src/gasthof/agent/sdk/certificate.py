# ruff: noqa: PTH123
"""The try-out's certificate authority and the certificates it gives out (RFC 5280). Keys are EC P-256 and never leave this machine."""

import os
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gasthof.agent.sdk import read

KEY, CERTIFICATE = "key.pem", "cert.pem"
AUTHORITY_LIFE, LEAF_LIFE = timedelta(days=3650), timedelta(days=90)
RENEW_BEFORE = timedelta(days=30)
BACKDATED = timedelta(hours=1)  # clients' clocks go wrong, too
LONGEST_COMMON_NAME = 64  # RFC 5280, ub-common-name


@dataclass(frozen=True)
class Authority:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class CertificateFact:
    """What a certificate's folder holds."""

    names: tuple[str, ...] = ()
    current: bool = False  # valid now, for RENEW_BEFORE longer, given out by today's authority, and the key fits
    wrong: str = ""  # why it is not current, unless it is only due


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def load_key(pem: bytes) -> ec.EllipticCurvePrivateKey | None:
    """The key, or None for what is none of ours."""
    try:
        key = serialization.load_pem_private_key(pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, ec.EllipticCurvePrivateKey) else None


def load_certificate(pem: bytes) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError:
        return None


@lru_cache(maxsize=2)
def _signer(pem: bytes) -> bytes | None:
    """An authority's subject key identifier, b"" for one without (RFC 5280, 4.2.1.2). None for no certificate. Read once for many that it gave out."""
    authority = load_certificate(pem)
    if authority is None:
        return None
    try:
        return authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        return b""


def new_authority(key: ec.EllipticCurvePrivateKey, now: datetime, label: str) -> bytes:
    """A self-signed authority's certificate, PEM. label tells two installations apart in a browser's list."""
    name = _name(f"Gasthof local authority {label}")
    public = key.public_key()
    usage = _usage(authority=True)
    builder = (
        _builder(name, name, public, now, AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def give_out(authority: Authority, key: ec.EllipticCurvePrivateKey, names: tuple[str, ...], now: datetime) -> bytes:
    """A server certificate for these A-labels or addresses, PEM."""
    public, issuer = key.public_key(), authority.certificate
    signer = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = (
        _builder(_name(names[0]), issuer.subject, public, now, LEAF_LIFE)
        .add_extension(x509.SubjectAlternativeName([_entry(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(signer), critical=False)
    )
    return builder.sign(authority.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def inspect(key: bytes, certificate: bytes, authority: bytes, now: datetime) -> CertificateFact:
    """Judge a key and its certificate, both PEM, against today's authority's certificate."""
    found, held, signer = load_certificate(certificate), load_key(key), _signer(authority)
    if not found or not held or signer is None:
        return CertificateFact(wrong=_absent(key, certificate, held is not None))
    lasting = found.not_valid_before_utc <= now and now + RENEW_BEFORE <= found.not_valid_after_utc
    wrong = ""
    if found.public_key() != held.public_key():
        wrong = "does not fit its key"
    elif not _given_out_by(found, signer):
        wrong = "given out by another authority"
    return CertificateFact(_names(found), lasting and not wrong, wrong)


def _absent(key: bytes, certificate: bytes, key_is_one: bool) -> str:
    if not key or not certificate:
        return "missing" if key else "its key is missing"
    return "not readable" if key_is_one else "its key is not readable"


def look(folder: Path, group: str | int, authority: Path, now: datetime) -> CertificateFact:
    """What LocalCertificate left in this folder, its key's mode and owners included."""
    fact, key = read.file(folder / KEY)
    found = inspect(key, read.file(folder / CERTIFICATE)[1], content(authority), now)
    if not key or (fact.mode == 0o640 and fact.owner == "root" and group in (fact.gid, fact.group)):
        return found
    words = f"its key has mode {fact.mode:04o} and belongs to {fact.owner}:{fact.group}, not 0640 root:{group}"
    return replace(found, current=False, wrong=words)


def load_authority(key_path: Path, certificate_path: Path) -> Authority:
    """RuntimeError when this node has none yet."""
    key, certificate = load_key(content(key_path)), load_certificate(content(certificate_path))
    if not key or not certificate or certificate.public_key() != key.public_key():
        raise RuntimeError(f"no usable certificate authority in {key_path} and {certificate_path}")
    return Authority(certificate, key)


def content(path: Path) -> bytes:
    """Empty where there is no file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return b""
    with open(descriptor, "rb") as handle:
        return handle.read()


def _given_out_by(found: x509.Certificate, signer: bytes) -> bool:
    try:
        named = found.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    except x509.ExtensionNotFound:
        return False
    return bool(signer) and named == signer


def _entry(name: str) -> x509.GeneralName:
    """The panel is reached by address, too."""
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _names(found: x509.Certificate) -> tuple[str, ...]:
    try:
        value = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(str(entry.value) for entry in value)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)] if len(text) <= LONGEST_COMMON_NAME else [])


def _builder(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + life)
    )


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
