"""Model-based test of the whole marketplace: random histories through its doors, beside an independent reference."""
