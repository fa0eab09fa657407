"""The series head: the newest samples of every series, in memory, laid out for numpy."""

from __future__ import annotations

from tocsin.series.head import STALE_NAN, Head
from tocsin.series.label_sets import LabelSets
from tocsin.series.labels import METRIC_NAME, Labels
from tocsin.series.long_head import LongHead
from tocsin.series.matcher import Matcher
from tocsin.series.selection import Selection
from tocsin.series.window import Window

__all__ = ["METRIC_NAME", "STALE_NAN", "Head", "LabelSets", "Labels", "LongHead", "Matcher", "Selection", "Window"]
