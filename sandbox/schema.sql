-- The books of the institutions. Money is in fen; times are ISO 8601 UTC on the sandbox's clock, except that due_at, seen_at
-- and delivered_at are real time: what waits for them must not depend on a moved clock.

CREATE TABLE IF NOT EXISTS clock (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    offset_seconds REAL NOT NULL
);

CREATE TABLE IF NOT EXISTS faults (
    id INTEGER PRIMARY KEY,
    target TEXT NOT NULL,
    fault TEXT NOT NULL,
    remaining INTEGER CHECK (remaining > 0),
    seconds REAL NOT NULL
);

CREATE TABLE IF NOT EXISTS nonces (nonce TEXT PRIMARY KEY, seen_at REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS nonces_by_age ON nonces (seen_at);

CREATE TABLE IF NOT EXISTS sequences (
    kind TEXT NOT NULL, day TEXT NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (kind, day)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS answers (
    institution TEXT NOT NULL,
    serial TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    answer TEXT NOT NULL,
    PRIMARY KEY (institution, serial)
) WITHOUT ROWID;

-- The payment institution's ledger: each movement takes from one account what it gives to another, and is never changed.
CREATE TABLE IF NOT EXISTS accounts (
    code TEXT PRIMARY KEY,
    balance_fen INTEGER NOT NULL DEFAULT 0,
    CHECK (code <> 'reserved' OR balance_fen >= 0)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS movements (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL REFERENCES accounts (code),
    target TEXT NOT NULL REFERENCES accounts (code),
    amount_fen INTEGER NOT NULL CHECK (amount_fen > 0),
    serial TEXT NOT NULL,
    reason TEXT NOT NULL,
    at TEXT NOT NULL,
    CHECK (source <> target),
    UNIQUE (serial, reason)
);

CREATE TRIGGER IF NOT EXISTS movements_carry_balances AFTER INSERT ON movements BEGIN
    UPDATE accounts SET balance_fen = balance_fen - NEW.amount_fen WHERE code = NEW.source;
    UPDATE accounts SET balance_fen = balance_fen + NEW.amount_fen WHERE code = NEW.target;
END;
CREATE TRIGGER IF NOT EXISTS movements_stay BEFORE UPDATE ON movements BEGIN
    SELECT RAISE(ABORT, 'movements are never changed');
END;
CREATE TRIGGER IF NOT EXISTS movements_remain BEFORE DELETE ON movements BEGIN
    SELECT RAISE(ABORT, 'movements are never deleted');
END;

CREATE TABLE IF NOT EXISTS transfers (
    serial TEXT PRIMARY KEY,
    channel_serial TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('payout', 'collection')),
    amount_fen INTEGER NOT NULL CHECK (amount_fen > 0),
    fee_fen INTEGER NOT NULL,
    card_number TEXT NOT NULL,
    party_name TEXT NOT NULL,
    purpose TEXT NOT NULL,
    notify_url TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('PROCESSING', 'SUCCESS', 'FAILED', 'RETURNED')),
    code TEXT NOT NULL DEFAULT '',
    due_at REAL,
    accepted_at TEXT NOT NULL,
    accepted_day TEXT NOT NULL,
    settled_at TEXT,
    settled_day TEXT,
    returned_at TEXT,
    returned_day TEXT
);
CREATE INDEX IF NOT EXISTS transfers_due ON transfers (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS transfers_accepted ON transfers (accepted_day);
CREATE INDEX IF NOT EXISTS transfers_settled ON transfers (settled_day);
CREATE INDEX IF NOT EXISTS transfers_returned ON transfers (returned_day) WHERE returned_day IS NOT NULL;

CREATE TABLE IF NOT EXISTS notifications (
    notification_id TEXT PRIMARY KEY,
    serial TEXT NOT NULL REFERENCES transfers (serial),
    status TEXT NOT NULL,
    body TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at REAL,
    delivered_at REAL
);
CREATE INDEX IF NOT EXISTS notifications_due ON notifications (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS notifications_by_serial ON notifications (serial);

-- Agreements by which a merchant may deduct from a card; one stands for a card at a time.
CREATE TABLE IF NOT EXISTS agreements (
    bind_id TEXT PRIMARY KEY,
    card_number TEXT NOT NULL,
    name TEXT NOT NULL,
    id_number TEXT NOT NULL,
    mobile TEXT NOT NULL,
    signed_at TEXT NOT NULL,
    ended_at TEXT
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS agreements_standing ON agreements (card_number) WHERE ended_at IS NULL;

CREATE TABLE IF NOT EXISTS people (id_number TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cards (card_number TEXT PRIMARY KEY, id_number TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS identity_checks (
    authority_serial TEXT PRIMARY KEY,
    serial TEXT NOT NULL,
    name TEXT NOT NULL,
    id_number TEXT NOT NULL,
    card_number TEXT NOT NULL,
    reserved_mobile TEXT NOT NULL,
    answer TEXT NOT NULL,
    reason TEXT NOT NULL,
    at TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY,
    gateway_serial TEXT NOT NULL UNIQUE,
    serial TEXT NOT NULL,
    mobile TEXT NOT NULL,
    text TEXT NOT NULL,
    at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS messages_by_mobile ON messages (mobile, id);

CREATE TABLE IF NOT EXISTS releases (
    serial TEXT PRIMARY KEY,
    reason TEXT NOT NULL,
    at TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS participations (
    serial TEXT PRIMARY KEY,
    funder_serial TEXT NOT NULL UNIQUE,
    loan_reference TEXT NOT NULL,
    principal_fen INTEGER NOT NULL,
    share_amount_fen INTEGER NOT NULL,
    share_ratio TEXT NOT NULL,
    annual_rate TEXT NOT NULL,
    term_months INTEGER NOT NULL,
    region TEXT NOT NULL,
    answer TEXT NOT NULL,
    reason TEXT NOT NULL,
    at TEXT NOT NULL
);

-- The partner's day files as received, the answer to each set, and the partner's own book of principal, kept from them.
CREATE TABLE IF NOT EXISTS day_files (
    serial TEXT NOT NULL,
    file TEXT NOT NULL,
    partner TEXT NOT NULL,
    business_date TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    content TEXT NOT NULL,
    refused INTEGER NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (serial, file)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS day_file_answers (
    serial TEXT PRIMARY KEY,
    funder_serial TEXT NOT NULL UNIQUE,
    content TEXT NOT NULL,
    at TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS partner_principal (
    partner TEXT NOT NULL,
    loan_reference TEXT NOT NULL,
    principal_fen INTEGER NOT NULL,
    PRIMARY KEY (partner, loan_reference)
) WITHOUT ROWID;

-- Other lenders: their keys, whom they lend to, and what the exchange between them was asked.
CREATE TABLE IF NOT EXISTS lenders (code TEXT PRIMARY KEY, key TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS borrowers (
    lender TEXT NOT NULL,
    id_number TEXT NOT NULL,
    owes INTEGER NOT NULL CHECK (owes IN (0, 1)),
    applications INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (lender, id_number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sharing_queries (
    id INTEGER PRIMARY KEY,
    serial TEXT NOT NULL UNIQUE,
    purpose TEXT NOT NULL,
    element TEXT NOT NULL,
    bucket TEXT NOT NULL,
    at TEXT NOT NULL
);
