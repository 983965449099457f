"""Espressif's Matter manufacturing tool judges attestation certificates, for tests/forms.rs.

matter.py VID PID PAI PAA DAC…: its validators of PAI, PAA and DAC, of the IDs, of validity and of each link of the
chain. The last line says how many DACs were taken; anything refused ends it with 1.
"""

import logging
import sys

from sources import cert_utils

logging.basicConfig(stream=sys.stdout)
vendor, product, pai, paa, *dacs = sys.argv[1:]
vendor, product = int(vendor, 16), int(product, 16)


def demand(judgement, what):
    if not judgement:
        sys.exit(f"refused: {what}")


demand(cert_utils.validate_paa_cert(paa), "PAA")
demand(cert_utils.validate_pai_cert(pai), "PAI")
demand(cert_utils.validate_vid_pid_with_pai_cert(vendor, product, pai), "IDs of the PAI")
demand(cert_utils.validate_certificate_chain(pai, paa), "PAI below PAA")
for path in [pai, paa, *dacs]:
    demand(cert_utils.validate_certificate_not_expired(path), f"validity of {path}")
for dac in dacs:
    demand(cert_utils.validate_dac_cert(dac), dac)
    demand(cert_utils.validate_certificate_chain(dac, pai), f"{dac} below PAI")
# The validators do refuse.
demand(not cert_utils.validate_dac_cert(pai), "a PAI was taken for a DAC")
demand(not cert_utils.validate_pai_cert(dacs[0]), "a DAC was taken for a PAI")
demand(not cert_utils.validate_vid_pid_with_pai_cert(vendor + 1, product, pai), "another vendor's ID was taken")
print(f"{len(dacs)} DACs are taken, another vendor's ID is not")
