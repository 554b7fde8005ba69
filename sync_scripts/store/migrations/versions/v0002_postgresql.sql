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

CREATE TABLE alert_link (
    filing_no INTEGER NOT NULL,
    other_no BIGINT NOT NULL,
    alert_a TEXT COLLATE "C" NOT NULL,
    alert_b TEXT COLLATE "C" NOT NULL,
    ruleset TEXT COLLATE "C" NOT NULL,
    points BIGINT NOT NULL,
    level TEXT COLLATE "C" NOT NULL,
    reasons TEXT COLLATE "C" NOT NULL,
    decision TEXT COLLATE "C" NOT NULL,
    decided_by TEXT COLLATE "C",
    decided_at TEXT COLLATE "C",
    decision_reason TEXT COLLATE "C",
    CONSTRAINT pk_alert_link PRIMARY KEY (filing_no, other_no)
);

CREATE TABLE provider (
    provider_code TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C",
    services TEXT COLLATE "C",
    department TEXT COLLATE "C",
    opening TEXT COLLATE "C",
    verified_on TEXT COLLATE "C",
    on_phones BOOLEAN NOT NULL,
    contact TEXT COLLATE "C",
    CONSTRAINT pk_provider PRIMARY KEY (provider_code)
);

CREATE INDEX ix_alert_link_other_no ON alert_link (other_no) WHERE other_no IS NOT NULL;

CREATE INDEX ix_alert_department_date_max ON alert (department, date_max);
