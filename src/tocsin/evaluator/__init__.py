"""Ties series, rules, alerting and notifications together, in whichever process holds the store's lock.

Any process may be the evaluator, and any may take over: everything it needs to carry on is in the store.
Nothing here is imported by a process that does not evaluate, but for `candidate`, which is light.
"""
