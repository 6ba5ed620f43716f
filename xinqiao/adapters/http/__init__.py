"""Delivering and asking over HTTP (接口)."""
