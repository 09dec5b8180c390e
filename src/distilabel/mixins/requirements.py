"""`RequirementsMixin`: packages that a step or a pipeline needs in addition to distilabel."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import logging
from typing import Any

_log = logging.getLogger("distilabel.requirements")


def _is_missing(text: str) -> bool:
    """Returns True if a requirement applies here and is not satisfied."""
    from packaging.requirements import Requirement

    requirement = Requirement(text)
    if requirement.marker is not None and not requirement.marker.evaluate():
        # The requirement is for another platform or Python version.
        return False
    try:
        version = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        # A local module has no version, so it satisfies only a requirement without a version.
        return bool(requirement.specifier) or not _is_module(requirement.name)
    return not requirement.specifier.contains(version, prereleases=True)


def _is_module(name: str) -> bool:
    module = name.replace("-", "_")
    return module.isidentifier() and importlib.util.find_spec(module) is not None


class RequirementsMixin:
    """Adds a list of requirements to a class, sorted and without duplicates."""

    _requirements: Any = None

    @property
    def requirements(self) -> list[str]:
        """PEP 508 strings, sorted and without duplicates."""
        return sorted(set(self._gather_requirements()))

    @requirements.setter
    def requirements(self, value: list[str]) -> None:
        from packaging.requirements import InvalidRequirement, Requirement

        valid = []
        for text in value:
            try:
                Requirement(text)
            except (InvalidRequirement, TypeError):
                _log.warning(
                    "requirement %r is ignored: it is not a PEP 508 string like 'numpy>=2'", text
                )
            else:
                valid.append(text)
        self._requirements = valid

    def _gather_requirements(self) -> list[str]:
        return list(self._requirements or [])

    def requirements_to_install(self) -> list[str]:
        """Returns the requirements that are not installed, or installed in the wrong version."""
        return [text for text in self.requirements if _is_missing(text)]
