"""Alerts, cases and the day: lists, pages, decisions and workbooks, as commands. Parses, calls, prints."""
