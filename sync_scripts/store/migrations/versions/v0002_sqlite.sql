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

ALTER TABLE submission ADD COLUMN encryption TEXT;

CREATE TABLE form_key (
    fingerprint TEXT NOT NULL,
    form TEXT NOT NULL,
    use TEXT NOT NULL,
    public TEXT NOT NULL,
    made_at TEXT NOT NULL,
    made_by TEXT NOT NULL,
    key_page TEXT,
    item INTEGER,
    CONSTRAINT pk_form_key PRIMARY KEY (fingerprint),
    CONSTRAINT ck_form_key_use CHECK (use IN ('day', 'vault'))
);

CREATE INDEX ix_form_key_form ON form_key (form, made_at);

CREATE TABLE deployed_form (
    server TEXT NOT NULL,
    form TEXT NOT NULL,
    version TEXT NOT NULL,
    stamp TEXT NOT NULL,
    stamp_version TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    map TEXT NOT NULL,
    read_as TEXT,
    public_key TEXT,
    at TEXT NOT NULL,
    CONSTRAINT pk_deployed_form PRIMARY KEY (server, form, version)
);

CREATE INDEX ix_deployed_form_stamp ON deployed_form (stamp);

CREATE TABLE waiting (
    server TEXT NOT NULL,
    source_tag TEXT NOT NULL,
    form TEXT NOT NULL,
    form_version TEXT NOT NULL,
    root_id TEXT NOT NULL,
    instance_id TEXT NOT NULL,
    submitter TEXT,
    received_at TEXT NOT NULL,
    reason TEXT NOT NULL,
    state TEXT NOT NULL,
    size INTEGER NOT NULL,
    scope TEXT NOT NULL,
    key_page TEXT NOT NULL,
    item INTEGER NOT NULL,
    first_seen TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    CONSTRAINT pk_waiting PRIMARY KEY (server, source_tag),
    CONSTRAINT ck_waiting_reason CHECK (reason IN ('vault', 'key', 'files')),
    CONSTRAINT ck_waiting_state CHECK (state IN ('waiting', 'opened'))
);

CREATE INDEX ix_waiting_state ON waiting (state);

CREATE TABLE waiting_file (
    server TEXT NOT NULL,
    source_tag TEXT NOT NULL,
    tag TEXT NOT NULL,
    size INTEGER NOT NULL,
    key_page TEXT NOT NULL,
    item INTEGER NOT NULL,
    file TEXT NOT NULL,
    CONSTRAINT pk_waiting_file PRIMARY KEY (server, source_tag, tag),
    CONSTRAINT fk_waiting_file_server_source_tag FOREIGN KEY(server, source_tag) REFERENCES waiting (server, source_tag)
);

ALTER TABLE followup_export ADD COLUMN labels TEXT;

ALTER TABLE followup_row ADD COLUMN case_code TEXT;

ALTER TABLE followup_row ADD COLUMN record_id TEXT;

CREATE INDEX ix_followup_row_case_code ON followup_row (case_code);

CREATE TABLE followup_import (
    file_sha256 TEXT NOT NULL,
    export_id TEXT NOT NULL,
    at TEXT NOT NULL,
    "by" TEXT NOT NULL,
    changes INTEGER NOT NULL,
    CONSTRAINT pk_followup_import PRIMARY KEY (file_sha256)
);

CREATE TABLE followup_conflict (
    conflict_id TEXT NOT NULL,
    export_id TEXT NOT NULL,
    file_sha256 TEXT NOT NULL,
    kind TEXT NOT NULL,
    sheet TEXT NOT NULL,
    row_id TEXT NOT NULL,
    cell TEXT NOT NULL,
    case_code TEXT,
    record_id TEXT,
    field TEXT NOT NULL,
    base TEXT,
    register TEXT,
    mine TEXT,
    raised_at TEXT NOT NULL,
    raised_by TEXT NOT NULL,
    settled_at TEXT,
    settled_by TEXT,
    choice TEXT,
    CONSTRAINT pk_followup_conflict PRIMARY KEY (conflict_id),
    CONSTRAINT ck_followup_conflict_settled CHECK ((choice IS NULL) = (settled_at IS NULL))
);

CREATE INDEX ix_followup_conflict_case_code ON followup_conflict (case_code);

CREATE INDEX ix_followup_conflict_open ON followup_conflict (settled_at, raised_at);

ALTER TABLE alert ADD COLUMN duplicate_of TEXT;

ALTER TABLE alert ADD COLUMN referred_to TEXT;

ALTER TABLE "case" ADD COLUMN confidentiality_decided TEXT;

ALTER TABLE "case" ADD COLUMN review_on TEXT;

ALTER TABLE intervention RENAME TO intervention_before;

CREATE TABLE intervention (
    filing_no INTEGER NOT NULL,
    number INTEGER NOT NULL,
    timeframe TEXT,
    service TEXT,
    provider_code TEXT,
    status TEXT,
    requested_on TEXT,
    appointment_at TEXT,
    consent_confirmed TEXT,
    cost_xaf INTEGER,
    hours_to_care INTEGER,
    intervention_id TEXT,
    case_code TEXT NOT NULL,
    due_at TEXT,
    done_at TEXT,
    consent_ok BOOLEAN NOT NULL,
    impact TEXT,
    person_uid TEXT,
    answered_at TEXT,
    owner_code TEXT,
    work_note TEXT,
    CONSTRAINT pk_intervention PRIMARY KEY (filing_no, number)
)
 WITHOUT ROWID;

INSERT INTO intervention (filing_no, number, timeframe, service, provider_code, status, requested_on, appointment_at, consent_confirmed, cost_xaf, hours_to_care, intervention_id, case_code, due_at, done_at, consent_ok, impact, person_uid, answered_at, owner_code, work_note) SELECT filing_no, number, timeframe, service, provider_code, status, requested_on, appointment_at, consent_confirmed, cost_xaf, hours_to_care, intervention_id, case_code, due_at, done_at, consent_ok, impact, person_uid, answered_at, owner_code, work_note FROM intervention_before;

DROP TABLE intervention_before;

CREATE TABLE correction (
    filing_no INTEGER NOT NULL,
    entity TEXT NOT NULL,
    record TEXT NOT NULL,
    field TEXT NOT NULL,
    corrected_by TEXT NOT NULL,
    corrected_at TEXT NOT NULL,
    proof TEXT NOT NULL,
    was TEXT,
    value TEXT,
    reason TEXT NOT NULL,
    CONSTRAINT pk_correction PRIMARY KEY (filing_no, entity, record, field)
)
 WITHOUT ROWID;

ALTER TABLE attachment ADD COLUMN mark TEXT;

ALTER TABLE attachment ADD COLUMN follows TEXT;

CREATE TABLE pushed_review (
    server TEXT NOT NULL,
    form TEXT NOT NULL,
    root_id TEXT NOT NULL,
    state TEXT NOT NULL,
    at TEXT NOT NULL,
    CONSTRAINT pk_pushed_review PRIMARY KEY (server, form, root_id)
);

CREATE INDEX ix_event_corrected ON event (op) WHERE op = 'value.correct';
