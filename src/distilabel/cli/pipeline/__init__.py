"""The commands `distilabel pipeline ...`."""

from distilabel.cli.pipeline.commands import app

__all__ = ["app"]
