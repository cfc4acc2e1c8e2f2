"""Who may ask: tokens, users with passwords, a trusted proxy; one middleware checks everything."""
