"""pyca/cryptography and pkilint over many certificates at once, for tests/judges.rs.

batch.py ROOT.pem ISSUER.pem CERTIFICATE.pem…: a line `JUDGE<tab>FILE<tab>REASON` for each complaint, and as the last line
how many certificates were judged.
"""

import sys

from cryptography import x509
from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store
from pkilint import loader
from pkilint.pkix import certificate, extension, name
from pkilint.validation import ValidationFindingSeverity

root_path, issuer_path, *paths = sys.argv[1:]


def read(path):
    with open(path, "rb") as file:
        return file.read()


root, issuer = (x509.load_pem_x509_certificate(read(path)) for path in (root_path, issuer_path))
# A private device PKI: RFC 5280 for the CAs, no demand that a device has an alternative name.
verifier = (
    PolicyBuilder()
    .store(Store([root]))
    .extension_policies(ee_policy=ExtensionPolicy.permit_all(), ca_policy=ExtensionPolicy.webpki_defaults_ca())
    .build_client_verifier()
)
linter = certificate.create_pkix_certificate_validator_container(
    certificate.create_decoding_validators(name.ATTRIBUTE_TYPE_MAPPINGS, extension.EXTENSION_MAPPINGS),
    [
        certificate.create_issuer_validator_container([]),
        certificate.create_validity_validator_container(),
        certificate.create_subject_validator_container([]),
        certificate.create_extensions_validator_container([]),
        certificate.create_spki_validator_container([]),
    ],
)
load = loader.RFC5280CertificateDocumentLoader()


def complain(judge, path, reason):
    print(judge, path, " ".join(str(reason).split()), sep="\t")


for path in paths:
    octets = read(path)
    try:
        leaf = x509.load_pem_x509_certificate(octets)
        verifier.verify(leaf, [issuer])
    except Exception as error:
        complain("pyca", path, error)
    try:
        for result in linter.validate(load.load_pem_document(octets.decode(), path).root):
            for found in result.finding_descriptions:
                # FATAL is 0, ERROR 1, and so on down.
                if found.finding.severity <= ValidationFindingSeverity.ERROR:
                    complain("pkilint", path, f"{found.finding.code} {found.message or ''}")
    except Exception as error:
        complain("pkilint", path, error)
print(len(paths))
