"""Differences between two sides (对账差异): what there are, their life, what is done about them."""
