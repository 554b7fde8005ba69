CREATE TABLE act (
    filing_no INTEGER NOT NULL,
    uid TEXT NOT NULL,
    number INTEGER,
    methods TEXT,
    attribution TEXT,
    violation TEXT,
    gender_based TEXT,
    physical_effects TEXT,
    psych_effects TEXT,
    ransom_xaf INTEGER,
    medical_exam TEXT,
    medical_exam_on TEXT,
    incident_id TEXT,
    pseudonym TEXT,
    CONSTRAINT pk_act PRIMARY KEY (filing_no, uid)
)
 WITHOUT ROWID;

CREATE TABLE act_victim (
    filing_no INTEGER NOT NULL,
    person_uid TEXT NOT NULL,
    act_uid TEXT NOT NULL,
    CONSTRAINT pk_act_victim PRIMARY KEY (filing_no, act_uid, person_uid)
)
 WITHOUT ROWID;

CREATE TABLE alert (
    filing_no INTEGER NOT NULL,
    code TEXT NOT NULL,
    channel TEXT NOT NULL,
    when_rel TEXT,
    reporter_code TEXT,
    danger_now TEXT,
    icons TEXT,
    region TEXT,
    department TEXT,
    victim_kind TEXT,
    victim_count TEXT,
    consent_state TEXT,
    info_source TEXT,
    safe_to_photo TEXT,
    arrondissement TEXT,
    special TEXT,
    actor_kind TEXT,
    hours_since TEXT,
    held_since TEXT,
    safe_to_contact TEXT,
    contact_window TEXT,
    alert_id TEXT,
    ruleset TEXT,
    week TEXT,
    score INTEGER,
    urgency TEXT,
    level TEXT,
    clock_skew_h INTEGER,
    contact_due_at TEXT,
    action_due_at TEXT,
    date_min TEXT,
    date_max TEXT,
    contact_tag INTEGER,
    reasons TEXT,
    case_code TEXT,
    duplicate_of TEXT,
    state TEXT NOT NULL,
    urgency_decided TEXT,
    triaged_at TEXT,
    contacted_at TEXT,
    acted_at TEXT,
    assigned_to TEXT,
    dismissed_by_2 TEXT,
    referred_to TEXT,
    dismiss_reason TEXT,
    CONSTRAINT pk_alert PRIMARY KEY (filing_no),
    CONSTRAINT uq_alert_code UNIQUE (code)
);

CREATE INDEX ix_alert_department_date_max ON alert (department, date_max);

CREATE TABLE alert_link (
    alert_a TEXT NOT NULL,
    alert_b TEXT NOT NULL,
    decision TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at TEXT NOT NULL,
    proof TEXT NOT NULL,
    decision_reason TEXT,
    CONSTRAINT pk_alert_link PRIMARY KEY (alert_a, alert_b)
)
 WITHOUT ROWID;

CREATE INDEX ix_alert_link_alert_b ON alert_link (alert_b) WHERE alert_b IS NOT NULL;

CREATE TABLE assessment (
    filing_no INTEGER NOT NULL,
    mandatory_report TEXT,
    health_now TEXT,
    suicide_risk TEXT,
    threats_continue TEXT,
    perp_near TEXT,
    retaliation_risk TEXT,
    exposes_documenter TEXT,
    assessment_id TEXT,
    case_code TEXT,
    has_safety_plan BOOLEAN NOT NULL,
    CONSTRAINT pk_assessment PRIMARY KEY (filing_no)
);

CREATE TABLE "case" (
    case_code TEXT NOT NULL,
    urgency TEXT NOT NULL,
    level TEXT NOT NULL,
    region TEXT,
    department TEXT,
    confidentiality TEXT NOT NULL,
    service_only BOOLEAN NOT NULL,
    next_due TEXT,
    risk TEXT,
    merged_into TEXT,
    state TEXT NOT NULL,
    suspended_from TEXT,
    urgency_decided TEXT,
    confidentiality_decided TEXT,
    owner_code TEXT,
    opened_at TEXT NOT NULL,
    work_note TEXT,
    retention_class TEXT,
    legal_hold BOOLEAN NOT NULL,
    transferred_to TEXT,
    review_on TEXT,
    closed_at TEXT,
    closure_reason TEXT,
    CONSTRAINT pk_case PRIMARY KEY (case_code)
);

CREATE TABLE closure (
    filing_no INTEGER NOT NULL,
    case_code TEXT,
    closer_code TEXT,
    reason TEXT,
    survivor_agrees TEXT,
    pending_legal TEXT,
    feedback_given TEXT,
    satisfaction TEXT,
    retention_class TEXT,
    supervisor_code TEXT,
    risk_now TEXT,
    closure_id TEXT,
    decision TEXT,
    decided_at TEXT,
    CONSTRAINT pk_closure PRIMARY KEY (filing_no)
);

CREATE TABLE consent (
    filing_no INTEGER NOT NULL,
    interview_id TEXT,
    person_uid TEXT NOT NULL,
    purpose TEXT NOT NULL,
    state TEXT,
    scope TEXT,
    given_at TEXT,
    expires_at TEXT,
    detail TEXT,
    withdrawn_at TEXT,
    override_by_1 TEXT,
    override_by_2 TEXT,
    override_until TEXT,
    override_reason TEXT,
    CONSTRAINT pk_consent PRIMARY KEY (filing_no, person_uid, purpose)
)
 WITHOUT ROWID;

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

CREATE TABLE custody (
    seq INTEGER NOT NULL,
    line TEXT NOT NULL,
    hash TEXT NOT NULL,
    CONSTRAINT pk_custody PRIMARY KEY (seq)
);

CREATE TABLE death (
    filing_no INTEGER NOT NULL,
    body_state TEXT,
    autopsy TEXT,
    certificate TEXT,
    act_uid TEXT NOT NULL,
    CONSTRAINT pk_death PRIMARY KEY (filing_no, act_uid)
)
 WITHOUT ROWID;

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

CREATE TABLE detention (
    filing_no INTEGER NOT NULL,
    arrested_at TEXT,
    place TEXT,
    legal_basis TEXT,
    lawyer_access TEXT,
    family_contact TEXT,
    statement_signed TEXT,
    prosecutor_seen_on TEXT,
    released_on TEXT,
    act_uid TEXT NOT NULL,
    next_limit_at TEXT,
    lawful_until TEXT,
    CONSTRAINT pk_detention PRIMARY KEY (filing_no, act_uid)
)
 WITHOUT ROWID;

CREATE TABLE erased (
    id TEXT NOT NULL,
    scope TEXT NOT NULL,
    at TEXT NOT NULL,
    CONSTRAINT pk_erased PRIMARY KEY (id, scope)
);

CREATE TABLE erasure_pending (
    key_page TEXT NOT NULL,
    item INTEGER NOT NULL,
    file TEXT,
    at TEXT NOT NULL,
    CONSTRAINT pk_erasure_pending PRIMARY KEY (key_page, item)
);

CREATE TABLE event (
    workspace TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at TEXT NOT NULL,
    actor_code TEXT NOT NULL,
    proof TEXT NOT NULL,
    op TEXT NOT NULL,
    subject TEXT NOT NULL,
    payload TEXT NOT NULL,
    hash TEXT NOT NULL,
    CONSTRAINT pk_event PRIMARY KEY (workspace, seq),
    CONSTRAINT ck_event_proof CHECK (proof IN ('key', 'claimed', 'rule'))
);

CREATE INDEX ix_event_at ON event (at);

CREATE INDEX ix_event_corrected ON event (op) WHERE op = 'value.correct';

CREATE INDEX ix_event_subject ON event (subject);

CREATE TABLE evidence (
    filing_no INTEGER NOT NULL,
    uid TEXT NOT NULL,
    type TEXT,
    taken_by TEXT,
    taken_at TEXT,
    original_kept TEXT,
    custody_from TEXT,
    faces_visible TEXT,
    incident_id TEXT,
    case_code TEXT,
    pseudonym TEXT,
    commitment TEXT,
    integrity TEXT,
    redacted_from TEXT,
    state TEXT NOT NULL,
    CONSTRAINT pk_evidence PRIMARY KEY (filing_no, uid)
)
 WITHOUT ROWID;

CREATE TABLE extra (
    filing_no INTEGER NOT NULL,
    path TEXT NOT NULL,
    label TEXT,
    value TEXT NOT NULL,
    CONSTRAINT pk_extra PRIMARY KEY (filing_no, path)
)
 WITHOUT ROWID;

CREATE TABLE facility (
    filing_no INTEGER NOT NULL,
    type TEXT,
    people_affected INTEGER,
    closed_days INTEGER,
    act_uid TEXT NOT NULL,
    CONSTRAINT pk_facility PRIMARY KEY (filing_no, act_uid)
)
 WITHOUT ROWID;

CREATE TABLE filing (
    filing_no INTEGER NOT NULL,
    stamp TEXT NOT NULL,
    root_id TEXT NOT NULL,
    unit TEXT NOT NULL,
    case_code TEXT,
    alert_code TEXT,
    form TEXT NOT NULL,
    instance_id TEXT NOT NULL,
    form_version TEXT NOT NULL,
    versions INTEGER NOT NULL,
    server TEXT NOT NULL,
    first_received_at TEXT NOT NULL,
    received_at TEXT NOT NULL,
    CONSTRAINT pk_filing PRIMARY KEY (filing_no),
    CONSTRAINT uq_filing_stamp_root_id UNIQUE (stamp, root_id)
);

CREATE INDEX ix_filing_alert_code ON filing (alert_code) WHERE alert_code IS NOT NULL;

CREATE INDEX ix_filing_case_code ON filing (case_code) WHERE case_code IS NOT NULL;

CREATE TABLE flag (
    filing_no INTEGER NOT NULL,
    flag_id TEXT NOT NULL,
    raised_at TEXT NOT NULL,
    resolved_at TEXT,
    code TEXT,
    detail TEXT,
    now TEXT,
    subject TEXT NOT NULL,
    raised_by TEXT NOT NULL,
    resolved_by TEXT,
    message TEXT,
    resolution TEXT,
    CONSTRAINT pk_flag PRIMARY KEY (filing_no, flag_id)
)
 WITHOUT ROWID;

CREATE TABLE followup (
    filing_no INTEGER NOT NULL,
    case_code TEXT,
    worker_code TEXT,
    fu_type TEXT,
    impact TEXT,
    next_due TEXT,
    pss_meetings INTEGER,
    wellbeing TEXT,
    risk_change TEXT,
    followup_id TEXT,
    intervention_id TEXT,
    at TEXT,
    CONSTRAINT pk_followup PRIMARY KEY (filing_no)
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

CREATE TABLE followup_export (
    export_id TEXT NOT NULL,
    "by" TEXT NOT NULL,
    at TEXT NOT NULL,
    tier TEXT NOT NULL,
    scope TEXT NOT NULL,
    lang TEXT NOT NULL,
    expires TEXT NOT NULL,
    columns TEXT NOT NULL,
    file_sha256 TEXT,
    labels TEXT,
    known TEXT,
    CONSTRAINT pk_followup_export PRIMARY KEY (export_id)
);

CREATE TABLE followup_import (
    file_sha256 TEXT NOT NULL,
    export_id TEXT NOT NULL,
    at TEXT NOT NULL,
    "by" TEXT NOT NULL,
    changes INTEGER NOT NULL,
    CONSTRAINT pk_followup_import PRIMARY KEY (file_sha256)
);

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

CREATE TABLE form_version (
    form TEXT NOT NULL,
    version TEXT NOT NULL,
    stamp TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    workbook BLOB NOT NULL,
    map TEXT NOT NULL,
    imported_at TEXT NOT NULL,
    CONSTRAINT pk_form_version PRIMARY KEY (form, version)
);

CREATE TABLE goal (
    filing_no INTEGER NOT NULL,
    uid TEXT NOT NULL,
    service TEXT,
    status TEXT,
    closure_id TEXT,
    CONSTRAINT pk_goal PRIMARY KEY (filing_no, uid)
)
 WITHOUT ROWID;

CREATE TABLE incident (
    filing_no INTEGER NOT NULL,
    date_precision TEXT,
    time_of_day TEXT,
    region TEXT,
    department TEXT,
    place_type TEXT,
    verification TEXT,
    date TEXT,
    end_date TEXT,
    arrondissement TEXT,
    incident_id TEXT,
    case_code TEXT,
    week TEXT,
    verified_on TEXT,
    verified_by TEXT,
    CONSTRAINT pk_incident PRIMARY KEY (filing_no)
);

CREATE TABLE incident_link (
    filing_no INTEGER NOT NULL,
    link TEXT,
    other_code TEXT NOT NULL,
    incident_id TEXT,
    other_incident TEXT,
    CONSTRAINT pk_incident_link PRIMARY KEY (filing_no, other_code)
)
 WITHOUT ROWID;

CREATE TABLE information (
    filing_no INTEGER NOT NULL,
    relation TEXT,
    reliability TEXT,
    source_uid TEXT NOT NULL,
    incident_id TEXT,
    CONSTRAINT pk_information PRIMARY KEY (filing_no, source_uid)
)
 WITHOUT ROWID;

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

CREATE TABLE interview (
    filing_no INTEGER NOT NULL,
    case_code TEXT,
    case_known TEXT,
    alert_code TEXT,
    is_private TEXT,
    consent_explained TEXT,
    script_version TEXT,
    doc_date TEXT,
    documenter_code TEXT,
    interpreter TEXT,
    prior_interviews INTEGER,
    consent_case TEXT,
    confidentiality TEXT,
    consent_by TEXT,
    child_assent TEXT,
    consent_mode TEXT,
    language TEXT,
    withhold_from TEXT,
    interview_id TEXT,
    person_uid TEXT,
    CONSTRAINT pk_interview PRIMARY KEY (filing_no)
);

CREATE TABLE involvement (
    filing_no INTEGER NOT NULL,
    act_uid TEXT NOT NULL,
    degree TEXT,
    basis TEXT,
    perpetrator_uid TEXT NOT NULL,
    CONSTRAINT pk_involvement PRIMARY KEY (filing_no, act_uid, perpetrator_uid)
)
 WITHOUT ROWID;

CREATE TABLE key_page (
    id TEXT NOT NULL,
    workspace TEXT NOT NULL,
    created TEXT NOT NULL,
    recipients TEXT NOT NULL,
    blob BLOB NOT NULL,
    CONSTRAINT pk_key_page PRIMARY KEY (id)
);

CREATE TABLE legal_event (
    filing_no INTEGER NOT NULL,
    step TEXT,
    court TEXT,
    court_seat TEXT,
    hearing_at TEXT,
    lawyer_code TEXT,
    decision TEXT,
    decided_on TEXT,
    legal_id TEXT,
    case_code TEXT,
    at TEXT,
    appeal_until TEXT,
    CONSTRAINT pk_legal_event PRIMARY KEY (filing_no)
);

CREATE TABLE loss (
    filing_no INTEGER NOT NULL,
    types TEXT,
    value_xaf INTEGER,
    act_uid TEXT NOT NULL,
    CONSTRAINT pk_loss PRIMARY KEY (filing_no, act_uid)
)
 WITHOUT ROWID;

CREATE TABLE need (
    filing_no INTEGER NOT NULL,
    service TEXT NOT NULL,
    rank INTEGER,
    case_code TEXT,
    person_uid TEXT NOT NULL,
    opened_on TEXT,
    met_on TEXT,
    CONSTRAINT pk_need PRIMARY KEY (filing_no, person_uid, service)
)
 WITHOUT ROWID;

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

CREATE TABLE perpetrator (
    filing_no INTEGER NOT NULL,
    uid TEXT NOT NULL,
    number INTEGER,
    count_band TEXT,
    sex TEXT,
    age_type TEXT,
    actor TEXT,
    relation TEXT,
    case_code TEXT,
    pseudonym TEXT,
    CONSTRAINT pk_perpetrator PRIMARY KEY (filing_no, uid)
)
 WITHOUT ROWID;

CREATE TABLE person (
    filing_no INTEGER NOT NULL,
    uid TEXT NOT NULL,
    number INTEGER,
    unit TEXT,
    covered_by_consent TEXT,
    group_size INTEGER,
    group_women INTEGER,
    group_men INTEGER,
    group_girls INTEGER,
    group_boys INTEGER,
    sex TEXT,
    age_band TEXT,
    is_child BOOLEAN,
    age INTEGER,
    civil_status TEXT,
    displacement TEXT,
    roles TEXT,
    disability TEXT,
    uasc TEXT,
    pregnant TEXT,
    language TEXT,
    current_status TEXT,
    case_code TEXT,
    pseudonym TEXT,
    kind TEXT,
    phone_tag INTEGER,
    document_tag INTEGER,
    CONSTRAINT pk_person PRIMARY KEY (filing_no, uid)
)
 WITHOUT ROWID;

CREATE TABLE place (
    server TEXT NOT NULL,
    tag TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    form TEXT,
    root_id TEXT,
    size INTEGER NOT NULL,
    moved_ns INTEGER NOT NULL,
    files INTEGER,
    tries INTEGER,
    first_at TEXT,
    last_at TEXT,
    problem TEXT,
    spot TEXT,
    names TEXT,
    stamp TEXT,
    form_version TEXT,
    waits TEXT,
    instance_id TEXT,
    submitter TEXT,
    received_at TEXT,
    gone_at TEXT,
    has_text BOOLEAN,
    bytes INTEGER,
    scope TEXT,
    key_page TEXT,
    item INTEGER,
    CONSTRAINT pk_place PRIMARY KEY (server, tag),
    CONSTRAINT ck_place_waits CHECK (waits IN ('vault', 'key', 'files'))
);

CREATE INDEX ix_place_moved ON place (server, tag) WHERE moved_ns = -1;

CREATE INDEX ix_place_named ON place (server, reason, form) WHERE form IS NOT NULL;

CREATE INDEX ix_place_problem ON place (state, server) WHERE problem IS NOT NULL;

CREATE INDEX ix_place_root_id ON place (root_id, server) WHERE scope IS NOT NULL;

CREATE INDEX ix_place_scope ON place (scope) WHERE scope IS NOT NULL;

CREATE INDEX ix_place_waits ON place (state, server) WHERE waits IS NOT NULL;

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

CREATE TABLE pushed_review (
    server TEXT NOT NULL,
    form TEXT NOT NULL,
    root_id TEXT NOT NULL,
    state TEXT NOT NULL,
    at TEXT NOT NULL,
    CONSTRAINT pk_pushed_review PRIMARY KEY (server, form, root_id)
);

CREATE TABLE run (
    id TEXT NOT NULL,
    command TEXT NOT NULL,
    server TEXT NOT NULL,
    actor_code TEXT,
    started_at TEXT NOT NULL,
    ended_at TEXT,
    outcome TEXT NOT NULL,
    counts TEXT NOT NULL,
    CONSTRAINT pk_run PRIMARY KEY (id)
);

CREATE INDEX ix_run_started_at ON run (started_at);

CREATE TABLE scope (
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    server TEXT NOT NULL,
    form TEXT NOT NULL,
    root_id TEXT NOT NULL,
    "row" TEXT NOT NULL,
    submission TEXT,
    CONSTRAINT pk_scope PRIMARY KEY (id),
    CONSTRAINT ck_scope_kind CHECK (kind IN ('submission', 'person', 'workspace'))
);

CREATE INDEX ix_scope_workspace ON scope (kind) WHERE kind = 'workspace';

CREATE UNIQUE INDEX ix_scope_person ON scope (submission, "row") WHERE submission IS NOT NULL;

CREATE TABLE secret (
    name TEXT NOT NULL,
    value BLOB NOT NULL,
    CONSTRAINT pk_secret PRIMARY KEY (name)
);

CREATE TABLE service_status (
    filing_no INTEGER NOT NULL,
    uid TEXT NOT NULL,
    service TEXT,
    provider_code TEXT,
    state TEXT,
    pep_stock TEXT,
    shelter_places INTEGER,
    situation_id TEXT,
    CONSTRAINT pk_service_status PRIMARY KEY (filing_no, uid)
)
 WITHOUT ROWID;

CREATE TABLE setting (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    CONSTRAINT pk_setting PRIMARY KEY (name)
);

CREATE TABLE shelter (
    filing_no INTEGER NOT NULL,
    shelter_id TEXT,
    case_code TEXT,
    CONSTRAINT pk_shelter PRIMARY KEY (filing_no)
);

CREATE TABLE situation (
    filing_no INTEGER NOT NULL,
    period_start TEXT,
    period_end TEXT,
    lockdown_days INTEGER,
    schools_open_pct INTEGER,
    displaced_est INTEGER,
    displaced_direction TEXT,
    network TEXT,
    trend TEXT,
    reporter_code TEXT,
    region TEXT,
    department TEXT,
    security_level TEXT,
    roads_blocked TEXT,
    arrondissement TEXT,
    comment TEXT,
    situation_id TEXT,
    CONSTRAINT pk_situation PRIMARY KEY (filing_no)
);

CREATE TABLE situation_event (
    filing_no INTEGER NOT NULL,
    uid TEXT NOT NULL,
    date TEXT,
    violation TEXT,
    actor TEXT,
    women INTEGER,
    men INTEGER,
    girls INTEGER,
    boys INTEGER,
    relation TEXT,
    reliability TEXT,
    situation_id TEXT,
    CONSTRAINT pk_situation_event PRIMARY KEY (filing_no, uid)
)
 WITHOUT ROWID;

CREATE TABLE source (
    filing_no INTEGER NOT NULL,
    uid TEXT NOT NULL,
    number INTEGER,
    willing_testify TEXT,
    at_risk TEXT,
    case_code TEXT,
    pseudonym TEXT,
    CONSTRAINT pk_source PRIMARY KEY (filing_no, uid)
)
 WITHOUT ROWID;

CREATE TABLE support (
    filing_no INTEGER NOT NULL,
    kind TEXT,
    amount_xaf INTEGER,
    given_on TEXT,
    receipt TEXT,
    support_id TEXT,
    case_code TEXT,
    CONSTRAINT pk_support PRIMARY KEY (filing_no)
);

CREATE TABLE task (
    filing_no INTEGER NOT NULL,
    task_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    workspace TEXT,
    seq INTEGER,
    kind TEXT NOT NULL,
    about TEXT,
    variant TEXT,
    level TEXT,
    was TEXT,
    since TEXT,
    further_at TEXT,
    before_h INTEGER,
    due_at TEXT NOT NULL,
    escalated_at TEXT,
    done_at TEXT,
    assigned_to TEXT,
    CONSTRAINT pk_task PRIMARY KEY (filing_no, task_id)
)
 WITHOUT ROWID;

CREATE INDEX ix_task_danger ON task (kind) WHERE kind IN ('set_aside_check');

CREATE TABLE to_build (
    priority INTEGER NOT NULL,
    unit TEXT NOT NULL,
    arrival INTEGER NOT NULL,
    fault TEXT,
    failed_at TEXT,
    CONSTRAINT pk_to_build PRIMARY KEY (priority, unit, arrival)
)
 WITHOUT ROWID;

CREATE INDEX ix_to_build_fault ON to_build (fault) WHERE fault IS NOT NULL;

CREATE TABLE torture (
    filing_no INTEGER NOT NULL,
    act_uid TEXT NOT NULL,
    CONSTRAINT pk_torture PRIMARY KEY (filing_no, act_uid)
)
 WITHOUT ROWID;

CREATE TABLE watermark (
    server TEXT NOT NULL,
    form TEXT NOT NULL,
    value TEXT NOT NULL,
    at TEXT NOT NULL,
    CONSTRAINT pk_watermark PRIMARY KEY (server, form)
);

CREATE TABLE worker (
    code TEXT NOT NULL,
    roles TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    CONSTRAINT pk_worker PRIMARY KEY (code)
);

CREATE TABLE followup_row (
    export_id TEXT NOT NULL,
    sheet TEXT NOT NULL,
    row_id TEXT NOT NULL,
    version TEXT,
    "values" TEXT,
    case_code TEXT,
    record_id TEXT,
    CONSTRAINT pk_followup_row PRIMARY KEY (export_id, sheet, row_id),
    CONSTRAINT fk_followup_row_export_id FOREIGN KEY(export_id) REFERENCES followup_export (export_id)
);

CREATE INDEX ix_followup_row_case_code ON followup_row (case_code);

CREATE TABLE sealed_item (
    key_page TEXT NOT NULL,
    item INTEGER NOT NULL,
    scope TEXT NOT NULL,
    kind TEXT NOT NULL,
    "row" TEXT NOT NULL,
    version TEXT NOT NULL,
    blob BLOB,
    file TEXT,
    CONSTRAINT pk_sealed_item PRIMARY KEY (key_page, item),
    CONSTRAINT fk_sealed_item_key_page FOREIGN KEY(key_page) REFERENCES key_page (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_sealed_item_one_place CHECK ((blob IS NULL) <> (file IS NULL))
);

CREATE INDEX ix_sealed_item_scope ON sealed_item (scope, kind);

CREATE UNIQUE INDEX ix_sealed_item_file ON sealed_item (file) WHERE file IS NOT NULL;

CREATE TABLE submission (
    server TEXT NOT NULL,
    form TEXT NOT NULL,
    root_id TEXT NOT NULL,
    instance_id TEXT NOT NULL,
    stamp TEXT NOT NULL,
    deprecated_id TEXT,
    form_version TEXT NOT NULL,
    submitter TEXT,
    received_at TEXT NOT NULL,
    device_start TEXT,
    device_end TEXT,
    status TEXT NOT NULL,
    gone_at TEXT,
    review TEXT,
    maybe_draft BOOLEAN,
    scope TEXT NOT NULL,
    size INTEGER NOT NULL,
    open_part TEXT,
    open_hash TEXT,
    current BOOLEAN NOT NULL,
    arrival INTEGER NOT NULL,
    encryption TEXT,
    redacted_at TEXT,
    CONSTRAINT pk_submission PRIMARY KEY (root_id, instance_id, server, form),
    CONSTRAINT fk_submission_scope FOREIGN KEY(scope) REFERENCES scope (id),
    CONSTRAINT uq_submission_arrival UNIQUE (arrival),
    CONSTRAINT ck_submission_status CHECK (status IN ('ok', 'waiting', 'quarantined', 'deleted', 'restored', 'erased'))
);

CREATE INDEX ix_submission_deprecated_id ON submission (deprecated_id) WHERE deprecated_id IS NOT NULL;

CREATE INDEX ix_submission_edit ON submission (instance_id) WHERE instance_id != root_id;

CREATE INDEX ix_submission_standing ON submission (server, form, arrival, root_id, instance_id, stamp, status, review) WHERE current = 1;

CREATE TABLE waiting_file (
    server TEXT NOT NULL,
    source_tag TEXT NOT NULL,
    tag TEXT NOT NULL,
    size INTEGER NOT NULL,
    key_page TEXT NOT NULL,
    item INTEGER NOT NULL,
    file TEXT NOT NULL,
    CONSTRAINT pk_waiting_file PRIMARY KEY (server, source_tag, tag),
    CONSTRAINT fk_waiting_file_server_source_tag FOREIGN KEY(server, source_tag) REFERENCES place (server, tag)
);

CREATE TABLE attachment (
    server TEXT NOT NULL,
    form TEXT NOT NULL,
    root_id TEXT NOT NULL,
    instance_id TEXT NOT NULL,
    tag TEXT NOT NULL,
    question TEXT,
    scope TEXT NOT NULL,
    state TEXT NOT NULL,
    size INTEGER,
    key_page TEXT,
    item INTEGER,
    file TEXT,
    at TEXT NOT NULL,
    mark TEXT,
    follows TEXT,
    CONSTRAINT pk_attachment PRIMARY KEY (server, form, root_id, instance_id, tag),
    CONSTRAINT fk_attachment_server_form_root_id_instance_id FOREIGN KEY(server, form, root_id, instance_id) REFERENCES submission (server, form, root_id, instance_id),
    CONSTRAINT ck_attachment_state CHECK (state IN ('announced', 'held', 'missing', 'empty', 'refused', 'erased'))
);

CREATE INDEX ix_attachment_instance_id ON attachment (instance_id, server);
