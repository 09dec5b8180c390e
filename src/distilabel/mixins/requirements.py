"""Requirements: the packages a step or a pipeline needs beyond distilabel."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import logging
from typing import Any

_log = logging.getLogger("distilabel.requirements")


def _is_missing(text: str) -> bool:
    from packaging.requirements import Requirement

    wanted = Requirement(text)
    if wanted.marker is not None and not wanted.marker.evaluate():
        # Of another system or another Python: not wanted here.
        return False
    try:
        version = importlib.metadata.version(wanted.name)
    except importlib.metadata.PackageNotFoundError:
        # A module of the user's own has no version; any is right where none is asked for.
        return bool(wanted.specifier) or not _is_module(wanted.name)
    return not wanted.specifier.contains(version, prereleases=True)


def _is_module(name: str) -> bool:
    module = name.replace("-", "_")
    return module.isidentifier() and importlib.util.find_spec(module) is not None


class RequirementsMixin:
    """Keeps a sorted list of requirements, without repetitions."""

    _requirements: Any = None

    @property
    def requirements(self) -> list[str]:
        """PEP 508 strings, sorted, each once."""
        return sorted(set(self._gather_requirements()))

    @requirements.setter
    def requirements(self, value: list[str]) -> None:
        from packaging.requirements import InvalidRequirement, Requirement

        valid = []
        for text in value:
            try:
                Requirement(text)
            except (InvalidRequirement, TypeError):
                _log.warning("%r is no requirement (like 'numpy>=2'), it is left out", text)
            else:
                valid.append(text)
        self._requirements = valid

    def _gather_requirements(self) -> list[str]:
        return list(self._requirements or [])

    def requirements_to_install(self) -> list[str]:
        """The requirements that are not installed, or installed in a version they exclude."""
        return [text for text in self.requirements if _is_missing(text)]
