"""Reads Alertmanager's configuration file: what is known is checked as strictly as there, all problems at once."""

from tocsin.alerting.configfile.load import AlertingConfigError, load

__all__ = ["AlertingConfigError", "load"]
