"""Tables that only grow: PostgreSQL itself refuses to change or delete a row, whoever asks; or to delete one early."""

from django.db import migrations

REFUSE_CHANGE = """
CREATE OR REPLACE FUNCTION core_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def append_only(table: str) -> migrations.RunSQL:
    """A migration operation that makes `table` refuse UPDATE, DELETE and TRUNCATE. Depend on core's 0002."""
    return migrations.RunSQL(
        f"""
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
        CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
        """,
        f"DROP TRIGGER {table}_append_only ON {table}; DROP TRIGGER {table}_no_truncate ON {table};",
    )


def deletable_after(table: str, *, years: int) -> migrations.RunSQL:
    """A migration operation after which an append-only `table` lets go of a row once its `at` is so many years ago."""
    return migrations.RunSQL(
        f"""
        CREATE OR REPLACE FUNCTION core_refuse_early_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' AND OLD.at < now() - TG_ARGV[0]::interval THEN
                RETURN OLD;
            END IF;
            RAISE EXCEPTION '% is append-only for %: % refused', TG_TABLE_NAME, TG_ARGV[0], TG_OP
                USING ERRCODE = 'integrity_constraint_violation';
        END $$;
        DROP TRIGGER {table}_append_only ON {table};
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION core_refuse_early_change('{years} years');
        """,
        f"""
        DROP TRIGGER {table}_append_only ON {table};
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
        """,
    )
