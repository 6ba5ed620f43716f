"""The reference profile of 信用·山东; the folder holds data only."""
