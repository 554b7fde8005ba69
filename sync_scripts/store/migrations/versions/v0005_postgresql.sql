ALTER TABLE submission ADD COLUMN redacted_at TEXT COLLATE "C";
DROP TRIGGER guard_submission_7 ON submission;
