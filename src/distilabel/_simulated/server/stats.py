"""`Stats`: what the simulated server counts about its requests."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from hashlib import blake2b

import orjson


@dataclass(slots=True)
class _ModelStats:
    requests: int = 0
    answered: int = 0
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(slots=True)
class _ModelCharges:
    replies: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float = 0.0


@dataclass(slots=True)
class Stats:
    """Counts since the start of the server or the last reset.

    Attributes:
        requests: Number of requests for an answer.
        by_status: Number of requests by HTTP status of their response.
        by_fault: Number of requests by fault drawn.
        answered_questions: Number of intact answers by digest of the request.
        in_flight: Number of requests in progress.
        max_in_flight: Highest number of requests in progress at once.
        abandoned: Number of requests that ended without a status, as their connection was closed.
        jobs: Number of batch jobs created. Their answers count like others.
    """

    requests: int = 0
    by_status: Counter[int] = field(default_factory=Counter)
    by_fault: Counter[str] = field(default_factory=Counter)
    answered_questions: Counter[bytes] = field(default_factory=Counter)
    in_flight: int = 0
    max_in_flight: int = 0
    abandoned: int = 0
    jobs: int = 0
    _models: dict[str, _ModelStats] = field(default_factory=dict)
    _charges: dict[str, _ModelCharges] = field(default_factory=dict)

    def start(self) -> None:
        """Counts a request that starts."""
        self.requests += 1
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)

    def end(self, status: int | None) -> None:
        """Counts a request that ends, with the HTTP status of its response if it got one."""
        self.in_flight -= 1
        if status is None:
            self.abandoned += 1
        else:
            self.by_status[status] += 1

    def add_request(self, model: str) -> None:
        """Counts a valid request to a model."""
        self._models.setdefault(model, _ModelStats()).requests += 1

    def add_answer(
        self, model: str, question: bytes, *, input_tokens: int, output_tokens: int
    ) -> None:
        """Counts an intact answer, with the digest of its request."""
        stats = self._models.setdefault(model, _ModelStats())
        stats.answered += 1
        stats.input_tokens += input_tokens
        stats.output_tokens += output_tokens
        self.answered_questions[question] += 1

    def add_charge(self, model: str, input_tokens: int, output_tokens: int, cost: float) -> None:
        """Counts a response that is charged for, intact or not, with its cost in US dollars."""
        charges = self._charges.setdefault(model, _ModelCharges())
        charges.replies += 1
        charges.input_tokens += input_tokens
        charges.output_tokens += output_tokens
        charges.cost += cost

    def as_dict(self) -> dict[str, object]:
        """Returns all counts as JSON data."""
        models = self._models.values()
        return {
            "requests": self.requests,
            "answered": sum(model.answered for model in models),
            "by_status": {str(status): count for status, count in self.by_status.items()},
            "by_fault": dict(self.by_fault),
            "abandoned": self.abandoned,
            "jobs": self.jobs,
            "questions": len(self.answered_questions),
            "repeats": sum(count > 1 for count in self.answered_questions.values()),
            "input_tokens": sum(model.input_tokens for model in models),
            "output_tokens": sum(model.output_tokens for model in models),
            "billed": {name: asdict(charges) for name, charges in self._charges.items()},
            "in_flight": self.in_flight,
            "max_in_flight": self.max_in_flight,
            "by_model": {name: asdict(model) for name, model in self._models.items()},
        }

    def reset(self) -> "Stats":
        """Returns counts that start at 0, except for the requests in progress."""
        return Stats(in_flight=self.in_flight, max_in_flight=self.in_flight)


def request_digest(path: str, body: object) -> bytes:
    """Returns a digest that is the same for requests to one path with equal bodies."""
    return blake2b(
        path.encode() + orjson.dumps(body, option=orjson.OPT_SORT_KEYS), digest_size=16
    ).digest()
