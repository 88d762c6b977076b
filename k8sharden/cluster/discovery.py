"""Which API groups a server has, so that a scan asks for no type of a tool that is not installed.

Source: the Kubernetes API concepts, "API discovery"; everybody who is logged in may read it.
"""

from collections.abc import Mapping

import msgspec

from k8sharden.cluster.api import Api
from k8sharden.errors import ApiError, ClusterUnavailable, NotFound, Unauthorized
from k8sharden.model.decoding import decode
from k8sharden.model.kinds import CUSTOM, ResourceType
from k8sharden.model.text import one_line

GROUPS_PATH = "/apis"


class _Version(msgspec.Struct):
    version: str = ""


class _Group(msgspec.Struct):
    name: str
    versions: list[_Version] | None = None


class _Groups(msgspec.Struct):
    groups: list[_Group] | None


def not_served(api: Api) -> Mapping[ResourceType, ApiError | ClusterUnavailable]:
    """Return the custom types that need not be asked for, each with the error of its list.

    A group that is missing is a `NotFound`. One that is served in other versions only is no such
    thing: what it holds stays unknown. Empty where discovery does not answer.

    Raises `Unauthorized`.
    """
    try:
        found = decode(api.raw(GROUPS_PATH), _Groups).groups or ()
    except Unauthorized:
        raise
    except (ApiError, ClusterUnavailable, msgspec.MsgspecError, UnicodeDecodeError):
        return {}
    served = {group.name: [each.version for each in group.versions or ()] for group in found}
    errors: dict[ResourceType, ApiError | ClusterUnavailable] = {}
    for kind in CUSTOM:
        versions = served.get(kind.group)
        if versions is None:
            errors[kind] = NotFound(f"The server has no group {kind.group}.", status=404)
        elif kind.version not in versions:
            others = one_line(", ".join(versions), 100) or "none"
            errors[kind] = ClusterUnavailable(
                f"{kind.group} is served in other versions than {kind.version} only: {others}"
            )
    return errors
