"""How telemetry leaves the process where the user has said little or nothing about it."""
