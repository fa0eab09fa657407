"""Signs of life of jobs: given in a process, on the command line, or by a request; missed by a rule.

What is recorded becomes series while somebody evaluates, and the pack `heartbeats` has the conditions on them.
"""

from tocsin.heartbeats.heartbeat import Heartbeat
from tocsin.heartbeats.inbox import Inbox

__all__ = ["Heartbeat", "Inbox"]
