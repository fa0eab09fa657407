"""Looks at everything between an error and the person who has to hear of it, and says how to mend what is broken."""

from tocsin.doctor.check import Check, Status
from tocsin.doctor.examination import examine

__all__ = ["Check", "Status", "examine"]
