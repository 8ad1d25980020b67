"""Labelled product reviews of R's package modeldata → examples/data/product-reviews.tsv.gz.

modeldata (MIT licence, by Max Kuhn) holds 5,000 of the Amazon Fine Food reviews that McAuley and Leskovec published ("From
amateurs to connoisseurs", 2013): 4,000 to train on, 1,000 to test with, labelled 'great' (five stars) or 'other'. The file has a line
for each: part, label, text.

    pip install rdata==1.1.0
    python reference/product_reviews.py FOLDER    # modeldata/data of an R installation: Rdata.rdx, Rdata.rdb
"""

import gzip
import lzma
import struct
import sys
from pathlib import Path

import rdata

RAW_LZMA2 = [{"id": lzma.FILTER_LZMA2, "preset": 9}]


def read(content: bytes):
    return rdata.conversion.convert(rdata.parser.parse_data(content))


def main(folder: Path) -> None:
    places = read((folder / "Rdata.rdx").read_bytes())["variables"]
    content = (folder / "Rdata.rdb").read_bytes()
    lines = []
    for part, variable in [("train", "training_data"), ("test", "testing_data")]:
        offset, length = (int(x) for x in places[variable])
        # R's lazy-load files: the unpacked size, a letter for the compression, the packed serialisation.
        size, kind = struct.unpack_from(">Ic", content, offset)
        if kind != b"Z":
            raise ValueError(f"{variable} is compressed as {kind!r}, not with LZMA2")
        unpacked = lzma.decompress(content[offset + 5 : offset + length], lzma.FORMAT_RAW, filters=RAW_LZMA2)
        if len(unpacked) != size:
            raise ValueError(f"{variable} unpacks to {len(unpacked)} bytes instead of {size}")
        for row in read(unpacked).itertuples():
            lines.append("\t".join([part, str(row.score), " ".join(str(row.review).split())]))
    out = Path(__file__).parent.parent / "examples/data/product-reviews.tsv.gz"
    out.parent.mkdir(exist_ok=True)
    out.write_bytes(gzip.compress("\n".join([*lines, ""]).encode(), 9, mtime=0))
    print(out, len(lines), "reviews,", out.stat().st_size, "bytes")


main(Path(sys.argv[1]))
