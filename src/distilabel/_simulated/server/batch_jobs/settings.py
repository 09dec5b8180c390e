"""How the batch jobs of a simulated server go; knows no protocol and no job."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

ENDS = ("completed", "expired", "cancelled", "failed")


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """How the batch jobs that are created from now on go.

    Attributes:
        seconds: From the creation of a job to its end.
        end: How it ends: `completed`, `expired`, `cancelled`, or `failed` (nothing of it is done).
        done: Share of its questions that are done at the end, the first ones; 1 if completed.
        failing: Share of those that fail, evenly spread.
        enqueued: Most questions in all jobs that have not ended; one that would pass it fails.
            0 for no limit. Anthropic has none.

    Raises:
        ValueError: A value is none of these.
    """

    seconds: float = 0.0
    end: str = "completed"
    done: float = 1.0
    failing: float = 0.0
    enqueued: int = 0

    def __post_init__(self) -> None:
        if self.end not in ENDS:
            raise ValueError(f"a batch job ends as one of {', '.join(ENDS)}, not {self.end!r}")
        for name in ("done", "failing"):
            share = getattr(self, name)
            if type(share) not in (int, float) or not 0 <= share <= 1:
                raise ValueError(f"{name!r} must be a share from 0 to 1, not {share!r}")
        seconds = self.seconds
        if type(seconds) not in (int, float) or not 0 <= seconds < math.inf:
            raise ValueError(f"'seconds' must be 0 or above, not {seconds!r}")

    @classmethod
    def of(cls, data: object) -> "BatchSettings":
        """Reads the form that `as_dict` gives; what is missing has its default.

        Raises:
            ValueError: A key or a value is not understood.
        """
        known = asdict(cls())
        if not isinstance(data, Mapping) or set(data) - set(known):
            raise ValueError(f"batches are an object with any of {', '.join(known)}")
        return cls(**data)

    @classmethod
    def parse(cls, text: str) -> "BatchSettings":
        """Reads `seconds=5,end=expired,done=0.5,failing=0.1`, or any part of it.

        Raises:
            ValueError: A key or a value is not understood.
        """
        found: dict[str, Any] = {}
        for part in filter(None, text.split(",")):
            name, _, value = part.partition("=")
            try:
                found[name.strip()] = value.strip() if name.strip() == "end" else float(value)
            except ValueError:
                raise ValueError(
                    f"batches {text!r} are not understood: write 'seconds=5,end=expired,done=0.5'"
                ) from None
        return cls.of(found)

    def as_dict(self) -> dict[str, object]:
        """Gives the form that `of` reads."""
        return asdict(self)

    def is_done(self, number: int, total: int) -> bool:
        """Tells whether a question, counted from 0, is done at the end."""
        return self.end == "completed" or (self.end != "failed" and number < self.done * total)

    def fails(self, number: int) -> bool:
        """Tells whether a question that is done has failed."""
        return int((number + 1) * self.failing) > int(number * self.failing)
