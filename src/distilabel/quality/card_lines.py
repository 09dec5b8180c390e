"""Tells of a judge in six lines, for the card of a dataset that it filtered."""

from __future__ import annotations

from distilabel.quality.calibration import Calibration


def card_lines(calibration: Calibration) -> list[str]:
    """What a reader of a dataset should know about the judge that filtered it.

    Args:
        calibration: What was measured.

    Returns:
        Six sentences in Markdown: judge, labels, agreement, lead, bias, decision.
    """
    found, decision = calibration.measures, calibration.decision
    about = calibration.identity.described
    model = f" with `{about['model']}`" if about.get("model") else ""
    orders = {1: "one order", 2: "both orders"}[found.orders] if found.kind == "pair" else ""
    asked = f", asked in {orders}" if orders else ""
    people = "person" if calibration.annotators == 1 else "people"
    ceiling = (
        f"two people agree with {found.ceiling:.2f}"
        if found.ceiling is not None
        else "how far people agree with each other is unknown"
    )
    biases = [
        f"{name} {value}"
        for name, value in (
            ("longer answers", found.length_excess),
            ("its own model family", found.family_excess),
        )
        if value is not None
    ]
    failed = "; ".join(check.text for check in decision.failed)
    return [
        f"Judge: `{about.get('task', calibration.step)}`{model}{asked}"
        f" (`{calibration.identity.id[:12]}`).",
        f"Measured on {calibration.date} against {found.n} items labeled by"
        f" {calibration.annotators} {people} (gold `{calibration.gold[:12]}`).",
        f"Agreement {found.agreement}, kappa {found.kappa}; {ceiling}.",
        f"Credit above the best trivial judge ({found.baseline}): {found.lead}"
        + (f"; above its best judge: {calibration.jury_gain}." if calibration.jury_gain else "."),
        f"Preference above that of people: {', '.join(biases)}."
        if biases
        else "Preference for longer answers or its own family: not measured.",
        "Decision: trusted." if decision.trusted else f"Decision: {decision.status}: {failed}.",
    ]
