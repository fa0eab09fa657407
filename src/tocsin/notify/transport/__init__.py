"""How a delivery leaves the process: HTTP and SMTP, what may be reached, whom to trust, what is worth another try."""
