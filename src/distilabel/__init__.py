"""distilabel: make data with and for language models.

Importing this package does nothing but tell its version; each room (`distilabel.pipeline`,
`distilabel.steps`, `distilabel.steps.tasks`, `distilabel.models`) loads what is asked of it.
"""

__version__ = "2.0.0.dev0"
