"""Requests and judgements by pyca/cryptography, whose ML-DSA is OpenSSL's, for tests/post_quantum.rs.

independent.py requests FOLDER: requests with keys of every parameter set, `ml-dsa-44.csr` and so on.
independent.py certificates ISSUER.pem CERTIFICATE.pem…: each has the key and the name of its file, is signed by the issuer,
and lets its key do what RFC 9881 §5 lets it do. The last line says how many were judged.
independent.py path CERTIFICATE.pem…: each is issued by the next one, the last by itself; all with ML-DSA.
independent.py request REQUEST.csr: its key, one of ML-DSA, signed it.
independent.py crl ISSUER.pem CRL.der: the CRL is signed by the issuer. The last line says how many entries it has.
"""

import pathlib
import sys

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import mldsa

PRIVATE = {
    "ml-dsa-44": mldsa.MLDSA44PrivateKey,
    "ml-dsa-65": mldsa.MLDSA65PrivateKey,
    "ml-dsa-87": mldsa.MLDSA87PrivateKey,
}
PUBLIC = {
    "ml-dsa-44": mldsa.MLDSA44PublicKey,
    "ml-dsa-65": mldsa.MLDSA65PublicKey,
    "ml-dsa-87": mldsa.MLDSA87PublicKey,
}


def requests(folder):
    for name, kind in PRIVATE.items():
        subject = x509.Name(
            [
                x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Works"),
                x509.NameAttribute(x509.NameOID.COMMON_NAME, name),
            ]
        )
        wishes = x509.SubjectAlternativeName([x509.DNSName(f"{name}.factory.example")])
        builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
        request = builder.add_extension(wishes, critical=False).sign(kind.generate(), None)
        path = pathlib.Path(folder) / f"{name}.csr"
        path.write_bytes(request.public_bytes(serialization.Encoding.PEM))


def certificates(issuer, paths):
    issuer = x509.load_pem_x509_certificate(pathlib.Path(issuer).read_bytes())
    for path in map(pathlib.Path, paths):
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        certificate.verify_directly_issued_by(issuer)
        assert isinstance(certificate.public_key(), PUBLIC[path.stem]), path
        (name,) = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        assert name.value == path.stem, path
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        assert usage.digital_signature, path
        assert not (usage.key_encipherment or usage.data_encipherment or usage.key_agreement), path
    print(len(paths))


def path(paths):
    found = [x509.load_pem_x509_certificate(pathlib.Path(path).read_bytes()) for path in paths]
    for certificate, issuer in zip(found, found[1:] + found[-1:]):
        assert isinstance(issuer.public_key(), tuple(PUBLIC.values()))
        certificate.verify_directly_issued_by(issuer)
    print(len(found))


def request(path):
    found = x509.load_pem_x509_csr(pathlib.Path(path).read_bytes())
    assert isinstance(found.public_key(), tuple(PUBLIC.values()))
    assert found.is_signature_valid
    print("signed")


def crl(issuer, path):
    issuer = x509.load_pem_x509_certificate(pathlib.Path(issuer).read_bytes())
    found = x509.load_der_x509_crl(pathlib.Path(path).read_bytes())
    assert found.is_signature_valid(issuer.public_key())
    print(len(found))


match sys.argv[1:]:
    case ["requests", folder]:
        requests(folder)
    case ["certificates", issuer, *paths]:
        certificates(issuer, paths)
    case ["crl", issuer, list]:
        crl(issuer, list)
    case ["path", *paths]:
        path(paths)
    case ["request", file]:
        request(file)
    case _:
        sys.exit(__doc__)
