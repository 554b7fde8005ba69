"""The organisation's own lists: workers and providers of services."""
