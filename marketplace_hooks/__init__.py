"""A Flask extension and webhook service for a PrestaShop-style marketplace of modules and themes."""
