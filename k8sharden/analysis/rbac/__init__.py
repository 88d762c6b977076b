"""RBAC as the API server decides: who may do what, by which binding, and what that leads to.

`policy` holds the roles and bindings of one moment, `authorize` decides on one request, `rights`
lists what somebody has, `powers` says which rights are dangerous.

Source: kubernetes.io, Using RBAC Authorization; k8s.io/kubernetes, plugin/pkg/auth/authorizer/rbac
and pkg/registry/rbac/validation, v1.36.
"""
