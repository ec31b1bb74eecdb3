"""What loans tell about customers, for their profiles: behaviour and exposure, of many customers in two queries."""

from collections.abc import Iterable, Sequence

from django.db import connection

from core.registry import Facts, Since

EXPOSURE = ("credit_limit", "used", "held", "outstanding_principal", "claim", "loans_running")
BEHAVIOUR = (
    *("loans", "loans_settled", "loans_written_off", "first_loan_on", "dpd", "worst_dpd"),
    *("instalments_due", "instalments_paid", "penalty_billed", "last_payment_on", "collections_failed"),
)


class CustomerFacts:
    """A core.registry.ProfileSource. Active is whoever has a credit line; behaviour at months' ends is as closed."""

    def changed(self, since: Since | None) -> Iterable[str]:
        """Whoever's credit line, loan or repayment moved, and whoever is late once a day was closed."""
        with connection.cursor() as cursor:
            if since:
                cursor.execute(_CHANGED, {"since": since.real})
            else:
                cursor.execute(_ALL)
            yield from (serial for (serial,) in cursor.fetchall())

    def facts(self, customers: Sequence[str]) -> Iterable[Facts]:
        """Amounts in yuan."""
        with connection.cursor() as cursor:
            cursor.execute(_EXPOSURE, [list(customers)])
            yield Facts("exposure", EXPOSURE, cursor.fetchall())
            cursor.execute(_BEHAVIOUR, [list(customers)])
            yield Facts("behaviour", BEHAVIOUR, cursor.fetchall())


_ALL = """
    SELECT serial FROM accounts_customer WHERE id IN (SELECT customer_id FROM lending_creditline)
"""
_CHANGED = """
    WITH moved AS MATERIALIZED (
        SELECT model, object_id::bigint AS id FROM core_transitionlog
        WHERE at > %(since)s
          AND model IN ('lending.Loan', 'lending.LoanApplication', 'lending.CreditLine', 'lending.Repayment')
    ), loan AS (
        SELECT loan_id AS id FROM lending_loanevent WHERE recorded_at > %(since)s
        UNION SELECT id FROM moved WHERE model = 'lending.Loan'
        UNION SELECT loan_id FROM lending_repayment JOIN moved USING (id) WHERE model = 'lending.Repayment'
        UNION SELECT id FROM lending_loan WHERE status = 'overdue'
            AND EXISTS (SELECT FROM lending_closedday WHERE closed_at > %(since)s)
    ), customer AS (
        SELECT customer_id AS id FROM lending_loan JOIN loan USING (id)
        UNION SELECT customer_id FROM lending_creditline JOIN moved USING (id) WHERE model = 'lending.CreditLine'
        UNION SELECT customer_id FROM lending_loanapplication JOIN moved USING (id)
            WHERE model = 'lending.LoanApplication'
    )
    SELECT serial FROM accounts_customer JOIN customer USING (id)
"""
_EXPOSURE = """
    WITH asked AS MATERIALIZED (SELECT id, serial FROM accounts_customer WHERE serial = ANY(%s)), standing AS (
        SELECT customer_id, sum(outstanding_principal) AS outstanding, sum(claim) AS claim,
            count(*) FILTER (WHERE status IN ('active', 'overdue')) AS running
        FROM lending_loan WHERE customer_id IN (SELECT id FROM asked)
          AND status IN ('active', 'overdue', 'written_off')
        GROUP BY customer_id
    )
    SELECT asked.serial, line.limit, used, held, coalesce(outstanding, 0), coalesce(claim, 0), coalesce(running, 0)
    FROM asked JOIN lending_creditline AS line ON line.customer_id = asked.id
    LEFT JOIN standing ON standing.customer_id = asked.id
"""
_BEHAVIOUR = """
    WITH asked AS MATERIALIZED (SELECT id, serial FROM accounts_customer WHERE serial = ANY(%s)),
    loan AS MATERIALIZED (
        SELECT lending_loan.id, asked.serial, status, dpd, value_date, penalty_raised
        FROM asked JOIN lending_loan ON customer_id = asked.id WHERE status NOT IN ('pending', 'cancelled')
    ), a_loan AS (
        SELECT loan.*, instalments.due, instalments.paid, month_end.worst, payment.last, repayment.failed
        FROM loan,
        LATERAL (
            SELECT count(*) AS due, count(*) FILTER (
                WHERE paid_principal = principal AND paid_interest + waived_interest = interest) AS paid
            FROM lending_instalment WHERE loan_id = loan.id AND raised) AS instalments,
        LATERAL (SELECT max(month.dpd) AS worst FROM lending_monthend AS month WHERE loan_id = loan.id) AS month_end,
        LATERAL (
            SELECT max(coalesce(event.value_date, business_date)) AS last FROM lending_loanevent AS event
            WHERE loan_id = loan.id AND kind = 'payment') AS payment,
        LATERAL (
            SELECT count(*) AS failed FROM lending_repayment AS asked_for
            WHERE loan_id = loan.id AND asked_for.status = 'failed') AS repayment
    )
    SELECT serial, count(*), count(*) FILTER (WHERE status = 'cleared'),
        count(*) FILTER (WHERE status = 'written_off'), min(value_date), max(dpd), greatest(max(worst), max(dpd)),
        sum(due)::int, sum(paid)::int, sum(penalty_raised), max(last), sum(failed)::int
    FROM a_loan GROUP BY serial
"""
