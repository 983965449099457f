"""OpenSSL 4, by pyOpenSSL, on a path of certificates with the CRLs of its CAs, for tests/judges/latest.rs.

openssl.py CRL,CRL…|- CERTIFICATE ISSUER… ROOT, all in DER. Strict, and every certificate below the root is looked for in
the CRL of its issuer. Prints `valid`, or what is wrong and ends with 1.
"""

import pathlib
import sys

from cryptography import x509
from OpenSSL import crypto

crls, *paths = sys.argv[1:]
leaf, *between, root = (
    crypto.X509.from_cryptography(x509.load_der_x509_certificate(pathlib.Path(path).read_bytes())) for path in paths
)
store = crypto.X509Store()
store.add_cert(root)
flags = crypto.X509StoreFlags.X509_STRICT | crypto.X509StoreFlags.CHECK_SS_SIGNATURE
if crls != "-":
    flags |= crypto.X509StoreFlags.CRL_CHECK | crypto.X509StoreFlags.CRL_CHECK_ALL
    for path in crls.split(","):
        store.add_crl(x509.load_der_x509_crl(pathlib.Path(path).read_bytes()))
store.set_flags(flags)
try:
    crypto.X509StoreContext(store, leaf, chain=between).verify_certificate()
except crypto.X509StoreContextError as error:
    sys.exit(str(error))
print("valid")
