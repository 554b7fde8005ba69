CREATE TABLE act (
    filing_no INTEGER NOT NULL,
    uid TEXT COLLATE "C" NOT NULL,
    number BIGINT,
    methods TEXT COLLATE "C",
    attribution TEXT COLLATE "C",
    violation TEXT COLLATE "C",
    gender_based TEXT COLLATE "C",
    physical_effects TEXT COLLATE "C",
    psych_effects TEXT COLLATE "C",
    ransom_xaf BIGINT,
    medical_exam TEXT COLLATE "C",
    medical_exam_on TEXT COLLATE "C",
    incident_id TEXT COLLATE "C",
    pseudonym TEXT COLLATE "C",
    CONSTRAINT pk_act PRIMARY KEY (filing_no, uid)
);

CREATE TABLE act_victim (
    filing_no INTEGER NOT NULL,
    person_uid TEXT COLLATE "C" NOT NULL,
    act_uid TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_act_victim PRIMARY KEY (filing_no, act_uid, person_uid)
);

CREATE TABLE alert (
    filing_no INTEGER NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    channel TEXT COLLATE "C" NOT NULL,
    when_rel TEXT COLLATE "C",
    reporter_code TEXT COLLATE "C",
    danger_now TEXT COLLATE "C",
    icons TEXT COLLATE "C",
    region TEXT COLLATE "C",
    department TEXT COLLATE "C",
    victim_kind TEXT COLLATE "C",
    victim_count TEXT COLLATE "C",
    consent_state TEXT COLLATE "C",
    info_source TEXT COLLATE "C",
    safe_to_photo TEXT COLLATE "C",
    arrondissement TEXT COLLATE "C",
    special TEXT COLLATE "C",
    actor_kind TEXT COLLATE "C",
    hours_since TEXT COLLATE "C",
    held_since TEXT COLLATE "C",
    safe_to_contact TEXT COLLATE "C",
    contact_window TEXT COLLATE "C",
    alert_id TEXT COLLATE "C",
    ruleset TEXT COLLATE "C",
    week TEXT COLLATE "C",
    score BIGINT,
    urgency TEXT COLLATE "C",
    level TEXT COLLATE "C",
    clock_skew_h BIGINT,
    contact_due_at TEXT COLLATE "C",
    action_due_at TEXT COLLATE "C",
    date_min TEXT COLLATE "C",
    date_max TEXT COLLATE "C",
    contact_tag BIGINT,
    reasons TEXT COLLATE "C",
    case_code TEXT COLLATE "C",
    duplicate_of TEXT COLLATE "C",
    state TEXT COLLATE "C" NOT NULL,
    urgency_decided TEXT COLLATE "C",
    triaged_at TEXT COLLATE "C",
    contacted_at TEXT COLLATE "C",
    acted_at TEXT COLLATE "C",
    assigned_to TEXT COLLATE "C",
    dismissed_by_2 TEXT COLLATE "C",
    referred_to TEXT COLLATE "C",
    dismiss_reason TEXT COLLATE "C",
    CONSTRAINT pk_alert PRIMARY KEY (filing_no),
    CONSTRAINT uq_alert_code UNIQUE (code)
);

CREATE INDEX ix_alert_department_date_max ON alert (department, date_max);

CREATE TABLE alert_link (
    alert_a TEXT COLLATE "C" NOT NULL,
    alert_b TEXT COLLATE "C" NOT NULL,
    decision TEXT COLLATE "C" NOT NULL,
    decided_by TEXT COLLATE "C" NOT NULL,
    decided_at TEXT COLLATE "C" NOT NULL,
    proof TEXT COLLATE "C" NOT NULL,
    decision_reason TEXT COLLATE "C",
    CONSTRAINT pk_alert_link PRIMARY KEY (alert_a, alert_b)
);

CREATE INDEX ix_alert_link_alert_b ON alert_link (alert_b) WHERE alert_b IS NOT NULL;

CREATE TABLE assessment (
    filing_no INTEGER NOT NULL,
    mandatory_report TEXT COLLATE "C",
    health_now TEXT COLLATE "C",
    suicide_risk TEXT COLLATE "C",
    threats_continue TEXT COLLATE "C",
    perp_near TEXT COLLATE "C",
    retaliation_risk TEXT COLLATE "C",
    exposes_documenter TEXT COLLATE "C",
    assessment_id TEXT COLLATE "C",
    case_code TEXT COLLATE "C",
    has_safety_plan BOOLEAN NOT NULL,
    CONSTRAINT pk_assessment PRIMARY KEY (filing_no)
);

CREATE TABLE "case" (
    case_code TEXT COLLATE "C" NOT NULL,
    urgency TEXT COLLATE "C" NOT NULL,
    level TEXT COLLATE "C" NOT NULL,
    region TEXT COLLATE "C",
    department TEXT COLLATE "C",
    confidentiality TEXT COLLATE "C" NOT NULL,
    service_only BOOLEAN NOT NULL,
    next_due TEXT COLLATE "C",
    risk TEXT COLLATE "C",
    merged_into TEXT COLLATE "C",
    state TEXT COLLATE "C" NOT NULL,
    suspended_from TEXT COLLATE "C",
    urgency_decided TEXT COLLATE "C",
    confidentiality_decided TEXT COLLATE "C",
    owner_code TEXT COLLATE "C",
    opened_at TEXT COLLATE "C" NOT NULL,
    work_note TEXT COLLATE "C",
    retention_class TEXT COLLATE "C",
    legal_hold BOOLEAN NOT NULL,
    transferred_to TEXT COLLATE "C",
    review_on TEXT COLLATE "C",
    closed_at TEXT COLLATE "C",
    closure_reason TEXT COLLATE "C",
    CONSTRAINT pk_case PRIMARY KEY (case_code)
);

CREATE TABLE closure (
    filing_no INTEGER NOT NULL,
    case_code TEXT COLLATE "C",
    closer_code TEXT COLLATE "C",
    reason TEXT COLLATE "C",
    survivor_agrees TEXT COLLATE "C",
    pending_legal TEXT COLLATE "C",
    feedback_given TEXT COLLATE "C",
    satisfaction TEXT COLLATE "C",
    retention_class TEXT COLLATE "C",
    supervisor_code TEXT COLLATE "C",
    risk_now TEXT COLLATE "C",
    closure_id TEXT COLLATE "C",
    decision TEXT COLLATE "C",
    decided_at TEXT COLLATE "C",
    CONSTRAINT pk_closure PRIMARY KEY (filing_no)
);

CREATE TABLE consent (
    filing_no INTEGER NOT NULL,
    interview_id TEXT COLLATE "C",
    person_uid TEXT COLLATE "C" NOT NULL,
    purpose TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C",
    scope TEXT COLLATE "C",
    given_at TEXT COLLATE "C",
    expires_at TEXT COLLATE "C",
    detail TEXT COLLATE "C",
    withdrawn_at TEXT COLLATE "C",
    override_by_1 TEXT COLLATE "C",
    override_by_2 TEXT COLLATE "C",
    override_until TEXT COLLATE "C",
    override_reason TEXT COLLATE "C",
    CONSTRAINT pk_consent PRIMARY KEY (filing_no, person_uid, purpose)
);

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

CREATE TABLE custody (
    seq BIGINT NOT NULL,
    line TEXT COLLATE "C" NOT NULL,
    hash TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_custody PRIMARY KEY (seq)
);

CREATE TABLE death (
    filing_no INTEGER NOT NULL,
    body_state TEXT COLLATE "C",
    autopsy TEXT COLLATE "C",
    certificate TEXT COLLATE "C",
    act_uid TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_death PRIMARY KEY (filing_no, act_uid)
);

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

CREATE TABLE detention (
    filing_no INTEGER NOT NULL,
    arrested_at TEXT COLLATE "C",
    place TEXT COLLATE "C",
    legal_basis TEXT COLLATE "C",
    lawyer_access TEXT COLLATE "C",
    family_contact TEXT COLLATE "C",
    statement_signed TEXT COLLATE "C",
    prosecutor_seen_on TEXT COLLATE "C",
    released_on TEXT COLLATE "C",
    act_uid TEXT COLLATE "C" NOT NULL,
    next_limit_at TEXT COLLATE "C",
    lawful_until TEXT COLLATE "C",
    CONSTRAINT pk_detention PRIMARY KEY (filing_no, act_uid)
);

CREATE TABLE erased (
    id TEXT COLLATE "C" NOT NULL,
    scope TEXT COLLATE "C" NOT NULL,
    at TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_erased PRIMARY KEY (id, scope)
);

CREATE TABLE erasure_pending (
    key_page TEXT COLLATE "C" NOT NULL,
    item INTEGER NOT NULL,
    file TEXT COLLATE "C",
    at TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_erasure_pending PRIMARY KEY (key_page, item)
);

CREATE TABLE event (
    workspace TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    at TEXT COLLATE "C" NOT NULL,
    actor_code TEXT COLLATE "C" NOT NULL,
    proof TEXT COLLATE "C" NOT NULL,
    op TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    payload TEXT COLLATE "C" NOT NULL,
    hash TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_event PRIMARY KEY (workspace, seq),
    CONSTRAINT ck_event_proof CHECK (proof IN ('key', 'claimed', 'rule'))
);

CREATE INDEX ix_event_at ON event (at);

CREATE INDEX ix_event_corrected ON event (op) WHERE op = 'value.correct';

CREATE INDEX ix_event_subject ON event (subject);

CREATE TABLE evidence (
    filing_no INTEGER NOT NULL,
    uid TEXT COLLATE "C" NOT NULL,
    type TEXT COLLATE "C",
    taken_by TEXT COLLATE "C",
    taken_at TEXT COLLATE "C",
    original_kept TEXT COLLATE "C",
    custody_from TEXT COLLATE "C",
    faces_visible TEXT COLLATE "C",
    incident_id TEXT COLLATE "C",
    case_code TEXT COLLATE "C",
    pseudonym TEXT COLLATE "C",
    commitment TEXT COLLATE "C",
    integrity TEXT COLLATE "C",
    redacted_from TEXT COLLATE "C",
    state TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_evidence PRIMARY KEY (filing_no, uid)
);

CREATE TABLE extra (
    filing_no INTEGER NOT NULL,
    path TEXT COLLATE "C" NOT NULL,
    label TEXT COLLATE "C",
    value TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_extra PRIMARY KEY (filing_no, path)
);

CREATE TABLE facility (
    filing_no INTEGER NOT NULL,
    type TEXT COLLATE "C",
    people_affected BIGINT,
    closed_days BIGINT,
    act_uid TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_facility PRIMARY KEY (filing_no, act_uid)
);

CREATE TABLE filing (
    filing_no INTEGER NOT NULL,
    stamp TEXT COLLATE "C" NOT NULL,
    root_id TEXT COLLATE "C" NOT NULL,
    unit TEXT COLLATE "C" NOT NULL,
    case_code TEXT COLLATE "C",
    alert_code TEXT COLLATE "C",
    form TEXT COLLATE "C" NOT NULL,
    instance_id TEXT COLLATE "C" NOT NULL,
    form_version TEXT COLLATE "C" NOT NULL,
    versions BIGINT NOT NULL,
    server TEXT COLLATE "C" NOT NULL,
    first_received_at TEXT COLLATE "C" NOT NULL,
    received_at TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_filing PRIMARY KEY (filing_no),
    CONSTRAINT uq_filing_stamp_root_id UNIQUE (stamp, root_id)
);

CREATE INDEX ix_filing_alert_code ON filing (alert_code) WHERE alert_code IS NOT NULL;

CREATE INDEX ix_filing_case_code ON filing (case_code) WHERE case_code IS NOT NULL;

CREATE TABLE flag (
    filing_no INTEGER NOT NULL,
    flag_id TEXT COLLATE "C" NOT NULL,
    raised_at TEXT COLLATE "C" NOT NULL,
    resolved_at TEXT COLLATE "C",
    code TEXT COLLATE "C",
    detail TEXT COLLATE "C",
    now TEXT COLLATE "C",
    subject TEXT COLLATE "C" NOT NULL,
    raised_by TEXT COLLATE "C" NOT NULL,
    resolved_by TEXT COLLATE "C",
    message TEXT COLLATE "C",
    resolution TEXT COLLATE "C",
    CONSTRAINT pk_flag PRIMARY KEY (filing_no, flag_id)
);

CREATE TABLE followup (
    filing_no INTEGER NOT NULL,
    case_code TEXT COLLATE "C",
    worker_code TEXT COLLATE "C",
    fu_type TEXT COLLATE "C",
    impact TEXT COLLATE "C",
    next_due TEXT COLLATE "C",
    pss_meetings BIGINT,
    wellbeing TEXT COLLATE "C",
    risk_change TEXT COLLATE "C",
    followup_id TEXT COLLATE "C",
    intervention_id TEXT COLLATE "C",
    at TEXT COLLATE "C",
    CONSTRAINT pk_followup PRIMARY KEY (filing_no)
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

CREATE TABLE followup_export (
    export_id TEXT COLLATE "C" NOT NULL,
    by TEXT COLLATE "C" NOT NULL,
    at TEXT COLLATE "C" NOT NULL,
    tier TEXT COLLATE "C" NOT NULL,
    scope TEXT COLLATE "C" NOT NULL,
    lang TEXT COLLATE "C" NOT NULL,
    expires TEXT COLLATE "C" NOT NULL,
    columns TEXT COLLATE "C" NOT NULL,
    file_sha256 TEXT COLLATE "C",
    labels TEXT COLLATE "C",
    known TEXT COLLATE "C",
    CONSTRAINT pk_followup_export PRIMARY KEY (export_id)
);

CREATE TABLE followup_import (
    file_sha256 TEXT COLLATE "C" NOT NULL,
    export_id TEXT COLLATE "C" NOT NULL,
    at TEXT COLLATE "C" NOT NULL,
    by TEXT COLLATE "C" NOT NULL,
    changes INTEGER NOT NULL,
    CONSTRAINT pk_followup_import PRIMARY KEY (file_sha256)
);

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

CREATE TABLE form_version (
    form TEXT COLLATE "C" NOT NULL,
    version TEXT COLLATE "C" NOT NULL,
    stamp TEXT COLLATE "C" NOT NULL,
    sha256 TEXT COLLATE "C" NOT NULL,
    workbook BYTEA NOT NULL,
    map TEXT COLLATE "C" NOT NULL,
    imported_at TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_form_version PRIMARY KEY (form, version)
);

CREATE TABLE goal (
    filing_no INTEGER NOT NULL,
    uid TEXT COLLATE "C" NOT NULL,
    service TEXT COLLATE "C",
    status TEXT COLLATE "C",
    closure_id TEXT COLLATE "C",
    CONSTRAINT pk_goal PRIMARY KEY (filing_no, uid)
);

CREATE TABLE incident (
    filing_no INTEGER NOT NULL,
    date_precision TEXT COLLATE "C",
    time_of_day TEXT COLLATE "C",
    region TEXT COLLATE "C",
    department TEXT COLLATE "C",
    place_type TEXT COLLATE "C",
    verification TEXT COLLATE "C",
    date TEXT COLLATE "C",
    end_date TEXT COLLATE "C",
    arrondissement TEXT COLLATE "C",
    incident_id TEXT COLLATE "C",
    case_code TEXT COLLATE "C",
    week TEXT COLLATE "C",
    verified_on TEXT COLLATE "C",
    verified_by TEXT COLLATE "C",
    CONSTRAINT pk_incident PRIMARY KEY (filing_no)
);

CREATE TABLE incident_link (
    filing_no INTEGER NOT NULL,
    link TEXT COLLATE "C",
    other_code TEXT COLLATE "C" NOT NULL,
    incident_id TEXT COLLATE "C",
    other_incident TEXT COLLATE "C",
    CONSTRAINT pk_incident_link PRIMARY KEY (filing_no, other_code)
);

CREATE TABLE information (
    filing_no INTEGER NOT NULL,
    relation TEXT COLLATE "C",
    reliability TEXT COLLATE "C",
    source_uid TEXT COLLATE "C" NOT NULL,
    incident_id TEXT COLLATE "C",
    CONSTRAINT pk_information PRIMARY KEY (filing_no, source_uid)
);

CREATE TABLE intervention (
    filing_no INTEGER NOT NULL,
    number BIGINT NOT NULL,
    timeframe TEXT COLLATE "C",
    service TEXT COLLATE "C",
    provider_code TEXT COLLATE "C",
    status TEXT COLLATE "C",
    requested_on TEXT COLLATE "C",
    appointment_at TEXT COLLATE "C",
    consent_confirmed TEXT COLLATE "C",
    cost_xaf BIGINT,
    hours_to_care BIGINT,
    intervention_id TEXT COLLATE "C",
    case_code TEXT COLLATE "C" NOT NULL,
    due_at TEXT COLLATE "C",
    done_at TEXT COLLATE "C",
    consent_ok BOOLEAN NOT NULL,
    impact TEXT COLLATE "C",
    person_uid TEXT COLLATE "C",
    answered_at TEXT COLLATE "C",
    owner_code TEXT COLLATE "C",
    work_note TEXT COLLATE "C",
    CONSTRAINT pk_intervention PRIMARY KEY (filing_no, number)
);

CREATE TABLE interview (
    filing_no INTEGER NOT NULL,
    case_code TEXT COLLATE "C",
    case_known TEXT COLLATE "C",
    alert_code TEXT COLLATE "C",
    is_private TEXT COLLATE "C",
    consent_explained TEXT COLLATE "C",
    script_version TEXT COLLATE "C",
    doc_date TEXT COLLATE "C",
    documenter_code TEXT COLLATE "C",
    interpreter TEXT COLLATE "C",
    prior_interviews BIGINT,
    consent_case TEXT COLLATE "C",
    confidentiality TEXT COLLATE "C",
    consent_by TEXT COLLATE "C",
    child_assent TEXT COLLATE "C",
    consent_mode TEXT COLLATE "C",
    language TEXT COLLATE "C",
    withhold_from TEXT COLLATE "C",
    interview_id TEXT COLLATE "C",
    person_uid TEXT COLLATE "C",
    CONSTRAINT pk_interview PRIMARY KEY (filing_no)
);

CREATE TABLE involvement (
    filing_no INTEGER NOT NULL,
    act_uid TEXT COLLATE "C" NOT NULL,
    degree TEXT COLLATE "C",
    basis TEXT COLLATE "C",
    perpetrator_uid TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_involvement PRIMARY KEY (filing_no, act_uid, perpetrator_uid)
);

CREATE TABLE key_page (
    id TEXT COLLATE "C" NOT NULL,
    workspace TEXT COLLATE "C" NOT NULL,
    created TEXT COLLATE "C" NOT NULL,
    recipients TEXT COLLATE "C" NOT NULL,
    blob BYTEA NOT NULL,
    CONSTRAINT pk_key_page PRIMARY KEY (id)
);

CREATE TABLE legal_event (
    filing_no INTEGER NOT NULL,
    step TEXT COLLATE "C",
    court TEXT COLLATE "C",
    court_seat TEXT COLLATE "C",
    hearing_at TEXT COLLATE "C",
    lawyer_code TEXT COLLATE "C",
    decision TEXT COLLATE "C",
    decided_on TEXT COLLATE "C",
    legal_id TEXT COLLATE "C",
    case_code TEXT COLLATE "C",
    at TEXT COLLATE "C",
    appeal_until TEXT COLLATE "C",
    CONSTRAINT pk_legal_event PRIMARY KEY (filing_no)
);

CREATE TABLE loss (
    filing_no INTEGER NOT NULL,
    types TEXT COLLATE "C",
    value_xaf BIGINT,
    act_uid TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_loss PRIMARY KEY (filing_no, act_uid)
);

CREATE TABLE need (
    filing_no INTEGER NOT NULL,
    service TEXT COLLATE "C" NOT NULL,
    rank BIGINT,
    case_code TEXT COLLATE "C",
    person_uid TEXT COLLATE "C" NOT NULL,
    opened_on TEXT COLLATE "C",
    met_on TEXT COLLATE "C",
    CONSTRAINT pk_need PRIMARY KEY (filing_no, person_uid, service)
);

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

CREATE TABLE perpetrator (
    filing_no INTEGER NOT NULL,
    uid TEXT COLLATE "C" NOT NULL,
    number BIGINT,
    count_band TEXT COLLATE "C",
    sex TEXT COLLATE "C",
    age_type TEXT COLLATE "C",
    actor TEXT COLLATE "C",
    relation TEXT COLLATE "C",
    case_code TEXT COLLATE "C",
    pseudonym TEXT COLLATE "C",
    CONSTRAINT pk_perpetrator PRIMARY KEY (filing_no, uid)
);

CREATE TABLE person (
    filing_no INTEGER NOT NULL,
    uid TEXT COLLATE "C" NOT NULL,
    number BIGINT,
    unit TEXT COLLATE "C",
    covered_by_consent TEXT COLLATE "C",
    group_size BIGINT,
    group_women BIGINT,
    group_men BIGINT,
    group_girls BIGINT,
    group_boys BIGINT,
    sex TEXT COLLATE "C",
    age_band TEXT COLLATE "C",
    is_child BOOLEAN,
    age BIGINT,
    civil_status TEXT COLLATE "C",
    displacement TEXT COLLATE "C",
    roles TEXT COLLATE "C",
    disability TEXT COLLATE "C",
    uasc TEXT COLLATE "C",
    pregnant TEXT COLLATE "C",
    language TEXT COLLATE "C",
    current_status TEXT COLLATE "C",
    case_code TEXT COLLATE "C",
    pseudonym TEXT COLLATE "C",
    kind TEXT COLLATE "C",
    phone_tag BIGINT,
    document_tag BIGINT,
    CONSTRAINT pk_person PRIMARY KEY (filing_no, uid)
);

CREATE TABLE place (
    server TEXT COLLATE "C" NOT NULL,
    tag TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C",
    form TEXT COLLATE "C",
    root_id TEXT COLLATE "C",
    size BIGINT NOT NULL,
    moved_ns BIGINT NOT NULL,
    files INTEGER,
    tries INTEGER,
    first_at TEXT COLLATE "C",
    last_at TEXT COLLATE "C",
    problem TEXT COLLATE "C",
    spot TEXT COLLATE "C",
    names TEXT COLLATE "C",
    stamp TEXT COLLATE "C",
    form_version TEXT COLLATE "C",
    waits TEXT COLLATE "C",
    instance_id TEXT COLLATE "C",
    submitter TEXT COLLATE "C",
    received_at TEXT COLLATE "C",
    gone_at TEXT COLLATE "C",
    has_text BOOLEAN,
    bytes BIGINT,
    scope TEXT COLLATE "C",
    key_page TEXT COLLATE "C",
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

CREATE TABLE pushed_review (
    server TEXT COLLATE "C" NOT NULL,
    form TEXT COLLATE "C" NOT NULL,
    root_id TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    at TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_pushed_review PRIMARY KEY (server, form, root_id)
);

CREATE TABLE run (
    id TEXT COLLATE "C" NOT NULL,
    command TEXT COLLATE "C" NOT NULL,
    server TEXT COLLATE "C" NOT NULL,
    actor_code TEXT COLLATE "C",
    started_at TEXT COLLATE "C" NOT NULL,
    ended_at TEXT COLLATE "C",
    outcome TEXT COLLATE "C" NOT NULL,
    counts TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_run PRIMARY KEY (id)
);

CREATE INDEX ix_run_started_at ON run (started_at);

CREATE TABLE scope (
    id TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    server TEXT COLLATE "C" NOT NULL,
    form TEXT COLLATE "C" NOT NULL,
    root_id TEXT COLLATE "C" NOT NULL,
    row TEXT COLLATE "C" NOT NULL,
    submission TEXT COLLATE "C",
    CONSTRAINT pk_scope PRIMARY KEY (id),
    CONSTRAINT ck_scope_kind CHECK (kind IN ('submission', 'person', 'workspace'))
);

CREATE INDEX ix_scope_workspace ON scope (kind) WHERE kind = 'workspace';

CREATE UNIQUE INDEX ix_scope_person ON scope (submission, row) WHERE submission IS NOT NULL;

CREATE TABLE service_status (
    filing_no INTEGER NOT NULL,
    uid TEXT COLLATE "C" NOT NULL,
    service TEXT COLLATE "C",
    provider_code TEXT COLLATE "C",
    state TEXT COLLATE "C",
    pep_stock TEXT COLLATE "C",
    shelter_places BIGINT,
    situation_id TEXT COLLATE "C",
    CONSTRAINT pk_service_status PRIMARY KEY (filing_no, uid)
);

CREATE TABLE setting (
    name TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_setting PRIMARY KEY (name)
);

CREATE TABLE shelter (
    filing_no INTEGER NOT NULL,
    shelter_id TEXT COLLATE "C",
    case_code TEXT COLLATE "C",
    CONSTRAINT pk_shelter PRIMARY KEY (filing_no)
);

CREATE TABLE situation (
    filing_no INTEGER NOT NULL,
    period_start TEXT COLLATE "C",
    period_end TEXT COLLATE "C",
    lockdown_days BIGINT,
    schools_open_pct BIGINT,
    displaced_est BIGINT,
    displaced_direction TEXT COLLATE "C",
    network TEXT COLLATE "C",
    trend TEXT COLLATE "C",
    reporter_code TEXT COLLATE "C",
    region TEXT COLLATE "C",
    department TEXT COLLATE "C",
    security_level TEXT COLLATE "C",
    roads_blocked TEXT COLLATE "C",
    arrondissement TEXT COLLATE "C",
    comment TEXT COLLATE "C",
    situation_id TEXT COLLATE "C",
    CONSTRAINT pk_situation PRIMARY KEY (filing_no)
);

CREATE TABLE situation_event (
    filing_no INTEGER NOT NULL,
    uid TEXT COLLATE "C" NOT NULL,
    date TEXT COLLATE "C",
    violation TEXT COLLATE "C",
    actor TEXT COLLATE "C",
    women BIGINT,
    men BIGINT,
    girls BIGINT,
    boys BIGINT,
    relation TEXT COLLATE "C",
    reliability TEXT COLLATE "C",
    situation_id TEXT COLLATE "C",
    CONSTRAINT pk_situation_event PRIMARY KEY (filing_no, uid)
);

CREATE TABLE source (
    filing_no INTEGER NOT NULL,
    uid TEXT COLLATE "C" NOT NULL,
    number BIGINT,
    willing_testify TEXT COLLATE "C",
    at_risk TEXT COLLATE "C",
    case_code TEXT COLLATE "C",
    pseudonym TEXT COLLATE "C",
    CONSTRAINT pk_source PRIMARY KEY (filing_no, uid)
);

CREATE TABLE support (
    filing_no INTEGER NOT NULL,
    kind TEXT COLLATE "C",
    amount_xaf BIGINT,
    given_on TEXT COLLATE "C",
    receipt TEXT COLLATE "C",
    support_id TEXT COLLATE "C",
    case_code TEXT COLLATE "C",
    CONSTRAINT pk_support PRIMARY KEY (filing_no)
);

CREATE TABLE task (
    filing_no INTEGER NOT NULL,
    task_id TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    workspace TEXT COLLATE "C",
    seq BIGINT,
    kind TEXT COLLATE "C" NOT NULL,
    about TEXT COLLATE "C",
    variant TEXT COLLATE "C",
    level TEXT COLLATE "C",
    was TEXT COLLATE "C",
    since TEXT COLLATE "C",
    further_at TEXT COLLATE "C",
    before_h BIGINT,
    due_at TEXT COLLATE "C" NOT NULL,
    escalated_at TEXT COLLATE "C",
    done_at TEXT COLLATE "C",
    assigned_to TEXT COLLATE "C",
    CONSTRAINT pk_task PRIMARY KEY (filing_no, task_id)
);

CREATE INDEX ix_task_danger ON task (kind) WHERE kind IN ('set_aside_check');

CREATE TABLE to_build (
    priority INTEGER NOT NULL,
    unit TEXT COLLATE "C" NOT NULL,
    arrival BIGINT NOT NULL,
    fault TEXT COLLATE "C",
    failed_at TEXT COLLATE "C",
    CONSTRAINT pk_to_build PRIMARY KEY (priority, unit, arrival)
);

CREATE INDEX ix_to_build_fault ON to_build (fault) WHERE fault IS NOT NULL;

CREATE TABLE torture (
    filing_no INTEGER NOT NULL,
    act_uid TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_torture PRIMARY KEY (filing_no, act_uid)
);

CREATE TABLE watermark (
    server TEXT COLLATE "C" NOT NULL,
    form TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    at TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_watermark PRIMARY KEY (server, form)
);

CREATE TABLE worker (
    code TEXT COLLATE "C" NOT NULL,
    roles TEXT COLLATE "C" NOT NULL,
    active BOOLEAN NOT NULL,
    CONSTRAINT pk_worker PRIMARY KEY (code)
);

CREATE TABLE followup_row (
    export_id TEXT COLLATE "C" NOT NULL,
    sheet TEXT COLLATE "C" NOT NULL,
    row_id TEXT COLLATE "C" NOT NULL,
    version TEXT COLLATE "C",
    values TEXT COLLATE "C",
    case_code TEXT COLLATE "C",
    record_id TEXT COLLATE "C",
    CONSTRAINT pk_followup_row PRIMARY KEY (export_id, sheet, row_id),
    CONSTRAINT fk_followup_row_export_id FOREIGN KEY(export_id) REFERENCES followup_export (export_id)
);

CREATE INDEX ix_followup_row_case_code ON followup_row (case_code);

CREATE TABLE sealed_item (
    key_page TEXT COLLATE "C" NOT NULL,
    item INTEGER NOT NULL,
    scope TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    row TEXT COLLATE "C" NOT NULL,
    version TEXT COLLATE "C" NOT NULL,
    blob BYTEA,
    file TEXT COLLATE "C",
    CONSTRAINT pk_sealed_item PRIMARY KEY (key_page, item),
    CONSTRAINT fk_sealed_item_key_page FOREIGN KEY(key_page) REFERENCES key_page (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_sealed_item_one_place CHECK ((blob IS NULL) <> (file IS NULL))
);

CREATE INDEX ix_sealed_item_scope ON sealed_item (scope, kind);

CREATE UNIQUE INDEX ix_sealed_item_file ON sealed_item (file) WHERE file IS NOT NULL;

CREATE TABLE submission (
    server TEXT COLLATE "C" NOT NULL,
    form TEXT COLLATE "C" NOT NULL,
    root_id TEXT COLLATE "C" NOT NULL,
    instance_id TEXT COLLATE "C" NOT NULL,
    stamp TEXT COLLATE "C" NOT NULL,
    deprecated_id TEXT COLLATE "C",
    form_version TEXT COLLATE "C" NOT NULL,
    submitter TEXT COLLATE "C",
    received_at TEXT COLLATE "C" NOT NULL,
    device_start TEXT COLLATE "C",
    device_end TEXT COLLATE "C",
    status TEXT COLLATE "C" NOT NULL,
    gone_at TEXT COLLATE "C",
    review TEXT COLLATE "C",
    maybe_draft BOOLEAN,
    scope TEXT COLLATE "C" NOT NULL,
    size BIGINT NOT NULL,
    open_part TEXT COLLATE "C",
    open_hash TEXT COLLATE "C",
    current BOOLEAN NOT NULL,
    arrival BIGINT NOT NULL,
    encryption TEXT COLLATE "C",
    redacted_at TEXT COLLATE "C",
    CONSTRAINT pk_submission PRIMARY KEY (root_id, instance_id, server, form),
    CONSTRAINT fk_submission_scope FOREIGN KEY(scope) REFERENCES scope (id),
    CONSTRAINT uq_submission_arrival UNIQUE (arrival),
    CONSTRAINT ck_submission_status CHECK (status IN ('ok', 'waiting', 'quarantined', 'deleted', 'restored', 'erased'))
);

CREATE INDEX ix_submission_deprecated_id ON submission (deprecated_id) WHERE deprecated_id IS NOT NULL;

CREATE INDEX ix_submission_edit ON submission (instance_id) WHERE instance_id != root_id;

CREATE INDEX ix_submission_standing ON submission (server, form, arrival, root_id, instance_id, stamp, status, review) WHERE current;

CREATE TABLE waiting_file (
    server TEXT COLLATE "C" NOT NULL,
    source_tag TEXT COLLATE "C" NOT NULL,
    tag TEXT COLLATE "C" NOT NULL,
    size BIGINT NOT NULL,
    key_page TEXT COLLATE "C" NOT NULL,
    item INTEGER NOT NULL,
    file TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_waiting_file PRIMARY KEY (server, source_tag, tag),
    CONSTRAINT fk_waiting_file_server_source_tag FOREIGN KEY(server, source_tag) REFERENCES place (server, tag)
);

CREATE TABLE attachment (
    server TEXT COLLATE "C" NOT NULL,
    form TEXT COLLATE "C" NOT NULL,
    root_id TEXT COLLATE "C" NOT NULL,
    instance_id TEXT COLLATE "C" NOT NULL,
    tag TEXT COLLATE "C" NOT NULL,
    question TEXT COLLATE "C",
    scope TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    size BIGINT,
    key_page TEXT COLLATE "C",
    item INTEGER,
    file TEXT COLLATE "C",
    at TEXT COLLATE "C" NOT NULL,
    mark TEXT COLLATE "C",
    follows TEXT COLLATE "C",
    CONSTRAINT pk_attachment PRIMARY KEY (server, form, root_id, instance_id, tag),
    CONSTRAINT fk_attachment_server_form_root_id_instance_id FOREIGN KEY(server, form, root_id, instance_id) REFERENCES submission (server, form, root_id, instance_id),
    CONSTRAINT ck_attachment_state CHECK (state IN ('announced', 'held', 'missing', 'empty', 'refused', 'erased'))
);

CREATE INDEX ix_attachment_instance_id ON attachment (instance_id, server);
