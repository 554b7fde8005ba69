ALTER TABLE submission ADD COLUMN redacted_at TEXT;
DROP TRIGGER guard_submission_7;
