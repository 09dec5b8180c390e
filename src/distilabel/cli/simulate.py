"""The command `distilabel simulate`: runs a simulated server."""

import errno
from pathlib import Path
from typing import Annotated, NoReturn, Optional

import typer

from distilabel.cli.errors import message_of
from distilabel.cli.output import say


def simulate(
    host: Annotated[
        str,
        typer.Option(help="Address to listen on. Use 0.0.0.0 to accept clients on other machines."),
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(min=0, max=65535, help="Port to listen on. Use 0 for any free port."),
    ] = 8000,
    latency: Annotated[
        str,
        typer.Option(
            help="Time that an answer takes, in seconds: '0.05', 'uniform:0.1:0.3' (low, high) or "
            "'lognormal:0.2:1.0' (median, sigma; a third number sets a maximum)."
        ),
    ] = "0",
    rate_limit: Annotated[
        Optional[float],
        typer.Option(
            help="Maximum requests per second. Requests above it get status 429 with a "
            "Retry-After header. Default: no limit."
        ),
    ] = None,
    limit_headers: Annotated[
        str,
        typer.Option(help="Style of the rate limit headers: openai, anthropic or none."),
    ] = "openai",
    capacity: Annotated[
        Optional[int],
        typer.Option(
            help="Maximum number of requests processed at once. Further requests wait. "
            "Default: no limit."
        ),
    ] = None,
    fault: Annotated[
        Optional[list[str]],
        typer.Option(
            metavar="NAME=SHARE",
            help="Share of the requests that fail, such as '429=0.05' or 'drop=0.01'. NAME is an "
            "HTTP status, or one of drop, reset, hang, slow, malformed, no_choices, empty, null, "
            "length and content_filter. Can be repeated.",
        ),
    ] = None,
    model: Annotated[
        Optional[list[str]],
        typer.Option(
            help="Id of a model to serve; requests to others get status 404. Can be repeated. "
            "Default: serve any id."
        ),
    ] = None,
    api_key: Annotated[
        Optional[str],
        typer.Option(help="The only API key to accept. Default: accept any key, or none."),
    ] = None,
    replay: Annotated[
        Optional[Path],
        typer.Option(
            help="JSON Lines file of recorded answers, with 'instruction' and 'outputs' (model "
            "name to text) in each row. Other questions get simulated answers."
        ),
    ] = None,
    price: Annotated[
        Optional[str],
        typer.Option(
            metavar="IN:OUT",
            help="US dollars per million input and output tokens, such as '0.15:0.6'. Responses "
            "then report their cost.",
        ),
    ] = None,
    batches: Annotated[
        str,
        typer.Option(
            help="Behavior of batch jobs, such as 'seconds=30' or 'seconds=30,end=expired,"
            "done=0.5,failing=0.1': how long a job takes, the status at its end (completed, "
            "expired, cancelled or failed), the share of its requests executed by then, and the "
            "share of those that fail."
        ),
    ] = "",
    reasoning: Annotated[
        Optional[str],
        typer.Option(
            metavar="FORM",
            help="Reason before every answer. FORM is how responses show the reasoning: in the "
            "field reasoning_content, reasoning or reasoning_details, or in the text, between "
            "tags (think) or before a closing tag alone (think_end). Anthropic responses have a "
            "thinking block for the fields.",
        ),
    ] = None,
    refuse: Annotated[
        Optional[list[str]],
        typer.Option(
            metavar="ARGUMENT",
            help="Reject requests with this argument, as reasoning models do: max_tokens always, "
            "any other argument, such as temperature, unless its value is 1. Can be repeated.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the answers, latencies and faults.")] = 0,
) -> None:
    """Runs a simulated model behind the APIs of OpenAI and Anthropic, to rehearse pipelines.

    Equal questions get equal answers. Any OpenAI or Anthropic client works, with any API key.

    GET /stats returns counts of requests, answers and tokens. POST /settings changes the latency,
    faults, rate limit, capacity and batches of the running server.
    """
    from distilabel._simulated.answers.faults import Faults
    from distilabel._simulated.answers.latency import Latency
    from distilabel._simulated.server.batch_jobs.settings import BatchSettings
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
            replay=replay and replay.absolute(),
            price=Settings.parse_price(price) if price else None,
            seed=seed,
            batches=BatchSettings.parse(batches),
            reasoning=reasoning,
            refuses=tuple(refuse or ()),
        )
        serve(settings, host, port, ready=_print_url)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            _exit_with(
                f"Port {port} of {host} is in use. Choose another one with --port, or --port 0 for "
                "any free port."
            )
        _exit_with(message_of(error))
    except ValueError as error:
        _exit_with(str(error))


def _print_url(url: str) -> None:
    say(f"Simulated model listening on {url}/v1 (stop with Ctrl-C)")


def _exit_with(message: str) -> NoReturn:
    say(f"Error: {message}", err=True)
    raise typer.Exit(2)
