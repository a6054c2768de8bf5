"""Model-based test of the whole marketplace: random histories through its client, beside an independent reference."""
