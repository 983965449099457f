"""Espressif's own tools over many inputs at once, for tests/espressif.rs: a request a line, an answer a line.

    nvs SIZE LENGTH…         SHA-256 of the image that esp_idf_nvs_partition_gen makes of values of these lengths,
                             `refused` where they do not fit
    tlv AUTHORITY DEVICE [KEY]  SHA-256 of the image that esp-secure-cert-tool makes of these PEM files
    tlv-octets LENGTH LENGTH  the same of values of these lengths in the places of those files, `refused` where they do not fit
    tlv-entries FILE         what its parser reads: KIND=SHA-256 of each entry whose sum holds
"""

import contextlib
import hashlib
import io
import sys
import tempfile
from pathlib import Path

from esp_idf_nvs_partition_gen import nvs_partition_gen as nvs
from esp_secure_cert import tlv_format_construct as construct
from esp_secure_cert import tlv_parser

PAGE = 4096


def sha256(octets):
    return hashlib.sha256(octets).hexdigest()


def value(index, length):
    """The same as in tests/espressif.rs."""
    return bytes((index * 31 + position * 7) % 251 for position in range(length))


def make_nvs(size, *lengths):
    usable, _ = nvs.check_size(size)
    out = io.BytesIO()
    store = nvs.nvs_open(out, usable, nvs.Page.VERSION2)
    try:
        nvs.write_entry(store, "client_cert", "namespace", "", "")
        for index, length in enumerate(map(int, lengths)):
            nvs.write_entry(store, f"client_cert.{index}", "data", "binary", value(index, length))
        nvs.nvs_close(store)
    except nvs.InsufficientSizeError:
        return "refused"
    return sha256(out.getvalue())


def make_tlv(authority, device, key=None):
    builder = construct.TlvPartitionBuilder()
    kinds = construct.tlv_type_t
    builder.add_certificate(kinds.ESP_SECURE_CERT_CA_CERT_TLV, authority)
    builder.add_certificate(kinds.ESP_SECURE_CERT_DEV_CERT_TLV, device)
    if key:
        builder.add_private_key(key)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "image.bin"
        builder.build_partition(str(path), add_tlv_integrity=True)
        return sha256(path.read_bytes())


def make_tlv_of_octets(authority, device):
    builder = construct.TlvPartitionBuilder()
    kinds = construct.tlv_type_t
    places = [kinds.ESP_SECURE_CERT_CA_CERT_TLV, kinds.ESP_SECURE_CERT_DEV_CERT_TLV]
    try:
        for index, (kind, length) in enumerate(zip(places, (authority, device))):
            # With the NUL that the tool puts behind a certificate's PEM.
            builder.add_tlv_entry(kind, 0, value(index, int(length)) + b"\0", 0)
        builder.add_integrity_tlv()
    except ValueError:
        return "refused"
    return sha256(bytes(builder.partition_data[: builder.current_offset]))


def tlv_entries(path):
    octets, offset, answer = Path(path).read_bytes(), 0, []
    while offset < len(octets):
        header, start = tlv_parser.parse_tlv_header(octets, offset)
        start += offset
        padded = header["length"] + tlv_parser.get_padding_length(header["length"])
        footer, _ = tlv_parser.parse_tlv_footer(octets, start + padded)
        holds, _ = tlv_parser.verify_tlv_integrity(header, octets[offset:], footer)
        if holds and header["magic"] == tlv_parser.ESP_SECURE_CERT_TLV_MAGIC:
            answer.append(f"{header['type']}={sha256(octets[start:start + header['length']])}")
        offset += tlv_parser.get_tlv_total_length(header)
    return " ".join(answer)


ANSWERS = {"nvs": make_nvs, "tlv": make_tlv, "tlv-octets": make_tlv_of_octets, "tlv-entries": tlv_entries}

for line in sys.stdin:
    verb, *arguments = line.split()
    # The tools talk on standard output.
    with contextlib.redirect_stdout(sys.stderr):
        answer = ANSWERS[verb](*arguments)
    print(answer, flush=True)
