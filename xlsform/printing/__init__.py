"""A form on paper, and a page as a PDF."""
