"""Real Kubernetes servers for the tests: no container engine, no cluster, nothing left running.

`fixtures` is what tests use; `control_plane` runs the servers, `binaries` finds or builds them,
`kubelet` plays the part of the nodes, which are not there.
"""
