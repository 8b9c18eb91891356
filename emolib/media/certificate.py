"""The certificate that signs our films: made on this computer, once, kept in the cache folder.

It has the form C2PA asks for (an authority, and a leaf for e-mail protection, ES256), but no
authority outside this computer vouches for it.
"""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from emolib.base.files import cache_dir, write_text

YEARS = 10
RENEW_DAYS = 30
NO_USES = (  # what the key is not for; X.509 wants each denied by name
    "content_commitment key_encipherment data_encipherment key_agreement encipher_only"
    " decipher_only"
)


@dataclass(frozen=True)
class Credentials:
    """A certificate chain (leaf, then authority) and the leaf's private key, as PEM text."""

    chain: str
    authority: str
    key: str


def own_credentials() -> Credentials:
    """This computer's certificate, made at first use and kept in the cache folder.

    Raises:
        ResourceError: the folder cannot be written.
    """
    if kept := kept_credentials():
        return kept
    file = _file()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with FileLock(file.with_suffix(".lock")):
        if kept := kept_credentials():  # another process was first
            return kept
        made = make_credentials()
        write_text(file, json.dumps(vars(made), indent=1)).chmod(0o600)
        return made


def make_credentials() -> Credentials:
    """A new authority and a leaf it signs, both P-256, valid for ten years."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    now = datetime.datetime.now(datetime.UTC)
    keys = {who: ec.generate_private_key(ec.SECP256R1()) for who in ("authority", "signer")}
    organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "emolib, local certificate")
    names = {
        who: x509.Name([organisation, x509.NameAttribute(NameOID.COMMON_NAME, f"emolib {who}")])
        for who in keys
    }

    def certificate(who: str) -> str:
        top = who == "authority"
        uses = dict.fromkeys(NO_USES.split(), False)
        uses |= {"digital_signature": not top, "key_cert_sign": top, "crl_sign": top}
        issuer = keys["authority"].public_key()
        extensions = [
            (x509.BasicConstraints(ca=top, path_length=0 if top else None), True),
            (x509.KeyUsage(**uses), True),
            (x509.SubjectKeyIdentifier.from_public_key(keys[who].public_key()), False),
            (x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer), False),
        ]
        if not top:  # C2PA asks for a purpose; e-mail protection is the one it takes by default
            purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
            extensions.append((purpose, False))
        builder = (
            x509.CertificateBuilder()
            .subject_name(names[who])
            .issuer_name(names["authority"])
            .public_key(keys[who].public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))  # clocks differ a little
            .not_valid_after(now + datetime.timedelta(days=365 * YEARS))
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        signed = builder.sign(keys["authority"], hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.PEM).decode()

    authority = certificate("authority")
    key = keys["signer"].private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return Credentials(certificate("signer") + authority, authority, key.decode())


def _file() -> Path:
    return cache_dir() / "provenance" / "signer.json"


def kept_credentials() -> Credentials | None:
    """The stored certificate, unless there is none, it is unreadable, or it ends soon."""
    from cryptography import x509

    try:
        kept = Credentials(**json.loads(_file().read_text(encoding="utf-8")))
        leaf = x509.load_pem_x509_certificate(kept.chain.encode())
    except (OSError, ValueError, TypeError):
        return None
    left = leaf.not_valid_after_utc - datetime.datetime.now(datetime.UTC)
    return kept if left > datetime.timedelta(days=RENEW_DAYS) else None
