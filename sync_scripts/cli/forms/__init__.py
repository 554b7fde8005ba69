"""From a submission to records and values: what one version of a form says. Decides nothing about people."""
