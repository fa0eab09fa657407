"""Has no variables for the launcher."""
