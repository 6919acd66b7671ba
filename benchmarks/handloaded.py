"""The same files loaded by hand into each database, without judging a row: the limit."""

import csv

from benchmarks.bank import NOW
from core.customers.rules import CustomerKind, Medium, Origin
from core.intake.rules import IntakeKind
from core.runs.rules import Confirmation, RunStatus

_COLUMNS = {
    IntakeKind.CUSTOMERS: (
        "no, name, pin, email, branch, born, joined, balance, churn, phone, mail, post, job, income"
    ),
    IntakeKind.HOLDINGS: "no, customer, product, balance, opened",
    IntakeKind.RESULTS: "customer, day, bought, arm, value",
}


def _brought(connection, file, kind) -> None:
    """Put the lines of a file into a temporary table of texts."""
    columns = _COLUMNS[kind]
    typed = ", ".join(f"{name} TEXT" for name in columns.split(", "))
    connection.exec_driver_sql("DROP TABLE IF EXISTS brought")
    connection.exec_driver_sql(f"CREATE TEMPORARY TABLE brought ({typed})")
    raw = connection.connection.driver_connection
    with file.open(newline="") as lines:
        if connection.dialect.name == "sqlite":
            rows = csv.reader(lines)
            places = ", ".join("?" * len(next(rows)))
            raw.executemany(f"INSERT INTO brought VALUES ({places})", rows)
            return
        with (
            raw.cursor() as cursor,
            cursor.copy("COPY brought FROM STDIN (FORMAT csv, HEADER)") as c,
        ):
            while block := lines.read(1 << 20):
                c.write(block)
    connection.exec_driver_sql("ANALYZE brought")


def _spelled(connection) -> dict[str, str]:
    """Return what the two databases spell differently."""
    now = int(NOW.timestamp() * 1_000_000)
    if connection.dialect.name == "sqlite":
        return {
            "now": str(now),
            "noon": "CAST(strftime('%s', day) AS INTEGER) * 1000000 + 43200000000",
            "facts": "json_object('job', job, 'income', CAST(income AS REAL))",
            "day": "",
            "state_day": "CAST(replace({}, '-', '') AS INTEGER)",
            "true": "1",
            "false": "0",
            "cents": "CAST(round({} * 100) AS INTEGER)",
        }
    return {
        "now": f"TIMESTAMPTZ '{NOW.isoformat()}'",
        "noon": "(day::date + time '12:00') AT TIME ZONE 'UTC'",
        "facts": "jsonb_build_object('job', job, 'income', income::float)",
        "day": "::date",
        "state_day": "{}::date",
        "true": "true",
        "false": "false",
        "cents": "round({}::numeric * 100)::bigint",
    }


def customers(connection, file) -> None:
    _brought(connection, file, IntakeKind.CUSTOMERS)
    of = _spelled(connection)
    media = {"phone": Medium.PHONE, "mail": Medium.EMAIL, "post": Medium.POST}
    mask = " + ".join(
        f"CASE WHEN b.{name} = 'yes' THEN {m.bit} ELSE 0 END" for name, m in media.items()
    )
    consents = " UNION ALL ".join(
        f"SELECT c.id, {m.code}, b.{name} = 'yes', {of['now']}, {Origin.SOURCE.code}"
        " FROM brought b JOIN customer c ON c.customer_no = b.no"
        for name, m in media.items()
    )
    _carry_out(
        connection,
        f"""INSERT INTO customer
              (customer_no, kind, name, pin, email, attributes, created_at, updated_at)
            SELECT no, {CustomerKind.PRIVATE.code}, name, pin, email, {of["facts"]}, {of["now"]},
              {of["now"]} FROM brought""",
        f"""INSERT INTO customer_state (customer_id, branch_id, kind, is_active, do_not_contact,
              born_on, joined_on, products, consents, indicators, balance, churn_risk, pending)
            SELECT c.id, u.id, {CustomerKind.PRIVATE.code}, {of["true"]}, {of["false"]},
              {of["state_day"].format("b.born")}, {of["state_day"].format("b.joined")},
              0, {mask}, 0,
              {of["cents"].format("b.balance")}, CAST(b.churn AS double precision), 0
            FROM brought b JOIN customer c ON c.customer_no = b.no
            JOIN unit u ON u.code = b.branch""",
        f"""INSERT INTO consent (customer_id, medium, is_given, since, origin) {consents}""",
    )


def holdings(connection, file) -> None:
    _brought(connection, file, IntakeKind.HOLDINGS)
    of = _spelled(connection)
    _carry_out(
        connection,
        f"""INSERT INTO holding (agreement_no, customer_id, product_id, balance, opened_on)
            SELECT b.no, c.id, p.id, {of["cents"].format("b.balance")}, b.opened{of["day"]}
            FROM brought b JOIN customer c ON c.customer_no = b.customer
            JOIN product p ON p.code = b.product""",
        """UPDATE customer_state SET products = products | (1 << p.bit)
           FROM brought b JOIN customer c ON c.customer_no = b.customer
           JOIN product p ON p.code = b.product WHERE customer_state.customer_id = c.id""",
    )


def results(connection, file) -> None:
    _brought(connection, file, IntakeKind.RESULTS)
    of = _spelled(connection)
    at = of["noon"]
    won = "b.bought = 'yes' AND b.arm = 'treated'"
    treated = "b.arm = 'treated'"
    moments = ", ".join(
        f"CASE WHEN {condition} THEN {at} END"
        for condition in (treated, treated, won, won, won, won, "b.bought = 'yes'")
    )
    _carry_out(
        connection,
        f"""INSERT INTO run (code, design_id, unit_id, description, status, starts_on, ends_on,
              initiated_at, arm_key, control_share, is_imported, version)
            SELECT 'OLD', min(d.id), (SELECT min(id) FROM unit), '', {RunStatus.COMPLETED.code},
              '2025-01-01', '2025-12-31', {of["now"]}, 0, 0, {of["true"]}, 1 FROM design d""",
        f"""INSERT INTO candidate (run_id, customer_id, branch_id, arm, confirmation, confirmed_at,
              attempts, is_imported, outcome_value, assigned_at, attempted_at, reached_at,
              responded_at, converted_at, won_at, outcome_at)
            SELECT (SELECT id FROM run WHERE code = 'OLD'), c.id, s.branch_id,
              CASE WHEN {treated} THEN 1 ELSE 0 END, {Confirmation.CONFIRMED.code}, {at},
              CASE WHEN {treated} THEN 1 ELSE 0 END, {of["true"]},
              {of["cents"].format("b.value")}, {moments}
            FROM brought b JOIN customer c ON c.customer_no = b.customer
            JOIN customer_state s ON s.customer_id = c.id""",
        f"""UPDATE customer_state SET last_contact_at = {at}
            FROM brought b JOIN customer c ON c.customer_no = b.customer
            WHERE customer_state.customer_id = c.id AND {won}
              AND (last_contact_at IS NULL OR last_contact_at < {at})""",
    )


def _carry_out(connection, *statements: str) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)


LOADS = {
    IntakeKind.CUSTOMERS: customers,
    IntakeKind.HOLDINGS: holdings,
    IntakeKind.RESULTS: results,
}
