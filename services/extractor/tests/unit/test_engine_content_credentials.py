"""Content Credentials: integrity and trust kept apart, on files that are signed here."""

import datetime as dt
import io
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import c2pa
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from metaextract_extractor.domain.provenance import (
    Provenance,
    ProvenanceState,
    ProvenanceStorage,
    UsePermission,
)
from metaextract_extractor.domain.result import Field, Standard
from metaextract_extractor.reading.engines.content_credentials import (
    ContentCredentials,
    CredentialsReport,
    worth_reading,
)
from metaextract_extractor.reading.evidence import Engine, Evidence, Report, subject_of
from metaextract_extractor.reading.insights.provenance import provenance
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk
from metaextract_testing.factory import make

GENERATED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
MANIFEST = {
    "claim_generator_info": [{"name": "test maker", "version": "1"}],
    "title": "harbour.jpg",
    "assertions": [
        {
            "label": "c2pa.actions.v2",
            "data": {
                "actions": [
                    {
                        "action": "c2pa.created",
                        "when": "2026-01-01T00:00:00Z",
                        "digitalSourceType": GENERATED,
                        "softwareAgent": {"name": "Painter", "version": "3"},
                        "parameters": {"com.example": "calm"},
                    }
                ]
            },
        },
        {
            "label": "cawg.training-mining",
            "data": {"entries": {"cawg.data_mining": {"use": "constrained", "constraint_info": "ask me"}}},
        },
    ],
}
EDITED = {
    "title": "edited.jpg",
    "assertions": [
        {
            "label": "c2pa.actions.v2",
            "data": {"actions": [{"action": "c2pa.opened", "parameters": {"ingredientIds": ["parent"]}}]},
        }
    ],
}

Reads = Callable[[Engine, bytes, str], Report]


class Authority:
    """A certificate authority and a signer that it knows."""

    def __init__(self) -> None:
        root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        root = self._certificate("Root", root_key, root_key, None)
        leaf = self._certificate("Signer", key, root_key, root)
        self.pem = root.public_bytes(serialization.Encoding.PEM)
        self._chain = leaf.public_bytes(serialization.Encoding.PEM) + self.pem
        self._key = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    @staticmethod
    def _certificate(
        name: str,
        key: ec.EllipticCurvePrivateKey,
        issuer_key: ec.EllipticCurvePrivateKey,
        issuer: x509.Certificate | None,
    ) -> x509.Certificate:
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test Signers"),
                x509.NameAttribute(NameOID.COMMON_NAME, name),
            ]
        )
        now, ca = dt.datetime.now(dt.UTC), issuer is None
        usage = x509.KeyUsage(
            digital_signature=not ca,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=ca,
            crl_sign=ca,
            encipher_only=False,
            decipher_only=False,
        )
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.subject if issuer else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
            )
            .add_extension(usage, critical=True)
        )
        if not ca:
            purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
            builder = builder.add_extension(purposes, critical=True)
        return builder.sign(issuer_key, hashes.SHA256())

    def sign(
        self, content: bytes, manifest: dict[str, Any], *, parent: bytes = b"", remote: str = ""
    ) -> bytes:
        signed = io.BytesIO()
        info = c2pa.C2paSignerInfo(b"es256", self._chain, self._key, None)
        with c2pa.Signer.from_info(info) as signer, c2pa.Builder(manifest) as builder:
            if parent:
                ingredient = {"title": "parent.jpg", "relationship": "parentOf", "label": "parent"}
                builder.add_ingredient(ingredient, "image/jpeg", io.BytesIO(parent))
            if remote:
                builder.set_no_embed()
                builder.set_remote_url(remote)
            builder.sign(signer, "image/jpeg", io.BytesIO(content), signed)
        return signed.getvalue()


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="module")
def signed(authority: Authority) -> bytes:
    return authority.sign(make("jpeg").content, MANIFEST)


@pytest.fixture(scope="module")
def engine() -> ContentCredentials:
    return ContentCredentials()


def said(report: Report, fields: list[Field] | None = None) -> Provenance | None:
    evidence = Evidence(None, Walk(), fields or [], {"c2pa": report})  # type: ignore[arg-type]
    return provenance(evidence)


def found(report: Report, fields: list[Field] | None = None) -> Provenance:
    result = said(report, fields)
    assert result is not None
    return result


def field(group: str, name: str, raw: str) -> Field:
    return Field("", Standard.JUMBF, group, "", name, "", raw, raw, "", "exiftool")


def test_without_a_trust_list_nobody_is_trusted_or_distrusted(
    engine: ContentCredentials, signed: bytes, read_bytes: Reads
) -> None:
    result = found(read_bytes(engine, signed, "jpg"))

    assert result.state is ProvenanceState.VALID
    assert result.integrity.ok is True
    assert result.signer is not None
    assert result.signer.trusted is None
    assert "No trust list" in result.signer.trust_basis
    assert [one.code for one in result.signer.problems] == ["signingCredential.untrusted"]
    assert result.trust_list == ""


def test_a_signer_of_the_trust_list_is_trusted(
    authority: Authority, signed: bytes, read_bytes: Reads, tmp_path: Path
) -> None:
    anchors = tmp_path / "anchors.pem"
    anchors.write_bytes(authority.pem)

    result = found(read_bytes(ContentCredentials([anchors]), signed, "jpg"))

    assert result.signer is not None
    assert result.signer.trusted is True
    assert result.signer.problems == ()
    assert result.trust_list == "anchors.pem"


def test_a_signer_outside_the_trust_list_is_not_trusted_though_nothing_was_changed(
    signed: bytes, read_bytes: Reads, tmp_path: Path
) -> None:
    anchors = tmp_path / "others.pem"
    anchors.write_bytes(Authority().pem)

    result = found(read_bytes(ContentCredentials([anchors]), signed, "jpg"))

    assert result.state is ProvenanceState.VALID
    assert result.integrity.ok is True
    assert result.signer is not None
    assert result.signer.trusted is False


def test_a_changed_pixel_breaks_integrity_and_leaves_trust(
    authority: Authority, signed: bytes, read_bytes: Reads, tmp_path: Path
) -> None:
    anchors = tmp_path / "anchors.pem"
    anchors.write_bytes(authority.pem)
    changed = bytearray(signed)
    changed[-100] ^= 1

    result = found(read_bytes(ContentCredentials([anchors]), bytes(changed), "jpg"))

    assert result.state is ProvenanceState.INVALID
    assert result.integrity.ok is False
    assert [one.code for one in result.integrity.failures] == ["assertion.dataHash.mismatch"]
    assert result.signer is not None
    assert result.signer.trusted is True


def test_the_manifest_is_told(engine: ContentCredentials, signed: bytes, read_bytes: Reads) -> None:
    result = found(read_bytes(engine, signed, "jpg"))
    manifest, signer = result.active_manifest, result.signer

    assert manifest is not None
    assert signer is not None
    assert (signer.organization, signer.common_name) == ("Test Signers", "Signer")
    assert signer.issuer == "Test Signers, Root"
    assert signer.valid_from < result.verified_at < signer.valid_until
    assert manifest.title == "harbour.jpg"
    assert [(one.name, one.version) for one in manifest.generators] == [("test maker", "1")]
    (action,) = manifest.actions
    assert (action.action, action.when, action.software_agent) == (
        "c2pa.created",
        "2026-01-01T00:00:00Z",
        "Painter 3",
    )
    assert json.loads(action.parameters) == {"com.example": "calm"}
    assert manifest.digital_source_types == (GENERATED,)
    assert manifest.permissions == (UsePermission("cawg.data_mining", "constrained", "ask me"),)
    assert result.storage is ProvenanceStorage.EMBEDDED
    assert result.manifests_count == 1


def test_ingredients_tell_their_manifests(
    authority: Authority, engine: ContentCredentials, signed: bytes, read_bytes: Reads
) -> None:
    edited = authority.sign(signed, EDITED, parent=signed)

    result = found(read_bytes(engine, edited, "jpg"))

    assert result.manifests_count == 2
    assert result.active_manifest is not None
    (ingredient,) = result.active_manifest.ingredients
    assert (ingredient.title, ingredient.relationship) == ("parent.jpg", "parentOf")
    assert ingredient.manifest_label.startswith("urn:c2pa:")
    assert result.integrity.ok is True


def test_a_store_elsewhere_is_named_and_never_asked(
    authority: Authority, engine: ContentCredentials, read_bytes: Reads
) -> None:
    url = "https://192.0.2.1/manifest.c2pa"
    remote = authority.sign(make("jpeg").content, MANIFEST, remote=url)

    result = found(read_bytes(engine, remote, "jpg"))

    assert result.state is ProvenanceState.PRESENT_UNVERIFIED
    assert result.storage is ProvenanceStorage.REMOTE
    assert result.remote_url == url
    assert result.integrity.ok is None
    assert "never asked" in result.reason


def test_a_file_without_credentials_has_no_provenance(engine: ContentCredentials, read_bytes: Reads) -> None:
    assert said(read_bytes(engine, make("jpeg").content, "jpg")) is None


@pytest.mark.parametrize("label", ["c2pa", "cai"])
def test_a_store_that_cannot_be_read_is_present_and_unverified(label: str) -> None:
    box = field("JUMBF", "JUMDLabel", label)

    result = found(CredentialsReport(problem="Other: unknown algorithm"), [box])

    assert result.state is ProvenanceState.PRESENT_UNVERIFIED
    assert "unknown algorithm" in result.reason


def test_without_the_engine_what_is_there_is_unverified() -> None:
    evidence = Evidence(None, Walk(), [field("JUMBF", "JUMDLabel", "c2pa")])  # type: ignore[arg-type]

    result = provenance(evidence)

    assert result is not None
    assert result.state is ProvenanceState.PRESENT_UNVERIFIED
    assert result.reason


def test_the_engine_is_worth_its_time_when_a_walker_saw_something() -> None:
    empty, boxed, linked = Walk(), Walk(), Walk()
    with boxed.within("jumbf", "JPEG-APP11-JUMBF", View.unpacked(b"x")):
        pass
    linked.value(
        "XMP", Standard.XMP, "XMP-dcterms", "Provenance", "https://example.com", "https://example.com"
    )

    assert [worth_reading(one) for one in (empty, boxed, linked)] == [False, True, True]


def test_provenance_travels_as_json(
    authority: Authority, engine: ContentCredentials, signed: bytes, read_bytes: Reads
) -> None:
    result = found(read_bytes(engine, authority.sign(signed, EDITED, parent=signed), "jpg"))
    adapter = TypeAdapter(Provenance)

    assert adapter.validate_json(adapter.dump_json(result)) == result
    assert asdict(result)["state"] == "valid"


def flipped(content: bytes, flips: list[tuple[float, int]]) -> bytes:
    damaged = bytearray(content)
    for at, mask in flips:
        damaged[2 + int(at * (len(content) - 2))] ^= mask
    return bytes(damaged)


def read_damaged(engine: ContentCredentials, content: bytes, path: Path) -> Provenance | None:
    path.write_bytes(content)
    with subject_of(path, len(content), "jpg", None) as subject:
        return said(engine.read(subject)) if engine.reads(subject) else None


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(flips=st.lists(st.tuples(st.floats(0, 0.9), st.integers(1, 255)), min_size=1, max_size=6))
def test_damaged_files_are_read(
    flips: list[tuple[float, int]], engine: ContentCredentials, signed: bytes, tmp_path: Path
) -> None:
    result = read_damaged(engine, flipped(signed, flips), tmp_path / "damaged.jpg")

    assert result is None or result.statuses or result.reason


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(1, 1000), mask=st.integers(1, 255))
def test_a_changed_byte_of_the_picture_is_never_valid(
    at: int, mask: int, engine: ContentCredentials, signed: bytes, tmp_path: Path
) -> None:
    changed = bytearray(signed)  # the store stands at the beginning, the picture at the end
    changed[-at] ^= mask

    result = read_damaged(engine, bytes(changed), tmp_path / "changed.jpg")

    assert result is None or result.state is not ProvenanceState.VALID


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
STORES = st.fixed_dictionaries(
    {
        "active_manifest": st.just("m") | JSON,
        "manifests": JSON
        | st.fixed_dictionaries(
            {
                "m": st.dictionaries(
                    st.sampled_from(
                        ["signature_info", "assertions", "ingredients", "claim_generator_info", "redactions"]
                    ),
                    JSON | st.lists(st.fixed_dictionaries({"label": st.just("c2pa.actions"), "data": JSON})),
                )
            }
        ),
        "validation_results": JSON,
        "validation_state": JSON,
    }
)


@given(store=STORES, certificates=st.dictionaries(st.text(), JSON))
def test_any_store_is_understood_as_far_as_it_goes(
    store: dict[str, Any], certificates: dict[str, Any]
) -> None:
    result = said(CredentialsReport(store=store, certificates=certificates))

    TypeAdapter(Provenance).dump_json(result)
