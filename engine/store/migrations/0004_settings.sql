-- What was set for a job beyond its class. Numbers are those of
-- engine/job_settings.h. Jobs without a row have the defaults.
CREATE TABLE settings (
  job                           INTEGER PRIMARY KEY REFERENCES job (id) ON DELETE CASCADE,
  notify_flags                  INTEGER NOT NULL,
  custom_headers_write_only     INTEGER NOT NULL,           -- 0 or 1
  http_method                   TEXT    NOT NULL,
  security_flags                INTEGER NOT NULL,
  maximum_download_time_seconds INTEGER NOT NULL,
  maximum_download_size         INTEGER,                    -- NULL: any
  dynamic_content               INTEGER NOT NULL,           -- 0 or 1
  high_performance              INTEGER NOT NULL,           -- 0 or 1
  cost_flags                    INTEGER NOT NULL
) STRICT;

CREATE TABLE custom_headers (
  job    INTEGER PRIMARY KEY REFERENCES job (id) ON DELETE CASCADE,
  sealed BLOB    NOT NULL                                   -- engine/store/secrets.h
) STRICT;

-- In CONNECTING and TRANSFERRING since the last Resume.
ALTER TABLE job ADD COLUMN seconds_downloading INTEGER NOT NULL DEFAULT 0;
-- 1: it has left the SUSPENDED of a new job.
ALTER TABLE job ADD COLUMN resumed INTEGER NOT NULL DEFAULT 0;
UPDATE job SET resumed = 1 WHERE state <> 3 OR error_count > 0 OR completed IS NOT NULL
  OR EXISTS (SELECT 1 FROM file WHERE file.job = job.id AND (bytes_transferred > 0 OR transferred));

-- 1: its owner has looked at the file and said so.
ALTER TABLE file ADD COLUMN valid INTEGER NOT NULL DEFAULT 0;
-- Offset and length of each, 8 bytes in little-endian order; NULL: the whole file.
ALTER TABLE file ADD COLUMN ranges BLOB CHECK (length(ranges) % 16 = 0);
