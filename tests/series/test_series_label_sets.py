import numpy as np

from tocsin.series import LabelSets
from tocsin.series.label_sets import REMEMBERED
from tocsin.series.labels import from_mapping

UP = [from_mapping({"__name__": "up", "job": job}) for job in "ab"]


def test_what_follows_from_labels_is_made_once():
    labels, made = LabelSets(UP), []
    for _ in range(2):
        assert labels.derived("jobs", lambda: made.append(1) or "ab") == "ab"
    assert made == [1]


def test_only_so_much_is_remembered_and_what_is_in_use_stays():
    labels, made = LabelSets(UP), []
    for number in range(2 * REMEMBERED):
        labels.derived(number, lambda: None)
        labels.derived("in use", lambda: made.append(1))
    assert made == [1]


def test_names_are_dropped_where_somebody_looks():
    nameless = LabelSets(UP, distinct=True).nameless
    assert list(nameless) == [(("job", "a"),), (("job", "b"),)]
    assert (nameless[1], len(nameless), nameless.distinct) == ((("job", "b"),), 2, True)


def test_series_with_several_names_may_become_equal():
    labels = LabelSets([*UP, from_mapping({"__name__": "down", "job": "a"})])
    assert labels.distinct
    assert not labels.nameless.distinct


def test_without_names_nothing_changes():
    labels = LabelSets([(("job", "a"),)])
    assert labels.nameless is labels


def test_takes_rows():
    labels = LabelSets(UP)
    assert list(labels.take(np.array([1, 0]))) == UP[::-1]
