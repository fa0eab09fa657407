"""What all commands have in common: which store they look at, and in which form they answer."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import click

from tocsin.config import Settings, load
from tocsin.notices import notices
from tocsin.store import Store

store_option = click.option(
    "--store", type=click.Path(path_type=Path, dir_okay=False), help="The store, instead of the configured one."
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document; times are unix seconds.")


class GroupWithDefault(click.Group):
    """A group of commands, of which `default` is meant where none is named."""

    def __init__(self, *args: Any, default: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._default = default

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, with the default put in front of options that are not the group's own."""
        own = {*self.commands, *ctx.help_option_names}
        return super().parse_args(ctx, args if args and args[0] in own else [self._default, *args])


def load_settings(store: Path | None) -> Settings:
    """The settings of this environment, with the store of the command line; problems are said on stderr."""
    settings = load({} if store is None else {"store": store})
    for problem in settings.problems:
        notices.say(f"setting not used: {problem}")
    return settings


@contextmanager
def opened(path: Path | None) -> Iterator[Store]:
    """The store to read, closed afterwards. A missing file is not made: there is nothing in it to look at."""
    store = Store(load_settings(path).config.store)
    if not store.path.exists():
        raise click.ClickException(
            f"there is no store at {store.path}: start the application with Tocsin, or name its store with --store"
        )
    with closing(store):
        yield store
