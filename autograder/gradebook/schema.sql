-- Version 4 of the gradebook. Rows are added and never changed: the newest row of a submission is its grade.
-- Lists and mappings are JSON. Times are ISO 8601.

CREATE TABLE IF NOT EXISTS seed (
    id         INTEGER PRIMARY KEY,
    assignment TEXT    NOT NULL,
    seed       INTEGER NOT NULL CHECK (seed >= 0),
    drawn      TEXT    NOT NULL
);

CREATE TABLE IF NOT EXISTS grade (
    id         INTEGER PRIMARY KEY,
    assignment TEXT    NOT NULL,
    submission TEXT    NOT NULL,
    sha256     TEXT    NOT NULL,
    students   TEXT    NOT NULL,
    status     TEXT    NOT NULL CHECK (status IN ('graded', 'partial', 'rejected')),
    reason     TEXT    NOT NULL,
    score      REAL    NOT NULL CHECK (score     BETWEEN 0 AND 1e6),
    max_score  REAL    NOT NULL CHECK (max_score BETWEEN 0 AND 1e6),
    pending    REAL    NOT NULL CHECK (pending   BETWEEN 0 AND 1e6),
    seed       INTEGER NOT NULL CHECK (seed >= 0),
    versions   TEXT    NOT NULL,
    late       TEXT    NOT NULL,
    flags      TEXT    NOT NULL,
    notes      TEXT    NOT NULL,
    isolation  TEXT    NOT NULL,
    output     TEXT    NOT NULL,
    seconds    REAL    NOT NULL,
    kept       REAL    CHECK (kept BETWEEN 0 AND 1),  -- share of the score that lateness leaves; NULL when not told
    received   TEXT,                                  -- NULL when not known
    saved      TEXT    NOT NULL
);
CREATE INDEX IF NOT EXISTS grade_newest ON grade (assignment, submission, id);

CREATE TABLE IF NOT EXISTS question (
    grade    INTEGER NOT NULL REFERENCES grade (id),
    position INTEGER NOT NULL,
    question TEXT    NOT NULL,
    score    REAL    NOT NULL CHECK (score BETWEEN 0 AND 1e6),
    PRIMARY KEY (grade, position)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS outcome (
    grade      INTEGER NOT NULL REFERENCES grade (id),
    position   INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    question   TEXT    NOT NULL,
    says       TEXT    NOT NULL,
    points     REAL    NOT NULL CHECK (points BETWEEN 0 AND 1e6),
    score      REAL    NOT NULL CHECK (score BETWEEN 0 AND points),
    outcome    TEXT    NOT NULL CHECK (outcome IN ('passed', 'failed', 'timed_out', 'skipped', 'errored')),
    why        TEXT    NOT NULL,
    hint       TEXT    NOT NULL,
    visibility TEXT    NOT NULL CHECK (visibility IN ('visible', 'hidden')),
    seconds    REAL    NOT NULL,
    detail     TEXT    NOT NULL,
    drawing    TEXT    NOT NULL,
    PRIMARY KEY (grade, position)
) WITHOUT ROWID;

-- What a person decided about the manual points of a question. It belongs to the bytes that were read (sha256):
-- a regrade of the same zip keeps it, another zip has to be judged again.
CREATE TABLE IF NOT EXISTS judgement (
    id         INTEGER PRIMARY KEY,
    assignment TEXT    NOT NULL,
    submission TEXT    NOT NULL,
    sha256     TEXT    NOT NULL,
    question   TEXT    NOT NULL,
    points     REAL    NOT NULL CHECK (points BETWEEN 0 AND 1e6),
    score      REAL    NOT NULL CHECK (score BETWEEN 0 AND points),
    person     TEXT    NOT NULL,
    why        TEXT    NOT NULL,
    judged     TEXT    NOT NULL
);
CREATE INDEX IF NOT EXISTS judgement_newest ON judgement (assignment, submission, sha256, question, id);

-- Of a file of trained weights, numbers by which nearly equal weights in a class are found.
CREATE TABLE IF NOT EXISTS sketch (
    grade    INTEGER NOT NULL REFERENCES grade (id),
    position INTEGER NOT NULL,
    file     TEXT    NOT NULL,
    numbers  TEXT    NOT NULL,
    PRIMARY KEY (grade, position)
) WITHOUT ROWID;

-- What was handed in for a class leaderboard, zlib-compressed: scores follow from it, so another split can be tried.
-- The same predictions in another zip are no new entry.
CREATE TABLE IF NOT EXISTS entry (
    id         INTEGER PRIMARY KEY,
    assignment TEXT    NOT NULL,
    submission TEXT    NOT NULL,
    students   TEXT    NOT NULL,
    sha256     TEXT    NOT NULL,
    entered    TEXT    NOT NULL,
    digest     TEXT    NOT NULL,
    content    BLOB    NOT NULL,
    UNIQUE (assignment, submission, digest)
);

CREATE TRIGGER IF NOT EXISTS seed_stays      BEFORE UPDATE ON seed      BEGIN SELECT RAISE(ABORT, 'rows are added, never changed'); END;
CREATE TRIGGER IF NOT EXISTS seed_kept       BEFORE DELETE ON seed      BEGIN SELECT RAISE(ABORT, 'rows are added, never removed'); END;
CREATE TRIGGER IF NOT EXISTS grade_stays     BEFORE UPDATE ON grade     BEGIN SELECT RAISE(ABORT, 'rows are added, never changed'); END;
CREATE TRIGGER IF NOT EXISTS grade_kept      BEFORE DELETE ON grade     BEGIN SELECT RAISE(ABORT, 'rows are added, never removed'); END;
CREATE TRIGGER IF NOT EXISTS question_stays  BEFORE UPDATE ON question  BEGIN SELECT RAISE(ABORT, 'rows are added, never changed'); END;
CREATE TRIGGER IF NOT EXISTS question_kept   BEFORE DELETE ON question  BEGIN SELECT RAISE(ABORT, 'rows are added, never removed'); END;
CREATE TRIGGER IF NOT EXISTS outcome_stays   BEFORE UPDATE ON outcome   BEGIN SELECT RAISE(ABORT, 'rows are added, never changed'); END;
CREATE TRIGGER IF NOT EXISTS outcome_kept    BEFORE DELETE ON outcome   BEGIN SELECT RAISE(ABORT, 'rows are added, never removed'); END;
CREATE TRIGGER IF NOT EXISTS judgement_stays BEFORE UPDATE ON judgement BEGIN SELECT RAISE(ABORT, 'rows are added, never changed'); END;
CREATE TRIGGER IF NOT EXISTS judgement_kept  BEFORE DELETE ON judgement BEGIN SELECT RAISE(ABORT, 'rows are added, never removed'); END;
CREATE TRIGGER IF NOT EXISTS entry_stays     BEFORE UPDATE ON entry     BEGIN SELECT RAISE(ABORT, 'rows are added, never changed'); END;
CREATE TRIGGER IF NOT EXISTS entry_kept      BEFORE DELETE ON entry     BEGIN SELECT RAISE(ABORT, 'rows are added, never removed'); END;
CREATE TRIGGER IF NOT EXISTS sketch_stays    BEFORE UPDATE ON sketch    BEGIN SELECT RAISE(ABORT, 'rows are added, never changed'); END;
CREATE TRIGGER IF NOT EXISTS sketch_kept     BEFORE DELETE ON sketch    BEGIN SELECT RAISE(ABORT, 'rows are added, never removed'); END;
