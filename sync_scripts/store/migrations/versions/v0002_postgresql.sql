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

ALTER TABLE submission ADD COLUMN encryption TEXT COLLATE "C";

CREATE TABLE form_key (
    fingerprint TEXT COLLATE "C" NOT NULL,
    form TEXT COLLATE "C" NOT NULL,
    use TEXT COLLATE "C" NOT NULL,
    public TEXT COLLATE "C" NOT NULL,
    made_at TEXT COLLATE "C" NOT NULL,
    made_by TEXT COLLATE "C" NOT NULL,
    key_page TEXT COLLATE "C",
    item INTEGER,
    CONSTRAINT pk_form_key PRIMARY KEY (fingerprint),
    CONSTRAINT ck_form_key_use CHECK (use IN ('day', 'vault'))
);

CREATE INDEX ix_form_key_form ON form_key (form, made_at);

CREATE TABLE deployed_form (
    server TEXT COLLATE "C" NOT NULL,
    form TEXT COLLATE "C" NOT NULL,
    version TEXT COLLATE "C" NOT NULL,
    stamp TEXT COLLATE "C" NOT NULL,
    stamp_version TEXT COLLATE "C" NOT NULL,
    sha256 TEXT COLLATE "C" NOT NULL,
    map TEXT COLLATE "C" NOT NULL,
    read_as TEXT COLLATE "C",
    public_key TEXT COLLATE "C",
    at TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_deployed_form PRIMARY KEY (server, form, version)
);

CREATE INDEX ix_deployed_form_stamp ON deployed_form (stamp);

CREATE TABLE waiting (
    server TEXT COLLATE "C" NOT NULL,
    source_tag TEXT COLLATE "C" NOT NULL,
    form TEXT COLLATE "C" NOT NULL,
    form_version TEXT COLLATE "C" NOT NULL,
    root_id TEXT COLLATE "C" NOT NULL,
    instance_id TEXT COLLATE "C" NOT NULL,
    submitter TEXT COLLATE "C",
    received_at TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    size BIGINT NOT NULL,
    scope TEXT COLLATE "C" NOT NULL,
    key_page TEXT COLLATE "C" NOT NULL,
    item INTEGER NOT NULL,
    first_seen TEXT COLLATE "C" NOT NULL,
    last_seen TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_waiting PRIMARY KEY (server, source_tag),
    CONSTRAINT ck_waiting_reason CHECK (reason IN ('vault', 'key', 'files')),
    CONSTRAINT ck_waiting_state CHECK (state IN ('waiting', 'opened'))
);

CREATE INDEX ix_waiting_state ON waiting (state);

CREATE TABLE waiting_file (
    server TEXT COLLATE "C" NOT NULL,
    source_tag TEXT COLLATE "C" NOT NULL,
    tag TEXT COLLATE "C" NOT NULL,
    size BIGINT NOT NULL,
    key_page TEXT COLLATE "C" NOT NULL,
    item INTEGER NOT NULL,
    file TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_waiting_file PRIMARY KEY (server, source_tag, tag),
    CONSTRAINT fk_waiting_file_server_source_tag FOREIGN KEY(server, source_tag) REFERENCES waiting (server, source_tag)
);

ALTER TABLE followup_export ADD COLUMN labels TEXT COLLATE "C";

ALTER TABLE followup_row ADD COLUMN case_code TEXT COLLATE "C";

ALTER TABLE followup_row ADD COLUMN record_id TEXT COLLATE "C";

CREATE INDEX ix_followup_row_case_code ON followup_row (case_code);

CREATE TABLE followup_import (
    file_sha256 TEXT COLLATE "C" NOT NULL,
    export_id TEXT COLLATE "C" NOT NULL,
    at TEXT COLLATE "C" NOT NULL,
    "by" TEXT COLLATE "C" NOT NULL,
    changes INTEGER NOT NULL,
    CONSTRAINT pk_followup_import PRIMARY KEY (file_sha256)
);

CREATE TABLE followup_conflict (
    conflict_id TEXT COLLATE "C" NOT NULL,
    export_id TEXT COLLATE "C" NOT NULL,
    file_sha256 TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    sheet TEXT COLLATE "C" NOT NULL,
    row_id TEXT COLLATE "C" NOT NULL,
    cell TEXT COLLATE "C" NOT NULL,
    case_code TEXT COLLATE "C",
    record_id TEXT COLLATE "C",
    field TEXT COLLATE "C" NOT NULL,
    base TEXT COLLATE "C",
    register TEXT COLLATE "C",
    mine TEXT COLLATE "C",
    raised_at TEXT COLLATE "C" NOT NULL,
    raised_by TEXT COLLATE "C" NOT NULL,
    settled_at TEXT COLLATE "C",
    settled_by TEXT COLLATE "C",
    choice TEXT COLLATE "C",
    CONSTRAINT pk_followup_conflict PRIMARY KEY (conflict_id),
    CONSTRAINT ck_followup_conflict_settled CHECK ((choice IS NULL) = (settled_at IS NULL))
);

CREATE INDEX ix_followup_conflict_case_code ON followup_conflict (case_code);

CREATE INDEX ix_followup_conflict_open ON followup_conflict (settled_at, raised_at);

ALTER TABLE alert ADD COLUMN duplicate_of TEXT COLLATE "C";

ALTER TABLE alert ADD COLUMN referred_to TEXT COLLATE "C";

ALTER TABLE "case" ADD COLUMN confidentiality_decided TEXT COLLATE "C";

ALTER TABLE "case" ADD COLUMN review_on TEXT COLLATE "C";

ALTER TABLE intervention DROP CONSTRAINT pk_intervention;

ALTER TABLE intervention ADD CONSTRAINT pk_intervention PRIMARY KEY (filing_no, number);

CREATE TABLE correction (
    filing_no INTEGER NOT NULL,
    entity TEXT COLLATE "C" NOT NULL,
    record TEXT COLLATE "C" NOT NULL,
    field TEXT COLLATE "C" NOT NULL,
    corrected_by TEXT COLLATE "C" NOT NULL,
    corrected_at TEXT COLLATE "C" NOT NULL,
    proof TEXT COLLATE "C" NOT NULL,
    was TEXT COLLATE "C",
    value TEXT COLLATE "C",
    reason TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_correction PRIMARY KEY (filing_no, entity, record, field)
);

ALTER TABLE attachment ADD COLUMN mark TEXT COLLATE "C";

ALTER TABLE attachment ADD COLUMN follows TEXT COLLATE "C";

CREATE TABLE pushed_review (
    server TEXT COLLATE "C" NOT NULL,
    form TEXT COLLATE "C" NOT NULL,
    root_id TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    at TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_pushed_review PRIMARY KEY (server, form, root_id)
);

CREATE INDEX ix_event_corrected ON event (op) WHERE op = 'value.correct';
