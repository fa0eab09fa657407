"""One module a kind of receiver, named as its kind; imported when a configuration uses it, and not before."""
