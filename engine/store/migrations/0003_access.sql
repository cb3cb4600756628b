-- What a job uses to reach its servers. Enumerations are the numbers of
-- engine/access.h.
CREATE TABLE credential (
  job    INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
  target INTEGER NOT NULL,
  scheme INTEGER NOT NULL,
  sealed BLOB    NOT NULL,                                -- engine/store/secrets.h
  PRIMARY KEY (job, target, scheme)
) STRICT, WITHOUT ROWID;

-- Jobs without a row have no certificate and use the configured proxies.
CREATE TABLE access (
  job                  INTEGER PRIMARY KEY REFERENCES job (id) ON DELETE CASCADE,
  proxy_usage          INTEGER NOT NULL,
  proxy_list           TEXT    NOT NULL,
  proxy_bypass         TEXT    NOT NULL,
  certificate_location INTEGER,                           -- NULL: none, the next two too
  certificate_store    TEXT,
  certificate_hash     BLOB CHECK (length(certificate_hash) = 20)
) STRICT;
