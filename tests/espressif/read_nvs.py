"""What ESP-AT's own at.py reads of an NVS image, for tests/espressif.rs.

read_nvs.py TOOLS IMAGE: a line `NAMESPACE KEY SHA-256` for each value, in the order of their keys. Sums that do not hold
end it.
"""

import hashlib
import sys
from pathlib import Path

tools, image = sys.argv[1:]
sys.path.insert(0, tools)
import at  # noqa: E402

namespaces, values, indexes = {}, {}, {}
for page in at.NVS_Partition(bytearray(Path(image).read_bytes())).pages:
    if page.is_empty:
        continue
    assert page.header["crc"]["original"] == page.header["crc"]["computed"]
    for entry in page.entries:
        if entry.state != "Written":
            continue
        assert entry.metadata["crc"]["original"] == entry.metadata["crc"]["computed"]
        key = (entry.metadata["namespace"], entry.key)
        kind = entry.metadata["type"]
        if key[0] == 0:
            namespaces[entry.data["value"]] = entry.key
        elif kind == "blob_data":
            octets = b"".join(bytes(child.raw) for child in entry.children)[: entry.data["size"]]
            assert at.crc32(octets, 0xFFFFFFFF) == entry.data["crc"]
            values.setdefault(key, {})[entry.metadata["chunk_index"]] = octets
        elif kind == "blob_index":
            indexes[key] = entry.data
for (namespace, key), index in sorted(indexes.items(), key=lambda item: item[0]):
    chunks = values[namespace, key]
    octets = b"".join(chunks[number] for number in range(index["chunk_count"]))
    assert len(octets) == index["size"] and len(chunks) == index["chunk_count"]
    print(namespaces[namespace], key, hashlib.sha256(octets).hexdigest())
