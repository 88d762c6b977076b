"""The answers that are no success: a `Status` object with a code, a reason and a sentence.

The sentences are the API server's own, since people search for them and programs match them.
Source: k8s.io/apimachinery, pkg/api/errors, v1.36, and the answers of a real server.
"""

from typing import Any

from k8sharden.model.kinds import ResourceType

Cause = dict[str, str]


class Failure(Exception):
    """Raised anywhere in the handling of a request; it becomes the answer."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        details: dict[str, Any] | None = None,
        *,
        token: str = "",
    ) -> None:
        """Keep the parts of the `Status`; ``token`` continues a list that has expired."""
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.details = details
        self.token = token

    def body(self) -> dict[str, Any]:
        """The `Status` object."""
        body: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {"continue": self.token} if self.token else {},
            "status": "Failure",
            "message": str(self),
        }
        if self.reason:
            body["reason"] = self.reason
        if self.details is not None:
            body["details"] = self.details
        return body | {"code": self.code}


def cause(reason: str, field: str, message: str) -> Cause:
    """Return one entry of ``details.causes``."""
    return {"reason": reason, "message": message, "field": field}


def required(field: str, text: str = "") -> Cause:
    """A field must be given."""
    return cause("FieldValueRequired", field, "Required value" + (f": {text}" if text else ""))


def invalid_value(field: str, value: str, text: str) -> Cause:
    """A field has a value that it may not have; ``value`` is written as JSON."""
    return cause("FieldValueInvalid", field, f"Invalid value: {value}: {text}")


def forbidden_value(field: str, text: str) -> Cause:
    """A field may not be set, or not be changed."""
    return cause("FieldValueForbidden", field, f"Forbidden: {text}")


def duplicate(field: str, value: str) -> Cause:
    """Two elements of a list have the same name; ``value`` is written as JSON."""
    return cause("FieldValueDuplicate", field, f"Duplicate value: {value}")


def unsupported(field: str, value: str, supported: tuple[str, ...]) -> Cause:
    """A field has none of the values it may have."""
    known = ", ".join(f'"{each}"' for each in supported)
    text = f'Unsupported value: "{value}": supported values: {known}'
    return cause("FieldValueNotSupported", field, text)


def _details(kind: ResourceType, name: str, *, word: str = "") -> dict[str, Any]:
    details: dict[str, Any] = {"name": name} if name else {}
    if kind.group:
        details["group"] = kind.group
    return details | {"kind": word or kind.plural}


def bad_request(message: str) -> Failure:
    """400: the request makes no sense."""
    return Failure(400, "BadRequest", message)


def wrong_name(given: str, asked: str) -> Failure:
    """400: an object that is not the one the URL names."""
    return bad_request(
        f"the name of the object ({given}) does not match the name on the URL ({asked})"
    )


def not_found(kind: ResourceType, name: str) -> Failure:
    """404: no such object."""
    return Failure(404, "NotFound", f'{kind.key} "{name}" not found', _details(kind, name))


def no_resource() -> Failure:
    """404: no such resource type or path."""
    return Failure(404, "NotFound", "the server could not find the requested resource", {})


def method_not_allowed() -> Failure:
    """405: the path exists, and takes other methods."""
    message = "the server does not allow this method on the requested resource"
    return Failure(405, "MethodNotAllowed", message, {})


def forbidden(kind: ResourceType, name: str, why: str) -> Failure:
    """403: authorization or admission refuses."""
    subject = f'{kind.key} "{name}"' if name else kind.key
    return Failure(403, "Forbidden", f"{subject} is forbidden: {why}", _details(kind, name))


def already_exists(kind: ResourceType, name: str) -> Failure:
    """409: an object of that name is there."""
    message = f'{kind.key} "{name}" already exists'
    return Failure(409, "AlreadyExists", message, _details(kind, name))


def modified(kind: ResourceType, name: str) -> Failure:
    """409: the resourceVersion sent is not the current one."""
    message = (
        f'Operation cannot be fulfilled on {kind.key} "{name}": the object has been modified; '
        "please apply your changes to the latest version and try again"
    )
    return Failure(409, "Conflict", message, _details(kind, name))


def precondition(kind: ResourceType, name: str, text: str) -> Failure:
    """409: a precondition of a deletion does not hold."""
    word = f"{kind.kind}.{kind.group}" if kind.group else kind.kind
    message = f'Operation cannot be fulfilled on {word} "{name}": {text}'
    return Failure(409, "Conflict", message, _details(kind, name, word=kind.kind))


def patch_refused() -> Failure:
    """422: a JSON Patch does not apply, a failed ``test`` included; the server never says why."""
    message = "the server rejected our request due to an error in our request"
    return Failure(422, "Invalid", message, {})


def unreadable_patch(text: str) -> Failure:
    """422: what a patch makes of the object cannot be decoded."""
    found = cause("FieldValueInvalid", "patch", f"Invalid value: {text}")
    return Failure(
        422, "Invalid", f' "" is invalid: patch: {found["message"]}', {"causes": [found]}
    )


def invalid(kind: ResourceType, name: str, causes: list[Cause]) -> Failure:
    """422: the object breaks the rules of its kind."""
    word = f"{kind.kind}.{kind.group}" if kind.group else kind.kind
    parts = list(dict.fromkeys(f"{each['field']}: {each['message']}" for each in causes))
    text = parts[0] if len(parts) == 1 else f"[{', '.join(parts)}]"
    details = _details(kind, name, word=kind.kind) | {"causes": causes}
    return Failure(422, "Invalid", f'{word} "{name}" is invalid: {text}', details)
