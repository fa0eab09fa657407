"""For those who write receivers, and for those who test what depends on them: nothing here needs a network.

from tocsin.testing import ReceiverContract

class TestMine(ReceiverContract):
    def receiver(self):
        return Mine(token="s3cret")

    secrets = ("s3cret",)
"""

from tocsin.testing.contract import ReceiverContract
from tocsin.testing.memory import Delivery, MemoryReceiver
from tocsin.testing.samples import alert, notification

__all__ = ["Delivery", "MemoryReceiver", "ReceiverContract", "alert", "notification"]
