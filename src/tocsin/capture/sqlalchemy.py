"""What SQLAlchemy knows of a statement that failed, kept with the exception for whoever sees it."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from tocsin.capture.database import CALL, Call, call_of
from tocsin.capture.draft import attributes_of
from tocsin.capture.recorder import Recorder
from tocsin.guard import guard

#: Dialects whose name is not that of the semantic conventions.
_SYSTEMS = {"mssql": "microsoft.sql_server", "oracle": "oracle.db"}


def hook_sqlalchemy(engine: ModuleType, recorder: Recorder) -> Callable[[], None]:  # noqa: ARG001  as the other hooks
    """Note the call on each exception of a driver. It is no failure yet: the application may have expected it.

    Returns a function that takes the hook away.
    """
    from sqlalchemy import event  # noqa: PLC0415  only where the application uses it

    @guard("SQLAlchemy hook")
    def on_error(context: Any) -> None:
        url, dialect = context.engine.url, context.engine.dialect.name
        found = {
            "db.system.name": _SYSTEMS.get(dialect, dialect),
            "db.namespace": url.database,
            "db.query.text": context.statement,
            "server.address": url.host,
            "server.port": url.port,
        }
        attributes_of(context.original_exception)[CALL] = Call(call_of(found))

    event.listen(engine.Engine, "handle_error", on_error)
    return lambda: event.remove(engine.Engine, "handle_error", on_error)
