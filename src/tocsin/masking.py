"""The masker that the settings describe."""

from functools import lru_cache
from importlib import import_module

from tocsin.config import Config
from tocsin.guard import guard
from tocsin.privacy import Callback, Masker, Policy


def masker_of(config: Config, *, enabled: bool | None = None) -> Masker:
    """What the process, and `tocsin mask`, mask with; `enabled` stands in for the setting `mask`."""
    policy = Policy.of(config.masking)
    return Masker(
        enabled=config.mask if enabled is None else enabled,
        ips=config.mask_ip,
        policy=policy,
        hash_key=config.mask_hash_key or "",
        callback=_callback(policy.callback) if policy.callback else None,
    )


def _callback(name: str) -> Callback:
    """The application's function, imported when it is first needed: its module may be about to be imported.

    It gets a name, which is empty where there is none, and a text; it returns what becomes of the text. Where it fails,
    or returns something else, the text is withheld.
    """
    module, _, function = name.partition(":")

    @lru_cache(1)
    def found() -> Callback:
        callback: Callback = getattr(import_module(module), function)
        return callback

    @guard("masking callback")
    def called(key: str, text: str) -> str:
        result = found()(key, text)
        if not isinstance(result, str):
            raise TypeError(f"{name} must return text, not {type(result).__name__}")
        return str(result)

    return called
