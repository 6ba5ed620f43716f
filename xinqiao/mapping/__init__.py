"""Mapping (报送格式): turns a record's content into the fields that one platform asks for.

A format is a table that a clerk can review, ``formats/<platform>/<kind>-<edition>.toml``, with the
lists of values it uses in ``codes/``. Start at :mod:`xinqiao.mapping.registry`.
"""
