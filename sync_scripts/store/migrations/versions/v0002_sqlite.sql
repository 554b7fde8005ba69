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

CREATE TABLE alert_link (
    filing_no INTEGER NOT NULL,
    other_no INTEGER NOT NULL,
    alert_a TEXT NOT NULL,
    alert_b TEXT NOT NULL,
    ruleset TEXT NOT NULL,
    points INTEGER NOT NULL,
    level TEXT NOT NULL,
    reasons TEXT NOT NULL,
    decision TEXT NOT NULL,
    decided_by TEXT,
    decided_at TEXT,
    decision_reason TEXT,
    CONSTRAINT pk_alert_link PRIMARY KEY (filing_no, other_no)
)
 WITHOUT ROWID;

CREATE TABLE provider (
    provider_code TEXT NOT NULL,
    name TEXT,
    services TEXT,
    department TEXT,
    opening TEXT,
    verified_on TEXT,
    on_phones BOOLEAN NOT NULL,
    contact TEXT,
    CONSTRAINT pk_provider PRIMARY KEY (provider_code)
);

CREATE INDEX ix_alert_link_other_no ON alert_link (other_no) WHERE other_no IS NOT NULL;

CREATE INDEX ix_alert_department_date_max ON alert (department, date_max);
