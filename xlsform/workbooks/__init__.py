"""The workbook of a form, and any XLSForm that comes in as one."""
