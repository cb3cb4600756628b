-- Jobs and their files. Times are nanoseconds since 1970-01-01T00:00:00Z,
-- enumerations are the numbers of engine/job.h and engine/job_state.h.
CREATE TABLE job (
  id                          INTEGER PRIMARY KEY,
  guid                        BLOB    NOT NULL UNIQUE CHECK (length(guid) = 16),
  sequence                    INTEGER NOT NULL,           -- order of creation
  type                        INTEGER NOT NULL,
  state                       INTEGER NOT NULL,
  priority                    INTEGER NOT NULL,
  pending                     INTEGER NOT NULL,
  display_name                TEXT    NOT NULL,
  description                 TEXT    NOT NULL,
  owner                       TEXT    NOT NULL,           -- SID
  creator                     TEXT    NOT NULL,           -- principal
  minimum_retry_delay_seconds INTEGER NOT NULL,
  no_progress_timeout_seconds INTEGER NOT NULL,
  error_count                 INTEGER NOT NULL,
  error_code                  INTEGER,                    -- NULL: no error, the next three too
  error_context               INTEGER,
  error_file                  INTEGER,                    -- NULL: no file at fault
  error_message               TEXT,
  created                     INTEGER NOT NULL,
  modified                    INTEGER NOT NULL,
  completed                   INTEGER                     -- NULL: not yet transferred
) STRICT;

-- A job's files lie side by side.
CREATE TABLE file (
  job               INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
  position          INTEGER NOT NULL,                     -- 0, 1, 2… without gaps
  remote_url        TEXT    NOT NULL,
  local_name        TEXT    NOT NULL,
  temporary_name    TEXT    NOT NULL,
  bytes_total       INTEGER,                              -- NULL: the server has not told
  bytes_transferred INTEGER NOT NULL,
  transferred       INTEGER NOT NULL,                     -- 0 or 1
  etag              TEXT    NOT NULL,
  last_modified     TEXT    NOT NULL,
  PRIMARY KEY (job, position)
) STRICT, WITHOUT ROWID;
