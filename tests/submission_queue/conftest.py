"""The queue's world, fresh for every test."""

from tests.submission_queue.world import make_world

__all__ = ["make_world"]
