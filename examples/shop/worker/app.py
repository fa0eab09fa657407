"""The Celery application. Run it with ``celery --app worker.app worker``.

``REDIS_URL`` names the broker; without it messages are files in the folder ``SHOP_BROKER``, which needs no server.
"""

import os
from pathlib import Path

from celery import Celery


def create_app() -> Celery:
    app = Celery("worker", broker=os.environ.get("REDIS_URL", "filesystem://localhost"), include=["worker.tasks"])
    app.conf.task_ignore_result = True
    app.conf.worker_enable_remote_control = False
    app.conf.broker_connection_retry_on_startup = True
    if "REDIS_URL" not in os.environ:
        app.conf.broker_transport = "worker.broker:Transport"
        app.conf.broker_transport_options = _folders(Path(os.environ.get("SHOP_BROKER", ".demo/broker")))
    return app


def _folders(broker: Path) -> dict[str, str]:
    for folder in ("messages", "control"):
        (broker / folder).mkdir(parents=True, exist_ok=True)
    return {
        "data_folder_in": str(broker / "messages"),
        "data_folder_out": str(broker / "messages"),
        "control_folder": str(broker / "control"),
    }


app = create_app()
