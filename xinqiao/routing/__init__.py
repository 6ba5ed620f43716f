"""Which platform a record goes to and by when (报送去向与时限): tables of rules, and a calendar."""
