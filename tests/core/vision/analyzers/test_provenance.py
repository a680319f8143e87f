"""Content Credentials are read from files that another program signed, with a certificate made here."""

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import c2pa
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from core import Projects
from core.services import Services
from core.vision.analyzers.provenance import labels, read_credentials
from core.vision.store import LabelCount
from tests.core.images.pictures import drawn, encoded

_SOURCES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_EMPTY = {"signer": "", "generator": "", "ai_made": False, "edited": False, "problems": []}


@pytest.fixture(scope="module")
def signer_info() -> c2pa.C2paSignerInfo:
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = _certificate("root", root_key, "root", root_key, is_root=True)
    leaf = _certificate("camera", key, "root", root_key, is_root=False)
    chain = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in (leaf, root))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return c2pa.C2paSignerInfo(b"es256", chain, private, None)


def _certificate(name: str, key: Any, issuer: str, issuer_key: Any, *, is_root: bool) -> x509.Certificate:
    def named(text: str) -> x509.Name:
        return x509.Name([
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Camera Works"),
            x509.NameAttribute(NameOID.COMMON_NAME, text),
        ])  # fmt: skip

    began = datetime.now(UTC) - timedelta(days=1)
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=is_root, crl_sign=is_root, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    made = (
        x509.CertificateBuilder(named(issuer), named(name), key.public_key(), x509.random_serial_number())
        .not_valid_before(began)
        .not_valid_after(began + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(authority, critical=False)
        .add_extension(usage, critical=True)
    )
    if not is_root:
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=True)
    return made.sign(issuer_key, hashes.SHA256())


def signed(info: c2pa.C2paSignerInfo, *actions: dict[str, str]) -> bytes:
    """Return a JPEG whose credentials name *actions*."""
    manifest = {
        "claim_generator_info": [{"name": "Pencil", "version": "2.1"}], "format": "image/jpeg",
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": list(actions)}}],
    }  # fmt: skip
    target = io.BytesIO()
    builder = c2pa.Builder(json.dumps(manifest))
    builder.sign(c2pa.Signer.from_info(info), "image/jpeg", io.BytesIO(encoded(drawn(1))), target)
    return target.getvalue()


def _read(data: bytes, tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "image").write_bytes(data)
    return dict(read_credentials(tmp_path / "image"))


def _created(source: str) -> dict[str, str]:
    return {"action": "c2pa.created", "digitalSourceType": _SOURCES + source}


def test_a_photograph_is_signed_by_its_camera_and_its_signer_is_on_no_list_of_trust(
    signer_info: c2pa.C2paSignerInfo, tmp_path: Path
) -> None:
    found = _read(signed(signer_info, _created("digitalCapture")), tmp_path)
    assert found == {
        "state": "valid", "signer": "Camera Works", "generator": "Pencil 2.1", "ai_made": False, "edited": False,
        "problems": ["signingCredential.untrusted"],
    }  # fmt: skip
    assert labels(found) == ["signed"]


@pytest.mark.parametrize("source", ["trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia"])
def test_what_a_model_made_is_said_to_be_ai_made(source: str, signer_info: c2pa.C2paSignerInfo, tmp_path: Path) -> None:
    found = _read(signed(signer_info, _created(source)), tmp_path)
    assert (found["ai_made"], found["edited"]) == (True, False)
    assert labels(found) == ["signed", "ai-made"]


def test_an_action_that_changes_the_image_makes_it_edited(signer_info: c2pa.C2paSignerInfo, tmp_path: Path) -> None:
    cropped = {"action": "c2pa.cropped"}
    found = _read(signed(signer_info, _created("digitalCapture"), cropped), tmp_path)
    assert labels(found) == ["signed", "edited"]


def test_another_file_format_and_other_metadata_are_no_edit(signer_info: c2pa.C2paSignerInfo, tmp_path: Path) -> None:
    harmless = {"action": "c2pa.converted"}, {"action": "c2pa.edited.metadata"}
    found = _read(signed(signer_info, _created("trainedAlgorithmicMedia"), *harmless), tmp_path)
    assert labels(found) == ["signed", "ai-made"]


def test_pixels_that_were_changed_after_signing_make_the_signature_invalid(
    signer_info: c2pa.C2paSignerInfo, tmp_path: Path
) -> None:
    data = bytearray(signed(signer_info, _created("trainedAlgorithmicMedia")))
    data[-40] ^= 255
    found = _read(bytes(data), tmp_path)
    assert found["state"] == "invalid"
    assert "assertion.dataHash.mismatch" in found["problems"]
    assert labels(found) == ["invalid signature"]


def test_an_image_without_credentials_has_none_in_any_format(tmp_path: Path) -> None:
    for format_ in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"):
        found = _read(encoded(drawn(2), format_), tmp_path)
        assert found == {"state": "none", **_EMPTY}
        assert labels(found) == ["no credentials"]


async def test_images_are_filtered_by_what_their_credentials_say(
    services: Services, project: Projects, signer_info: c2pa.C2paSignerInfo
) -> None:
    made = signed(signer_info, _created("trainedAlgorithmicMedia"))
    services.intake.add_images(project.id, [("made.jpg", made), ("plain.png", encoded(drawn(3)))])
    done = await services.analysis.analyze(project.id, analyzers=["provenance"])
    assert (done["analyzed"], done["failed"]) == (2, 0)
    assert services.analysis.store.labels(project.id, "provenance") == [
        LabelCount("ai-made", 1), LabelCount("no credentials", 1), LabelCount("signed", 1),
    ]  # fmt: skip
