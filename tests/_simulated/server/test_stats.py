"""Protects what is counted, and that a reset keeps the requests in progress."""

from distilabel._simulated.server.stats import Stats, request_digest


def test_a_repeated_question_counts_once_as_a_repeat() -> None:
    stats = Stats()
    for question in (b"a", b"b", b"a", b"a"):
        stats.add_answer("m", question, input_tokens=1, output_tokens=2)
    counts = stats.as_dict()
    assert (counts["answered"], counts["questions"], counts["repeats"]) == (4, 2, 1)
    assert (counts["input_tokens"], counts["output_tokens"]) == (4, 8)


def test_charges_and_answers_are_counted_apart() -> None:
    stats = Stats()
    stats.add_charge("m", 3, 4, 0.5)
    stats.add_charge("m", 3, 4, 0.5)
    counts = stats.as_dict()
    charges = {"replies": 2, "input_tokens": 6, "output_tokens": 8, "cost": 1.0}
    assert counts["billed"] == {"m": charges}
    assert counts["answered"] == 0


def test_a_reset_keeps_the_requests_in_progress() -> None:
    stats = Stats()
    for _ in range(3):
        stats.start()
    stats.end(200)
    stats.end(None)
    fresh = stats.reset()
    assert (stats.by_status[200], stats.abandoned, stats.max_in_flight) == (1, 1, 3)
    assert (fresh.requests, fresh.in_flight, fresh.max_in_flight) == (0, 1, 1)


def test_the_digest_depends_on_path_and_body_but_not_on_the_order_of_keys() -> None:
    assert request_digest("/a", {"x": 1, "y": 2}) == request_digest("/a", {"y": 2, "x": 1})
    assert request_digest("/a", {"x": 1}) != request_digest("/b", {"x": 1})
    assert request_digest("/a", {"x": 1}) != request_digest("/a", {"x": 2})
