"""Protects the unpacking of compressed bodies: piece by piece, and no more than is wanted."""

from __future__ import annotations

import gzip
import zlib

import pytest

from distilabel.models.http.content_coding import BodyDecoder

TEXT = b"The tides come and go. " * 100


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzip.compress(TEXT)),
        (" X-GZip", gzip.compress(TEXT[:50]) + gzip.compress(TEXT[50:])),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", zlib.compress(TEXT)[2:-4]),
    ],
    ids=["gzip", "two members", "deflate", "raw deflate"],
)
def test_a_body_is_unpacked_in_pieces_of_any_size(coding: str, packed: bytes, size: int) -> None:
    decoder = BodyDecoder(coding)
    pieces = [packed[i : i + size] for i in range(0, len(packed), size)]
    assert b"".join(decoder.decode(piece, 10_000) for piece in pieces) == TEXT
    assert decoder.is_complete


def test_unpacking_stops_at_the_limit() -> None:
    bomb = gzip.compress(bytes(2**24))
    assert len(BodyDecoder("gzip").decode(bomb, 1000)) == 1000


def test_a_part_is_not_complete() -> None:
    decoder = BodyDecoder("gzip")
    decoder.decode(gzip.compress(TEXT)[:-1], 10_000)
    assert not decoder.is_complete
    # Some servers name a coding although there is no body.
    assert BodyDecoder("gzip").is_complete


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "rot13"])
def test_a_coding_that_was_not_asked_for_is_an_error(coding: str) -> None:
    with pytest.raises(ValueError, match="not asked for"):
        BodyDecoder(coding)


def test_a_damaged_body_is_an_error() -> None:
    with pytest.raises(ValueError, match="cannot be unpacked"):
        BodyDecoder("gzip").decode(b"no gzip at all", 1000)
