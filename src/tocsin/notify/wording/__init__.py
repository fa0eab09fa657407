"""What a notification says to a person: our words, the configuration's templates, and the notations they come in."""
