"""Sets up the observers of a run: the event file always, OpenTelemetry if it is enabled."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING, Any, Final

from distilabel._core.events import Emit
from distilabel._engine.run.plan import Plan
from distilabel.pipeline.observers.background import BackgroundObserver
from distilabel.pipeline.observers.jsonl import open_event_file

if TYPE_CHECKING:
    from distilabel.pipeline.workspace.run_directory import RunDirectory

_FILE_SECONDS: Final = 5.0
_NETWORK_SECONDS: Final = 10.0
_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")

_log = logging.getLogger("distilabel.pipeline")


@contextmanager
def observers(directory: RunDirectory, plan: Plan) -> Iterator[list[Emit]]:
    """Opens the observers of a run other than its log and display.

    Args:
        directory: Run directory.
        plan: Plan of the run.

    Yields:
        Listeners for the events of the run.
    """
    with ExitStack() as stack:
        listeners: list[Emit] = [
            stack.enter_context(
                closing(
                    BackgroundObserver(open_event_file(directory.events), "events", _FILE_SECONDS)
                )
            )
        ]
        telemetry = _telemetry(plan)
        if telemetry is not None:
            listeners.append(stack.enter_context(closing(telemetry)))
        yield listeners


def _telemetry(plan: Plan) -> BackgroundObserver | None:
    """Returns the observer that makes spans and metrics; None, without any import, if disabled."""
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return None
    given = _has_tracer_provider()
    if not given and not any(os.environ.get(name) for name in _ENDPOINTS):
        return None
    try:
        from opentelemetry import context

        from distilabel.pipeline.observers import opentelemetry as spans

        if not given:
            import opentelemetry.exporter.otlp.proto.http
            import opentelemetry.sdk.trace  # noqa: F401
    except ImportError as error:
        _log.warning(
            "OpenTelemetry is enabled but not installed (%s). The run continues without it. "
            "Install it with: pip install 'distilabel[otel]'",
            error,
        )
        return None
    make = spans.given_providers if given else spans.own_providers
    observer = make(plan.steps, context.get_current())
    return BackgroundObserver(observer, "spans", _NETWORK_SECONDS)


def _has_tracer_provider() -> bool:
    """Whether the program has set a tracer provider."""
    trace: Any = sys.modules.get("opentelemetry.trace")
    return trace is not None and not isinstance(
        trace.get_tracer_provider(), (trace.ProxyTracerProvider, trace.NoOpTracerProvider)
    )
