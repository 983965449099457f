"""AtPKI.py of esp-at, from the folder that is named, over many sizes at once, for tests/espressif.rs: a request a line, an
answer a line.

    KIND COUNT LENGTH   SHA-256 of all images of COUNT items, of every length up to this one, one image behind the other
"""

import hashlib
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, sys.argv[1])
import AtPKI  # noqa: E402


def value(index, length):
    """The same as in tests/espressif.rs."""
    return bytes((index * 31 + position * 7) % 251 for position in range(length))


for line in sys.stdin:
    kind, count, longest = line.split()
    values = [value(index, int(longest)) for index in range(int(count))]
    digest = hashlib.sha256()
    with tempfile.TemporaryDirectory() as folder:
        items = [{"type": kind, "file": str(Path(folder) / str(index))} for index in range(len(values))]
        for length in range(int(longest) + 1):
            for octets, item in zip(values, items):
                Path(item["file"]).write_bytes(octets[:length])
            digest.update(AtPKI.FileFormat.to_bytes(items))
    print(digest.hexdigest(), flush=True)
