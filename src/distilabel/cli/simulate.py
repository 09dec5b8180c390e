"""The command `distilabel simulate`: options in, a simulated server out; answers nothing itself."""

from pathlib import Path
from typing import Annotated, NoReturn, Optional

import typer


def simulate(
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 to be reached from elsewhere.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0 picks a free one.")
    ] = 8000,
    latency: Annotated[
        str,
        typer.Option(
            help="How long an answer takes, in seconds: '0.05', 'uniform:0.1:0.3' (low, high), or "
            "'lognormal:0.2:1.0' (median, sigma) with a cap as an optional third number."
        ),
    ] = "0",
    rate_limit: Annotated[
        Optional[float],
        typer.Option(
            help="Requests per second; above it the answer is 429 with Retry-After. "
            "No limit if left out."
        ),
    ] = None,
    limit_headers: Annotated[
        str,
        typer.Option(help="Whose headers tell of the rate limit: openai, anthropic or none."),
    ] = "openai",
    capacity: Annotated[
        Optional[int],
        typer.Option(
            help="Requests that are worked on at a time, the others wait. Any number if left out."
        ),
    ] = None,
    fault: Annotated[
        Optional[list[str]],
        typer.Option(
            metavar="NAME=SHARE",
            help="Share of the answers that go wrong, such as '429=0.05' or 'drop=0.01'; repeat "
            "for several. An HTTP status, or drop, reset, hang, slow, malformed, no_choices, "
            "empty, null, length, content_filter.",
        ),
    ] = None,
    model: Annotated[
        Optional[list[str]],
        typer.Option(
            help="Id of a model to serve, others get 404; repeat for several. "
            "Any id is served if left out."
        ),
    ] = None,
    api_key: Annotated[
        Optional[str],
        typer.Option(help="The only API key let in; everyone is let in if left out."),
    ] = None,
    replay: Annotated[
        Optional[Path],
        typer.Option(
            help="JSON-lines file of recorded answers, rows with 'instruction' and 'outputs' "
            "(model name to text); other questions get simulated answers."
        ),
    ] = None,
    price: Annotated[
        Optional[str],
        typer.Option(
            metavar="IN:OUT",
            help="US dollars for a million tokens in, and out, such as '0.15:0.6'; every answer "
            "then names what it cost.",
        ),
    ] = None,
    batches: Annotated[
        str,
        typer.Option(
            help="How batch jobs go, such as 'seconds=30' or 'seconds=30,end=expired,done=0.5,"
            "failing=0.1': they take so long and end as completed, expired, cancelled or failed, "
            "with this share of the questions done, and this share of those failing."
        ),
    ] = "",
    reasoning: Annotated[
        Optional[str],
        typer.Option(
            metavar="FORM",
            help="Think before every answer and show it: in a field reasoning_content, reasoning "
            "or reasoning_details, or in the text between tags (think) or before the closing one "
            "alone (think_end). A thinking block in Anthropic's messages.",
        ),
    ] = None,
    refuse: Annotated[
        Optional[list[str]],
        typer.Option(
            metavar="ARGUMENT",
            help="Refuse an argument as models that reason do: max_tokens always, any other one, "
            "such as temperature, unless it is 1; repeat for several.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of all answers, latencies and faults.")] = 0,
) -> None:
    """Serves a simulated model that speaks as OpenAI and Anthropic do, to rehearse pipelines on.

    The same question always gets the same answer; latency, rate limit and faults are yours to set.
    Point any OpenAI client at the printed URL, with any API key. What was asked is counted under
    /stats; /settings changes latency, faults, rate limit, capacity and batch jobs while it runs.
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
        serve(settings, host, port, ready=_tell)
    except (ValueError, OSError) as error:
        _leave(str(error))


def _tell(url: str) -> None:
    typer.echo(f"A simulated model answers at {url}/v1 - press Ctrl-C to stop it.")


def _leave(message: str) -> NoReturn:
    typer.echo(f"Error: {message}", err=True)
    raise typer.Exit(2)
