"""The facts of a case and of an alert as forms, corrections and decisions give them, and the tasks that they carry."""
