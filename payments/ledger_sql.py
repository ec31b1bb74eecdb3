"""What PostgreSQL itself guarantees about the ledger. Applied by migration 0002.

The guards are `ENABLE ALWAYS`, so that a session in replica role does not slip past them.
"""

# ISO 7064 MOD 37-36, as core.serials computes it, so that a posting needs one round trip only.
SERIAL = """
CREATE FUNCTION ledger_serial(business_date date) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    alphabet CONSTANT text := '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
    number text := lpad((nextval('core_serial') % 1000000000)::text, 9, '0');
    body text := to_char(business_date, 'YYYYMMDD') || 'TR' || number;
    state int := 18;
BEGIN
    FOR place IN 1..length(body) LOOP
        state := (CASE state WHEN 0 THEN 36 ELSE state END) * 2 % 37;
        state := (state + strpos(alphabet, substr(body, place, 1)) - 1) % 36;
    END LOOP;
    state := (37 - (CASE state WHEN 0 THEN 36 ELSE state END) * 2 % 37) % 36;
    RETURN body || substr(alphabet, state + 1, 1);
END $$
"""

# Locks are taken in one order: the transfer's key, then the accounts to be opened, ascending. Open accounts are not
# locked.
POST = """
CREATE FUNCTION ledger_post(
    p_key text, p_business_date date, p_purpose text, p_reference text,
    p_accounts text[], p_sides text[], p_amounts numeric[]
) RETURNS payments_transfer LANGUAGE plpgsql AS $$
DECLARE
    content text := encode(sha256(convert_to(concat_ws(chr(31), p_business_date, p_purpose, p_reference,
        p_accounts::text, p_sides::text, p_amounts::text), 'UTF8')), 'hex');
    posted payments_transfer%ROWTYPE;
BEGIN
    INSERT INTO payments_transfer (serial, key, content_hash, business_date, purpose, reference, amount, posted_at)
    SELECT ledger_serial(p_business_date), p_key, content, p_business_date, p_purpose, p_reference,
        COALESCE(sum(line.amount) FILTER (WHERE line.side = 'debit'), 0), clock_timestamp()
    FROM unnest(p_sides, p_amounts) AS line (side, amount)
    ON CONFLICT (key) DO NOTHING RETURNING * INTO posted;
    IF NOT FOUND THEN
        SELECT * INTO STRICT posted FROM payments_transfer WHERE key = p_key;
        IF posted.content_hash <> content THEN
            RAISE EXCEPTION 'ledger key % was used for another posting', p_key USING ERRCODE = 'LG001';
        END IF;
        RETURN posted;
    END IF;
    INSERT INTO payments_account (code, kind, owner, opened_at)
    SELECT code, split_part(code, ':', 1), split_part(code, ':', 2), clock_timestamp()
    FROM (SELECT DISTINCT unnest(p_accounts) AS code ORDER BY code) AS named
    WHERE NOT EXISTS (SELECT FROM payments_account WHERE payments_account.code = named.code)
    ORDER BY code
    ON CONFLICT (code) DO NOTHING;
    INSERT INTO payments_entry (transfer_id, account, side, amount)
    SELECT posted.id, line.account, line.side, line.amount
    FROM unnest(p_accounts, p_sides, p_amounts) WITH ORDINALITY AS line (account, side, amount, place)
    ORDER BY line.place;
    RETURN posted;
END $$
"""

# The same for many transfers in one round trip. `p_places` says for each line which transfer it is of, from 1 on.
POST_MANY = """
CREATE FUNCTION ledger_post_many(
    p_business_date date, p_keys text[], p_purposes text[], p_references text[],
    p_places int[], p_accounts text[], p_sides text[], p_amounts numeric[]
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    reused text;
    posted bigint;
BEGIN
    INSERT INTO payments_account (code, kind, owner, opened_at)
    SELECT code, split_part(code, ':', 1), split_part(code, ':', 2), clock_timestamp()
    FROM (SELECT DISTINCT unnest(p_accounts) AS code ORDER BY code) AS named
    WHERE NOT EXISTS (SELECT FROM payments_account WHERE payments_account.code = named.code)
    ORDER BY code
    ON CONFLICT (code) DO NOTHING;
    WITH line AS (
        SELECT * FROM unnest(p_places, p_accounts, p_sides, p_amounts)
            WITH ORDINALITY AS given (place, account, side, amount, number)
    ), transfer AS (
        SELECT place, key, purpose, reference, encode(sha256(convert_to(concat_ws(chr(31), p_business_date, purpose,
            reference, accounts::text, sides::text, amounts::text), 'UTF8')), 'hex') AS content, amount
        FROM unnest(p_keys, p_purposes, p_references) WITH ORDINALITY AS given (key, purpose, reference, place)
        JOIN (
            SELECT place, array_agg(account ORDER BY number) AS accounts, array_agg(side ORDER BY number) AS sides,
                array_agg(amount ORDER BY number) AS amounts,
                COALESCE(sum(amount) FILTER (WHERE side = 'debit'), 0) AS amount
            FROM line GROUP BY place
        ) AS lines USING (place)
    ), inserted AS (
        INSERT INTO payments_transfer (serial, key, content_hash, business_date, purpose, reference, amount, posted_at)
        SELECT ledger_serial(p_business_date), key, content, p_business_date, purpose, reference, amount,
            clock_timestamp()
        FROM transfer ORDER BY key
        ON CONFLICT (key) DO NOTHING RETURNING id, key
    ), entered AS (
        INSERT INTO payments_entry (transfer_id, account, side, amount)
        SELECT inserted.id, line.account, line.side, line.amount
        FROM inserted JOIN transfer USING (key) JOIN line USING (place)
        ORDER BY inserted.id, line.number
    )
    SELECT count(inserted.id), min(transfer.key) FILTER (
        WHERE inserted.id IS NULL AND earlier.content_hash IS DISTINCT FROM transfer.content)
    INTO posted, reused
    FROM transfer LEFT JOIN inserted USING (key) LEFT JOIN payments_transfer AS earlier USING (key);
    IF reused IS NOT NULL THEN
        RAISE EXCEPTION 'ledger key % was used for another posting', reused USING ERRCODE = 'LG001';
    END IF;
    RETURN posted;
END $$
"""

# An entry slipped into an old transfer breaks the transfer's recorded amount, which cannot be changed: it is refused
# too.
BALANCED = """
CREATE FUNCTION ledger_require_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    checked bigint;
    total numeric;
    debits numeric;
    credits numeric;
    strangers bigint;
BEGIN
    IF TG_TABLE_NAME = 'payments_transfer' THEN checked := NEW.id; ELSE checked := NEW.transfer_id; END IF;
    SELECT amount INTO total FROM payments_transfer WHERE id = checked;
    SELECT sum(amount) FILTER (WHERE side = 'debit'), sum(amount) FILTER (WHERE side = 'credit'),
        count(*) FILTER (WHERE NOT EXISTS (SELECT FROM payments_account WHERE code = payments_entry.account))
    INTO debits, credits, strangers FROM payments_entry WHERE transfer_id = checked;
    IF debits IS DISTINCT FROM total OR credits IS DISTINCT FROM total THEN
        RAISE EXCEPTION 'transfer % does not balance: debits %, credits %, amount %', checked, debits, credits, total
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF strangers > 0 THEN
        RAISE EXCEPTION 'transfer % names an account that is not open', checked
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$
"""

GUARDS = """
CREATE CONSTRAINT TRIGGER payments_transfer_balanced AFTER INSERT ON payments_transfer
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_require_balance();
CREATE CONSTRAINT TRIGGER payments_entry_balanced AFTER INSERT ON payments_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_require_balance();
ALTER TABLE payments_transfer ENABLE ALWAYS TRIGGER payments_transfer_balanced;
ALTER TABLE payments_transfer ENABLE ALWAYS TRIGGER payments_transfer_append_only;
ALTER TABLE payments_transfer ENABLE ALWAYS TRIGGER payments_transfer_no_truncate;
ALTER TABLE payments_entry ENABLE ALWAYS TRIGGER payments_entry_balanced;
ALTER TABLE payments_entry ENABLE ALWAYS TRIGGER payments_entry_append_only;
ALTER TABLE payments_entry ENABLE ALWAYS TRIGGER payments_entry_no_truncate;
"""

# The same guarantee at less cost (migration 0009): all entries of a transfer come in one statement, which is checked as
# a whole, and the transfer's own check at commit only asks whether they came. Everything of the transfers concerned is
# summed, so that what is slipped into an old transfer is refused too. The plans are generic: arrays would have each
# call planned anew, at more cost than its work.
BALANCED_AT_ONCE = """
CREATE FUNCTION ledger_require_balanced_entries() RETURNS trigger LANGUAGE plpgsql
    SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    broken record;
BEGIN
    SELECT * INTO broken FROM (SELECT DISTINCT transfer_id FROM entered) AS touched
    CROSS JOIN LATERAL (
        SELECT sum(amount) FILTER (WHERE side = 'debit') AS debits,
            sum(amount) FILTER (WHERE side = 'credit') AS credits,
            bool_and(EXISTS (SELECT FROM payments_account WHERE code = account)) AS known
        FROM payments_entry WHERE payments_entry.transfer_id = touched.transfer_id
    ) AS entries
    LEFT JOIN LATERAL (SELECT amount FROM payments_transfer WHERE id = touched.transfer_id) AS transfer ON true
    WHERE debits IS DISTINCT FROM amount OR credits IS DISTINCT FROM amount OR NOT known
    LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    ELSIF NOT broken.known THEN
        RAISE EXCEPTION 'transfer % names an account that is not open', broken.transfer_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RAISE EXCEPTION 'transfer % does not balance: debits %, credits %, amount %', broken.transfer_id, broken.debits,
        broken.credits, broken.amount USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE FUNCTION ledger_require_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM payments_entry WHERE transfer_id = NEW.id) THEN
        RAISE EXCEPTION 'transfer % does not balance: it has no entries', NEW.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
DROP FUNCTION ledger_require_balance() CASCADE;
CREATE TRIGGER payments_entry_balanced AFTER INSERT ON payments_entry
    REFERENCING NEW TABLE AS entered FOR EACH STATEMENT EXECUTE FUNCTION ledger_require_balanced_entries();
CREATE CONSTRAINT TRIGGER payments_transfer_balanced AFTER INSERT ON payments_transfer
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_require_entries();
ALTER TABLE payments_entry ENABLE ALWAYS TRIGGER payments_entry_balanced;
ALTER TABLE payments_transfer ENABLE ALWAYS TRIGGER payments_transfer_balanced;
ALTER FUNCTION ledger_post(text, date, text, text, text[], text[], numeric[])
    SET plan_cache_mode = force_generic_plan;
"""

UNDO_BALANCED_AT_ONCE = (
    """
ALTER FUNCTION ledger_post(text, date, text, text, text[], text[], numeric[]) RESET plan_cache_mode;
DROP FUNCTION ledger_require_balanced_entries() CASCADE;
DROP FUNCTION ledger_require_entries() CASCADE;
"""
    + BALANCED
    + """;
CREATE CONSTRAINT TRIGGER payments_transfer_balanced AFTER INSERT ON payments_transfer
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_require_balance();
CREATE CONSTRAINT TRIGGER payments_entry_balanced AFTER INSERT ON payments_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_require_balance();
ALTER TABLE payments_transfer ENABLE ALWAYS TRIGGER payments_transfer_balanced;
ALTER TABLE payments_entry ENABLE ALWAYS TRIGGER payments_entry_balanced;
"""
)

UNDO_POST_MANY = """
DROP FUNCTION ledger_post_many(date, text[], text[], text[], int[], text[], text[], numeric[])
"""

UNDO = """
DROP FUNCTION ledger_require_balance() CASCADE;
DROP FUNCTION ledger_post(text, date, text, text, text[], text[], numeric[]);
DROP FUNCTION ledger_serial(date);
"""
