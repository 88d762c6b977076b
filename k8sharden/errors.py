"""Errors that people read: each says what happened, where, and what to do, in one line.

The exit code of a class is part of the command line's contract: 2 bad input, 3 cluster out of
reach, 4 refused for safety, 5 done in part.
"""


class K8shardenError(Exception):
    """Base of every error that is shown as one line and never as a traceback."""

    exit_code = 2


class InputError(K8shardenError):
    """What the user gave cannot be used: a file, an option, a name."""


class ClusterUnavailable(K8shardenError):
    """The cluster could not be reached, authenticated to, or refused everything."""

    exit_code = 3


class Unreached(ClusterUnavailable):
    """There was no connection, so that the request cannot have arrived."""


class Refused(K8shardenError):
    """Stopped for safety: drift, another digest, read-only, or not confirmed."""

    exit_code = 4


class DoneInPart(K8shardenError):
    """Some of the work was done; the output and the journal say what."""

    exit_code = 5


class Cancelled(K8shardenError):
    """The user stopped a running scan or plan; nothing was changed."""

    exit_code = 4


class ApiError(K8shardenError):
    """An answer of the API server that is not a success.

    ``status`` is the HTTP status, ``reason`` the machine-readable word of the `Status` object
    (``Conflict``, ``Invalid``, …).
    """

    exit_code = 3

    def __init__(self, message: str, *, status: int, reason: str = "") -> None:
        """Keep the parts of the answer beside the sentence."""
        super().__init__(message)
        self.status = status
        self.reason = reason


class Unauthorized(ApiError):
    """401: the credentials are missing, wrong or expired."""


class Forbidden(ApiError):
    """403: the user may not do this, or admission refused it."""


class NotFound(ApiError):
    """404: the object or the resource type is not there."""


class Conflict(ApiError):
    """409: a stale resourceVersion, a wrong uid, or the object exists already."""


class Expired(ApiError):
    """410: the continue token of a list is too old."""


class Invalid(ApiError):
    """422: the object or the patch was refused; a failed JSON Patch ``test`` comes as this too."""
