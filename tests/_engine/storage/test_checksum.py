"""Protects that a value that was damaged on the disk is not taken for the one that was stored."""

from __future__ import annotations

import pytest

from distilabel._engine.storage.checksum import with_checksum, without_checksum


@pytest.mark.parametrize("value", [b"", b'{"generations": ["a"]}', bytes(range(256))])
def test_a_value_comes_back_as_it_was(value: bytes) -> None:
    assert without_checksum(with_checksum(value)) == value


def test_a_value_of_an_earlier_version_is_used_as_it_is() -> None:
    assert without_checksum(b'{"generations": ["a"]}') == b'{"generations": ["a"]}'


def test_no_flipped_bit_goes_unnoticed() -> None:
    value = b'{"generations": ["a"]}'
    stored = with_checksum(value)
    for position in range(len(stored)):
        for bit in range(8):
            damaged = bytearray(stored)
            damaged[position] ^= 1 << bit
            found = without_checksum(bytes(damaged))
            # Without its mark it looks like a value of an earlier version, but it is no JSON.
            assert found is None or found == bytes(damaged)
            assert position < len(stored) - 3 or found is not None
