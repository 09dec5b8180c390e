"""`python -m distilabel`: the same as the command `distilabel`."""

from distilabel.cli.app import app

if __name__ == "__main__":
    app(prog_name="distilabel")
