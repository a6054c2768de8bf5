"""What is seen: webhooks in, the API, the storefront."""
