"""Masking of personal data and secrets in what leaves the process, and word of what was masked. Pure."""

from tocsin.privacy.mask import Masked, Masker

__all__ = ["Masked", "Masker"]
