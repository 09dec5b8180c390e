"""How often each question has been asked: so that equal questions get answers of their own."""

from __future__ import annotations

from typing import Final

from distilabel._core.compact_int_set import CompactIntSet

# 63 of the 128 tell a billion questions apart.
_BITS: Final = 2**63 - 1


class OccurrenceCounter:
    """Counts digests, in little memory: nearly all of them come once."""

    def __init__(self) -> None:
        self._once = CompactIntSet()
        self._more: dict[int, int] = {}

    def before(self, digest: bytes) -> int:
        """How often it came before; it has come once more now."""
        number = int.from_bytes(digest[:8], "little") & _BITS
        if self._once.add(number):
            return 0
        times = self._more.get(number, 1)
        self._more[number] = times + 1
        return times

    def forget(self, digest: bytes) -> None:
        """It has not come after all, the last time."""
        number = int.from_bytes(digest[:8], "little") & _BITS
        times = self._more.get(number, 1)
        if times > 2:
            self._more[number] = times - 1
        elif times == 2:
            del self._more[number]
        else:
            self._once.discard(number)
