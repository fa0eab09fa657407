"""Masking of personal data and secrets in what leaves the process, and word of what was masked. Pure."""

from tocsin.privacy.mask import Callback, MaskedValue, Masker
from tocsin.privacy.masked import Masked
from tocsin.privacy.policy import Flaw, Policy

__all__ = ["Callback", "Flaw", "Masked", "MaskedValue", "Masker", "Policy"]
