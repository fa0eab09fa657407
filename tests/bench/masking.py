"""What masking costs: microseconds a kilobyte of clean and of dirty text, and a span without anything to mask.

Also the figures of `suites/masking.py`: recall and precision of every kind.
"""

import json
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from suites import masking

from tocsin.privacy import Masker, Policy
from tocsin.privacy.detection import Detection

#: Past the memory for texts that repeat: every call does all of the work.
DETECTION = Detection(Policy(), ips=False, hash_key=b"")
TRACE = "".join(
    f'  File "/srv/app/shop/{name}.py", line {line}, in {name}_{n}\n    return self.{name}(request, *args, **kwargs)\n'
    for n, (name, line) in enumerate((("views", 41), ("pricing", 8), ("cart", 117), ("session_middleware", 12)) * 6)
)
LOG = "".join(
    f"2026-11-21 12:{n:02}:05,{n:03} INFO shop.cart request_id=9f{n:04x} method=GET path=/api/orders/{n * 79}"
    f" status=200 duration_ms={n % 50}.{n % 10} user_agent=Mozilla/5.0 (X11; Linux x86_64) cache=hit\n"
    for n in range(30)
)
JSON = json.dumps(
    [
        {"id": n, "sku": f"SKU-{n}", "price": round(n * 1.1, 2), "tags": ["new", "sale"], "at": "2026-11-21T12:00:00Z"}
        for n in range(40)
    ]
)
FRACTIONS = json.dumps([{"lat": n / 7, "lon": n / 13, "name": f"place {n}"} for n in range(40)])
PROSE = (
    "The cart could not be priced because a discount that was given before is not valid any more; nothing was changed. "
    * 30
)
CLEAN = {"stack trace": TRACE, "log lines": LOG, "JSON": JSON, "long fractions": FRACTIONS, "prose": PROSE}
SPAN = {
    "http.request.method": "GET", "url.scheme": "https", "server.address": "shop.example", "server.port": 443,
    "url.path": "/orders", "http.route": "/orders", "http.response.status_code": 200, "network.protocol.version": "1.1",
    "client.address": "10.0.0.1", "user_agent.original": "Mozilla/5.0 (X11; Linux x86_64)",
}  # fmt: skip


def dirty():
    """Lines that each hold something."""
    rng = random.Random(1)
    kinds = sorted(masking.VALID)
    lines = (masking._carried(rng, kind, masking.VALID[kind](rng)) for kind in kinds * 4)
    return "\n".join(lines)


def fastest(work, repeats=30):
    """Microseconds of the fastest run: what is slower was disturbed."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times) * 1e6


def main():
    print("masking, µs a kilobyte")
    for name, text in CLEAN.items():
        assert not DETECTION.inspect(text).found, DETECTION.inspect(text)
        print(f"  clean {name:14}{fastest(lambda text=text: DETECTION.inspect(text)) / len(text) * 1000:8.1f}")
    text = dirty()
    print(f"  dirty {'all kinds':14}{fastest(lambda: DETECTION.inspect(text)) / len(text) * 1000:8.1f}")
    masker = Masker()
    work = fastest(lambda: [masker.changes(SPAN) for _ in range(1000)]) / 1000
    print(f"a clean span with {len(SPAN)} attributes: {work:.2f} µs")
    print("\n".join(masking.table(masking.measure(Masker(ips=True).inspect, seed=11))))


if __name__ == "__main__":
    main()
