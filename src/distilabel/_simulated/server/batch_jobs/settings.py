"""`BatchSettings`: how long simulated batch jobs take and how they end."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

END_STATUSES = ("completed", "expired", "cancelled", "failed")


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """Settings of the batch jobs that are created from now on.

    Attributes:
        seconds: Seconds from the creation of a job to its end.
        end: Status at the end: `completed`, `expired`, `cancelled` or `failed` (without results).
        done: Share (0 to 1) of the requests executed by then, the first ones; 1 if completed.
        failing: Share (0 to 1) of the executed requests that fail, evenly spread.
        enqueued: Maximum number of requests in all unfinished jobs, beyond which a new job fails;
            0 for no limit. Only OpenAI has one.

    Raises:
        ValueError: A value is not valid.
    """

    seconds: float = 0.0
    end: str = "completed"
    done: float = 1.0
    failing: float = 0.0
    enqueued: int = 0

    def __post_init__(self) -> None:
        if self.end not in END_STATUSES:
            raise ValueError(f"'end' must be one of {', '.join(END_STATUSES)}, not {self.end!r}")
        for name in ("done", "failing"):
            share = getattr(self, name)
            if type(share) not in (int, float) or not 0 <= share <= 1:
                raise ValueError(f"{name!r} must be from 0 to 1, not {share!r}")
        seconds = self.seconds
        if type(seconds) not in (int, float) or not 0 <= seconds < math.inf:
            raise ValueError(f"'seconds' must be 0 or more, not {seconds!r}")

    @classmethod
    def from_dict(cls, data: object) -> "BatchSettings":
        """Builds settings from JSON data. Missing keys have their defaults.

        Raises:
            ValueError: A key or a value is not valid.
        """
        known = asdict(cls())
        if not isinstance(data, Mapping) or set(data) - set(known):
            raise ValueError(f"batches must be an object with any of {', '.join(known)}")
        return cls(**data)

    @classmethod
    def parse(cls, text: str) -> "BatchSettings":
        """Parses `seconds=5,end=expired,done=0.5,failing=0.1`, or any part of it.

        Raises:
            ValueError: A key or a value is not valid.
        """
        data: dict[str, Any] = {}
        for part in filter(None, text.split(",")):
            name, _, value = part.partition("=")
            try:
                data[name.strip()] = value.strip() if name.strip() == "end" else float(value)
            except ValueError:
                raise ValueError(
                    f"invalid batches {text!r}: write 'seconds=5,end=expired,done=0.5'"
                ) from None
        return cls.from_dict(data)

    def is_executed(self, index: int, total: int) -> bool:
        """Returns True if the request at an index from 0 is executed by the end of the job."""
        return self.end == "completed" or (self.end != "failed" and index < self.done * total)

    def fails(self, index: int) -> bool:
        """Returns True if the executed request at an index from 0 fails."""
        return int((index + 1) * self.failing) > int(index * self.failing)
