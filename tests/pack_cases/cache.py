"""Caches: series that make each alert fire, and series that nearly do."""

from pack_cases.case import Case, steady


def lookups(hits, misses):
    return {
        'redis_keyspace_hits_total{job="redis"}': steady(hits),
        'redis_keyspace_misses_total{job="redis"}': steady(misses),
    }


def own_cache(hits, misses):
    labels = 'job="shop",cache_name="sessions"'
    return {f"cache_hits_total{{{labels}}}": steady(hits), f"cache_misses_total{{{labels}}}": steady(misses)}


NOT_SLOW = "The redis cache of redis has 60% of what it is asked for"

CASES = [
    Case("60 % are found", "cache", lookups(6, 4), 900, (("LowCacheHitRatio", "warning", NOT_SLOW),)),
    Case(
        "nothing is found",
        "cache",
        {'cache_misses_total{job="shop"}': steady(5)},
        900,
        (
            ("LowCacheHitRatio", "critical", "The application cache of shop has 0% of what it is asked for"),
            ("LowCacheHitRatio", "warning", "The application cache of shop has 0% of what it is asked for"),
        ),
    ),
    Case("70 % are found", "cache", lookups(7, 3), 900),
    Case("a tenth of few is found", "cache", lookups(0.1, 0.9), 900),
    Case(
        "an own cache has its name",
        "cache",
        own_cache(6, 4),
        900,
        (("LowCacheHitRatio", "warning", "The sessions cache of shop has 60% of what it is asked for"),),
    ),
    Case("an own cache is fine", "cache", own_cache(8, 2), 900),
]
