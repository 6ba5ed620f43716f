"""Stand-ins (模拟平台) for the platforms, each a process of its own, for demos and tests.

A stand-in judges the hub from outside: it shares no queue, mapping or connector with it.
"""
