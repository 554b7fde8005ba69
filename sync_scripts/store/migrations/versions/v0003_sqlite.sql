CREATE INDEX ix_submission_standing
    ON submission (server, form, arrival, root_id, instance_id, stamp, status, review) WHERE current = 1;
