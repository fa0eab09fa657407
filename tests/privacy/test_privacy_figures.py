"""Recall and precision of every kind, on made-up values, valid and almost valid; see `suites/masking.py`."""

import pytest
from suites import masking

from tocsin.privacy import Masker

LOWEST = 0.98


@pytest.fixture(scope="module", params=[11, 2026])
def figures(request):
    return masking.measure(Masker(ips=True).inspect, seed=request.param)


def test_recall_and_precision_of_every_kind(figures, record_property):
    record_property("masking", "\n".join(masking.table(figures)))
    low = [kind for kind, each in figures.items() if each.recall < LOWEST or each.precision < LOWEST]
    assert not low, "\n".join((*masking.table(figures), *masking.mistakes(figures)))


def test_hashes_and_repetition_change_nothing_of_it():
    masker = Masker(ips=True, hash_key="0123456789abcdef")
    for each in masking.measure(masker.inspect, seed=3, each=40).values():
        assert each.found
    for text in (
        "[email:3fa94c2d71b0] [card:111111111111]",
        "password=[secret:123456789012]",
        "tel [phone:123456789012]",
    ):
        assert masker.mask(text) == text
