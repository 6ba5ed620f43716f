"""Adapters (对接器): how each platform is reached. They know the wire and no SQL."""
