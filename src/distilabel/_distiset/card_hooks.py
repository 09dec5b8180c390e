"""The two methods of a distiset that subclasses override to change its card."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from distilabel._distiset.protocol import DistisetLike
    from distilabel.utils.card.dataset_card import DistilabelDatasetCard


class CardHooks:
    """Makes and pushes the card. Names and arguments are those of 1.x."""

    def _get_card(
        self,
        repo_id: str,
        token: str | None = None,
        include_script: bool = False,
        filename_py: str | None = None,
    ) -> DistilabelDatasetCard:
        """Makes the card; override it to change the card.

        Args:
            repo_id: Dataset, as `owner/name`, or the name of a directory.
            token: Token that must not be in the card.
            include_script: Whether the script was pushed.
            filename_py: Name of the script in the repository.
        """
        from distilabel._distiset.card import make_card
        from distilabel._distiset.hub import license_of

        distiset = cast("DistisetLike", self)
        script = filename_py if include_script else None
        if not token:
            return make_card(distiset, repo_id, script)
        return make_card(distiset, repo_id, script, secrets=(token,), license_of=license_of)

    def _generate_card(
        self,
        repo_id: str,
        token: str | None,
        include_script: bool = False,
        filename_py: str | None = None,
    ) -> None:
        """Pushes the card, `pipeline.yaml` and `pipeline.log`; override it to push others.

        Args:
            repo_id: Dataset, as `owner/name`, which exists.
            token: Token with write permission; None is `HF_TOKEN` or the stored login.
            include_script: Whether the script was pushed.
            filename_py: Name of the script in the repository.
        """
        from distilabel._distiset import hub

        hub.push_card(
            cast("DistisetLike", self), repo_id, token, filename_py if include_script else None
        )
