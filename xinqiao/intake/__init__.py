"""Reading what offices hand in: workbooks become drafts of records, with findings (导入)."""
