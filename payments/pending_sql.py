"""What PostgreSQL itself guarantees about what is pending: that it is resolved once is the key of the table."""

MATCHING = """
CREATE FUNCTION ledger_require_what_was_pending() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    held payments_pendingtransfer%ROWTYPE;
BEGIN
    SELECT * INTO STRICT held FROM payments_pendingtransfer WHERE id = NEW.pending_id;
    IF NEW.transfer_id IS NOT NULL AND (
        SELECT count(*) <> 2 OR count(*) FILTER (WHERE (account, side, amount) IN (
            (held.debit_account, 'debit', held.amount), (held.credit_account, 'credit', held.amount))) <> 2
        FROM payments_entry WHERE transfer_id = NEW.transfer_id
    ) THEN
        RAISE EXCEPTION 'transfer % is not what was pending as %', NEW.transfer_id, held.key
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payments_resolution_matching BEFORE INSERT ON payments_resolution
    FOR EACH ROW EXECUTE FUNCTION ledger_require_what_was_pending();
ALTER TABLE payments_resolution ENABLE ALWAYS TRIGGER payments_resolution_matching;
ALTER TABLE payments_resolution ENABLE ALWAYS TRIGGER payments_resolution_append_only;
ALTER TABLE payments_resolution ENABLE ALWAYS TRIGGER payments_resolution_no_truncate;
ALTER TABLE payments_pendingtransfer ENABLE ALWAYS TRIGGER payments_pendingtransfer_append_only;
ALTER TABLE payments_pendingtransfer ENABLE ALWAYS TRIGGER payments_pendingtransfer_no_truncate;
"""

UNDO_MATCHING = "DROP FUNCTION ledger_require_what_was_pending() CASCADE"
