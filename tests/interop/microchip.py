"""Reads the manifest of a bundle's folder `microchip` as who takes devices in by it does: with the log signer's certificate and a
library of JSON Web Signatures by others, and by Microchip's own library of manifests. A bent entry has to be refused by both."""

import base64
import json
import os
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from jose.exceptions import JWSError
from jwcrypto import jwk, jws
from pytrustplatform.manifest.manifest import Manifest, ManifestSigner

folder = sys.argv[1]


def url(octets):
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def octets(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def read(name):
    with open(os.path.join(folder, name), "rb") as file:
        return file.read()


signer = x509.load_pem_x509_certificate(read("log-signer.pem"))
# The key of the certificate is the one that signs the bundle's manifest too.
spki = signer.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
assert spki == read("../audit.pem"), "another audit key"
identifier = signer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
key = jwk.JWK.from_pem(spki)


def payload(entry):
    assert set(entry) == {"payload", "protected", "header", "signature"}, set(entry)
    header = json.loads(octets(entry["protected"]))
    assert header == {
        "typ": "JWT",
        "alg": "ES256",
        "kid": url(identifier),
        "x5t#S256": url(signer.fingerprint(hashes.SHA256())),
    }, header
    read = jws.JWS()
    read.deserialize(json.dumps(entry), key, alg="ES256")
    return json.loads(read.payload)


def element_of(entry):
    """What Microchip's library finds in an entry that it verified."""
    (signed,) = Manifest([entry], signer_ca=ManifestSigner(read("log-signer.pem")))
    signed.verify()
    return signed.get_secure_element()


def bent(text):
    return ("B" if text[10] != "B" else "C").join((text[:10], text[11:]))


devices = 0
for entry in json.loads(read("manifest.json")):
    element = payload(entry)
    assert element["uniqueId"] == entry["header"]["uniqueId"]
    (one,) = element["publicKeySet"]["keys"]
    chain = [x509.load_der_x509_certificate(base64.b64decode(text, validate=True)) for text in one["x5c"]]
    device, issuer = chain[0], chain[1]
    device.verify_directly_issued_by(issuer)
    (name,) = device.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    assert name.value == element["uniqueId"], name
    numbers = device.public_key().public_numbers()
    assert (one["kty"], one["crv"]) == ("EC", "P-256")
    assert (octets(one["x"]), octets(one["y"])) == (numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big"))
    theirs = element_of(entry)
    assert vars(theirs) == element, vars(theirs)
    assert base64.b64decode(theirs.get_certificate(0, 0)) == device.public_bytes(serialization.Encoding.DER)
    for part in "payload", "signature":
        for reader, refusals in (payload, (jws.InvalidJWSSignature, jws.InvalidJWSObject)), (element_of, JWSError):
            try:
                reader({**entry, part: bent(entry[part])})
            except refusals:
                continue
            raise SystemExit(f"a bent {part} was taken")
    devices += 1
print(f"{devices} devices read")
