CREATE INDEX ix_task_danger ON task (kind) WHERE kind IN ('level_check', 'set_aside_check');
