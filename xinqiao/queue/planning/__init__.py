"""From changed records to duties, holdings and submissions (报送计划)."""
