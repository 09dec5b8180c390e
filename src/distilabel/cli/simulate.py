"""`distilabel simulate`: starts a simulated model server with the given options."""

from pathlib import Path
from typing import Annotated, NoReturn, Optional

import typer


def simulate(
    host: Annotated[
        str, typer.Option(help="Address to listen on. Use 0.0.0.0 to accept remote connections.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on. 0 picks a free port.")
    ] = 8000,
    latency: Annotated[
        str,
        typer.Option(
            help="Seconds per response: '0.05', 'uniform:0.1:0.3' (low, high) or "
            "'lognormal:0.2:1.0' (median, sigma), with an optional maximum as the third number."
        ),
    ] = "0",
    rate_limit: Annotated[
        Optional[float],
        typer.Option(
            help="Maximum requests per second. Requests above it get status 429 with Retry-After. "
            "Defaults to no limit."
        ),
    ] = None,
    limit_headers: Annotated[
        str,
        typer.Option(help="Format of the rate limit headers: openai, anthropic or none."),
    ] = "openai",
    capacity: Annotated[
        Optional[int],
        typer.Option(
            help="Maximum requests processed at a time. Others wait. Defaults to no limit."
        ),
    ] = None,
    fault: Annotated[
        Optional[list[str]],
        typer.Option(
            metavar="NAME=SHARE",
            help="Make this share of the responses fail, such as '429=0.05' or 'drop=0.01'. NAME "
            "is an HTTP status, or drop, reset, hang, slow, malformed, no_choices, empty, null, "
            "length or content_filter. Can be repeated.",
        ),
    ] = None,
    model: Annotated[
        Optional[list[str]],
        typer.Option(
            help="Id of a model to serve; requests for others get status 404. Can be repeated. "
            "Defaults to any id."
        ),
    ] = None,
    api_key: Annotated[
        Optional[str],
        typer.Option(help="The only API key to accept. Defaults to any key."),
    ] = None,
    replay: Annotated[
        Optional[Path],
        typer.Option(
            help="JSON Lines file of recorded answers: rows with 'instruction' and 'outputs' "
            "(model name to text). Other prompts get simulated answers."
        ),
    ] = None,
    price: Annotated[
        Optional[str],
        typer.Option(
            metavar="IN:OUT",
            help="Price in US dollars per million input and output tokens, such as '0.15:0.6'. "
            "Every response then states its cost.",
        ),
    ] = None,
    batches: Annotated[
        str,
        typer.Option(
            help="Behavior of batch jobs, such as 'seconds=30' or 'seconds=30,end=expired,"
            "done=0.5,failing=0.1': their duration, their end (completed, expired, cancelled or "
            "failed), the share of requests done, and the share of those that fail."
        ),
    ] = "",
    reasoning: Annotated[
        Optional[str],
        typer.Option(
            metavar="FORM",
            help="Add reasoning to every response: in the field reasoning_content, reasoning or "
            "reasoning_details, or in the text between tags (think) or before a closing tag only "
            "(think_end). Anthropic messages get a thinking block.",
        ),
    ] = None,
    refuse: Annotated[
        Optional[list[str]],
        typer.Option(
            metavar="ARGUMENT",
            help="Reject requests with this argument, as reasoning models do: max_tokens with any "
            "value, others, such as temperature, unless the value is 1. Can be repeated.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of all answers, latencies and faults.")] = 0,
) -> None:
    """Serve a simulated model with the APIs of OpenAI and Anthropic, to test pipelines.

    The same prompt always gets the same answer; latency, rate limit and faults are configurable.
    Point any OpenAI client at the printed URL, with any API key. GET /stats returns counts of the
    requests; POST /settings changes latency, faults, rate limit, capacity and batch jobs at
    runtime.
    """
    from distilabel._simulated.answers.faults import Faults, Latency
    from distilabel._simulated.server.batching import Batching
    from distilabel._simulated.server.server import serve
    from distilabel._simulated.server.settings import Settings

    try:
        settings = Settings(
            latency=Latency.parse(latency),
            faults=Faults.parse(fault or ()),
            rate_limit=rate_limit,
            limit_headers=limit_headers,
            capacity=capacity,
            models=tuple(model or ()),
            api_key=api_key,
            replay=replay,
            price=Settings.price_from(price) if price else None,
            seed=seed,
            batches=Batching.parse(batches),
            reasoning=reasoning,
            refuses=tuple(refuse or ()),
        )
        serve(settings, host, port, ready=_print_url)
    except (ValueError, OSError) as error:
        _fail(str(error))


def _print_url(url: str) -> None:
    typer.echo(f"Serving a simulated model at {url}/v1 (press Ctrl-C to stop).")


def _fail(message: str) -> NoReturn:
    typer.echo(f"Error: {message}", err=True)
    raise typer.Exit(2)
