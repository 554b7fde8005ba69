CREATE TABLE erased (
    id TEXT NOT NULL,
    scope TEXT NOT NULL,
    at TEXT NOT NULL,
    CONSTRAINT pk_erased PRIMARY KEY (id, scope)
);
