"""`ArtifactsMixin`: files and directories that a step saves along with the dataset."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Optional

import orjson
from pydantic import BaseModel, PrivateAttr

from distilabel._core.file_names import file_name


class ArtifactsMixin(BaseModel):
    """Lets a step save artifacts in the artifacts directory of the run."""

    if TYPE_CHECKING:
        name: Optional[str]

    _artifacts_path: Optional[Path] = PrivateAttr(default=None)

    @property
    def artifacts_directory(self) -> Path | None:
        """Directory for the artifacts of the step; None outside a run."""
        return self._artifacts_path / str(self.name) if self._artifacts_path else None

    def set_pipeline_artifacts_path(self, path: Path) -> None:
        """Sets the directory that contains the artifacts of all steps.

        Args:
            path: Directory; the step uses a subdirectory with its name.
        """
        self._artifacts_path = path

    def save_artifact(
        self,
        name: str,
        write_function: Callable[[Path], None],
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Saves an artifact, which is a file or directory stored with the dataset.

        Args:
            name: Name of the artifact. One that no folder can have, such as `..`, is replaced.
            write_function: Called with an existing directory to write the artifact to.
            metadata: Metadata, saved as `metadata.json` in the same directory.
        """
        if self.artifacts_directory is None:
            logging.getLogger(f"distilabel.step.{self.name}").warning(
                "artifact %r is not saved: step %s is not part of a run", name, self.name
            )
            return
        folder = "/".join(map(file_name, name.split("/")))
        if folder != name:
            logging.getLogger(f"distilabel.step.{self.name}").warning(
                "artifact %r is saved as %r, since a folder cannot have its name",
                name[:200],
                folder,
            )
        directory = self.artifacts_directory / folder
        directory.mkdir(parents=True, exist_ok=True)
        write_function(directory)
        (directory / "metadata.json").write_bytes(orjson.dumps(metadata or {}))
