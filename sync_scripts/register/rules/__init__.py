"""The rules as data and what reads them: levels, deadlines, clocks, holidays, kinds of tasks, retention."""
