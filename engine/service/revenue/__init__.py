"""Deals and costs: recorded, and credited to what led to them."""
