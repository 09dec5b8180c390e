"""Requirements: the packages a step or a pipeline needs beyond distilabel."""

from __future__ import annotations

import importlib.metadata
import logging
from typing import Any

_log = logging.getLogger("distilabel.requirements")


def _is_missing(requirement: str) -> bool:
    from packaging.requirements import Requirement

    wanted = Requirement(requirement)
    try:
        version = importlib.metadata.version(wanted.name)
    except importlib.metadata.PackageNotFoundError:
        return True
    return not wanted.specifier.contains(version, prereleases=True)


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
            except InvalidRequirement:
                _log.warning("%r is no requirement (like 'numpy>=2'), it is left out", text)
            else:
                valid.append(text)
        self._requirements = valid

    def _gather_requirements(self) -> list[str]:
        return list(self._requirements or [])

    def requirements_to_install(self) -> list[str]:
        """The requirements that are not installed, or installed in a version they exclude."""
        return [text for text in self.requirements if _is_missing(text)]
