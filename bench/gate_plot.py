"""Plots one scenario. The only module that imports matplotlib."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

# Fixed, so that a picture is the same when nothing has changed, and its texts stay texts.
_STYLE = {
    "svg.hashsalt": "gate",
    "svg.fonttype": "none",
    "font.size": 8,
}


def plot(path: Path, title: str, seen: list[dict[str, float]], looks: list[list[Any]]) -> None:
    """Plots answers and rejections per second, the rate, and the concurrency limit, over time.

    Args:
        path: where to; its suffix says the format.
        title: of the picture.
        seen: counts of the endpoint, each with `at`, `answered` and `refused`.
        looks: at the gate: when, limit, in flight, questions a second or None.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    begun = seen[0]["at"]
    times, answers, refusals = [], [], []
    for before, after in pairwise(seen):
        seconds = after["at"] - before["at"]
        times.append(after["at"] - begun)
        # A restarted endpoint counts from 0.
        answers.append(max(0.0, after["answered"] - before["answered"]) / seconds)
        refusals.append(max(0.0, after["refused"] - before["refused"]) / seconds)
    with pyplot.rc_context(_STYLE):
        figure, (rates, places) = pyplot.subplots(2, 1, figsize=(6.4, 3.6), sharex=True)
        at = [look[0] - begun for look in looks]
        rates.plot(times, answers, label="answers/s", color="tab:blue", linewidth=1)
        rates.plot(times, refusals, label="refusals/s", color="tab:red", linewidth=1)
        most = 1.5 * max([*answers, 1.0])
        tempo = [look[3] if look[3] is not None and look[3] <= most else None for look in looks]
        rates.plot(at, tempo, label="tempo", color="tab:gray", linewidth=0.8, linestyle="--")
        rates.set_ylim(0, most)
        rates.legend(loc="upper right", ncols=3, frameon=False)
        rates.set_title(title, loc="left")
        places.plot(at, [look[1] for look in looks], label="limit", color="tab:gray", linewidth=1)
        flying = [look[2] for look in looks]
        places.plot(at, flying, label="in flight", color="tab:green", linewidth=1)
        places.set_xlabel("seconds")
        places.set_ylim(bottom=0)
        places.legend(loc="upper right", ncols=2, frameon=False)
        figure.tight_layout()
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
        pyplot.close(figure)
