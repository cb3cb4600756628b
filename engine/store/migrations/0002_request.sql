-- What a client's CreateJob is known by when it is repeated; empty: by nothing.
ALTER TABLE job ADD COLUMN request TEXT NOT NULL DEFAULT '';
