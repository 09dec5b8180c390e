"""What a simulated server counts about its requests; knows nothing of the wire."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from hashlib import blake2b

import orjson


@dataclass(slots=True)
class _Tally:
    requests: int = 0
    answered: int = 0
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(slots=True)
class _Billed:
    replies: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float = 0.0


@dataclass(slots=True)
class Stats:
    """The counts since the start, or since they were last started again.

    Attributes:
        requests: How many requests asked for an answer.
        by_status: How many requests ended with each HTTP status.
        by_fault: How often each fault was drawn.
        answered_questions: For each distinct question how often it got a sound answer.
        in_flight: How many requests are being answered now.
        max_in_flight: How many requests were being answered at once at most.
        abandoned: How many requests ended without a status: their client left, or was left.
        jobs: How many batch jobs were created; their answers count as others do.
    """

    requests: int = 0
    by_status: Counter[int] = field(default_factory=Counter)
    by_fault: Counter[str] = field(default_factory=Counter)
    answered_questions: Counter[bytes] = field(default_factory=Counter)
    in_flight: int = 0
    max_in_flight: int = 0
    abandoned: int = 0
    jobs: int = 0
    _models: dict[str, _Tally] = field(default_factory=dict)
    _billed: dict[str, _Billed] = field(default_factory=dict)

    def began(self) -> None:
        """Counts a request that begins."""
        self.requests += 1
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)

    def ended(self, status: int | None) -> None:
        """Counts a request that ends, with its HTTP status or without one."""
        self.in_flight -= 1
        if status is None:
            self.abandoned += 1
        else:
            self.by_status[status] += 1

    def asked(self, model: str) -> None:
        """Counts a request for a model that is served."""
        self._models.setdefault(model, _Tally()).requests += 1

    def answered(self, model: str, question: bytes, *, read: int, written: int) -> None:
        """Counts a sound answer, with the digest of its question and its tokens in and out."""
        tally = self._models.setdefault(model, _Tally())
        tally.answered += 1
        tally.input_tokens += read
        tally.output_tokens += written
        self.answered_questions[question] += 1

    def billed(self, model: str, read: int, written: int, cost: float) -> None:
        """Counts a reply that is charged for, sound or not, with its tokens and US dollars."""
        bill = self._billed.setdefault(model, _Billed())
        bill.replies += 1
        bill.input_tokens += read
        bill.output_tokens += written
        bill.cost += cost

    def as_dict(self) -> dict[str, object]:
        """Gives all counts as JSON data."""
        tallies = self._models.values()
        return {
            "requests": self.requests,
            "answered": sum(tally.answered for tally in tallies),
            "by_status": {str(status): count for status, count in self.by_status.items()},
            "by_fault": dict(self.by_fault),
            "abandoned": self.abandoned,
            "jobs": self.jobs,
            "questions": len(self.answered_questions),
            "repeats": sum(count > 1 for count in self.answered_questions.values()),
            "input_tokens": sum(tally.input_tokens for tally in tallies),
            "output_tokens": sum(tally.output_tokens for tally in tallies),
            "billed": {name: asdict(bill) for name, bill in self._billed.items()},
            "in_flight": self.in_flight,
            "max_in_flight": self.max_in_flight,
            "by_model": {
                name: {
                    "requests": tally.requests,
                    "answered": tally.answered,
                    "input_tokens": tally.input_tokens,
                    "output_tokens": tally.output_tokens,
                }
                for name, tally in self._models.items()
            },
        }

    def fresh(self) -> "Stats":
        """Gives counts that start again; requests being answered now stay in flight."""
        return Stats(in_flight=self.in_flight, max_in_flight=self.in_flight)


def digest_of(path: str, body: object) -> bytes:
    """Identifies a question: two requests have one digest if they ask the same in the same way."""
    return blake2b(
        path.encode() + orjson.dumps(body, option=orjson.OPT_SORT_KEYS), digest_size=16
    ).digest()
