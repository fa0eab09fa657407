"""Delivers what was decided: at least once, in order within a group, and no dead receiver holds up another."""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from functools import partial
from typing import NamedTuple, Protocol

from tocsin.alerting.breaker import Breaker
from tocsin.alerting.cap import HOUR, Cap, of_what_was_told, summary
from tocsin.alerting.config import AlertingConfig, Integration
from tocsin.alerting.lane import Lane
from tocsin.alerting.retry import next_attempt
from tocsin.guard import guard
from tocsin.notices import Notices, notices
from tocsin.notify import DeliveryError, Receiver, Selective, decode, make
from tocsin.store import OutboxEntry


class Address(NamedTuple):
    """One integration of a receiver, by its position there."""

    receiver: str
    integration: int

    def __str__(self) -> str:
        return f"receiver {self.receiver}[{self.integration}]"


class Outbox(Protocol):
    """The part of the store's notifications that the sender needs."""

    def waiting(self) -> list[tuple[str, int]]: ...
    def sent_since(self, receivers: Sequence[str], integration: int, *, at: float) -> list[float]: ...
    def suppressed(self, receiver: str, integration: int) -> list[OutboxEntry]: ...
    def settled(self, entry: OutboxEntry) -> list[OutboxEntry]: ...
    def due(self, receiver: str, integration: int, *, at: float) -> list[OutboxEntry]: ...
    def next_attempt_at(self, receiver: str, integration: int) -> float | None: ...
    def sent(self, key: str, *, at: float) -> None: ...
    def retry(self, key: str, *, at: float, error: str) -> None: ...
    def park(self, key: str, *, error: str) -> None: ...
    def leave_out(self, key: str, *, at: float) -> None: ...
    def suppress(self, key: str) -> None: ...
    def summarize(self, summary: OutboxEntry, keys: Iterable[str]) -> None: ...


class Posted(Protocol):
    """What receivers posted and may change later, by group key."""

    def of(self, receiver: str, integration: int) -> MutableMapping[str, str]: ...


def receivers(
    config: AlertingConfig, *, private_targets: str = "allow", posted: Posted | None = None
) -> dict[Address, Receiver]:
    """A receiver for each integration; with `private_targets="deny"` none speaks HTTP to an address that is not public.

    Those that change what they posted find it in `posted`, in memory without.

    Raises:
        ValueError: receivers refuse their settings; a line for each.
    """
    made: dict[Address, Receiver] = {}
    refused: list[str] = []
    for address, integration in _integrations(config):
        messages = None if posted is None else posted.of(*address)
        try:
            made[address] = make(
                integration.kind, integration.settings, private_targets=private_targets, messages=messages
            )
        except ValueError as error:
            refused.append(f"{address.receiver}.{integration.kind}: {error}")
    if refused:
        raise ValueError("\n".join(refused))
    return made


def _integrations(config: AlertingConfig) -> Iterator[tuple[Address, Integration]]:
    for each in config.receivers:
        for position, integration in enumerate(each.integrations):
            yield Address(each.name, position), integration


class Sender:
    """Empties the outbox: in the caller's thread with `run_once`, in one daemon thread an integration with `wake`.

    What fails is tried again after growing waits, or when the receiver asked for it; one that fails again and again is
    left alone meanwhile. It is parked where the receiver refuses it for good, is no longer configured, or has not taken
    it for a day. A person is told once of each. What exceeds a cap is suppressed, unless it is an end or an
    acknowledgement of what was told, and summed up once there is room.
    """

    def __init__(
        self,
        outbox: Outbox,
        receivers: Mapping[Address, Receiver],
        *,
        caps: Mapping[tuple[str, int], Cap] | None = None,
        clock: Callable[[], float] = time.time,
        jitter: Callable[[], float] = random.random,
        notices: Notices = notices,
    ) -> None:
        self._outbox = outbox
        self._receivers = dict(receivers)
        self._caps = dict(caps or {})
        self._breakers: dict[Address, Breaker] = {}
        self._clock = clock
        self._jitter = jitter
        self._notices = notices
        self._lanes: dict[Address, Lane] = {}

    def use(self, receivers: Mapping[Address, Receiver], *, caps: Mapping[tuple[str, int], Cap]) -> None:
        """Deliver to these from now on; what is on its way goes where it was sent."""
        self._receivers, self._caps = dict(receivers), dict(caps)

    def run_once(self, now: float) -> float | None:
        """Try everything that is due; returns when the next attempt is due, None where nothing is left.

        Raises:
            StoreError: the outbox cannot be read or written; what was delivered meanwhile will be delivered again.
        """
        next_attempts = [self._deliver(address, now) for address in self._addresses()]
        return min((at for at in next_attempts if at is not None), default=None)

    def wake(self) -> None:
        """Look for work in the background: to be called after each decision, and once after a start.

        Raises:
            StoreError: the outbox cannot be read.
        """
        for address in self._addresses():
            if address not in self._lanes:
                self._lanes[address] = Lane(str(address), partial(self._work, address))
            self._lanes[address].wake()

    def stop(self, *, timeout: float) -> None:
        """Give deliveries under way `timeout` seconds in total; the rest stays in the outbox."""
        deadline = time.monotonic() + timeout
        for lane in self._lanes.values():
            lane.stop()
        for lane in self._lanes.values():
            lane.join(max(0.0, deadline - time.monotonic()))
        self._lanes.clear()

    def _addresses(self) -> list[Address]:
        return [Address(*address) for address in self._outbox.waiting()]

    def _work(self, address: Address) -> float | None:
        """The work of a lane; how long it may pause."""
        next_at = self._deliver(address, self._clock())
        return None if next_at is None else max(0.0, next_at - self._clock())

    def _deliver(self, address: Address, now: float) -> float | None:
        """Try what is due for one integration; returns when its next attempt is due."""
        self._sum_up(address, now)
        while due := self._outbox.due(*address, at=now):
            for entry in due:
                if self._breaker(address).is_open(now):
                    return self._breaker(address).open_until
                self._attempt(entry, now)
        following = (self._outbox.next_attempt_at(*address), self._free_at(address, now))
        return min((at for at in following if at is not None), default=None)

    def _attempt(self, entry: OutboxEntry, now: float) -> None:
        address = _address(entry)
        receiver = self._receivers.get(address)
        if receiver is None:
            self._give_up(entry, "the receiver is no longer configured")
        elif not wants(receiver, entry):
            self._outbox.leave_out(entry.key, at=now)
        elif decode(entry.payload).status == "firing" and not self._has_room(address, now):
            # Whatever ends or calms something is told beyond the cap: an incident would stay open.
            self._outbox.suppress(entry.key)
        elif (told := self._told(address, entry)) is None:
            self._outbox.leave_out(entry.key, at=now)
        else:
            failure = _failure(receiver, told)
            self._breakers[address] = self._breaker(address).after(failure, now=now, jitter=self._jitter())
            self._note(entry, failure, now)

    def _told(self, address: Address, entry: OutboxEntry) -> OutboxEntry | None:
        """What of it concerns alerts of which the receiver was told, where it may not have been."""
        return of_what_was_told(entry, self._outbox.settled(entry)) if address in self._caps else entry

    def _note(self, entry: OutboxEntry, failure: DeliveryError | None, now: float) -> None:
        """What became of an attempt."""
        if failure is None:
            self._outbox.sent(entry.key, at=now)
            return
        next_at = next_attempt(entry, failure, now=now, jitter=self._jitter())
        if next_at is None:
            self._give_up(entry, str(failure))
        else:
            self._outbox.retry(entry.key, at=next_at, error=str(failure))
            self._say(entry, f"cannot be told of alerts: {failure}. Tocsin keeps trying for a day.")

    def _breaker(self, address: Address) -> Breaker:
        return self._breakers.get(address, Breaker())

    def _has_room(self, address: Address, now: float) -> bool:
        cap = self._caps.get(address)
        return cap is None or self._next_room(cap, address, now) <= now

    def _next_room(self, cap: Cap, address: Address, now: float) -> float:
        sent_at = self._outbox.sent_since(cap.receivers, address.integration, at=now - HOUR)
        return cap.free_at(sent_at, now=now)

    def _free_at(self, address: Address, now: float) -> float | None:
        """When to tell of what was suppressed; None where nothing was."""
        cap = self._caps.get(address)
        is_due = cap is not None and self._outbox.suppressed(*address)
        return self._next_room(cap, address, now) if cap is not None and is_due else None

    def _sum_up(self, address: Address, now: float) -> None:
        """Tell of what was suppressed, if there is room by now, or no cap any more."""
        suppressed = self._outbox.suppressed(*address)
        if suppressed and self._has_room(address, now):
            cap = self._caps.get(address, Cap(0, ()))
            self._outbox.summarize(summary(suppressed, cap, now=now), [entry.key for entry in suppressed])

    def _give_up(self, entry: OutboxEntry, reason: str) -> None:
        self._outbox.park(entry.key, error=reason)
        self._say(entry, f"was not told of an alert: {reason}. What it missed is kept in the store.")

    def _say(self, entry: OutboxEntry, text: str) -> None:
        """Once for each integration and text: an outage is one line, not one a notification."""
        said = f"{_address(entry)} {text}"
        self._notices.say(said, once=said)


def wants(receiver: Receiver, entry: OutboxEntry) -> bool:
    """Whether a receiver that chooses chooses this; every other one wants all."""
    return not isinstance(receiver, Selective) or receiver.wants(decode(entry.payload))


def _address(entry: OutboxEntry) -> Address:
    return Address(entry.receiver, entry.integration)


def _failure(receiver: Receiver, entry: OutboxEntry) -> DeliveryError | None:
    """What went wrong; a receiver that fails in its own way may do better the next time."""
    with guard.block(f"receiver {entry.receiver}"):
        try:
            receiver.deliver(decode(entry.payload), key=entry.key)
        except DeliveryError as error:
            return error
        return None
    return DeliveryError("the receiver failed unexpectedly", recoverable=True)
