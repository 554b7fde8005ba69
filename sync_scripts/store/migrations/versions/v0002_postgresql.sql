CREATE TABLE outbox (
    id TEXT COLLATE "C" NOT NULL,
    destination TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    level TEXT COLLATE "C" NOT NULL,
    params TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    dedupe_key TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    not_before TEXT COLLATE "C" NOT NULL,
    attempts INTEGER NOT NULL,
    last_status TEXT COLLATE "C",
    reference TEXT COLLATE "C",
    created_at TEXT COLLATE "C" NOT NULL,
    tried_at TEXT COLLATE "C",
    sent_at TEXT COLLATE "C",
    CONSTRAINT pk_outbox PRIMARY KEY (id),
    CONSTRAINT ck_outbox_state CHECK (state IN ('waiting', 'sent', 'given_up', 'cancelled'))
);

CREATE INDEX ix_outbox_dedupe_key ON outbox (dedupe_key);

CREATE INDEX ix_outbox_state ON outbox (state);
