"""Metrics of each kind, with one value or one for each value of a label."""

from collections.abc import Iterable

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
    UntypedMetricFamily,
)

Labelled = Iterable[tuple[str, float]]


def gauge(
    name: str, text: str, label: str = "", values: Labelled = (), value: float | None = None
) -> Metric:
    """One value, or one for each value of a label."""
    metric = GaugeMetricFamily(name, text, labels=[label] if label else None, value=value)
    for label_value, number in values:
        metric.add_metric([label_value], number)
    return metric


def counter(
    name: str, text: str, value: float | None = None, label: str = "", values: Labelled = ()
) -> Metric:
    """As `gauge`; the format adds _total to the name."""
    metric = CounterMetricFamily(name, text, labels=[label] if label else None, value=value)
    for label_value, number in values:
        metric.add_metric([label_value], number)
    return metric


def untyped(name: str, text: str, label_or_value: str | float, values: Labelled = ()) -> Metric:
    """A counter whose name does not end in _total."""
    if isinstance(label_or_value, str):
        metric = UntypedMetricFamily(name, text, labels=[label_or_value])
        for label_value, number in values:
            metric.add_metric([label_value], number)
        return metric
    return UntypedMetricFamily(name, text, value=label_or_value)
