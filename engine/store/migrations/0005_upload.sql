-- What an upload job has beside its one file. Jobs without a row have neither a
-- session nor a reply.
CREATE TABLE upload (
  job                     INTEGER PRIMARY KEY REFERENCES job (id) ON DELETE CASCADE,
  session_id              TEXT    NOT NULL,                 -- empty: there is none
  session_host            TEXT    NOT NULL,                 -- empty: that of the remote name
  host_fallback_seconds   INTEGER,                          -- NULL: the server has not told
  host_failing_since      INTEGER,                          -- NULL: it can be reached
  source_size             INTEGER NOT NULL,                 -- the version of the local file that
  source_modified         INTEGER NOT NULL,                 -- the session is about
  source_device           INTEGER NOT NULL,                 -- this and the next hold 64 bits
  source_inode            INTEGER NOT NULL,                 -- without sign as they are
  closing                 INTEGER NOT NULL,                 -- 0 or 1: Close-Session has been sent
  closed                  INTEGER NOT NULL,                 -- 0 or 1: and answered
  reply_url               TEXT    NOT NULL,                 -- empty: the server has not told
  reply_name              TEXT    NOT NULL,                 -- empty: nobody has chosen one
  reply_temporary_name    TEXT    NOT NULL,
  reply_bytes_total       INTEGER,                          -- NULL: the server has not told
  reply_bytes_transferred INTEGER NOT NULL,
  reply_transferred       INTEGER NOT NULL,                 -- 0 or 1
  reply_etag              TEXT    NOT NULL,
  reply_last_modified     TEXT    NOT NULL,
  -- Who must be able to read the local file; NULL, both: only the service.
  reader                  INTEGER,                          -- number of the user
  reader_groups           BLOB CHECK (length(reader_groups) % 4 = 0)  -- little-endian numbers
) STRICT;
