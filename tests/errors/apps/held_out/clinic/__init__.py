"""A practice's back office, with bugs."""
