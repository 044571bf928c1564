"""Balancers: the list of available servers, drain, maintenance and weights."""
