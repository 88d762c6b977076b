"""Pod Security Standards: what namespaces admit, and what pod templates ask for."""

from remediations.pod_security import allow_privilege_escalation, no_enforce

ITEMS = (no_enforce.ITEM, allow_privilege_escalation.ITEM)
