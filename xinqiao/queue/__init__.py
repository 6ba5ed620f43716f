"""The submission queue (报送队列): states, storage, delivery. It knows SQL and no HTTP."""
