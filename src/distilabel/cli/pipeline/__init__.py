"""The commands `distilabel pipeline run` and `distilabel pipeline info`."""

from distilabel.cli.pipeline.commands import app

__all__ = ["app"]
