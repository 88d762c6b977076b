"""Settings: what a workload is told by environment, command line and ConfigMaps, as hosts.

Values may be secrets. What leaves this module is the name of a setting and the hosts in it.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import msgspec

from k8sharden.analysis.network.calls.command import flags, words
from k8sharden.analysis.network.calls.loose import dicts, sub, text
from k8sharden.analysis.network.calls.setting import OWN_NODE, WORDS, Setting, last_word
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model.inventory import Inventory
from k8sharden.model.masking import says_secret
from k8sharden.model.mentions import Mention, Mentions, mentions
from k8sharden.model.pods import Container, EnvVar, KeySource, PodSpec, visit_containers
from k8sharden.model.text import one_line
from k8sharden.model.workloads import Workload

_KEYS = {
    "tls", "cert", "certs", "certificate", "certificates", "ca", "key", "keys", "keystore",
    "truststore", "ssh", "pull", "dockercfg", "token", "password", "htpasswd", "jwks",
}  # fmt: skip
"""Last words of the names of Secrets that hold no settings."""


def settings(workload: Workload, inventory: Inventory) -> Iterator[Setting]:
    """Yield what a workload is told, each setting with the port that stands in its sibling."""
    maps = config_maps(inventory)
    for seen in visit_containers(workload.spec):
        if not seen.is_ephemeral:
            yield from _of_container(seen.container, workload, maps)
    for name, keys in dict.fromkeys(_mounted(workload.spec)):
        yield from _of_map((workload.namespace, name), keys, maps, "key", "in a volume")


def secrets(workload: Workload) -> tuple[str, ...]:
    """Return the names of the Secrets that a workload takes settings from, or mounts.

    What is called a certificate or a key, or a password, names no host.
    """
    found: dict[str, None] = {}
    for seen in visit_containers(workload.spec):
        refs = [each.secret_ref for each in seen.container.env_from or ()]
        refs += [
            each.value_from.secret_key_ref
            for each in seen.container.env or ()
            if each.value_from and not says_secret(each.name) and last_word(each.name) not in WORDS
        ]
        found.update(dict.fromkeys(_name(ref) for ref in refs if ref))
    mounted = (name for name in _mounted_secrets(workload.spec) if last_word(name) not in _KEYS)
    found.update(dict.fromkeys(mounted))
    return tuple(name for name in found if name)


_Maps = Mapping[tuple[str, str], n.ConfigMap]


def config_maps(inventory: Inventory) -> _Maps:
    """Return the ConfigMaps by namespace and name."""
    if "config-maps" not in inventory.cache:
        found = inventory.of(kinds.CONFIG_MAPS, n.ConfigMap)
        inventory.cache["config-maps"] = {(each.namespace, each.name): each for each in found}
    return cast("_Maps", inventory.cache["config-maps"])


def _of_container(container: Container, workload: Workload, maps: _Maps) -> Iterator[Setting]:
    where = f"of container {one_line(container.name, 80)}"
    env: dict[str, Setting] = {}
    for source in container.env_from or ():
        name = _name(source.config_map_ref)
        for each in _of_map((workload.namespace, name), (), maps, "env", where):
            env[each.name] = each
    for variable in container.env or ():
        for each in _of_variable(variable, workload.namespace, maps, where):
            env[variable.name] = each
    yield from _paired({name: _expanded(each, env) for name, each in env.items()})
    for each in _of_flags(container, f"arguments {where}"):
        yield _expanded(each, env)


def _of_variable(variable: EnvVar, namespace: str, maps: _Maps, where: str) -> Iterator[Setting]:
    source = variable.value_from or KeySource()
    said = f"env {one_line(variable.name, 80)} {where}"
    if variable.value is not None:
        yield Setting(said, variable.name, variable.value)
    elif source.config_map_key_ref:
        keys = (text(source.config_map_key_ref, "key"),)
        place = (namespace, _name(source.config_map_key_ref))
        for each in _of_map(place, keys, maps, "key", where):
            yield each._replace(name=variable.name)
    elif text(source.field_ref, "fieldPath") == "status.hostIP":
        yield Setting(said, variable.name, (Mention(OWN_NODE),))


def _expanded(setting: Setting, env: Mapping[str, Setting]) -> Setting:
    """Return a setting with the hosts of the variables that it is made of: ``$(DB_HOST)``."""
    if not any(each.host.startswith("$(") for each in setting.hosts):
        return setting
    found = []
    for each in setting.hosts:
        other = env.get(each.host[2:-1]) if each.host.startswith("$(") else None
        if other is not None and len(other.hosts) == 1 and not other.secret:
            found.append(msgspec.structs.replace(each, host=other.hosts[0].host))
        elif not each.host.startswith("$("):
            found.append(each)
    return setting._replace(hosts=tuple(found))


def _of_map(
    place: tuple[str, str], keys: tuple[str, ...], maps: _Maps, what: str, where: str
) -> Iterator[Setting]:
    """Yield the settings of a ConfigMap, or of some keys of it."""
    found = maps.get(place)
    if found is None:
        return
    ref = kinds.CONFIG_MAPS.ref(*place)
    label = one_line("/".join(place), 200)
    env = {
        key: Setting(f"ConfigMap {label}: {what} {one_line(key, 80)} {where}", key, value, ref)
        for key, value in (found.data or {}).items()
        if value and (not keys or key in keys)
    }
    yield from _paired(env)


def _paired(env: Mapping[str, Setting]) -> Iterator[Setting]:
    """Yield settings, of which one that names a host gets the port that stands beside it."""
    for name, setting in env.items():
        port = _beside(name, env)
        bare = [each for each in setting.hosts if not each.sure] if port else []
        if len(bare) == len(setting.hosts) == 1:
            yield setting._replace(hosts=Mentions([Mention(bare[0].host, port)]))
        else:
            yield setting


def _beside(name: str, env: Mapping[str, Setting]) -> int:
    """Return the port in ``DB_PORT`` where ``DB_HOST`` is meant, 0 where there is none."""
    upper = name.upper()
    for ending in ("_HOST", "_HOSTNAME", "_SERVER", "_ADDR", "_ADDRESS"):
        if upper.endswith(ending):
            sibling = name[: -len(ending)] + ("_PORT" if name.isupper() else "_port")
            found = env[sibling].hosts if sibling in env else ()
            digits = found[0].host if len(found) == 1 else ""
            return int(digits) if digits.isdigit() and 0 < int(digits) < _PORTS else 0
    return 0


_PORTS = 65_536


def _of_flags(container: Container, said: str) -> Iterator[Setting]:
    """Yield what a command line names: after a flag, or as a word; also in a shell's command."""
    for name, value in flags(words(container)):
        found = mentions(value.strip("'\";,"))
        if found:
            yield Setting(said, name, found)


def _mounted_secrets(spec: PodSpec) -> Iterator[str]:
    for volume in spec.volumes:
        parts = sub(volume.sources, "projected").get("sources")
        yield text(volume.sources.get("secret"), "secretName")
        yield from (_name(each.get("secret")) for each in dicts(parts))


def _mounted(spec: PodSpec) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the ConfigMaps that are mounted, with the keys if not all are."""
    for volume in spec.volumes:
        sources = [volume.sources.get("configMap")]
        parts = sub(volume.sources, "projected").get("sources")
        sources += [each.get("configMap") for each in dicts(parts)]
        for source in dicts(sources):
            keys = tuple(text(item, "key") for item in dicts(source.get("items")))
            yield _name(source), keys


def _name(source: Any) -> str:
    return text(source, "name")
