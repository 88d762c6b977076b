"""Pipelines of continuous integration, as they stand in a repository beside its manifests."""

import msgspec


class Pipeline(msgspec.Struct, frozen=True):
    """A workflow of GitHub Actions or the configuration of GitLab CI: its path, and its text.

    ``path`` is that in the repository, with slashes.
    """

    path: str
    text: str
