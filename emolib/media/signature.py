"""Content Credentials: a signed C2PA manifest inside a file, made and checked without a network.

A signature shows that a file is as it was written: any changed byte of sound or picture breaks it.
It does not tell a stranger who wrote it, because the certificate is our own (`certificate`).
Follows: C2PA specification 2.x by c2pa-python (extra [provenance]).
"""

from __future__ import annotations

import importlib.util
import json
import os
from dataclasses import dataclass
from pathlib import Path

from emolib import __version__
from emolib.base.errors import EmolibError, MissingExtra
from emolib.base.files import atomic_path
from emolib.media.certificate import kept_credentials, own_credentials

SIGNABLE = {".mp4", ".m4v", ".mov", ".png", ".jpg", ".jpeg"}  # what C2PA has a place in
FACTS_LABEL = "org.emolib.facts"
SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
OFFLINE = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False}}
UNTRUSTED = "signingCredential.untrusted"
PACKAGES = {"c2pa": "c2pa-python", "cryptography": "cryptography"}


@dataclass(frozen=True)
class Signature:
    """What the manifest inside a file says.

    Attributes:
        state: "none", "intact", "broken", or "unchecked" (there is one, but the extra is missing).
        generated: it states that the content comes from a trained model.
        own: the certificate is this computer's own.
        issuer: organisation named in the certificate.
        facts: what the maker stated about the file.
        problems: C2PA status codes of what does not hold.
    """

    state: str
    generated: bool = False
    own: bool = False
    issuer: str = ""
    facts: dict | None = None
    problems: tuple[str, ...] = ()


def missing_package() -> str | None:
    """The first package of the extra [provenance] that is not installed, or None."""
    return next((p for m, p in PACKAGES.items() if importlib.util.find_spec(m) is None), None)


def why_unsigned(path: str | os.PathLike) -> str | None:
    """Why a file of this name cannot be signed here, or None if it can."""
    if package := missing_package():
        return str(MissingExtra(package, "provenance"))
    suffix = Path(path).suffix.lower()
    if suffix not in SIGNABLE:
        return f"C2PA has no place in {suffix} files; .mp4 has"
    return None


def sign_file(path: str | os.PathLike, facts: dict, title: str) -> None:
    """Put a signed manifest with these facts into a finished file, in place.

    Raises:
        MissingExtra: c2pa-python or cryptography is not installed.
        ResourceError: the certificate cannot be kept, or the file cannot be written.
        EmolibError: C2PA refuses the file.
    """
    if package := missing_package():
        raise MissingExtra(package, "provenance")
    import c2pa

    mine = own_credentials()
    action = {"action": "c2pa.created", "digitalSourceType": SOURCE_TYPE}
    manifest = {
        "claim_generator_info": [{"name": "emolib", "version": __version__}],
        "title": title,
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": [action]}},
            {"label": FACTS_LABEL, "data": facts},
        ],
    }
    info = c2pa.C2paSignerInfo("es256", mine.chain.encode(), mine.key.encode(), None)
    try:
        with (
            atomic_path(path) as signed,
            c2pa.Signer.from_info(info) as signer,
            c2pa.Builder(manifest) as builder,
        ):
            builder.sign_file(str(path), str(signed), signer)
    except c2pa.C2paError as error:
        raise EmolibError(f"C2PA cannot sign this file ({error})", file=path) from error


def check_signature(path: str | os.PathLike) -> Signature:
    """Whether a file carries a manifest, and whether the file is still what was signed."""
    if Path(path).suffix.lower() not in SIGNABLE:
        return Signature("none")
    if missing_package():
        return Signature("unchecked" if _carries_manifest(Path(path)) else "none")
    import c2pa

    kept = kept_credentials()
    settings = OFFLINE | ({"trust": {"trust_anchors": kept.authority}} if kept else {})
    try:
        with (
            c2pa.Context.from_dict(settings) as context,
            c2pa.Reader(str(path), context=context) as reader,
        ):
            state = reader.get_validation_state()
            report = json.loads(reader.json())
    except c2pa.C2paError.ManifestNotFound:
        return Signature("none")
    except c2pa.C2paError as error:
        return Signature("broken", problems=(str(error).split("\n")[0],))
    active = report["manifests"].get(report.get("active_manifest"), {})
    failures = report.get("validation_results", {}).get("activeManifest", {}).get("failure", [])
    assertions = active.get("assertions", [])
    sources = [
        action.get("digitalSourceType", "").lower()
        for assertion in assertions
        if assertion["label"].startswith("c2pa.actions")
        for action in assertion["data"].get("actions", [])
    ]
    stated = [one["data"] for one in assertions if one["label"] == FACTS_LABEL]
    return Signature(
        state="intact" if state in ("Valid", "Trusted") else "broken",
        generated=any("trainedalgorithmic" in source for source in sources),
        own=state == "Trusted",
        issuer=active.get("signature_info", {}).get("issuer", ""),
        facts=stated[0] if stated else None,
        problems=tuple(f["code"] for f in failures if f["code"] != UNTRUSTED),
    )


def _carries_manifest(path: Path) -> bool:
    """Whether the bytes that open a C2PA store occur in the file."""
    tail = b""
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            if b"jumdc2pa" in tail + block:
                return True
            tail = block[-8:]
    return False
