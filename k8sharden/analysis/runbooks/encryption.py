"""How Secrets come to be encrypted in etcd, for each distribution.

Source: kubernetes.io, Encrypting Confidential Data at Rest; the documentation of k3s, RKE2, EKS,
GKE and AKS. No file holds a real key: the key is made on the node.
"""

from k8sharden.analysis.runbooks import static_pod
from k8sharden.analysis.runbooks.markdown import Runbook, shell
from k8sharden.analysis.runbooks.providers import Commands, Providers
from k8sharden.analysis.runbooks.static_pod import NO_ANSWER, RECOVERY, TWO_SERVERS, Mount
from k8sharden.model.change import File

PLACEHOLDER = "MADE-ON-THE-NODE"
"""Stands for the key: no base64 of 32 bytes, so that a forgotten one stops the API server."""

_FOLDER = "/etc/kubernetes/enc"

CONFIG = f"""\
# EncryptionConfiguration for {_FOLDER}/enc.yaml, mode 0600, the same on every control-plane node.
# The key is put in on the node: see RUNBOOK.md. Never commit this file with a key in it.
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources:
  - secrets
  providers:
  - secretbox:
      keys:
      - name: key1
        secret: {PLACEHOLDER}
  - identity: {{}}
"""

_REWRITE = "Rewrite every Secret, since only what is written anew is encrypted."
_REPLACE = (
    "kubectl get secrets --all-namespaces -o json | kubectl replace -f -  # again on conflicts"
)
_KEY_LOST = (
    "The key is lost",
    "Every Secret that it encrypted is lost. Only a copy of the key, or plain-text backups, help.",
)


def files(distribution: str) -> tuple[File, ...]:
    """Return the artefact for a distribution; what is not known gets the kubeadm way to adapt."""
    distribution = distribution.lower()
    if commands := _PROVIDERS.of(distribution):
        return (_provider(distribution, commands).file(),)
    if distribution in ("k3s", "rke2"):
        return _rancher(distribution)
    flags = {"encryption-provider-config": f"{_FOLDER}/enc.yaml"}
    mount = Mount("encryption", _FOLDER, "Directory")
    return (
        File("enc.yaml", CONFIG),
        *static_pod.files(flags, (mount,)),
        _static(distribution).file(),
    )


def _static(distribution: str) -> Runbook:
    return Runbook(
        "Encrypt Secrets in etcd",
        _static_purpose(distribution),
        (
            "Back up etcd, and keep the copy where only administrators read it: it holds every "
            "Secret in plain text."
            + shell("etcdctl snapshot save /root/etcd-before-encryption.db"),
            "On the first control-plane node, make the key and put it into the configuration:"
            + shell(
                f"install -d -m 0700 {_FOLDER}",
                "umask 077",
                "KEY=$(head -c 32 /dev/urandom | base64 -w0)",
                f'sed "s|{PLACEHOLDER}|$KEY|" enc.yaml > {_FOLDER}/enc.yaml; unset KEY',
            ),
            (
                "Copy `enc.yaml` with its key to the same place on all other control-plane nodes, "
                "and to where your backup keys lie. Without it no backup of etcd can be read."
            ),
            (
                "Only with several control-plane nodes: in all copies put `- identity: {}` before "
                "`- secretbox:` first, so that every API server can read before any writes. Once "
                "all run with it, change the order back and restart them one by one."
            ),
            *static_pod.install(
                "encryption", "encryption-provider-config", "All of them need the same `enc.yaml`."
            ),
            f"{_REWRITE} From Kubernetes 1.37 a StorageVersionMigration of `secrets` "
            "(storagemigration.k8s.io/v1) does it; before:" + shell(_REPLACE),
            (
                "Once nothing is left in plain text, take `- identity: {}` out of every copy of "
                "`enc.yaml` and restart the API servers one by one. Now unencrypted Secrets are "
                "refused instead of read."
            ),
        ),
        "Look at a Secret as etcd has it; it must begin with `k8s:enc:secretbox:v1:key1:`. Then "
        "scan again: k8sharden sees the API server's own count of encrypted writes."
        + shell(
            "kubectl create secret generic encryption-check --from-literal=word=visible",
            "etcdctl get /registry/secrets/default/encryption-check | head -c 80",
            "kubectl delete secret encryption-check",
        ),
        "Do not remove the flag first: encrypted Secrets could not be read. Put `- identity: {}` "
        "before `- secretbox:` on every node, restart, rewrite every Secret as above, and only "
        "then go back. " + static_pod.roll_back("encryption"),
        (
            RECOVERY,
            NO_ANSWER,
            TWO_SERVERS,
            _KEY_LOST,
            (
                "`illegal base64 data` in the API server's log",
                f"`{PLACEHOLDER}` was not replaced, or the key is not 32 bytes.",
            ),
            (
                "Some requests for Secrets fail, others work",
                "The API servers have different configurations: compare `sha256sum enc.yaml`.",
            ),
        ),
    )


def _static_purpose(distribution: str) -> str:
    known = {
        "kubeadm": "This cluster was made by kubeadm.",
        "kind": "This cluster runs in kind: enter a node with `docker exec -it NODE bash`.",
    }
    where = known.get(
        distribution,
        "How this cluster was installed is not known. The steps are those for an API server that "
        "the kubelet runs from a file; look up where yours takes its flags from.",
    )
    return (
        f"{where} The API server is told to encrypt Secrets (secretbox) before it stores them. "
        "Where a key management service can be reached, a KMS v2 provider is better: then the key "
        "lies on no disk."
    )


def _rancher(name: str) -> tuple[File, ...]:
    config = (
        f"# For /etc/rancher/{name}/config.yaml on every server node: merge this in.\n"
        + ("secrets-encryption: true\n" if name == "k3s" else "")
        + "secrets-encryption-provider: secretbox\n"
    )
    runbook = Runbook(
        f"Encrypt Secrets in {name}'s datastore",
        f"{name} makes and keeps the key itself, on its server nodes. "
        "The provider secretbox is there from 1.30.12, 1.31.8, 1.32.4 and 1.33.",
        (
            "Take a snapshot, and keep it as safe as the Secrets in it:"
            + shell(f"{name} etcd-snapshot save --name before-encryption"),
            f"Merge `config.yaml` into `/etc/rancher/{name}/config.yaml` on every server node.",
            "Restart the servers one by one, and wait until each is Ready:"
            + shell(f"systemctl restart {'k3s' if name == 'k3s' else 'rke2-server'}"),
            f"{_REWRITE} This makes a new key and rewrites all:"
            + shell(f"{name} secrets-encrypt rotate-keys"),
            "Restart the servers once more, one by one, so that all use the new key.",
        ),
        f"`{name} secrets-encrypt status` says *Enabled*, and that all server hashes match.",
        f"`{name} secrets-encrypt disable`, restart the servers, then "
        f"`{name} secrets-encrypt reencrypt --force --skip`; or restore the snapshot.",
        (
            ("`status` says that hashes do not match", "A server was not restarted: do it."),
            ("The service does not start", "`journalctl -u` names the line of `config.yaml`."),
            _KEY_LOST,
        ),
    )
    return File("config.yaml", config), runbook.file()


_COMMANDS = {
    "eks": Commands(
        "aws eks describe-cluster --name CLUSTER --query cluster.encryptionConfig",
        (
            "aws eks associate-encryption-config --cluster-name CLUSTER --encryption-config "
            '\'[{"resources":["secrets"],"provider":{"keyArn":"KEY_ARN"}}]\''
        ),
    ),
    "gke": Commands(
        (
            "gcloud container clusters describe CLUSTER --location LOCATION "
            "--format='value(databaseEncryption)'"
        ),
        (
            "gcloud container clusters update CLUSTER --location LOCATION "
            "--database-encryption-key "
            "projects/PROJECT/locations/LOCATION/keyRings/RING/cryptoKeys/KEY"
        ),
    ),
    "aks": Commands(
        "az aks show --resource-group GROUP --name CLUSTER --query securityProfile",
        (
            "az aks update --resource-group GROUP --name CLUSTER --kms-infrastructure-encryption "
            "Enabled  # from 1.33"
        ),
    ),
}
_PROVIDERS = Providers(_COMMANDS)
ask = _PROVIDERS.ask
"""Returns the provider's command that tells what cannot be seen, for a distribution."""


def _provider(name: str, commands: Commands) -> Runbook:
    return Runbook(
        f"Encrypt Secrets in {name.upper()}",
        "The provider runs the API server and etcd. Its disks are encrypted; whether Secrets are "
        "encrypted above that, with a key of yours, only the provider's own API tells.",
        (
            "Ask:" + shell(commands.look),
            (
                "If the answer shows no key, make one in the provider's key management service, "
                "allow the cluster to use it, and protect it from deletion."
            ),
            "Switch it on. Read the provider's page first: it may not be possible to switch back."
            + shell(commands.change),
            f"{_REWRITE}" + shell(_REPLACE),
        ),
        "Ask again as in step 1, and see the key's use in the provider's audit log.",
        "Some providers have no way back. Never disable or delete the key while the cluster lives.",
        (
            (
                "The cluster cannot use the key",
                "Its identity lacks the right to encrypt and decrypt.",
            ),
            (
                "The API server is slow or fails",
                "The key service is out of reach or over its quota.",
            ),
            _KEY_LOST,
        ),
    )
