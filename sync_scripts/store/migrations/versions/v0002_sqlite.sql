CREATE TABLE outbox (
    id TEXT NOT NULL,
    destination TEXT NOT NULL,
    reason TEXT NOT NULL,
    level TEXT NOT NULL,
    params TEXT NOT NULL,
    subject TEXT NOT NULL,
    dedupe_key TEXT NOT NULL,
    state TEXT NOT NULL,
    not_before TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    last_status TEXT,
    reference TEXT,
    created_at TEXT NOT NULL,
    tried_at TEXT,
    sent_at TEXT,
    CONSTRAINT pk_outbox PRIMARY KEY (id),
    CONSTRAINT ck_outbox_state CHECK (state IN ('waiting', 'sent', 'given_up', 'cancelled'))
);

CREATE INDEX ix_outbox_dedupe_key ON outbox (dedupe_key);

CREATE INDEX ix_outbox_state ON outbox (state);
