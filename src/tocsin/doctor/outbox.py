"""What receivers were not told of."""

from collections import Counter
from collections.abc import Iterator

from tocsin.doctor.check import Check
from tocsin.store import Store, StoreError


def check_outbox(store: Store) -> Iterator[Check]:
    """One line for each receiver with notifications that failed, with the last reason."""
    try:
        unsent = store.notifications.unsent()
    except StoreError:
        return
    counts = Counter((entry.receiver, entry.state) for entry in unsent)
    reasons = {(entry.receiver, entry.state): entry.last_error for entry in unsent}
    for (receiver, state), count in sorted(counts.items()):
        found = f"{count} {state} for {receiver}: {reasons[receiver, state]}"
        if state == "parked":
            fix = f"mend the cause, then `tocsin notify retry --receiver {receiver}`"
            yield Check("outbox", "broken", found, fix)
        else:
            yield Check(
                "outbox", "warning", found, "nothing, if the receiver comes back: Tocsin keeps trying for a day"
            )
